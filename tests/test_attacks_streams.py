"""
Attacks, and what becomes of them: names, NetStreams, answers that nobody reads.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import UserControl, UserControlType
from tests.attack_support import AttackTestCase
from tests.fakes import logLines
from tests.media import audio, keyframe, plain
from tests.support import setDataFrame, statusCodes, summary

#: Names that are none.
BAD = (
    "x" * 201,
    "a/" * 250 + "abc",
    "..",
    "../x",
    "a/../b",
    "a/..",
    ".hidden",
    "a//b",
    "a\0b",
    "a\nb",
    "a\x1b[31mb",
    "a b",
    "a\\b",
    "%2e%2e",
    "b\N{LATIN SMALL LETTER U WITH DIAERESIS}hne",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "a;rm",
    "\udcff\udcfe",
    "rtmp://h/live/../../x",
)


class NameTests(AttackTestCase):
    """
    Names that are none.
    """

    def test_publish(self) -> None:
        """
        Sent: C{publish} with a name that is too long, has two dots, a NUL, or
        characters that are not ASCII. Limit: none; there are fixed ones for names.
        Told: C{NetStream.Publish.BadName}, then the connection is closed. Logged: the
        same, with the name escaped, and cut when it is long.
        """
        for name in BAD:
            client = self.connected()
            id = client.createStream()
            with self.logs() as events:
                (status,) = client.call("publish", name, "live", id=id)
            self.assertEqual(
                summary(status),
                ("onStatus", 0.0, 1, "error", "NetStream.Publish.BadName"),
            )
            self.assertTrue(client.closing, name)
            (line,) = self.lines(events)
            self.assertTrue(
                line.startswith("'publish' refused: NetStream.Publish.BadName: "), line
            )
            self.assertLess(len(line), 400)
            self.assertGone(client)

    def test_play(self) -> None:
        """
        Sent: C{play} with such a name. Told: C{NetStream.Play.StreamNotFound}, then
        the connection is closed. Logged: the same.
        """
        for command, code in (("play", "StreamNotFound"), ("play2", "StreamNotFound")):
            for name in BAD:
                client = self.connected()
                id = client.createStream()
                with self.logs() as events:
                    codes = statusCodes(client.call(command, name, id=id))
                self.assertEqual(codes, [f"NetStream.Play.{code}"])
                self.assertTrue(client.closing, name)
                self.assertEqual(len(self.lines(events)), 1)
                self.assertGone(client)

    def test_application(self) -> None:
        """
        Sent: C{connect} to such an application. Told:
        C{NetConnection.Connect.InvalidApp}, then the connection is closed. Logged: the
        same.
        """
        for app in BAD[:-1]:
            client = self.attacker()
            with self.logs() as events:
                codes = statusCodes(client.connect(app))
            self.assertEqual(codes, ["NetConnection.Connect.InvalidApp"])
            self.assertTrue(client.closing, app)
            self.assertEqual(len(self.lines(events)), 1)
            self.assertGone(client)

    def test_otherTypes(self) -> None:
        """
        Sent: something else than a string for a name. Told: that there is no such
        name.
        """
        names: tuple[AMFValue, ...] = (7.0, True, None, ["x"], {"x": 1.0})
        for name in names:
            client = self.connected()
            id = client.createStream()
            with self.logs():
                codes = statusCodes(client.call("publish", name, id=id))
            self.assertEqual(codes, ["NetStream.Publish.BadName"])
            self.assertGone(client)

    def test_software(self) -> None:
        """
        Sent: a C{flashVer}, or the name of a command, with line breaks and control
        characters, 60 kB long. Limit: none. Logged: escaped and cut.
        """
        client = self.attacker()
        client.connect(flashVer="a\nlive\x1b[2J\udcff" * 4000)
        client.createStream()
        with self.logs() as events:
            client.send(client.command("publish", "attack", id=1))
            client.send(client.command("evil\r\n" * 5000))
            client.lose()
        for line in self.lines(events):
            self.assertLess(len(line), 200)
        # Not of this stream.
        self.assertEqual(len(list(self.directory)), 1)

    def test_busy(self) -> None:
        """
        Sent: C{publish} of a name that somebody else publishes, with other
        credentials. Told: C{NetStream.Publish.BadName}, at once, then the connection
        is closed; the first publisher does not notice. Logged: the same.
        """
        client = self.connected()
        id = client.createStream()
        with self.logs() as events:
            codes = statusCodes(client.call("publish", "others?k=1", "live", id=id))
        self.assertEqual(codes, ["NetStream.Publish.BadName"])
        client.send(keyframe(666))
        self.assertEqual(
            self.lines(events),
            [
                "'publish' refused: NetStream.Publish.BadName: "
                "live/others is published already"
            ],
        )
        self.assertGone(client)

    def test_othersStream(self) -> None:
        """
        Sent: media, and commands that end a stream, with the name of a stream that
        somebody else publishes. Limit: none; who does not publish it can neither add
        to it nor end it.
        """
        client = self.attacker().play("others")
        client.read()
        client.send(keyframe(666), setDataFrame(width=1.0))
        client.call("FCUnpublish", "others")
        self.assertEqual(self.watching.media(), [])
        self.assertFlows()
        client.lose()


class NetStreamTests(AttackTestCase):
    """
    NetStreams.
    """

    def test_many(self) -> None:
        """
        Sent: C{createStream}, again and again. Limit: C{netStreams}. Told: C{_error}
        with C{NetConnection.Call.Failed}; the connection stays. Logged: the same.
        """
        client = self.connected()
        self.assertEqual([client.createStream() for _ in range(16)], [*range(1, 17)])
        with self.logs() as events:
            (error,) = client.call("createStream")
        self.assertEqual(summary(error)[0], "_error")
        self.assertEqual(statusCodes([error]), ["NetConnection.Call.Failed"])
        self.assertEqual(
            self.lines(events),
            [
                "'createStream' refused: NetConnection.Call.Failed: "
                "at most 16 streams a connection"
            ],
        )
        self.assertStays(client)
        client.call("deleteStream", 5.0)
        self.assertEqual(client.createStream(), 5)

    def test_manyOfEach(self) -> None:
        """
        Sent: C{publish} and C{play} on as many NetStreams as there are. Limit:
        C{netStreams}; when the connection is gone all have ended.
        """
        client = self.connected()
        ids = [client.createStream() for _ in range(16)]
        with self.logs():
            for n in ids:
                client.send(
                    client.command("publish" if n % 2 else "play", f"s{n}", id=n)
                )
            self.assertEqual(len(list(self.directory)), 9)
            self.assertGone(client)
        self.assertEqual(sorted(self.directory._streams), ["live/others"])

    def test_again(self) -> None:
        """
        Sent: C{publish} and C{closeStream}, or C{play} and C{closeStream}, again and
        again. Limit: C{starts}. Told: that it failed, then the connection is closed.
        """
        for what, code in (
            ("publish", "NetStream.Publish.Failed"),
            ("play", "NetStream.Play.Failed"),
        ):
            client = self.connected()
            client.createStream()
            with self.logs():
                for n in range(self.limits.starts):
                    client.send(client.command(what, f"again{n}", id=1))
                    client.send(client.command("closeStream", id=1))
                self.assertFalse(client.closing)
                client.read()
                answers = client.call(what, "again", id=1)
            self.assertEqual(statusCodes(answers), [code])
            self.assertTrue(client.closing)

    def test_waitingPlayers(self) -> None:
        """
        Sent: C{play} of names that nobody publishes, one after the other. Limit:
        C{netStreams}; nothing is kept of those that it does not play any more.
        """
        client = self.connected()
        client.createStream()
        with self.logs():
            for n in range(500):
                client.send(client.command("play", f"nothing{n}", id=1))
            self.assertEqual(
                sorted(self.directory._streams), ["live/nothing499", "live/others"]
            )
            self.assertGone(client)
        self.assertEqual(sorted(self.directory._streams), ["live/others"])


class UnreadTests(AttackTestCase):
    """
    Answers that nobody reads.
    """

    def test_pings(self) -> None:
        """
        Sent: pings, without reading the answers. Limit: C{replyBytes}, for what waits
        beyond what the sockets hold. Told: nothing, the connection is dropped.
        Logged: that it does not read.
        """
        client = self.connected()
        client.protocol.pauseProducing()
        ping = UserControl(UserControlType.PING_REQUEST, b"time")
        sent = client.bytesOf(*[ping] * 50_000)
        with self.logs() as events:
            self.sends(client, sent)
        (line,) = self.lines(events)
        self.assertRegex(line, r"^dropped: it does not read, 2621\d\d bytes wait$")
        self.assertLessEqual(len(client.transport.value()), 256 * 1024 + 3000)
        self.assertTrue(client.aborted)
        self.assertGone(client)

    def test_commands(self) -> None:
        """
        Sent: commands, known and unknown, in the same way. Limit: C{replyBytes}.
        """
        for name in ("_checkbw", "nonsense", "FCPublish", "createStream"):
            client = self.connected()
            client.protocol.pauseProducing()
            with self.logs():
                asked = client.command(name, "x" * 200)
                self.sends(client, client.bytesOf(*[asked] * 15_000))
            self.assertTrue(client.aborted, name)
            self.assertGone(client)

    def test_slowPlayer(self) -> None:
        """
        Sent: C{play}, and then nothing is read. Limits: C{viewerBytes} and
        C{viewerSeconds}, past which it loses everything up to the next keyframe; then
        C{viewerStallSeconds}. Logged: what it lost, and that it was dropped.
        """
        client = self.attacker().play("others")
        client.read()
        client.protocol.pauseProducing()
        with self.logs() as events:
            self.wait(20)
        self.assertTrue(client.aborted)
        lost, dropped = logLines(events)[:2]
        self.assertIn("is too slow", lost)
        self.assertIn("has taken nothing for 15.0 s: dropped", dropped)
        client.lose()


class ShortTests(AttackTestCase):
    """
    Players who wait for nobody.
    """

    limits = replace(Limits(), waitSeconds=40.0)

    def test_waits(self) -> None:
        """
        Sent: C{play} of a name that nobody publishes. Limit: C{waitSeconds}, when it
        is set. Told: C{NetStream.Play.StreamNotFound}, then the connection is closed.
        """
        client = self.attacker().play("nothing")
        client.read()
        with self.logs():
            self.wait(39)
            self.assertFalse(client.closing)
            self.wait(2)
        self.assertEqual(statusCodes(client.read()), ["NetStream.Play.StreamNotFound"])
        self.assertGone(client)
        self.source.send(audio(10_000))
        self.assertEqual(self.watching.media()[-1:], plain(audio(10_000)))

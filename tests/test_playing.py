"""
Tests of L{rtmptwisted.playing}: what players are answered.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Command, UserControl, UserControlType
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import (
    Client,
    Received,
    ServerTestCase,
    media,
    statusCodes,
    summary,
)

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))

START = ["NetStream.Play.Reset", "NetStream.Play.Start"]
NOT_FOUND = "NetStream.Play.StreamNotFound"


class PlayingTestCase(ServerTestCase):
    """
    A stream, and clients that have a NetStream.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.source = self.publisher()
        self.source.send(*BEGIN)

    def ready(self) -> Client:
        """
        @return: a client with NetStream 1.
        """
        client = self.client()
        client.connect()
        client.createStream()
        return client

    def codes(self, messages: list[Received], id: int = 1) -> list[AMFValue]:
        """
        @return: the status codes of messages that are all on one NetStream, of
            level status, and no answers to a transaction.
        """
        for each in messages:
            self.assertEqual(summary(each)[:4], ("onStatus", 0.0, id, "status"))
        return statusCodes(messages)


class Play2Tests(PlayingTestCase):
    """
    C{play2}.
    """

    def test_plays(self) -> None:
        """
        C{play2} plays what C{streamName} says, whatever else is said beside it,
        and is answered as C{play} is (T-58).
        """
        forms: tuple[dict[str, AMFValue], ...] = (
            {"streamName": "show"},
            {
                "oldStreamName": "show-low",
                "streamName": "show?key=1",
                "start": -2000.0,
                "len": -1.0,
                "offset": 0.0,
                "transition": "switch",
            },
        )
        for options in forms:
            client = self.ready()
            begin, *rest = client.call("play2", options, id=1)
            self.assertEqual(
                begin, UserControl(UserControlType.STREAM_BEGIN, b"\0\0\0\1")
            )
            self.assertEqual(statusCodes(rest), START)
            self.assertEqual(media(rest), plain(*BEGIN))

    def test_nameAlone(self) -> None:
        """
        A name where the options belong is taken for the name.
        """
        self.assertEqual(media(self.ready().call("play2", "show", id=1)), plain(*BEGIN))

    def test_switches(self) -> None:
        """
        On a NetStream that plays it switches to the other stream.
        """
        other = self.publisher("other")
        other.send(*BEGIN)
        client = self.player()
        client.read()
        options: AMFValue = {"streamName": "other", "transition": "switch"}
        messages = client.call("play2", options, id=1)
        self.assertEqual(statusCodes(messages), START)
        self.assertEqual(media(messages), plain(*BEGIN))
        self.assertEqual((self.live().viewers, self.live("live/other").viewers), (0, 1))

    def test_refused(self) -> None:
        """
        Without a name that can be one it is refused as C{play} is: with a status
        of level error, whatever the transaction id, and the end of the
        connection.
        """
        wrong: tuple[AMFValue, ...] = (
            None,
            {},
            {"streamName": 7.0},
            {"streamName": "../x"},
            {"name": "show"},
            ["show"],
            7.0,
        )
        for name in ("play", "play2"):
            for what in wrong:
                for transaction in (0.0, 5.0):
                    client = self.ready()
                    client.send(Command(name, transaction, None, [what], 1))
                    answers = client.read()
                    self.assertEqual(
                        [summary(each) for each in answers],
                        [("onStatus", 0.0, 1, "error", NOT_FOUND)],
                        (name, what, transaction),
                    )
                    self.assertTrue(client.closing)
                    client.lose()


class AnswerTests(PlayingTestCase):
    """
    The answers to commands of a player that plays.
    """

    def setUp(self) -> None:
        """
        Play.
        """
        super().setUp()
        self.viewer = self.player()
        self.viewer.read()

    def test_pauses(self) -> None:
        """
        C{pause} and C{pauseRaw} do the same, and are answered the same (T-58).
        """
        for name in ("pause", "pauseRaw"):
            for paused, code in (
                (True, "NetStream.Pause.Notify"),
                (False, "NetStream.Unpause.Notify"),
            ):
                answers = self.viewer.call(name, paused, 1000.0, id=1)
                self.assertEqual(self.codes(answers), [code])
                self.source.send(frame(40))
                self.assertEqual(self.viewer.media(), [])
            self.source.send(keyframe(80))
            self.assertEqual(
                self.viewer.media(),
                plain(videoHeader(80), audioHeader(80), keyframe(80)),
            )

    def test_oddPauses(self) -> None:
        """
        Flags of other types count as they would elsewhere: 0 and nothing are
        false, 1 is true; positions do not count at all.
        """
        for flag, paused in ((1.0, True), (0.0, False), (None, False)):
            code = "Pause" if paused else "Unpause"
            answers = self.viewer.call("pauseRaw", flag, float("nan"), id=1)
            self.assertEqual(self.codes(answers), [f"NetStream.{code}.Notify"])
        self.assertEqual(len(self.viewer.call("pause", id=1)), 1)

    def test_seek(self) -> None:
        """
        C{seek} is acknowledged and changes nothing: what is live goes on,
        with nothing lost and nothing twice (T-58).
        """
        positions: tuple[AMFValue, ...] = (0.0, 5000.0, -1.0, float("nan"), "5", None)
        for n, position in enumerate(positions):
            answers = self.viewer.call("seek", position, id=1)
            self.assertEqual(self.codes(answers), ["NetStream.Seek.Notify"])
            self.source.send(frame(40 + n))
            self.assertEqual(self.viewer.media(), plain(frame(40 + n)))

    def test_receive(self) -> None:
        """
        Turning a medium on is answered by Seek.Notify and Play.Start, turning
        it off by nothing (T-58; RTMP 1.0, sections 7.2.2.4 and 7.2.2.5).
        """
        for name in ("receiveAudio", "receiveVideo"):
            for on in (False, False, True, True):
                answers = self.viewer.call(name, on, id=1)
                status = [each for each in answers if isinstance(each, Command)]
                self.assertEqual(
                    self.codes([*status]),
                    ["NetStream.Seek.Notify", "NetStream.Play.Start"] if on else [],
                )

    def test_notPlaying(self) -> None:
        """
        A NetStream that does not play, or does not exist, is answered nothing,
        and nothing happens.
        """
        idle = self.ready()
        for client, id in ((self.source, 1), (idle, 1), (idle, 7), (self.viewer, 7)):
            for name in ("pause", "pauseRaw", "seek", "receiveAudio", "receiveVideo"):
                for value in (True, False):
                    self.assertEqual(client.call(name, value, id=id), [], name)
            self.assertFalse(client.closing)
        self.source.send(frame(40))
        self.assertEqual(self.viewer.media(), plain(frame(40)))

    def test_onZero(self) -> None:
        """
        Where a connection has one NetStream, message stream 0 stands for it.
        """
        answers = self.viewer.call("pause", True, id=0)
        self.assertEqual(self.codes(answers), ["NetStream.Pause.Notify"])

    def test_afterTheEnd(self) -> None:
        """
        When the NetStream has been closed there is nothing to answer.
        """
        self.viewer.call("closeStream", id=1)
        for name in ("pause", "seek", "receiveAudio"):
            self.assertEqual(self.viewer.call(name, True, id=1), [])


class WaitSecondsTests(ServerTestCase):
    """
    Players that wait for a publisher who does not come.
    """

    limits = replace(Limits(), waitSeconds=60.0)

    def test_notFound(self) -> None:
        """
        After so long the player is told that there is no such stream, and its
        connection is closed; nothing of the stream remains (T-5B).
        """
        player = self.player()
        player.read()
        self.clock.advance(59.9)
        self.assertEqual(statusCodes(player.read()), [])
        self.assertFalse(player.closing)
        self.clock.advance(0.2)
        (answer,) = player.read()
        self.assertEqual(summary(answer), ("onStatus", 0.0, 1, "error", NOT_FOUND))
        self.assertTrue(player.closing)
        player.lose()
        self.assertFalse(self.directory.stream("live/show").hasSinks)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_publisherComes(self) -> None:
        """
        A publisher that comes in time ends the waiting for good, also one that
        sends nothing yet.
        """
        player = self.player()
        player.read()
        self.clock.advance(59.9)
        source = self.publisher()
        player.read()
        self.clock.advance(10)
        source.send(*BEGIN)
        self.assertEqual(player.media(), plain(*BEGIN))
        self.assertFalse(player.closing)

    def test_leaves(self) -> None:
        """
        A player that goes before that is not told any more.
        """
        for command in ("closeStream", "deleteStream"):
            player = self.player()
            player.read()
            player.call(command, 1.0, id=1)
            for _ in range(7):
                self.clock.advance(9)
            self.assertEqual(statusCodes(player.read()), [], command)
            player.lose()

    def test_othersGoOn(self) -> None:
        """
        A connection that does something else stays; its NetStream can play
        again.
        """
        client = self.publisher("other")
        id = client.createStream()
        client.call("play", "show", id=id)
        for n in range(7):
            self.clock.advance(9)
            client.send(keyframe(n * 1000))
        self.assertIn(NOT_FOUND, statusCodes(client.read()))
        self.assertFalse(client.closing)
        again = client.call("play", "other", id=id)
        self.assertEqual(statusCodes(again), START)

    def test_paused(self) -> None:
        """
        Pausing, going on and choosing media put nothing off.
        """
        player = self.player()
        for n in range(6):
            self.clock.advance(9)
            player.call("pause", n % 2 == 0, 0.0, id=1)
            player.call("receiveAudio", n % 2 == 0, id=1)
            player.call("play", "show", id=1)
        player.read()
        self.clock.advance(6.1)
        self.assertIn(NOT_FOUND, statusCodes(player.read()))
        self.assertTrue(player.closing)

    def test_another(self) -> None:
        """
        The time begins anew when the player asks for another name.
        """
        player = self.player()
        self.clock.advance(50)
        player.call("play", "other", id=1)
        self.clock.advance(50)
        self.assertNotIn(NOT_FOUND, statusCodes(player.read()))
        self.clock.advance(10)
        self.assertIn(NOT_FOUND, statusCodes(player.read()))

    def test_live(self) -> None:
        """
        Who plays what is live waits for nothing, and is not told it was not
        found when it ends.
        """
        source = self.publisher()
        source.send(*BEGIN)
        player = self.player()
        player.read()
        source.lose()
        self.assertEqual(statusCodes(player.read()), ["NetStream.Play.UnpublishNotify"])
        self.clock.advance(100)
        self.assertEqual(player.read(), [])

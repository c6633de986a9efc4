"""
Tests of publishing: the commands, and the ways in which it ends.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted.wire.amf import AMFValue
from tests.fakes import FakeSink, logLines
from tests.media import audioHeader, keyframe
from tests.support import Client, Received, ServerTestCase, statusCodes, summary


def onStatus(code: str, id: int, level: str = "status") -> tuple[Any, ...]:
    """
    What matters in a status message.
    """
    return "onStatus", 0.0, id, level, code


class PublishTests(ServerTestCase):
    """
    Tests of C{publish}.
    """

    def ready(self, app: str = "live") -> Client:
        """
        @return: a client with NetStream 1.
        """
        client = self.client()
        client.connect(app)
        client.createStream()
        return client

    def test_start(self) -> None:
        """
        C{NetStream.Publish.Start} comes on the stream that publishes (T-53),
        and who publishes is logged once.
        """
        client = self.ready()
        with self.logs() as events:
            (status,) = client.call("publish", "show", "live", id=1)
        self.assertEqual(summary(status), onStatus("NetStream.Publish.Start", 1))
        self.assertEqual(
            logLines(events),
            ["192.168.1.1:54321 publishes live/show (unknown software)"],
        )

    def test_software(self) -> None:
        """
        What the client says it is stands in the log, escaped.
        """
        client = self.client()
        client.connect(flashVer="FMLE/3.0\n(fake)")
        client.createStream()
        with self.logs() as events:
            client.call("publish", "show", id=1)
        (line,) = logLines(events)
        self.assertTrue(line.endswith(r"('FMLE/3.0\n(fake)')"), line)

    def test_nameOnly(self) -> None:
        """
        The name is enough; the type may be left out (T-48).
        """
        client = self.ready()
        self.assertEqual(
            statusCodes(client.call("publish", "show", id=1)),
            ["NetStream.Publish.Start"],
        )

    def test_names(self) -> None:
        """
        The stream key is what application and name make together, without
        query strings (T-54).
        """
        for app, name, key in (
            ("live", "show?token=a%20b", "live/show"),
            ("live?k=v", "show", "live/show"),
            ("app/inst", "key", "app/inst/key"),
            ("live/", "/a/b", "live/a/b"),
            ("live/_definst_", "show", "live/show"),
            ("live", "", "live"),
        ):
            client = self.ready(app)
            client.call("publish", name, id=1)
            self.assertIsNotNone(self.directory.live(key), key)
            client.lose()

    def test_taken(self) -> None:
        """
        A second publisher of a name, with other credentials, is refused with
        BadName and closed; the first goes on.
        """
        first, second = self.publisher("show"), self.ready()
        with self.logs() as events:
            (status,) = second.call("publish", "show?token=guess", id=1)
        self.assertEqual(
            summary(status), onStatus("NetStream.Publish.BadName", 1, "error")
        )
        self.assertTrue(second.closing)
        self.assertFalse(first.closing)
        (line,) = logLines(events)
        self.assertIn("'publish' refused: NetStream.Publish.BadName", line)
        second.lose()
        sink = FakeSink()
        self.live().addSink(sink)
        first.send(keyframe(0))
        self.assertEqual(len(sink.tags), 1)

    def test_freeAgain(self) -> None:
        """
        The name is free again when its publisher is gone.
        """
        self.publisher("show").lose()
        self.publisher("show")
        self.live()

    def test_badNames(self) -> None:
        """
        Names that leave the folder, are too long, hold control characters or
        are not ASCII are refused, in one line of printable ASCII.
        """
        for name in (
            "../x",
            "a/../../x",
            "..",
            "a\0b",
            "x" * 300,
            "caf\u00e9",
            "\udcff\udcfe",
            "a\\b",
            "a\nb",
            "a//b",
            7.0,
            None,
        ):
            client = self.ready()
            with self.logs() as events:
                (status,) = client.call("publish", name, id=1)
            self.assertEqual(
                summary(status),
                onStatus("NetStream.Publish.BadName", 1, "error"),
                ascii(name),
            )
            self.assertTrue(client.closing)
            (line,) = logLines(events)
            self.assertTrue(line.isascii() and line.isprintable(), line)
            client.lose()
        self.assertEqual(list(self.directory), [])

    def test_noStream(self) -> None:
        """
        C{publish} on a stream that was never made is refused.
        """
        client = self.client()
        client.connect()
        (status,) = client.call("publish", "show", id=1)
        self.assertEqual(
            summary(status), onStatus("NetStream.Publish.BadName", 1, "error")
        )

    def test_twice(self) -> None:
        """
        A NetStream that publishes cannot publish something else.
        """
        client = self.publisher("one")
        (status,) = client.call("publish", "two", id=1)
        self.assertEqual(statusCodes([status]), ["NetStream.Publish.Failed"])
        self.assertTrue(client.closing)
        self.assertEqual(list(self.directory), [])

    def test_again(self) -> None:
        """
        Nor the same thing again; that is refused at once.
        """
        client = self.publisher("one")
        (status,) = client.call("publish", "one", id=1)
        self.assertEqual(statusCodes([status]), ["NetStream.Publish.Failed"])

    def test_messageStreamZero(self) -> None:
        """
        Where a connection has one NetStream, 0 stands for it.
        """
        client = self.ready()
        (status,) = client.call("publish", "show", id=0)
        self.assertEqual(summary(status), onStatus("NetStream.Publish.Start", 1))


class EndOfPublishTests(ServerTestCase):
    """
    The ways in which a publish ends.
    """

    def setUp(self) -> None:
        """
        Publish a stream.
        """
        super().setUp()
        self.client_ = self.publisher()
        self.sink = FakeSink()
        self.live().addSink(self.sink)

    def ends(self, name: str, *arguments: Any, id: int = 0) -> list[Received]:
        """
        The publish ends with a command, once.
        """
        answers = self.client_.call(name, *arguments, id=id)
        self.assertEqual(self.sink.ended, 1)
        self.assertIsNone(self.directory.live("live/show"))
        self.assertFalse(self.client_.closing)
        self.client_.lose()
        self.assertEqual(self.sink.ended, 1)
        return answers

    def test_deleteStream(self) -> None:
        """
        C{deleteStream} with the id ends it.
        """
        self.ends("deleteStream", 1.0)

    def test_deleteStreamByName(self) -> None:
        """
        GStreamer gives the stream's name instead of the id (T-48).
        """
        other = self.client_.createStream()
        self.client_.call("publish", "other", id=other)
        self.ends("deleteStream", "show", id=other)

    def test_deleteStreamOfNothing(self) -> None:
        """
        Without an argument the stream that the command came on counts.
        """
        self.ends("deleteStream", id=1)

    def test_deleteStreamTwice(self) -> None:
        """
        C{deleteStream} with the id of a NetStream that is gone, or never was,
        ends nothing else, though the connection has only one left.
        """
        other = self.client_.createStream()
        for id in (other, other, 99):
            for on in (0, 1):
                self.client_.call("deleteStream", float(id), id=on)
        self.assertEqual(self.sink.ended, 0)
        self.assertEqual(list(self.client_.protocol.session.netStreams), [1])
        self.live()

    def test_strangeIds(self) -> None:
        """
        An id that is no id deletes nothing of another stream, and does no
        harm.
        """
        other = self.client_.createStream()
        strange: AMFValue
        for strange in (float("inf"), float("nan"), -1.0, 1e300, 99.0, "", [], {}):
            self.client_.call("deleteStream", strange)
            self.assertEqual(self.sink.ended, 0, repr(strange))
        self.assertEqual(other, 2)
        self.assertFalse(self.client_.closing)

    def test_fcUnpublish(self) -> None:
        """
        C{FCUnpublish} with the name ends it.
        """
        answers = self.ends("FCUnpublish", "show")
        self.assertIn("NetStream.Unpublish.Success", statusCodes(answers))

    def test_fcUnpublishOfAnother(self) -> None:
        """
        C{FCUnpublish} of what this client does not publish ends nothing.
        """
        self.publisher("other")
        for name in ("other", "..", 1.0, None):
            self.client_.call("FCUnpublish", name)
        self.assertEqual(self.sink.ended, 0)
        self.live("live/other")

    def test_closeStream(self) -> None:
        """
        C{closeStream} ends it, and the NetStream can be used again (T-56).
        """
        answers = self.client_.call("closeStream", id=1)
        self.assertEqual(statusCodes(answers), ["NetStream.Unpublish.Success"])
        self.assertEqual(self.sink.ended, 1)
        again = self.client_.call("publish", "show", id=1)
        self.assertEqual(statusCodes(again), ["NetStream.Publish.Start"])

    def test_closeStreamOfNothing(self) -> None:
        """
        C{closeStream} where nothing goes on says nothing.
        """
        idle = self.client_.createStream()
        self.assertEqual(self.client_.call("closeStream", id=idle), [])
        self.assertEqual(self.client_.call("closeStream", id=9), [])

    def test_all(self) -> None:
        """
        All ways together end it once.
        """
        self.client_.send(
            self.client_.command("FCUnpublish", "show"),
            self.client_.command("closeStream", id=1),
            self.client_.command("deleteStream", 1.0),
            self.client_.command("deleteStream", "show"),
        )
        self.client_.lose()
        self.assertEqual(self.sink.ended, 1)

    def test_republish(self) -> None:
        """
        After C{deleteStream} the same connection can publish again, with
        nothing left of the first time (T-56).
        """
        self.client_.send(audioHeader())
        self.client_.call("deleteStream", 1.0)
        id = self.client_.createStream()
        self.client_.call("publish", "show", id=id)
        self.assertEqual(self.live().snapshot(), [])
        self.assertEqual(self.live().bytesReceived, 0)

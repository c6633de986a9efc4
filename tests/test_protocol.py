"""
Tests of L{rtmptwisted.protocol}: the same session, cut in different ways, and
peers that do not speak RTMP.
"""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.logger import LogLevel

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.wire.message import (
    Command,
    Data,
    SetChunkSize,
)
from tests.fakes import FakeSink, logLines
from tests.media import audio, audioHeader, keyframe, plain, videoHeader
from tests.support import Client, ServerTestCase, statusCodes


def wholeSession(client: Client) -> bytes:
    """
    All that an encoder sends, which does not wait for any answer: the
    handshake, the commands back to back, metadata, media (T-49).
    """
    messages = client.bytesOf(
        SetChunkSize(4096),
        Command("connect", 1.0, {"app": "live"}),
        Command("releaseStream", 2.0, None, ["show"]),
        Command("FCPublish", 3.0, None, ["show"]),
        Command("createStream", 4.0),
        Command("publish", 5.0, None, ["show", "live"], 1),
        Data(["@setDataFrame", "onMetaData", {"width": 640.0}], 0, 1),
        videoHeader(),
        audioHeader(),
        keyframe(0, 5000),
        audio(10),
    )
    return client.HELLO + client.ANSWER + messages


MEDIA = [videoHeader(), audioHeader(), keyframe(0, 5000), audio(10)]


class SegmentTests(ServerTestCase):
    """
    The same session, cut in different ways.
    """

    def setUp(self) -> None:
        """
        Wait for the stream.
        """
        super().setUp()
        self.sink = FakeSink()
        self.directory.stream("live/show").addSink(self.sink)

    def check(self, step: int) -> None:
        """
        Everything arrives, in order and once.
        """
        client = self.client()
        data = wholeSession(client)
        for start in range(0, len(data), step):
            client.feed(data[start : start + step])
        self.assertEqual(plain(*self.sink.tags[1:]), plain(*MEDIA))
        self.assertEqual(self.sink.tags[0].typeID, 18)
        self.assertFalse(client.closing)
        # Behind S0, S1 and S2.
        answers = client.transport.value()[3073:]
        client.transport.clear()
        client.transport.io.write(answers)
        self.assertEqual(
            statusCodes(client.read()),
            [
                "NetConnection.Connect.Success",
                "NetStream.Publish.Start",
                "NetStream.Publish.Start",
            ],
        )

    def test_whole(self) -> None:
        """
        A whole session in one segment is carried out at once.
        """
        self.check(1 << 20)

    def test_byteByByte(self) -> None:
        """
        The same session byte by byte gives the same.
        """
        self.check(1)

    def test_pieces(self) -> None:
        """
        The same session in pieces of any size gives the same.
        """
        for step in (2, 3, 7, 100, 128, 1460, 1537):
            self.sink.tags.clear()
            self.directory = StreamDirectory(self.clock)
            self.factory = RTMPFactory(self.directory, None, bytes)
            self.directory.stream("live/show").addSink(self.sink)
            self.check(step)

    def test_endInOneSegment(self) -> None:
        """
        FCUnpublish, deleteStream and the end of the connection, right behind
        the last media, end the publish once, with all its media (T-55).
        """
        client = self.client()
        client.feed(
            wholeSession(client)
            + client.bytesOf(
                keyframe(40),
                Command("FCUnpublish", 6.0, None, ["show"]),
                Command("deleteStream", 7.0, None, [1.0]),
            )
        )
        client.lose()
        self.assertEqual(plain(*self.sink.tags[-1:]), plain(keyframe(40)))
        self.assertEqual(self.sink.ended, 1)
        self.assertIsNone(self.directory.live("live/show"))


class PeerTests(ServerTestCase):
    """
    Who the client is.
    """

    def test_behindAProxy(self) -> None:
        """
        Behind the PROXY protocol it is known with the first bytes where the
        client is; that is what the log says from then on.
        """
        client = self.client()
        self.assertEqual(client.protocol.peer, "192.168.1.1:54321")
        client.transport.peerAddr = IPv4Address("TCP", "203.0.113.5", 7000)
        with self.logs() as events:
            client.publish("show")
        self.assertEqual(client.protocol.peer, "203.0.113.5:7000")
        self.assertEqual(
            logLines(events),
            ["203.0.113.5:7000 publishes live/show (unknown software)"],
        )

    def test_notedOnce(self) -> None:
        """
        Bytes that follow change nothing.
        """
        client = self.client()
        client.handshake()
        client.transport.peerAddr = IPv4Address("TCP", "203.0.113.5", 7000)
        client.call("connect", commandObject={"app": "live"})
        self.assertEqual(client.protocol.peer, "192.168.1.1:54321")


class StrangerTests(ServerTestCase):
    """
    Peers that do not speak RTMP.
    """

    def refused(self, data: bytes, expected: str) -> None:
        """
        The connection is closed, with one line in the log, and nothing is
        answered.
        """
        client = self.client()
        with self.logs() as events:
            client.feed(data)
            client.feed(data)
            client.feed(b"more")
        self.assertTrue(client.closing)
        self.assertEqual(client.transport.value(), b"")
        (line,) = logLines(events)
        self.assertEqual(line, f"192.168.1.1:54321: closed: not RTMP: {expected}")
        client.lose()
        self.assertEqual(self.factory.connections, set())

    def test_http(self) -> None:
        """
        An HTTP request is recognised.
        """
        self.refused(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "this looks like an HTTP request"
        )

    def test_tls(self) -> None:
        """
        A TLS hello is recognised, and the reason suggested.
        """
        self.refused(
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            "this looks like a TLS handshake: is the client set to rtmps?",
        )

    def test_garbage(self) -> None:
        """
        Any other first byte is named.
        """
        self.refused(b"\xfe" * 4000, "the first byte is 0xfe, not 0x03")

    def test_garbageAfterHandshake(self) -> None:
        """
        Garbage behind a handshake closes the connection with one line too.
        """
        client = self.client()
        client.handshake()
        with self.logs() as events:
            for _ in range(20):
                client.feed(b"\xff" * 500)
        self.assertTrue(client.closing)
        (line,) = logLines(events, LogLevel.warn)
        self.assertIn("closed: ", line)

    def test_commandBeforeConnect(self) -> None:
        """
        Any command before C{connect} is an error.
        """
        client = self.client()
        client.handshake()
        with self.logs() as events:
            client.send(Command("createStream", 1.0))
        self.assertTrue(client.closing)
        self.assertIn("closed: a command before connect", logLines(events)[0])

    def test_nothingWorksAfterwards(self) -> None:
        """
        What follows an error is not interpreted, valid or not.
        """
        client = self.client()
        client.handshake()
        client.send(Command("createStream", 1.0))
        client.transport.clear()
        client.feed(client.bytesOf(Command("connect", 1.0, {"app": "live"})))
        self.assertEqual(client.transport.value(), b"")
        self.assertEqual(client.protocol.session.app, "")

"""
Sessions of real encoders, cut in every way.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command
from tests.flv_reader import Tag
from tests.interop.capture import Capture
from tests.interop.clients import Client, publishFFmpeg, publishGStreamer
from tests.interop.media import firstDifference, media, seedSource
from tests.interop.rawclient import (
    connect,
    connecting,
    mediaMessages,
    publishing,
    readUntil,
)
from tests.interop.server import Server
from tests.interop.tools import currentFFmpeg


class SessionTests(SynchronousTestCase):
    """
    The way in which the bytes of a session arrive makes no difference.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.count = 0

    def replay(self, session: bytes, size: int) -> list[Tag]:
        """
        Send a session in segments of so many bytes.

        @return: what was recorded of it.
        """
        self.count += 1
        connection = connect(self.server.port)
        with connection:
            for start in range(0, len(session), size):
                connection.sendall(session[start : start + size])
            self.server.waitFor("published live/session", self.count)
        return media(self.server.recording("live/session", self.count))

    def assertAllTheSame(self, client: str) -> None:
        """
        A client's session is recorded alike, whole and byte by byte.
        """
        source = seedSource()
        with Capture(self.server.port) as capture:
            publisher = self.publish(client, source, f"{capture.url}/live/session")
            publisher.finish()
            session = capture.session()
        self.count += 1
        expected = media(self.server.recording("live/session", self.count))
        self.assertGreater(len(expected), 148)
        for size in (len(session), 1, 1448, 129):
            difference = firstDifference(self.replay(session, size), expected)
            self.assertIsNone(difference, f"{client} in segments of {size}")

    def publish(self, client: str, source: Path, url: str) -> Client:
        """
        Publish with one of the clients.
        """
        if client == "ffmpeg":
            return publishFFmpeg(source, url)
        if client == "current ffmpeg":
            return publishFFmpeg(source, url, ffmpeg=currentFFmpeg())
        return publishGStreamer(source, url, client, self.folder / "sent.flv")

    def test_ffmpeg(self) -> None:
        """
        A session of ffmpeg, with a digest handshake.
        """
        self.assertAllTheSame("ffmpeg")

    def test_currentFFmpeg(self) -> None:
        """
        A session of a current ffmpeg.
        """
        self.assertAllTheSame("current ffmpeg")

    def test_rtmp2sink(self) -> None:
        """
        A session of GStreamer.
        """
        self.assertAllTheSame("rtmp2sink")

    def test_rtmpsink(self) -> None:
        """
        A session of librtmp.
        """
        self.assertAllTheSame("rtmpsink")

    def test_pipelined(self) -> None:
        """
        A client that sends all it has without waiting for an answer, and closes
        without reading one, loses nothing.
        """
        tags = media(seedSource())
        start, writer = publishing("live", "session")
        sent = [start, *(writer.write(message) for message in mediaMessages(tags))]
        sent.append(writer.write(encode(Command("deleteStream", 0, None, [1.0]))))
        got = self.replay(b"".join(sent), 1 << 30)
        self.assertIsNone(firstDifference(got, tags))

    def test_splitPublish(self) -> None:
        """
        The C{publish} command as 12 bytes, a pause, and 34 bytes: the seed of
        this project never completed it.
        """
        tags = media(seedSource())
        start, writer = connecting("live")
        command = encode(Command("publish", 0, None, ["test", "live"], 1))
        # On a chunk stream of its own it has a header of 12 bytes.
        publish = writer.write(command._replace(chunkStreamID=8))
        self.assertEqual(len(publish), 12 + 34)
        connection = connect(self.server.port)
        with connection:
            connection.sendall(start + publish[:12])
            readUntil(connection, b"_result", b"_result")
            connection.sendall(publish[12:])
            readUntil(connection, b"NetStream.Publish.Start")
            for message in mediaMessages(tags):
                connection.sendall(writer.write(message))
        got = media(self.server.recording("live/test"))
        self.assertIsNone(firstDifference(got, tags))

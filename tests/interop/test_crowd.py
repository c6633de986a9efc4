"""
A thousand clients that mean no good, beside one stream.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import Tag
from tests.interop.clients import playCurl, playFFmpeg
from tests.interop.crowd import Crowd, residentBytes
from tests.interop.media import firstDifference, frames, media, remuxed, shortGOPSource
from tests.interop.rawclient import connect, mediaMessages, publishing, readUntil
from tests.interop.server import Server

SIZE = 1000

#: The deadlines of the server, in seconds.  The defaults are as far apart, and
#: longer.
HANDSHAKE, CONNECT, IDLE, SILENCE, MESSAGE, PING = 3, 4, 5, 6, 5, 2
LIMITS = {
    "handshakeSeconds": HANDSHAKE,
    "connectSeconds": CONNECT,
    "idleSeconds": IDLE,
    "publisherIdleSeconds": SILENCE,
    "messageSeconds": MESSAGE,
    "pingSeconds": PING,
    "connectionsPerAddress": 0,
}

#: When each kind has to be gone, at the latest.
DEADLINES = {
    "drippingHandshake": HANDSHAKE,
    "drippingConnect": CONNECT,
    "idle": IDLE,
    "drippingPublisher": SILENCE,
    "stallingPublisher": SILENCE,
    "drippingPlayer": MESSAGE + PING,
    "tooLarge": 0,
}

#: Beyond its deadline, on a busy machine, in seconds.
SLACK = 6

#: What a connection may cost the server.
BYTES_EACH = 32 * 1024

_FILES = 4096


class CrowdTests(SynchronousTestCase):
    """
    Nobody else notices them, and they do not stay.
    """

    def setUp(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < _FILES:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
        options = [f"--limit={name}={value}" for name, value in LIMITS.items()]
        self.server = Server(*options)
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def publish(self, tags: list[Tag], began: threading.Event) -> None:
        """
        Publish in real time.
        """
        connection = connect(self.server.port)
        sent, writer = publishing("live", "hello")
        connection.sendall(sent)
        readUntil(connection, b"NetStream.Publish.Start")
        start = time.monotonic()
        for message in mediaMessages(tags):
            wait = start + message.timestamp / 1000 - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            connection.sendall(writer.write(message))
            began.set()
        connection.close()

    def test_crowd(self) -> None:
        """
        A thousand connections that drip a byte a second, stall, or announce
        messages that never come are gone at their deadlines and cost little
        memory; the publisher and the players beside them lose nothing.
        """
        tags = remuxed(shortGOPSource())
        began = threading.Event()
        players = [
            playFFmpeg(f"{self.server.rtmp}/live/hello", self.folder / "rtmp.flv")
        ]
        self.server.waitFor("plays live/hello over RTMP")
        before = residentBytes(self.server.pid)
        crowd = Crowd(self.server.port, SIZE)
        publisher = threading.Thread(target=self.publish, args=(tags, began))
        publisher.start()
        crowd.start(max(DEADLINES.values()) + SLACK)
        self.assertTrue(began.wait(30))
        players.append(
            playCurl(f"{self.server.http}/live/hello.flv", self.folder / "http.flv")
        )
        left = crowd.finish()
        publisher.join()
        for player in players:
            player.finish()
        self.assertEqual(left, 0)
        for kind, lifetimes in crowd.lifetimes.items():
            self.assertLess(max(lifetimes), DEADLINES[kind] + SLACK, kind)
        grown = residentBytes(self.server.pid) - before
        self.assertLess(grown, SIZE * BYTES_EACH)
        recorded = media(self.server.recording("live/hello"))
        self.assertIsNone(firstDifference(recorded, tags))
        wanted = [tag.body for tag in frames(tags)]
        for name in ("rtmp", "http"):
            got = [tag.body for tag in frames(media(self.folder / f"{name}.flv"))]
            self.assertEqual(len(got), len(wanted), name)
            self.assertEqual(got, wanted, name)
        longest = {kind: round(max(t), 1) for kind, t in crowd.lifetimes.items()}
        print(f"lifetimes {longest}, {grown >> 10} KiB for {SIZE} connections")

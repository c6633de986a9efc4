"""
The end of a stream reaches players that talk while it comes.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Acknowledgement, Command
from tests.interop.media import largeSource, media
from tests.interop.rawclient import (
    connect,
    connecting,
    mediaMessages,
    publishing,
    readUntil,
)
from tests.interop.server import Server


class EndingTests(SynchronousTestCase):
    """
    What was written before the server closes is not lost.
    """

    def test_acknowledged(self) -> None:
        """
        A player that acknowledges after the stream has ended, as all do, still
        gets what is under way: its acknowledgement is not answered with a reset.
        """
        server = Server()
        self.addCleanup(server.close)
        tags = media(largeSource())
        start, writer = connecting("live")
        player = connect(server.port)
        self.addCleanup(player.close)
        play = Command("play", 0, None, ["end"], 1)
        player.sendall(start + writer.write(encode(play)))
        readUntil(player, b"NetStream.Play.Start")
        start, media_ = publishing("live", "end")
        with connect(server.port) as publisher:
            publisher.sendall(start)
            readUntil(publisher, b"NetStream.Publish.Start")
            publisher.sendall(b"".join(map(media_.write, mediaMessages(tags))))
        server.waitFor("played live/end over RTMP")
        received = b""
        while data := player.recv(16384):
            received += data
            done = Acknowledgement(len(received))
            player.sendall(writer.write(encode(done)))
        self.assertGreater(len(received), sum(len(tag.body) for tag in tags))
        self.assertIn(b"NetStream.Play.UnpublishNotify", received)

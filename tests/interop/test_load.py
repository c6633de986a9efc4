"""
Many publishers and viewers at once.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.clients import Client, playCurl, playRTMPDump, publishFFmpeg
from tests.interop.media import firstDifference, frames, media, remuxed, shortGOPSource
from tests.interop.server import Server

_PUBLISHERS = 32
_RTMP_VIEWERS = 2
_HTTP_VIEWERS = 3


class LoadTests(SynchronousTestCase):
    """
    Streams do not disturb one another.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def watch(self, name: str) -> list[tuple[Client, Path]]:
        """
        Start the viewers of one stream.
        """
        viewers = []
        for number in range(_RTMP_VIEWERS):
            path = self.folder / f"{name}-{number}.rtmp.flv"
            url = f"{self.server.rtmp}/live/{name}"
            viewers.append((playRTMPDump(url, path), path))
        for number in range(_HTTP_VIEWERS):
            path = self.folder / f"{name}-{number}.http.flv"
            url = f"{self.server.http}/live/{name}.flv"
            viewers.append((playCurl(url, path), path))
        for client, _ in viewers:
            self.addCleanup(client.kill)
        return viewers

    def test_many(self) -> None:
        """
        32 publishers at once, each with a recording and five viewers: every
        recording is complete, and every viewer gets all from its first keyframe
        to the end.
        """
        source = shortGOPSource()
        names = [f"load{number}" for number in range(_PUBLISHERS)]
        publishers = [
            publishFFmpeg(source, f"{self.server.rtmp}/live/{name}", live=True)
            for name in names
        ]
        for publisher in publishers:
            self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/load", _PUBLISHERS)
        viewers = [each for name in names for each in self.watch(name)]
        for publisher in publishers:
            publisher.finish()
        expected = remuxed(source)
        for name in names:
            got = media(self.server.recording(f"live/{name}"))
            self.assertIsNone(firstDifference(got, expected), name)
        wanted = frames(expected)
        for client, path in viewers:
            client.finish(None if "rtmpdump" in client.command[0] else 0)
            got = frames(media(path))
            self.assertGreater(len(got), 0, path)
            self.assertEqual(got[0].body[0] >> 4 in (1, 10), True, path)
            self.assertIsNone(firstDifference(got, wanted[-len(got) :]), path)
        self.assertIn(", 0 skips", self.server.log)
        self.assertNotIn("too slow", self.server.log)

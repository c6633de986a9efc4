"""
Real encoders publish, and nothing is lost.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import Tag, readFLV
from tests.interop.clients import publishFFmpeg, publishGStreamer
from tests.interop.media import (
    firstDifference,
    frames,
    longSource,
    media,
    remuxed,
    seedSource,
    smallFramesSource,
    videoFrames,
)
from tests.interop.server import Server
from tests.interop.tools import currentFFmpeg

#: So often is the seed test done each way.
_TIMES = 10


class PublisherTests(SynchronousTestCase):
    """
    What encoders send is what is recorded, tag by tag.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def assertRecorded(self, path: Path, expected: list[Tag]) -> None:
        """
        A recording consists of the expected audio and video.
        """
        flv = readFLV(path.read_bytes())
        self.assertEqual(flv.flags, 5)
        self.assertEqual(flv.tags[0].type, 18)
        self.assertIsNone(firstDifference(media(path), expected))

    def _seed(self, live: bool) -> None:
        source = seedSource()
        expected = remuxed(source)
        self.assertEqual(len(videoFrames(expected)), 60)
        for number in range(_TIMES):
            name = f"live/seed{number}"
            publishFFmpeg(source, f"{self.server.rtmp}/{name}", live=live).finish()
            self.assertRecorded(self.server.recording(name), expected)

    def test_seed(self) -> None:
        """
        The seed test, as fast as it goes, ten times: 60 of 60 frames, every
        payload bit-exact, timestamps exact.
        """
        self._seed(live=False)

    def test_seedLive(self) -> None:
        """
        The same in real time.
        """
        self._seed(live=True)

    def test_current(self) -> None:
        """
        A current ffmpeg sends more metadata than older ones; all of its media
        is recorded.
        """
        source = seedSource()
        url = f"{self.server.rtmp}/live/current"
        publishFFmpeg(source, url, ffmpeg=currentFFmpeg()).finish()
        self.assertRecorded(self.server.recording("live/current"), remuxed(source))

    def test_long(self) -> None:
        """
        60 s at 4 Mbit/s are recorded without a loss.
        """
        source = longSource()
        publishFFmpeg(source, f"{self.server.rtmp}/live/long").finish()
        recording = self.server.recording("live/long")
        expected = remuxed(source)
        self.assertEqual(len(videoFrames(expected)), 1800)
        self.assertGreater(recording.stat().st_size, 60 * 4_000_000 / 8)
        self.assertRecorded(recording, expected)

    def test_smallFrames(self) -> None:
        """
        7 minutes of small frames, as fast as they go, are all there each time: what
        the server answers while it is not done with what has come does not meet a
        client that has closed its socket, whose system would drop the rest.
        """
        source = smallFramesSource()
        expected = frames(remuxed(source))
        for number in range(_TIMES // 2):
            name = f"live/small{number}"
            publishFFmpeg(source, f"{self.server.rtmp}/{name}").finish()
            got = frames(media(self.server.recording(name)))
            self.assertIsNone(firstDifference(got, expected))

    def _gstreamer(self, element: str) -> None:
        copy = self.folder / "sent.flv"
        url = f"{self.server.rtmp}/live/{element}"
        publishGStreamer(seedSource(), url, element, copy).finish()
        recording = self.server.recording(f"live/{element}")
        expected = media(copy)
        self.assertEqual(len(videoFrames(expected)), 60)
        self.assertRecorded(recording, expected)

    def test_rtmp2sink(self) -> None:
        """
        GStreamer's own RTMP client, with chunks of 128 bytes, type 2 and type 3
        messages, and commands without a transaction id (T-23, T-30, T-47).
        """
        self._gstreamer("rtmp2sink")

    def test_rtmpsink(self) -> None:
        """
        librtmp, with all media on one chunk stream (T-11, T-28).
        """
        self._gstreamer("rtmpsink")

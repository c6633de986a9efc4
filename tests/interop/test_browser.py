"""
Chromium plays with mpegts.js what real encoders publish.

HEVC is not among it: Chromium as Debian builds it has no decoder for that.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.browser import Browser, Report
from tests.interop.clients import publishEnhanced
from tests.interop.media import enhancedSource
from tests.interop.server import Server
from tests.interop.tools import mpegtsJS, tool

#: What is published again and again, in seconds.
_SECONDS = 4

#: Frames a second: few, so that a busy machine keeps up.
_RATE = 15

#: So much is watched, in seconds.
_ENOUGH = 2.5


class BrowserTests(SynchronousTestCase):
    """
    A page that plays a live stream.
    """

    def setUp(self) -> None:
        # What is missing is missed before anything is started.
        tool("chromium")
        mpegtsJS()
        self.server = Server()
        self.addCleanup(self.server.close)

    def watch(self, video: str, audio: str) -> list[Report]:
        """
        Publish in real time, and watch it for a while.

        @return: what the page saw.
        """
        source = enhancedSource(video, audio, _SECONDS, _RATE)
        name = f"live/{video}-{audio}"
        publisher = publishEnhanced(
            source, f"{self.server.rtmp}/{name}", live=True, loop=True
        )
        self.addCleanup(publisher.kill)
        self.server.waitFor(f"publishes {name} ")
        browser = Browser(f"{self.server.http}/{name}.flv")
        self.addCleanup(browser.close)
        return browser.watch(lambda report: report.time > _ENOUGH)

    def assertPlays(self, reports: list[Report], sound: bool = True) -> None:
        """
        Picture and sound are decoded, and go on.

        @param sound: whether there is sound.
        """
        last = reports[-1]
        self.assertEqual(last.errors, [])
        self.assertGreater(last.time, _ENOUGH)
        self.assertEqual((last.width, last.height), (320, 240))
        self.assertEqual(last.audioBytes > 0, sound)
        # At least one frame of three is decoded, and they come all the time.
        self.assertGreater(last.frames, _ENOUGH * _RATE / 3)
        self.assertGreater(len({each.time for each in reports}), 5, reports)
        self.assertGreater(len({each.frames for each in reports}), 5, reports)

    def test_h264(self) -> None:
        """
        H.264 with AAC.
        """
        reports = self.watch("h264", "aac")
        self.assertPlays(reports)
        self.assertRegex(reports[-1].videoCodec, "^avc1")
        self.assertRegex(reports[-1].audioCodec, "^mp4a")

    def test_av1(self) -> None:
        """
        AV1 with Opus.
        """
        self.assertPlays(self.watch("av1-realtime", "opus"))

    def test_flac(self) -> None:
        """
        H.264 with FLAC: the picture plays, without an error, though FLAC cannot
        be played.
        """
        reports = self.watch("h264", "flac")
        self.assertPlays(reports, sound=False)
        self.assertRegex(reports[-1].videoCodec, "^avc1")
        self.assertEqual(reports[-1].audioCodec, "")

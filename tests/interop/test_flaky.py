"""
A publisher whose network fails again and again.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import AUDIO, VIDEO, Tag
from tests.interop.clients import Client, playFFmpeg, publishFFmpeg
from tests.interop.follower import Follower
from tests.interop.media import media, seekSource
from tests.interop.page import Page
from tests.interop.server import Server
from tests.interop.tools import mpegtsJS, tool

#: How many cuts there are; by hand, more.
_CUTS = int(os.environ.get("RTMPTWISTED_CUTS", "3"))

#: How long it publishes between two cuts, and how long a cut is, in seconds.
_UP = (2.0, float(os.environ.get("RTMPTWISTED_UP", "3")))
_DOWN = (1.0, float(os.environ.get("RTMPTWISTED_DOWN", "2")))

#: How far the gaps in the timestamps may be from those in time, in seconds.
_INEXACT = 0.1

#: A step between two frames that is more than this many milliseconds is a gap.
_GAP = 500

_NAME = "live/show"

_STATE = "document.querySelector('.player')?.dataset.state"
_TIME = "document.querySelector('video').currentTime"


def gaps(times: list[int]) -> list[int]:
    """
    @return: the steps that are gaps, milliseconds.
    """
    steps = [after - before for before, after in pairwise(times)]
    return [step for step in steps if step > _GAP]


class FlakyTests(SynchronousTestCase):
    """
    It comes back each time within the grace.
    """

    def setUp(self) -> None:
        tool("chromium")
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Server("--grace", "10", "--player-js", str(mpegtsJS()))
        self.addCleanup(self.server.close)
        self.publisher: Client | None = None
        self.addCleanup(self.cut)

    def publish(self) -> None:
        """
        Connect, as an encoder does that begins anew.
        """
        url = f"{self.server.rtmp}/{_NAME}?key=secret"
        self.publisher = publishFFmpeg(seekSource(), url, live=True)

    def cut(self) -> None:
        """
        Lose the connection.
        """
        if self.publisher is not None:
            self.publisher.kill()

    def checkTimes(self, tags: list[Tag], realGaps: list[float]) -> None:
        """
        See that timestamps never fall, and jump by what was missing.
        """
        for kind in (AUDIO, VIDEO):
            times = [tag.timestamp for tag in tags if tag.type == kind]
            self.assertEqual(times, sorted(times))
        times = sorted(tag.timestamp for tag in tags)
        found = gaps(times)
        self.assertEqual(len(found), len(realGaps), (found, realGaps))
        self.assertLess(abs(sum(found) / 1000 - sum(realGaps)), _INEXACT)

    def test_flaky(self) -> None:
        """
        There is one file, no viewer is lost, timestamps never fall, and their gaps
        are as long as those in time.
        """
        at = random.Random(7)
        self.publish()
        self.server.waitFor(f"recording {_NAME} to")
        follower = Follower(f"{self.server.http}/{_NAME}.flv")
        self.addCleanup(follower.close)
        follower.waitUntil(1)
        players = [
            playFFmpeg(f"{self.server.rtmp}/{_NAME}", self.folder / "rtmp.flv"),
            playFFmpeg(f"{self.server.http}/{_NAME}.flv", self.folder / "http.flv"),
        ]
        for player in players:
            self.addCleanup(player.kill)
        page = Page(f"{self.server.http}/{_NAME}.html")
        self.addCleanup(page.close)
        page.waitFor(f"{_STATE} === 'playing'")
        for number in range(_CUTS):
            time.sleep(at.uniform(*_UP))
            self.cut()
            time.sleep(at.uniform(*_DOWN))
            self.publish()
            self.server.waitFor(f"{_NAME} is resumed", number + 1)
        page.waitFor(f"{_STATE} === 'playing'")
        before = page.evaluate(_TIME)
        page.waitFor(f"{_TIME} > {before} + 1")
        assert self.publisher is not None
        # A proper end, in place of the rest.
        self.server.stop()
        for player in players:
            player.finish(None)
        arrived = [each.at for each in follower.media]
        real = [b - a for a, b in pairwise(arrived) if (b - a) * 1000 > _GAP]
        self.assertEqual(len(real), _CUTS)
        (path,) = self.server.recordings.glob(f"{_NAME}-*.flv")
        for each in (path, self.folder / "rtmp.flv", self.folder / "http.flv"):
            self.checkTimes(media(each), real)
        print(f"{_CUTS} gaps of {sum(real):.3f} s in all")

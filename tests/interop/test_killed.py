"""
A server that is killed in the middle of a recording.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import VIDEO, positions, readFLV, readScript
from tests.interop.clients import publishFFmpeg
from tests.interop.follower import Follower
from tests.interop.media import seekSource
from tests.interop.server import Server
from tests.interop.tools import currentFFmpeg, tool

#: How many moments are tried; by hand, more.
_TIMES = int(os.environ.get("RTMPTWISTED_KILLS", "4"))

#: The earliest and the latest moment, in seconds after the first frame.
_EARLIEST, _LATEST = 1.0, 6.0

#: What may be missing at the end, in seconds.
_LOST = 1.0

_NAME = "live/show"

#: The distance of keyframes in the source, in seconds.
_GROUP = 1.0


class Probe(NamedTuple):
    """
    What ffprobe makes of a file: its duration in seconds, and the times of its
    keyframes, likewise.
    """

    duration: float
    keyframes: list[float]


def probe(path: Path) -> Probe:
    """
    @return: what ffprobe says of a file.
    """
    output = subprocess.run(
        [tool("ffprobe"), "-loglevel", "error", "-select_streams", "v:0"]
        + ["-show_entries", "format=duration:packet=dts_time,flags", "-of", "json"]
        + [str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ).stdout
    found = json.loads(output)
    keyframes = [
        float(each["dts_time"]) for each in found["packets"] if "K" in each["flags"]
    ]
    return Probe(float(found["format"]["duration"]), keyframes)


def seek(path: Path, seconds: float) -> float:
    """
    @return: the time of the first packet that ffmpeg gives when it seeks.
    """
    output = subprocess.run(
        [tool("ffprobe"), "-loglevel", "error", "-select_streams", "v:0"]
        + ["-read_intervals", f"{seconds:.3f}%+#1"]
        + ["-show_entries", "packet=dts_time", "-of", "csv=p=0", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return float(output.split()[0].strip(","))


class KilledTests(SynchronousTestCase):
    """
    C{kill -9}.
    """

    def setUp(self) -> None:
        currentFFmpeg()
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def record(self, seconds: float) -> tuple[Path, float]:
        """
        Record a stream, and kill the server after so many seconds of it.

        @return: the file, and the last timestamp that a viewer got, in seconds.
        """
        root = Path(tempfile.mkdtemp(dir=self.folder))
        server = Server(recordings=root)
        publisher = publishFFmpeg(
            seekSource(), f"{server.rtmp}/{_NAME}", live=True, ffmpeg=currentFFmpeg()
        )
        try:
            server.waitFor(f"recording {_NAME} to")
            follower = Follower(f"{server.http}/{_NAME}.flv")
            follower.waitUntil(1)
            time.sleep(max(seconds, 0))
            server.kill()
            follower.close()
        finally:
            publisher.kill()
            server.close()
        (path,) = root.glob(f"{_NAME}-*.flv")
        return path, max(each.timestamp for each in follower.media) / 1000

    def check(self, path: Path, sent: float, at: random.Random) -> None:
        """
        See that a file has the right length, and that seeking finds keyframes.
        """
        found = probe(path)
        self.assertLess(abs(found.duration - sent), _LOST)
        self.assertGreaterEqual(found.keyframes[-1], sent - _LOST - _GROUP)
        for wanted in at.sample(found.keyframes, min(3, len(found.keyframes))):
            self.assertLessEqual(abs(seek(path, wanted) - wanted), _GROUP)

    def test_killed(self) -> None:
        """
        The file plays and seeks as it is; the next server repairs it: then it ends
        with a whole tag, and its index has each keyframe where it is.
        """
        at = random.Random(5)
        lost = []
        for _ in range(_TIMES):
            path, sent = self.record(at.uniform(_EARLIEST, _LATEST))
            self.check(path, sent, at)
            server = Server(recordings=path.parents[1])
            try:
                server.waitFor(r"\.flv was not finished, and is repaired")
            finally:
                server.close()
            self.check(path, sent, at)
            self.checkIndex(path)
            tags = readFLV(path.read_bytes()).media
            lost.append(sent - max(tag.timestamp for tag in tags) / 1000)
        self.assertLess(max(lost), _LOST)
        print(f"lost at the end: {max(lost):.3f} s at most of {_TIMES} files")

    def checkIndex(self, path: Path) -> None:
        """
        See that the index of a file has all its keyframes, each at its place.
        """
        data = path.read_bytes()
        tags = readFLV(data).tags
        keyframes = [
            (place, tag.timestamp)
            for place, tag in zip(positions(data), tags, strict=True)
            # A keyframe, and a frame: sequence headers have a 0 there.
            if tag.type == VIDEO and tag.body[:2] == b"\x17\x01"
        ]
        index = readScript(tags[0].body)[1]["keyframes"]
        times = [round(each * 1000) for each in index["times"]]
        places = [int(each) for each in index["filepositions"]]
        # The first entry is the sequence header, for players that expect that.
        self.assertEqual(list(zip(places, times, strict=True))[1:], keyframes)

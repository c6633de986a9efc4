"""
The programs of others that the interoperability tests use.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from unittest import SkipTest

#: Set where all tools have to be there, as in CI: a missing one is a failure
#: then, instead of a skipped test.
REQUIRE = "RTMPTWISTED_REQUIRE_TOOLS"


#: The version of mpegts.js that the browser tests use.
_MPEGTS = "mpegts.js@1.8.2"

_folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-tools-")


class MissingTool(Exception):
    """
    A tool that has to be there is not.
    """


def _missing(what: str) -> Exception:
    if os.environ.get(REQUIRE):
        return MissingTool(f"{what} is required by ${REQUIRE}")
    return SkipTest(f"{what} is not installed")


def tool(name: str) -> str:
    """
    @return: the path of a program.
    @raise SkipTest: when it is not installed and need not be.
    """
    path = shutil.which(name)
    if path is None:
        raise _missing(name)
    return path


@functools.cache
def currentFFmpeg() -> str:
    """
    @return: the ffmpeg that the imageio-ffmpeg package carries, which is newer
        than those of most distributions.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise _missing("the package imageio-ffmpeg") from None
    path: str = imageio_ffmpeg.get_ffmpeg_exe()
    return path


@functools.cache
def gstreamerHas(*elements: str) -> str:
    """
    @return: the path of gst-launch-1.0.
    @raise SkipTest: when that or one of the elements is missing.
    """
    launch, inspect = tool("gst-launch-1.0"), tool("gst-inspect-1.0")
    for element in elements:
        found = subprocess.run([inspect, "--exists", element], check=False)
        if found.returncode:
            raise _missing(f"the GStreamer element {element}")
    return launch


@functools.cache
def mpegtsJS() -> Path:
    """
    @return: the script of mpegts.js, the library with which pages play
        HTTP-FLV.  npm fetches it anew in each run.
    @raise SkipTest: when npm is missing, or cannot get it.
    """
    done = subprocess.run(
        [tool("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        + ["--prefix", _folder.name, _MPEGTS],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise _missing(f"{_MPEGTS}, which npm cannot get: {done.stdout.strip()}")
    return Path(_folder.name) / "node_modules" / "mpegts.js" / "dist" / "mpegts.js"

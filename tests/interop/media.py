"""
Sources to publish, and how what came out is held against them.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.flv_reader import AUDIO, VIDEO, Tag, readFLV
from tests.interop.tools import tool

_folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-media-")


def _encode(name: str, video: str, seconds: int, *options: str) -> Path:
    path = Path(_folder.name) / name
    if not path.exists():
        subprocess.run(
            [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"]
            + ["-f", "lavfi", "-i", video, "-f", "lavfi", "-i", "sine=frequency=440"]
            + ["-t", str(seconds), "-c:v", "libx264", "-pix_fmt", "yuv420p", *options]
            + ["-c:a", "aac", "-b:a", "128k", "-ar", "44100", str(path)],
            check=True,
            stdin=subprocess.DEVNULL,
        )
    return path


@functools.cache
def seedSource() -> Path:
    """
    The seed test: 2 s, 60 frames of video, and audio.
    """
    return _encode("seed.flv", "testsrc=size=320x240:rate=30", 2)


@functools.cache
def shortGOPSource() -> Path:
    """
    8 s with a keyframe each second.
    """
    return _encode("gop.flv", "testsrc=size=320x240:rate=30", 8, "-g", "30")


@functools.cache
def longSource() -> Path:
    """
    60 s at 4 Mbit/s, 720p30, with a keyframe every 2 s.
    """
    return _encode(
        "long.flv",
        "testsrc2=size=1280x720:rate=30,noise=alls=20:allf=t",
        60,
        *("-preset", "ultrafast", "-g", "60", "-b:v", "4M", "-minrate", "4M"),
        *("-maxrate", "4M", "-bufsize", "4M", "-x264-params", "nal-hrd=cbr"),
    )


@functools.cache
def remuxed(source: Path) -> list[Tag]:
    """
    @return: what ffmpeg writes when it copies C{source} to FLV: just what it
        sends when it copies it to RTMP.
    """
    path = source.with_suffix(".remuxed.flv")
    subprocess.run(
        [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-i", str(source), "-c", "copy", "-f", "flv", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return media(path)


def media(path: Path) -> list[Tag]:
    """
    @return: the audio and video tags of a file.
    """
    return [tag for tag in readFLV(path.read_bytes()).tags if tag.type != 18]


def isFrame(tag: Tag) -> bool:
    """
    @return: whether a tag of H.264 or AAC is coded media: no sequence header,
        no end of sequence.
    """
    if tag.type == VIDEO:
        return tag.body[1] == 1
    return tag.type == AUDIO and tag.body[1] == 1


def frames(tags: list[Tag]) -> list[Tag]:
    """
    @return: the coded frames among the tags.
    """
    return [tag for tag in tags if isFrame(tag)]


def videoFrames(tags: list[Tag]) -> list[Tag]:
    """
    @return: the coded frames of video among the tags.
    """
    return [tag for tag in frames(tags) if tag.type == VIDEO]


class Difference(NamedTuple):
    """
    Where two lists of tags begin to differ.
    """

    at: int
    got: Tag | None
    expected: Tag | None


def firstDifference(got: list[Tag], expected: list[Tag]) -> Difference | None:
    """
    @return: the first place where payloads or timestamps are not the same, or
        L{None} when the lists are equal.
    """
    for index in range(max(len(got), len(expected))):
        mine = got[index] if index < len(got) else None
        theirs = expected[index] if index < len(expected) else None
        if mine != theirs:
            return Difference(index, mine, theirs)
    return None

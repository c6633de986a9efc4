"""
Sources to publish, and how what came out is held against them.
"""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.flv_reader import AUDIO, VIDEO, Tag, readFLV
from tests.interop.tools import currentFFmpeg, tool

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
def seekSource() -> Path:
    """
    60 s with a keyframe each second, and B-frames.
    """
    return _encode(
        "seek.flv", "testsrc=size=320x240:rate=30", 60, "-g", "30", "-bf", "2"
    )


@functools.cache
def smallFramesSource() -> Path:
    """
    7 minutes in 31,000 small frames, 10 MB.
    """
    path = Path(_folder.name) / "small-frames.flv"
    subprocess.run(
        [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-stream_loop", "6", "-i", str(seekSource()), "-c", "copy", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return path


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
def largeSource() -> Path:
    """
    2 s of large frames: each has more than 64 KiB, all together less than 2 MiB.
    """
    return _encode(
        "large.flv",
        "testsrc2=size=640x360:rate=5,noise=alls=40:allf=t",
        2,
        *("-preset", "ultrafast", "-qp", "30"),
    )


#: How a current ffmpeg encodes what Enhanced RTMP carries, by name of the codec.
_ENCODERS = {
    "h264": "libx264 -preset veryfast",
    "hevc": "libx265 -preset ultrafast -x265-params log-level=none",
    "av1": "libsvtav1 -preset 10",
    # Without order hints, which mpegts.js cannot read.
    "av1-realtime": "libaom-av1 -usage realtime -cpu-used 8",
    "vp9": "libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 500k",
    "aac": "aac -b:a 64k",
    "opus": "libopus -b:a 64k",
    "flac": "flac",
}


@functools.cache
def enhancedSource(video: str, audio: str, seconds: int = 4, rate: int = 30) -> Path:
    """
    @param video: a codec, such as C{"hevc"}.
    @param audio: likewise, such as C{"opus"}.
    @return: 320x240, with a keyframe every 2 s, and sound.
    """
    path = Path(_folder.name) / f"{video}-{audio}-{seconds}-{rate}.mkv"
    subprocess.run(
        [currentFFmpeg(), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-f", "lavfi", "-i", f"testsrc=size=320x240:rate={rate}"]
        + ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
        + ["-t", str(seconds), "-pix_fmt", "yuv420p", "-g", str(2 * rate)]
        + ["-c:v", *_ENCODERS[video].split(), "-c:a", *_ENCODERS[audio].split()]
        + [str(path)],
        check=True,
        # An encoder that has much to say does not ask ffmpeg's log level.
        env={**os.environ, "SVT_LOG": "1"},
        stdin=subprocess.DEVNULL,
    )
    return path


@functools.cache
def remuxed(source: Path, ffmpeg: str | None = None, *options: str) -> list[Tag]:
    """
    @param ffmpeg: another one than that of the distribution.
    @param options: more options for what is written.
    @return: what ffmpeg writes when it copies C{source} to FLV: just what it
        sends when it copies it to RTMP.
    """
    path = source.with_suffix(".remuxed.flv")
    subprocess.run(
        [ffmpeg or tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-i", str(source), "-c", "copy", *options, "-f", "flv", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return media(path)


def media(path: Path) -> list[Tag]:
    """
    @return: the audio and video tags of a file.
    """
    return [tag for tag in readFLV(path.read_bytes()).tags if tag.type != 18]


def isEnhanced(tag: Tag) -> bool:
    """
    @return: whether a tag has a header of Enhanced RTMP, with a packet type in
        the low bits of its first byte and a FourCC behind that.
    """
    return tag.body[0] & 0x80 != 0 if tag.type == VIDEO else tag.body[0] >> 4 == 9


def packetType(tag: Tag) -> int:
    """
    @return: what an enhanced tag, or one of H.264 or AAC, says that it is: 0 is
        a sequence header, 1 is coded media.
    """
    return tag.body[0] & 0x0F if isEnhanced(tag) else tag.body[1]


def isFrame(tag: Tag) -> bool:
    """
    @return: whether a tag is coded media: no sequence header, no metadata, no
        end of sequence.
    """
    if tag.type == VIDEO and isEnhanced(tag):
        # 3 is coded media too, without a composition time.
        return packetType(tag) in (1, 3)
    return tag.type in (AUDIO, VIDEO) and packetType(tag) == 1


def isKeyframe(tag: Tag) -> bool:
    """
    @return: whether a tag is a coded frame of video with which a decoder can
        start.
    """
    return tag.type == VIDEO and isFrame(tag) and tag.body[0] >> 4 & 0x07 == 1


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

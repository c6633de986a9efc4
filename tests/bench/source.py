"""
What is published: real H.264 and AAC, with marks that tell when each frame was
sent, which it is, and what it holds.

A mark lies at the start of a frame's payload, so that no chunk header can cut it
whatever the chunk size.  In video it is an SEI message, which decoders skip.  In
audio it takes the place of the first bytes of the AAC data: nothing here decodes
that, and sizes and times stay the real ones.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import NamedTuple

from tests.flv_reader import AUDIO, SCRIPT, VIDEO, Tag, readFLV

#: The marker itself, 16 bytes without a zero among them.
UUID = bytes.fromhex("b5a1d37c9e4f46288c13f2a9d65be741")

#: Behind it, in hexadecimal digits: the time of sending in nanoseconds (16), the
#: number of the frame among those of its kind (8), and the CRC of the rest (8).
MARK = 16 + 32

#: A NAL unit with that: its length, type 6, payload type 5 and its size; at the end
#: the stop bit.
_SEI_HEAD = (MARK + 4).to_bytes(4, "big") + bytes((6, 5, MARK))
_SEI_TAIL = b"\x80"

#: Where marks begin: behind the header of the tag's body.
_HEADS = {AUDIO: 2, VIDEO: 5}


class Frame(NamedTuple):
    """
    One coded frame.

    @ivar kind: L{AUDIO} or L{VIDEO}.
    @ivar time: milliseconds from the start of the source.
    @ivar head: of the payload, before the mark.
    @ivar rest: what follows the mark.
    @ivar crc: of C{rest}.
    """

    kind: int
    time: int
    head: bytes
    rest: bytes
    crc: int


class Source(NamedTuple):
    """
    @ivar setup: metadata and sequence headers.
    @ivar frames: in the order in which they are sent.
    @ivar duration: after which it begins again, milliseconds.
    """

    setup: list[Tag]
    frames: list[Frame]
    duration: int


class Mark(NamedTuple):
    """
    @ivar sent: by the monotonic clock, nanoseconds.
    @ivar number: counts the frames of a kind.
    @ivar whole: whether the CRC is that of what follows.
    """

    sent: int
    number: int
    whole: bool


class BadMark(Exception):
    """
    A frame without a mark where there has to be one.
    """


def frameOf(tag: Tag) -> Frame:
    """
    @return: a coded frame, ready to be marked.
    """
    at = _HEADS[tag.type]
    head, rest = tag.body[:at], tag.body[at:]
    if tag.type == VIDEO:
        head += _SEI_HEAD
        rest = _SEI_TAIL + rest
    else:
        rest = rest[MARK:]
    return Frame(tag.type, tag.timestamp, head, rest, zlib.crc32(rest))


def marked(frame: Frame, sent: int, number: int) -> bytes:
    """
    @return: the payload to send.
    """
    mark = b"%016x%08x%08x" % (sent, number, frame.crc)
    return b"".join((frame.head, UUID, mark, frame.rest))


def readMark(kind: int, payload: bytes) -> Mark:
    """
    @raise BadMark: when there is none.
    """
    at = _HEADS[kind] + (len(_SEI_HEAD) if kind == VIDEO else 0)
    end = at + MARK
    if payload[at : at + 16] != UUID or len(payload) < end:
        raise BadMark(f"kind {kind}, {len(payload)} bytes, {payload[:24].hex()}")
    text = payload[at + 16 : end]
    crc = zlib.crc32(memoryview(payload)[end:])
    return Mark(int(text[:16], 16), int(text[16:24], 16), int(text[24:], 16) == crc)


def isSetup(kind: int, payload: bytes) -> bool:
    """
    @return: whether an H.264 or AAC payload is a sequence header, or the end of a
        sequence.
    """
    return len(payload) < 2 or payload[1] != 1


def isKeyframe(kind: int, payload: bytes) -> bool:
    """
    @return: whether a payload is a frame of video that decoding can start with.
    """
    return kind == VIDEO and payload[0] >> 4 == 1 and not isSetup(kind, payload)


def sourceOf(tags: list[Tag]) -> Source:
    """
    @return: all that a file holds, to be sent again and again.
    """
    setup = [tag for tag in tags if tag.type == SCRIPT or isSetup(tag.type, tag.body)]
    setup = [tag for tag in setup if tag.timestamp == 0]
    coded = [
        tag for tag in tags if tag.type != SCRIPT and not isSetup(tag.type, tag.body)
    ]
    frames = [frameOf(tag) for tag in coded]
    # The next turn begins a frame after the end: of video, whose frames are longer
    # than those of audio.
    times = [tag.timestamp for tag in coded if tag.type == VIDEO]
    gap = (times[-1] - times[0]) // (len(times) - 1)
    return Source(setup, frames, max(frame.time for frame in frames) + gap)


def cacheFolder() -> Path:
    """
    @return: where what takes long to get is kept from run to run.
    """
    folder = Path(tempfile.gettempdir()) / f"rtmptwisted-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} is not ours")
    return folder


def sourceFile(kilobits: int, seconds: int = 10) -> Path:
    """
    @param kilobits: of the video, a second.
    @return: an FLV file, 720p30 with a keyframe every 2 s, and stereo sound of 96
        kbit/s.  It is encoded when it is not there yet.
    """
    path = cacheFolder() / f"720p30-{kilobits}k-{seconds}s.flv"
    if path.exists():
        return path
    # Not above: what reads marks does not need it.
    import imageio_ffmpeg

    rate = f"{kilobits}k"
    partial = path.with_suffix(f".{os.getpid()}.part")
    subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-f", "lavfi"]
        + ["-i", "testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t"]
        + ["-f", "lavfi", "-i", "anoisesrc=color=pink:sample_rate=44100"]
        + ["-t", str(seconds), "-c:v", "libx264", "-preset", "superfast"]
        + ["-pix_fmt", "yuv420p", "-g", "60", "-sc_threshold", "0"]
        + ["-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize", rate]
        + ["-x264-params", "nal-hrd=cbr", "-c:a", "aac", "-b:a", "96k", "-ac", "2"]
        + ["-f", "flv", "-flvflags", "no_duration_filesize", str(partial)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    partial.rename(path)
    return path


def loadSource(path: Path) -> Source:
    """
    @return: what a file holds.
    """
    return sourceOf(readFLV(path.read_bytes()).tags)

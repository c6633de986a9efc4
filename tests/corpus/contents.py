"""
What is in the messages of whole sessions: commands, metadata, frames.

For the chunk layer they are bytes.  They are real ones nevertheless, so that a
whole server can be fed with them.
"""

from __future__ import annotations

import struct
from random import Random


def number(value: float) -> bytes:
    """
    @return: an AMF0 number.
    """
    return b"\x00" + struct.pack(">d", value)


def _name(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def string(text: str) -> bytes:
    """
    @return: an AMF0 string.
    """
    return b"\x02" + _name(text)


def pairs(**values: str | float) -> bytes:
    """
    @return: what AMF0 objects and arrays have inside, and their end.
    """
    written = b""
    for name, value in values.items():
        written += _name(name)
        written += string(value) if isinstance(value, str) else number(value)
    return written + b"\x00\x00\x09"


NULL = b"\x05"


def connect(flashVer: str) -> bytes:
    """
    @return: the command that begins every session.
    """
    said = pairs(
        app="live",
        type="nonprivate",
        flashVer=flashVer,
        tcUrl="rtmp://localhost:1935/live",
    )
    return string("connect") + number(1) + b"\x03" + said


def command(name: str, transactionID: float, *arguments: bytes) -> bytes:
    """
    @return: a command without a command object.
    """
    return string(name) + number(transactionID) + NULL + b"".join(arguments)


def metadata() -> bytes:
    """
    @return: what a publisher says about its stream.
    """
    said = pairs(width=320.0, height=240.0, videocodecid=7.0, audiocodecid=10.0)
    array = b"\x08\x00\x00\x00\x04" + said
    return string("@setDataFrame") + string("onMetaData") + array


#: AVC and AAC sequence headers.
VIDEO_HEADER = bytes.fromhex(
    "17000000000142c00dffe1000a6742c00dda0507e8400801000468ce3c80"
)
AUDIO_HEADER = bytes.fromhex("af001210")


def frame(random: Random, size: int, key: bool = False) -> bytes:
    """
    @return: a video message with an AVC frame of C{size} bytes.
    """
    unit = bytes([0x65 if key else 0x41]) + random.randbytes(size - 1)
    start = bytes([0x17 if key else 0x27, 1, 0, 0, 0])
    return start + size.to_bytes(4, "big") + unit


def sound(random: Random, size: int) -> bytes:
    """
    @return: an audio message with an AAC frame of C{size} bytes.
    """
    return b"\xaf\x01" + random.randbytes(size)

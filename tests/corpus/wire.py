"""
Chunk headers, written from the description of the protocol.
"""

from __future__ import annotations

#: A timestamp field of 24 bits with this value has 4 bytes of its own.
EXTENDED = 0xFFFFFF

#: Timestamps count modulo this.
WRAP = 1 << 32

#: What every connection starts with, in bytes.
FIRST_CHUNK_SIZE = 128

#: No message is longer, so a greater chunk size means this one.
LARGEST_CHUNK_SIZE = 0xFFFFFF

SET_CHUNK_SIZE = 1
ABORT = 2
USER_CONTROL = 4
AUDIO = 8
VIDEO = 9
DATA = 18
COMMAND = 20
AGGREGATE = 22


def basicHeader(form: int, chunkStreamID: int, width: int | None = None) -> bytes:
    """
    @param form: the chunk type, 0 to 3.
    @param width: how many bytes to write it in; L{None} for as few as possible.
    """
    if width is None:
        width = 1 if chunkStreamID < 64 else 2 if chunkStreamID < 320 else 3
    if width == 1:
        return bytes([form << 6 | chunkStreamID])
    # The second byte counts ones, the third 256s.
    high, low = divmod(chunkStreamID - 64, 256)
    if width == 2 and not high:
        return bytes([form << 6, low])
    return bytes([form << 6 | 1, low, high])


def messageHeader(
    form: int, time: int, length: int, typeID: int, messageStreamID: int
) -> bytes:
    """
    Write what follows the basic header of a chunk of type 0, 1 or 2.

    @param time: the timestamp for type 0, the delta for the others.
    """
    written = min(time, EXTENDED).to_bytes(3, "big")
    if form < 2:
        written += length.to_bytes(3, "big") + bytes([typeID])
    if form == 0:
        written += messageStreamID.to_bytes(4, "little")
    if time >= EXTENDED:
        written += time.to_bytes(4, "big")
    return written

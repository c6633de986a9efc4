"""
Runs of chunks: many chunks of one message, taken in one step.

The chunks of a message nearly always follow one another, with the same header
between any two pieces of payload.  Two slices compare all these headers, and
remove them, at a cost of some nanoseconds a chunk.
"""

from __future__ import annotations

from rtmptwisted.wire.buffer import FastBuffer

#: How many chunks are taken together.  It bounds what a look ahead costs when
#: the chunks turn out to be interleaved; at 128 bytes a chunk it is one read
#: of 64 KiB.
_WINDOW = 512


def takeRun(
    buffer: FastBuffer,
    basic: bytearray,
    size: int,
    remaining: int,
    chunkSize: int,
    extension: int,
) -> bytearray:
    """
    Take as many chunks of one message as follow one another.

    The first of them is whole, and not the last of the message.

    @param basic: the basic header of the first.
    @param size: the length of its whole header, in bytes.
    @param remaining: payload bytes until the end of the message.
    @param chunkSize: the largest payload of a chunk, in bytes.
    @param extension: the length of the timestamp in the headers of the others,
        at which nobody looks there.
    @return: their payload.
    """
    there = len(buffer) - size
    # Between two pieces of payload: a basic header of type 3, and perhaps a
    # timestamp.
    gap = len(basic) + extension
    stride = chunkSize + gap
    stop = remaining + (remaining - 1) // chunkSize * gap
    if stop > there or stop > _WINDOW * stride:
        stop = min((there + gap) // stride, _WINDOW) * stride - gap
    run = stop
    for column, mark in enumerate((basic[0] | 0xC0, *basic[1:])):
        marks = buffer.every(stride, size + chunkSize + column, size + stop)
        strangers = len(marks.lstrip(bytes((mark,))))
        if strangers:
            run = min(run, (len(marks) - strangers) * stride + chunkSize)
    buffer.skip(size)
    span = buffer.take(run)
    for taken in range(gap):
        del span[chunkSize :: stride - taken]
    return span

"""
Runs of chunks: many chunks of one message, taken in one step.

The chunks of a message nearly always follow one another, with the same header
between any two pieces of payload.  Two slices compare all these headers, and
remove them, at a cost of some nanoseconds a chunk.
"""

from __future__ import annotations

#: How many chunks are taken together.  It bounds what a look ahead costs when
#: the chunks turn out to be interleaved.
_WINDOW = 512


def takeRun(
    data: bytes,
    start: int,
    basic: bytes,
    remaining: int,
    chunkSize: int,
    extension: int,
) -> tuple[bytearray, int]:
    """
    Take as many chunks of one message as follow one another.

    The first of them is whole, and not the last of the message.

    @param start: where the payload of the first begins in C{data}.
    @param basic: its basic header.
    @param remaining: payload bytes until the end of the message.
    @param chunkSize: the largest payload of a chunk, in bytes.
    @param extension: the length of the timestamp in the headers of the others,
        at which nobody looks there.
    @return: their payload, and where in C{data} they end.
    """
    there = len(data) - start
    # Between two pieces of payload: a basic header of type 3, and perhaps a
    # timestamp.
    gap = len(basic) + extension
    stride = chunkSize + gap
    run = remaining + (remaining - 1) // chunkSize * gap
    if run > there or run > _WINDOW * stride:
        run = min((there + gap) // stride, _WINDOW) * stride - gap
    end = start + run
    for column, mark in enumerate((basic[0] | 0xC0, *basic[1:])):
        marks = data[start + chunkSize + column : end : stride]
        strangers = len(marks.lstrip(bytes((mark,))))
        if strangers:
            run = min(run, (len(marks) - strangers) * stride + chunkSize)
    end = start + run
    # The view saves a copy; a slice of bytes would be one more object.
    span = bytearray(memoryview(data)[start:end])
    for taken in range(gap):
        del span[chunkSize :: stride - taken]
    return span, end

"""
How fast messages are put together from chunks: in runs, and chunk by chunk.

C{python -m tests.bench.dechunk} prints a table.  Both ways read the same bytes
in the same process, in turn, pinned to one core; the figures are medians.
"""

from __future__ import annotations

import os
import random
import statistics
import time

from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Message, MessageType, SetChunkSize

#: Payload of one measurement, in bytes.
_AMOUNT = 20_000_000

_RUNS = 11

#: What one read of a Twisted transport brings at the most, in bytes.
_READ = 65536


def stream(messageSize: int, chunkSize: int) -> tuple[list[bytes], int]:
    """
    @return: a stream of messages, in reads, and how many there are.
    """
    writer = ChunkWriter()
    start = writer.write(encode(SetChunkSize(chunkSize)))
    writer.chunkSize = chunkSize
    payload = random.Random(1).randbytes(messageSize)
    count = _AMOUNT // messageSize
    data = start + b"".join(
        writer.write(Message(MessageType.VIDEO, 33 * number, 1, payload, 6))
        for number in range(count)
    )
    return [data[at : at + _READ] for at in range(0, len(data), _READ)], count


def seconds(reads: list[bytes], count: int, vectorised: bool) -> float:
    """
    @return: how long it takes to get all messages out of the reads.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer, vectorised=vectorised)
    found = -1  # Set Chunk Size is a message too.
    start = time.perf_counter()
    for data in reads:
        buffer.append(data)
        while reader.nextMessage() is not None:
            found += 1
    taken = time.perf_counter() - start
    if found != count:
        raise AssertionError(f"{found} of {count} messages")
    return taken


def main() -> None:
    """
    Measure, and print.
    """
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print("message  chunk   in runs       chunk by chunk   ratio")
    print("  bytes  bytes   GB/s  us/msg    GB/s  us/msg")
    for messageSize, chunkSize in (
        (400, 128),
        (5_000, 128),
        (20_000, 128),
        (200_000, 128),
        (20_000, 4096),
        (200_000, 4096),
        (200_000, 60_000),
    ):
        reads, count = stream(messageSize, chunkSize)
        runs, single = [], []
        for _ in range(_RUNS):
            runs.append(seconds(reads, count, True))
            single.append(seconds(reads, count, False))
        amount = messageSize * count
        fast, slow = statistics.median(runs), statistics.median(single)
        print(
            f"{messageSize:7d}  {chunkSize:5d}"
            f"  {amount / fast / 1e9:5.2f}  {fast / count * 1e6:6.1f}"
            f"   {amount / slow / 1e9:5.3f}  {slow / count * 1e6:6.1f}"
            f"  {slow / fast:6.1f}"
        )


if __name__ == "__main__":
    main()

"""
Vectors about extended timestamps.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import ABSOLUTE, FIELD, OMITTED, ZEROS, Catalogue
from tests.corpus.wire import AUDIO, EXTENDED, WRAP

catalogue = Catalogue("by hand")
vector = catalogue.vector

LATE = 0x01234567


@vector("ext-boundary", "T-24")
def _boundary(r: Recording) -> None:
    """
    From 0xFFFFFF on a timestamp has 4 bytes of its own, one less has not.
    """
    for time in (EXTENDED - 1, EXTENDED, EXTENDED + 1, 1 << 31, WRAP - 1, 0):
        r.message(0, 6, time, r.body(30), time)
        r.message(0, 300, time, r.body(30), time)


@vector("ext-delta-boundary", "T-24")
def _deltaBoundary(r: Recording) -> None:
    """
    From 0xFFFFFF on a delta has 4 bytes of its own, one less has not; of type
    1 and of type 2.
    """
    r.message(0, 6, 5, r.body(30), 5)
    r.message(0, 4, 5, r.body(30), 5)
    one = two = 5
    for delta in (EXTENDED - 1, EXTENDED, EXTENDED + 1, 1 << 31, 7):
        one = (one + delta) % WRAP
        r.message(1, 6, delta, r.body(29), one)
        two = (two + delta) % WRAP
        r.message(2, 4, delta, r.body(30), two)


@vector("ext-repeated", "T-25", "T-24")
def _repeated(r: Recording) -> None:
    """
    By the book each chunk of type 3 repeats the extended timestamp.
    """
    r.message(0, 6, LATE, r.body(500), LATE, repeated=LATE)
    r.message(1, 6, 40, r.body(500), LATE + 40)
    r.message(0, 6, LATE + 80, r.body(129), LATE + 80, repeated=LATE + 80)
    r.message(0, 6, LATE + 120, r.body(256), LATE + 120, repeated=LATE + 120)
    r.message(0, 6, WRAP - 1, r.body(300), WRAP - 1, repeated=WRAP - 1)
    r.message(0, 6, EXTENDED, r.body(300), EXTENDED, repeated=EXTENDED)


@vector("ext-repeated-delta", "T-25", "T-24")
def _repeatedDelta(r: Recording) -> None:
    """
    Each chunk of type 3 repeats the extended timestamp; after types 1 and 2
    that is the delta.
    """
    delta = 0x010058C7
    r.message(0, 6, 7, r.body(30), 7)
    r.message(1, 6, delta, r.body(300), 7 + delta, repeated=delta)
    r.message(1, 6, 40, r.body(300), 47 + delta)
    r.message(2, 6, EXTENDED, r.body(300), 0x020058F5, repeated=EXTENDED)
    r.message(2, 6, 1, r.body(300), 0x020058F6)


@vector("ext-type-3-new", "T-25", "T-20")
def _newMessage(r: Recording) -> None:
    """
    Type 3 between messages after an extended delta: it has the 4 bytes too,
    in its first chunk and in all others, and adds the delta again.
    """
    delta = 0x01000000
    r.message(0, 6, 7, r.body(30), 7)
    r.message(1, 6, delta, r.body(20), 0x01000007)
    r.message(3, 6, delta, r.body(20), 0x02000007)
    r.message(1, 6, delta, r.body(300), 0x03000007, repeated=delta)
    r.message(3, 6, delta, r.body(300), 0x04000007, repeated=delta)
    r.message(3, 6, delta, r.body(300), 0x05000007, repeated=delta)
    r.message(2, 6, 40, r.body(300), 0x0500002F)
    r.message(3, 6, None, r.body(300), 0x05000057)


@vector("ext-type-3-new-after-type-0", "T-25", "T-22", basis=FIELD)
def _newAfterZero(r: Recording) -> None:
    """
    Type 3 between messages after an extended timestamp of type 0: it has the
    4 bytes too, and means the same time again.
    """
    r.message(0, 6, LATE, r.body(20), LATE)
    r.message(3, 6, LATE, r.body(20), LATE)
    r.message(0, 6, LATE, r.body(300), LATE, repeated=LATE)
    r.message(3, 6, LATE, r.body(300), LATE, repeated=LATE)
    r.message(2, 6, 40, r.body(300), LATE + 40)
    r.tolerate(
        "receivers that repeat any timestamp as delta",
        [LATE, 2 * LATE, LATE, 2 * LATE, 2 * LATE + 40],
    )


@vector("ext-comes-and-goes", "T-25")
def _ended(r: Recording) -> None:
    """
    A header without extended timestamp ends it for the chunks that follow,
    and it begins again with the next that has one.
    """
    r.message(0, 6, LATE, r.body(300), LATE, repeated=LATE)
    r.message(1, 6, 40, r.body(300), LATE + 40)
    r.message(3, 6, None, r.body(300), LATE + 80)
    r.message(0, 6, 100, r.body(300), 100)
    r.message(1, 6, LATE, r.body(300), LATE + 100, repeated=LATE)
    r.message(0, 6, 100, r.body(300), 100)


@vector("ext-by-chunk-stream", "T-25", "T-29")
def _byChunkStream(r: Recording) -> None:
    """
    Chunks of messages with and without extended timestamp take turns: each
    chunk stream has what its own last header had.
    """
    first, second, third = r.body(400), r.body(400), r.body(400)
    r.start(0, 6, LATE, first)
    r.start(0, 4, 5, second, typeID=AUDIO)
    r.start(0, 70, LATE + 1, third)
    for _ in range(2):
        r.go(4, 1)
        r.go(6, 1, time=LATE)
        r.go(70, 1, time=LATE + 1)
    r.go(6, time=LATE)
    r.expect(6, LATE, first)
    r.go(4)
    r.expect(4, 5, second, typeID=AUDIO)
    r.go(70, time=LATE + 1)
    r.expect(70, LATE + 1, third)


@vector("ext-lookalike-payload", "T-25")
def _lookalike(r: Recording) -> None:
    """
    Payload that begins with the same 4 bytes as the timestamp, in every
    chunk: only the first 4 are the timestamp; and where the header has none,
    none are.
    """
    wide = LATE.to_bytes(4, "big")
    payload = wide * 100
    r.message(0, 6, LATE, payload, LATE, repeated=LATE)
    r.message(1, 6, 40, payload, LATE + 40)
    r.message(0, 4, 0, bytes(400), 0)
    r.message(0, 4, LATE, bytes(400), LATE, repeated=LATE)


@vector("ext-omitted", "T-25", basis=FIELD, continuation=OMITTED)
def _omitted(r: Recording) -> None:
    """
    The extended timestamp is left out of type 3 chunks, as OBS before 30.1
    does.
    """
    r.message(0, 6, LATE, r.body(500), LATE)
    r.message(1, 6, 40, r.body(500), LATE + 40)
    r.message(0, 6, LATE + 80, r.body(400), LATE + 80)
    r.message(0, 65000, LATE + 80, r.body(400), LATE + 80)


@vector("ext-omitted-delta", "T-25", "T-27", basis=FIELD, continuation=OMITTED)
def _omittedDelta(r: Recording) -> None:
    """
    An extended delta is left out of type 3 chunks, also one that goes back.
    """
    back = WRAP - 40
    r.message(0, 6, 1000, r.body(30), 1000)
    r.message(1, 6, back, r.body(500), 960)
    r.message(2, 6, LATE, r.body(500), LATE + 960)


@vector("ext-omitted-near-miss", "T-25", basis=FIELD, continuation=OMITTED)
def _nearMiss(r: Recording) -> None:
    """
    The extended timestamp is left out of type 3 chunks, and where it would be is
    payload that begins with its first three bytes, or with three zeros.
    """
    payload = r.body(128) + bytes.fromhex("01234566") + r.body(60)
    r.message(0, 6, LATE, payload, LATE)
    payload = r.body(128) + bytes.fromhex("00000001") + r.body(60)
    r.message(0, 6, LATE + 256, payload, LATE + 256)


@vector("ext-omitted-short-rest", "T-25", basis=FIELD, continuation=OMITTED)
def _shortRest(r: Recording) -> None:
    """
    The extended timestamp is left out of type 3 chunks that have 1 to 4 bytes
    of payload.  A reader that always looks at 4 bytes sees such a message a
    little late.
    """
    for rest in (1, 2, 3, 4):
        payload = r.body(128 + rest)
        r.start(0, 6, LATE, payload)
        r.go(6)
        r.expect(6, LATE, payload, latest=4 - rest)
    r.message(0, 4, 9, r.body(30), 9)


@vector("ext-omitted-interleaved", "T-25", "T-29", basis=FIELD, continuation=OMITTED)
def _omittedInterleaved(r: Recording) -> None:
    """
    The extended timestamp is left out of type 3 chunks of messages that take
    turns.
    """
    first, second, third = r.body(400), r.body(400), r.body(400)
    r.start(0, 6, LATE, first)
    r.start(0, 4, LATE, second, typeID=AUDIO)
    r.start(0, 7, 3, third)
    for _ in range(2):
        r.go(7, 1)
        r.go(4, 1)
        r.go(6, 1)
    r.go(7)
    r.expect(7, 3, third)
    r.go(4)
    r.expect(4, LATE, second, typeID=AUDIO)
    r.go(6)
    r.expect(6, LATE, first)


@vector("ext-zeros", "T-25", basis=FIELD, continuation=ZEROS)
def _zeros(r: Recording) -> None:
    """
    Four zero bytes stand for the extended timestamp in type 3 chunks, as
    gortmplib writes them.
    """
    r.message(0, 6, LATE, r.body(500), LATE, repeated=0)
    r.message(1, 6, 40, r.body(500), LATE + 40)
    r.message(0, 6, LATE + 80, r.body(129), LATE + 80, repeated=0)
    r.message(0, 4711, LATE + 80, r.body(300), LATE + 80, repeated=0)


@vector("ext-zeros-payload-zeros", "T-25", basis=FIELD, continuation=ZEROS)
def _zerosTwice(r: Recording) -> None:
    """
    Four zero bytes stand for the extended timestamp in type 3 chunks, and the
    payload is nothing but zeros.
    """
    r.message(0, 6, LATE, bytes(500), LATE, repeated=0)
    r.message(0, 6, LATE + 80, bytes(130), LATE + 80, repeated=0)


@vector("ext-zeros-type-3-new", "T-25", basis=FIELD, continuation=ZEROS)
def _zerosNew(r: Recording) -> None:
    """
    Four zero bytes stand for the extended timestamp in type 3 chunks inside
    messages and between them: the delta is the one before all the same.
    """
    delta = 0x01000000
    r.message(0, 6, 7, r.body(30), 7)
    r.message(1, 6, delta, r.body(300), 0x01000007, repeated=0)
    r.message(3, 6, 0, r.body(300), 0x02000007, repeated=0)
    r.message(2, 6, 1, r.body(300), 0x02000008)


@vector("ext-absolute", "T-25", basis=FIELD, continuation=ABSOLUTE)
def _absolute(r: Recording) -> None:
    """
    After an extended delta type 3 chunks have the absolute timestamp.
    """
    r.message(0, 6, 1000, r.body(30), 1000)
    r.message(1, 6, LATE, r.body(500), LATE + 1000, repeated=LATE + 1000)
    r.message(1, 6, 40, r.body(500), LATE + 1040)
    r.message(2, 6, EXTENDED, r.body(500), 0x02234976, repeated=0x02234976)

"""
Vectors for readers that take many chunks in one step.

Chunks of one message nearly always follow one another with the same header,
and a fast reader may use that.  What is between such runs, or looks like them
and is not, is here.
"""

from __future__ import annotations

from tests.corpus.inside import STRICT
from tests.corpus.recording import Recording
from tests.corpus.vector import ABSOLUTE, FIELD, OMITTED, ZEROS, Catalogue
from tests.corpus.wire import AUDIO, basicHeader

catalogue = Catalogue("by hand")
vector = catalogue.vector

LATE = 0x02468ACE

#: Chunk streams with basic headers of 1, 2 and 3 bytes.
NUMBERS = (6, 100, 1000)


@vector("run-basic-headers", "T-30", "T-10")
def _basic(r: Recording) -> None:
    """
    Runs of chunks with headers of 1, 2 and 3 bytes.
    """
    for number in NUMBERS:
        r.message(0, number, 5, r.body(900), 5)
        r.message(2, number, 40, r.body(900), 45)


@vector("run-forms-change", "T-30", "T-10")
def _formsChange(r: Recording) -> None:
    """
    The header of one chunk stream has 2 bytes and then 3 inside one run, and
    payload of the value of either.
    """
    for payload in (r.body(1200), b"\xc0\x24" * 600, b"\xc1\x24\x00" * 400):
        r.start(0, 100, 5, payload, width=2)
        r.go(100, 2, width=2)
        r.go(100, 3, width=3)
        r.go(100, 1, width=2)
        r.go(100, width=3)
        r.expect(100, 5, payload)


@vector("run-extended", "T-30", "T-25")
def _extended(r: Recording) -> None:
    """
    Runs of chunks that repeat an extended timestamp.
    """
    for number in NUMBERS:
        r.message(0, number, LATE, r.body(900), LATE, repeated=LATE)
        r.message(1, number, 40, r.body(900), LATE + 40)
        r.message(0, number, LATE, r.body(512), LATE, repeated=LATE)


@vector("run-extended-omitted", "T-30", "T-25", basis=FIELD, continuation=OMITTED)
def _omitted(r: Recording) -> None:
    """
    Runs of chunks from which the extended timestamp is left out.
    """
    for number in NUMBERS:
        r.message(0, number, LATE, r.body(900), LATE)
        r.message(1, number, 40, r.body(900), LATE + 40)
        r.message(0, number, LATE, r.body(512), LATE)


@vector("run-extended-zeros", "T-30", "T-25", basis=FIELD, continuation=ZEROS)
def _zeros(r: Recording) -> None:
    """
    Runs of chunks with four zeros for the extended timestamp.
    """
    for number in NUMBERS:
        r.message(0, number, LATE, r.body(900), LATE, repeated=0)
        r.message(1, number, 40, r.body(900), LATE + 40)
        r.message(0, number, LATE, bytes(512), LATE, repeated=0)


@vector("run-extended-absolute", "T-30", "T-25", basis=FIELD, continuation=ABSOLUTE)
def _absolute(r: Recording) -> None:
    """
    Runs of chunks with the absolute timestamp where the header has a delta.
    """
    for number in NUMBERS:
        r.message(0, number, 7, r.body(30), 7)
        r.message(1, number, LATE, r.body(900), LATE + 7, repeated=LATE + 7)


@vector("run-breaks", "T-30", "T-29")
def _breaks(r: Recording) -> None:
    """
    Runs that break off for a chunk of another chunk stream after 1, 2, 3 and
    more chunks.
    """
    r.message(0, 4, 0, r.body(9), 0, typeID=AUDIO)
    for number in NUMBERS:
        payload = r.body(1600)
        r.start(0, number, 5, payload)
        for count in (1, 2, 3, 4):
            r.go(number, count)
            r.message(2, 4, 1, r.body(9), r.messages[-1].timestamp + 1, typeID=AUDIO)
        r.go(number)
        r.expect(number, 5, payload)
        time = r.messages[-2].timestamp + 1
        r.message(2, 4, 1, r.body(9), time, typeID=AUDIO)


@vector("run-breaks-extended", "T-30", "T-29", "T-25")
def _breaksExtended(r: Recording) -> None:
    """
    Runs that break off for messages of another chunk stream, with extended
    timestamps on both.
    """
    for number in NUMBERS:
        payload = r.body(900)
        r.start(0, number, LATE, payload)
        for count in (1, 2):
            r.go(number, count, time=LATE)
            r.message(0, 4, LATE + 1, r.body(150), LATE + 1, repeated=LATE + 1)
        r.go(number, time=LATE)
        r.expect(number, LATE, payload)


@vector("run-of-lookalikes", "T-30", "T-29")
def _lookalikes(r: Recording) -> None:
    """
    Runs whose payload is made of their own headers, and chunks of another
    chunk stream between that have those at every place.
    """
    for number in NUMBERS:
        mark = basicHeader(3, number)
        payload = mark * (900 // len(mark))
        r.start(0, number, 5, payload)
        r.go(number, 2)
        r.message(0, 4, 3, mark * (60 // len(mark)), 3, typeID=AUDIO)
        r.go(number, 1)
        r.message(0, 4, 4, mark * (120 // len(mark)), 4, typeID=AUDIO)
        r.go(number)
        r.expect(number, 5, payload)


@vector("run-of-extended-lookalikes", "T-30", "T-29", "T-25")
def _extendedLookalikes(r: Recording) -> None:
    """
    Runs whose payload is made of their own headers, extended timestamps
    included, and chunks of another chunk stream between.
    """
    for number in NUMBERS:
        mark = basicHeader(3, number) + LATE.to_bytes(4, "big")
        payload = mark * (900 // len(mark))
        r.start(0, number, LATE, payload)
        r.go(number, 2, time=LATE)
        r.message(0, 4, 3, mark * (60 // len(mark)), 3, typeID=AUDIO)
        r.go(number, time=LATE)
        r.expect(number, LATE, payload)


@vector("run-into-next", "T-30", "T-23", "T-25")
def _intoNext(r: Recording) -> None:
    """
    Messages that fill their last chunk, with type 3 for the next: nothing in
    the bytes shows where one ends.  With and without extended timestamps.
    """
    for number in NUMBERS:
        r.message(0, number, 0, r.body(256), 0)
        r.message(1, number, 20, r.body(256), 20)
        r.message(3, number, None, r.body(256), 40)
        r.message(3, number, None, r.body(256), 60)
        time = 60 + LATE
        r.message(2, number, LATE, r.body(256), time, repeated=LATE)
        r.message(3, number, LATE, r.body(256), time + LATE, repeated=LATE)


@vector("run-of-tiny-chunks", "T-30", "T-31", "T-25")
def _tiny(r: Recording) -> None:
    """
    Runs of chunks that are shorter than their headers.
    """
    r.setChunkSize(2)
    for number in NUMBERS:
        r.message(0, number, 5, r.body(41), 5)
        r.message(0, number, LATE, r.body(41), LATE, repeated=LATE)
        r.message(1, number, LATE, r.body(2), 2 * LATE)
        r.message(3, number, LATE, r.body(2), 3 * LATE)


@vector("run-long", "T-30")
def _long(r: Recording) -> None:
    """
    Runs of 512 chunks, of one more, and of more than twice as many, for
    readers that take no more than some number at a time.
    """
    r.setChunkSize(2)
    for count in (512, 513, 1026):
        r.message(0, 6, count, r.body(2 * count - count % 2), count)


@vector("run-size-changes", "T-30", "T-32")
def _sizeChanges(r: Recording) -> None:
    """
    Set Chunk Size between the runs of one message.
    """
    payload = r.body(3000)
    r.start(0, 1000, 5, payload)
    for size in (64, 200, 17):
        r.go(1000, 4)
        r.setChunkSize(size)
    r.go(1000)
    r.expect(1000, 5, payload)


@vector("run-type-1-inside", "T-30", "T-13", basis=FIELD)
def _typeOneInside(r: Recording) -> None:
    """
    A chunk of type 1, with the length of the message, in the middle of a run.
    """
    payload = r.body(1200)
    r.start(0, 6, 5, payload)
    r.go(6, 3)
    since = r.place + 1
    r.go(6, 1, form=1, time=40)
    r.go(6)
    r.expect(6, 5, payload)
    r.tolerateRefusal(STRICT, since)


@vector("run-abandoned", "T-30", "T-13", basis=FIELD)
def _abandoned(r: Recording) -> None:
    """
    Runs that end before their message does, with type 0 for another.
    """
    r.start(0, 6, 5, r.body(1200))
    r.go(6, 4)
    since = r.place + 1
    r.message(0, 6, 9, r.body(600), 9)
    r.start(0, 6, 0x01000000, r.body(1200))
    r.go(6, 4, time=0x01000000)
    r.message(0, 6, 11, r.body(600), 11)
    r.tolerateRefusal(STRICT, since)

"""
Vectors about chunk sizes, and about lengths at their bounds.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import FIELD, OMITTED, Catalogue
from tests.corpus.wire import AUDIO, SET_CHUNK_SIZE

catalogue = Catalogue("by hand")
vector = catalogue.vector


@vector("length-at-chunk-size", "T-20")
def _lengths(r: Recording) -> None:
    """
    Messages that are as long as one, two and three chunks, and a byte shorter
    and longer.  What fills its last chunk ends there.
    """
    time = 0
    for size in (1, 127, 128, 129, 255, 256, 257, 383, 384, 385):
        time += 10
        r.message(0, 6, time, r.body(size), time)
        time += 10
        r.message(2, 6, 10, r.body(size), time)


@vector("length-at-chunk-size-type-3", "T-23")
def _exactRuns(r: Recording) -> None:
    """
    Messages that fill their chunks, one after the other with type 3 between:
    their headers look like those inside.
    """
    r.message(0, 6, 0, r.body(256), 0)
    r.message(1, 6, 40, r.body(256), 40)
    for index in range(5):
        r.message(3, 6, None, r.body(256), 80 + 40 * index)
    r.message(0, 400, 0, r.body(384), 0)
    for _ in range(4):
        r.message(3, 400, None, r.body(384), 0)


@vector("chunk-size-4096", "T-31")
def _usual(r: Recording) -> None:
    """
    Set Chunk Size holds from the next chunk on.
    """
    r.message(0, 6, 1, r.body(300), 1)
    r.setChunkSize(4096)
    r.message(1, 6, 40, r.body(5000), 41)
    r.message(0, 4, 1, r.body(300), 1, typeID=AUDIO)


@vector("chunk-size-1", "T-31")
def _one(r: Recording) -> None:
    """
    Chunks of one byte, with headers of all sizes.
    """
    r.setChunkSize(1)
    r.message(0, 6, 1, r.body(40), 1)
    r.message(1, 6, 40, r.body(3), 41)
    r.message(0, 100, 1, r.body(20), 1)
    r.message(3, 100, None, r.body(20), 2)
    r.message(0, 5000, 1, r.body(20), 1, width=3)
    r.message(0, 6, 0x01234567, r.body(20), 0x01234567, repeated=0x01234567)
    r.message(0, 6, 5, b"", 5)
    # Set Chunk Size itself comes in four chunks.
    r.setChunkSize(128)
    r.message(0, 6, 7, r.body(200), 7)


@vector("chunk-size-1-omitted", "T-31", "T-25", basis=FIELD, continuation=OMITTED)
def _oneOmitted(r: Recording) -> None:
    """
    Chunks of one byte whose extended timestamp is left out: the first byte
    shows it.  A reader that always looks at 4 bytes sees the last of the
    messages a little late.
    """
    late = 0x01234567
    r.setChunkSize(1)
    for size in (20, 2, 5):
        payload = r.body(size)
        r.start(0, 6, late, payload)
        r.go(6)
        r.expect(6, late, payload, latest=3)
    r.message(0, 4, 2, r.body(8), 2)


@vector("chunk-size-few", "T-31", "T-32")
def _few(r: Recording) -> None:
    """
    Chunks of 2, 3, 5 and 127 bytes, one size after the other.
    """
    for index, size in enumerate((2, 3, 5, 127, 4, 63)):
        r.setChunkSize(size)
        r.message(0, 6, index, r.body(2 * size), index)
        r.message(2, 6, 7, r.body(2 * size), index + 7)
        r.message(0, 64, index, r.body(size * 2 + 1), index)


def _clamped(r: Recording, size: int) -> None:
    r.setChunkSize(size)
    r.message(0, 6, 1, r.body(3000), 1)
    r.message(1, 6, 40, r.body(20), 41)


@vector("chunk-size-largest", "T-31")
def _largest(r: Recording) -> None:
    """
    Set Chunk Size to 2^24 - 1, the length of the longest message.
    """
    _clamped(r, 0xFFFFFF)


@vector("chunk-size-past-24-bits", "T-31")
def _past(r: Recording) -> None:
    """
    Set Chunk Size to 2^24: the same as 2^24 - 1, and not 0.
    """
    _clamped(r, 0x1000000)


@vector("chunk-size-134217728", "T-31", basis=FIELD)
def _huge(r: Recording) -> None:
    """
    Set Chunk Size to 134217728, as some clients send it.  Nothing of that
    size is to be reserved.
    """
    _clamped(r, 134_217_728)


@vector("chunk-size-31-bits", "T-31")
def _allBits(r: Recording) -> None:
    """
    Set Chunk Size to 2^31 - 1, the greatest that is legal.
    """
    _clamped(r, 0x7FFFFFFF)


def _refused(r: Recording, size: int) -> None:
    """
    Something good, a Set Chunk Size that is not, and something behind it.
    """
    r.message(0, 6, 1, r.body(200), 1)
    r.start(0, 2, 0, size.to_bytes(4, "big"), typeID=SET_CHUNK_SIZE, messageStreamID=0)
    r.expect(2, 0, size.to_bytes(4, "big"), typeID=SET_CHUNK_SIZE, messageStreamID=0)
    r.makeLastOptional()
    r.refuse(r.place)
    r.data += r.body(200)


@vector("chunk-size-0-refused", "T-31")
def _zero(r: Recording) -> None:
    """
    Set Chunk Size to 0.
    """
    _refused(r, 0)


@vector("chunk-size-high-bit-refused", "T-31")
def _highBit(r: Recording) -> None:
    """
    Set Chunk Size with the first bit set, and a usable number in the others.
    """
    _refused(r, 0x80001000)


@vector("chunk-size-inside-message", "T-32")
def _inside(r: Recording) -> None:
    """
    Set Chunk Size between the chunks of a message on another chunk stream: its
    next chunk has the new size, whatever has come of it.
    """
    payload = r.body(1100)
    r.start(0, 6, 0, payload)
    for size in (50, 500, 3, 128, 200, 1, 64):
        r.setChunkSize(size)
        r.go(6, 1)
    r.setChunkSize(4096)
    r.go(6)
    r.expect(6, 0, payload)
    r.message(2, 6, 9, r.body(1100), 9)


@vector("chunk-size-inside-many", "T-32", "T-29")
def _insideMany(r: Recording) -> None:
    """
    Set Chunk Size between the chunks of three messages that are under way.
    """
    payloads = {number: r.body(700) for number in (5, 64, 1000)}
    for number, payload in payloads.items():
        r.start(0, number, 3, payload)
    for size in (100, 129, 7):
        r.setChunkSize(size)
        for number in payloads:
            r.go(number, 1)
    r.setChunkSize(128)
    for number, payload in payloads.items():
        r.go(number)
        r.expect(number, 3, payload)


@vector("chunk-size-on-media-csid", "T-31", "T-44", basis=FIELD)
def _onMedia(r: Recording) -> None:
    """
    Set Chunk Size on the chunk stream of video, between two messages of the
    same: the second inherits nothing but what the Set Chunk Size has said.
    """
    r.message(0, 6, 100, r.body(300), 100)
    size = (200).to_bytes(4, "big")
    r.control(SET_CHUNK_SIZE, size, 6, form=1, time=5, at=105, messageStreamID=1)
    r.message(1, 6, 35, r.body(300), 140)
    r.message(3, 6, None, r.body(300), 175)


@vector("chunk-of-66000", "T-31")
def _large(r: Recording) -> None:
    """
    A chunk of more than 64 KiB, and then a short one of the same message, with
    audio between.
    """
    r.setChunkSize(66_000)
    payload = r.body(66_100)
    r.start(0, 6, 1, payload)
    r.message(0, 4, 2, r.body(50), 2, typeID=AUDIO)
    r.go(6)
    r.expect(6, 1, payload)
    r.message(1, 6, 40, r.body(20), 41)


@vector("chunks-of-33000", "T-31", "T-29")
def _largeParts(r: Recording) -> None:
    """
    A message of two large chunks with audio between.
    """
    r.setChunkSize(33_000)
    payload = r.body(65_600)
    r.start(0, 6, 1, payload)
    r.message(0, 4, 2, r.body(50), 2, typeID=AUDIO)
    r.go(6)
    r.expect(6, 1, payload)


@vector("keyframe-in-128", "T-30")
def _keyframe(r: Recording) -> None:
    """
    A message of 20,000 bytes in chunks of 128.
    """
    r.message(0, 6, 40, r.body(20_000), 40)
    r.message(1, 6, 40, r.body(200), 80)

"""
Vectors about messages that are under way at once, and about Abort.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import Catalogue
from tests.corpus.wire import ABORT, AUDIO, USER_CONTROL

catalogue = Catalogue("by hand")
vector = catalogue.vector


@vector("interleaved-two", "T-29")
def _two(r: Recording) -> None:
    """
    Audio between the chunks of video; the audio has several chunks as well.
    """
    video, audio = r.body(600), r.body(300)
    r.start(0, 6, 40, video)
    r.go(6, 1)
    r.start(0, 4, 41, audio, typeID=AUDIO)
    r.go(6, 1)
    r.go(4)
    r.expect(4, 41, audio, typeID=AUDIO)
    r.message(1, 4, 23, r.body(30), 64, typeID=AUDIO)
    r.go(6)
    r.expect(6, 40, video)
    r.message(3, 4, None, r.body(30), 87, typeID=AUDIO)
    r.message(1, 6, 40, r.body(30), 80)


@vector("interleaved-many", "T-29", "T-10")
def _many(r: Recording) -> None:
    """
    Twenty messages of different lengths under way at once, chunk by chunk in
    turns, on chunk streams with headers of all sizes.
    """
    numbers = (*range(3, 13), *range(60, 67), 319, 320, 65599)
    payloads = {n: r.body(130 + 17 * i) for i, n in enumerate(numbers)}
    for number in numbers:
        r.start(0, number, 1000 + number, payloads[number], messageStreamID=number)
    due = list(numbers)
    sent = 128
    while due:
        sent += 128
        for number in list(due):
            r.go(number, 1)
            if len(payloads[number]) <= sent:
                r.expect(
                    number, 1000 + number, payloads[number], messageStreamID=number
                )
                due.remove(number)


@vector("interleaved-control", "T-29")
def _control(r: Recording) -> None:
    """
    Control messages of every type between the chunks of a message, which they
    leave as it is.
    """
    payload = r.body(900)
    r.start(0, 6, 40, payload)
    r.control(USER_CONTROL, bytes.fromhex("00060000abcd"))
    r.go(6, 1)
    r.control(3, bytes.fromhex("00012345"))
    r.control(5, bytes.fromhex("002625a0"))
    r.go(6, 1)
    r.control(6, bytes.fromhex("002625a002"))
    r.go(6, 1)
    r.control(1, bytes.fromhex("00000080"))
    r.go(6, 1)
    r.control(USER_CONTROL, bytes.fromhex("000300000001000003e8"))
    r.go(6)
    r.expect(6, 40, payload)


@vector("interleaved-lookalike", "T-29", "T-30")
def _lookalike(r: Recording) -> None:
    """
    Payload made of the header of the chunks that follow, with chunks of
    another chunk stream between, so that headers are not where a reader that
    counts would look for them.
    """
    payload = b"\xc6" * 1000
    r.start(0, 6, 40, payload)
    r.go(6, 1)
    r.message(0, 4, 1, b"\xc6" * 117, 1, typeID=AUDIO)
    r.go(6, 2)
    r.message(0, 4, 2, b"\xc6" * 116, 2, typeID=AUDIO)
    r.go(6, 1)
    r.message(2, 4, 1, b"\xc6" * 116, 3, typeID=AUDIO)
    r.go(6)
    r.expect(6, 40, payload)
    r.message(3, 6, None, payload, 80)


@vector("state-outlives-message", "T-20", "T-29")
def _state(r: Recording) -> None:
    """
    What a header has said holds when its message is whole: audio goes on with
    types 2 and 3 though video came between.
    """
    r.message(0, 4, 100, r.body(20), 100, typeID=AUDIO)
    for index in range(4):
        form, time = (0, 100) if not index else (1, 33)
        r.message(form, 6, time, r.body(200 + index), 100 + 33 * index)
        r.message(2, 4, 20 + index, r.body(20), (120, 161, 204, 249)[index], typeID=8)
        last = (140, 182, 226, 272)[index]
        r.message(3, 4, None, r.body(20), last, typeID=AUDIO)


@vector("unfinished", "T-29")
def _unfinished(r: Recording) -> None:
    """
    Messages that never become whole hold up nothing and never come out.
    """
    r.start(0, 6, 1, r.body(500))
    r.start(0, 7, 2, r.body(129))
    r.message(0, 4, 3, r.body(300), 3, typeID=AUDIO)
    r.go(6, 1)
    r.message(2, 4, 5, r.body(300), 8, typeID=AUDIO)
    r.go(6, 1)


def _abort(r: Recording, number: int) -> None:
    r.control(ABORT, number.to_bytes(4, "big"))


@vector("abort", "T-34")
def _aborted(r: Recording) -> None:
    """
    Abort drops the message under way on the chunk stream that it names; what
    its header said stays, and the next inherits it.
    """
    r.start(0, 6, 100, r.body(300))
    _abort(r, 6)
    r.message(2, 6, 40, r.body(300), 140)
    r.message(2, 6, 33, r.body(300), 173)
    r.start(1, 6, 20, r.body(301))
    r.go(6, 1)
    _abort(r, 6)
    r.message(3, 6, None, r.body(301), 213)
    r.message(0, 6, 50, r.body(20), 50)


@vector("abort-nothing", "T-34")
def _nothing(r: Recording) -> None:
    """
    Abort does nothing where no message is under way: for a chunk stream
    between messages, and twice.
    """
    r.message(0, 6, 100, r.body(200), 100)
    r.message(1, 6, 40, r.body(200), 140)
    _abort(r, 6)
    _abort(r, 6)
    r.message(3, 6, None, r.body(200), 180)


@vector("abort-unknown", "T-34")
def _unknown(r: Recording) -> None:
    """
    Abort does nothing for chunk streams that were never used, nor for numbers
    that none can have.
    """
    payload = r.body(300)
    r.start(0, 6, 100, payload)
    for number in (5, 262, 65600, 0, 1, 0xFFFFFFFF):
        _abort(r, number)
    r.go(6)
    r.expect(6, 100, payload)


@vector("abort-one-of-many", "T-34", "T-29", "T-10")
def _oneOfMany(r: Recording) -> None:
    """
    Messages on other chunk streams than the aborted one go on, also where the
    low byte of the number is the same.
    """
    payloads = {number: r.body(300) for number in (6, 70, 262, 326)}
    for number, payload in payloads.items():
        r.start(0, number, number, payload)
    _abort(r, 326)
    r.message(2, 326, 4, r.body(300), 330)
    for number in (6, 70, 262):
        r.go(number)
        r.expect(number, number, payloads[number])


@vector("abort-extended", "T-34", "T-25")
def _extended(r: Recording) -> None:
    """
    After an Abort the extended timestamp of the last header still counts.
    """
    late = 0x01234567
    r.message(0, 6, 5, r.body(30), 5)
    r.start(1, 6, late, r.body(300))
    _abort(r, 6)
    r.message(3, 6, late, r.body(300), 5 + 2 * late, repeated=late)
    r.message(2, 6, 40, r.body(300), 45 + 2 * late)

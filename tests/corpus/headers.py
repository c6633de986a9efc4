"""
Vectors about basic headers and message headers.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import FIELD, Catalogue
from tests.corpus.wire import AGGREGATE, AUDIO, DATA, USER_CONTROL

catalogue = Catalogue("by hand")
vector = catalogue.vector


@vector("csid-one-byte", "T-10", "T-11")
def _oneByte(r: Recording) -> None:
    """
    Chunk stream ids 2 to 63, in one byte, one message on each.
    """
    for number in range(2, 64):
        r.message(0, number, number, r.body(5), number)


@vector("csid-two-bytes", "T-10")
def _twoBytes(r: Recording) -> None:
    """
    Chunk stream ids 64 to 319, in two bytes, with types 0, 2 and 3.
    """
    numbers = (64, 65, 66, 127, 128, 191, 192, 255, 256, 257, 318, 319)
    for number in numbers:
        r.message(0, number, 7, r.body(6), 7)
    for number in numbers:
        r.message(2, number, number, r.body(6), 7 + number)
        r.message(3, number, None, r.body(6), 7 + 2 * number)


@vector("csid-three-bytes", "T-10")
def _threeBytes(r: Recording) -> None:
    """
    Chunk stream ids 320 to 65599, in three bytes: the low byte comes first.
    """
    numbers = (320, 321, 575, 576, 577, 4711, 16447, 32832, 65343, 65598, 65599)
    for number in numbers:
        r.message(0, number, 9, r.body(6), 9)
    for number in numbers:
        r.message(2, number, 11, r.body(6), 20)
        r.message(3, number, None, r.body(6), 31)


@vector("csid-in-two-forms", "T-10")
def _twoForms(r: Recording) -> None:
    """
    Ids 64 and 319 in the form of two bytes and in that of three, inside a
    message and between messages: the same chunk stream.
    """
    for number in (64, 319):
        payload = r.body(300)
        r.start(0, number, 1000, payload, width=2)
        r.go(number, 1, width=3)
        r.go(number, width=2)
        r.expect(number, 1000, payload)
        r.message(2, number, 40, r.body(300), 1040, width=3)
        r.message(3, number, None, r.body(300), 1080, width=2)


@vector("csid-low-byte", "T-10", "T-29")
def _lowByte(r: Recording) -> None:
    """
    Ids that are alike in their low byte, or in what the second byte of the
    header has, with messages under way on all of them at once.
    """
    numbers = (2, 6, 66, 70, 258, 262, 326, 582, 65542)
    payloads = {number: r.body(270) for number in numbers}
    for number in numbers:
        r.start(0, number, number, payloads[number])
    for number in numbers:
        r.go(number, 1)
    for number in reversed(numbers):
        r.go(number, 1)
        r.expect(number, number, payloads[number])


@vector("fresh-type-1-control", "T-12", basis=FIELD)
def _freshControl(r: Recording) -> None:
    """
    A chunk stream that opens with type 1, as librtmp's do: the time counts
    from 0 and the message stream is 0.  Type 3 then starts another message.
    """
    buffer = bytes.fromhex("0003000000000000012c")
    numbers = {"typeID": USER_CONTROL, "messageStreamID": 0}
    r.message(1, 2, 7, buffer, 7, **numbers)
    r.message(3, 2, None, buffer, 14, **numbers)


@vector("fresh-type-1-media", "T-12", "T-24", basis=FIELD)
def _freshMedia(r: Recording) -> None:
    """
    Media on chunk streams that open with type 1; one has an extended delta.
    """
    r.message(1, 4, 23, r.body(300), 23, typeID=AUDIO, messageStreamID=0)
    r.message(2, 4, 23, r.body(300), 46, typeID=AUDIO, messageStreamID=0)
    late = 0x01020304
    r.message(1, 700, late, r.body(300), late, messageStreamID=0, repeated=late)


def _refused(r: Recording, form: int, number: int) -> None:
    """
    Something good, then the first chunk of a chunk stream with this type.
    """
    r.message(0, 4, 1, r.body(20), 1)
    since = r.place
    r.start(form, number, 40 if form == 2 else None, b"")
    r.refuse(r.place - (3 if form == 2 else 0), since + 20)
    r.data += r.body(40)


@vector("fresh-type-2-refused", "T-12")
def _freshTwo(r: Recording) -> None:
    """
    A chunk stream that opens with type 2: nothing tells the length.
    """
    _refused(r, 2, 6)


@vector("fresh-type-3-refused", "T-12")
def _freshThree(r: Recording) -> None:
    """
    A chunk stream that opens with type 3: nothing tells the length.
    """
    _refused(r, 3, 6)


@vector("fresh-type-3-low-byte-refused", "T-12", "T-10")
def _freshLong(r: Recording) -> None:
    """
    Type 3 on chunk stream 324, which is fresh; 68 and 4 are not.
    """
    r.message(0, 68, 1, r.body(20), 1)
    _refused(r, 3, 324)


@vector("empty-messages", "T-14", "T-60")
def _empty(r: Recording) -> None:
    """
    Messages without payload, with all four types of header: whole with their
    header.
    """
    r.message(0, 4, 10, b"", 10, typeID=AUDIO)
    r.message(1, 4, 5, b"", 15, typeID=AUDIO)
    r.message(2, 4, 6, b"", 21, typeID=AUDIO)
    r.message(3, 4, None, b"", 27, typeID=AUDIO)
    r.message(0, 100, 1, b"", 1)
    r.message(3, 100, None, b"", 2)
    r.message(1, 4, 5, r.body(200), 32, typeID=AUDIO)
    r.message(1, 4, 5, b"", 37, typeID=AUDIO)


@vector("empty-messages-extended", "T-14", "T-24", "T-25")
def _emptyExtended(r: Recording) -> None:
    """
    Messages without payload that have an extended timestamp.
    """
    late = 0x01020304
    r.message(0, 4, late, b"", late, typeID=AUDIO)
    r.message(1, 4, 0x01000000, b"", late + 0x01000000, typeID=AUDIO)
    r.message(3, 4, 0x01000000, b"", late + 0x02000000, typeID=AUDIO)
    r.message(2, 4, 1, b"", late + 0x02000001, typeID=AUDIO)
    r.message(3, 4, None, b"", late + 0x02000002, typeID=AUDIO)


@vector("empty-inside-others", "T-14", "T-29", "T-60")
def _emptyInside(r: Recording) -> None:
    """
    Messages without payload between the chunks of another message.
    """
    payload = r.body(300)
    r.start(0, 6, 40, payload)
    r.message(0, 4, 41, b"", 41, typeID=AUDIO)
    r.go(6, 1)
    r.message(2, 4, 23, b"", 64, typeID=AUDIO)
    r.go(6)
    r.expect(6, 40, payload)


@vector("message-stream-id", "T-15")
def _messageStream(r: Recording) -> None:
    """
    The id of the message stream is little-endian.  Types 1 to 3 inherit it;
    another type 0 changes it, for its own chunk stream.
    """
    for number in (1, 0x01020304, 0x01000000, 0xFFFFFFFE, 0):
        r.message(0, 6, 10, r.body(4), 10, messageStreamID=number)
        r.message(0, 4, 10, r.body(4), 10, messageStreamID=number ^ 3)
        r.message(1, 6, 7, r.body(5), 17, messageStreamID=number)
        r.message(2, 6, 7, r.body(5), 24, messageStreamID=number)
        r.message(3, 6, None, r.body(5), 31, messageStreamID=number)
        r.message(1, 4, 1, r.body(5), 11, messageStreamID=number ^ 3)


@vector("control-anywhere", "T-11", "T-44", basis=FIELD)
def _controlAnywhere(r: Recording) -> None:
    """
    Control messages with timestamps, on message streams other than 0 and on
    the chunk streams of media, as cameras send them: they count all the same.
    """
    r.control(5, (2_500_000).to_bytes(4, "big"), 3, time=90, at=90)
    r.control(1, (50).to_bytes(4, "big"), 6, time=100, at=100, messageStreamID=1)
    r.message(1, 6, 20, r.body(120), 120)
    r.control(USER_CONTROL, bytes.fromhex("000700000bb8"), 4711, time=7, at=7)
    r.control(6, bytes.fromhex("002625a002"), 5, messageStreamID=0x01020304)
    r.control(1, (200).to_bytes(4, "big"), 6, form=1, time=5, at=125, messageStreamID=1)
    r.message(1, 6, 5, r.body(300), 130)
    r.control(3, bytes(4), 2)


@vector("unknown-types", "T-6B")
def _unknown(r: Recording) -> None:
    """
    Message types that mean nothing to most receivers are messages for the
    chunk layer.
    """
    for index, typeID in enumerate((0, 7, 10, 14, 16, 19, 99, 128, 255)):
        r.message(0, 3 + index, index, r.body(150), index, typeID=typeID)
    r.message(0, 6, 50, r.body(20), 50)


@vector("aggregate", "T-69")
def _aggregate(r: Recording) -> None:
    """
    An aggregate message is one message for the chunk layer; its parts are
    for whoever reads it then.
    """
    parts = bytearray()
    for typeID, time, size in ((9, 1000, 90), (8, 1010, 20), (9, 1040, 60)):
        part = bytes([typeID]) + size.to_bytes(3, "big")
        part += (time & 0xFFFFFF).to_bytes(3, "big") + bytes([time >> 24])
        part += bytes(3) + r.body(size)
        parts += part + len(part).to_bytes(4, "big")
    r.message(0, 6, 1000, bytes(parts), 1000, typeID=AGGREGATE)
    r.message(1, 6, 80, r.body(20), 1080)


@vector("tiny-payloads", "T-61")
def _tiny(r: Recording) -> None:
    """
    Audio, video and data of one and two bytes.
    """
    for typeID, payload in (
        (AUDIO, "af"),
        (AUDIO, "af00"),
        (9, "17"),
        (9, "1702"),
        (DATA, "05"),
        (9, "1702000000"),
    ):
        r.message(0, typeID, 60, bytes.fromhex(payload), 60, typeID=typeID)
        r.message(2, typeID, 3, bytes.fromhex(payload), 63, typeID=typeID)

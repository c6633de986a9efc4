"""
Valid inputs, from which the fuzzers begin.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import UNDEFINED, Date, ECMAArray, TypedObject, XMLDocument
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.chunkwriter import ChunkWriter, cut
from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.flv import AUDIO, VIDEO, encodeTag
from rtmptwisted.wire.message import (
    Abort,
    Acknowledgement,
    Command,
    Data,
    Decoded,
    Message,
    SetChunkSize,
    SetPeerBandwidth,
    UserControl,
    WindowAckSize,
)
from tests.fuzz.chunked import HANDSHAKE
from tests.wire_support import Continuation, randomChunks

_ENHANCED = (
    b"\x90avc1head",
    b"\x91hvc1\0\0\x28frame",
    b"\xa3av01frame",
    b"\x92hvc1",
    b"\x94hvc1colour",
    b"\x95av01ts",
    b"\xd1\0",
    b"\x96\x01avc1\1\0\0\x04body\2\0\0\3two",
    b"\x96\x21avc1\1\0\0\x04bodyvp09\2\0\0\3two",
    b"\x96\x01av01\3one track",
    b"\x96\x00av01\3head",
    b"\x97\x02\0\0\0\x01avc1\0\0\0nano",
    b"\x97\xff\x01\0" + bytes(257) + b"\x07\x00\0\x03vp08",
)
_ENHANCED_AUDIO = (
    b"\x90OpusOpusHead",
    b"\x91mp4aframe",
    b"\x92fLaC",
    b"\x94ac-3\1\2\0\0",
    b"\x95\x11Opus\0\0\0\x04body\1\0\0\0",
    b"\x95\x21Opus\0\0\0\x04bodymp4a\1\0\0\0",
    b"\x95\x00Opus\5head",
    b"\x97\x02\0\0\0\x01.mp3frame",
)
_LEGACY = (
    b"\x17\0\0\0\0\1\x64\0\x1f\xff",
    b"\x17\1\0\0\0\0\0\0\1\x65",
    b"\x27\1\0\0\x28\0\0\0\1\x41",
    b"\x17\2\0\0\0",
    b"\x1c\1\0\0\0\0",
    b"\x12\0",
    b"\x57\0",
)
_LEGACY_AUDIO = (b"\xaf\0\x12\x10", b"\xaf\1frame", b"\x2eframe", b"\x7ex", b"")

PAYLOADS = [(VIDEO, body) for body in (*_ENHANCED, *_LEGACY)]
SOUNDS = [(AUDIO, body) for body in (*_ENHANCED_AUDIO, *_LEGACY_AUDIO)]
PAYLOADS += SOUNDS


def _typed(name: str) -> TypedObject:
    value = TypedObject(name)
    value["a"] = [1.0, {"b": "c"}]
    return value


VALUES: tuple[list[amf.AMFValue], ...] = (
    ["connect", 1.0, {"app": "live", "flashVer": "FMLE/3.0", "capsEx": 7.0}],
    ["onMetaData", ECMAArray({"width": 640.0, "stereo": True, "encoder": "x"})],
    ["@setDataFrame", "onMetaData", ECMAArray({"keyframes": {"times": [0.0, 1.0]}})],
    [None, UNDEFINED, Date(1e12, -60), XMLDocument("<a/>"), "x" * 300],
    [[[[[[1.0]]]]], {}, [], {"": {"": {}}}],
    [_typed("com.example.A"), float("nan"), -0.0, float("inf")],
)
#: A reference, an end without object, and values in AMF3.
BY_HAND = (
    b"\x0c\0\1\0\1" + b"x" * 65537,
    b"\x03\0\1a\x05\0\0\x09\x07\0\0\x07\0\0",
    b"\x0a\0\0\0\2\x0a\0\0\0\0\x07\0\1",
    b"\0\0\x09",
    b"\x11\x0a\x0b\x01\x03a\x04\x05\x03b\x06\x07abc\x01",
    b"\x11\x09\x05\x01\x04\x83\xff\xff\xff\x05\x3f\xf0\0\0\0\0\0\0",
    b"\x11\x0a\x23\x05A\x03x\x04\x01\x11\x09\x05\x01\x0a\x01\x0a\x02",
    b"\x11\x0d\x05\0\0\0\0\1\0\0\0\2\x11\x0f\x03\0\x3f\xf0\0\0\0\0\0\0",
    b"\x11\x10\x03\0\x01\x0a\x0b\x01\x01\x11\x11\x03\0\x06\x03k\x04\x01",
    b"\x11\x0a\x07\x43flex.messaging.io.ArrayCollection\x09\x03\x01\x06\x03z",
    b"\x11\x08\x01\x42\x70\0\0\0\0\0\0\x11\x0c\x07abc\x11\x07\x09<a/>",
)


_WITH_NAME = ("publish", "play", "FCUnpublish", "FCPublish", "deleteStream", "play")
_BAD_NAMES: tuple[amf.AMFValue, ...] = (
    *("", "../show", "a\0b", "x" * 600, "\udcff", None, -1.0, float("nan"), {}, True),
)

_CONNECTS: tuple[dict[str, amf.AMFValue], ...] = (
    {"app": "live"},
    {"app": "live/_definst_?a=b", "flashVer": "FMLE/3.0", "objectEncoding": 3.0},
    {"app": "live", "fourCcList": ["av01", "hvc1", "*"], "capsEx": 15.0},
    {
        "app": "live",
        "tcUrl": "rtmp://localhost/live",
        "videoFourCcInfoMap": {"*": 7.0, "av01": 1.0},
        "audioFourCcInfoMap": {"Opus": 4.0},
        "capsEx": 3.0,
    },
)


def _bytes(random: Random, size: int) -> bytes:
    return random.randbytes(size) if random.random() < 0.5 else b"\xc6" * size


def media(random: Random, messages: int) -> list[Message]:
    """
    @return: audio and video of a publish, of all kinds.
    """
    found = []
    time = random.choice((0, 0, 5000, 0xFFFFFF - 40, (1 << 32) - 60))
    for _ in range(messages):
        typeID, body = random.choice(PAYLOADS)
        body += _bytes(random, random.choice((0, 3, 90, 128, 700)))
        time = (time + random.choice((0, 23, 40, 40, 2000))) % (1 << 32)
        stream = 4 if typeID == AUDIO else random.choice((6, 6, 4, 70, 4000))
        found.append(Message(typeID, time, 1, body, stream))
        if random.random() < 0.1:
            typeID = random.choice((15, 17))
            found.append(Message(typeID, time, 1, b"\0" + random.choice(BY_HAND), 3))
        if random.random() < 0.1:
            parts = b"".join(encodeTag(VIDEO, at, body) for at in (9, 20, 70))
            found.append(Message(22, time, 1, parts, 7))
    return found


def _control(random: Random) -> Decoded:
    number = random.choice((0, 1, 6, 2_500_000, 0xFFFFFFFF))
    return random.choice(
        (
            SetChunkSize(random.choice((1, 20, 128, 4096, 60_000, 0x7FFFFFFF))),
            Abort(random.choice((3, 4, 6, 70))),
            Acknowledgement(number),
            UserControl(6, number.to_bytes(4, "big")),
            UserControl(3, b"\0\0\0\1\0\0\x0b\xb8"),
            WindowAckSize(number),
            SetPeerBandwidth(number, 2),
        )
    )


def _command(random: Random) -> Decoded:
    name, *arguments = random.choice(
        (
            ("createStream",),
            ("publish", "show", "live"),
            ("publish", "other", "live"),
            ("play", "show", -2000.0),
            ("play", "other"),
            ("closeStream",),
            ("deleteStream", 1.0),
            ("deleteStream", 2.0),
            ("deleteStream", "show"),
            (random.choice(_WITH_NAME), random.choice(_BAD_NAMES)),
            ("pause", True, 0.0),
            ("pause", False, 0.0),
            ("receiveAudio", False),
            ("receiveVideo", False),
            ("receiveVideo", True),
            ("FCPublish", "show"),
            ("FCUnpublish", "show"),
            ("FCSubscribe", "show"),
            ("releaseStream", "show"),
            ("getStreamLength", "show"),
            ("_checkbw",),
            ("nonsense", {"a": [1.0]}),
        )
    )
    number = float(random.choice((0, 1, 5)))
    id = random.choice((0, 1, 1, 2))
    return Command(str(name), number, None, [*arguments], id)


def _data(random: Random) -> Decoded:
    values = random.choice(VALUES[1:])
    return Data(list(values), random.choice((0, 40)), random.choice((0, 1, 1, 2)))


def session(random: Random, *, connects: bool) -> bytes:
    """
    @return: what a client sends behind the handshake.
    """
    writer = ChunkWriter()
    sent = b""
    messages: list[Decoded | Message] = list(media(random, random.randrange(8)))
    for make, most in ((_control, 3), (_command, 8), (_data, 3)):
        for _ in range(random.randint(0, most)):
            messages.insert(random.randint(0, len(messages)), make(random))
    start: list[Decoded | Message] = []
    if random.random() < 0.5:
        start.append(SetChunkSize(random.choice((4096, 60_000))))
    if connects:
        start += [
            Command("connect", 1.0, dict(random.choice(_CONNECTS))),
            Command("createStream", 2.0),
            Command("publish", 3.0, None, ["show", "live"], 1),
        ]
    for each in (*start, *messages):
        message = each if isinstance(each, Message) else encode(each)
        if random.random() < 0.2:
            sent += cut(message, writer.chunkSize)
        else:
            sent += writer.write(message)
        if isinstance(each, SetChunkSize):
            writer.chunkSize = each.size
    return sent


def chunkStream(random: Random) -> bytes:
    """
    @return: chunks of a sender that does all that it may do.
    """
    how = random.choice(list(Continuation))
    return bytes(randomChunks(random.randrange(1 << 30), 25, how).data)


def track(random: Random) -> tuple[int, bytes]:
    """
    @return: what sets up, configures or ends some track.
    """
    number = bytes((random.choice((0, 1, random.randrange(256))),))
    if random.random() < 0.7:
        return AUDIO, b"\x95" + bytes(
            (random.choice((0, 0, 1, 2, 4)),)
        ) + b"Opus" + number
    return VIDEO, b"\x96" + bytes((random.choice((0, 2, 4)),)) + b"av01" + number


def tags(found: list[tuple[int, bytes]]) -> bytes:
    """
    @return: payloads as the FLV target reads them.
    """
    return b"".join(
        bytes((typeID - 8,))
        + (40 * index).to_bytes(4, "big")
        + bytes((min(len(body), 255),))
        + body[:255]
        for index, (typeID, body) in enumerate(found)
    )


def payloads(data: bytes, wanted: Callable[[int], bool]) -> list[tuple[int, bytes]]:
    """
    @return: type and payload of messages in a chunk stream, as far as it is one.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer)
    buffer.append(data)
    found = []
    try:
        while (message := reader.nextMessage()) is not None:
            if wanted(message.typeID):
                found.append((message.typeID, message.payload))
    except ProtocolError:
        pass
    return found


def withoutHandshake(vector: bytes) -> bytes:
    """
    @return: a recording of a connection without C0, C1 and C2, if it has them.
    """
    handshake = vector[:1] == b"\3" and len(vector) >= len(HANDSHAKE)
    return vector[len(HANDSHAKE) :] if handshake else vector

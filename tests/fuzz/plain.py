"""
The targets that take bytes at once: AMF, payloads, tags, the handshake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rtmptwisted.compatible import compatible
from rtmptwisted.errors import AMFError, ProtocolError
from rtmptwisted.gop import GOPCache
from rtmptwisted.wire import amf
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.codec import Description, Kind, describe
from rtmptwisted.wire.coding import decode, encode, splitAggregate
from rtmptwisted.wire.flv import AUDIO, SCRIPT, VIDEO, FLVTag, encodeTag, fileHeader
from rtmptwisted.wire.handshake import (
    CLIENT_KEY,
    DIGEST_BASES,
    SERVER_KEY,
    SIZE,
    ServerHandshake,
    digestOf,
    digestPosition,
    findDigest,
)
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Message
from tests.flv_reader import readFLV
from tests.fuzz.judging import Outcome, pieces, require, requireSame

_LIMITS = Limits()
_NARROW = Limits(amfDepth=3, amfValues=24, amfString=40, dataMessage=300)

#: AMF0 needs up to so many times the bytes that AMF3 needs: a number has 9, and
#: an integer of a vector 4; an empty object has 4 and 2.
_LARGER = 5


def fuzzAMF(data: bytes) -> None:
    """
    AMF values: they can be written, and are then read as the same.
    """
    try:
        values = amf.decode(data)
    except AMFError:
        values = []
    written = amf.encode(values)
    most = _LARGER * (len(data) + _LIMITS.dataMessage) + 8 * _LIMITS.amfValues
    require(len(written) <= most, f"{len(data)} bytes became {len(written)}")
    require(amf.encode(amf.decode(written)) == written, "read again, it differs")
    try:
        narrow = amf.decode(data, _NARROW)
    except AMFError:
        pass
    else:
        require(amf.encode(narrow) == written, "other limits, other values")
        count, levels = _extent(narrow)
        require(count <= _NARROW.amfValues, f"{count} values")
        require(levels <= _NARROW.amfDepth + 1, f"{levels} levels")
    for typeID in (15, 17, 18, 20):
        _message(Message(typeID, 7, 1, data, 3))


def _extent(values: Iterable[amf.AMFValue]) -> tuple[int, int]:
    """
    @return: how many values there are, those inside others included, and on how
        many levels.
    """
    count = levels = 0
    for value in values:
        more = below = 0
        if isinstance(value, dict):
            more, below = _extent(value.values())
        elif isinstance(value, list):
            more, below = _extent(value)
        count += 1 + more
        levels = max(levels, 1 + below)
    return count, levels


def _message(message: Message) -> None:
    try:
        decoded = decode(message, _LIMITS)
    except ProtocolError:
        return
    require(decoded is not None, f"type {message.typeID} has no meaning")
    if decoded is not None:
        written = encode(decoded)
        again = decode(written, _LIMITS)
        require(again is not None and encode(again) == written, "it says another thing")


def fuzzCodec(data: bytes) -> None:
    """
    Audio and video payloads: they are of some kind.
    """
    for typeID in (AUDIO, VIDEO):
        found = describe(typeID, data)
        require(type(found) is Description, f"{found!r} is no description")
        require(found.kind in Kind and isinstance(found.codec, str), repr(found))
        tracks = found.tracks
        require(0 < len(tracks) <= 256, f"{len(tracks)} tracks")
        require(all(0 <= track <= 255 for track in tracks), repr(tracks))
        require(len(set(tracks)) == len(tracks), f"{tracks} has one twice")
        if found.kind is Kind.KEYFRAME:
            require(typeID == VIDEO and tracks[0] == 0, f"{found!r} opens a group")
        tag = FLVTag(typeID, 7, data)
        require(len(tag.setupKeys) == len(tracks), "its keys")
        _compatible(tag)


def _compatible(tag: FLVTag) -> None:
    made = compatible(tag)
    if made is None:
        return
    require((made.typeID, made.timestamp) == (tag.typeID, 7), f"{tag!r} is {made!r}")
    require(compatible(made) is made, f"{made.body[:9]!r} needs to be made again")
    found = describe(made.typeID, made.body)
    require(found.codec == made.description.codec, f"{found}, {made.description}")
    require(found.kind in (made.description.kind, Kind.OTHER), repr(found))
    first, codec = made.body[0], made.body[1:5]
    packetType = first & 0x0F
    if tag.typeID == AUDIO:
        readable = first >> 4 in (2, 3, 10)
        readable |= first >> 4 == 9 and codec in (b"Opus", b"fLaC") and packetType < 3
    elif first < 0x80:
        readable = packetType in (7, 12)
    else:
        readable = codec == b"hvc1" and packetType in (0, 1, 2, 3)
        readable |= codec == b"av01" and packetType in (0, 1, 2)
    require(readable, f"browsers do not read {made.body[:9]!r}")


def tagsIn(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """
    Read an input as tags: a byte for the type, four for the time, one for the
    length, which makes something of any bytes.
    """
    position = 0
    while position + 6 <= len(data):
        typeID = (AUDIO, VIDEO, SCRIPT)[data[position] % 3]
        time = int.from_bytes(data[position + 1 : position + 5], "big")
        end = position + 6 + data[position + 5]
        yield typeID, time, data[position + 6 : end]
        position = end


def fuzzFLV(data: bytes) -> None:
    """
    Tags: a plain reader finds what was written, and those who join late get
    what the limits allow.
    """
    tags = list(tagsIn(data))
    made = [FLVTag(*tag) for tag in tags]
    file = fileHeader(True, False) + b"".join(tag.encoded() for tag in made)
    require(readFLV(file).tags == tags, "the tags are not those of the file")
    _gop(made)
    for typeID, time, body in tags:
        if typeID == SCRIPT:
            continue
        aggregate = Message(22, time, 1, encodeTag(typeID, 5, body) + data, 6)
        try:
            parts = list(splitAggregate(aggregate, Limits(aggregateParts=50)))
        except ProtocolError:
            break
        require(parts[0] == (typeID, time, 1, body, 6), f"{parts[0]!r} is first")
        require(len(parts) <= 50, "more parts than are allowed")
        break


def _gop(tags: list[FLVTag]) -> None:
    limits = Limits(
        gopBytes=2000, gopTags=20, gopSeconds=5.0, setupTags=4, setupBytes=100
    )
    cache = GOPCache(limits)
    for index, tag in enumerate(tags):
        cache.add(tag, keep=index < 5)
        group, setup = cache.snapshot(), cache.setup(tag.timestamp)
        # One tag of up to 255 bytes may be there beyond the limits, and setup
        # that has left the group is kept beside it.
        size = sum(len(each.body) for each in group)
        require(cache.size <= 2000 + 255, f"{cache.size} bytes in a group")
        require(size <= 2000 + 255 + 4 * 100, f"{size} bytes for those who join")
        require(len(group) <= 20 + 1 + 4, f"{len(group)} tags for those who join")
        require(len(setup) <= 4, f"{len(setup)} tags of setup")
        require(cache.intact or not group, "a group that was given up")


def fuzzHandshake(data: bytes) -> None:
    """
    The handshake: the answer is the same for every cut.

    The first byte says whether what follows is filled up and gets a valid
    digest, the second how it is cut.
    """
    if len(data) < 2:
        return
    flags, how, sent = data[0], data[1], data[2:]
    if flags & 1:
        sent = _completed(sent, DIGEST_BASES[flags >> 1 & 1], digest=bool(flags & 4))
    whole = _shakeHands([sent])
    requireSame(whole, _shakeHands(pieces(how, sent)), "cut")
    replies = [reply for reply in whole.found if reply]
    require(len(replies) <= 1 and len(whole.found) <= 2, "it answers too often")
    for reply in replies:
        require(len(reply) == 1 + 2 * SIZE, f"an answer of {len(reply)} bytes")
        c1 = sent[1 : 1 + SIZE]
        if c1[4:8] != bytes(4) and findDigest(c1, CLIENT_KEY) is not None:
            require(findDigest(reply[1 : 1 + SIZE], SERVER_KEY) is not None, "digest")
        else:
            require(reply[1 + SIZE :] == c1, "no echo")


def _completed(start: bytes, base: int, digest: bool) -> bytes:
    block = bytearray((start * (SIZE // max(len(start), 1) + 1)).ljust(SIZE, b"\1"))
    del block[SIZE:]
    if digest:
        block[4:8] = b"\x80\0\7\2"
        position = digestPosition(bytes(block), base)
        block[position : position + 32] = digestOf(bytes(block), position, CLIENT_KEY)
    return b"\3" + bytes(block) + start


def _shakeHands(cut: list[bytes]) -> Outcome:
    handshake = ServerHandshake(bytes(range(256)) * 6)
    buffer = FastBuffer()
    answers: list[bytes] = []
    try:
        for piece in cut:
            buffer.append(piece)
            while not handshake.done and (reply := handshake.step(buffer)) is not None:
                answers.append(reply)
    except ProtocolError:
        # What it says is a guess from the bytes that have arrived.
        return Outcome(answers, "refused")
    return Outcome(answers, "", (handshake.done, bytes(buffer.peek(len(buffer)))))

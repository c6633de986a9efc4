"""
All targets, with what they begin from.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from rtmptwisted.wire import amf
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag
from tests.fuzz import seeds
from tests.fuzz.chunked import CONNECTED, HANDSHAKE, fuzzChunks, fuzzConnection
from tests.fuzz.plain import fuzzAMF, fuzzCodec, fuzzFLV, fuzzHandshake, tagsIn
from tests.fuzz.recordings import aRecording, fuzzRecording
from tests.fuzz.server import BARE, fuzzSession


class Target(NamedTuple):
    """
    @ivar fuzz: takes any bytes, and raises nothing.
    @ivar generate: makes a valid input.
    @ivar adopt: makes inputs of bytes that were seen on the wire.
    """

    fuzz: Callable[[bytes], None]
    generate: Callable[[Random], bytes]
    adopt: Callable[[bytes], list[bytes]]


def _header(random: Random, length: int) -> bytes:
    # Most inputs whole or in few pieces, most without special limits.
    start = bytes((random.choice((0, 0, 8, 8, random.randrange(32))),))
    return start + random.randbytes(length - 1)


def _anAMF(random: Random) -> bytes:
    if random.random() < 0.5:
        return b"".join(random.choices(seeds.BY_HAND, k=random.choice((1, 2, 3))))
    return amf.encode(random.choice(seeds.VALUES))


def _aHandshake(random: Random) -> bytes:
    if random.random() < 0.7:
        return bytes((1 | random.randrange(8), random.randrange(256))) + b"start"
    return bytes((0, random.randrange(256))) + HANDSHAKE


def _aSession(random: Random) -> bytes:
    connects = random.random() < 0.3
    flags = random.randrange(32) & ~BARE | (BARE if connects else 0)
    header = bytes((flags, *random.randbytes(2)))
    return header + seeds.session(random, connects=connects)


def _aConnection(random: Random) -> bytes:
    connects = random.random() < 0.3
    start = _header(random, 2)
    flags = start[0] & ~CONNECTED if connects else start[0] | CONNECTED
    return bytes((flags, start[1])) + seeds.session(random, connects=connects)


def _aFile(random: Random) -> bytes:
    # Without video, what is kept for those who join is another matter.
    choice = list(seeds.SOUNDS if random.random() < 0.4 else seeds.PAYLOADS)
    choice += [seeds.track(random) for _ in choice]
    return seeds.tags(random.choices(choice, k=random.choice((4, 8, 40))))


def _aRecording(random: Random) -> bytes:
    time = 0
    tags = []
    for typeID, _, body in tagsIn(_aFile(random)):
        time += random.choice((0, 20, 40, 6000))
        tags.append(FLVTag(typeID, time, body))
    return aRecording(random, tags)


def _chunks(random: Random) -> bytes:
    if random.random() < 0.7:
        return _header(random, 2) + seeds.chunkStream(random)
    return _header(random, 2) + seeds.session(random, connects=True)


def _behind(*headers: bytes) -> Callable[[bytes], list[bytes]]:
    def adopt(vector: bytes) -> list[bytes]:
        return [header + seeds.withoutHandshake(vector) for header in headers]

    return adopt


def _isMedia(typeID: int) -> bool:
    return typeID in (AUDIO, VIDEO)


def _media(vector: bytes) -> list[tuple[int, bytes]]:
    return seeds.payloads(seeds.withoutHandshake(vector), _isMedia)


def _values(vector: bytes) -> list[bytes]:
    data = seeds.withoutHandshake(vector)
    found = seeds.payloads(data, lambda typeID: typeID in (15, 17, 18, 20))
    return [body for _, body in found]


TARGETS: dict[str, Target] = {
    "amf": Target(fuzzAMF, _anAMF, _values),
    "codec": Target(
        fuzzCodec,
        lambda random: random.choice(seeds.PAYLOADS)[1],
        lambda vector: [body[:200] for _, body in _media(vector)],
    ),
    "flv": Target(
        fuzzFLV,
        _aFile,
        lambda vector: [seeds.tags(_media(vector)[:30])],
    ),
    "recording": Target(fuzzRecording, _aRecording, lambda vector: []),
    "handshake": Target(
        fuzzHandshake, _aHandshake, lambda vector: [b"\0\x30" + vector[:3200]]
    ),
    "chunks": Target(fuzzChunks, _chunks, _behind(b"\0\x61", b"\2\x05", b"\1\x80")),
    "connection": Target(fuzzConnection, _aConnection, _behind(b"\0\x61", b"\x0a\x80")),
    "session": Target(
        fuzzSession, _aSession, _behind(b"\0\0\0", b"\2\x80\1", b"\x17\x30\2")
    ),
}

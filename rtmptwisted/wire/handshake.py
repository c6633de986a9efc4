"""
The server's side of the RTMP handshake, simple and digest.

Source: RTMP 1.0 (Adobe, 2012), section 5.2, for the simple form.  The digest
form was never specified; it is what Flash-era clients and ffmpeg send: an
HMAC-SHA256 over C1 at one of two places, answered in kind in S1 and S2.
"""

from __future__ import annotations

import hashlib
import hmac

from rtmptwisted.errors import HandshakeError
from rtmptwisted.wire.buffer import FastBuffer

#: The only version in use (C0 and S0).
VERSION = 3

#: The size of C1, C2, S1 and S2, in bytes.
SIZE = 1536

_DIGEST = 32

# The keys are a fact of the protocol: both sides have them.
_SALT = bytes.fromhex(
    "f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae"
)
CLIENT_KEY = b"Genuine Adobe Flash Player 001"
SERVER_KEY = b"Genuine Adobe Flash Media Server 001"

# From 3.0 on clients look for a digest in S1.
_SERVER_VERSION = bytes((4, 5, 0, 1))

#: Where the four bytes stand whose sum places the digest: schema 1, schema 0.
DIGEST_BASES = (772, 8)

_GUESSES = (
    (b"\x16", "a TLS handshake: is the client set to rtmps?"),
    (b"GET ", "an HTTP request"),
    (b"POST", "an HTTP request, or RTMPT"),
    (b"HEAD", "an HTTP request"),
    (b"OPTI", "an HTTP request"),
    (b"PROX", "a PROXY protocol header"),
    (b"\r\n\r\n", "a PROXY protocol header"),
    (b"\x06", "encrypted RTMP (RTMPE)"),
    (b"\x08", "encrypted RTMP (RTMPE)"),
    (b"\x09", "encrypted RTMP (RTMPE)"),
    (b"\xf3", "the header of an RTMP proxy"),
)


def digestPosition(block: bytes, base: int) -> int:
    """
    @param block: C1 or S1, 1536 bytes.
    @param base: one of L{DIGEST_BASES}.
    @return: where the 32 bytes of the digest start.
    """
    return sum(block[base : base + 4]) % 728 + base + 4


def digestOf(block: bytes, position: int, key: bytes) -> bytes:
    """
    @return: the 32 bytes that belong at C{position}: the HMAC-SHA256 of the
        rest of the block.
    """
    rest = block[:position] + block[position + _DIGEST :]
    return hmac.digest(key, rest, hashlib.sha256)


def findDigest(block: bytes, key: bytes) -> tuple[int, bytes] | None:
    """
    Look for a valid digest.

    @return: the base that places it and the digest, or L{None}.
    """
    for base in DIGEST_BASES:
        position = digestPosition(block, base)
        found = block[position : position + _DIGEST]
        if hmac.compare_digest(found, digestOf(block, position, key)):
            return base, found
    return None


class ServerHandshake:
    """
    Reads C0, C1 and C2, writes S0, S1 and S2.

    S0, S1 and S2 go out together as soon as C1 is whole.  C2 is counted, not
    compared: several clients do not echo S1 there.

    @ivar done: whether C2 has been read.
    """

    def __init__(self, randomness: bytes) -> None:
        """
        @param randomness: L{SIZE} random bytes, used in S1 and S2.
        """
        if len(randomness) != SIZE:
            raise ValueError(f"{SIZE} random bytes wanted, got {len(randomness)}")
        self._randomness = randomness
        self._replied = False
        self.done = False

    def step(self, buffer: FastBuffer) -> bytes | None:
        """
        Go on with what has arrived.

        @return: bytes to send (L{b""} when C2 was read), or L{None} when more
            bytes are needed.
        @raise HandshakeError: when the peer does not speak RTMP.
        """
        if self._replied:
            if len(buffer) < SIZE:
                return None
            buffer.skip(SIZE)
            buffer.commit()
            self.done = True
            return b""
        start = buffer.peek(4)
        if start and start[0] != VERSION:
            raise HandshakeError(_explain(bytes(start)))
        if len(buffer) < 1 + SIZE:
            return None
        buffer.skip(1)
        c1 = bytes(buffer.take(SIZE))
        buffer.commit()
        self._replied = True
        return self._reply(c1)

    def _reply(self, c1: bytes) -> bytes:
        found = findDigest(c1, CLIENT_KEY) if c1[4:8] != bytes(4) else None
        if found is None:
            s1 = bytes(8) + self._randomness[8:]
            return bytes((VERSION,)) + s1 + c1
        base, clientDigest = found
        block = bytes(4) + _SERVER_VERSION + self._randomness[8:]
        position = digestPosition(block, base)
        digest = digestOf(block, position, SERVER_KEY)
        s1 = block[:position] + digest + block[position + _DIGEST :]
        key = hmac.digest(SERVER_KEY + _SALT, clientDigest, hashlib.sha256)
        filling = self._randomness[: SIZE - _DIGEST]
        s2 = filling + hmac.digest(key, filling, hashlib.sha256)
        return bytes((VERSION,)) + s1 + s2


def _explain(start: bytes) -> str:
    for prefix, guess in _GUESSES:
        if start.startswith(prefix[: len(start)]):
            return f"not RTMP: this looks like {guess}"
    return f"not RTMP: the first byte is 0x{start[0]:02x}, not 0x03"

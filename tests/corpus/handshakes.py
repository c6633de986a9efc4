"""
Vectors that begin with the handshake.
"""

from __future__ import annotations

import hashlib
import hmac

from tests.corpus import contents
from tests.corpus.recording import Recording
from tests.corpus.senders import FFmpeg, Sender
from tests.corpus.senders_librtmp import Librtmp
from tests.corpus.sessions import begin, headers, media
from tests.corpus.vector import FIELD, SPECIFICATION, Catalogue

catalogue = Catalogue("by hand")
vector = catalogue.vector

#: The size of C1 and of C2, in bytes.
SIZE = 1536

#: What clients sign a digest handshake with; a fact of the protocol.
CLIENT_KEY = b"Genuine Adobe Flash Player 001"


def digestBlock(block: bytes, base: int) -> bytes:
    """
    @param base: where the four bytes are whose sum places the digest.
    @return: C1 with a valid digest.
    """
    place = base + 4 + sum(block[base : base + 4]) % 728
    rest = block[:place] + block[place + 32 :]
    digest = hmac.digest(CLIENT_KEY, rest, hashlib.sha256)
    return block[:place] + digest + block[place + 32 :]


def _play(r: Recording, c1: bytes, c2: bytes, sender: Sender) -> None:
    """
    Shake hands, and publish a little.
    """
    assert len(c1) == len(c2) == SIZE
    r.data += b"\x03" + c1 + c2
    sender.command(contents.connect(sender.flashVer))
    sender.setChunkSize(4096)
    begin(sender)
    headers(sender)
    media(sender, 0, 2, 100, 300)


@vector("handshake-simple", "T-01", "T-05", handshake="simple")
def _simple(r: Recording) -> None:
    """
    The handshake of the specification.
    """
    c1 = bytes(8) + r.random.randbytes(SIZE - 8)
    _play(r, c1, r.random.randbytes(SIZE), Sender(r))


@vector("handshake-time", "T-01", "T-02", "T-07", basis=FIELD, handshake="simple")
def _time(r: Recording) -> None:
    """
    C1 has a time, and C2 is nothing but zeros.  Neither means anything.
    """
    c1 = bytes.fromhex("deadbeef00000000") + r.random.randbytes(SIZE - 8)
    _play(r, c1, bytes(SIZE), Librtmp(r))


@vector("handshake-chunks-in-c2", "T-02", "T-05", basis=FIELD, handshake="simple")
def _lookalike(r: Recording) -> None:
    """
    C2 is made of what could be chunks and handshakes.
    """
    c1 = bytes(8) + b"\x03" * (SIZE - 8)
    _play(r, c1, b"\x03\x00\x00\x00\x00\x00\x01\x14" * 192, Sender(r))


@vector("handshake-version", "T-02", "T-03", basis=FIELD, handshake="simple")
def _version(r: Recording) -> None:
    """
    Bytes 4 to 7 of C1 have a version, as in a digest handshake, but there is
    no digest: the simple handshake.
    """
    c1 = bytes(4) + bytes.fromhex("09007c02") + r.random.randbytes(SIZE - 8)
    _play(r, c1, r.random.randbytes(SIZE), FFmpeg(r))


def _digest(r: Recording, base: int) -> None:
    c1 = bytes(4) + bytes.fromhex("09007c02") + r.random.randbytes(SIZE - 8)
    _play(r, digestBlock(c1, base), r.random.randbytes(SIZE), FFmpeg(r))


@vector("handshake-digest-8", "T-03", "T-02", basis=FIELD, handshake="digest")
def _digestEight(r: Recording) -> None:
    """
    A digest handshake, with the place of the digest told by bytes 8 to 11.
    """
    _digest(r, 8)


@vector("handshake-digest-772", "T-03", "T-02", basis=FIELD, handshake="digest")
def _digestLater(r: Recording) -> None:
    """
    A digest handshake, with the place of the digest told by bytes 772 to 775.
    """
    _digest(r, 772)


@vector("handshake-rtmpe-refused", "T-04", basis=SPECIFICATION, handshake="refused")
def _encrypted(r: Recording) -> None:
    """
    C0 asks for version 6, which is encrypted RTMP, and is refused where that is
    not known.
    """
    r.data += b"\x06" + bytes(8) + r.random.randbytes(SIZE - 8)
    r.refuse(1)


@vector("handshake-tls-refused", "T-04", basis=FIELD, handshake="refused")
def _tls(r: Recording) -> None:
    """
    The beginning of a TLS handshake, from a client that is set to rtmps.
    """
    r.data += bytes.fromhex("160301020001 0001fc0303") + r.random.randbytes(506)
    r.refuse(1)


@vector("handshake-http-refused", "T-04", basis=FIELD, handshake="refused")
def _http(r: Recording) -> None:
    """
    A request of HTTP.
    """
    r.data += b"GET / HTTP/1.1\r\nHost: localhost:1935\r\nAccept: */*\r\n\r\n"
    r.refuse(1)

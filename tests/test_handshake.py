"""
Tests for L{rtmptwisted.wire.handshake}.

The client side here is written from the description of the digest handshake,
and uses nothing of the server's.  The T numbers are those of the project's
list of traps of the wire.
"""

from __future__ import annotations

import hashlib
import hmac
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import HandshakeError
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.handshake import ServerHandshake
from tests.wire_support import cutAt, everyCut

RANDOMNESS = Random(1).randbytes(1536)
C2 = Random(2).randbytes(1536)

PLAYER = b"Genuine Adobe Flash Player 001"
SERVER = b"Genuine Adobe Flash Media Server 001"
SUFFIX = bytes.fromhex(
    "f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae"
)


def mac(key: bytes, data: bytes) -> bytes:
    """
    @return: an HMAC-SHA256.
    """
    return hmac.new(key, data, hashlib.sha256).digest()


class DigestClient:
    """
    A client with the digest handshake.

    @ivar scheme: 0 or 1; the digest's place is told by bytes 8 to 11 of the
        block, or by bytes 772 to 775.
    """

    def __init__(self, scheme: int, seed: int) -> None:
        self.scheme = scheme
        block = bytearray(Random(seed).randbytes(1536))
        block[:4] = bytes(4)
        block[4:8] = b"\x09\x00\x7c\x02"
        start = self.place(block)
        self.digest = mac(PLAYER, bytes(block[:start] + block[start + 32 :]))
        block[start : start + 32] = self.digest
        self.c1 = bytes(block)

    def place(self, block: bytes | bytearray) -> int:
        """
        @return: where the digest starts.
        """
        base = 772 if self.scheme else 8
        total = block[base] + block[base + 1] + block[base + 2] + block[base + 3]
        return base + 4 + total % 728

    def accepts(self, s1: bytes, s2: bytes) -> bool:
        """
        Check the server's blocks as a player does.
        """
        start = self.place(s1)
        rest = s1[:start] + s1[start + 32 :]
        key = mac(SERVER + SUFFIX, self.digest)
        return (
            s1[4:8] != bytes(4)
            and s1[start : start + 32] == mac(SERVER, rest)
            and s2[-32:] == mac(key, s2[:-32])
        )


def converse(*pieces: bytes) -> tuple[bytes, ServerHandshake, FastBuffer]:
    """
    Feed a handshake piece by piece.

    @return: what it sent, itself, and the buffer with what it left over.
    """
    handshake = ServerHandshake(RANDOMNESS)
    buffer = FastBuffer()
    sent = b""
    for piece in pieces:
        buffer.append(piece)
        while not handshake.done:
            reply = handshake.step(buffer)
            if reply is None:
                break
            sent += reply
    return sent, handshake, buffer


class SimpleTests(SynchronousTestCase):
    """
    The handshake of the specification.
    """

    c1 = b"\0\0\0\x09" + bytes(4) + Random(3).randbytes(1528)

    def test_echo(self) -> None:
        """
        T-01: S2 is C1, and bytes 4 to 7 of S1 are zero.
        """
        sent, handshake, _ = converse(b"\3" + self.c1)
        s0, s1, s2 = sent[:1], sent[1:1537], sent[1537:]
        self.assertEqual(s0, b"\3")
        self.assertEqual(s1[4:8], bytes(4))
        self.assertEqual(s1[8:], RANDOMNESS[8:])
        self.assertEqual(s2, self.c1)
        self.assertFalse(handshake.done)

    def test_answersBeforeC2(self) -> None:
        """
        T-06: the answer is complete with the last byte of C1, and there is
        none before.
        """
        sent, _, _ = converse(b"\3" + self.c1[:-1])
        self.assertEqual(sent, b"")
        sent, _, _ = converse(b"\3" + self.c1[:-1], self.c1[-1:])
        self.assertEqual(len(sent), 1 + 2 * 1536)

    def test_anyC2(self) -> None:
        """
        T-02: C2 is counted, whatever it says.
        """
        for c2 in (C2, bytes(1536), b"\xff" * 1536):
            _, handshake, buffer = converse(b"\3" + self.c1 + c2)
            self.assertTrue(handshake.done)
            self.assertEqual(len(buffer), 0)

    def test_anyCut(self) -> None:
        """
        T-05: the answer is the same for every cut, and what comes behind C2
        is left alone.
        """
        expected, _, _ = converse(b"\3" + self.c1)
        for how, pieces in everyCut(b"\3" + self.c1 + C2 + b"behind"):
            sent, handshake, buffer = converse(*pieces)
            self.assertEqual(sent, expected, how)
            self.assertTrue(handshake.done, how)
            self.assertEqual(buffer.peek(100), b"behind", how)

    def test_c2Missing(self) -> None:
        """
        T-05: with one byte of C2 missing it is not done.
        """
        _, handshake, buffer = converse(b"\3" + self.c1, C2[:-1])
        self.assertFalse(handshake.done)
        self.assertEqual(len(buffer), 1535)

    def test_versionWithoutDigest(self) -> None:
        """
        T-03: a client that names a version and has no digest gets the simple
        answer.
        """
        c1 = b"\0\0\0\0\x80\0\7\2" + Random(4).randbytes(1528)
        sent, _, _ = converse(b"\3" + c1)
        self.assertEqual(sent[1537:], c1)
        self.assertEqual(sent[5:9], bytes(4))

    def test_damagedDigest(self) -> None:
        """
        T-03: a digest that is wrong in one bit is none.
        """
        client = DigestClient(1, 5)
        place = client.place(client.c1) + 31
        c1 = bytearray(client.c1)
        c1[place] ^= 1
        sent, _, _ = converse(b"\3" + c1)
        self.assertEqual(sent[1537:], c1)

    def test_digestWithoutVersion(self) -> None:
        """
        T-03: who names no version is not looked at for a digest.
        """
        client = DigestClient(0, 6)
        block = bytearray(client.c1)
        block[4:8] = bytes(4)
        start = client.place(block)
        block[start : start + 32] = mac(
            PLAYER, bytes(block[:start] + block[start + 32 :])
        )
        sent, _, _ = converse(b"\3" + block)
        self.assertEqual(sent[1537:], block)

    def test_randomness(self) -> None:
        """
        It wants 1536 random bytes, and says so.
        """
        self.assertRaises(ValueError, ServerHandshake, bytes(1535))


class DigestTests(SynchronousTestCase):
    """
    T-03: the digest handshake.
    """

    def test_bothSchemes(self) -> None:
        """
        A client with its digest in either place finds the server's digest in
        the same place of S1, and its own digest signed in S2.
        """
        for scheme in (0, 1):
            for seed in range(30):
                client = DigestClient(scheme, seed)
                sent, handshake, _ = converse(b"\3" + client.c1, C2)
                s1, s2 = sent[1:1537], sent[1537:]
                self.assertTrue(client.accepts(s1, s2), f"{scheme}, {seed}")
                self.assertTrue(handshake.done)

    def test_clientChecks(self) -> None:
        """
        The client of this test would notice: it refuses damaged blocks, those
        meant for another, and the simple answer.
        """
        client, other = DigestClient(1, 1), DigestClient(1, 2)
        sent, _, _ = converse(b"\3" + client.c1)
        s1, s2 = sent[1:1537], sent[1537:]
        self.assertTrue(client.accepts(s1, s2))
        self.assertFalse(other.accepts(s1, s2))
        self.assertFalse(client.accepts(s1[:-1] + bytes([s1[-1] ^ 1]), s2))
        self.assertFalse(client.accepts(s1, bytes([s2[0] ^ 1]) + s2[1:]))
        self.assertFalse(client.accepts(bytes(8) + RANDOMNESS[8:], client.c1))

    def test_farPlaces(self) -> None:
        """
        The digest may stand in the first and in the last place of each
        scheme.
        """
        for scheme in (0, 1):
            places = set()
            for seed in range(20_000):
                base = 772 if scheme else 8
                random = Random(seed)
                total = sum(random.randbytes(1536)[base : base + 4]) % 728
                if total in (0, 727) and base + 4 + total not in places:
                    client = DigestClient(scheme, seed)
                    places.add(client.place(client.c1))
                    sent, _, _ = converse(b"\3" + client.c1)
                    self.assertTrue(client.accepts(sent[1:1537], sent[1537:]))
                if len(places) == 2:
                    break
            self.assertEqual(len(places), 2)

    def test_anyCut(self) -> None:
        """
        T-05: the answer does not depend on the cut.
        """
        client = DigestClient(0, 9)
        expected, _, _ = converse(b"\3" + client.c1)
        for place in range(1, 1 + 2 * 1536, 7):
            sent, _, _ = converse(*cutAt(b"\3" + client.c1 + C2, place))
            self.assertEqual(sent, expected)


class RefusalTests(SynchronousTestCase):
    """
    T-04: what is not RTMP.
    """

    def refusal(self, data: bytes) -> str:
        """
        @return: what the error says.
        """
        handshake = ServerHandshake(RANDOMNESS)
        buffer = FastBuffer()
        buffer.append(data)
        return str(self.assertRaises(HandshakeError, handshake.step, buffer))

    def test_guesses(self) -> None:
        """
        The error says what the peer seems to speak.
        """
        for data, guess in (
            (b"\x16\3\1\2\0", "TLS"),
            (b"GET / HTTP/1.1\r\n", "HTTP"),
            (b"POST /open/1", "RTMPT"),
            (b"HEAD / HTTP", "HTTP"),
            (b"OPTIONS *", "HTTP"),
            (b"PROXY TCP4 ", "PROXY"),
            (b"\r\n\r\n\0\r\nQUIT\n", "PROXY"),
            (b"\x06" + bytes(1536), "RTMPE"),
            (b"\x08", "RTMPE"),
            (b"\x09", "RTMPE"),
        ):
            self.assertIn(guess, self.refusal(data))

    def test_unknown(self) -> None:
        """
        Where there is nothing to guess the error names the byte.
        """
        self.assertIn("0xf4", self.refusal(b"\xf4\0\0\0"))
        self.assertIn("0x00", self.refusal(b"\0"))

    def test_everyOtherVersion(self) -> None:
        """
        Of all first bytes only 3 is taken, and one byte is enough to tell.
        """
        for value in range(256):
            if value != 3:
                self.refusal(bytes([value]))
        sent, _, _ = converse(b"\3")
        self.assertEqual(sent, b"")

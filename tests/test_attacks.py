"""
Attacks, and what becomes of them: handshakes, silence, and too many connections.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.address import IPv4Address

from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import UserControl, UserControlType
from tests.admission_support import accept
from tests.attack_support import AttackTestCase
from tests.media import audio
from tests.wire_support import type0

HTTP = "this looks like an HTTP request"
RTMPE = "this looks like encrypted RTMP (RTMPE)"
PROXY = "this looks like a PROXY protocol header"
FIRST_BYTE = "the first byte is 0x{:02x}, not 0x03"


class FirstByteTests(AttackTestCase):
    """
    What is no RTMP from its first byte on.
    """

    def test_otherProtocols(self) -> None:
        """
        Sent: TLS, HTTP, RTMPE, the PROXY protocol, or anything else. Limit: none;
        the first byte has to be 3. Told: nothing, the connection is closed at once.
        Logged: one line with a guess what it is.
        """
        for data, guess in (
            (b"\x16\x03\x01\x02\x00\x01", "this looks like a TLS handshake"),
            (b"GET /live/show.flv HTTP/1.1\r\n", HTTP),
            (b"HEAD / HTTP/1.1\r\n", HTTP),
            (b"OPTIONS * HTTP/1.1\r\n", HTTP),
            (b"POST /open/1 HTTP/1.1\r\n", "this looks like an HTTP request, or RTMPT"),
            (b"\x06" + bytes(1536), RTMPE),
            (b"\x08" + bytes(1536), RTMPE),
            (b"\x09" + bytes(1536), RTMPE),
            (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", PROXY),
            (b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", PROXY),
            (b"\xf3\x00\x04\x01\x02\x03\x04\x03", "the header of an RTMP proxy"),
            (b"\x00" * 3000, FIRST_BYTE.format(0)),
            (b"SSH-2.0-x\r\n", FIRST_BYTE.format(0x53)),
            (b"\xff" * 1_000_000, FIRST_BYTE.format(255)),
        ):
            for sent in (data, data[:4], data[:5]):
                client = self.attacker()
                with self.logs() as events:
                    self.sends(client, sent)
                (line,) = self.lines(events)
                self.assertTrue(line.startswith("closed: not RTMP: "), line)
                self.assertIn(guess, line)
                self.assertTrue(client.closing)
                self.assertEqual(client.transport.value(), b"")
                self.assertGone(client)

    def test_firstByteAlone(self) -> None:
        """
        Sent: one wrong byte, and then nothing. It is not waited for a second.
        """
        for byte in set(range(256)) - {3}:
            client = self.attacker()
            with self.logs() as events:
                client.feed(bytes((byte,)))
            self.assertEqual(len(self.lines(events)), 1)
            self.assertTrue(client.closing)
            client.lose()


class SilenceTests(AttackTestCase):
    """
    Connections that do not get on.
    """

    def test_nothing(self) -> None:
        """
        Sent: nothing. Limit: C{handshakeSeconds}. Told: nothing, the connection is
        dropped. Logged: that there was no handshake.
        """
        client = self.attacker()
        with self.logs() as events:
            self.wait(9)
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "no handshake within 10 s")

    def test_drip(self) -> None:
        """
        Sent: a handshake, byte by byte. Limit: C{handshakeSeconds}, which nothing
        puts off. Logged: that there was no handshake.
        """
        client = self.attacker()
        with self.logs() as events:
            for byte in client.HELLO[:9]:
                client.feed(bytes((byte,)))
                self.wait(1)
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "no handshake within 10 s")

    def test_halfHandshake(self) -> None:
        """
        Sent: C0 and C1, and of C2 all but a byte. Limit: C{handshakeSeconds}.
        """
        client = self.attacker()
        client.feed(client.HELLO)
        client.feed(client.ANSWER[:-1])
        with self.logs() as events:
            self.wait(11)
        self.assertDropped(client, events, "no handshake within 10 s")

    def test_noConnect(self) -> None:
        """
        Sent: a handshake, then control messages, but no C{connect}. Limit:
        C{connectSeconds}, counted from the beginning. Logged: that there was none.
        """
        client = self.attacker()
        self.wait(5)
        client.handshake()
        with self.logs() as events:
            for _ in range(9):
                self.wait(1)
                client.send(UserControl(UserControlType.PING_REQUEST, b"time"))
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "no connect within 15 s")

    def test_connectOnly(self) -> None:
        """
        Sent: C{connect}, then commands of which none publishes or plays. Limit:
        C{idleSeconds}, which they do not put off. Logged: that there was neither.
        """
        client = self.connected()
        with self.logs() as events:
            for n in range(29):
                self.wait(1)
                client.call("createStream")
                client.call("deleteStream", float(n + 1))
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "no publish or play within 30 s")

    def test_silentPublisher(self) -> None:
        """
        Sent: C{publish}, and nothing more, also no answer to pings. Limit:
        C{publisherIdleSeconds}; the name is free again. Logged: that it was silent.
        """
        client = self.publishing()
        with self.logs() as events:
            self.wait(29)
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "a publisher, silent for 30 s")

    def test_drippingPublisher(self) -> None:
        """
        Sent: C{publish}, and then a message of 1 MB, one byte a second. Limit:
        C{publisherIdleSeconds}: bytes are no message.
        """
        client = self.publishing()
        client.feed(type0(6, 0, 9, b"x" * 128, length=1_000_000))
        with self.logs() as events:
            for _ in range(29):
                self.wait(1)
                client.feed(b"\xc6")
            self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "a publisher, silent for 30 s")

    def test_drippingBesides(self) -> None:
        """
        Sent: the same, with other messages in between. Limit: C{messageSeconds},
        which is looked at every C{pingSeconds}. Logged: that a message is not
        finished.
        """
        client = self.publishing()
        client.feed(type0(6, 0, 9, b"x" * 128, length=1_000_000))
        with self.logs() as events:
            for n in range(49):
                self.wait(1)
                client.send(audio(n))
                self.assertFalse(client.aborted)
            self.wait(2)
        self.assertDropped(client, events, "a message is not finished after 30 s")

    def test_halfMessageOfAPlayer(self) -> None:
        """
        Sent: C{play}, and then half a message that is never finished. Limit:
        C{messageSeconds}.
        """
        client = self.attacker().play("others")
        client.feed(type0(6, 0, 9, b"x" * 128, length=1_000_000))
        with self.logs() as events:
            self.wait(51)
        self.assertDropped(client, events, "a message is not finished after 30 s")


class ManyTests(AttackTestCase):
    """
    Too many connections.
    """

    limits = replace(Limits(), connections=8, connectionsPerAddress=3)

    def open(self, host: str, count: int) -> int:
        """
        @return: how many connections of C{count} from a host are taken.
        """
        address = IPv4Address("TCP", host, 6666)
        return sum(accept(self.factory, address) is not None for _ in range(count))

    def test_fromOneAddress(self) -> None:
        """
        Sent: more connections than one address may have. Limit:
        C{connectionsPerAddress}. Told: nothing, those past it are closed at once.
        Logged: one line a second, with their number.
        """
        with self.logs() as events:
            self.assertEqual(self.open("203.0.113.66", 100), 3)
            self.assertEqual(self.open("203.0.113.67", 1), 1)
            self.clock.advance(1)
            self.assertEqual(self.open("203.0.113.66", 1), 0)
        self.assertEqual(
            self.lines(events),
            [
                f"refused, 203.0.113.66 has 3 connections ({count} refused since the "
                "last such line)"
                for count in (1, 97)
            ],
        )

    def test_fromEverywhere(self) -> None:
        """
        Sent: more connections than there may be, from many addresses. Limit:
        C{connections}. Told: nothing. Logged: one line a second.
        """
        with self.logs() as events:
            taken = [self.open(f"203.0.113.{n}", 2) for n in range(66, 72)]
        self.assertEqual(taken, [2, 2, 2, 0, 0, 0])
        (line,) = [str(event["why"]) for event in events if "why" in event]
        self.assertEqual(line, "there are 8 connections")

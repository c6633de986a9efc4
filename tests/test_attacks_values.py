"""
Attacks, and what becomes of them: what commands and data consist of, and aggregate
messages.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted.wire import connection as connectionModule
from rtmptwisted.wire.amf import AMFValue, encode
from rtmptwisted.wire.limits import KIB
from rtmptwisted.wire.message import Decoded, Message
from tests.attack_support import AttackTestCase
from tests.fakes import FakeSink
from tests.wire_support import setChunkSize, type0

#: A strict array of so many values.
ARRAY = b"\x0a"

NOT_UNDERSTOOD = "sent {} messages that were not understood, and 0 with media outside "
NOT_UNDERSTOOD += "of a publish"


def command(values: bytes) -> bytes:
    """
    @return: a command with these as its arguments, in one chunk.
    """
    payload = encode(["attack", 1.0, None]) + values
    return setChunkSize(400_000) + type0(3, 0, 20, payload, messageStreamID=0)


def data(values: bytes, behind: tuple[AMFValue, ...] = ()) -> bytes:
    """
    @return: a data message that consists of these, in one chunk.
    """
    return setChunkSize(400_000) + type0(5, 0, 18, encode(behind) + values)


class ValuesTestCase(AttackTestCase):
    """
    A test of values that nobody wants to read.
    """

    def assertRefused(self, values: bytes, why: str) -> None:
        """
        In a command the values close the connection.  In a data message, as its
        first value or behind others, they are ignored and counted.
        """
        self.assertClosed(self.connected(), command(values), why)
        self.assertIgnored(values)
        self.assertIgnored(values, "onTextData")

    def assertIgnored(self, values: bytes, *behind: AMFValue) -> None:
        """
        In a data message the values are ignored, and logged at the end.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        self.sends(client, data(values, behind) * 3)
        self.assertStays(client)
        self.assertEqual(sink.tags, [])
        with self.logs() as events:
            client.lose()
        self.assertIn(NOT_UNDERSTOOD.format(3), self.lines(events))


class ValueTests(ValuesTestCase):
    """
    Values of AMF.
    """

    def test_deep(self) -> None:
        """
        Sent: objects or arrays in one another, 33 deep and 15,000 deep. Limit:
        C{amfDepth}. Told: nothing; a command closes the connection, a data message
        is ignored. Logged: that for a command, their number for data.
        """
        inside = "values nested deeper than 32"
        for level in (b"\x03\0\1x", b"\x08\0\0\0\1\0\1x", ARRAY + b"\0\0\0\1"):
            for depth in (33, 15_000 * 4 // len(level)):
                self.assertRefused(level * depth + b"\x05", inside)
            client = self.connected()
            self.sends(client, command(level * 32 + b"\x05"))
            self.assertStays(client)
            client.lose()

    def test_many(self) -> None:
        """
        Sent: more than 4096 values, beside one another or in arrays. Limit:
        C{amfValues}.
        """
        why = "more than 4096 values in a message"
        self.assertClosed(self.connected(), command(b"\x05" * 4094), why)
        self.assertRefused(ARRAY + b"\0\0\x20\0" + b"\x05" * 0x2000, why)
        self.assertRefused(b"\x03" + b"\0\1x\x05" * 8000 + b"\0\0\x09", why)
        client = self.connected()
        self.sends(client, command(b"\x05" * 4093))
        self.assertStays(client)

    def test_longString(self) -> None:
        """
        Sent: a string of more than 128 KiB, in data: a command has no room for one.
        Limit: C{amfString}. Told: nothing, it is ignored. Logged: at the end, that
        there was one.
        """
        size = 128 * KIB + 1
        for marker in (b"\x0c", b"\x0f"):
            self.assertIgnored(marker + size.to_bytes(4, "big") + b"x" * size)

    def assertAnnounced(self, values: bytes, why: str) -> None:
        """
        A value that announces more than there is allocates nothing. As the first of
        a command it closes the connection, behind others it is left out; as the
        first of a data message it is ignored.
        """
        name = type0(3, 0, 20, values, messageStreamID=0)
        self.assertClosed(self.connected(), setChunkSize(1000) + name, why)
        self.assertIgnored(values)
        for sent in (command(values), data(values)):
            client = self.publishing()
            held = self.allocated(lambda: self.sends(client, sent))  # noqa: B023
            self.assertLess(held, 64 * KIB)
            self.assertStays(client)
            client.lose()

    def test_announcedString(self) -> None:
        """
        Sent: a string that says it has 2^32 - 1 bytes, of which five come. Limit:
        none; more is announced than the message has. Logged: that, for a command.
        """
        for marker in (b"\x0c", b"\x0f"):
            self.assertAnnounced(
                marker + b"\xff\xff\xff\xffabcde",
                "a value needs 4294967295 bytes, 5 are left",
            )

    def test_announcedArray(self) -> None:
        """
        Sent: an array that says it has 2^32 - 1 values. Limit: none, as above.
        """
        self.assertAnnounced(
            ARRAY + b"\xff\xff\xff\xff" + b"\x05" * 100,
            "a value needs 4294967295 bytes, 100 are left",
        )

    def test_references(self) -> None:
        """
        Sent: 30 arrays, each of which refers twice to the one before: 2^30 values
        when written out. Limit: C{amfValues}, for what they stand for.
        """
        two = ARRAY + b"\0\0\0\2"
        bomb = two + b"\x05\x05"
        for n in range(29):
            bomb += (
                two + b"\x07" + n.to_bytes(2, "big") + b"\x07" + n.to_bytes(2, "big")
            )
        why = "more than 4096 values in a message"
        self.assertClosed(self.connected(), command(bomb), why)
        self.assertIgnored(ARRAY + b"\0\0\0\x1e" + bomb)

    def test_referencesInAMF3(self) -> None:
        """
        Sent: the same in AMF3, and references to long strings. Limits: C{amfValues},
        and C{dataMessage} for the bytes they stand for.
        """
        bomb = b"\x11\x09\x3d\x01" + b"\x09\x05\x01\x01\x01"
        for n in range(1, 30):
            bomb += b"\x09\x05\x01" + 2 * bytes((0x09, n << 1))
        self.assertRefused(bomb, "more than 4096 values in a message")
        size = 0x2000
        long = b"\x11\x09\x83\x01\x01" + b"\x06\x81\x80\x01" + b"x" * size
        self.assertRefused(
            long + b"\x06\x00" * 64, "references to 270336 bytes in a message"
        )

    def test_cycle(self) -> None:
        """
        Sent: an array that contains itself. Limit: none; it contains null instead.
        """
        client = self.connected()
        self.sends(client, command(ARRAY + b"\0\0\0\1\x07\0\0"))
        self.sends(client, command(b"\x11\x09\x03\x01\x09\x00"))
        self.assertStays(client)

    def test_garbage(self) -> None:
        """
        Sent: commands that are none. Limit: none; they are malformed. Told: nothing,
        the connection is closed, since nobody knows what the answer would be to.
        Logged: why.
        """
        for payload, why in (
            (b"", "a command without a name"),
            (b"\xee" * 50, "unknown or unsupported value type 0xee"),
            (b"\x05", "a command without a name"),
            (b"\x00" * 9, "a command without a name"),
            (b"\x02\0\1x\x02\0\1y", "a command whose transaction id is not a number"),
            (b"\x02\xff\xffx", "a value needs 65535 bytes, 1 are left"),
        ):
            for typeID in (20, 17):
                sent = type0(3, 0, typeID, b"\0" * (typeID == 17) + payload)
                self.assertClosed(self.connected(), sent, why)

    def test_garbageInData(self) -> None:
        """
        Sent: data messages that are none. Told: nothing, they are ignored; all goes
        on behind them. Logged: at the end, their number.
        """
        for payload in (b"\xee" * 50, b"\x02\xff\xffx", b"\x0a\0\0\0\1", b"\x11\xee"):
            self.assertIgnored(payload)

    def test_unreadableFlood(self) -> None:
        """
        Sent: data messages that nobody can read, and that take time to find that
        out. Limit: C{turnSeconds}: others have their turn between two of them.
        """
        client = self.publishing()
        decode: Any = connectionModule.__dict__["decode"]

        def slow(message: Message, limits: Any) -> Decoded | None:
            self.clock.rightNow += 0.004
            decoded: Decoded | None = decode(message, limits)
            return decoded

        self.patch(connectionModule, "decode", slow)
        client.feed(data(b"\xee") * 30)
        self.finish(client)
        self.assertStays(client)

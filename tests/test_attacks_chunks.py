"""
Attacks, and what becomes of them: chunks and messages.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from rtmptwisted.wire.limits import KIB, MIB
from tests.attack_support import READ, AttackTestCase
from tests.fakes import FakeSink
from tests.support import Client
from tests.wire_support import abort, basic, header, setChunkSize, type0, type3


class SizeTests(AttackTestCase):
    """
    Messages that are too large.
    """

    def assertLimit(self, typeID: int, largest: int) -> None:
        """
        A message is refused at its header, of which nothing but the header was
        sent, when it is a byte too long; one of just the limit is taken.
        """
        client = self.publishing()
        head = basic(0, 6) + header(0, 0, largest, typeID, 1)
        client.feed(head)
        self.assertFalse(client.closing)
        client.lose()
        client = self.publishing()
        self.assertClosed(
            client,
            basic(0, 6) + header(0, 0, largest + 1, typeID, 1),
            f"a message of type {typeID} with {largest + 1} bytes, at most {largest} "
            "are taken",
        )

    def test_media(self) -> None:
        """
        Sent: the header of an audio, video or aggregate message of more than 8 MiB.
        Limit: C{mediaMessage}, at the header. Told: nothing, the connection is
        closed. Logged: the size.
        """
        for typeID in (8, 9, 22):
            self.assertLimit(typeID, 8 * MIB)

    def test_largest(self) -> None:
        """
        Sent: the header of a message of 2^24 - 1 bytes, the most there can be.
        """
        self.assertClosed(
            self.publishing(),
            type0(6, 0, 9, b"", length=0xFFFFFF),
            "a message of type 9 with 16777215 bytes, at most 8388608 are taken",
        )

    def test_command(self) -> None:
        """
        Sent: the header of a command of more than 64 KiB. Limit: C{commandMessage}.
        """
        for typeID in (20, 17):
            self.assertLimit(typeID, 64 * KIB)

    def test_data(self) -> None:
        """
        Sent: the header of a data message, or of one of a type that nobody knows, of
        more than 256 KiB. Limit: C{dataMessage}.
        """
        for typeID in (18, 15, 19, 16, 0, 7, 99, 255):
            self.assertLimit(typeID, 256 * KIB)

    def test_control(self) -> None:
        """
        Sent: the header of a control message of more than 64 bytes. Limit:
        C{controlMessage}.
        """
        for typeID in range(1, 7):
            self.assertLimit(typeID, 64)

    def test_announced(self) -> None:
        """
        Sent: the header of a message of 8 MiB, which is taken, and little of it,
        with any chunk size. Limit: none is met; nothing is allocated for what is
        announced.
        """
        for chunkSize in (1, 128, 65536, 0x7FFFFFFF):
            client = self.publishing()
            client.feed(setChunkSize(chunkSize))
            sent = type0(6, 0, 9, b"", length=8 * MIB) + bytes(100)
            held = self.allocated(lambda: client.feed(sent))  # noqa: B023
            self.assertLess(held, 64 * KIB)
            self.assertFalse(client.closing)
            client.lose()

    def test_beforeConnect(self) -> None:
        """
        Sent: media before C{connect}. Limit: none; it is refused when it is whole.
        Logged: that.
        """
        client = self.attacker()
        client.handshake()
        self.assertClosed(client, type0(6, 0, 9, b"x"), "media before connect")


class PartialTests(AttackTestCase):
    """
    Messages that are never finished.
    """

    def test_chunkStreams(self) -> None:
        """
        Sent: messages on 65 chunk streams. Limit: C{chunkStreams}. Logged: that
        there are too many.
        """
        client = self.publishing()
        # It has used one for its commands.
        client.feed(b"".join(type0(100 + n, 0, 9, b"x") for n in range(63)))
        self.assertFalse(client.closing)
        self.assertClosed(client, type0(300, 0, 9, b"x"), "more than 64 chunk streams")

    def test_halves(self) -> None:
        """
        Sent: the first halves of messages of 512 KiB and more on as many chunk
        streams as there may be. Limit: C{partialBytes}. Logged: what they come to.
        """
        client = self.publishing()
        size = 300_000
        client.feed(setChunkSize(size))
        halves = [
            type0(100 + n, 0, 9, bytes(size), length=2 * size)
            for n in range(16 * MIB // size + 1)
        ]
        last = halves.pop()

        def send() -> None:
            for half in halves:
                client.feed(half)

        self.assertLess(self.allocated(send), 20 * MIB)
        self.assertFalse(client.closing)
        self.assertClosed(
            client, last, "more than 16777216 bytes in messages that are not finished"
        )

    def test_aborts(self) -> None:
        """
        Sent: 20,000 messages that are begun and aborted. Limit: C{turnSeconds}: they
        take their turns, of which others have as many, and nothing is kept of them.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        self.slowly()
        begun = type0(6, 0, 9, b"x" * 128, length=5000) + abort(6)
        again = basic(3, 6) + b"x" * 128 + basic(3, 2) + (6).to_bytes(4, "big")
        client.feed(begun + again * 19_999 + type0(4, 0, 9, b"video"))
        self.finish(client)
        self.assertEqual([tag.body for tag in sink.tags], [b"video"])
        self.assertStays(client)
        self.assertLess(self.allocated(lambda: client.feed(begun + again * 99)), 32768)

    def test_abandoned(self) -> None:
        """
        Sent: messages that are begun and never finished, on one chunk stream, 64 MiB
        in all. Limit: none is met; the old one is forgotten with each new one.
        """
        client = self.publishing()
        size = 60_000
        data = setChunkSize(size) + type0(6, 0, 9, bytes(size), length=2 * size) * 10

        def send() -> None:
            for _ in range(110):
                self.sends(client, data)

        self.assertLess(self.allocated(send), 2 * MIB)
        self.assertStays(client)


class ChunkSizeTests(AttackTestCase):
    """
    Chunk sizes.
    """

    def test_invalid(self) -> None:
        """
        Sent: Set Chunk Size with 0, with the high bit, or with less than 4 bytes.
        Limit: none; it is malformed. Told: nothing, the connection is closed.
        Logged: the size.
        """
        for size in (0, 0x80000000, 0xFFFFFFFF):
            data = setChunkSize(size)
            self.assertClosed(self.connected(), data, f"Set Chunk Size to {size}")
        for count in range(4):
            data = type0(2, 0, 1, bytes(count), messageStreamID=0)
            why = f"Set Chunk Size with {count} bytes, 4 wanted"
            self.assertClosed(self.connected(), data, why)

    def test_huge(self) -> None:
        """
        Sent: Set Chunk Size with 2^31 - 1. Limit: none is met; it is taken, and
        nothing is allocated.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        held = self.allocated(lambda: client.feed(setChunkSize(0x7FFFFFFF)))
        self.assertLess(held, 64 * KIB)
        self.sends(client, type0(6, 0, 9, b"x" * 300_000))
        self.assertEqual([len(tag.body) for tag in sink.tags], [300_000])
        self.assertClosed(
            client,
            type0(6, 0, 9, b"", length=8 * MIB + 1),
            "a message of type 9 with 8388609 bytes, at most 8388608 are taken",
        )

    def test_changes(self) -> None:
        """
        Sent: 10,000 Set Chunk Size. Limit: C{turnSeconds}; each is obeyed.
        """
        client = self.publishing()
        self.slowly()
        client.feed(setChunkSize(5) + setChunkSize(4) * 9998 + setChunkSize(128))
        self.finish(client)
        self.assertStays(client)

    def test_one(self) -> None:
        """
        Sent: messages in chunks of one byte, of two chunk streams that take turns,
        as much as one read brings. Limit: C{turnSeconds}; it is all taken, in turns.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        self.slowly(0.004)
        size = READ // 4 - 10
        data = b"".join(type0(n, 0, 9, b"x", length=size) for n in (6, 7))
        data += (type3(6, b"y") + type3(7, b"z")) * (size - 1)
        client.feed(setChunkSize(1) + data)
        self.finish(client)
        self.assertEqual(
            [tag.body for tag in sink.tags],
            [b"x" + b"y" * (size - 1), b"x" + b"z" * (size - 1)],
        )


class FloodTests(AttackTestCase):
    """
    Messages that cost their sender next to nothing.
    """

    def flood(self, client: Client, data: bytes) -> list[str]:
        """
        What the attacker sends in one read is handled, in turns that others have
        too, and is taken.

        @return: what is logged of it, then and when it goes.
        """
        self.slowly(0.0001)
        with self.logs() as events:
            client.feed(data)
            self.finish(client)
            client.lose()
        return self.lines(events)

    def test_empty(self) -> None:
        """
        Sent: empty audio messages, of one byte each, as many as one read brings.
        Limit: C{turnSeconds}: they take their turns, further apart each time, of
        which others have as many as they want.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        self.flood(client, type0(6, 0, 8, b"") + b"\xc6" * 3000)
        self.assertEqual(len(sink.tags), 3001)

    def test_unknown(self) -> None:
        """
        Sent: empty messages of types that nobody knows. Limit: C{turnSeconds}.
        Logged: when it goes, how many there were.
        """
        data = type0(6, 0, 99, b"") + b"\xc6" * (READ - 12)
        (line,) = self.flood(self.connected(), data * 2)
        self.assertEqual(
            line,
            "sent 131050 messages that were not understood, and 0 with media outside "
            "of a publish",
        )

    def test_withoutPublish(self) -> None:
        """
        Sent: media, by somebody who does not publish. Limit: C{turnSeconds}; it is
        dropped. Logged: when it goes, how much there was.
        """
        client = self.connected()
        client.createStream()
        data = b"".join(type0(6, n, 9, b"\x17\x01video") for n in range(1500))
        data += b"".join(type0(6, n, 18, b"\x02\0\1x") for n in range(500))
        (line,) = self.flood(client, data)
        self.assertEqual(
            line,
            "sent 0 messages that were not understood, and 2000 with media outside of "
            "a publish",
        )

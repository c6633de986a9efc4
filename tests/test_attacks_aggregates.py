"""
Attacks, and what becomes of them: aggregate messages.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from rtmptwisted.wire.amf import encode
from rtmptwisted.wire.limits import KIB
from tests.attack_support import AttackTestCase
from tests.fakes import FakeSink
from tests.support import Client
from tests.wire_support import setChunkSize, type0


def part(typeID: int, body: bytes) -> bytes:
    """
    @return: a part of an aggregate message.
    """
    return bytes((typeID,)) + len(body).to_bytes(3, "big") + bytes(7) + body + bytes(4)


class AggregateTests(AttackTestCase):
    """
    Aggregate messages.
    """

    def aggregate(self, *parts: bytes) -> bytes:
        """
        @return: an aggregate message in one chunk.
        """
        return setChunkSize(0xFFFFFF) + type0(6, 0, 22, b"".join(parts))

    def watched(self) -> tuple[Client, FakeSink]:
        """
        @return: a publisher, and what gets its stream.
        """
        client = self.publishing()
        sink = FakeSink()
        self.live("live/attack").addSink(sink)
        return client, sink

    def test_nested(self) -> None:
        """
        Sent: an aggregate message inside another. Limit: none; that is malformed.
        Told: nothing, the connection is closed; what came before it counts.
        """
        client, sink = self.watched()
        sent = self.aggregate(part(9, b"video"), part(22, part(9, b"video")))
        self.assertClosed(client, sent, "an aggregate message inside another")
        self.assertEqual(len(sink.tags), 1)

    def test_parts(self) -> None:
        """
        Sent: an aggregate message of more than 10,000 parts, of any type. Limit:
        C{aggregateParts}. Told: nothing, the connection is closed.
        """
        why = "an aggregate message of more than 10000 parts"
        for typeID, count in ((8, 10_000), (99, 0)):
            client, sink = self.watched()
            self.assertClosed(client, self.aggregate(part(typeID, b"") * 10_001), why)
            self.assertEqual(len(sink.tags), count)
        client, sink = self.watched()
        self.sends(client, self.aggregate(part(8, b"") * 10_000))
        self.assertEqual(len(sink.tags), 10_000)
        self.assertStays(client)

    def test_data(self) -> None:
        """
        Sent: data of more than 256 KiB in an aggregate message. Limit:
        C{dataMessage}.
        """
        sent = self.aggregate(part(18, bytes(256 * KIB + 1)))
        why = "262145 bytes of data in an aggregate message"
        self.assertClosed(self.publishing(), sent, why)

    def test_control(self) -> None:
        """
        Sent: commands and control messages in an aggregate message. Limit: none;
        they do not count.
        """
        client, sink = self.watched()
        close = encode(["closeStream", 0.0, None])
        parts = [part(20, close), part(1, bytes(4)), part(2, bytes(4)), part(9, b"x")]
        self.sends(client, self.aggregate(*parts))
        self.assertEqual([tag.body for tag in sink.tags], [b"x"])
        self.assertStays(client)

    def test_truncated(self) -> None:
        """
        Sent: a part that says it has more bytes than there are. Limit: none; it and
        what is behind it are left out.
        """
        client, sink = self.watched()
        cut = bytes((9, 255, 255, 255)) + bytes(7) + b"cut"
        self.sends(client, self.aggregate(part(9, b"x"), cut, part(9, b"y")))
        self.assertEqual([tag.body for tag in sink.tags], [b"x"])
        self.assertStays(client)

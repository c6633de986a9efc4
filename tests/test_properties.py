"""
Properties of messages, aggregates and FLV tags that hold for all of them.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.coding import decode, encode, splitAggregate
from rtmptwisted.wire.connection import RTMPConnection
from rtmptwisted.wire.flv import FLVTag, encodeTag, fileHeader, scriptTag
from rtmptwisted.wire.limits import Limits
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
from tests.flv_reader import Tag, readFLV, readTags
from tests.test_properties_amf import LISTS, TEXT, VALUES
from tests.wire_support import WRAP, cutAt, readPieces

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None)

NUMBERS = st.integers(0, WRAP - 1)
#: 0 and 1 are by far the most common, and get another chunk stream each.
MESSAGE_STREAMS = st.one_of(st.sampled_from((0, 1)), NUMBERS)
TIMES = st.one_of(
    NUMBERS, st.sampled_from((0, 0xFFFFFE, 0xFFFFFF, 0x1000000, 1 << 31, WRAP - 1))
)
PLACES = st.lists(st.integers(0, 1 << 20), max_size=12)

CONTROLS: st.SearchStrategy[Decoded] = st.one_of(
    st.builds(SetChunkSize, st.integers(1, 0x7FFFFFFF)),
    st.builds(Abort, NUMBERS),
    st.builds(Acknowledgement, NUMBERS),
    st.builds(UserControl, st.integers(0, 0xFFFF), st.binary(max_size=20)),
    st.builds(WindowAckSize, NUMBERS),
    st.builds(SetPeerBandwidth, NUMBERS, st.integers(0, 255)),
)
# NaN would not be equal to itself; the tests of AMF have it.
TRANSACTIONS = st.floats(allow_nan=False)
COMMANDS = st.builds(
    Command, TEXT, TRANSACTIONS, VALUES, st.lists(VALUES, max_size=3), MESSAGE_STREAMS
)
DATA = st.builds(Data, LISTS, TIMES, MESSAGE_STREAMS)
DECODED: st.SearchStrategy[Decoded] = st.one_of(CONTROLS, COMMANDS, DATA)


def split(data: bytes, places: list[int]) -> list[bytes]:
    """
    @param places: any numbers.
    @return: C{data} in pieces.
    """
    return cutAt(data, *(place % (len(data) + 1) for place in places))


def understood(decoded: Decoded) -> Decoded:
    """
    @return: what a receiver takes a message for.
    """
    if isinstance(decoded, SetChunkSize):
        return SetChunkSize(min(decoded.size, 0xFFFFFF))
    return decoded


def same(found: Decoded | None, expected: Decoded) -> bool:
    """
    Tell whether two messages say the same, numbers that are none included.
    """
    if isinstance(found, Command) and isinstance(expected, Command):
        values = [found.commandObject, *found.arguments]
        others = [expected.commandObject, *expected.arguments]
    elif isinstance(found, Data) and isinstance(expected, Data):
        values, others = found.values, expected.values
    else:
        return found == expected
    return amf.encode(values) == amf.encode(others) and bare(found) == bare(expected)


def bare(decoded: Command | Data) -> Decoded:
    """
    @return: a message without its values.
    """
    if isinstance(decoded, Command):
        return replace(decoded, commandObject=None, arguments=[])
    return replace(decoded, values=[])


class MessagePropertyTests(SynchronousTestCase):
    """
    Decoded messages.
    """

    @given(DECODED)
    @SETTINGS
    def test_bothWays(self, decoded: Decoded) -> None:
        """
        What is encoded is decoded as the same, for every type of message.
        """
        found = decode(encode(decoded), Limits())
        self.assertTrue(same(found, understood(decoded)), (found, decoded))

    @given(st.lists(DECODED, max_size=6), PLACES)
    @SETTINGS
    def test_sent(self, sent: list[Decoded], places: list[int]) -> None:
        """
        What a connection sends is what its peer reads, in order and however it
        is cut, through changes of the chunk size.
        """
        connection = RTMPConnection(bytes(1536))
        data = b"".join(connection.send(each) for each in sent)
        # It does not wait for handshakes of ours, and Abort has its own tests.
        for vectorised in (True, False):
            messages = readPieces(split(data, places), vectorised=vectorised)
            found = [decode(message, Limits()) for message in messages]
            self.assertEqual(len(found), len(sent))
            for one, other in zip(found, sent, strict=True):
                self.assertTrue(same(one, understood(other)), (one, other))


PART_TYPES = (8, 9, 15, 18)
PARTS = st.lists(
    st.tuples(
        st.sampled_from((*PART_TYPES, 8, 9, 1, 20, 0, 255)),
        TIMES,
        st.binary(max_size=12),
    ),
    max_size=6,
)


def aggregate(parts: list[tuple[int, int, bytes]]) -> bytes:
    """
    @return: the payload of an aggregate message.
    """
    # The layout of FLV tags, which the reader of the tests checks below.
    return b"".join(
        bytes([typeID])
        + len(body).to_bytes(3, "big")
        + (time & 0xFFFFFF).to_bytes(3, "big")
        + bytes([time >> 24])
        + b"\0\0\0"
        + body
        + (len(body) + 11).to_bytes(4, "big")
        for typeID, time, body in parts
    )


class AggregatePropertyTests(SynchronousTestCase):
    """
    Aggregate messages.
    """

    def split(self, payload: bytes, timestamp: int) -> list[Message]:
        """
        @return: the parts.
        """
        message = Message(22, timestamp, 5, payload, 7)
        return list(splitAggregate(message, Limits()))

    @given(PARTS, TIMES, st.integers(0, 4))
    @SETTINGS
    def test_parts(
        self, parts: list[tuple[int, int, bytes]], timestamp: int, missing: int
    ) -> None:
        """
        Media and data come out in order, all else is left out; the first part
        has the time of the aggregate, whatever it is itself, and the others
        their distance to it.  The last back pointer may be missing.
        """
        payload = aggregate(parts)
        self.assertEqual(readTags(payload), [Tag(*part) for part in parts])
        expected = [
            Message(typeID, (timestamp + time - parts[0][1]) % WRAP, 5, body, 7)
            for typeID, time, body in parts
            if typeID in PART_TYPES
        ]
        whole = payload[: len(payload) - missing]
        self.assertEqual(self.split(whole, timestamp), expected)

    @given(PARTS, st.integers(0, 200))
    @SETTINGS
    def test_cutOff(self, parts: list[tuple[int, int, bytes]], end: int) -> None:
        """
        An aggregate that ends anywhere has the parts that are whole.
        """
        payload = aggregate(parts)
        ends = [
            len(aggregate(parts[:number])) + 11 + len(parts[number][2])
            for number in range(len(parts))
        ]
        whole = [
            part
            for part, last in zip(parts, ends, strict=True)
            if last <= end and part[0] in PART_TYPES
        ]
        found = [(each.typeID, each.payload) for each in self.split(payload[:end], 9)]
        self.assertEqual(found, [(typeID, body) for typeID, _, body in whole])

    @given(PARTS, PARTS)
    @settings(SETTINGS, max_examples=60)
    def test_nested(
        self,
        before: list[tuple[int, int, bytes]],
        behind: list[tuple[int, int, bytes]],
    ) -> None:
        """
        An aggregate inside another is an error, wherever it stands.
        """
        payload = aggregate([*before, (22, 0, b""), *behind])
        self.assertRaises(ProtocolError, self.split, payload, 0)


TAGS = st.lists(
    st.tuples(
        st.sampled_from((8, 9, 18)),
        st.one_of(TIMES, st.integers(WRAP, WRAP << 4)),
        st.one_of(st.binary(max_size=40), st.sampled_from((255, 65536)).map(bytes)),
    ),
    max_size=8,
)


class FLVPropertyTests(SynchronousTestCase):
    """
    FLV.
    """

    @given(TAGS, st.booleans(), st.booleans(), TIMES)
    @SETTINGS
    def test_file(
        self,
        tags: list[tuple[int, int, bytes]],
        hasAudio: bool,
        hasVideo: bool,
        later: int,
    ) -> None:
        """
        A header and tags are a file with these tags, times modulo 2^32; the
        same tags at another time are the same but for that.
        """
        header = fileHeader(hasAudio, hasVideo)
        found = readFLV(header + b"".join(encodeTag(*tag) for tag in tags))
        self.assertEqual(found.flags, 4 * hasAudio + hasVideo)
        self.assertEqual(
            found.tags, [Tag(i, time % WRAP, body) for i, time, body in tags]
        )
        made = [FLVTag(*tag) for tag in tags]
        moved = b"".join(tag.at(later).encoded() for tag in made)
        self.assertEqual(readTags(moved), [Tag(i, later, body) for i, _, body in tags])
        again = b"".join(tag.encoded() for tag in made)
        self.assertEqual(header + again, header + b"".join(encodeTag(*t) for t in tags))

    @given(TIMES, LISTS)
    @SETTINGS
    def test_script(self, time: int, values: list[AMFValue]) -> None:
        """
        A script tag holds its values.
        """
        (tag,) = readTags(scriptTag(time, *values).encoded())
        self.assertEqual((tag.type, tag.timestamp), (18, time))
        self.assertEqual(amf.encode(amf.decode(tag.body)), amf.encode(values))

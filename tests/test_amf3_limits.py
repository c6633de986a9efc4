"""
Tests for L{rtmptwisted.wire.amf3}: limits, and messages that come over a
connection.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

import tracemalloc
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import AMFError, AMFLimitError
from rtmptwisted.wire.amf import (
    AMFValue,
    decode,
    encode,
)
from rtmptwisted.wire.connection import NEED_DATA, RTMPConnection
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Command
from tests.amf3_writer import (
    AMF3Writer,
    External,
    u29,
)
from tests.wire_support import type0

RANDOMNESS = Random(7).randbytes(1536)
HANDSHAKE = b"\3" + bytes(8) + bytes(1528) + bytes(1536)
ONE = b"\x00\x3f\xf0\0\0\0\0\0\0"
COLLECTION = "flex.messaging.io.ArrayCollection"


def array(*items: bytes) -> bytes:
    """
    @return: an array of values that are written already.
    """
    return b"\x09" + u29(len(items) * 2 + 1) + b"\1" + b"".join(items)


def read(data: bytes, limits: Limits | None = None) -> AMFValue:
    """
    @return: the one value in AMF3 that these bytes are.
    """
    (value,) = decode(b"\x11" + data, limits)
    return value


class LimitTests(SynchronousTestCase):
    """
    What one message can make us do.
    """

    def assertAtMost(self, data: bytes, **limit: int) -> None:
        """
        The data is read within this limit and within none that is lower.
        """
        ((name, most),) = limit.items()
        found = decode(data, Limits(**{name: most}))
        far = 200 if name == "amfDepth" else 1 << 30
        self.assertEqual(decode(encode(found), Limits(**{name: far})), found)
        self.assertRaises(AMFLimitError, decode, data, Limits(**{name: most - 1}))
        # Past a limit is an error also behind other values.
        limits = Limits(**{name: most - (name != "amfValues")})
        self.assertRaises(AMFLimitError, decode, ONE + data, limits)

    def test_values(self) -> None:
        """
        Values of both versions are counted together, those inside others, keys
        and names of traits among them.
        """
        null = b"\x01"
        for data, values in (
            (b"\x05\x11\x01\x05\x11\x01", 4),
            (b"\x0a\0\0\0\1\x11" + array(null, null), 4),
            (b"\x11" + array(array(null), b"\x09\2"), 5),
            (b"\x11\x09\x01\x03a\x01\x03b\x01\x01", 3),
            (b"\x11\x0a\x0b\x01\x03a\x01\x03b\x01\x01", 3),
            # The object, two names, and two values.
            (b"\x11\x0a\x23\x01\x03a\x03b\x01\x01", 5),
            (b"\x11\x0d\x05\0" + bytes(8), 3),
            (b"\x11\x0f\x03\0" + bytes(8), 2),
            (b"\x11\x10\x05\0\x01\x01\x01", 3),
            (b"\x11\x11\x03\0\x06\x03a\x01", 3),
            (b"\x11" + AMF3Writer().write(External(COLLECTION, True)), 2),
        ):
            self.assertAtMost(data, amfValues=values)

    def test_depth(self) -> None:
        """
        Values of both versions nest so deep and no deeper, in all that others
        can be in.
        """
        name = AMF3Writer().string(COLLECTION)
        for start, end in (
            (b"\x09\x03\x01", b""),
            (b"\x09\x01\x03a", b"\x01"),
            (b"\x0a\x0b\x01\x03a", b"\x01"),
            (b"\x0a\x13\x01\x03a", b""),
            (b"\x0a\x07" + name, b""),
            (b"\x10\x03\0\x01", b""),
            (b"\x11\x03\0\x06\x03k", b""),
            (b"\x11\x03\0", b"\x01"),
        ):
            for version0 in (0, 5, 30):
                nested = start * (32 - version0) + b"\x01" + end * (32 - version0)
                outer = b"\x0a\0\0\0\1" * version0 + b"\x11"
                self.assertAtMost(outer + nested, amfDepth=32)
            self.assertRaises(AMFLimitError, read, start * 1000)
        self.assertAtMost(b"\x11" + array(b"\x0d\x03\0\0\0\0\1"), amfDepth=2)
        self.assertEqual(read(array(b"\x0d\x01\0"), Limits(amfDepth=1)), [[]])

    def test_depthOfReferences(self) -> None:
        """
        References do not nest deeper than values may.
        """
        pieces = [array()]
        for number in range(32):
            pieces.append(array(b"\x09" + u29(2 * number + 2)))
        self.assertAtMost(b"\x11" + array(*pieces[:32]), amfDepth=32)
        self.assertRaises(AMFLimitError, read, array(*pieces))

    def test_strings(self) -> None:
        """
        A string, a name, a document and bytes may be so long and no longer, in
        both versions; when they are cut off as well, that comes first.
        """
        long = u29(201) + b"x" * 100
        for data in (
            b"\x11\x06" + long,
            b"\x11\x07" + long,
            b"\x11\x0b" + long,
            b"\x11\x0c" + long,
            b"\x11\x09\x01" + long + b"\x01\x01",
            b"\x11\x0a\x03" + long,
            b"\x11\x0a\x0b\x01" + long + b"\x01\x01",
            b"\x11\x0a\x13\x01" + long + b"\x01",
            b"\x11\x10\x01\0" + long,
            b"\x11\x11\x03\0\x06" + long + b"\x01",
        ):
            self.assertAtMost(data, amfString=100)
            cut = data[: data.index(b"x") + 50]
            self.assertEqual(decode(ONE + cut, Limits(amfString=99)), [1.0])

    def test_bytes(self) -> None:
        """
        The bytes that references stand for are counted: those of strings, of
        objects behind their marker, and of names in traits.
        """
        text = b"\x06" + u29(201) + b"x" * 100
        for data, size in (
            (array(text, b"\x06\0", b"\x06\0"), 200),
            (array(array(text), b"\x09\2", b"\x09\2"), 2 * (len(array(text)) - 1)),
            (array(b"\x0c\x07abc", b"\x0c\2"), 4),
            # A name, a class, and a reference to the class.
            (array(text, b"\x0a\x0b\x01\0\x01\x01"), 100),
            (array(b"\x0a\x03\x07Cls", b"\x0a\x01", b"\x0a\x01"), 8),
            (array(b"\x0a\x13\x07Cls\x05ab\x01", b"\x0a\x01\x01"), 7),
            # An array with a reference in it counts with what that stands for.
            (array(text, array(b"\x06\0"), b"\x09\2"), 100 + 104),
        ):
            self.assertAtMost(b"\x11" + data, dataMessage=size)

    def test_multiplied(self) -> None:
        """
        30 lists that each refer twice to the one before are stopped early, by
        the number of values.
        """
        pieces = [array()]
        for number in range(30):
            pieces.append(array(*[b"\x09" + u29(2 * number + 2)] * 2))
        values = 1 + sum(2**n - 1 for n in range(1, 7))
        self.assertAtMost(b"\x11" + array(*pieces[:6]), amfValues=values)
        self.assertRaises(AMFLimitError, read, array(*pieces))

    def test_multipliedBytes(self) -> None:
        """
        Neither a string nor the names of a class can be had two thousand times
        over for a byte or two.
        """
        text = b"\x06" + u29(200001) + b"x" * 100_000
        names = b"".join(u29(121) + b"%060d" % number for number in range(1000))
        traits = b"\x0a" + u29(1000 * 16 + 3) + b"\x01" + names + b"\x01" * 1000
        named = b"\x0a\x0b\x01" + u29(120001) + b"x" * 60_000 + b"\x01\x01"
        again = b"\x0a\x01" + b"\0\x01\x01"
        for data in (
            array(text, *[b"\x06\0"] * 2000),
            array(named, *[again] * 2000),
            array(traits, *[b"\x0a\x01" + b"\x01" * 1000] * 100),
        ):
            self.assertRaises(AMFLimitError, read, data, Limits(amfValues=1_000_000))

    def test_namesWithoutValues(self) -> None:
        """
        Objects in objects, each of a class with many names, are stopped by the
        names: their values need never come.
        """
        one = b"\x0a" + u29(1000 * 16 + 3) + b"\x01" + b"\x01" * 1000
        self.assertRaises(AMFLimitError, read, one * 30)

    def test_lengths(self) -> None:
        """
        What says it is longer than the message is malformed.  It is refused
        before anything is read of it, or made for it.
        """
        most = b"\xff\xff\xff\xff"
        names = b"".join(b"\x07%03x\1" % number for number in range(4095))
        heads = [bytes([marker]) + most for marker in range(6, 18) if marker != 8]
        heads += [
            b"\x0d" + most + b"\0",
            b"\x10" + most + b"\0\1",
            b"\x11" + most + b"\0",
        ]
        # Items behind names, and 2^25 names of a class.
        heads += [b"\x09" + most + b"\x03a\1\1", b"\x0a\xff\xff\xff\xf3\1"]
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        for head in heads:
            for behind in (b"", b"\1\1\1", b"\1" * 9000, b"\0\1\6\3ab", names):
                error = self.assertRaises(AMFError, read, head + behind)
                self.assertFalse(isinstance(error, AMFLimitError), head)
        self.assertLess(tracemalloc.get_traced_memory()[1], 1_000_000)


def commands(connection: RTMPConnection) -> list[Command]:
    """
    @return: all the commands that have come.
    """
    found = []
    while (event := connection.nextEvent()) is not NEED_DATA:
        if isinstance(event, Command):
            found.append(event)
    return found


class ConnectionTests(SynchronousTestCase):
    """
    AMF3 that comes over a connection.
    """

    def test_connect(self) -> None:
        """
        T-45: a C{connect} of type 17 with its command object in AMF3 is the
        same event as one of type 20.
        """
        name = b"\x02\0\7connect" + ONE
        object0 = b"\x03\0\3app\x02\0\4live\0\x0eobjectEncoding"
        object0 += b"\0\x40\x08\0\0\0\0\0\0\0\0\x09"
        object3 = b"\x11\x0a\x0b\x01\x07app\x06\x09live\x1dobjectEncoding\x04\3\x01"
        properties: AMFValue = {"app": "live", "objectEncoding": 3.0}
        expected = [Command("connect", 1.0, properties)]
        for typeID, payload in ((20, name + object0), (17, b"\0" + name + object3)):
            connection = RTMPConnection(RANDOMNESS)
            message = type0(3, 0, typeID, payload, messageStreamID=0)
            connection.receiveData(HANDSHAKE + message)
            self.assertEqual(commands(connection), expected)

    def test_limits(self) -> None:
        """
        T-45: data in AMF3 past a limit is dropped and the stream goes on;
        such a command ends the connection.
        """
        bomb = b"\x11\x09\x03\x01" + b"\x09\x03\x01" * 35 + b"\x01"
        start = b"\x02\0\1x" + ONE
        connection = RTMPConnection(RANDOMNESS)
        connect = type0(3, 0, 20, b"\x02\0\7connect" + ONE)
        connection.receiveData(HANDSHAKE + connect + type0(5, 0, 15, b"\0" + bomb))
        connection.receiveData(type0(3, 0, 17, b"\0" + start))
        found = commands(connection)
        self.assertEqual([each.name for each in found], ["connect", "x"])
        self.assertEqual(connection.ignored, 1)
        connection.receiveData(type0(3, 0, 17, b"\0" + start + bomb))
        self.assertRaises(AMFLimitError, commands, connection)

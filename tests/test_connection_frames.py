"""
Tests of L{rtmptwisted.wire.connection}: audio and video that is taken many at a
time, and what a connection holds.
"""

from __future__ import annotations

import gc
import sys
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import ProtocolError
from rtmptwisted.wire.chunkframes import FRAMES
from rtmptwisted.wire.connection import MORE, NEED_DATA, Event, RTMPConnection
from rtmptwisted.wire.handshake import ServerHandshake
from rtmptwisted.wire.message import Message
from rtmptwisted.wire.state import State
from tests.test_connection import CONNECTED, HANDSHAKE, RANDOMNESS, connected, feed
from tests.test_connection_more import part
from tests.wire_support import (
    hostile,
    randomCut,
    setChunkSize,
    type0,
    type1,
)


def mixed(pieces: list[bytes], random: Random | None) -> tuple[list[Event], str, int]:
    """
    @param random: chooses between the two ways to take events; L{None} for one event
        at a time.
    @return: the events, which error ended them, if one did, and how many were taken
        many at a time.
    """
    connection = RTMPConnection(RANDOMNESS)
    found: list[Event] = []
    together = 0
    try:
        for piece in pieces:
            connection.receiveData(piece)
            while True:
                if random is not None and random.random() < 0.6:
                    frames = connection.takeFrames()
                    together += len(frames)
                    found += frames
                    continue
                event = connection.nextEvent()
                if event is NEED_DATA:
                    break
                if event is not MORE:
                    found.append(event)
    except ProtocolError as error:
        return found, str(error), together
    return found, "", together


def media(random: Random) -> bytes:
    """
    @return: what a publisher sends: frames, whole aggregates, and other messages.
    """
    data = [type0(4, 0, 8, b"a"), type0(6, 0, 9, b"v")]
    often = random.choice((12, 600))
    for n in range(random.choice((20, 80, 700))):
        match random.randrange(often):
            case 0:
                parts = [part(8 + n % 2, b"%d" % each) for each in range(n % 80)]
                # In one chunk, whatever the chunk size is.
                data.append(setChunkSize(5000))
                data.append(type0(7, n, 22, b"".join(parts)))
                data.append(setChunkSize(128))
            case 1:
                data.append(type0(5, n, 18, b"\x02\0\x01x\x05"))
            case 2:
                data.append(type0(2, 0, 4, b"\0\x06\0\0\0\x07", messageStreamID=0))
            case _:
                frame = bytes([n % 256]) * random.randrange(100)
                number = random.choice((4, 6))
                data.append(type1(number, 20, 8 + (number == 6), frame))
    return b"".join(data)


class TakingTests(SynchronousTestCase):
    """
    Tests of C{takeFrames}.
    """

    def test_sameEvents(self) -> None:
        """
        Whoever takes some frames many at a time, and other events one by one, gets
        the same events in the same order as who takes all one by one, however the
        bytes are cut.
        """
        random = Random(22)
        total = 0
        for _ in range(150):
            data = CONNECTED + media(random)
            expected, error, _ = mixed([data], None)
            self.assertEqual(error, "")
            for pieces in ([data], randomCut(data, random, 7)):
                found, error, together = mixed(pieces, random)
                self.assertEqual((found, error), (expected, ""))
                total += together
        self.assertGreater(total, 3000)

    def test_hostile(self) -> None:
        """
        The same holds for any bytes at all, and the same error ends them.
        """
        random = Random(24)
        errors = 0
        for _ in range(200):
            data = CONNECTED + hostile(media(random), random)
            expected = mixed([data], None)[:2]
            errors += bool(expected[1])
            for pieces in ([data], randomCut(data, random, 4)):
                self.assertEqual(mixed(pieces, random)[:2], expected)
        self.assertTrue(25 < errors < 190, errors)

    def test_onlyFrames(self) -> None:
        """
        Nothing else is taken, and nothing in the middle of an aggregate.
        """
        connection = connected()
        aggregate = part(8, b"one") + part(9, b"two")
        connection.receiveData(
            type0(6, 0, 9, b"v")
            + type0(7, 0, 22, aggregate)
            + type1(6, 1, 9, b"behind")
        )
        found: list[Event] = []
        while (event := connection.nextEvent()) is not NEED_DATA:
            if event is not MORE:
                found.append(event)
            found += connection.takeFrames()
        payloads = [each.payload for each in found if isinstance(each, Message)]
        self.assertEqual(payloads, [b"v", b"one", b"two", b"behind"])
        self.assertLessEqual(
            {each.typeID for each in found if isinstance(each, Message)}, FRAMES
        )

    def test_notConnected(self) -> None:
        """
        Before C{connect}, and after a failure, there is nothing to take.
        """
        connection = RTMPConnection(RANDOMNESS)
        self.assertEqual(connection.takeFrames(), [])
        # A chunk stream that is known, so that only the state is a reason.
        feed(connection, HANDSHAKE, type0(6, 0, 99, b"x"))
        connection.receiveData(type1(6, 1, 9, b"video"))
        self.assertEqual(connection.takeFrames(), [])
        self.assertRaises(ProtocolError, connection.nextEvent)
        self.assertIs(connection.state, State.FAILED)
        self.assertEqual(connection.takeFrames(), [])


class MemoryTests(SynchronousTestCase):
    """
    What a connection holds.
    """

    def test_handshake(self) -> None:
        """
        After the handshake nothing of it is held, its random bytes neither.
        """
        randomness = bytes(bytearray(RANDOMNESS))
        before = sys.getrefcount(randomness)
        connection = RTMPConnection(randomness)
        feed(connection, HANDSHAKE[:-1])
        self.assertEqual(self.handshakes(connection), 1)
        feed(connection, HANDSHAKE[-1:])
        self.assertIs(connection.state, State.CONNECTING)
        self.assertEqual(self.handshakes(connection), 0)
        self.assertEqual(sys.getrefcount(randomness), before)

    def handshakes(self, connection: RTMPConnection) -> int:
        """
        @return: how many handshakes a connection holds.
        """
        held = gc.get_referents(connection, *gc.get_referents(connection))
        return sum(isinstance(each, ServerHandshake) for each in held)

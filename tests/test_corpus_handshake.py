"""
L{rtmptwisted.wire.connection} against those vectors of the conformance corpus in
C{tests/corpus} that begin with a handshake.
"""

from __future__ import annotations

from functools import cache
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import HandshakeError, ProtocolError
from rtmptwisted.wire.coding import decode
from rtmptwisted.wire.connection import (
    NEED_DATA,
    Event,
    Outbound,
    Pause,
    RTMPConnection,
)
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Command, Data, Message, MessageType
from tests.corpus.load import Published, loadAll
from tests.test_corpus import damaged
from tests.wire_support import cutAt, plainMessages, randomCut

RANDOMNESS = Random(5).randbytes(1536)

#: Where C1 ends, and where C2 does.
C1_END = 1537
C2_END = 3073

#: How often each vector is damaged.
DAMAGES = 100


@cache
def vectors(kind: str) -> list[Published]:
    """
    @return: those with this kind of handshake.
    """
    return [vector for vector in loadAll() if vector.handshake == kind]


def accepted() -> list[Published]:
    """
    @return: those with a handshake that succeeds.
    """
    return vectors("simple") + vectors("digest")


def feed(connection: RTMPConnection, piece: bytes) -> list[Event]:
    """
    @return: all events that there are after one more piece.
    """
    connection.receiveData(piece)
    events: list[Event] = []
    while (event := connection.nextEvent()) is not NEED_DATA:
        if not isinstance(event, Pause):
            events.append(event)
    return events


def expected(vector: Published) -> list[tuple[int, Event]]:
    """
    @return: each message as the connection tells it, and the offset at which
        it does.  It keeps Set Chunk Size for itself.
    """
    found = []
    messages = plainMessages(vector.data[C2_END:])
    for fact, message in zip(vector.facts, messages, strict=True):
        read = message.typeID, message.timestamp, message.messageStreamID
        assert read == (fact.typeID, fact.timestamp, fact.messageStreamID)
        event = _event(message)
        if event is not None:
            found.append((fact.end, event))
    return found


def _event(message: Message) -> Event | None:
    if message.typeID in (MessageType.AUDIO, MessageType.VIDEO):
        return message
    decoded = decode(message, Limits())
    return decoded if isinstance(decoded, Command | Data) else None


class HandshakeTests(SynchronousTestCase):
    """
    The vectors with a handshake, from their first byte.
    """

    def check(self, vector: Published, pieces: list[bytes]) -> None:
        """
        The pieces give the answer and then the messages, each as soon as it is
        there.
        """
        connection = RTMPConnection(RANDOMNESS)
        wanted = expected(vector)
        which = f"{vector.name}, in pieces of {[len(p) for p in pieces[:9]]}"
        events: list[Event] = []
        fed = 0
        for piece in pieces:
            fed += len(piece)
            events += feed(connection, piece)
            count = sum(end <= fed for end, _ in wanted) + (fed >= C1_END)
            self.assertEqual(len(events), count, which)
        self.checkAnswer(vector, events.pop(0))
        self.assertEqual(events, [event for _, event in wanted], which)

    def checkAnswer(self, vector: Published, answer: Event) -> None:
        """
        The answer is S0, S1 and S2; and S2 is C1, where C1 has no digest.
        """
        assert isinstance(answer, Outbound), vector.name
        self.assertEqual(len(answer), C2_END, vector.name)
        self.assertEqual(answer[0], 3, vector.name)
        echoed = answer[C1_END:] == vector.data[1:C1_END]
        self.assertEqual(echoed, vector.handshake == "simple", vector.name)

    def test_whole(self) -> None:
        """
        T-01, T-02, T-03: in one piece each vector gives its messages.
        """
        self.assertTrue(len(vectors("simple")) >= 4)
        self.assertTrue(len(vectors("digest")) >= 2)
        for vector in accepted():
            self.check(vector, [vector.data])

    def test_byteByByte(self) -> None:
        """
        T-05: byte by byte, the answer comes with the last byte of C1 and each
        message with its own last byte.
        """
        for vector in accepted():
            pieces = [bytes([value]) for value in vector.data]
            self.check(vector, pieces)

    def test_splits(self) -> None:
        """
        T-05: in two pieces, split near each end of a part of the handshake,
        each chunk and each message, and at 50 other places, and in random
        pieces, each vector gives its messages.
        """
        for vector in accepted():
            random = Random(vector.name)
            near = [0, C1_END, C2_END, *vector.chunks]
            near += [fact.end for fact in vector.facts]
            places = {place + offset for place in near for offset in (-1, 0, 1)}
            places.update(random.randrange(len(vector.data)) for _ in range(50))
            for place in sorted(places):
                if 0 < place < len(vector.data):
                    self.check(vector, cutAt(vector.data, place))
            for count in (3, 6, 20):
                self.check(vector, randomCut(vector.data, random, count))

    def test_refused(self) -> None:
        """
        T-04: what is no handshake is refused, as early as the vector says.
        """
        self.assertTrue(len(vectors("refused")) >= 3)
        for vector in vectors("refused"):
            connection = RTMPConnection(RANDOMNESS)
            self.assertRaises(HandshakeError, feed, connection, vector.data)
            assert vector.refused is not None
            since, until = vector.refused
            connection = RTMPConnection(RANDOMNESS)
            self.assertEqual(feed(connection, vector.data[: since - 1]), [])
            rest = vector.data[since - 1 : until]
            self.assertRaises(HandshakeError, feed, connection, rest)

    def test_damaged(self) -> None:
        """
        Damaged, each vector gives events or a protocol error.
        """
        refused = 0
        for vector in accepted() + vectors("refused"):
            random = Random(vector.name)
            for _ in range(DAMAGES):
                data = damaged(vector.data, random)
                connection = RTMPConnection(RANDOMNESS)
                try:
                    events = feed(connection, data)
                except ProtocolError:
                    refused += 1
                    self.assertRaises(ProtocolError, connection.nextEvent)
                else:
                    self.assertTrue(len(events) <= len(data), vector.name)
        self.assertTrue(refused > DAMAGES, refused)

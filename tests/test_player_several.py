"""
Tests of L{rtmptwisted.protocol} and L{rtmptwisted.player}: several players on one
connection.
"""

from __future__ import annotations

from rtmptwisted.streams import LiveStream, Publisher
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.message import Command
from tests.delivery_support import BEGIN
from tests.media import frame
from tests.straight_support import PLENTY, FDReactor, connect
from tests.support import Client, ServerTestCase
from tests.websocket_support import PEER


class SeveralTests(ServerTestCase):
    """
    One connection on plain TCP that plays two streams.
    """

    def setUp(self) -> None:
        """
        Publish both, and play them.
        """
        super().setUp()
        self.streams = [self.stream(name) for name in "ab"]
        self.reactor = FDReactor(self.clock)
        self.connection = connect(self.clock, self.factory, PEER, self.reactor)
        self.socket = self.connection.memory
        self.encoder = Client(self.factory)
        self.send(Client.HELLO)
        self.send(Client.ANSWER)
        self.say("connect", commandObject=True)
        for _ in "ab":
            self.say("createStream")
        self.say("play", "a", id=1)
        self.say("play", "b", id=2)

    def stream(self, name: str) -> LiveStream:
        """
        @return: a stream that is live.
        """
        stream = self.directory.publish(f"live/{name}", Publisher("192.0.2.1:4000"))
        for tag in BEGIN:
            stream.receive(tag)
        return stream

    def send(self, data: bytes) -> None:
        """
        Let bytes arrive at the server.
        """
        self.socket.incoming += data
        self.reactor.turns()

    def say(
        self, name: str, *arguments: str, id: int = 0, commandObject: bool = False
    ) -> None:
        """
        Send a command.
        """
        command: Command = self.encoder.command(
            name,
            *arguments,
            id=id,
            commandObject={"app": "live"} if commandObject else None,
        )
        self.send(self.encoder.bytesOf(command))

    def give(self, time: int, *which: int) -> None:
        """
        Let a frame come on each of these streams.
        """
        for each in which:
            self.streams[each].receive(frame(time, 3000))
        self.clock.advance(0)

    def times(self, id: int) -> list[int]:
        """
        @return: the timestamps of the video on a NetStream.
        """
        buffer = FastBuffer()
        reader = ChunkReader(buffer)
        buffer.append(bytes(self.socket.taken)[1 + 2 * 1536 :])
        times = []
        while (message := reader.nextMessage()) is not None:
            if message.typeID == 9 and message.messageStreamID == id:
                times.append(message.timestamp)
        return times

    def test_fullAgain(self) -> None:
        """
        Where the transport is full again with what one of them had to send, what
        comes for the other stays in order.
        """
        self.socket.room = 10
        self.give(40, 0)
        self.give(80, 0, 1)
        # What the transport holds, and a part of what the first has kept.
        self.socket.room = 3100
        self.reactor.turn()
        self.assertTrue(self.connection.queued)
        # There is room before the transport comes round to it.
        self.socket.room = PLENTY
        self.give(120, 1)
        self.give(160, 1)
        self.reactor.turns()
        self.assertEqual(self.times(1)[-2:], [40, 80])
        self.assertEqual(self.times(2)[-3:], [80, 120, 160])

    def test_fullForBoth(self) -> None:
        """
        Where the transport is full again with what one of them had to send, nothing
        is given to it for the other: that counts as its backlog.
        """
        self.socket.room = 10
        self.give(40, 0, 1)
        self.give(80, 0, 1)
        self.socket.room = 3100
        self.reactor.turn()
        queued = len(self.connection.queued)
        self.assertTrue(0 < queued < 3100, queued)
        for time in range(120, 500, 40):
            self.give(time, 0, 1)
        self.assertEqual(len(self.connection.queued), queued)

    def test_turns(self) -> None:
        """
        Where there is room for one of them at a time, each has its turn.
        """
        self.socket.room = 0
        for time in range(40, 2000, 40):
            self.give(time, 0, 1)
            self.socket.room = 3100
            self.reactor.turn()
        counts = [len(self.times(id)) for id in (1, 2)]
        self.assertGreater(min(counts), 10, counts)

    def test_anyRoom(self) -> None:
        """
        Wherever the socket is full, and then again, each player gets all in order.
        """
        for room in range(0, 9300, 150):
            self.setUp()
            for time, room_ in ((40, 10), (80, room), (120, room // 3), (160, PLENTY)):
                self.socket.room = room_
                self.give(time, 0, 1)
                self.reactor.turn()
            self.reactor.turns()
            for id in (1, 2):
                self.assertEqual(self.times(id)[2:], [40, 80, 120, 160], room)

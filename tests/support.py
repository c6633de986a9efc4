"""
An RTMP client in memory, and a server for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.logger import LogEvent, capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.protocol import RTMPProtocol
from rtmptwisted.registry import CommandRegistry
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.chunkwriter import ChunkWriter
from rtmptwisted.wire.coding import decode, encode
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Command, Data, Decoded, Message, SetChunkSize
from tests.fakes import Transport
from tests.flv_reader import Tag
from tests.media import asMessage

Received: TypeAlias = Decoded | Message


class Client:
    """
    An RTMP client, connected to a protocol of a factory.

    @ivar chunkSize: in which it sends.
    @ivar commandChunkStream: on which it sends commands.
    """

    def __init__(self, factory: RTMPFactory) -> None:
        clock = factory.directory.clock
        assert isinstance(clock, Clock)
        self.clock = clock
        self.transport = Transport()
        protocol = factory.buildProtocol(None)
        assert isinstance(protocol, RTMPProtocol)
        self.protocol: RTMPProtocol = protocol
        self.protocol.makeConnection(self.transport)
        self._buffer = FastBuffer()
        self._reader = ChunkReader(self._buffer)
        self._writer = ChunkWriter()
        self._transaction = 0
        self.commandChunkStream = 3

    # What it sends

    HELLO = b"\x03" + bytes(4) * 2 + b"c" * 1528
    ANSWER = b"a" * 1536

    def handshake(self) -> None:
        """
        Do the simple handshake.
        """
        self.feed(self.HELLO)
        reply = self.transport.value()
        if reply[:1] != b"\x03" or reply[1537:] != self.HELLO[1:]:
            raise AssertionError("the handshake is not answered")
        self.transport.clear()
        self.feed(self.ANSWER)

    def feed(self, data: bytes) -> None:
        """
        Let bytes arrive at the server.
        """
        self.protocol.dataReceived(data)

    def bytesOf(self, *messages: Received | FLVTag) -> bytes:
        """
        What the client would send to say this.  Tags go to message stream 1.
        """
        pieces = []
        for each in messages:
            if isinstance(each, FLVTag):
                each = asMessage(each)
            message = each if isinstance(each, Message) else encode(each)
            if isinstance(each, Command):
                message = message._replace(chunkStreamID=self.commandChunkStream)
            pieces.append(self._writer.write(message))
            if isinstance(each, SetChunkSize):
                self._writer.chunkSize = each.size
        return b"".join(pieces)

    def send(self, *messages: Received | FLVTag) -> None:
        """
        Send messages, all in one segment.
        """
        self.feed(self.bytesOf(*messages))

    def command(
        self,
        name: str,
        *arguments: AMFValue,
        id: int = 0,
        commandObject: AMFValue = None,
    ) -> Command:
        """
        A command with the next transaction id, on message stream C{id}.
        """
        self._transaction += 1
        return Command(
            name, float(self._transaction), commandObject, list(arguments), id
        )

    def call(
        self,
        name: str,
        *arguments: AMFValue,
        id: int = 0,
        commandObject: AMFValue = None,
    ) -> list[Received]:
        """
        Send a command.

        @return: what came back.
        """
        self.send(self.command(name, *arguments, id=id, commandObject=commandObject))
        return self.read()

    # What it does

    def connect(self, app: str = "live", **properties: AMFValue) -> list[Received]:
        """
        Do the handshake, and C{connect}.
        """
        self.handshake()
        return self.call("connect", commandObject={"app": app, **properties})

    def createStream(self) -> int:
        """
        @return: the id of a new NetStream.
        """
        (result,) = self.call("createStream")
        assert isinstance(result, Command) and result.name == "_result", result
        id = result.argument(0)
        assert isinstance(id, float)
        return int(id)

    def publish(self, name: str, app: str = "live") -> Client:
        """
        Do all that it takes to publish.
        """
        self.connect(app)
        id = self.createStream()
        codes = statusCodes(self.call("publish", name, "live", id=id))
        assert codes == ["NetStream.Publish.Start"], codes
        return self

    def play(self, name: str, app: str = "live") -> Client:
        """
        Do all that it takes to play.  What was answered is not read yet.
        """
        self.connect(app)
        id = self.createStream()
        self.send(self.command("play", name, id=id))
        return self

    # What it sees

    def read(self) -> list[Received]:
        """
        @return: what the server has sent since, after a turn of the reactor.
        """
        self.clock.advance(0)
        self._buffer.append(self.transport.value())
        self.transport.clear()
        messages: list[Received] = []
        while (message := self._reader.nextMessage()) is not None:
            decoded = decode(message, Limits())
            messages.append(message if decoded is None else decoded)
        return messages

    def media(self) -> list[Tag]:
        """
        @return: audio and video that came since.
        """
        return media(self.read())

    @property
    def closing(self) -> bool:
        """
        Whether the server has closed the connection.
        """
        return self.transport.disconnecting

    @property
    def aborted(self) -> bool:
        """
        Whether the server has aborted the connection.
        """
        return self.transport.disconnected

    def lose(self) -> None:
        """
        The connection is gone.
        """
        self.protocol.connectionLost(Failure(ConnectionDone()))


def media(messages: Iterable[Received]) -> list[Tag]:
    """
    @return: the audio and video of messages.
    """
    return [
        Tag(each.typeID, each.timestamp, each.payload)
        for each in messages
        if isinstance(each, Message)
    ]


def statusCodes(messages: Iterable[Received]) -> list[AMFValue]:
    """
    @return: the codes in commands that carry one, in order.
    """
    codes = []
    for each in messages:
        information = each.argument(0) if isinstance(each, Command) else None
        if isinstance(information, dict):
            codes.append(information.get("code"))
    return codes


def summary(message: Received) -> tuple[Any, ...]:
    """
    What matters in a command with an information object.
    """
    assert isinstance(message, Command)
    information = message.argument(0)
    assert isinstance(information, dict), message
    assert information["description"]
    return (
        message.name,
        message.transactionID,
        message.messageStreamID,
        information["level"],
        information["code"],
    )


def setDataFrame(id: int = 1, **metadata: AMFValue) -> Data:
    """
    Metadata as encoders send it.
    """
    return Data(["@setDataFrame", "onMetaData", dict(metadata)], 0, id)


class ServerTestCase(SynchronousTestCase):
    """
    A test with a server in memory.
    """

    limits = Limits()

    def setUp(self) -> None:
        """
        Make the server.
        """
        self.clock = Clock()
        self.directory = StreamDirectory(self.clock, self.limits)
        self.factory = RTMPFactory(self.directory, self.commands(), bytes)

    def commands(self) -> CommandRegistry | None:
        """
        @return: the commands of the server, when they are not the standard
            ones.
        """
        return None

    def logs(self) -> AbstractContextManager[Sequence[LogEvent]]:
        """
        Capture what is logged.
        """
        return capturedLogs()

    def client(self) -> Client:
        """
        @return: a client that has done nothing yet.
        """
        return Client(self.factory)

    def publisher(self, name: str = "show") -> Client:
        """
        @return: a client that publishes C{live/<name>}.
        """
        return self.client().publish(name)

    def player(self, name: str = "show") -> Client:
        """
        @return: a client that plays C{live/<name>}.
        """
        return self.client().play(name)

    def live(self, name: str = "live/show") -> LiveStream:
        """
        @return: the stream, which has to be live.
        """
        stream = self.directory.live(name)
        assert stream is not None, f"{name} is not live"
        return stream

"""
Everybody who is connected to the server of the session target.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from rtmptwisted.delivery import FanOut
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.formats import FLVFormat
from rtmptwisted.protocol import RTMPProtocol
from rtmptwisted.viewer import Viewer
from rtmptwisted.wire.amf import ECMAArray
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.coding import decode
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from rtmptwisted.wire.message import Data
from tests.fakes import FakeOutlet, Transport
from tests.flv_reader import readFLV
from tests.fuzz.chunked import CONNECT, HANDSHAKE
from tests.fuzz.judging import Fault, require
from tests.media import audio, audioHeader, contentOf, frame, keyframe, videoHeader
from tests.support import Client

#: What everybody publishes or plays.
NAME = "show"

ADDRESS = IPv4Address("TCP", "192.0.2.7", 4000)


class Peer:
    """
    A client that somebody else wrote: bytes, and a transport that takes what is
    answered.
    """

    def __init__(self, factory: RTMPFactory) -> None:
        self.transport = Transport()
        protocol = factory.buildProtocol(ADDRESS)
        assert isinstance(protocol, RTMPProtocol), protocol
        self.protocol = protocol
        self.protocol.makeConnection(self.transport)
        self._lost = False

    @property
    def closed(self) -> bool:
        """
        Whether the server has closed or aborted the connection.
        """
        return self.transport.disconnecting

    @property
    def held(self) -> bool:
        """
        Whether the server does not want to read.
        """
        return self.transport.producerState == "paused" and not self.closed

    def feed(self, data: bytes) -> None:
        """
        Let bytes arrive, unless the connection is gone.
        """
        if not self._lost:
            self.protocol.dataReceived(data)

    def choke(self, full: bool) -> None:
        """
        The transport is full, or has room again.
        """
        producer = self.transport.producer
        if producer is not None and full:
            producer.pauseProducing()
        elif producer is not None:
            producer.resumeProducing()

    def check(self) -> None:
        """
        @raise Fault: when what it got is not RTMP, to the end of a message.
        """
        _check(self.transport.value()[len(HANDSHAKE) :])

    def lose(self) -> None:
        """
        The connection is gone.
        """
        if not self._lost:
            self._lost = True
            self.protocol.connectionLost(Failure(ConnectionLost()))


@cache
def opening(command: str) -> bytes:
    """
    @return: what a client sends behind the handshake, up to its C{publish} or
        C{play}.
    """
    client = Client(RTMPFactory(StreamDirectory(Clock()), randomness=bytes))
    return CONNECT + client.bytesOf(
        client.command("createStream"), client.command(command, NAME, id=1)
    )


@cache
def show() -> Sequence[bytes]:
    """
    @return: what a publisher sends, message by message.
    """
    metadata = ECMAArray({"width": 320.0, "audiocodecid": 10.0, "videocodecid": 7.0})
    sent: list[FLVTag | Data] = [
        Data(["@setDataFrame", "onMetaData", metadata], 0, 1),
        videoHeader(),
        audioHeader(),
    ]
    for time in range(0, 4000, 40):
        sent += [keyframe(time, 300) if time % 400 == 0 else frame(time), audio(time)]
    client = Client(RTMPFactory(StreamDirectory(Clock()), randomness=bytes))
    return [client.bytesOf(each) for each in sent]


class _Outlet(FakeOutlet):
    """
    Takes nothing more once the connection was aborted.
    """

    def write(self, data: bytes) -> None:
        """
        See L{IViewerOutlet<rtmptwisted.interfaces.IViewerOutlet>}.
        """
        if not self.aborted:
            super().write(data)


class Watcher:
    """
    A viewer over HTTP-FLV, without HTTP.
    """

    def __init__(self, directory: StreamDirectory, format: FLVFormat) -> None:
        self._framing = format.framing
        self._outlet = _Outlet()
        clock, limits = directory.clock, directory.limits
        self._most = limits.viewerBytes
        self._viewer = Viewer(self._outlet, clock, limits)
        stream = directory.stream(f"live/{NAME}")
        self._fanOut = FanOut.of(stream, format, clock, limits)
        self._fanOut.add(self._viewer)

    def look(self) -> None:
        """
        @raise Fault: when too much waits for this viewer.
        """
        if self._outlet.aborted or self._viewer.abandoned:
            self.lose()
            return
        backlog = self._viewer._backlog or ()
        waiting = sum(len(flush.data) for flush in backlog)
        require(waiting == self._viewer._backlogBytes, f"{waiting} bytes are not known")
        require(waiting <= self._most, f"{waiting} bytes wait for a viewer")

    def choke(self, full: bool) -> None:
        """
        The transport is full, or has room again.
        """
        if full:
            self._viewer.pauseProducing()
        else:
            self._viewer.resumeProducing()

    def lose(self) -> None:
        """
        The connection is gone.
        """
        self._viewer.stopProducing()
        self._fanOut.remove(self._viewer)

    def check(self) -> None:
        """
        @raise Fault: when what it got is no FLV.
        """
        try:
            sent = self._outlet.data
            if sent:
                readFLV(contentOf(sent, self._framing))
        except (AssertionError, ValueError) as error:
            raise Fault(f"what was sent to a viewer is no FLV: {error!r}") from error
        require(self._outlet.finished <= 1, "a response was finished twice")


def _check(sent: bytes) -> None:
    """
    @raise Fault: when bytes that a client got are not RTMP.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer)
    buffer.append(sent)
    try:
        while (message := reader.nextMessage()) is not None:
            decode(message, Limits(amfDepth=100, amfString=1 << 24))
    except Exception as error:
        raise Fault(f"what was sent to a client is no RTMP: {error!r}") from error
    require(len(buffer) == 0, f"{len(buffer)} bytes behind the last message")
    require(not reader.unfinished, "the last message is not whole")

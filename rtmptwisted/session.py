"""
What a connection is about: the application, its NetStreams, and what command
handlers may do with them.  There is no transport here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rtmptwisted.capabilities import Capabilities
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import CommandRejected, InvalidName
from rtmptwisted.interfaces import ISessionHost
from rtmptwisted.names import StreamName, shown, streamName
from rtmptwisted.netstream import NetStream, NetStreamState
from rtmptwisted.streams import LiveStream
from rtmptwisted.takeover import Publisher
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import Command, Data, Message, UserControl

RECONNECT_REQUEST = "NetConnection.Connect.ReconnectRequest"


class Session:
    """
    One client's connection, as far as commands go.

    @ivar host: the connection itself.
    @ivar directory: the server's streams.
    @ivar app: the application that C{connect} named, query string included.
    @ivar properties: all that C{connect} said.
    @ivar capabilities: what it said it can do beyond RTMP 1.0.
    @ivar netStreams: by message stream id.
    @ivar closed: whether the connection is closed, or about to be.
    @ivar dropped: media messages that belonged to nothing.
    """

    def __init__(self, host: ISessionHost, directory: StreamDirectory) -> None:
        self.host = host
        self.directory = directory
        self.app = ""
        self.properties: dict[str, AMFValue] = {}
        self.capabilities = Capabilities()
        self.netStreams: dict[int, NetStream] = {}
        self.dropped = 0
        self._starts = 0
        self.closed = False

    @property
    def software(self) -> str:
        """
        What the client says it is, fit for a log line.
        """
        software = self.properties.get("flashVer")
        return shown(software) if isinstance(software, str) else ""

    @property
    def isPublishing(self) -> bool:
        """
        Whether any of its NetStreams publishes.
        """
        return any(
            each.state is NetStreamState.PUBLISHING for each in self.netStreams.values()
        )

    @property
    def isBusy(self) -> bool:
        """
        Whether any of its NetStreams publishes or plays.
        """
        return any(
            each.state is not NetStreamState.IDLE for each in self.netStreams.values()
        )

    def noteBytes(self) -> bool:
        """
        Something has come: who sends a large picture over a slow network is not
        silent.

        @return: whether the client publishes.
        """
        publishes = [each.noteBytes() for each in self.netStreams.values()]
        return any(publishes)

    def createStream(self) -> NetStream:
        """
        @return: a new NetStream, idle.
        @raise CommandRejected: when the connection has too many.
        """
        if len(self.netStreams) >= self.directory.limits.netStreams:
            raise CommandRejected(
                "NetConnection.Call.Failed",
                f"at most {self.directory.limits.netStreams} streams a connection",
            )
        id = next(
            n for n in range(1, len(self.netStreams) + 2) if n not in self.netStreams
        )
        self.netStreams[id] = NetStream(self, id)
        return self.netStreams[id]

    def deleteStream(self, netStream: NetStream) -> None:
        """
        Close a NetStream and free its id.
        """
        netStream.delete()
        self.netStreams.pop(netStream.id, None)

    def netStream(self, id: int) -> NetStream | None:
        """
        @return: the NetStream with this id.  Some encoders write 0 where they
            have only one.
        """
        found = self.netStreams.get(id)
        if found is None and id == 0 and len(self.netStreams) == 1:
            (found,) = self.netStreams.values()
        return found

    def requireNetStream(self, command: Command, code: str) -> NetStream:
        """
        @param code: the status code if there is none.
        @return: the NetStream that a command is about.
        @raise CommandRejected: when it does not exist.
        """
        found = self.netStream(command.messageStreamID)
        if found is None:
            raise CommandRejected(
                code, f"there is no stream {command.messageStreamID}: call createStream"
            )
        return found

    def named(self, name: AMFValue) -> NetStream | None:
        """
        @return: the NetStream that publishes or plays under the name that a
            client gives, if any.
        """
        if not isinstance(name, str):
            return None
        try:
            key = streamName(self.app, name).key
        except InvalidName:
            return None
        for each in self.netStreams.values():
            if each.stream is not None and each.stream.name == key:
                return each
        return None

    def countStart(self, code: str) -> None:
        """
        The client is about to publish or play.

        @param code: the status code if it does so too often.
        @raise CommandRejected: when that is so.
        """
        self._starts += 1
        if self._starts > self.directory.limits.starts:
            raise CommandRejected(
                code, f"a connection may begin {self.directory.limits.starts} times"
            )

    def parseName(self, name: AMFValue, code: str) -> StreamName:
        """
        @param name: the argument of C{publish} or C{play}.
        @param code: the status code if it cannot be served.
        @raise CommandRejected: when it is not a name.
        """
        if not isinstance(name, str):
            raise CommandRejected(code, "the stream name is not a string")
        try:
            return streamName(self.app, name)
        except InvalidName as error:
            raise CommandRejected(code, str(error)) from None

    def framesReceived(self, messages: Iterable[Message]) -> None:
        """
        Route audio and video, until the connection is closed.  What belongs to no
        publisher is dropped.
        """
        stream: LiveStream | None = None
        publisher: Publisher | None = None
        current = -1
        # This runs for each frame, and is a good part of what one costs.
        for typeID, timestamp, messageStreamID, payload, _ in messages:
            if (
                messageStreamID != current
                or stream is None
                or stream.publisher is not publisher
            ):
                if self.closed:
                    return
                if stream is not None:
                    stream.heard(publisher)
                current = messageStreamID
                stream = self._published(messageStreamID)
                if stream is None:
                    continue
                publisher = stream.publisher
            stream.receive(FLVTag(typeID, timestamp, payload))
        if stream is not None:
            stream.heard(publisher)

    def mediaReceived(self, message: Message) -> None:
        """
        Route audio or video.
        """
        self.framesReceived((message,))

    def dataReceived(self, data: Data) -> None:
        """
        Route metadata and other data.
        """
        stream = self._published(data.messageStreamID)
        values = data.values
        if stream is None or not values:
            return
        if values[0] == "@setDataFrame":
            values = values[1:]
        if values[:1] == ["@clearDataFrame"]:
            if values[1:2] in ([], ["onMetaData"]):
                stream.clearMetadata()
            return
        metadata = values[1] if len(values) > 1 else None
        if values[:1] == ["onMetaData"] and isinstance(metadata, dict):
            stream.receiveMetadata(metadata)
        elif values:
            stream.receiveData(values, data.timestamp)
        stream.heard(stream.publisher)

    def _published(self, messageStreamID: int) -> LiveStream | None:
        netStream = self.netStream(messageStreamID)
        stream = None if netStream is None else netStream.published
        if stream is None:
            self.dropped += 1
        return stream

    def sendResult(
        self, command: Command, *values: AMFValue, commandObject: AMFValue = None
    ) -> None:
        """
        Answer a command, if it wants an answer.
        """
        if command.transactionID:
            self.host.send(
                Command(
                    "_result",
                    command.transactionID,
                    commandObject,
                    list(values) or [None],
                )
            )

    def sendError(self, command: Command, code: str, description: str) -> None:
        """
        Answer a command that failed, if it wants an answer.
        """
        if command.transactionID:
            self.host.send(
                Command(
                    "_error",
                    command.transactionID,
                    None,
                    [{"level": "error", "code": code, "description": description}],
                )
            )

    def sendStatus(
        self,
        id: int,
        code: str,
        description: str,
        level: str = "status",
        more: Mapping[str, AMFValue] | None = None,
    ) -> None:
        """
        Tell the client what became of a NetStream, or, with the id 0, of the
        connection.

        @param more: further properties of the information.
        """
        information: dict[str, AMFValue] = {
            "level": level,
            "code": code,
            "description": description,
        }
        information.update(more or {})
        self.host.send(Command("onStatus", 0.0, None, [information], id))

    def requestReconnect(self, tcUrl: str | None = None, description: str = "") -> bool:
        """
        Ask the client to come back on a new connection at the next good moment.
        Until it does, all goes on here as before.

        Source: Enhanced RTMP v2, the section Reconnect Request.

        @param tcUrl: where it shall go, absolute or relative to where it is;
            L{None} for the same place.
        @return: whether it was asked: only clients that said so understand this.
        """
        if self.closed or not self.capabilities.canReconnect:
            return False
        more = None if tcUrl is None else {"tcUrl": tcUrl}
        self.sendStatus(0, RECONNECT_REQUEST, description, more=more)
        return True

    def sendUserControl(self, event: int, id: int) -> None:
        """
        Send a user control event about a NetStream.
        """
        self.host.send(UserControl(event, id.to_bytes(4, "big")))

    def close(self) -> None:
        """
        The connection is gone: end all that it did.
        """
        self.closed = True
        for netStream in list(self.netStreams.values()):
            netStream.lose()
        self.netStreams.clear()

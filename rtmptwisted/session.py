"""
What a connection is about: the application, its NetStreams, and what command
handlers may do with them.  There is no transport here.
"""

from __future__ import annotations

import enum
from typing import Final

from twisted.logger import Logger

from rtmptwisted.errors import CommandRejected, InvalidName
from rtmptwisted.interfaces import IPlayer, ISessionHost
from rtmptwisted.names import StreamName, shown, streamName
from rtmptwisted.streams import LiveStream, Publisher, StreamDirectory
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.message import (
    Command,
    Data,
    Message,
    UserControl,
    UserControlType,
)


class NetStreamState(enum.Enum):
    """
    What a NetStream does.
    """

    IDLE = "idle"
    PUBLISHING = "publishing"
    PLAYING = "playing"


class NetStreamAction(enum.Enum):
    """
    What can happen to a NetStream.
    """

    PUBLISH = "publish"
    PLAY = "play"
    CLOSE = "close"


_IDLE, _PUBLISHING, _PLAYING = NetStreamState
_PUBLISH, _PLAY, _CLOSE = NetStreamAction

#: What may happen when, and where it leads.  All else is refused.
TRANSITIONS: Final[dict[tuple[NetStreamState, NetStreamAction], NetStreamState]] = {
    (_IDLE, _PUBLISH): _PUBLISHING,
    (_IDLE, _PLAY): _PLAYING,
    (_IDLE, _CLOSE): _IDLE,
    (_PUBLISHING, _CLOSE): _IDLE,
    (_PLAYING, _CLOSE): _IDLE,
}


class NetStream:
    """
    One message stream of a connection.

    @ivar id: its message stream id, 1 or more.
    @ivar state: what it does.
    @ivar name: what it publishes or plays.
    @ivar stream: the same, as the server has it.
    @ivar publisher: how the server knows the client, while it publishes.
    @ivar player: what sends to the client, while it plays.
    """

    def __init__(self, session: Session, id: int) -> None:
        self._session = session
        self.id = id
        self.state = NetStreamState.IDLE
        self.name: StreamName | None = None
        self.stream: LiveStream | None = None
        self.publisher: Publisher | None = None
        self.player: IPlayer | None = None

    def _advance(self, action: NetStreamAction) -> None:
        following = TRANSITIONS.get((self.state, action))
        if following is None:
            raise CommandRejected(
                f"NetStream.{action.value.capitalize()}.Failed",
                f"cannot {action.value} on a stream that is {self.state.value}",
            )
        self.state = following

    def publish(self, name: StreamName) -> None:
        """
        Begin to publish.

        @raise CommandRejected: when the name is taken, or the NetStream busy.
        """
        session = self._session
        if self.state is not NetStreamState.IDLE:
            self._advance(NetStreamAction.PUBLISH)
        publisher = Publisher(session.host.peer, session.software)
        self.stream = session.directory.publish(name.key, publisher)
        self.publisher = publisher
        self.name = name
        self._advance(NetStreamAction.PUBLISH)

    def play(self, name: StreamName) -> IPlayer:
        """
        Get ready to play.  What played here before ends.

        @return: the player, to be started after the client was told.
        @raise CommandRejected: when the NetStream publishes.
        """
        if self.state is NetStreamState.PLAYING:
            self.close()
        self._advance(NetStreamAction.PLAY)
        session = self._session
        self.name = name
        self.stream = session.directory.stream(name.key)
        self.player = session.host.createPlayer(self, self.stream)
        return self.player

    def close(self) -> bool:
        """
        Stop to publish or play.

        @return: whether it did either.
        """
        stream, publisher, player = self.stream, self.publisher, self.player
        busy = self.state is not NetStreamState.IDLE
        self._advance(NetStreamAction.CLOSE)
        self.stream = self.publisher = self.player = None
        if stream is not None and publisher is not None:
            stream.end(publisher)
        if player is not None:
            player.stop()
        return busy

    @property
    def published(self) -> LiveStream | None:
        """
        The stream that this NetStream publishes, as long as it is its own.
        """
        stream = self.stream
        if stream is None or stream.publisher is None:
            return None
        return stream if stream.publisher is self.publisher else None

    def ended(self) -> None:
        """
        What is played here is over: tell the client, in the three ways that
        different players look for.
        """
        session = self._session
        session.sendStatus(
            self.id,
            "NetStream.Play.UnpublishNotify",
            f"{self.name.key if self.name else 'the stream'} is over",
        )
        session.sendUserControl(UserControlType.STREAM_EOF, self.id)
        self.close()
        if not any(each.state is not _IDLE for each in session.netStreams.values()):
            session.host.close()


class Session:
    """
    One client's connection, as far as commands go.

    @ivar host: the connection itself.
    @ivar directory: the server's streams.
    @ivar app: the application that C{connect} named, query string included.
    @ivar properties: all that C{connect} said.
    @ivar netStreams: by message stream id.
    @ivar dropped: media messages that belonged to nothing.
    """

    _log = Logger()

    def __init__(self, host: ISessionHost, directory: StreamDirectory) -> None:
        self.host = host
        self.directory = directory
        self.app = ""
        self.properties: dict[str, AMFValue] = {}
        self.netStreams: dict[int, NetStream] = {}
        self.dropped = 0

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
        netStream.close()
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

    def mediaReceived(self, message: Message) -> None:
        """
        Route audio or video.  What belongs to no publisher is dropped.
        """
        stream = self._published(message.messageStreamID)
        if stream is not None:
            stream.receive(FLVTag(message.typeID, message.timestamp, message.payload))

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
        if not values or values[0] == "@clearDataFrame":
            return
        if (
            values[0] == "onMetaData"
            and len(values) > 1
            and isinstance(values[1], dict)
        ):
            stream.receiveMetadata(values[1], data.timestamp)
        else:
            stream.receiveData(values, data.timestamp)

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
        self, id: int, code: str, description: str, level: str = "status"
    ) -> None:
        """
        Tell the client what became of a NetStream.
        """
        self.host.send(
            Command(
                "onStatus",
                0.0,
                None,
                [{"level": level, "code": code, "description": description}],
                id,
            )
        )

    def sendUserControl(self, event: int, id: int) -> None:
        """
        Send a user control event about a NetStream.
        """
        self.host.send(UserControl(event, id.to_bytes(4, "big")))

    def close(self) -> None:
        """
        The connection is gone: end all that it did.
        """
        for netStream in list(self.netStreams.values()):
            self.deleteStream(netStream)

"""
NetStreams: what a client publishes and plays on one connection.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from rtmptwisted.errors import CommandRejected
from rtmptwisted.interfaces import IPlayer
from rtmptwisted.names import StreamName
from rtmptwisted.streams import LiveStream
from rtmptwisted.takeover import Publisher
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import Data, UserControlType

if TYPE_CHECKING:
    from rtmptwisted.session import Session


class NetStreamState(enum.Enum):
    """
    What a NetStream does.
    """

    IDLE = "idle"
    PUBLISHING = "publishing"
    PLAYING = "playing"
    DELETED = "deleted"


class NetStreamAction(enum.Enum):
    """
    What can happen to a NetStream.
    """

    PUBLISH = "publish"
    PLAY = "play"
    CLOSE = "close"
    DELETE = "delete"


_COMPLETE = "NetStream.Play.Complete"

_IDLE, _PUBLISHING, _PLAYING, _DELETED = NetStreamState
_PUBLISH, _PLAY, _CLOSE, _DELETE = NetStreamAction

#: What may happen when, and where it leads.  All else is refused.
TRANSITIONS: Final[dict[tuple[NetStreamState, NetStreamAction], NetStreamState]] = {
    (_IDLE, _PUBLISH): _PUBLISHING,
    (_IDLE, _PLAY): _PLAYING,
    (_IDLE, _CLOSE): _IDLE,
    (_PUBLISHING, _CLOSE): _IDLE,
    (_PLAYING, _CLOSE): _IDLE,
    (_IDLE, _DELETE): _DELETED,
    (_DELETED, _CLOSE): _DELETED,
    (_DELETED, _DELETE): _DELETED,
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
        self._advance(NetStreamAction.PUBLISH)
        publisher = self._publisher(name)
        try:
            stream = self._session.directory.publish(name.key, publisher)
        except BaseException:
            self._advance(NetStreamAction.CLOSE)
            raise
        self.stream = stream
        self.publisher = publisher
        self.name = name
        if self.state is not NetStreamState.PUBLISHING:
            # Somebody who heard of it has closed the connection.
            self.close()

    def wait(self, name: StreamName) -> Deferred[None] | None:
        """
        Wait until it is known whether a name can be published.

        @return: fires when L{publish} can be called; L{None} for at once.
        """
        if self.state is not NetStreamState.IDLE:
            return None
        return self._session.directory.wait(name.key, self._publisher(name))

    def _publisher(self, name: StreamName) -> Publisher:
        session = self._session
        # Whoever writes them in another order has the same.
        credentials = tuple(sorted(name.parameters))
        return Publisher(
            session.host.peer, session.software, credentials, self.displaced
        )

    def play(self, name: StreamName) -> IPlayer:
        """
        Get ready to play.  What played here before ends.

        @return: the player, to be started after the client was told.
        @raise CommandRejected: when the NetStream publishes.
        """
        if self.state is NetStreamState.PLAYING:
            if self.player is not None and self.name == name:
                self.player.pause(False)
                return self.player
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
        busy = stream is not None
        self._advance(NetStreamAction.CLOSE)
        self.stream = self.publisher = self.player = None
        if stream is not None and publisher is not None:
            stream.end(publisher)
        if player is not None:
            player.stop()
        return busy

    def displaced(self) -> None:
        """
        Another publishes in the place of this.
        """
        session = self._session
        self.close()
        session.sendStatus(
            self.id,
            "NetStream.Publish.BadName",
            f"{self.name.key if self.name else 'the stream'} is published by another",
            "error",
        )
        # What else it publishes may be well.
        if not session.isPublishing:
            session.host.close()

    def lose(self) -> None:
        """
        The connection is lost: delete it, though its publisher may come back.
        """
        if self.stream is not None and self.publisher is not None:
            self.stream.interrupt(self.publisher)
        self.delete()

    def delete(self) -> None:
        """
        Close it for good: whoever still has it can do nothing with it.
        """
        self.close()
        self._advance(NetStreamAction.DELETE)

    @property
    def published(self) -> LiveStream | None:
        """
        The stream that this NetStream publishes, as long as it is its own.
        """
        stream = self.stream
        if stream is None or stream.publisher is None:
            return None
        return stream if stream.publisher is self.publisher else None

    def noteBytes(self) -> bool:
        """
        Something has come, if only a part of a message.

        @return: whether this publishes.
        """
        stream = self.published
        if stream is not None:
            stream.heardAt = self._session.directory.clock.seconds()
        return self.state is NetStreamState.PUBLISHING

    def notFound(self) -> None:
        """
        Nobody has published what is to be played here, for too long.
        """
        session = self._session
        session.sendStatus(
            self.id,
            "NetStream.Play.StreamNotFound",
            f"nobody publishes {self.name.key if self.name else 'the stream'}",
            "error",
        )
        self._leave()

    def _leave(self) -> None:
        self.close()
        if not self._session.isBusy:
            self._session.host.close()

    def ended(self) -> None:
        """
        What is played here is over: tell the client, in each of the ways that
        different players look for.
        """
        session = self._session
        # GStreamer's rtmp2src forgets the last message before StreamEOF when it
        # has not passed it on by then.  Let that be this one.
        status: dict[str, AMFValue] = {"level": "status", "code": _COMPLETE}
        time = self.stream.lastTimestamp if self.stream is not None else 0
        session.host.send(Data(["onPlayStatus", status], time, self.id))
        session.sendStatus(
            self.id,
            "NetStream.Play.UnpublishNotify",
            f"{self.name.key if self.name else 'the stream'} is over",
        )
        session.sendUserControl(UserControlType.STREAM_EOF, self.id)
        self._leave()

"""
The places where parts of the server meet, and where yours can take part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from twisted.internet.defer import Deferred

    from rtmptwisted.netstream import NetStream
    from rtmptwisted.session import Session
    from rtmptwisted.streams import LiveStream
    from rtmptwisted.wire.flv import FLVTag
    from rtmptwisted.wire.message import Command, Decoded


class ICommandHandler(Interface):
    """
    Carries out one kind of command.
    """

    def handle(
        session: Session, command: Command
    ) -> Deferred[None] | Coroutine[Any, Any, None] | None:
        """
        Called by the connection for each command of the name that this is
        registered for, after C{connect}.

        While a returned L{Deferred} or coroutine is unfinished, the connection
        reads nothing further; what has arrived waits, in order.

        @raise rtmptwisted.errors.CommandRejected: to refuse.  The client is
            told; after a refused C{connect}, C{publish} or C{play} the
            connection is closed.
        """


class ITagSink(Interface):
    """
    Receives the tags of one live stream.
    """

    def tagReceived(tag: FLVTag) -> None:
        """
        Called by the stream for each tag, in the order of the publisher.  The
        stream has taken note of the tag already.  It must not block.
        """

    def streamEnded() -> None:
        """
        Called by the stream, once, when the publisher is gone, or when
        L{tagReceived} raised.  The sink is removed from the stream.
        """


class IStreamWatcher(Interface):
    """
    Is told which streams are live.
    """

    def streamStarted(stream: LiveStream) -> None:
        """
        Called by the directory when somebody publishes, before the first tag.
        A watcher can add sinks to the stream here.
        """

    def streamStopped(stream: LiveStream) -> None:
        """
        Called by the directory when the publisher is gone, after the stream's
        sinks were told.
        """


class IRecordingWatcher(Interface):
    """
    Is told of the files of recordings.
    """

    def segmentStarted(stream: LiveStream, path: str) -> None:
        """
        Called when the first of a new file is written.
        """

    def segmentFinished(
        stream: LiveStream, path: str, milliseconds: int, size: int
    ) -> None:
        """
        Called when a file that was told of is closed, whole or, where the disk
        failed, as well as it could be finished.

        @param milliseconds: how long it is.
        @param size: of the file, in bytes.
        """


class IViewerOutlet(Interface):
    """
    Where the bytes of one viewer go.
    """

    protocol: str = Attribute("For the log: C{'RTMP'} or C{'HTTP-FLV'}.")
    peer: str = Attribute("For the log: where the viewer is.")
    straight: Any = Attribute(
        "What writes straight to the viewer's socket: a L{StraightWriter"
        "<rtmptwisted.straight.StraightWriter>}, or L{None} where that cannot be."
    )

    def write(data: bytes) -> None:
        """
        Send bytes.  They are shared with other viewers and never change.
        """

    def finish() -> None:
        """
        The stream is over; everything was written.
        """

    def abort() -> None:
        """
        The viewer took nothing for too long: drop its connection.
        """


class IPlayer(Interface):
    """
    What a session can tell the player that it started.
    """

    def start() -> None:
        """
        Begin: metadata, sequence headers and the current group of pictures
        first.
        """

    def pause(paused: bool) -> None:
        """
        Send nothing for a while, or go on with sequence headers and the next
        keyframe.  The end of the stream is told in any case.
        """

    def stop() -> None:
        """
        Send nothing more.  Does nothing when stopped already.
        """

    def select(audio: bool | None, video: bool | None) -> None:
        """
        Send only some kinds of media; C{None} leaves a choice as it is.
        """


class ISessionHost(Interface):
    """
    What a session needs of the connection it is in.
    """

    peer: str = Attribute("For the log: where the client is.")

    def send(decoded: Decoded) -> None:
        """
        Send a message.
        """

    def close() -> None:
        """
        Close the connection when all that was sent is out.
        """

    def createPlayer(netStream: NetStream, stream: LiveStream) -> IPlayer:
        """
        @return: a player, not started, for C{stream} on C{netStream}.
        """

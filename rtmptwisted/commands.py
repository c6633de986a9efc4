"""
The standard command handlers.

To add a command, or to replace one::

    commands = standardCommands()

    @commandHandler
    async def greet(session: Session, command: Command) -> None:
        session.sendResult(command, f"hello, {command.argument(0)}")

    commands.register("greet", greet)
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from rtmptwisted.capabilities import clientCapabilities, serverCapabilities
from rtmptwisted.errors import CommandRejected, InvalidName
from rtmptwisted.formats import CHUNK_SIZE
from rtmptwisted.names import LONGEST_KEY, StreamName, appOf, checkApp
from rtmptwisted.netstream import NetStream
from rtmptwisted.playing import (
    pause,
    play,
    play2,
    receiveAudio,
    receiveVideo,
    seek,
)
from rtmptwisted.registry import CommandRegistry, commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import (
    Command,
    SetChunkSize,
    SetPeerBandwidth,
    WindowAckSize,
)

__all__ = [
    "acknowledge",
    "closeStream",
    "connect",
    "createStream",
    "deleteStream",
    "fcPublish",
    "fcSubscribe",
    "fcUnpublish",
    "getStreamLength",
    "pause",
    "play",
    "play2",
    "publish",
    "receiveAudio",
    "receiveVideo",
    "seek",
    "standardCommands",
]

#: What we announce as window and bandwidth, in bytes.  0 would make ffmpeg
#: give up.
WINDOW = 2_500_000

#: The form that clients expect; some parse it.
SERVER_VERSION = "FMS/3,0,1,123"
CAPABILITIES = 31.0

_BAD_PUBLISH_NAME = "NetStream.Publish.BadName"


def standardCommands() -> CommandRegistry:
    """
    @return: a new registry with a handler for each command that encoders and
        players send.
    """
    registry = CommandRegistry()
    for name, handler in (
        ("connect", connect),
        ("createStream", createStream),
        ("releaseStream", acknowledge),
        ("_checkbw", acknowledge),
        ("getStreamLength", getStreamLength),
        ("FCPublish", fcPublish),
        ("FCUnpublish", fcUnpublish),
        ("FCSubscribe", fcSubscribe),
        ("publish", publish),
        ("play", play),
        ("play2", play2),
        ("pause", pause),
        ("pauseRaw", pause),
        ("seek", seek),
        ("receiveAudio", receiveAudio),
        ("receiveVideo", receiveVideo),
        ("closeStream", closeStream),
        ("deleteStream", deleteStream),
    ):
        registry.register(name, handler)
    return registry


@commandHandler
def connect(session: Session, command: Command) -> None:
    """
    Open the connection for an application (RTMP 1.0, section 7.2.1.1).
    """
    properties = command.commandObject
    if isinstance(properties, dict):
        session.properties = properties
    session.app = appOf(session.properties)
    session.capabilities = clientCapabilities(session.properties)
    try:
        checkApp(session.app)
    except InvalidName as error:
        raise CommandRejected("NetConnection.Connect.InvalidApp", str(error)) from None
    session.host.send(WindowAckSize(WINDOW))
    session.host.send(SetPeerBandwidth(WINDOW))
    session.host.send(SetChunkSize(CHUNK_SIZE))
    session.sendResult(
        command,
        {
            "level": "status",
            "code": "NetConnection.Connect.Success",
            "description": "connected",
            "objectEncoding": 0.0,
        },
        commandObject={
            "fmsVer": SERVER_VERSION,
            "capabilities": CAPABILITIES,
            **serverCapabilities(session.capabilities),
        },
    )


@commandHandler
def createStream(session: Session, command: Command) -> None:
    """
    Make a NetStream (section 7.2.1.3).
    """
    session.sendResult(command, float(session.createStream().id))


@commandHandler
def acknowledge(session: Session, command: Command) -> None:
    """
    Answer what needs no action.
    """
    session.sendResult(command)


@commandHandler
def getStreamLength(session: Session, command: Command) -> None:
    """
    A live stream has no length.
    """
    session.sendResult(command, 0.0)


def _announce(session: Session, command: Command, event: str, code: str) -> None:
    """
    Answer in the two ways that different encoders wait for.
    """
    session.sendResult(command)
    name = command.argument(0)
    session.host.send(
        Command(
            event,
            0.0,
            None,
            [
                {
                    "level": "status",
                    "code": code,
                    "description": name[:LONGEST_KEY] if isinstance(name, str) else "",
                }
            ],
        )
    )


@commandHandler
def fcPublish(session: Session, command: Command) -> None:
    """
    Announce a publish.  Some hardware encoders wait for C{onFCPublish}.
    """
    _announce(session, command, "onFCPublish", "NetStream.Publish.Start")


@commandHandler
def fcSubscribe(session: Session, command: Command) -> None:
    """
    Announce a play.
    """
    _announce(session, command, "onFCSubscribe", "NetStream.Play.Start")


@commandHandler
def fcUnpublish(session: Session, command: Command) -> None:
    """
    End a publish by its name.
    """
    netStream = session.named(command.argument(0))
    if netStream is not None:
        netStream.close()
    _announce(session, command, "onFCUnpublish", "NetStream.Unpublish.Success")


@commandHandler
def publish(session: Session, command: Command) -> Deferred[None] | None:
    """
    Begin to publish (section 7.2.2.6), if need be after it is known whether the
    one who has the name is still there.
    """
    netStream = session.requireNetStream(command, _BAD_PUBLISH_NAME)
    name = session.parseName(command.argument(0), _BAD_PUBLISH_NAME)
    session.countStart("NetStream.Publish.Failed")
    waiting = netStream.wait(name)
    if waiting is None:
        _begin(session, netStream, name)
        return None
    return waiting.addCallback(lambda ignored: _begin(session, netStream, name))


def _begin(session: Session, netStream: NetStream, name: StreamName) -> None:
    netStream.publish(name)
    session.sendStatus(
        netStream.id, "NetStream.Publish.Start", f"{name.key} is now published"
    )


@commandHandler
def closeStream(session: Session, command: Command) -> None:
    """
    End what a NetStream does, and keep it.
    """
    netStream = session.netStream(command.messageStreamID)
    if netStream is not None and netStream.close():
        session.sendStatus(netStream.id, "NetStream.Unpublish.Success", "closed")


@commandHandler
def deleteStream(session: Session, command: Command) -> None:
    """
    End what a NetStream does, and free its id (section 7.2.2.3).

    GStreamer gives the stream's name where the id belongs.
    """
    which = command.argument(0)
    if isinstance(which, int | float) and which > 0:
        # Not int(): infinity has none.
        found = [each for id, each in session.netStreams.items() if id == which]
        netStream = found[0] if found else None
    else:
        netStream = session.named(which) or session.netStream(command.messageStreamID)
    if netStream is not None:
        session.deleteStream(netStream)

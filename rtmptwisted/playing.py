"""
The standard handlers of commands that play.
"""

from __future__ import annotations

from rtmptwisted.interfaces import IPlayer
from rtmptwisted.netstream import NetStream
from rtmptwisted.registry import commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import Command, UserControlType

_BAD_PLAY_NAME = "NetStream.Play.StreamNotFound"
_SEEK = "NetStream.Seek.Notify"


@commandHandler
def play(session: Session, command: Command) -> None:
    """
    Begin to play, or to wait for the publisher (section 7.2.2.1).
    """
    _play(session, command, command.argument(0))


@commandHandler
def play2(session: Session, command: Command) -> None:
    """
    Begin to play, as C{play} does; what else it says is for streams of several
    bit rates (section 7.2.2.2).
    """
    options = command.argument(0)
    name = options.get("streamName") if isinstance(options, dict) else options
    _play(session, command, name)


def _play(session: Session, command: Command, wanted: AMFValue) -> None:
    netStream = session.requireNetStream(command, _BAD_PLAY_NAME)
    name = session.parseName(wanted, _BAD_PLAY_NAME)
    session.countStart("NetStream.Play.Failed")
    player = netStream.play(name)
    session.sendUserControl(UserControlType.STREAM_BEGIN, netStream.id)
    session.sendStatus(netStream.id, "NetStream.Play.Reset", f"playing {name.key}")
    session.sendStatus(
        netStream.id, "NetStream.Play.Start", f"{name.key} is now played"
    )
    player.start()


def _playing(session: Session, command: Command) -> tuple[NetStream, IPlayer] | None:
    """
    @return: the NetStream that a command is about, and its player, if it plays.
    """
    netStream = session.netStream(command.messageStreamID)
    if netStream is None or netStream.player is None:
        return None
    return netStream, netStream.player


@commandHandler
def pause(session: Session, command: Command) -> None:
    """
    Pause or go on (section 7.2.2.8).  What is live goes on live.
    """
    found = _playing(session, command)
    if found is None:
        return
    netStream, player = found
    paused = bool(command.argument(0))
    code = "NetStream.Pause.Notify" if paused else "NetStream.Unpause.Notify"
    session.sendStatus(netStream.id, code, "live")
    player.pause(paused)


@commandHandler
def seek(session: Session, command: Command) -> None:
    """
    Seek (section 7.2.2.7).  What is live has no other place to go to.
    """
    found = _playing(session, command)
    if found is not None:
        session.sendStatus(found[0].id, _SEEK, "live")


@commandHandler
def receiveAudio(session: Session, command: Command) -> None:
    """
    Turn audio on or off (section 7.2.2.4).
    """
    wanted = bool(command.argument(0))
    _select(session, command, wanted, audio=wanted)


@commandHandler
def receiveVideo(session: Session, command: Command) -> None:
    """
    Turn video on or off (section 7.2.2.5).
    """
    wanted = bool(command.argument(0))
    _select(session, command, wanted, video=wanted)


def _select(
    session: Session,
    command: Command,
    wanted: bool,
    audio: bool | None = None,
    video: bool | None = None,
) -> None:
    found = _playing(session, command)
    if found is None:
        return
    netStream, player = found
    if wanted:
        # Nothing is answered when something is turned off.
        session.sendStatus(netStream.id, _SEEK, "live")
        session.sendStatus(netStream.id, "NetStream.Play.Start", "live")
    player.select(audio=audio, video=video)

"""
What rtmptwisted raises.

There are two families about what a peer did.  A L{ProtocolError} means that
the bytes make no sense from here on: the connection cannot go on.
L{CommandRejected} and L{InvalidName} mean that the bytes are fine and what they
ask for is not: the peer gets a status message that says so.

L{StartError} is about the machine instead: a port or a folder that cannot be
had.

What our own caller gets wrong is a C{ValueError} or C{RuntimeError}, never one
of these.
"""

from __future__ import annotations


class RTMPError(Exception):
    """
    The base of all errors of this package.
    """


class ProtocolError(RTMPError):
    """
    The peer broke the protocol.  Nothing it sends afterwards can be trusted.
    """


class HandshakeError(ProtocolError):
    """
    The first bytes are not an RTMP handshake.
    """


class ChunkError(ProtocolError):
    """
    The chunk stream is malformed, or goes past a limit.
    """


class AMFError(ProtocolError):
    """
    An AMF value is malformed, goes past a limit, or is of a kind that is not
    understood.
    """


class AMFLimitError(AMFError):
    """
    AMF values go past a limit.
    """


class FLVError(ProtocolError):
    """
    FLV bytes are malformed.
    """


class InvalidName(RTMPError):
    """
    An application or stream name is not one that this server serves.
    """


class CommandRejected(RTMPError):
    """
    A command was understood and is refused.

    @ivar code: what the peer is told, for example
        C{"NetStream.Publish.BadName"}.

    @ivar description: a sentence for the person at the other end.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description

    def __str__(self) -> str:
        return f"{self.code}: {self.description}"


class StartError(SystemExit, Exception):
    """
    Something that a service needs to start cannot be had.

    It ends a program that does not catch it, with its message and exit code 1,
    and without a traceback.  Being an L{Exception} too, it is seen by a
    C{twistd} that has become a daemon, which otherwise would never tell the
    process that started it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"rtmptwisted: {message}")

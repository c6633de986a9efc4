"""
What a peer can make us remember or wait for, at the most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

#: How deep AMF values can be nested at all, well before the interpreter's own
#: limit.
DEEPEST_AMF = 200


# Without slots: then the defaults can be read from the class itself.
@dataclass(frozen=True)
class Limits:
    """
    The limits of one connection and of one live stream.

    Sizes are in bytes, times in seconds.  Each can be set when the object is
    made; the reason for each default stands beside it.
    """

    #: A message is at most 2^24 - 1 bytes by its own length field.  A keyframe
    #: of 8 MiB is a 60 Mbit/s stream with one keyframe a second.
    mediaMessage: int = 8 * MIB

    #: The largest commands in the field are C{connect} with codec lists, about
    #: 2 KiB.
    commandMessage: int = 64 * KIB

    #: C{onMetaData} can carry cue points or captions.
    dataMessage: int = 256 * KIB

    #: Protocol control messages have 4 or 5 bytes, user control at most 10;
    #: SWF verification has 44.
    controlMessage: int = 64

    #: Real encoders use 2 to 6 chunk streams, with any number up to 65599.
    chunkStreams: int = 64

    #: Half-received messages of one connection, all chunk streams together:
    #: two of the largest.  A chunk counts when it is whole.
    partialBytes: int = 16 * MIB

    #: Bytes received and not yet interpreted, when more arrive.  They wait
    #: while a command handler does (then the transport is paused too), or
    #: while a chunk is incomplete.
    bufferedBytes: int = 4 * MIB

    #: Nesting of AMF objects and arrays; real messages have 3 or 4 levels.
    amfDepth: int = 32

    #: Values in one AMF message, those inside objects and arrays included.
    amfValues: int = 4096

    #: One string, name or document in an AMF message.  The longest in the field
    #: are descriptions of a recording (XMP) in C{onMetaData}.
    amfString: int = 128 * KIB

    #: Parts of one aggregate message; real ones have a second of media.
    aggregateParts: int = 10_000

    #: NetStreams of one connection; real clients have one or two.
    netStreams: int = 16

    #: How often a connection may begin to publish or play.  Each time is two lines
    #: in the log; real clients do it once or twice.
    starts: int = 1_000

    #: Connections in all, RTMP and HTTP together; 0 for any number.  Each takes
    #: one descriptor of the process, of which there are seldom more.
    connections: int = 10_000

    #: Connections from one address (IPv6: from one /64, which one customer has);
    #: 0 for any number.  Many viewers may share the address of a company or a
    #: mobile network.
    connectionsPerAddress: int = 1_000

    #: From the accepted connection to the end of the handshake, which takes one
    #: round trip.  Nothing puts this off, bytes that trickle in least of all.
    handshakeSeconds: float = 10.0

    #: From the accepted connection to C{connect}; nothing puts it off either.
    connectSeconds: float = 15.0

    #: How long a connection may neither publish nor play.  Clients take one or
    #: two round trips for that.
    idleSeconds: float = 30.0

    #: A publisher of whom no whole message came for this long is gone: its host
    #: lost its network, and the name must become free for it to come back.
    publisherIdleSeconds: float = 30.0

    #: A player of whom no whole message came for this long, not even an answer to
    #: one of three pings, is gone.
    playerIdleSeconds: float = 70.0

    #: From the first byte of a message to its last: the largest message in this
    #: time has 2 Mbit/s.  It is looked at every L{pingSeconds}.
    messageSeconds: float = 30.0

    #: How long a player may wait for somebody to publish what it wants to see.
    #: Waiting costs little, and screens are switched on before cameras are.
    waitSeconds: float = math.inf

    #: librtmp players give up after about 30 seconds of silence, so players are
    #: pinged, and publishers that have been silent for so long.
    pingSeconds: float = 20.0

    #: How long the bytes of one connection are worked on before it is the turn of
    #: others.  What real clients send in one read takes a tenth of that.
    turnSeconds: float = 0.01

    #: An acknowledgement that is due waits for a pause of this length in what
    #: arrives.  One that meets a client which has closed its socket makes its
    #: system discard all that is not sent yet; a client that waits for the
    #: acknowledgement pauses anyway.
    quietSeconds: float = 0.02

    #: Answers that wait for a client which does not read them.  All of a normal
    #: connection's answers together have a few KiB.
    replyBytes: int = 256 * KIB

    #: How long a connection that we close may take to read what is left.
    closeSeconds: float = 5.0

    #: The group of pictures kept for viewers who join: by size,
    gopBytes: int = 32 * MIB
    #: by media time,
    gopSeconds: float = 20.0
    #: and by the number of messages.
    gopTags: int = 5000

    #: Sequence headers and configuration kept for viewers who join: how many.
    #: Enhanced RTMP has up to 256 tracks; real encoders send two to eight.
    setupTags: int = 64
    #: And how large one may be.  Those of AVC and HEVC are below 1 KiB.
    setupBytes: int = 64 * KIB

    #: Where there is no video there are no groups of pictures: so much of the
    #: latest audio is kept instead.
    audioCacheSeconds: float = 3.0

    #: A stream where only audio or only video came for this much media time
    #: has nothing else, as far as its viewers are told.
    settleSeconds: float = 1.0
    #: The same for one whose timestamps do not move, in frames.
    settleFrames: int = 250

    #: What viewers get first is written in pieces of this size, so that each
    #: piece that goes out shows that the viewer still reads.
    openingPieceBytes: int = 256 * KIB

    #: What one viewer may be behind, beyond what its socket holds, before it
    #: loses everything up to the next keyframe: by size,
    viewerBytes: int = 2 * MIB
    #: and by time.
    viewerSeconds: float = 5.0

    #: A viewer that has taken nothing for this long is closed.
    viewerStallSeconds: float = 15.0

    #: What one recording may hold in memory while the disk is slow.
    recordingBytes: int = 32 * MIB

    #: And what all of them may hold together, each an equal part: they mostly have
    #: the same disk.
    recordingsBytes: int = 512 * MIB

    def __post_init__(self) -> None:
        """
        @raise ValueError: for what would not work.
        """
        if self.amfDepth > DEEPEST_AMF:
            raise ValueError(f"amfDepth can be {DEEPEST_AMF} at the most")

"""
Vectors that are parts of sessions of librtmp and of OBS.
"""

from __future__ import annotations

from tests.corpus import contents
from tests.corpus.contents import command, frame, sound, string
from tests.corpus.recording import Recording
from tests.corpus.senders_librtmp import Librtmp, OBSBefore30
from tests.corpus.sessions import NAME, begin, end, headers, media, session
from tests.corpus.vector import FIELD, OMITTED, Catalogue
from tests.corpus.wire import AUDIO

obs = Catalogue("OBS before 30.1")
librtmp = Catalogue("librtmp")
catalogues = (obs, librtmp)


@obs.vector("obs-session", "T-28", "T-31", basis=FIELD)
def _obsSession(r: Recording) -> None:
    """
    Set Chunk Size 4096, then connect, then all media on chunk stream 4.
    """
    sender = OBSBefore30(r)
    sender.setChunkSize(4096)
    sender.command(contents.connect(sender.flashVer))
    begin(sender)
    headers(sender)
    media(sender, 0, 3, 300, 4300)
    media(sender, 120, 3, 300, 600)
    end(sender)


@obs.vector("obs-late", "T-25", "T-28", basis=FIELD, continuation=OMITTED)
def _obsLate(r: Recording) -> None:
    """
    Keyframes of several chunks past 4 h 39 min: type 0 with an extended
    timestamp, which the chunks that follow leave out.
    """
    sender = OBSBefore30(r)
    sender.setChunkSize(4096)
    for index in range(2):
        time = 20_000_000 + 80 * index
        media(sender, time, 2, 300, 4200 + 4100 * index)


@obs.vector("obs-backwards", "T-25", "T-27", "T-26", basis=FIELD, continuation=OMITTED)
def _obsBackwards(r: Recording) -> None:
    """
    Time goes back by a delta that is extended, in messages of several chunks;
    then it goes from 2^31 - 1 to 0, where the time of FLV ends.
    """
    sender = OBSBefore30(r)
    sender.video(1000, frame(sender.random, 300, True))
    sender.video(1040, frame(sender.random, 310))
    sender.video(1020, frame(sender.random, 320))
    sender.video(1060, frame(sender.random, 330))
    sender.video(0x7FFFFFF0, frame(sender.random, 300, True))
    sender.video(8, frame(sender.random, 310))
    sender.video(48, frame(sender.random, 310))
    sender.video(88, frame(sender.random, 300, True))


@librtmp.vector("librtmp-session", "T-28", "T-30", basis=FIELD)
def _librtmpSession(r: Recording) -> None:
    """
    Everything in chunks of 128 bytes, which are never announced.
    """
    session(r, Librtmp, 0)


@librtmp.vector("librtmp-player", "T-12", basis=FIELD)
def _librtmpPlayer(r: Recording) -> None:
    """
    A player whose first control message opens its chunk stream with type 1; a
    second one is type 3.  Acknowledgements follow, type 1 and then type 3.
    """
    sender = Librtmp(r)
    sender.command(contents.connect(sender.flashVer))
    buffer = bytes.fromhex("0003000000000000012c")
    sender.control(4, buffer)
    sender.command(command("createStream", 2))
    sender.control(4, buffer)
    sender.command(command("play", 3, string(NAME)), "publish")
    sender.control(4, bytes.fromhex("00030000000102255100"))
    sender.control(3, bytes.fromhex("00012345"))
    sender.control(3, bytes.fromhex("00024680"))
    sender.control(4, bytes.fromhex("000700000bb8"))
    sender.control(3, bytes.fromhex("00036789"))


@librtmp.vector("librtmp-same-time", "T-22", "T-12", basis=FIELD)
def _librtmpSameTime(r: Recording) -> None:
    """
    A program that begins with type 0 wherever its clock is, and then sends
    audio frames of one size together: type 3, and the same time again.
    """
    sender = Librtmp(r)
    timestamps = []
    for time in (12_345, 1_234_567, 16_000_000):
        sender.send("audio", AUDIO, time, sound(sender.random, 160), form=0)
        sender.audio(time, sound(sender.random, 160))
        sender.audio(time, sound(sender.random, 160))
        sender.audio(time + 23, sound(sender.random, 160))
        sender.video(time + 40, frame(sender.random, 300))
        timestamps += [time, 2 * time, 3 * time, 3 * time + 23, 3 * time + 40]
    r.tolerate("receivers that repeat any timestamp as delta", timestamps)


@librtmp.vector("librtmp-late", "T-24", "T-25", basis=FIELD)
def _librtmpLate(r: Recording) -> None:
    """
    It opens with type 1 and an extended delta, and goes on past 2^24; the
    chunks that follow repeat the delta.
    """
    sender = Librtmp(r)
    sender.command(command("publish", 5, string(NAME), string("live")), "publish")
    media(sender, 16_800_000, 4, 200, 500)
    sender.data(16_800_160, contents.metadata())
    media(sender, 16_800_160, 4, 200, 500)


@librtmp.vector("librtmp-backwards", "T-27", "T-28", basis=FIELD)
def _librtmpBackwards(r: Recording) -> None:
    """
    Audio and video are not in order; each step back is an extended delta.
    """
    sender = Librtmp(r)
    headers(sender)
    for index in range(5):
        time = 40 * index + 40
        sender.video(time, frame(sender.random, 200))
        sender.audio(time - 13, sound(sender.random, 150))
        sender.audio(time - 36, sound(sender.random, 150))

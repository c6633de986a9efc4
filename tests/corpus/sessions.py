"""
Vectors that are parts of sessions of whole senders.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.corpus import contents
from tests.corpus.contents import command, frame, number, sound, string
from tests.corpus.recording import Recording
from tests.corpus.senders import (
    FFmpeg,
    Gortmplib,
    GStreamer,
    Sender,
)
from tests.corpus.vector import FIELD, ZEROS, Catalogue
from tests.corpus.wire import AUDIO, EXTENDED, WRAP

book = Catalogue("by the book")
ffmpeg = Catalogue("ffmpeg")
gstreamer = Catalogue("GStreamer")
gortmplib = Catalogue("gortmplib")
catalogues = (book, ffmpeg, gstreamer, gortmplib)

#: As long as makes two of the commands equally long, as happens in the field.
NAME = "stream1"


def begin(sender: Sender) -> None:
    """
    What a publisher sends between C{connect} and its media.
    """
    sender.command(command("releaseStream", 2, string(NAME)))
    sender.command(command("FCPublish", 3, string(NAME)))
    sender.command(command("createStream", 4))
    publish = command("publish", 5, string(NAME), string("live"))
    sender.command(publish, "publish")
    sender.data(0, contents.metadata())


def headers(sender: Sender, time: int = 0) -> None:
    """
    The sequence headers.
    """
    sender.video(time, contents.VIDEO_HEADER)
    sender.audio(time, contents.AUDIO_HEADER)


def media(
    sender: Sender, time: int, count: int, size: int, key: int | None = None
) -> None:
    """
    A group of pictures, one each 40 ms, and as much audio.

    @param size: of a picture, in bytes.
    @param key: of the first one, which is a keyframe then.
    """
    for index in range(count):
        now = (time + 40 * index) % WRAP
        whole = index == 0 and key is not None
        picture = frame(sender.random, key if whole and key else size, whole)
        sender.video(now, picture)
        sender.audio((now + 7) % WRAP, sound(sender.random, 60))
        sender.audio((now + 30) % WRAP, sound(sender.random, 60))


def end(sender: Sender) -> None:
    """
    What a publisher sends at its end.
    """
    sender.command(command("FCUnpublish", 6, string(NAME)))
    sender.command(command("deleteStream", 7, number(1)))


def session(r: Recording, make: Callable[[Recording], Sender], size: int) -> None:
    """
    A whole session; the chunk size is announced behind C{connect}.

    @param size: the chunk size; 0 for none.
    """
    sender = make(r)
    sender.command(contents.connect(sender.flashVer))
    if size:
        sender.setChunkSize(size)
    begin(sender)
    headers(sender)
    media(sender, 0, 6, 200, 700)
    end(sender)


def late(r: Recording, make: Callable[[Recording], Sender], time: int) -> None:
    """
    The part of a session around this time.
    """
    sender = make(r)
    sender.data(time, contents.metadata())
    media(sender, time, 5, 200, 500)
    media(sender, time + 200, 5, 200, 500)


@book.vector("book-session", "T-20", "T-23")
def _bookSession(r: Recording) -> None:
    """
    A session of a sender that goes by the specification.
    """
    session(r, Sender, 1000)


@book.vector("book-late", "T-24", "T-25")
def _bookLate(r: Recording) -> None:
    """
    Media that begins past 2^24 ms.
    """
    late(r, Sender, EXTENDED + 500)


@book.vector("book-wrap", "T-26", "T-25")
def _bookWrap(r: Recording) -> None:
    """
    A session that passes 2^32 ms.
    """
    late(r, Sender, WRAP - 90)


@ffmpeg.vector("ffmpeg-session", "T-20", "T-23", "T-31")
def _ffmpegSession(r: Recording) -> None:
    """
    It takes over the chunk size of the server, on five chunk streams.  At the
    end a type 3 chunk begins a command.
    """
    session(r, FFmpeg, 60_000)


@ffmpeg.vector("ffmpeg-late-start", "T-24", "T-25", "T-63")
def _ffmpegLateStart(r: Recording) -> None:
    """
    Sequence headers at 0 and media from 16,800,000 ms: type 1 with an extended
    delta, which the chunks that follow repeat.
    """
    sender = FFmpeg(r)
    sender.data(0, contents.metadata())
    headers(sender)
    media(sender, 16_800_000, 5, 200, 700)


@ffmpeg.vector("ffmpeg-hours", "T-20", "T-24")
def _ffmpegHours(r: Recording) -> None:
    """
    A session that passes 2^24 ms by small deltas.
    """
    sender = FFmpeg(r)
    headers(sender)
    sender.video(16_700_000, frame(sender.random, 200))
    sender.audio(16_700_007, sound(sender.random, 60))
    media(sender, 16_777_100, 8, 200, 500)


@ffmpeg.vector("ffmpeg-chunk-size-changes", "T-31", "T-32")
def _ffmpegSizes(r: Recording) -> None:
    """
    It takes over each chunk size that the server tells it, in mid-session.
    """
    sender = FFmpeg(r)
    headers(sender)
    for index, size in enumerate((512, 4096, 100)):
        media(sender, 120 * index, 3, 300, 900)
        sender.setChunkSize(size)
    media(sender, 360, 3, 300, 900)


@ffmpeg.vector("ffmpeg-backwards", "T-27")
def _ffmpegBackwards(r: Recording) -> None:
    """
    A loop of a file: time goes back, by type 0.
    """
    sender = FFmpeg(r)
    headers(sender)
    for _ in range(3):
        media(sender, 80, 3, 200, 400)


@gstreamer.vector("gstreamer-session", "T-23", "T-30", "T-31")
def _gstreamerSession(r: Recording) -> None:
    """
    Set Chunk Size 128, and metadata several times.
    """
    sender = GStreamer(r)
    sender.command(contents.connect(sender.flashVer))
    sender.setChunkSize(128)
    begin(sender)
    headers(sender)
    for index in range(3):
        media(sender, 120 * index, 3, 200, 400)
        sender.data(0, contents.metadata())
    end(sender)


@gstreamer.vector("gstreamer-type-3", "T-23", "T-20")
def _gstreamerTypeThree(r: Recording) -> None:
    """
    Audio frames of one size, 23 and 24 ms apart: types 2 and 3 begin messages.
    """
    sender = GStreamer(r)
    headers(sender)
    time = 0
    for index in range(20):
        time += 24 if index % 5 == 4 else 23
        sender.audio(time, sound(sender.random, 140))
        if index % 4 == 0:
            sender.video(time, frame(sender.random, 200))


@gstreamer.vector("gstreamer-backwards", "T-27", "T-25", basis=FIELD)
def _gstreamerBackwards(r: Recording) -> None:
    """
    Time goes back by an extended delta; also twice by the same, with type 3.
    """
    sender = GStreamer(r)
    headers(sender)
    for time in (500, 540, 510, 550, 530, 570, 569):
        sender.video(time, frame(sender.random, 300))
    for time in (800, 770, 740, 710):
        sender.audio(time, sound(sender.random, 200))
    # The step back again as a delta of type 2, and its repetition.
    for form, time in ((2, 680), (3, 650), (3, 620)):
        sender.send("audio", AUDIO, time, sound(sender.random, 200), form=form)


@gstreamer.vector("gstreamer-late", "T-24", "T-25")
def _gstreamerLate(r: Recording) -> None:
    """
    Media from 5 hours on, in chunks of 128 bytes that repeat the timestamp.
    """
    late(r, GStreamer, 18_000_000)


@gortmplib.vector("gortmplib-session", "T-20", "T-15")
def _gortmplibSession(r: Recording) -> None:
    """
    A session in chunks of 65,536 bytes.
    """
    session(r, Gortmplib, 65_536)


@gortmplib.vector("gortmplib-late", "T-25", basis=FIELD, continuation=ZEROS)
def _gortmplibLate(r: Recording) -> None:
    """
    Media from 5 hours on: four zeros stand in each type 3 chunk of a message
    whose header has an extended timestamp.
    """
    late(r, Gortmplib, 18_000_000)


@gortmplib.vector("gortmplib-wrap", "T-25", "T-26", basis=FIELD, continuation=ZEROS)
def _gortmplibWrap(r: Recording) -> None:
    """
    Four zeros stand in each type 3 chunk of a message whose header has an
    extended timestamp, around 2^32; then time goes back, by type 0.
    """
    late(r, Gortmplib, WRAP - 90)
    sender = Gortmplib(r)
    media(sender, WRAP - 5, 2, 200, 500)

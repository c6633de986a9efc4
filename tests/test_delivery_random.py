"""
Tests of L{rtmptwisted.delivery} with anything that can happen, in any order,
against what a viewer may get at all.
"""

from __future__ import annotations

from errno import ECONNRESET
from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import FLVFormat, Framing
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import WHO
from tests.flv_reader import Tag, readFLV
from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    videoHeader,
)
from tests.straight_support import PLENTY, FDReactor, StraightViewer

FORMS = [FLVFormat(framing, raw) for framing in Framing for raw in (False, True)]
HEADERS = {videoHeader: AVC_CONFIG, audioHeader: AAC_CONFIG}


class Seat:
    """
    A viewer, and what has happened to it.

    @ivar came: how many tags had been published when it came.
    @ivar excuses: how many gaps what it has is allowed for what it asked for.
    """

    def __init__(self, viewer: StraightViewer, came: int) -> None:
        self.viewer = viewer
        self.came = came
        self.excuses = 0
        self.left = False
        self.failed = False

    def mute(self, muted: bool) -> None:
        """
        Want nothing, or all again.
        """
        if muted and not self.viewer.viewer.muted:
            self.excuses += 1
        self.viewer.viewer.mute(muted)

    def leave(self) -> None:
        """
        Go.
        """
        self.left = True
        self.viewer.leave()

    def fail(self) -> None:
        """
        Lose the connection, as a write will find out.
        """
        self.failed = True
        self.viewer.socket.error = ConnectionResetError(ECONNRESET, "reset by peer")


class Run:
    """
    A stream to which things happen.
    """

    def __init__(self, case: SynchronousTestCase, seed: int) -> None:
        self.case = case
        self.random = Random(seed)
        self.clock = Clock()
        limits = Limits(
            viewerBytes=self.random.choice((500, 3000, 1 << 20)),
            viewerSeconds=self.random.choice((0.5, 5.0)),
            openingPieceBytes=self.random.choice((200, 1 << 18)),
        )
        window = self.random.choice((None, 0.0, 0.02, 0.35))
        self.directory = StreamDirectory(self.clock, limits, window)
        self.stream = self.directory.publish("live/show", WHO)
        self.reactor = FDReactor(self.clock)
        self.published: list[FLVTag] = []
        self.seats: list[Seat] = []
        self.time = 0
        self.publish(videoHeader, audioHeader, keyframe, audio)

    def publish(self, *kinds: object) -> None:
        """
        Let tags of these kinds come, each later than the one before.
        """
        for kind in kinds:
            self.time += 10
            if kind in HEADERS:
                number = len(self.published).to_bytes(4, "big")
                tag = kind(self.time, HEADERS[kind] + number)
            else:
                tag = kind(self.time, self.random.randrange(9, 200))  # type: ignore[operator]
            self.published.append(tag)
            self.stream.receive(tag)

    def someKinds(self) -> list[object]:
        """
        @return: what a publisher sends in a turn.
        """
        kinds = (frame, audio, keyframe, videoHeader, audioHeader)
        weights = (12, 12, 4, 1, 1)
        return self.random.choices(kinds, weights, k=self.random.randrange(1, 5))

    def happen(self) -> None:
        """
        Let something happen.
        """
        random = self.random
        what = random.randrange(20)
        here = [seat for seat in self.seats if not seat.left]
        if what < 8:
            self.publish(*self.someKinds())
        elif what < 11:
            self.clock.advance(random.choice((0, 0.01, 0.02, 0.2, 0.35)))
        elif what == 11:
            self.directory.pace.spent(self.clock.seconds() - random.random())
        elif what < 14 and len(here) < 10:
            viewer = StraightViewer(self.stream, self.reactor, random.choice(FORMS))
            self.seats.append(Seat(viewer, len(self.published)))
        elif here:
            self.act(random.choice(here), random.randrange(7))

    def act(self, seat: Seat, what: int) -> None:
        """
        Let a viewer do something.
        """
        socket = seat.viewer.socket
        match what:
            case 0 | 1:
                socket.room = self.random.choice((0, self.random.randrange(300)))
            case 2 | 3:
                socket.room = PLENTY
                self.reactor.turns()
            case 4:
                seat.mute(not seat.viewer.viewer.muted)
            case 5:
                other = self.random.choice(self.seats)
                what = self.random.choice((0, 4, 6))
                socket.onSend = lambda: self.once(seat, other, what)
            case 6:
                (seat.leave if self.random.random() < 0.6 else seat.fail)()

    def once(self, seat: Seat, other: Seat, what: int) -> None:
        """
        Let a viewer do something in the middle of a flush.
        """
        seat.viewer.socket.onSend = None
        if not other.left:
            self.act(other, what)

    def finish(self) -> None:
        """
        Let all take what there is, and the stream go on and end.
        """
        for seat in self.seats:
            seat.viewer.socket.onSend = None
            if not seat.left:
                seat.mute(False)
                seat.viewer.socket.room = PLENTY
        self.clock.advance(0.4)
        self.reactor.turns()
        self.publish(keyframe, frame)
        self.clock.advance(0.4)
        self.publish(audio)
        self.stream.end()

    def setup(self, index: int) -> list[Tag]:
        """
        @return: the sequence headers for the keyframe of this index.
        """
        time = self.published[index].timestamp
        headers = []
        for kind in (b"\x17\0", b"\xaf\0"):
            tags = [tag for tag in self.published[:index] if tag.body[:2] == kind]
            headers.append(Tag(tags[-1].typeID, time, tags[-1].body))
        return headers

    def check(self, seat: Seat) -> int | None:
        """
        What a viewer has is whole, in order, and without gaps but to keyframes.

        @return: the index behind the last tag that it has.
        """
        case = self.case
        written = seat.viewer.content
        media = readFLV(written).media if written else []
        all_ = [Tag(each.typeID, each.timestamp, each.body) for each in self.published]
        place = {tag: n for n, tag in enumerate(all_)}
        following: int | None = None
        starts = position = 0
        while position < len(media):
            tag = media[position]
            if following is not None and all_[following : following + 1] == [tag]:
                following += 1
                position += 1
                continue
            start = place.get(media[position + 2], -1)
            case.assertGreaterEqual(start, following or 0, "twice, or back in time")
            case.assertTrue(self.published[start].isKeyframe)
            case.assertEqual(media[position : position + 2], self.setup(start))
            if not starts and not seat.excuses and not seat.viewer.viewer.skips:
                case.assertFalse(
                    any(
                        each.isKeyframe
                        for each in self.published[start + 1 : seat.came]
                    )
                )
            starts += 1
            following = start + 1
            position += 3
        case.assertLessEqual(starts - 1, seat.excuses + seat.viewer.viewer.skips)
        return following

    def checkEnd(self, seat: Seat) -> None:
        """
        At the end each viewer has all, and what was counted is right.
        """
        following = self.check(seat)
        viewer = seat.viewer.viewer
        if seat.failed or seat.viewer.outlet.aborted:
            return
        data = seat.viewer.written
        self.case.assertEqual(viewer.bytesSent, len(data))
        tags = readFLV(seat.viewer.content).media if data else []
        frames = [tag for tag in tags if FLVTag(*tag).isFrame]
        self.case.assertEqual(viewer.frames, len(frames))
        if not seat.left:
            self.case.assertEqual(following, len(self.published))
            self.case.assertEqual(seat.viewer.outlet.finished, 1)


class RandomTests(SynchronousTestCase):
    """
    Many runs.
    """

    def test_runs(self) -> None:
        """
        Whatever viewers do, and however much their sockets take, each gets every
        tag in order and none twice, with gaps only up to keyframes, when it was too
        slow or wanted nothing; its bytes can be read at every moment, and are
        counted.
        """
        gaps = lined = 0
        for seed in range(250):
            run = Run(self, seed)
            try:
                for step in range(80):
                    run.happen()
                    if step % 16 == 15:
                        for seat in run.seats:
                            run.check(seat)
                    lined += any(seat.viewer.viewer.line for seat in run.seats)
                run.finish()
                for seat in run.seats:
                    run.checkEnd(seat)
                    gaps += seat.viewer.viewer.skips
                self.assertEqual(run.stream.viewers, 0)
                calls = run.clock.getDelayedCalls()
                self.assertLessEqual(len(calls), 2, "more than the digests wait")
            except Exception as error:
                error.add_note(f"in the run of seed {seed}")
                raise
        # Otherwise this has shown little.
        self.assertGreater(gaps, 200)
        self.assertGreater(lined, 5000)

"""
Tests of L{rtmptwisted.delivery}: how long tags wait for others, and what viewers
get that come, go, pause and go on meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.delivery import FanOut
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import CHUNK_SIZE, FLVFormat, RTMPFormat
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.buffer import FastBuffer
from rtmptwisted.wire.chunk import ChunkReader
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.flv_reader import Tag
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.straight_support import FDReactor, StraightViewer


class MergingTestCase(FanOutTestCase):
    """
    A stream of a directory with a merge window.

    @ivar WINDOW: in seconds.
    """

    WINDOW: float | None = 0.35

    def setUp(self) -> None:
        """
        Make it.
        """
        super().setUp()
        self.directory = StreamDirectory(self.clock, self.limits, self.WINDOW)
        self.stream = self.directory.stream("live/show")
        self.publish(*BEGIN)

    def at(self, seconds: float, *tags: FLVTag) -> None:
        """
        Let the publisher send, and then the time pass.
        """
        for tag in tags:
            self.stream.receive(tag)
        self.clock.advance(seconds)


class WindowTests(MergingTestCase):
    """
    A fixed window.
    """

    def test_everythingWaits(self) -> None:
        """
        All that comes within four fifths of a window from the first tag goes out in
        one write then, and the next ones begin with the next tag: in the other fifth
        the first tag may have waited to be read.
        """
        viewer = self.watch()
        self.at(0.2, frame(40), audio(50))
        self.at(0.0799, keyframe(80))
        self.assertEqual(len(viewer.outlet.writes), 1)
        self.at(0.0002)
        self.assertEqual(len(viewer.outlet.writes), 2)
        self.at(1.0)
        self.at(0.27, frame(120))
        self.assertEqual(len(viewer.outlet.writes), 2)
        self.at(0.02)
        self.assertEqual(len(viewer.outlet.writes), 3)
        self.assertEqual(
            viewer.media[len(BEGIN) :],
            plain(frame(40), audio(50), keyframe(80), frame(120)),
        )

    def test_lateJoiners(self) -> None:
        """
        Viewers that join at any place of a window get each tag once, and one
        write more when the window is over; those who came at the same place share
        its bytes.
        """
        early = self.watch()
        tags = [frame(40), audio(50), videoHeader(60), keyframe(80), frame(120)]
        late = [[self.watch(), self.watch()]]
        for tag in tags:
            self.at(0, tag)
            late.append([self.watch(), self.watch()])
        self.at(0.35)
        for n, (one, two) in enumerate(late):
            rest = len(tags) - n
            self.assertEqual(one.media[len(one.media) - rest :], plain(*tags[n:]), n)
            self.assertEqual(one.media.count(early.media[-1]), 1)
            self.assertEqual(one.media, two.media)
            self.assertEqual(len(one.outlet.writes), 2 - (n == len(tags)))
            self.assertIs(one.outlet.writes[-1], two.outlet.writes[-1])
        self.at(0.35, frame(160))
        for each in (early, *(one for one, _ in late)):
            self.assertEqual(each.media[-2:], plain(frame(120), frame(160)))

    def test_countsOfLateJoiners(self) -> None:
        """
        Their frames and bytes are counted right.
        """
        self.watch()
        self.at(0, frame(40), audio(50))
        late = self.watch()
        self.at(0.35, frame(80), videoHeader(90), audio(100))
        self.assertEqual(late.viewer.frames, 2 + 2 + 2)
        self.assertEqual(late.viewer.bytesSent, len(late.outlet.data))

    def test_mutedWithinAWindow(self) -> None:
        """
        A viewer that pauses and goes on within a window waits for a keyframe that
        came after that, or comes later, in the same window.
        """
        viewer = self.watch()
        self.at(0, frame(40))
        viewer.viewer.mute(True)
        viewer.viewer.mute(False)
        self.at(0.35, audio(50), keyframe(80), frame(120))
        self.assertEqual(
            viewer.media[len(BEGIN) :],
            plain(videoHeader(80), audioHeader(80), keyframe(80), frame(120)),
        )

    def test_skippingJoiner(self) -> None:
        """
        A viewer that joined within a window and then skips does not get a keyframe
        that it has already.
        """
        self.watch()
        self.at(0, frame(40), keyframe(80))
        late = self.watch()
        late.viewer.mute(True)
        late.viewer.mute(False)
        before = late.media
        self.at(0.35, frame(120))
        self.assertEqual(late.media, before)
        self.at(0.35, keyframe(160), frame(200))
        self.assertEqual(late.media[-2:], plain(keyframe(160), frame(200)))

    def test_fullJoiner(self) -> None:
        """
        One that joined within a window and is full gets the rest of the window when
        it is not full any more.
        """
        self.watch()
        self.at(0, frame(40))
        late = self.watch(slow=True)
        self.at(0.35, frame(80), audio(90))
        self.assertEqual(late.media, plain(*BEGIN, frame(40)))
        late.viewer.resumeProducing()
        self.assertEqual(late.media, plain(*BEGIN, frame(40), frame(80), audio(90)))

    def test_end(self) -> None:
        """
        The end of the stream does not wait for the window: all that is pending goes
        out before it, and nothing is left behind.
        """
        early = self.watch()
        self.at(0.1, frame(40))
        late = self.watch()
        self.at(0.1, audio(50))
        self.stream.end()
        for each in (early, late):
            self.assertEqual(each.media, plain(*BEGIN, frame(40), audio(50)))
            self.assertEqual(each.outlet.finished, 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_lastViewerLeaves(self) -> None:
        """
        When the last viewer leaves within a window nothing is scheduled any more;
        who comes then gets all that there is, once.
        """
        viewer = self.watch()
        self.at(0.1, frame(40))
        viewer.fanOut.remove(viewer.viewer)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(self.stream.hasSinks)
        other = self.watch()
        self.at(0.35, frame(80))
        self.assertEqual(other.media, plain(*BEGIN, frame(40), frame(80)))
        self.assertEqual(viewer.media, plain(*BEGIN))

    def test_move(self) -> None:
        """
        A player that goes over to another form within a window gets each tag once,
        in one form or the other, and so do the players of both.
        """
        both, audioOnly = RTMPFormat(1), RTMPFormat(1, video=False)
        here, there, mover = map(self.watch, (both, audioOnly, both))
        self.at(0.1, frame(40), audio(50))
        to = FanOut.of(self.stream, audioOnly, self.clock, self.limits)
        mover.fanOut.move(mover.viewer, to, skip=False)
        self.at(0.35, frame(80), audio(90))
        expected = {
            here: [*BEGIN, frame(40), audio(50), frame(80), audio(90)],
            there: [audioHeader(), audio(10), audio(50), audio(90)],
            mover: [*BEGIN, frame(40), audio(50), audio(90)],
        }
        for viewer, tags in expected.items():
            self.assertEqual(readRTMP(viewer.outlet.data), plain(*tags))
            self.assertEqual(viewer.viewer.bytesSent, len(viewer.outlet.data))

    def test_moveTheLast(self) -> None:
        """
        When the last player of a form goes over within a window, nothing is left of
        that form.
        """
        viewer = self.watch(RTMPFormat(1))
        self.at(0.1, frame(40))
        to = FanOut.of(self.stream, RTMPFormat(1, audio=False), self.clock, self.limits)
        viewer.fanOut.move(viewer.viewer, to, skip=False)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.at(0.35, frame(80), audio(90))
        self.assertEqual(
            readRTMP(viewer.outlet.data), plain(*BEGIN, frame(40), frame(80))
        )
        to.remove(viewer.viewer)
        self.assertFalse(self.stream.hasSinks)
        self.assertEqual(self.stream.viewers, 0)

    def test_moveWhileFull(self) -> None:
        """
        What a player needs for the other form comes behind what it was too slow to
        take of the one.
        """
        viewer = self.watch(RTMPFormat(1, video=False))
        viewer.viewer.pauseProducing()
        self.at(0.35, audio(50))
        to = FanOut.of(self.stream, RTMPFormat(1), self.clock, self.limits)
        viewer.fanOut.move(viewer.viewer, to, skip=False)
        self.at(0.35, frame(80))
        viewer.viewer.resumeProducing()
        self.assertEqual(
            readRTMP(viewer.outlet.data)[2:],
            plain(audio(50), videoHeader(50), frame(80)),
        )

    def test_manyStreams(self) -> None:
        """
        Each stream and form has its own window.
        """
        other = self.directory.publish("live/other", Publisher("192.0.2.1:4001"))
        for tag in BEGIN:
            other.receive(tag)
        reactor = FDReactor(self.clock)
        viewers = [
            StraightViewer(stream, reactor, FLVFormat(raw=raw))
            for stream in (self.stream, other)
            for raw in (False, True)
        ]
        self.at(0.2, frame(40))
        other.receive(frame(80))
        self.clock.advance(0.16)
        self.assertEqual([len(each.socket.sent) for each in viewers], [2, 2, 1, 1])
        self.clock.advance(0.2)
        self.assertEqual([len(each.socket.sent) for each in viewers], [2, 2, 2, 2])

    def test_age(self) -> None:
        """
        How old a backlog is counts from when its first flush went out to others,
        not from when its tags arrived.
        """
        self.directory.limits = self.limits = replace(Limits(), viewerSeconds=1.0)
        slow = self.watch()
        slow.viewer.pauseProducing()
        self.at(0.35, frame(40))
        self.at(0.6)
        self.at(0.35, frame(80))
        self.assertEqual(slow.viewer.skips, 0)
        self.at(0.1)
        self.at(0.35, frame(120))
        self.assertEqual(slow.viewer.skips, 1)


def readRTMP(data: bytes) -> list[Tag]:
    """
    @return: the audio and video in RTMP chunks.
    """
    buffer = FastBuffer()
    reader = ChunkReader(buffer)
    reader.chunkSize = CHUNK_SIZE
    buffer.append(data)
    tags = []
    while (message := reader.nextMessage()) is not None:
        tags.append(Tag(message.typeID, message.timestamp, message.payload))
    return tags

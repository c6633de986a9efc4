"""
Tests of what L{tests.bench} reads and reckons.  Nothing is measured here.
"""

from __future__ import annotations

import socket
import time
import zlib

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.chunkwriter import ChunkWriter
from tests.bench.crowd import Crowd
from tests.bench.publisher import Sent, turn
from tests.bench.source import (
    MARK,
    UUID,
    BadMark,
    Frame,
    Source,
    frameOf,
    isKeyframe,
    isSetup,
    marked,
    readMark,
    sourceOf,
)
from tests.bench.streams import Payload
from tests.bench.viewers import HTTP, FrameCheck, Viewer
from tests.flv_reader import AUDIO, SCRIPT, VIDEO, Tag

KEYFRAME = Tag(VIDEO, 0, b"\x17\x01\0\0\0" + b"\0\0\0\x05\x65key!" * 20)
FRAME = Tag(VIDEO, 33, b"\x27\x01\0\0\x21" + b"\0\0\0\x05\x41frame" * 9)
SOUND = Tag(AUDIO, 10, b"\xaf\x01" + bytes(range(200)))


class MarkTests(SynchronousTestCase):
    """
    The marks in frames.
    """

    def test_read(self) -> None:
        """
        What a mark says can be read from the frame that has it.
        """
        for tag in (KEYFRAME, FRAME, SOUND):
            payload = marked(frameOf(tag), 123_456_789_012_345, 4711)
            mark = readMark(tag.type, payload)
            self.assertEqual(mark, (123_456_789_012_345, 4711, True))

    def test_damage(self) -> None:
        """
        One other byte behind a mark, or one less, is noticed.
        """
        for tag in (KEYFRAME, FRAME, SOUND):
            payload = marked(frameOf(tag), 1, 2)
            other = payload[:-1] + bytes((payload[-1] ^ 1,))
            self.assertFalse(readMark(tag.type, other).whole)
            self.assertFalse(readMark(tag.type, payload[:-1]).whole)

    def test_none(self) -> None:
        """
        A frame without a mark, or with half of one, is an error.
        """
        self.assertRaises(BadMark, readMark, VIDEO, KEYFRAME.body)
        payload = marked(frameOf(SOUND), 1, 2)
        self.assertRaises(BadMark, readMark, AUDIO, payload[:40])

    def test_video(self) -> None:
        """
        In video a mark is an SEI unit of user data in front of the others, which stay
        as they are, and no start code can be seen in it.
        """
        payload = marked(frameOf(KEYFRAME), 1 << 60, 1 << 20)
        self.assertEqual(payload[:5], KEYFRAME.body[:5])
        size = int.from_bytes(payload[5:9], "big")
        unit = payload[9 : 9 + size]
        self.assertEqual(payload[9 + size :], KEYFRAME.body[5:])
        self.assertEqual(unit[:3], bytes((6, 5, MARK)))
        self.assertEqual(unit[3:19], UUID)
        self.assertEqual((len(unit), unit[-1]), (MARK + 4, 0x80))
        self.assertNotIn(0, unit)
        self.assertTrue(isKeyframe(VIDEO, payload))

    def test_audio(self) -> None:
        """
        A mark does not change the size of a frame of audio, except of one shorter than
        the mark.
        """
        payload = marked(frameOf(SOUND), 1, 2)
        self.assertEqual(len(payload), len(SOUND.body))
        self.assertEqual(payload[:2], SOUND.body[:2])
        self.assertEqual(payload[2 + MARK :], SOUND.body[2 + MARK :])
        short = marked(frameOf(Tag(AUDIO, 0, b"\xaf\x01\x21")), 1, 2)
        self.assertEqual(readMark(AUDIO, short), (1, 2, True))

    def test_kinds(self) -> None:
        """
        Sequence headers and ends of sequences are no frames.
        """
        self.assertTrue(isSetup(VIDEO, b"\x17\x00\0\0\0\x01"))
        self.assertTrue(isSetup(VIDEO, b"\x17\x02\0\0\0"))
        self.assertTrue(isSetup(AUDIO, b"\xaf\x00\x12\x10"))
        self.assertFalse(isKeyframe(VIDEO, b"\x17\x00\0\0\0\x01"))
        self.assertFalse(isKeyframe(VIDEO, FRAME.body))
        self.assertFalse(isKeyframe(AUDIO, SOUND.body))


class SourceTests(SynchronousTestCase):
    """
    A source that is sent again and again.
    """

    def source(self) -> Source:
        """
        Three frames of video, two of audio, and what goes before.
        """
        setup = [
            Tag(SCRIPT, 0, b"\x02\x00\x0aonMetaData"),
            Tag(VIDEO, 0, b"\x17\x00\0\0\0conf"),
            Tag(AUDIO, 0, b"\xaf\x00\x12\x10"),
        ]
        frames = [KEYFRAME, SOUND, FRAME, SOUND._replace(timestamp=33)]
        frames.append(FRAME._replace(timestamp=66))
        end = Tag(VIDEO, 66, b"\x17\x02\0\0\0")
        return sourceOf([*setup, *frames, end])

    def test_parts(self) -> None:
        """
        The end of the sequence is left out, and the next turn begins one frame of video
        after the last.
        """
        source = self.source()
        self.assertEqual([tag.type for tag in source.setup], [SCRIPT, VIDEO, AUDIO])
        self.assertEqual([frame.time for frame in source.frames], [0, 10, 33, 33, 66])
        self.assertEqual(source.duration, 99)

    def test_turns(self) -> None:
        """
        From the second turn on, chunks are the same bytes each time.
        """
        writer = ChunkWriter()
        first, *others = (turn(writer, self.source(), number) for number in range(4))
        self.assertEqual(others, [others[0]] * 3)
        self.assertNotEqual(first, others[0])

    def test_sent(self) -> None:
        """
        The bytes sent between two moments are those after the first, up to the second.
        """
        sent = Sent(0, [(100, 0), (110, 5), (120, 12), (130, 20)])
        self.assertEqual(sent.between(110, 130), 15)
        self.assertEqual(sent.between(109, 129), 12)
        self.assertEqual(sent.between(0, 1000), 20)
        self.assertEqual(sent.between(131, 140), 0)


class FrameCheckTests(SynchronousTestCase):
    """
    What is looked for in what a viewer gets.
    """

    def feed(self, *frames: tuple[Frame, int]) -> FrameCheck:
        """
        @param frames: with their numbers.
        @return: the check that has got them, all sent at 1 ms and there at 3 ms.
        """
        check = FrameCheck()
        for frame, count in frames:
            payload = marked(frame, 1_000_000, count)
            check.take(Payload(frame.kind, frame.time, payload), 3_000_000)
        return check

    def setUp(self) -> None:
        """
        Three kinds of frames.
        """
        self.key, self.frame, self.sound = map(frameOf, (KEYFRAME, FRAME, SOUND))

    def test_order(self) -> None:
        """
        All in order is right, whatever came before the first keyframe.
        """
        check = self.feed(
            (self.sound, 5), (self.frame, 6), (self.key, 9), (self.sound, 21)
        )
        self.assertEqual(check.failures, [])
        self.assertEqual(
            check.samples,
            [(VIDEO, 1_000_000, 2_000_000), (AUDIO, 1_000_000, 2_000_000)],
        )

    def test_gaps(self) -> None:
        """
        A frame that is missing, that comes twice or too early is a failure, for video
        and for audio alone.
        """
        for kind in (self.frame, self.sound):
            start = [(self.key, 0), (kind, 1), (kind, 2)]
            for wrong in (4, 2, 1):
                check = self.feed(*start, (kind, wrong), (kind, wrong + 1))
                self.assertEqual(
                    check.failures,
                    [f"frame {wrong} of type {kind.kind} came where 3 was due"],
                )

    def test_damage(self) -> None:
        """
        A damaged frame is a failure.
        """
        damaged = self.frame._replace(rest=self.frame.rest + b"x")
        check = self.feed((self.key, 0), (damaged, 1), (self.frame, 2))
        self.assertEqual(check.failures, ["frame 1 of type 9 is damaged"])
        self.assertEqual(damaged.crc, zlib.crc32(self.frame.rest))


class CrowdTests(SynchronousTestCase):
    """
    All viewers together.
    """

    def test_behind(self) -> None:
        """
        Behind are those who got clearly less than the one in the middle, counted from a
        moment on.
        """
        crowd = Crowd(0, HTTP)
        self.addCleanup(crowd.close)
        for received in (1000, 1010, 890, 1000, 905, 0):
            viewer = Viewer.__new__(Viewer)
            viewer.socket = socket.socket()
            viewer.received = received
            crowd.viewers.append(viewer)
        self.assertEqual(crowd.behind([0] * 6), 2)
        self.assertEqual(crowd.behind([900, 910, 790, 900, 805, 0]), 1)

    def test_discarded(self) -> None:
        """
        What comes for those who only count is counted, those who are read get every
        byte, and the end of a connection is seen for both.
        """
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        crowd = Crowd(listener.getsockname()[1], HTTP)
        self.addCleanup(crowd.close)
        crowd.connect(3, 1, 1000)
        self.assertEqual(len(crowd.sampled), 1)
        for size in (100_000, 200_000, 300_000):
            server, _ = listener.accept()
            server.sendall(
                b"HTTP/1.1 200 OK\r\n\r\nFLV\x01\x05\0\0\0\x09".ljust(size, b"\0")
            )
            server.close()
        self.assertEqual(crowd.awaitAll(100_000, 5), 0)
        crowd.run(time.monotonic() + 0.4)
        self.assertEqual(
            [each.received for each in crowd.viewers], [100_000, 200_000, 300_000]
        )
        self.assertEqual([each.cut for each in crowd.viewers], [True] * 3)
        self.assertGreater(min(crowd.segments()), 0)

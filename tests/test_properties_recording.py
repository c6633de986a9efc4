"""
Any stream, with any way of cutting it: the files together are the stream.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from rtmptwisted.recordingpolicy import RecordingPolicy
from rtmptwisted.segment import SegmentLimit
from rtmptwisted.timeline import Timeline
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import FLVTag
from tests.fakes import SlowThread
from tests.flv_reader import FLV, SCRIPT
from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    metadataOf,
    videoHeader,
)
from tests.recorder_support import RecorderTestCase

#: How many streams are tried.
RUNS = 60


class Sent(NamedTuple):
    """
    What a publisher sends.

    @ivar times: of each frame, in milliseconds since the first.
    @ivar isSteady: whether its clock never starts anew.
    """

    tags: list[FLVTag]
    times: list[int]
    isSteady: bool


def stream(chance: random.Random) -> Sent:
    """
    @return: what a publisher sends: sound and pictures out of step, gaps, headers
        that come again and that change, a clock that wraps or starts anew.
    """
    hasVideo = chance.random() < 0.85
    hasAudio = not hasVideo or chance.random() < 0.85
    start = chance.choice((0, 5_000, 2**31 - 4_000, 2**32 - 4_000, 2**24 - 3_000))
    wrap = 2**31 if start == 2**31 - 4_000 and chance.random() < 0.5 else 2**32
    now, clock = 0, start
    headers = [videoHeader(), audioHeader()]
    tags: list[FLVTag] = []
    times: list[int] = []
    heard, isSteady = 0, True

    def setup() -> None:
        if hasVideo:
            tags.append(headers[0])
        if hasAudio:
            tags.append(headers[1])

    setup()
    period = chance.choice((500, 2_000, 7_000))
    nextKey = 0
    for n in range(chance.randrange(20, 250)):
        step = chance.choice((0, 20, 33, 40, 40, 40, 300))
        if chance.random() < 0.01:
            # It was away.
            step = chance.randrange(1_000, 9_000)
            setup()
        if chance.random() < 0.004:
            clock, isSteady = -now, False
        now += step
        at = (clock + now) % wrap
        if hasVideo:
            size = chance.choice((20, 300, 4_000))
            tags.append((keyframe if now >= nextKey else frame)(at, size))
            times.append(now)
            if now >= nextKey:
                nextKey = now + period
        if hasAudio:
            # The first frame is the beginning.
            earliest = times[0] if times else now
            heard = max(heard, earliest, now - chance.randrange(40))
            tags.append(audio((clock + heard) % wrap))
            times.append(heard)
        if chance.random() < 0.02:
            headers[0] = videoHeader(0, AVC_CONFIG + b"%d" % n)
            setup()
        if chance.random() < 0.01:
            headers[1] = audioHeader(0, AAC_CONFIG + b"%d" % n)
            setup()
        if hasVideo and chance.random() < 0.01:
            tags.append(configuration(at, b"%d" % n))
    return Sent(tags, [each - times[0] for each in times], isSteady)


class SegmentPropertyTests(RecorderTestCase):
    """
    The files together are the stream.
    """

    def check(self, seed: int) -> int:
        """
        @return: how many files there were.
        """
        chance = random.Random(seed)
        limit = chance.choice(
            (
                SegmentLimit(),
                SegmentLimit(seconds=chance.choice((1.0, 2.5, 10.0))),
                SegmentLimit(size=chance.choice((1_000, 20_000, 100_000))),
            )
        )
        sent = stream(chance)
        thread = SlowThread()
        recorder = self.record(
            thread=thread, name=f"p/{seed}", policy=RecordingPolicy(segment=limit)
        )
        for tag in sent.tags:
            self.receive(tag)
            self.clock.advance(0.02)
            if thread.underWay and chance.random() < 0.3:
                thread.step()
        self.stream.end()
        thread.run()
        self.successResultOf(recorder.done)
        prefix = f"p/{seed}-"
        files = sorted(
            (self.contents(path) for path in self.files() if path.startswith(prefix)),
            key=lambda contents: float(str(metadataOf(contents)["sequence"])),
        )
        self.compare(sent, files)
        return len(files)

    def compare(self, sent: Sent, files: list[FLV]) -> None:
        """
        Look at each frame.
        """
        timeline = Timeline()
        expected = [
            (tag.typeID, tag.body, timeline.place(tag.typeID, tag.timestamp))
            for tag in sent.tags
            if tag.isFrame
        ]
        if sent.isSteady:
            self.assertEqual([each[2] for each in expected], sent.times)
        written = []
        for number, contents in enumerate(files):
            metadata = metadataOf(contents)
            self.assertEqual(metadata["sequence"], number)
            self.assertIs(metadata["complete"], True)
            base = metadata["streamOffset"]
            assert isinstance(base, float)
            media = [
                FLVTag(each.type, each.timestamp, each.body) for each in contents.media
            ]
            frames = [each for each in media if each.isFrame]
            # All that stands before the first frame is what decoders need.
            first = media.index(frames[0])
            self.assertTrue(all(each.isSetup for each in media[:first]))
            self.assertEqual({each.timestamp for each in media[: first + 1]}, {0})
            configurations = {
                (each.typeID, each.body)
                for each in media
                if each.description.kind is Kind.SEQUENCE_HEADER
            }
            self.assertLessEqual(len(configurations), 2)
            written += [
                (each.typeID, each.body, each.timestamp, round(base * 1000))
                for each in frames
            ]
            self.assertEqual(
                metadata["duration"], max(each.timestamp for each in media) / 1000
            )
            self.assertNotIn(SCRIPT, [each.type for each in contents.tags[1:]])
        self.assertEqual(
            [each[:2] for each in written], [each[:2] for each in expected]
        )
        for (_, _, at, base), (_, _, position) in zip(written, expected, strict=True):
            self.assertEqual(at, max(0, position - base))

    def test_any(self) -> None:
        """
        Whatever is sent and however it is cut: the frames of all files are those
        that were sent, byte for byte and in order; where a file is and the times in
        it are exact to the millisecond; each file is whole, has one configuration,
        and begins at 0 with all that decoders need.
        """
        counts = [self.check(seed) for seed in range(RUNS)]
        self.assertGreater(max(counts), 10)
        self.assertEqual(min(counts), 1)

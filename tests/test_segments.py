"""
Tests of L{rtmptwisted.recorder}: recordings of more than one file.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.flvcheck import check
from rtmptwisted.recordingname import NameTemplate
from rtmptwisted.recordingpolicy import RecordingPolicy
from rtmptwisted.segment import SegmentLimit, parseSegment
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.fakes import SlowThread
from tests.flv_reader import FLV
from tests.flv_support import isKeyframe
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    metadataOf,
    plain,
    videoHeader,
)
from tests.recorder_support import BEGIN, STAMP, FakeWatcher, RecorderTestCase

SETUP = (videoHeader(), audioHeader())
OTHER = videoHeader(0, AVC_CONFIG + b"other")


class SegmentTests(RecorderTestCase):
    """
    Recordings that go on in another file when one is long or large enough.
    """

    def segments(self, segment: str, *tags: FLVTag) -> list[FLV]:
        """
        @return: the files of a recording of these.
        """
        self.finished(self.record(*tags, segment=segment))
        return self.all()

    def test_months(self) -> None:
        """
        A recording without segments goes on in another file before timestamps are
        more than files and players bear; nothing is lost.
        """
        day = 86_400_000
        times = range(0, 60 * day, day // 2)
        recorder = self.record(*SETUP, *(keyframe(time % 2**32) for time in times))
        self.finished(recorder)
        for path in self.files():
            self.assertEqual(check(os.path.join(self.root, path)), [])
        recorded = []
        for contents in self.all():
            base = metadataOf(contents)["streamOffset"]
            assert isinstance(base, float)
            last = contents.media[-1].timestamp
            self.assertLess(last, 2**31)
            keyframes = filter(isKeyframe, contents.media)
            recorded += [base * 1000 + tag.timestamp for tag in keyframes]
        self.assertEqual(recorded, list(times))

    def test_time(self) -> None:
        """
        A new file begins with the first keyframe at or after the limit.  It has the
        sequence headers first, and begins at 0.
        """
        first, second, third = self.segments(
            "10s",
            *SETUP,
            keyframe(0),
            audio(5),
            keyframe(9_999),
            frame(10_040),
            audio(10_050),
            keyframe(12_000),
            audio(12_010),
            frame(21_999),
            keyframe(22_000),
        )
        self.assertEqual(
            first.media,
            plain(
                *SETUP,
                keyframe(0),
                audio(5),
                keyframe(9_999),
                frame(10_040),
                audio(10_050),
            ),
        )
        self.assertEqual(
            second.media,
            plain(
                *SETUP,
                keyframe(12_000).at(0),
                audio(12_010).at(10),
                frame(21_999).at(9_999),
            ),
        )
        self.assertEqual(third.media, plain(*SETUP, keyframe(22_000).at(0)))

    def test_size(self) -> None:
        """
        A file that is large enough ends at the next keyframe too.
        """
        tags = [keyframe(second * 1000, 30_000) for second in range(10)]
        files = self.segments("100kB", videoHeader(), *tags)
        self.assertEqual([len(each.media) for each in files], [5, 5, 3])

    def test_names(self) -> None:
        """
        Each file has the time of its own beginning, and a number.
        """
        recorder = self.record(*BEGIN, segment="10s")
        self.clock.advance(10)
        self.receive(keyframe(10_000))
        self.finished(recorder)
        self.assertEqual(
            self.files(),
            [f"live/show-{STAMP}-000.flv", "live/show-20261122T090817Z-001.flv"],
        )

    def test_metadata(self) -> None:
        """
        Each file says when it began, and where it is in the recording, and has what
        the publisher says then.
        """
        recorder = self.record(*BEGIN, segment="10s", metadata={"title": "one"})
        self.clock.advance(12.345)
        self.stream.receiveMetadata({"title": "two", "sequence": 77.0})
        self.receive(keyframe(12_340))
        self.finished(recorder)
        for contents, at, offset, sequence, title in zip(
            self.all(),
            ("2026-11-22T09:08:07.000Z", "2026-11-22T09:08:19.345Z"),
            (0.0, 12.34),
            (0.0, 1.0),
            ("one", "two"),
            strict=True,
        ):
            metadata = metadataOf(contents)
            self.assertEqual(metadata["recordedAt"], at)
            self.assertEqual(metadata["streamOffset"], offset)
            self.assertEqual(metadata["sequence"], sequence)
            self.assertEqual(metadata["title"], title)

    def test_soundOfBefore(self) -> None:
        """
        Sound that comes behind a keyframe though it belongs before it stands at the
        beginning of the file.
        """
        _, second = self.segments(
            "10s", *BEGIN, keyframe(10_000), audio(9_970), audio(9_990), audio(10_010)
        )
        self.assertEqual(
            second.media,
            plain(
                *SETUP,
                keyframe(10_000).at(0),
                audio(9_970).at(0),
                audio(9_990).at(0),
                audio(10_010).at(10),
            ),
        )

    def test_noVideo(self) -> None:
        """
        Without video a new file begins with any frame.
        """
        tags = [audio(n * 500) for n in range(45)]
        files = self.segments("10s", audioHeader(), *tags)
        self.assertEqual([len(each.media) - 1 for each in files], [20, 20, 5])

    def test_noKeyframes(self) -> None:
        """
        With video of which no keyframe comes any more, it does so when there is no
        use in waiting for one.
        """
        files = self.segments(
            "10s", *BEGIN, *[frame(n * 1000) for n in range(1, 25)], frame(25_000)
        )
        longest = Limits().gopSeconds
        self.assertEqual(files[0].media[-1].timestamp, longest * 1000)
        self.assertEqual(len(files), 2)
        self.assertEqual(files[1].media[2].timestamp, 0)

    def test_slowDisk(self) -> None:
        """
        Files that are over before the one before them is written are written all the
        same, in order.
        """
        thread = SlowThread()
        recorder = self.record(*BEGIN, thread=thread, segment="1s")
        self.receive(*[keyframe(n * 1000) for n in range(1, 20)])
        self.assertEqual(thread.underWay, 1)
        self.stream.end()
        thread.run()
        self.successResultOf(recorder.done)
        files = self.all()
        self.assertEqual(len(files), 20)
        for n, contents in enumerate(files[1:], 1):
            self.assertEqual(contents.media, plain(*SETUP, keyframe(n * 1000).at(0)), n)

    def test_noName(self) -> None:
        """
        Files that would all have the same name are refused.
        """
        with self.assertRaises(ValueError) as raised:
            RecordingPolicy(NameTemplate("{app}/{name}"), parseSegment("10s"))
        self.assertIn("'{app}/{name}'", str(raised.exception))
        for text in ("{app}/{name}-{sequence}", "{name}-{local:%H%M%S}"):
            policy = RecordingPolicy(NameTemplate(text), parseSegment("10s"))
            self.assertEqual(policy.name.text, text)


class WatcherTests(RecorderTestCase):
    """
    Those who want to know.
    """

    def test_told(self) -> None:
        """
        A watcher is told of each file when it begins and when it is closed.
        """
        watcher = FakeWatcher()
        recorder = self.record(*BEGIN, segment="10s", watcher=watcher)
        self.receive(frame(9_000), keyframe(10_000), frame(10_500))
        self.finished(recorder)
        paths = [f"{self.root}/live/show-{STAMP}-00{n}.flv" for n in range(2)]
        sizes = []
        for path in paths:
            with open(path, "rb") as file:
                sizes.append(len(file.read()))
        self.assertEqual(
            watcher.told,
            [
                ("started", "live/show", paths[0]),
                ("finished", "live/show", paths[0], 9_000, sizes[0]),
                ("started", "live/show", paths[1]),
                ("finished", "live/show", paths[1], 500, sizes[1]),
            ],
        )
        self.assertEqual(recorder.recording.size, sum(sizes))
        self.assertEqual(recorder.recording.seconds, 10.5)

    def test_fails(self) -> None:
        """
        One that fails is logged, and harms nothing.
        """
        watcher = FakeWatcher(ZeroDivisionError("a defect"))
        recorder = self.record(*BEGIN, segment="10s", watcher=watcher)
        self.receive(keyframe(10_000))
        self.finished(recorder)
        self.assertEqual(len(self.all()), 2)
        self.assertEqual(len(watcher.told), 4)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 4)


class ParseTests(SynchronousTestCase):
    """
    Tests of L{parseSegment}.
    """

    def test_good(self) -> None:
        """
        Durations and sizes are understood.
        """
        for text, limit in (
            ("30s", SegmentLimit(30.0)),
            ("10m", SegmentLimit(600.0)),
            ("1h", SegmentLimit(3600.0)),
            ("1.5h", SegmentLimit(5400.0)),
            ("500MB", SegmentLimit(None, 500_000_000)),
            ("2GiB", SegmentLimit(None, 2 << 30)),
            ("100 kB", SegmentLimit(None, 100_000)),
        ):
            self.assertEqual(parseSegment(text), limit, text)

    def test_bad(self) -> None:
        """
        Anything else is refused, in a sentence that has it, and so is what would
        make thousands of files.
        """
        for text in (
            "", "10", "m", "10x", "-5m", "1e3s", "10M", "10G", "5 apples", "nan s",
            "infs", "0s", "0.5s", "99kB", "0MB", "\u0661s", "10m\n5s", "1" * 400 + "s",
        ):  # fmt: skip
            with self.assertRaises(ValueError) as raised:
                parseSegment(text)
            self.assertIn(repr(text), str(raised.exception))

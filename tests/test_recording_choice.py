"""
Tests of L{rtmptwisted.recording}: which streams are recorded, from when to when.
"""

from __future__ import annotations

import os

from rtmptwisted.recordingpolicy import RecordingPolicy, State
from rtmptwisted.segment import parseSegment
from tests.fakes import SlowThread
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.recorder_support import STAMP, FakeWatcher
from tests.recording_support import BEGIN, RecordingTestCase

SETUP = (videoHeader(), audioHeader())


class ChoiceTests(RecordingTestCase):
    """
    Streams that are recorded by themselves.
    """

    def chosen(self, *names: str) -> list[str]:
        """
        @return: which of these streams are recorded when they are published.
        """
        for name in names:
            self.client().publish(name.split("/")[1], name.split("/")[0]).send(*BEGIN)
        return [each.name for each in self.service.recordings]

    NAMES = ("live/a", "live/b1", "live/B1", "cam/a", "cam/b22")

    def test_all(self) -> None:
        """
        By itself the service records everything.
        """
        self.assertEqual(self.chosen(*self.NAMES), list(self.NAMES))

    def test_only(self) -> None:
        """
        Of patterns for what is recorded one has to match, in the same letters.
        """
        self.stop()
        self.serve(only=["live/b*", "cam/?"])
        self.assertEqual(self.chosen(*self.NAMES), ["live/b1", "cam/a"])

    def test_excluding(self) -> None:
        """
        What matches one of the others is not, though it matches the first.
        """
        self.stop()
        self.serve(only=["live/*", "cam/a"], excluding=["*/b*", "cam/*"])
        self.assertEqual(self.chosen(*self.NAMES), ["live/a", "live/B1"])

    def test_none(self) -> None:
        """
        Without any pattern in the list nothing is, unless somebody asks for it.
        """
        self.stop()
        self.serve(only=[])
        self.assertEqual(self.chosen(*self.NAMES), [])
        self.service.record(self.live("live/a"))
        self.assertEqual([each.name for each in self.service.recordings], ["live/a"])


class AskedForTests(RecordingTestCase):
    """
    Recordings that begin and end when somebody asks for that.
    """

    def setUp(self) -> None:
        """
        Publish something that is not recorded by itself.
        """
        super().setUp()
        self.stop()
        self.serve(only=[])
        self.source = self.publisher()
        self.source.send(*BEGIN, keyframe(1000))

    def test_record(self) -> None:
        """
        A recording that somebody asks for begins with the current group, and ends
        with the stream, or when it is asked to; then it can begin again.
        """
        recorder = self.service.record(self.live())
        self.source.send(frame(1040))
        stopped = self.service.stopRecording("live/show")
        path = self.successResultOf(stopped)
        self.assertEqual(path, os.path.join(self.root, f"live/show-{STAMP}.flv"))
        self.assertEqual(self.successResultOf(recorder.done), path)
        self.source.send(keyframe(2000))
        self.assertEqual(self.service.recordings, [])
        self.service.record(self.live())
        self.source.send(frame(2040))
        self.source.lose()
        self.assertEqual(self.service.recordings, [])
        self.assertEqual(
            self.media(f"live/show-{STAMP}.flv"),
            plain(*SETUP, keyframe(1000).at(0), frame(1040).at(40)),
        )
        self.assertEqual(
            self.media(f"live/show-{STAMP}-1.flv"),
            plain(*SETUP, keyframe(2000).at(0), frame(2040).at(40)),
        )

    def test_twice(self) -> None:
        """
        To start twice is to start once; to stop what is not recorded does nothing.
        """
        first = self.service.record(self.live())
        self.assertIs(self.service.record(self.live()), first)
        self.assertEqual(len(self.service.recordings), 1)
        self.assertIsNotNone(
            self.successResultOf(self.service.stopRecording("live/show"))
        )
        for name in ("live/show", "live/nothing"):
            self.assertIsNone(self.successResultOf(self.service.stopRecording(name)))

    def test_stopTwice(self) -> None:
        """
        Whoever stops a recording that is being finished is told when it is, too.
        """
        thread = SlowThread()
        self.patch(self.service, "inThread", thread)
        self.service.record(self.live())
        stopped = [self.service.stopRecording("live/show") for _ in range(2)]
        for each in stopped:
            self.assertNoResult(each)
        thread.run()
        path = os.path.join(self.root, f"live/show-{STAMP}.flv")
        self.assertEqual([self.successResultOf(each) for each in stopped], [path] * 2)

    def test_byItself(self) -> None:
        """
        One that began by itself can be stopped, and the stream's next publish is
        recorded again.
        """
        self.stop()
        self.serve()
        other = self.publisher("other")
        other.send(*BEGIN)
        self.assertIsNotNone(
            self.successResultOf(self.service.stopRecording("live/other"))
        )
        other.send(keyframe(2000))
        other.lose()
        self.publisher("other").send(keyframe(7000))
        self.stop()
        self.assertEqual(
            self.media(f"live/other-{STAMP}-1.flv"), plain(keyframe(7000).at(0))
        )

    def test_refused(self) -> None:
        """
        A stream that nobody publishes cannot be recorded, and a service that does
        not run cannot record.
        """
        self.assertRaises(
            RuntimeError, self.service.record, self.directory.stream("live/nobody")
        )
        stream = self.live()
        self.stop()
        self.assertRaises(RuntimeError, self.service.record, stream)

    def test_nothingIsKept(self) -> None:
        """
        A stream knows nothing of a recording that was stopped.
        """
        stream = self.live()
        self.service.record(stream)
        self.assertTrue(stream.hasSinks)
        self.service.stopRecording("live/show")
        self.assertFalse(stream.hasSinks)

    def test_recordings(self) -> None:
        """
        It is known what is recorded: up to where, how much, into what file.
        """
        self.service.record(self.live())
        (before,) = self.service.recordings
        self.assertEqual(before, ("live/show", None, 0.0, 0, State.RECORDING))
        self.source.send(audio(1500))
        self.clock.advance(1)
        (now,) = self.service.recordings
        assert now.path is not None
        self.assertEqual(now.path, os.path.join(self.root, f"live/show-{STAMP}.flv"))
        self.assertEqual(now.seconds, 0.5)
        self.assertEqual(now.size, os.path.getsize(now.path))

    def test_watchers(self) -> None:
        """
        Watchers are told of each file, one that fails is logged, and one that does
        not want to know any more is not told.
        """
        self.stop()
        self.serve(policy=RecordingPolicy(segment=parseSegment("10s")))
        watchers = [FakeWatcher(ZeroDivisionError("a defect")), FakeWatcher()]
        for each in watchers:
            self.service.watch(each)
        other = self.publisher("other")
        other.send(*BEGIN, keyframe(10_000))
        self.clock.advance(1)
        self.service.unwatch(watchers[1])
        other.lose()
        self.assertEqual(
            [[told[0] for told in each.told] for each in watchers],
            [
                ["started", "finished", "started", "finished"],
                ["started", "finished", "started"],
            ],
        )
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 4)

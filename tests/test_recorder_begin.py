"""
Tests of L{rtmptwisted.recorder}: what they begin with.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.logger import LogLevel

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests.fakes import inThread, logLines
from tests.flv_reader import Tag
from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    plain,
    videoHeader,
)
from tests.recorder_support import BEGIN, NOW, RecorderTestCase


class HeaderTests(RecorderTestCase):
    """
    Sequence headers in recordings.
    """

    def test_once(self) -> None:
        """
        Sequence headers that are repeated stand in the file once (T-62).
        """
        contents = self.recorded(*BEGIN, videoHeader(20), audioHeader(20), frame(40))
        self.assertEqual(contents.media, plain(*BEGIN, frame(40)))

    def test_beforeTheFirstFrame(self) -> None:
        """
        Of headers that change before the first frame only the last counts.
        """
        last = videoHeader(0, AVC_CONFIG + b"last")
        contents = self.recorded(videoHeader(), last, keyframe(0))
        self.assertEqual(contents.media, plain(last, keyframe(0)))

    def test_forgotten(self) -> None:
        """
        A header that is too large to be remembered is recorded where it came when
        there is a file; when there is none, it is missing.  Either is told, once.
        """
        large = videoHeader(0, AVC_CONFIG + bytes(self.limits.setupBytes))
        other = audioHeader(0, AAC_CONFIG + bytes(self.limits.setupBytes))
        with self.logs() as events:
            contents = self.recorded(large, keyframe(0), other, audio(10))
        self.assertEqual(contents.media, plain(keyframe(0), other, audio(10)))
        size = self.limits.setupBytes + len(AVC_CONFIG)
        self.assertEqual(
            logLines(events, LogLevel.error),
            [
                f"the recording of live/show: a sequence header of {size} bytes is too "
                "large, or one too many: it stands where it came, if at all"
            ],
        )

    def test_many(self) -> None:
        """
        As many as the limit says are remembered for the next file, and one more is
        not.
        """
        self.directory = StreamDirectory(self.clock, replace(Limits(), setupTags=2))
        recorder = self.record(*BEGIN, segment="10s")
        with self.logs() as events:
            self.receive(configuration(0), keyframe(10_000))
        self.finished(recorder)
        self.assertEqual(len(logLines(events, LogLevel.error)), 1)
        first, second = self.all()
        self.assertEqual(first.media, plain(*BEGIN, configuration(10)))
        self.assertEqual(
            second.media, plain(videoHeader(), audioHeader(), keyframe(10_000).at(0))
        )


class LateTests(RecorderTestCase):
    """
    Recordings that begin in the midst of a stream.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.stream = self.directory.publish("live/show", Publisher("192.0.2.1:4000"))

    def late(self) -> FLVRecorder:
        """
        Begin to record.
        """
        recorder = FLVRecorder(self.stream, self.root, inThread, NOW)
        recorder.begin()
        return recorder

    def recordedFrom(self, *tags: FLVTag) -> list[Tag]:
        """
        @return: the media of a recording that begins before these.
        """
        recorder = self.late()
        self.receive(*tags)
        return self.contents(self.finished(recorder)).media

    def test_group(self) -> None:
        """
        It begins with the keyframe of the current group, at 0, with headers before
        it: nothing of the group is lost.
        """
        self.receive(*BEGIN, keyframe(5000), frame(5040), audio(5050))
        self.assertEqual(
            self.recordedFrom(frame(5080)),
            plain(
                videoHeader(),
                audioHeader(),
                keyframe(5000).at(0),
                frame(5040).at(40),
                audio(5050).at(50),
                frame(5080).at(80),
            ),
        )

    def test_groupGivenUp(self) -> None:
        """
        Where the group is not held, the recording begins with the next keyframe, at
        0.
        """
        self.directory.limits = replace(self.limits, gopTags=3)
        self.stream.end()
        self.stream = self.directory.publish("live/show", Publisher("192.0.2.1:4000"))
        self.receive(*BEGIN, frame(40), frame(80), frame(120), audio(130))
        self.assertEqual(
            self.recordedFrom(frame(160), audio(170), keyframe(200), audio(210)),
            plain(
                videoHeader(),
                audioHeader(),
                keyframe(200).at(0),
                audio(210).at(10),
            ),
        )

    def test_neverAKeyframe(self) -> None:
        """
        Where none has come for so long that there is no use in waiting, it begins
        at once.
        """
        self.receive(*BEGIN, frame(40), frame(20_041))
        self.assertTrue(self.stream.gop.overdue)
        self.assertEqual(
            self.recordedFrom(frame(20_080)),
            plain(videoHeader(), audioHeader(), frame(20_080).at(0)),
        )

    def test_sound(self) -> None:
        """
        Without video it begins with the sound of the last seconds.
        """
        self.receive(audioHeader(), audio(0), audio(3000), audio(5000))
        self.assertEqual(
            self.recordedFrom(audio(5020)),
            plain(
                audioHeader(),
                audio(3000).at(0),
                audio(5000).at(2000),
                audio(5020).at(2020),
            ),
        )

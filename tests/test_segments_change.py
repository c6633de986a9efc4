"""
Tests of L{rtmptwisted.recorder}: streams that change in their midst.
"""

from __future__ import annotations

from rtmptwisted.recordedsetup import CHANGE_SECONDS, CHANGES
from rtmptwisted.wire.flv import VIDEO
from tests.enhanced_support import END, tag
from tests.enhanced_support import plain as plainBody
from tests.media import (
    AAC_CONFIG,
    AVC_CONFIG,
    audio,
    audioHeader,
    configuration,
    frame,
    keyframe,
    metadataOf,
    plain,
    videoHeader,
)
from tests.recorder_support import BEGIN, RecorderTestCase

SETUP = (videoHeader(), audioHeader())
OTHER = videoHeader(0, AVC_CONFIG + b"other")


class ChangeTests(RecorderTestCase):
    """
    Streams that change in their midst.
    """

    def test_header(self) -> None:
        """
        A sequence header that differs from the one before begins a new file at the
        next frame: each file has one configuration.
        """
        recorder = self.record(*BEGIN)
        self.receive(OTHER, audio(33), keyframe(40), audio(53))
        self.receive(videoHeader(), audioHeader(), keyframe(80))
        self.finished(recorder)
        first, second, third = self.all()
        self.assertEqual(first.media, plain(*BEGIN))
        self.assertEqual(
            second.media,
            plain(
                OTHER,
                audioHeader(),
                audio(33).at(0),
                keyframe(40).at(7),
                audio(53).at(20),
            ),
        )
        self.assertEqual(third.media, plain(*SETUP, keyframe(80).at(0)))
        self.assertEqual(metadataOf(second)["streamOffset"], 0.033)
        self.assertEqual(metadataOf(third)["streamOffset"], 0.08)

    def test_bothHeaders(self) -> None:
        """
        When sound and picture change together that is one new file.
        """
        sound = audioHeader(0, AAC_CONFIG + b"other")
        recorder = self.record(*BEGIN)
        self.receive(OTHER, sound, configuration(0), keyframe(40))
        self.finished(recorder)
        _, second = self.all()
        self.assertEqual(
            second.media, plain(OTHER, sound, configuration(0), keyframe(40).at(0))
        )

    def test_thereAndBack(self) -> None:
        """
        A header that is as it was when the next frame comes changes nothing, and
        what else came meanwhile is recorded.
        """
        recorder = self.record(*BEGIN)
        self.receive(OTHER, configuration(0), videoHeader(), keyframe(40))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(contents.media, plain(*BEGIN, configuration(40), keyframe(40)))

    def test_configuration(self) -> None:
        """
        Configuration that changes is no reason for a new file.
        """
        recorder = self.record(*BEGIN)
        self.receive(configuration(0), keyframe(40), configuration(0, b"x"), frame(80))
        self.finished(recorder)
        self.assertEqual(len(self.files()), 1)

    def test_ended(self) -> None:
        """
        The header of a sequence that has ended is in no later file.
        """
        recorder = self.record(*BEGIN, segment="10s")
        end = tag(VIDEO, 0, plainBody(VIDEO, END, "avc1"))
        self.receive(end, audio(10_000), keyframe(10_040))
        self.finished(recorder)
        first, second = self.all()
        self.assertEqual(first.media, plain(*BEGIN, end, audio(10_000)))
        self.assertEqual(second.media, plain(audioHeader(), keyframe(10_040).at(0)))

    def test_newTrack(self) -> None:
        """
        Nor is the header of a track that was not there before.
        """
        recorder = self.record(videoHeader(), keyframe(0), audioHeader(), audio(10))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(
            contents.media, plain(videoHeader(), keyframe(0), audioHeader(), audio(10))
        )

    def test_tooOften(self) -> None:
        """
        Changes that never end are not an endless number of files: after some of
        them they stand within one, and one more file is begun every ten seconds.
        """
        recorder = self.record(*BEGIN)
        now = 0
        bodies = []
        for seconds in (0, CHANGE_SECONDS):
            self.clock.advance(seconds)
            for _ in range(50):
                now += 40
                changed = videoHeader(0, AVC_CONFIG + b"%d" % now)
                bodies.append(changed.body)
                self.receive(changed, keyframe(now))
        self.finished(recorder)
        self.assertEqual(len(self.files()), 1 + CHANGES + 1)
        recorded = [
            tag.body
            for contents in self.all()
            for tag in contents.media
            if tag.body in bodies
        ]
        self.assertEqual(recorded, bodies)

    def test_absence(self) -> None:
        """
        When a publisher comes back with another configuration, a new file begins
        with its first frame, and the time between them is in neither.
        """
        recorder = self.record(*BEGIN)
        self.clock.advance(8)
        self.receive(OTHER, audioHeader(), keyframe(8040))
        self.finished(recorder)
        _, second = self.all()
        self.assertEqual(
            second.media, plain(OTHER, audioHeader(), keyframe(8040).at(0))
        )
        self.assertEqual(metadataOf(second)["streamOffset"], 8.04)

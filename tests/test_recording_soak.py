"""
Tests of L{rtmptwisted.recorder}: recordings that are long.
"""

from __future__ import annotations

import os
import resource

from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.wire.flv import AUDIO, VIDEO
from tests.media import audio, audioHeader, frame, keyframe, metadataOf, videoHeader
from tests.recorder_support import RecorderTestCase

#: 25 frames a second, with a keyframe every two seconds,
PICTURE, GROUP = 40, 2_000
#: and sound of 48 kHz, in milliseconds.
SOUND = 1024 / 48

SEGMENT = 600_000


class SoakTests(RecorderTestCase):
    """
    A stream of hours, in files of ten minutes.

    @ivar hours: how many.
    """

    hours = 1

    def setUp(self) -> None:
        """
        Count.
        """
        super().setUp()
        self.counts = {VIDEO: 0, AUDIO: 0}
        self.next = 0
        self.heard = 0
        self.lastSound = -SOUND

    def follow(self) -> None:
        """
        Look at each file that is finished, and delete it.
        """
        found = []
        for path in self.files():
            with open(os.path.join(self.root, path), "rb") as file:
                # The first tag says so.
                if b"complete\1\1" in file.read(1024):
                    found.append(path)
        for path in found:
            self.look(path)
            os.unlink(os.path.join(self.root, path))

    def look(self, path: str) -> None:
        """
        A file begins where that before ends, to the millisecond.
        """
        contents = self.contents(path)
        metadata = metadataOf(contents)
        self.assertEqual(metadata["sequence"], self.next)
        base = self.next * SEGMENT
        self.assertEqual(metadata["streamOffset"], base / 1000)
        self.next += 1
        media = contents.media
        self.assertEqual([each.timestamp for each in media[:3]], [0, 0, 0])
        self.assertEqual(media[2].body[0], 0x17)
        pictures = [each.timestamp for each in media if each.type == VIDEO][1:]
        self.assertEqual(pictures, list(range(0, SEGMENT, PICTURE)))
        self.counts[VIDEO] += len(pictures)
        for each in [each for each in media if each.type == AUDIO][1:]:
            at = base + each.timestamp
            self.assertLessEqual(abs(at - self.lastSound - SOUND), 1.0)
            self.lastSound += SOUND
            self.counts[AUDIO] += 1

    def send(self, start: int, end: int) -> None:
        """
        Let the publisher send what it has in this time.
        """
        inter, key, sound = frame(0, 20), keyframe(0, 20), audio(0, 8)
        heard = self.heard
        for now in range(start, end, PICTURE):
            self.stream.receive((inter if now % GROUP else key).at(now))
            while heard * SOUND < now + PICTURE:
                self.stream.receive(sound.at(int(heard * SOUND)))
                heard += 1
            if now % 200 == 0:
                self.clock.advance(0.2)
        self.heard = heard

    def test_hours(self) -> None:
        """
        Files follow one another without a gap, no time is lost or won, no frame is
        missing, and it takes no more memory later than at the beginning.
        """
        recorder: FLVRecorder = self.record(
            videoHeader(), audioHeader(), segment="10m", name="live/long"
        )
        memory = []
        end = self.hours * 3_600_000
        for start in range(0, end, SEGMENT):
            self.send(start, start + SEGMENT)
            self.follow()
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        self.finished(recorder)
        self.follow()
        self.assertEqual(self.files(), [])
        self.assertEqual(self.next, self.hours * 6)
        self.assertEqual(self.counts[VIDEO], end // PICTURE)
        self.assertEqual(self.counts[AUDIO], self.heard)
        # In KiB.
        self.assertLess(memory[-1] - memory[1], 8 * 1024)
        self.report(memory)

    def report(self, memory: list[int]) -> None:
        """
        For those who want to see more.
        """

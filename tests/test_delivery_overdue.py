"""
Tests of L{rtmptwisted.delivery}: streams whose keyframes do not come.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.wire.limits import MIB, Limits
from tests.delivery_support import BEGIN, FanOutTestCase
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader


class OverdueTests(FanOutTestCase):
    """
    No keyframe comes for more than 20 seconds of media time.
    """

    limits = replace(Limits(), viewerBytes=MIB)

    def test_lateJoiner(self) -> None:
        """
        A viewer that joins gets sequence headers, and goes on with the next
        frame of any kind: there may never be a keyframe.
        """
        self.publish(*BEGIN, frame(21_000))
        viewer = self.watch()
        self.assertEqual(viewer.media, plain(videoHeader(21_000), audioHeader(21_000)))
        self.receive(frame(21_040), audio(21_050))
        self.assertEqual(
            viewer.media[2:],
            plain(
                videoHeader(21_040), audioHeader(21_040), frame(21_040), audio(21_050)
            ),
        )

    def test_videoStops(self) -> None:
        """
        When video stops while audio goes on, a viewer that joins gets the
        audio.
        """
        self.publish(*BEGIN, *[audio(n * 1000) for n in range(1, 22)])
        viewer = self.watch()
        self.receive(audio(22_000))
        self.receive(audio(22_020))
        self.assertEqual(viewer.media[-2:], plain(audio(22_000), audio(22_020)))
        self.assertEqual(
            [tag.body for tag in viewer.media[-3:-2]], [audioHeader().body]
        )

    def test_skipped(self) -> None:
        """
        A viewer that lost a part of the stream goes on with the next frame too.
        """
        self.publish(*BEGIN)
        slow = self.watch()
        self.receive(frame(21_000))
        slow.viewer.pauseProducing()
        self.receive(frame(21_040, MIB), frame(21_080))
        self.receive(frame(21_120, MIB))
        self.assertTrue(slow.viewer.skipping)
        slow.viewer.resumeProducing()
        before = len(slow.media)
        self.receive(audio(21_160), frame(21_200))
        self.assertEqual(
            slow.media[before:],
            plain(
                videoHeader(21_160), audioHeader(21_160), audio(21_160), frame(21_200)
            ),
        )

    def test_notBySequenceHeader(self) -> None:
        """
        A sequence header alone is no place to go on.
        """
        self.publish(*BEGIN, frame(21_000))
        viewer = self.watch()
        self.receive(videoHeader(21_020))
        self.assertEqual(len(viewer.media), 2)

    def test_keyframeComes(self) -> None:
        """
        With the next keyframe all is as before: who joins gets the group, and
        who skips waits for the next.
        """
        self.publish(*BEGIN, frame(21_000), keyframe(22_000), frame(22_040))
        viewer = self.watch()
        self.assertEqual(
            viewer.media,
            plain(
                videoHeader(22_000),
                audioHeader(22_000),
                keyframe(22_000),
                frame(22_040),
            ),
        )
        viewer.viewer.mute(True)
        viewer.viewer.mute(False)
        self.receive(frame(22_080), audio(22_090))
        self.assertEqual(len(viewer.media), 4)


class OverLimitTests(FanOutTestCase):
    """
    The group has grown too large, or has too many tags.
    """

    limits = replace(Limits(), gopBytes=1000, gopTags=50)

    def check(self, start: int) -> None:
        """
        A viewer that joins gets sequence headers, and then waits for a keyframe.
        """
        viewer = self.watch()
        self.assertEqual(viewer.media, plain(videoHeader(start), audioHeader(start)))
        self.receive(frame(start + 40), audio(start + 50))
        self.assertEqual(len(viewer.media), 2)
        self.receive(frame(start + 60), keyframe(start + 80), frame(start + 120))
        self.assertEqual(
            viewer.media[2:],
            plain(
                videoHeader(start + 80),
                audioHeader(start + 80),
                keyframe(start + 80),
                frame(start + 120),
            ),
        )

    def test_bytes(self) -> None:
        """
        That holds where it has too many bytes.
        """
        self.publish(*BEGIN, frame(40, 1000))
        self.check(40)

    def test_tags(self) -> None:
        """
        It holds where it has too many tags.
        """
        self.publish(*BEGIN, *[frame(n, 6) for n in range(1, 60)])
        self.check(59)

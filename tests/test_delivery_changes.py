"""
Tests of L{rtmptwisted.delivery}: what viewers get around a change of codec, and who
comes or goes on in the middle of it.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat, Framing, RTMPFormat
from rtmptwisted.wire.limits import Limits
from tests.delivery_support import BEGIN, FanOutTestCase, Watching
from tests.enhanced_support import videoKey, videoStart
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.test_delivery_merging import MergingTestCase

HEADER = videoStart("hvc1", b"hevc")
KEY = videoKey("hvc1", 80)


class ComingBackTests(FanOutTestCase):
    """
    Viewers that come back at once, when a change of codec has ended them.
    """

    def comingBack(
        self, viewer: Watching, form: FLVFormat | None = None
    ) -> list[Watching]:
        """
        @return: a list that will have who comes when C{viewer} is ended.
        """
        new: list[Watching] = []
        viewer.outlet.onFinish = lambda: new.append(self.watch(form))
        return new

    def test_otherForm(self) -> None:
        """
        A viewer that comes to another form meanwhile is a viewer as any: it gets
        what follows, and is told of the end.
        """
        self.publish(*BEGIN)
        viewer = self.watch(FLVFormat(Framing.CHUNKED))
        self.watch()
        new = self.comingBack(viewer)
        self.receive(HEADER)
        self.receive(KEY)
        (one,) = new
        self.assertEqual(one.media[-1:], plain(KEY))
        self.stream.end()
        self.assertEqual(one.outlet.finished, 1)
        self.assertEqual(self.stream.viewers, 0)

    def test_sameForm(self) -> None:
        """
        One that comes to the same form gets the new sequence header once.
        """
        self.publish(*BEGIN)
        new = self.comingBack(self.watch())
        self.receive(HEADER)
        self.receive(KEY)
        bodies = [each.body for each in new[0].media]
        self.assertEqual((bodies.count(HEADER.body), bodies.count(KEY.body)), (1, 1))

    def test_anyForm(self) -> None:
        """
        To whatever form it comes, one that has viewers or not, it gets each tag
        once, and what follows.
        """
        tags = [HEADER, KEY, audio(90)]
        for old in (False, True):
            for raw in (False, True):
                self.setUp()
                self.publish(*BEGIN)
                form = FLVFormat(raw=raw)
                viewer = self.watch(FLVFormat(Framing.CHUNKED))
                if old:
                    self.watch(form)
                new = self.comingBack(viewer, form)
                self.receive(*tags)
                self.receive(audio(100))
                media = new[0].media
                bodies = [each.body for each in media]
                counts = [bodies.count(each.body) for each in tags]
                self.assertEqual(counts, [1] * 3, (old, raw))
                self.assertEqual(media[-1:], plain(audio(100)), (old, raw))


class MovingTests(FanOutTestCase):
    """
    Players that go over to another form.
    """

    limits = replace(Limits(), viewerBytes=1000)

    def test_tooSlow(self) -> None:
        """
        One that becomes too slow by the sequence headers that it needs there is
        counted as any that is too slow.
        """
        self.publish(*BEGIN)
        player = self.watch(RTMPFormat(1, video=False))
        player.viewer.pauseProducing()
        self.receive(audio(40, 985))
        self.assertEqual((player.viewer.skips, self.stream.skips), (0, 0))
        to = FanOut.of(self.stream, RTMPFormat(1), self.clock, self.limits)
        player.fanOut.move(player.viewer, to, skip=False)
        self.assertEqual((player.viewer.skips, self.stream.skips), (1, 1))


class KeyframeTests(MergingTestCase):
    """
    Where viewers go on that wait for a keyframe, within a window.
    """

    WINDOW = 1.0

    def waiting(self) -> Watching:
        """
        @return: a viewer that has come just now, and waits for a keyframe.
        """
        viewer = self.watch()
        viewer.viewer.mute(True)
        viewer.viewer.mute(False)
        return viewer

    def test_later(self) -> None:
        """
        One that came within the window goes on at the first keyframe that came
        after it, though there was one before.
        """
        self.watch()
        self.at(0, keyframe(40))
        late = self.waiting()
        self.at(1, frame(80), keyframe(120), frame(160), keyframe(200))
        self.assertEqual(
            late.media[-3:], plain(keyframe(120), frame(160), keyframe(200))
        )
        times = [each.timestamp for each in late.media]
        self.assertNotIn(80, times)

    def test_beforeAnotherCodec(self) -> None:
        """
        Who goes on at a keyframe right before a change of codec gets the sequence
        headers of that keyframe.
        """
        viewer = self.waiting()
        self.at(0, keyframe(40), HEADER)
        self.assertEqual(
            viewer.media[len(BEGIN) :],
            plain(videoHeader(40), audioHeader(40), keyframe(40)),
        )
        self.assertEqual(viewer.outlet.finished, 1)

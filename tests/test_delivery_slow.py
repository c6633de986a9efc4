"""
Tests of L{rtmptwisted.delivery}: viewers that do not keep up.
"""

from __future__ import annotations

from dataclasses import replace

from rtmptwisted.formats import FLVFormat, RTMPFormat
from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import MIB, Limits
from tests.delivery_support import BEGIN, FanOutTestCase, Watching
from tests.enhanced_support import (
    CODED,
    START,
    audioFrame,
    audioStart,
    onTrack,
    onTracks,
    videoFrame,
    videoKey,
    videoStart,
)
from tests.flv_reader import AUDIO, VIDEO
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    plain,
    videoHeader,
)


class SlowViewerTests(FanOutTestCase):
    """
    Viewers that do not keep up.
    """

    limits = replace(Limits(), viewerBytes=MIB)

    def setUp(self) -> None:
        """
        Publish, with a viewer whose transport is full, and one whose is not.
        """
        super().setUp()
        self.publish(*BEGIN)
        self.slow, self.quick = self.watch(), self.watch()
        self.slow.viewer.pauseProducing()

    def tooMuch(self) -> None:
        """
        Send more than the slow viewer may be behind.
        """
        self.receive(frame(40, MIB // 2))
        self.receive(frame(80, MIB // 2))

    def test_others(self) -> None:
        """
        Nobody else notices.
        """
        self.tooMuch()
        self.receive(keyframe(120))
        self.assertTrue(self.slow.viewer.skips)
        self.assertEqual(
            self.quick.media,
            plain(*BEGIN, frame(40, MIB // 2), frame(80, MIB // 2), keyframe(120)),
        )
        self.assertEqual(self.quick.viewer.skips, 0)

    def test_resumesAtKeyframe(self) -> None:
        """
        After a skip a viewer goes on at a keyframe, with the sequence headers
        as they are by then, and its FLV is whole.
        """
        self.tooMuch()
        changed = AVC_CONFIG + b"new"
        self.receive(videoHeader(100, changed), frame(110))
        self.slow.viewer.resumeProducing()
        self.receive(frame(120), audio(130))
        self.assertEqual(self.slow.media, plain(*BEGIN))
        self.receive(audio(150), keyframe(160), audio(170))
        self.receive(frame(200))
        self.assertEqual(
            self.slow.media,
            plain(
                *BEGIN,
                videoHeader(160, changed),
                audioHeader(160),
                keyframe(160),
                audio(170),
                frame(200),
            ),
        )
        self.assertEqual(self.slow.viewer.frames, len(BEGIN) - 2 + 3)

    def test_setupOfTheKeyframe(self) -> None:
        """
        The sequence headers are those of the keyframe, also where there are
        others by the end of the turn, which follow in their place.
        """
        self.tooMuch()
        self.slow.viewer.resumeProducing()
        changed = videoHeader(140, AVC_CONFIG + b"new")
        last = (keyframe(120), changed, keyframe(160))
        self.receive(*last)
        self.assertEqual(
            self.slow.media[len(BEGIN) :],
            plain(videoHeader(120), audioHeader(120), *last),
        )

    def test_resumesWhileFull(self) -> None:
        """
        A keyframe ends a skip also while the transport is still full.
        """
        self.tooMuch()
        self.receive(keyframe(120))
        self.receive(frame(160))
        self.assertEqual(self.slow.media, plain(*BEGIN))
        self.slow.viewer.resumeProducing()
        self.assertEqual(
            self.slow.media[len(BEGIN) :],
            plain(videoHeader(120), audioHeader(120), keyframe(120), frame(160)),
        )

    def test_restartIsShared(self) -> None:
        """
        Viewers that go on at the same keyframe share its bytes.
        """
        other = self.watch()
        other.viewer.pauseProducing()
        self.tooMuch()
        for each in (self.slow, other):
            each.viewer.resumeProducing()
        self.receive(keyframe(120))
        self.assertIs(other.outlet.writes[-1], self.slow.outlet.writes[-1])
        self.assertIsNot(self.quick.outlet.writes[-1], self.slow.outlet.writes[-1])

    def test_stalled(self) -> None:
        """
        A viewer that takes nothing for more than 15 seconds is dropped, also
        while there is no keyframe.
        """
        self.tooMuch()
        for n in range(16):
            self.assertEqual(self.slow.outlet.aborted, 0)
            self.clock.advance(1)
            self.receive(frame(200 + n * 1000))
        self.assertEqual(self.slow.outlet.aborted, 1)
        self.assertEqual(self.quick.outlet.aborted, 0)

    def test_endWhileSkipping(self) -> None:
        """
        A viewer that skips is finished at the end like all others, without
        what it lost.
        """
        self.tooMuch()
        self.stream.end()
        self.assertEqual(self.slow.media, plain(*BEGIN))
        self.assertEqual(self.slow.outlet.finished, 1)


class SlowWithoutVideoTests(FanOutTestCase):
    """
    Viewers that do not keep up with a stream that has no keyframes for them.
    """

    limits = replace(Limits(), viewerBytes=1000)

    def check(self, slow: Watching) -> None:
        """
        A viewer that skipped goes on with the next audio.
        """
        slow.viewer.pauseProducing()
        self.receive(audio(2000, 2000))
        self.assertEqual(slow.viewer.skips, 1)
        slow.viewer.resumeProducing()
        before = len(slow.outlet.data)
        self.receive(audio(2020, 300))
        self.receive(audio(2040, 300))
        self.assertGreater(len(slow.outlet.data), before + 600)

    def test_audioOnlyStream(self) -> None:
        """
        Where there is only audio, a viewer goes on after a skip with the next
        frame, behind the sequence header.
        """
        self.publish(audioHeader(), audio(0), audio(1000))
        slow = self.watch()
        self.check(slow)
        self.assertEqual(
            slow.media[-3:],
            plain(audioHeader(2020), audio(2020, 300), audio(2040, 300)),
        )

    def test_audioWanted(self) -> None:
        """
        The same holds for a player that wants only the audio of a stream.
        """
        self.publish(*BEGIN)
        self.check(self.watch(RTMPFormat(1, video=False)))


class SlowBrowserTests(FanOutTestCase):
    """
    Viewers that do not keep up, and get what browsers read.
    """

    limits = replace(Limits(), viewerBytes=1000)

    def test_resumesAtKeyframe(self) -> None:
        """
        After a skip they go on at a keyframe, with the sequence headers, all in
        a form that browsers read; those who want all go on at the same place
        with all.
        """
        setup = (
            videoStart("avc1", b"avc"),
            onTrack(VIDEO, START, "avc1", 1, b"other"),
            audioStart("mp4a", b"aac"),
        )
        self.publish(*setup, videoKey("avc1", 0), audioFrame("mp4a", 10))
        browser, raw = self.watch(), self.watch(FLVFormat(raw=True))
        for each in (browser, raw):
            each.viewer.pauseProducing()
        self.receive(videoFrame("avc1", 40, size=2000))
        for each in (browser, raw):
            self.assertEqual(each.viewer.skips, 1)
            each.viewer.resumeProducing()
        before, all_ = len(browser.media), len(raw.media)
        key = onTracks(
            VIDEO, CODED, "avc1", (1, b"\0\0\x28B"), (0, b"\0\0\x28A"), timestamp=120
        )
        last = videoFrame("avc1", 160)
        self.receive(
            onTrack(VIDEO, CODED, "avc1", 1, b"\0\0\0x", 80), audioFrame("mp4a", 90)
        )
        self.receive(key, last)
        self.assertEqual(
            raw.media[all_:], plain(*[each.at(120) for each in setup], key, last)
        )
        self.assertEqual(
            browser.media[before:],
            plain(
                FLVTag(VIDEO, 120, b"\x17\0\0\0\0avc"),
                FLVTag(AUDIO, 120, b"\xaf\0aac"),
                FLVTag(VIDEO, 120, b"\x17\1\0\0\x28A"),
                FLVTag(VIDEO, 160, b"\x27\1" + last.body[5:]),
            ),
        )

    def test_halfReadable(self) -> None:
        """
        Where browsers cannot read the video, they go on with the next audio and
        wait for no keyframe.
        """
        self.publish(videoKey("vp09", 0), audioStart("Opus"), audioFrame("Opus", 10))
        browser = self.watch()
        browser.viewer.pauseProducing()
        self.receive(videoFrame("vp09", 40, size=2000))
        self.assertEqual(browser.viewer.skips, 0)
        self.receive(audioFrame("Opus", 50, 2000))
        self.assertEqual(browser.viewer.skips, 1)
        browser.viewer.resumeProducing()
        before = len(browser.media)
        self.receive(videoFrame("vp09", 80), audioFrame("Opus", 90))
        self.assertEqual(
            browser.media[before:],
            plain(audioStart("Opus", timestamp=90), audioFrame("Opus", 90)),
        )

"""
Tests of L{rtmptwisted.rendition}, and of viewers who have to begin anew because
browsers cannot go on with something else than they were told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtmptwisted.formats import FLVFormat, RTMPFormat
from rtmptwisted.rendition import Rendition
from rtmptwisted.wire.flv import FLVTag, scriptTag
from tests.delivery_support import BEGIN, FanOutTestCase, Watching
from tests.enhanced_support import (
    CODED_X,
    END,
    MPEG2TS_START,
    audioFrame,
    audioStart,
    onTrack,
    plain,
    tag,
    videoFrame,
    videoKey,
    videoStart,
)
from tests.fakes import logLines
from tests.flv_reader import AUDIO, VIDEO
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.media import plain as asTags

if TYPE_CHECKING:
    from rtmptwisted.formats import Format

#: Video that is long enough to know that there is no audio.
PICTURE = (videoHeader(), keyframe(0), frame(1000))

RAW = FLVFormat(raw=True)


class RenditionTests(FanOutTestCase):
    """
    Tests of L{Rendition}.
    """

    def rendition(self, form: Format | None = None) -> Rendition:
        """
        @return: the stream in a form, by default what browsers read.
        """
        return Rendition(self.stream, FLVFormat() if form is None else form)

    def carried(self, *tags: FLVTag, form: Format | None = None) -> dict[int, str]:
        """
        @return: what there is of a new stream that has these tags.
        """
        self.publish(*tags)
        rendition = self.rendition(form)
        rendition.look()
        self.stream.end()
        self.stream = self.directory.stream("live/show")
        return rendition.carried

    def test_withoutHeader(self) -> None:
        """
        What has no usable sequence header of the default track is no part of
        what browsers get; of the other forms it is.
        """
        av1 = videoKey("av01", 0)
        for tags, codec in (
            ((av1,), "av01"),
            ((videoStart("av01", b""), av1), "av01"),
            ((tag(VIDEO, 0, plain(VIDEO, MPEG2TS_START, "av01", b"c")), av1), "av01"),
            ((onTrack(VIDEO, 0, "av01", 1, b"c"), av1), "av01"),
            ((keyframe(0),), "avc1"),
            ((videoHeader(0, b"\x17\0\0\0\0"), keyframe(0)), "avc1"),
            ((audio(0),), "mp4a"),
            ((audioHeader(0, b"\xaf\0"), audio(0)), "mp4a"),
            ((audioFrame("Opus", 0),), "Opus"),
            ((audioStart("Opus", b""), audioFrame("Opus", 0)), "Opus"),
        ):
            self.assertEqual(self.carried(*tags), {}, codec)
            kind = tags[0].typeID
            for form in (RAW, RTMPFormat(1)):
                self.assertEqual(self.carried(*tags, form=form), {kind: codec})

    def test_withHeader(self) -> None:
        """
        What has one is, and MP3 without.
        """
        for tags, expected in (
            (BEGIN, {AUDIO: "mp4a", VIDEO: "avc1"}),
            ((audioStart("Opus"),), {AUDIO: "Opus"}),
            ((audioFrame(".mp3", 0),), {AUDIO: ".mp3"}),
            ((videoStart("av01"),), {VIDEO: "av01"}),
            # Whatever there is on further tracks.
            ((onTrack(VIDEO, 0, "av01", 1, b"c"), videoStart("av01")), {VIDEO: "av01"}),
            ((videoStart("av01"), onTrack(VIDEO, 0, "vp09", 1)), {VIDEO: "av01"}),
        ):
            self.assertEqual(self.carried(*tags), expected)

    def test_headerOfAnotherCodec(self) -> None:
        """
        The sequence header of another codec than that of the frames is not
        usable.
        """
        begin = (videoHeader(), keyframe(0))
        self.assertEqual(self.carried(*begin, videoKey("av01", 40)), {})
        begin = (audioStart("mp4a"), audioFrame("mp4a", 0))
        self.assertEqual(self.carried(*begin, audioFrame("Opus", 40)), {})

    def test_look(self) -> None:
        """
        It is said whether there is something else than before: a kind of media
        more or less, or another codec; another sequence header is nothing else.
        """
        self.publish()
        rendition = self.rendition()
        self.assertFalse(rendition.look())
        for given, changed in (
            (videoHeader(), True),
            (keyframe(0), False),
            (audio(0), False),
            (audioHeader(0), True),
            (videoHeader(40, videoHeader().body + b"more"), False),
            (audioStart("Opus"), True),
            (audioFrame("Opus", 80), False),
            (tag(AUDIO, 90, plain(AUDIO, END, "Opus")), True),
        ):
            self.receive(given)
            self.assertIs(rendition.look(), changed, str(given.body))
            self.assertFalse(rendition.look())

    def test_canStartAt(self) -> None:
        """
        Where browsers get no video, for want of its sequence header, they start
        with any audio; where they get it, with a keyframe.
        """
        self.publish(keyframe(0), audioHeader(), audio(10))
        rendition = self.rendition()
        self.assertTrue(rendition.canStartAt(audio(20)))
        self.receive(videoHeader())
        self.assertFalse(rendition.canStartAt(audio(20)))
        self.assertTrue(rendition.canStartAt(keyframe(40)))

    def test_encode(self) -> None:
        """
        Tags of another codec than the one that was announced are left out of
        what browsers get, and only there; script data never is.
        """
        self.publish(*BEGIN)
        rendition = self.rendition()
        rendition.look()
        others = (videoKey("hvc1", 40), videoStart("av01"), audioFrame("Opus", 40))
        for each in others:
            self.assertEqual(rendition.encode(each), b"")
            self.assertEqual(self.rendition(RAW).encode(each), each.encoded())
        for each in (*BEGIN, scriptTag(0, "onCuePoint", {})):
            self.assertEqual(rendition.encode(each), each.encoded())

    def test_notAnnounced(self) -> None:
        """
        Before there was a look nothing is announced: no media come.
        """
        self.publish(*BEGIN)
        self.assertEqual(self.rendition().encode(keyframe(40)), b"")

    def test_notSent(self) -> None:
        """
        What comes first has nothing of a medium that is not announced, in its
        header, in the metadata or in tags.
        """
        self.publish(*PICTURE, audio(1010))
        self.stream.receiveMetadata({"audiocodecid": 10.0})
        flv = self.watch().contents
        self.assertEqual(flv.flags, 1)
        self.assertEqual(flv.media, asTags(*PICTURE))
        self.assertIn(b"hasAudio\x01\0", flv.tags[0].body)
        self.assertEqual(self.watch(RAW).contents.flags, 5)

    def test_noTimeOfAV1(self) -> None:
        """
        AV1 frames of the packet type that has no composition time come as those
        that browsers read.
        """
        key = tag(VIDEO, 0, plain(VIDEO, CODED_X, "av01", b"key"))
        inter = tag(VIDEO, 1000, plain(VIDEO, CODED_X, "av01", b"inter", 2))
        self.publish(videoStart("av01"), key, inter)
        browser = self.watch()
        self.receive(inter.at(1040))
        self.assertEqual(
            [each.body for each in browser.media],
            [videoStart("av01").body, b"\x91av01key", *[b"\xa1av01inter"] * 2],
        )


class AnewTests(FanOutTestCase):
    """
    Viewers of a stream that becomes another one.
    """

    def all(self) -> tuple[Watching, Watching, Watching]:
        """
        @return: a browser, somebody who wants all over HTTP, and a player over
            RTMP.
        """
        return self.watch(), self.watch(RAW), self.watch(RTMPFormat(1))

    def check(self, before: tuple[FLVTag, ...], change: FLVTag, says: str) -> Watching:
        """
        A change ends the response of browsers, once, and nobody else's.

        @param says: what is logged that there is now.
        @return: a browser that comes after it.
        """
        self.publish(*before)
        viewers = self.all()
        browser, raw, rtmp = viewers
        told = browser.outlet.data
        with self.logs() as events:
            self.receive(change)
        self.assertEqual([each.outlet.finished for each in viewers], [1, 0, 0])
        # It gets nothing of what it was not told of.
        self.assertEqual(browser.outlet.data, told)
        self.assertEqual(raw.media[-1:], asTags(change))
        self.assertTrue(rtmp.outlet.data.endswith(change.body))
        lines = [line for line in logLines(events) if "anew" in line]
        self.assertEqual(
            lines, [f"live/show has {says} now: 1 viewers have to begin anew"]
        )
        self.assertEqual(self.stream.viewers, 2)
        return self.watch()

    def test_audioBeginsLate(self) -> None:
        """
        Audio that begins late: who was told of video only begins anew, and then
        has both.
        """
        anew = self.check(PICTURE, audioHeader(1010), "mp4a and avc1")
        self.receive(audio(1020))
        self.assertEqual(anew.contents.flags, 5)
        self.assertEqual(
            [each.body for each in anew.media],
            [each.body for each in (*PICTURE, audioHeader(), audio(1020))],
        )
        self.assertEqual(anew.outlet.finished, 0)

    def test_videoBeginsLate(self) -> None:
        """
        So with video.
        """
        before = (audioHeader(), audio(0), audio(1000))
        anew = self.check(before, videoHeader(1010), "mp4a and avc1")
        self.assertEqual(anew.contents.flags, 5)

    def test_otherAudioCodec(self) -> None:
        """
        AAC that becomes Opus: browsers begin anew, and get no AAC any more.
        """
        anew = self.check(BEGIN, audioStart("Opus", timestamp=20), "Opus and avc1")
        self.receive(audioFrame("Opus", 30), frame(40))
        self.assertEqual(anew.contents.flags, 5)
        self.assertEqual(
            anew.media,
            asTags(
                videoHeader(),
                keyframe(0),
                audioStart("Opus", timestamp=20),
                audioFrame("Opus", 30),
                frame(40),
            ),
        )

    def test_otherVideoCodec(self) -> None:
        """
        So with H.264 that becomes AV1.
        """
        anew = self.check(BEGIN, videoStart("av01", timestamp=20), "mp4a and av01")
        self.receive(videoKey("av01", 40), videoFrame("av01", 80))
        self.assertEqual(
            [each.body[1:5] for each in anew.media if each.type == VIDEO],
            [b"av01"] * 3,
        )

    def test_disappears(self) -> None:
        """
        So with audio that becomes one that browsers cannot play.
        """
        anew = self.check(BEGIN, audioStart("fLaC", timestamp=20), "avc1")
        self.assertEqual(anew.contents.flags, 1)
        self.assertEqual(anew.media, asTags(videoHeader(), keyframe(0)))

    def test_nothingLeft(self) -> None:
        """
        So where nothing is left.
        """
        self.check(PICTURE, videoStart("vp09", timestamp=1040), "nothing")

    def test_sameTurn(self) -> None:
        """
        What came in the same turn before the change comes before the end.
        """
        self.publish(*BEGIN)
        browser = self.watch()
        self.receive(frame(40), audioStart("Opus"), audioFrame("Opus", 50), frame(80))
        self.assertEqual(browser.media, asTags(*BEGIN, frame(40)))
        self.assertEqual(browser.outlet.finished, 1)
        self.assertEqual(self.stream.viewers, 0)

    def test_all(self) -> None:
        """
        All viewers of the form are ended, with one line; with none there is no
        line.
        """
        for count in (0, 3):
            self.publish(*BEGIN)
            viewers = [self.watch() for _ in range(count)]
            with self.logs() as events:
                self.receive(audioStart("Opus"), audioFrame("Opus", 50))
            self.assertEqual([each.outlet.finished for each in viewers], [1] * count)
            lines = [line for line in logLines(events) if "anew" in line]
            self.assertEqual(len(lines), min(count, 1))
            self.stream.end()
            self.stream = self.directory.stream("live/show")

    def test_nothingElse(self) -> None:
        """
        Sequence headers of the same codec, repeated or other ones, further
        tracks and metadata end nobody's response.
        """
        self.publish(*BEGIN)
        viewers = self.all()
        self.receive(
            videoHeader(40),
            videoHeader(40, videoHeader().body + b"more"),
            audioHeader(40),
            onTrack(AUDIO, 0, "Opus", 1, b"c", 40),
            onTrack(VIDEO, 0, "av01", 1, b"c", 40),
        )
        self.stream.receiveMetadata({"width": 1.0})
        self.receive(keyframe(80))
        self.assertEqual([each.outlet.finished for each in viewers], [0, 0, 0])
        self.assertEqual(viewers[0].media[-1:], asTags(keyframe(80)))

    def test_early(self) -> None:
        """
        Who came before it was known what there is goes on until that changes.
        """
        early = self.watch()
        self.publish(*BEGIN)
        self.assertEqual((early.contents.flags, early.outlet.finished), (5, 0))
        self.receive(audioStart("Opus"))
        self.assertEqual((early.media, early.outlet.finished), (asTags(*BEGIN), 1))

"""
Tests of C{?profile=} of HTTP-FLV: what comes, at once and later.
"""

from __future__ import annotations

import treq
from twisted.internet.defer import Deferred

from rtmptwisted.wire.flv import FLVTag
from tests.enhanced_support import (
    CODED,
    COLOUR,
    METADATA,
    START,
    Track,
    audioFrame,
    audioStart,
    multitrack,
    nanoseconds,
    onTrack,
    plain,
    tag,
    videoFrame,
    videoKey,
    videoStart,
)
from tests.flv_reader import AUDIO, FLV, VIDEO, readFLV
from tests.http_support import BEGIN
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.media import plain as asTags
from tests.test_profiles import HALF, ProfileTestCase

_RAW = "?profile=raw"


class StreamTests(ProfileTestCase):
    """
    What comes.
    """

    def test_changed(self) -> None:
        """
        A browser gets what can be changed to something that it reads, and is
        spared the rest; who wants all gets all.
        """
        two = [Track(1, "avc1", b"\0\0\0one"), Track(0, "avc1", b"\0\0\0zero")]
        self.publish(videoStart("avc1"), audioStart("mp4a"), videoKey("avc1", 0))
        self.receive(audioFrame("mp4a", 5))
        compatible, raw = self.get(), self.get("?profile=raw")
        tags = [
            tag(VIDEO, 40, plain(VIDEO, METADATA, "avc1", COLOUR)),
            tag(
                VIDEO, 40, plain(VIDEO, CODED, "avc1", b"\0\0\0x", 2, [nanoseconds(1)])
            ),
            tag(VIDEO, 80, multitrack(VIDEO, 1, CODED, two, 2)),
            onTrack(VIDEO, START, "av01", 2, b"config", 90),
            audioFrame("mp4a", 100),
            onTrack(AUDIO, CODED, "Opus", 1, b"x", 100),
            FLVTag(AUDIO, 120, b""),
        ]
        before = len(readFLV(compatible).tags)
        self.receive(*tags)
        self.assertEqual(readFLV(raw).tags[-6:], asTags(*tags[:-1]))
        self.assertEqual(
            readFLV(compatible).tags[before:],
            asTags(
                FLVTag(VIDEO, 40, b"\x27\x01\0\0\0x"),
                FLVTag(VIDEO, 80, b"\x27\x01\0\0\0zero"),
                FLVTag(AUDIO, 100, b"\xaf\x01" + tags[4].body[5:]),
            ),
        )

    def test_late(self) -> None:
        """
        Who joins late gets the headers that its profile has, then the group
        from the keyframe, whoever else is there already.
        """
        setup = [
            videoStart("avc1", b"avc", 5000),
            tag(VIDEO, 5000, plain(VIDEO, METADATA, "avc1", COLOUR)),
            onTrack(VIDEO, START, "hvc1", 1, b"hevc", 5000),
            audioStart("Opus", timestamp=5000),
        ]
        group = [videoKey("avc1", 5000), audioFrame("Opus", 5010)]
        self.publish(*HALF, videoStart("avc1", b"old"), videoHeader())
        self.receive(*setup, *group)
        self.receive(onTrack(VIDEO, CODED, "hvc1", 1, b"x", 5020))
        for _ in range(3):
            self.assertEqual(
                readFLV(self.get()).tags,
                asTags(
                    FLVTag(VIDEO, 5000, b"\x17\0\0\0\0avc"),
                    setup[3],
                    FLVTag(VIDEO, 5000, b"\x17\1" + group[0].body[5:]),
                    group[1],
                ),
            )
            raw = readFLV(self.get("?profile=raw")).tags
            self.assertEqual(raw[:1], asTags(setup[0]))
            self.assertCountEqual(raw[1:4], asTags(*setup[1:]))
            self.assertEqual(raw[4:6], asTags(*group))
            self.assertEqual(len(raw), 7)

    def test_halfReadable(self) -> None:
        """
        Where browsers cannot read the video, the audio comes at once, and goes
        on whatever the keyframes do.
        """
        self.publish(*HALF)
        self.receive(videoFrame("vp09", 40), audioFrame("Opus", 50))
        body = self.get()
        first = [audioStart("Opus"), audioFrame("Opus", 10), audioFrame("Opus", 50)]
        self.assertEqual(readFLV(body), FLV(4, asTags(*first)))
        self.receive(videoFrame("vp09", 80))
        self.receive(audioFrame("Opus", 90), videoKey("vp09", 100))
        self.receive(audioFrame("Opus", 110))
        self.assertEqual(
            readFLV(body).tags,
            asTags(*first, audioFrame("Opus", 90), audioFrame("Opus", 110)),
        )

    def test_halfReadableLate(self) -> None:
        """
        The same holds when no keyframe has come for so long that the group was
        given up: a browser begins with the next audio.
        """
        self.publish(*HALF)
        self.receive(videoFrame("vp09", 30_000))
        body = self.get()
        self.receive(videoFrame("vp09", 30_040), audioFrame("Opus", 30_050))
        self.receive(audioFrame("Opus", 30_070))
        self.assertEqual(
            readFLV(body).media[-2:],
            asTags(audioFrame("Opus", 30_050), audioFrame("Opus", 30_070)),
        )

    def collect(self, query: str = "") -> tuple[bytearray, Deferred[None]]:
        """
        @return: where the body of a response comes in, and what says that it is
            complete.
        """
        body = bytearray()
        response = self.request("GET", f"/live/show.flv{query}")
        self.assertEqual(response.code, 200)
        done = treq.collect(response, body.extend)
        self.http.flush()
        return body, done

    def test_audioBeginsLate(self) -> None:
        """
        Where audio begins late, the response of a browser that was told of video
        only is complete, and a further request gets both; who wants all just
        gets all.
        """
        begin = (videoHeader(), keyframe(0), frame(1000))
        self.publish(*begin)
        body, done = self.collect()
        raw, rawDone = self.collect(_RAW)
        self.receive(audioHeader(1000), audio(1010))
        self.assertIsNone(self.successResultOf(done))
        self.assertEqual(readFLV(body), FLV(1, asTags(*begin)))
        late = asTags(audioHeader(1000), audio(1010))
        self.assertEqual(readFLV(raw), FLV(1, asTags(*begin) + late))
        again, againDone = self.collect()
        self.assertEqual(readFLV(again), FLV(5, asTags(*begin) + late))
        self.receive(frame(1040))
        self.assertEqual(readFLV(again).tags[-1:], asTags(frame(1040)))
        for each in (rawDone, againDone):
            self.assertNoResult(each)

    def test_nothingLeft(self) -> None:
        """
        Where nothing is left that browsers can play, the response is complete,
        and a further request is refused; who wants all goes on.
        """
        self.publish(videoHeader(), keyframe(0), frame(1000))
        _, done = self.collect()
        raw, rawDone = self.collect(_RAW)
        self.receive(videoStart("vp09", timestamp=1040), videoKey("vp09", 1040))
        self.assertIsNone(self.successResultOf(done))
        self.assertEqual(self.request("GET", "/live/show.flv").code, 406)
        self.assertEqual(readFLV(raw).tags[-1:], asTags(videoKey("vp09", 1040)))
        self.assertNoResult(rawDone)

    def test_notReady(self) -> None:
        """
        Where nothing has a sequence header that browsers can use, they are
        refused, until there is one.
        """
        self.publish(videoKey("av01", 0), audioStart("Opus", b""))
        self.receive(audioFrame("Opus", 10))
        self.assertEqual(self.request("GET", "/live/show.flv").code, 406)
        self.assertEqual(readFLV(self.get(_RAW)).flags, 5)
        self.receive(videoStart("av01", timestamp=40), videoKey("av01", 40))
        expected = [videoStart("av01", timestamp=40), videoKey("av01", 40)]
        self.assertEqual(readFLV(self.get()), FLV(1, asTags(*expected)))

    def test_end(self) -> None:
        """
        Both end when the stream does, with all that came.
        """
        self.publish(*BEGIN)
        bodies = [self.get(), self.get("?profile=raw")]
        for each in (frame(40), audioHeader(40), audio(50)):
            self.live().receive(each)
        self.live().end()
        self.clock.advance(0)
        self.http.flush()
        for body in bodies:
            self.assertEqual(
                readFLV(body).media,
                asTags(*BEGIN, frame(40), audioHeader(40), audio(50)),
            )

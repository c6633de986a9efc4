"""
Tests that Enhanced RTMP comes out as it went in: at players, at raw viewers, and
in recordings; and of what the stream knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rtmptwisted import recordedsetup
from rtmptwisted.formats import FLVFormat
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.wire.flv import FLVTag
from tests.delivery_support import Watching
from tests.enhanced_support import (
    AUDIO_CODECS,
    CODED,
    COLOUR,
    END,
    KEY,
    MANY,
    MANY_CODECS,
    ONE,
    START,
    VIDEO_CODECS,
    ModEx,
    Track,
    audioFrame,
    audioStart,
    command,
    multitrack,
    nanoseconds,
    onTrack,
    onTracks,
    plain,
    tag,
    videoFrame,
    videoKey,
    videoStart,
)
from tests.fakes import inThread
from tests.flv_reader import AUDIO, VIDEO, Tag
from tests.media import audio, audioHeader, frame, keyframe, videoHeader
from tests.media import plain as asTags
from tests.recorder_support import NOW, RecorderTestCase

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))

CODECS = {VIDEO: (*VIDEO_CODECS, "zzzz"), AUDIO: (*AUDIO_CODECS, "zzzz")}


def everyForm() -> Iterator[tuple[int, bytes]]:
    """
    Every codec, packet type, reserved ones included, and form; each body is
    unlike all others.
    """
    number = 0

    def body() -> bytes:
        nonlocal number
        number += 1
        return number.to_bytes(4, "big")

    for media, codecs in CODECS.items():
        for packetType in range(16):
            for codec in codecs:
                # Without tracks, 5 or 6 and 7 say that something else follows.
                yield media, plain(media, packetType, codec, body(), 2)
                for modEx in ([nanoseconds(7)], [ModEx(bytes(300)), ModEx(b"x", 9)]):
                    what = (media, packetType, codec, body())
                    yield media, plain(*what, KEY, modEx)
            tracks = [Track(n, codec, body()) for n, codec in enumerate(codecs)]
            for kind in (*range(4), 15):
                yield media, multitrack(media, kind, packetType, tracks[::-1], 2)
                yield (
                    media,
                    multitrack(
                        media,
                        kind,
                        packetType,
                        [*tracks[:1], Track(9, codecs[0], body())],
                    ),
                )
        whole = multitrack(media, MANY_CODECS, CODED, tracks)
        for size in range(1, len(whole), 5):
            yield media, whole[:size]
    for value in (0, 1, 2, 255):
        yield VIDEO, command(value)
        yield VIDEO, command(value, CODED, [nanoseconds(1)])


class RelayTests(RecorderTestCase):
    """
    From the publisher to everybody, byte for byte.
    """

    def setUp(self) -> None:
        """
        Publish, and record, in one file whatever changes.
        """
        super().setUp()
        self.patch(recordedsetup, "CHANGES", 0)
        self.source = self.publisher()
        self.stream = self.live()
        self.recorder = FLVRecorder(self.stream, self.root, inThread, NOW)
        self.stream.addSink(self.recorder)

    def test_everyForm(self) -> None:
        """
        Whatever form a payload has, known or not, whole or not, an RTMP player,
        a raw viewer and the recording get the bytes that were published, in
        their order.
        """
        self.source.send(*BEGIN)
        player = self.player()
        player.read()
        viewer = Watching(self.stream, FLVFormat(raw=True))
        tags = [
            FLVTag(media, 20 + n, payload)
            for n, (media, payload) in enumerate(everyForm())
        ]
        self.assertGreater(len(tags), 900)
        for each in tags:
            self.source.send(each)
            self.clock.advance(0)
        self.assertEqual(player.media(), asTags(*tags))
        self.assertEqual(viewer.media[len(BEGIN) :], asTags(*tags))
        self.assertFalse(self.source.closing or player.closing)
        recorded = self.contents(self.finished(self.recorder)).media
        self.assertEqual(
            [(each.type, each.body) for each in recorded[len(BEGIN) :]],
            [(each.typeID, each.body) for each in tags],
        )

    def test_lateJoiner(self) -> None:
        """
        Who joins late gets every header, colours included, then the group from
        the keyframe, all as they were published.
        """
        setup = [
            videoStart("hvc1", b"hevc"),
            tag(VIDEO, 0, plain(VIDEO, 4, "hvc1", COLOUR)),
            onTracks(VIDEO, START, "av01", (1, b"one"), (2, b"two")),
            audioStart("Opus", b"opus"),
            tag(AUDIO, 0, plain(AUDIO, 4, "Opus", b"\x01\x02\0\0\0\3")),
            onTrack(AUDIO, START, "mp4a", 1, b"aac"),
        ]
        group = [
            videoKey("hvc1", 2000),
            onTracks(
                VIDEO,
                CODED,
                "av01",
                (1, b"1k"),
                (2, b"2k"),
                timestamp=2000,
            ),
            audioFrame("Opus", 2010),
            onTrack(AUDIO, CODED, "mp4a", 1, b"aac", 2011),
            videoFrame("hvc1", 2040),
        ]
        self.source.send(*setup, videoKey("hvc1", 0), audioFrame("Opus", 5), *group)
        expected = asTags(*[each.at(2000) for each in setup], *group)
        player = self.player()
        self.assertEqual(player.media(), expected)
        viewer = Watching(self.stream, FLVFormat(raw=True))
        self.assertEqual(viewer.media, expected)

    def test_recordedSetup(self) -> None:
        """
        What sets decoders up before the first frame stands at the start of the
        recording; repeated, it is not written again, unless something else was
        said of one of its tracks meanwhile.
        """
        both = onTracks(VIDEO, START, "hvc1", (0, b"0"), (1, b"1"))
        one = onTrack(VIDEO, START, "hvc1", 1, b"new")
        key = videoKey("hvc1", 0)
        self.source.send(both, audioStart("Opus"), key)
        self.source.send(both, audioStart("Opus"), both, one, one, both, one, both)
        recorded = self.contents(self.finished(self.recorder)).media
        self.assertEqual(
            recorded,
            asTags(both, audioStart("Opus"), key, one, both, one, both),
        )

    def test_recordedEnd(self) -> None:
        """
        After the end of a sequence its header is written again, though it is
        the same; the headers of other tracks are not.
        """
        end = tag(VIDEO, 0, plain(VIDEO, END, "hvc1"))
        setup = (videoStart("hvc1"), audioStart("Opus"))
        self.source.send(*setup, videoKey("hvc1", 0), end, *setup)
        recorded = self.contents(self.finished(self.recorder)).media
        self.assertEqual(
            recorded,
            asTags(*setup, videoKey("hvc1", 0), end, videoStart("hvc1")),
        )

    def test_onlyReserved(self) -> None:
        """
        A publisher that sends nothing that is known is no error: a raw viewer
        that waits gets it at the end, and there is no recording.
        """
        viewer = Watching(self.stream, FLVFormat(raw=True))
        tags = [
            tag(VIDEO, n * 40, plain(VIDEO, 8 + n % 8, "zzzz", b"x")) for n in range(40)
        ]
        self.source.send(*tags)
        self.assertFalse(self.source.closing)
        self.stream.end()
        self.assertEqual(viewer.media, asTags(*tags))
        self.assertIsNone(self.successResultOf(self.recorder.done))


class CodecsTests(RecorderTestCase):
    """
    What the stream is said to consist of.
    """

    def codecs(self, *tags: FLVTag) -> dict[int, str]:
        """
        @return: the codecs of a stream that consists of these.
        """
        self.record(*tags)
        found = dict(self.stream.codecs)
        self.stream.end()
        return found

    def test_default(self) -> None:
        """
        The codec is that of the default track, whatever other tracks have, and
        whichever comes first.
        """
        for tags in (
            (videoKey("hvc1", 0), onTrack(VIDEO, CODED, "av01", 1, b"x")),
            (onTrack(VIDEO, CODED, "av01", 1, b"x"), videoKey("hvc1", 0)),
            (onTrack(VIDEO, START, "av01", 1, b"x"), onTrack(VIDEO, 0, "hvc1", 0)),
        ):
            self.assertEqual(self.codecs(*tags), {VIDEO: "hvc1"})

    def test_manyCodecs(self) -> None:
        """
        Of tracks that have a codec each it is that of track 0, wherever that
        stands; without one, the lowest.
        """
        for ids, codec in (
            ((3, 0, 1), "av01"),
            ((0, 3, 1), "hvc1"),
            ((3, 2, 1), "vp09"),
        ):
            tracks = [
                Track(id, codec, b"x")
                for id, codec in zip(ids, ("hvc1", "av01", "vp09"), strict=True)
            ]
            payload = multitrack(VIDEO, MANY_CODECS, CODED, tracks)
            self.assertEqual(self.codecs(tag(VIDEO, 0, payload)), {VIDEO: codec})

    def test_changes(self) -> None:
        """
        A default track that changes its codec is known by the new one.
        """
        self.assertEqual(
            self.codecs(*BEGIN, videoStart("av01"), audioStart("Opus")),
            {VIDEO: "av01", AUDIO: "Opus"},
        )

    def test_noMedia(self) -> None:
        """
        Commands, ends and reserved types are no media, and name no codec.
        """
        for payload in (
            command(0),
            plain(VIDEO, END, "hvc1"),
            plain(VIDEO, 9, "hvc1", b"x"),
            multitrack(VIDEO, ONE, 8, [Track(0, "av01", b"x")]),
            multitrack(VIDEO, MANY, END, [Track(0, "av01", b"x")]),
        ):
            self.assertEqual(self.codecs(tag(VIDEO, 0, payload)), {})

    def test_frames(self) -> None:
        """
        Frames are counted as messages, those of other tracks included; headers
        are none.
        """
        self.record(
            videoStart("hvc1"),
            onTracks(VIDEO, CODED, "hvc1", (0, b"x"), (1, b"y")),
            onTrack(VIDEO, CODED, "hvc1", 2, b"z"),
            audioStart("Opus"),
            audioFrame("Opus", 0),
        )
        self.assertEqual(self.stream.frames, {VIDEO: 2, AUDIO: 1})

    def test_settled(self) -> None:
        """
        Tracks of one medium do not stand for the other: the stream is settled
        when both media are seen, or one for a second.
        """
        tags = [videoKey("hvc1", 0), onTrack(VIDEO, CODED, "hvc1", 1, b"x", 500)]
        self.record(*tags)
        self.assertFalse(self.stream.settled)
        self.receive(onTrack(AUDIO, CODED, "Opus", 5, b"x", 500))
        self.assertTrue(self.stream.settled)


class WithoutHeadersTests(RecorderTestCase):
    """
    Codecs that have no sequence headers.
    """

    FIRST = (
        (AUDIO, b"\x2f\xff\xfb"),
        (AUDIO, b"\x3e\x01\x02"),
        (AUDIO, b"\xb2spx"),
        (AUDIO, b"\x72law"),
        (AUDIO, b"\x82law"),
        (AUDIO, b"\x91ac-3x"),
        (AUDIO, b"\x91ec-3x"),
        (AUDIO, b"\x91.mp3x"),
        (VIDEO, b"\x12h263"),
        (VIDEO, b"\x14\x00vp6"),
        # A header that has nothing in it, or never comes.
        (AUDIO, b"\xaf\x00"),
        (AUDIO, b"\xaf\x01aac"),
        (VIDEO, b"\x17\x01\0\0\0avc"),
        (VIDEO, b"\x91hvc1\0\0\0hevc"),
    )

    def test_waitForNothing(self) -> None:
        """
        Nobody waits for a header that never comes, or has nothing in it: the
        stream is recorded, and given to viewers, from its first frame (T-64).
        """
        self.patch(recordedsetup, "CHANGES", 0)
        for media, first in self.FIRST:
            other = audio(10) if media == VIDEO else frame(10)
            tags = [FLVTag(media, 0, first), other, FLVTag(media, 20, first + b"\1")]
            recorder = self.record(*tags[:2])
            viewer = Watching(self.stream, FLVFormat(raw=True))
            self.receive(tags[2])
            self.clock.advance(0)
            expected = [(each.typeID, each.body) for each in tags]
            self.assertEqual(self.seen(viewer.media), expected, first)
            recorded = self.contents(self.finished(recorder)).media
            self.assertEqual(self.seen(recorded), expected, first)

    def seen(self, tags: list[Tag]) -> list[tuple[int, bytes]]:
        """
        @return: all but the timestamps.
        """
        return [(each.type, each.body) for each in tags]

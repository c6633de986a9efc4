"""
Attacks, and what becomes of them: media that is to fill the memory.

Each test says what is sent, which limit of L{Limits} it meets, and what the sender
is told or what is logged.  What happens to others is tested behind each of them:
nothing.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import AUDIO, VIDEO, FLVTag
from rtmptwisted.wire.limits import KIB, MIB, Limits
from tests.attack_support import AttackTestCase
from tests.fakes import FakeSink
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import Client, media, setDataFrame

#: Enhanced RTMP: a sequence header of one track of many.
VIDEO_TRACK = b"\x96\x00hvc1"
AUDIO_TRACK = b"\x95\x00mp4a"


def trackHeader(typeID: int, track: int, size: int = 10, time: int = 0) -> FLVTag:
    """
    @return: a sequence header of a track.
    """
    start = VIDEO_TRACK if typeID == VIDEO else AUDIO_TRACK
    return FLVTag(typeID, time, start + bytes((track,)) + bytes(size))


class MediaTestCase(AttackTestCase):
    """
    A test of a publisher who sends more than anybody wants.
    """

    def begin(self, *tags: FLVTag) -> tuple[Client, LiveStream]:
        """
        @return: a publisher that has sent these, and its stream.
        """
        client = self.publishing()
        client.send(*tags)
        return client, self.live("live/attack")

    def joins(self, stream: LiveStream) -> int:
        """
        @return: how many bytes of media somebody gets who joins now.
        """
        player = self.player("attack")
        tags = media(player.read())
        player.lose()
        return sum(len(tag.body) for tag in tags)

    def kept(self, stream: LiveStream) -> int:
        """
        @return: how many bytes of tags a stream keeps, each once.
        """
        gop = stream.gop
        tags = [*gop._tags, *gop._setup.values(), *gop._latest.values()]
        return sum({id(tag): len(tag.body) for tag in tags}.values())


class SetupTests(MediaTestCase):
    """
    Sequence headers.
    """

    def test_tracks(self) -> None:
        """
        Sent: sequence headers of 256 tracks of video and as many of audio. Limit:
        C{setupTags}. Told: nothing; they are all passed on, and no more than 64 are
        kept for those who join. Logged: nothing.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        sink = FakeSink()
        stream.addSink(sink)
        for track in range(256):
            client.send(trackHeader(VIDEO, track), trackHeader(AUDIO, track))
        self.assertEqual(len(sink.tags), 512)
        client.send(keyframe(40))
        self.assertLessEqual(len(stream.gop.setup(0)), 64)
        self.assertLess(self.joins(stream), 64 * 20 + 200)
        self.assertStays(client)

    def test_large(self) -> None:
        """
        Sent: sequence headers of 64 KiB and more. Limit: C{setupBytes}. Told:
        nothing; they are passed on, and not kept.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        client.send(trackHeader(VIDEO, 0, 64 * KIB - 7))
        client.send(trackHeader(VIDEO, 1, 64 * KIB - 6))
        client.send(keyframe(40))
        sizes = [len(tag.body) for tag in stream.gop.setup(0)]
        self.assertIn(64 * KIB, sizes)
        self.assertLessEqual(max(sizes), 64 * KIB)
        self.assertStays(client)

    def test_withoutFrames(self) -> None:
        """
        Sent: sequence headers of 1 MiB, of 256 tracks of audio and 256 of video, in a
        stream that has no frames. Limits: C{gopBytes}, C{setupTags}, C{setupBytes}.
        Told: nothing; what is kept has these limits all the same.
        """
        client = self.publishing()
        stream = self.live("live/attack")
        body = bytes(MIB)
        for track in range(256):
            for typeID, start in ((AUDIO, AUDIO_TRACK), (VIDEO, VIDEO_TRACK)):
                stream.receive(FLVTag(typeID, 0, start + bytes((track,)) + body))
        # Once more as many as the group takes, so that it lets the others go.
        for _ in range(40):
            stream.receive(FLVTag(AUDIO, 0, b"\xaf\x01" + body))
        self.assertLess(self.kept(stream), 32 * MIB + 2 * 64 * 64 * KIB)
        self.assertStays(client)


class GroupTests(MediaTestCase):
    """
    Groups of pictures that never end.
    """

    limits = replace(Limits(), gopBytes=1 * MIB, gopTags=500, gopSeconds=20.0)

    def assertGivenUp(self, client: Client, stream: LiveStream) -> None:
        """
        The group is given up: nothing of it is kept, who joins gets the sequence
        headers and waits, and the next keyframe makes all well.
        """
        self.assertEqual(stream.gop.size, 0)
        self.assertLess(self.kept(stream), 1000)
        player = self.player("attack")
        time = stream.lastTimestamp
        self.assertEqual(player.media(), plain(videoHeader(time), audioHeader(time)))
        client.send(keyframe(1_000_000), frame(1_000_040))
        self.assertEqual(
            player.media(),
            plain(
                videoHeader(1_000_000),
                audioHeader(1_000_000),
                keyframe(1_000_000),
                frame(1_000_040),
            ),
        )
        player.lose()
        self.assertStays(client)

    def test_bytes(self) -> None:
        """
        Sent: a keyframe, and then large frames without another. Limit: C{gopBytes}
        (32 MiB, here 1). Told: nothing; it is passed on, and the group is given up.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        client.send(*(frame(n, 100_000) for n in range(1, 11)))
        self.assertGreater(self.joins(stream), 1_000_000)
        client.send(frame(11, 100_000))
        self.assertGivenUp(client, stream)

    def test_tags(self) -> None:
        """
        Sent: a keyframe, and then tiny frames without another, at one time. Limit:
        C{gopTags} (5000, here 500).
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        client.send(*(frame(1) for _ in range(500)))
        self.assertGivenUp(client, stream)

    def test_seconds(self) -> None:
        """
        Sent: a keyframe, and then frames for hours without another. Limit:
        C{gopSeconds}; who joins then starts at any frame.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        client.send(*(frame(500 * n) for n in range(1, 42)))
        self.assertEqual((stream.gop.size, stream.gop.overdue), (0, True))
        player = self.player("attack")
        player.read()
        client.send(frame(21_000))
        self.assertEqual(player.media()[-1:], plain(frame(21_000)))
        player.lose()

    def test_audio(self) -> None:
        """
        Sent: audio without video, for ten hours. Limit: C{audioCacheSeconds}: the
        last 3 s of it are kept.
        """
        _, stream = self.begin(audioHeader(), audio(0))
        for n in range(1, 36_000):
            stream.receive(audio(1000 * n, 100))
        self.assertLess(self.kept(stream), 5 * 100)
        self.assertEqual(self.joins(stream), 4 + 4 * 100)

    def test_audioAtOnce(self) -> None:
        """
        Sent: audio whose timestamps stand still. Limits: C{gopTags} and C{gopBytes}.
        """
        _, stream = self.begin(audioHeader(), audio(0))
        for _ in range(2000):
            stream.receive(audio(7, 100))
        self.assertLessEqual(self.kept(stream), 500 * 100 + 100)
        for _ in range(100):
            stream.receive(audio(7, 100_000))
        self.assertLessEqual(self.kept(stream), MIB + 100)
        self.assertGreater(self.joins(stream), MIB // 2)


class TimeTests(MediaTestCase):
    """
    Timestamps.
    """

    def test_wild(self) -> None:
        """
        Sent: timestamps that jump anywhere in 32 bits, forwards and back. Limit: none
        is met but those of the group; they are passed on as they are, and nothing is
        logged.
        """
        random = Random(3)
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        player = self.player("attack")
        player.read()
        tags = []
        with self.logs() as events:
            for n in range(600):
                make = keyframe if n % 20 == 0 else random.choice((frame, audio))
                tags.append(make(random.choice((0, 1 << 31, random.getrandbits(32)))))
                client.send(tags[-1])
                if n % 7 == 0:
                    self.clock.advance(0)
        self.assertEqual(self.lines(events), [])
        self.assertEqual(player.media(), plain(*tags))
        client.send(keyframe(5), frame(10))
        self.assertLess(self.joins(stream), 500)
        player.lose()

    def test_wildAudio(self) -> None:
        """
        Sent: the same without video. Limit: C{audioCacheSeconds}, in either
        direction.
        """
        random = Random(4)
        _, stream = self.begin(audioHeader(), audio(0))
        for _ in range(3000):
            stream.receive(audio(random.getrandbits(32), 100))
            self.assertLess(self.kept(stream), 20 * 100)


class MetadataTests(MediaTestCase):
    """
    Metadata.
    """

    def test_repeated(self) -> None:
        """
        Sent: the same metadata 10,000 times. Limit: none is met; players get it once.
        """
        client, _ = self.begin(videoHeader(), audioHeader(), keyframe(0))
        player = self.player("attack")
        player.read()
        client.send(*[setDataFrame(width=float("nan"), title="x")] * 10_000)
        self.assertEqual(len(player.read()), 1)
        self.assertStays(client)
        player.lose()

    def test_changing(self) -> None:
        """
        Sent: other metadata each of 10,000 times. Limits: C{dataMessage}, and for
        players who do not read C{viewerBytes}; the latest is kept.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        player, slow = self.player("attack"), self.player("attack")
        for each in (player, slow):
            each.read()
        slow.protocol.pauseProducing()
        with self.logs():
            for n in range(10_000):
                client.send(setDataFrame(n=float(n), title="x" * 500))
                if n % 100 == 0:
                    self.assertLess(len(player.read()), 101)
        self.assertLess(len(slow.transport.value()), 1000)
        self.assertEqual((stream.metadata or {})["n"], 9999.0)
        self.assertLess(self.kept(stream), 1000)
        for each in (player, slow):
            each.lose()
        self.assertStays(client)

    def test_otherData(self) -> None:
        """
        Sent: cue points and the like. Limit: none is met; they are passed on and not
        kept.
        """
        client, stream = self.begin(videoHeader(), audioHeader(), keyframe(0))
        before = self.kept(stream)
        for n in range(5000):
            stream.receiveData(["onCuePoint", "x" * 1000], n)
        self.assertEqual(self.kept(stream), before)
        self.assertStays(client)

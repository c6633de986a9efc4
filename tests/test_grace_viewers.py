"""
What viewers of all kinds get of a stream whose publisher stumbles.
"""

from __future__ import annotations

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import FLVFormat, Framing, RTMPFormat
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.delivery_support import FanOutTestCase, Watching
from tests.enhanced_support import videoKey, videoStart
from tests.media import audio, audioHeader, frame, keyframe, videoHeader

CHANGED = videoHeader(0, b"\x17\0\0\0\0\1\x64\0\x1e\xff\xe1\0\2\x67\x65")

FIXED = [FLVFormat(framing) for framing in Framing]
OPEN: list[FLVFormat | RTMPFormat] = [
    RTMPFormat(1),
    *(FLVFormat(framing, raw=True) for framing in Framing),
]


class GraceViewerTests(FanOutTestCase):
    """
    Viewers in every form.
    """

    def setUp(self) -> None:
        """
        Make a stream with viewers.
        """
        super().setUp()
        self.directory = StreamDirectory(self.clock, self.limits, grace=10)
        self.stream = self.directory.stream("live/show")
        self.who = Publisher("192.0.2.1:4000")
        self.directory.publish("live/show", self.who)
        self.send(videoHeader(), audioHeader(), keyframe(0), audio(10), frame(40))
        self.fixed = [self.watch(form) for form in FIXED]
        self.open = [self.watch(form) for form in OPEN]

    def send(self, *tags: FLVTag) -> None:
        """
        Let the present publisher send.
        """
        self.receive(*tags)
        self.stream.heard(self.stream.publisher)

    def comeBack(self, *tags: FLVTag) -> None:
        """
        The publisher is gone for three seconds.
        """
        self.stream.interrupt(self.who)
        self.clock.advance(3)
        self.who = Publisher("192.0.2.1:4001")
        self.directory.publish("live/show", self.who)
        self.send(*tags)

    def finished(self, viewers: list[Watching]) -> list[int]:
        """
        @return: how often each was ended.
        """
        return [each.outlet.finished for each in viewers]

    def written(self, viewers: list[Watching], body: bytes) -> list[int]:
        """
        @return: how often each got a payload.
        """
        return [each.outlet.data.count(body) for each in viewers]

    def test_same(self) -> None:
        """
        Where the publisher goes on as before nobody is ended, or gets a sequence
        header again.
        """
        self.comeBack(videoHeader(), audioHeader(), keyframe(0), audio(10))
        everybody = [*self.fixed, *self.open]
        self.assertEqual(set(self.finished(everybody)), {0})
        self.assertEqual(set(self.written(everybody, videoHeader().body)), {1})
        (first, last) = (
            each
            for each in self.fixed[0].media
            if each.body[0] == 0x17 and each.body[1] == 1
        )
        self.assertEqual(last.timestamp - first.timestamp, 3040)

    def test_changedHeader(self) -> None:
        """
        Another sequence header of the same codec goes to everybody.
        """
        self.comeBack(CHANGED, audioHeader(), keyframe(0), audio(10))
        everybody = [*self.fixed, *self.open]
        self.assertEqual(set(self.finished(everybody)), {0})
        self.assertEqual(set(self.written(everybody, CHANGED.body)), {1})

    def test_otherCodec(self) -> None:
        """
        With another codec those end that cannot follow it, and the others get its
        header; who comes then gets nothing of the old one.
        """
        header, key = videoStart("hvc1", b"hevc"), videoKey("hvc1", 0)
        self.comeBack(header, audioHeader(), key, audio(10))
        self.assertEqual(set(self.finished(self.fixed)), {1})
        self.assertEqual(set(self.finished(self.open)), {0})
        self.assertEqual(set(self.written(self.open, header.body)), {1})
        late = self.watch(FLVFormat(raw=True))
        self.assertNotIn(videoHeader().body, late.outlet.data)

    def test_soundIsGone(self) -> None:
        """
        Without sound those end that would wait for it, after a second; the others
        are told by metadata.  Who comes meanwhile waits until that is known.
        """
        self.stream.receiveMetadata({"audiocodecid": 10.0})
        self.comeBack(videoHeader(), keyframe(0), frame(900))
        late = [self.watch(form) for form in [FIXED[0], OPEN[0]]]
        self.assertEqual([each.outlet.data for each in late], [b"", b""])
        self.assertEqual(set(self.finished(self.fixed)), {0})
        self.send(frame(1000))
        self.assertEqual(set(self.finished(self.fixed)), {1})
        self.assertEqual(set(self.finished([*self.open, *late])), {0})
        for each in late:
            self.assertIn(keyframe(0).body, each.outlet.data)
            self.assertNotIn(audioHeader().body, each.outlet.data)
        self.assertEqual(late[0].outlet.data[4], 1)

    def test_soundIsNew(self) -> None:
        """
        With a kind of media that was not there those end that cannot have it.
        """
        self.stream.end()
        self.stream = self.directory.publish("live/show", self.who)
        self.send(videoHeader(), keyframe(0), frame(1000))
        fixed, other = self.watch(FIXED[0]), self.watch(OPEN[0])
        self.comeBack(videoHeader(), audioHeader(), keyframe(0), audio(10))
        self.assertEqual(self.finished([fixed, other]), [1, 0])

    def test_joinsInTheGap(self) -> None:
        """
        Who comes while the publisher is away gets the last group, and then what
        follows, in each form.
        """
        self.stream.interrupt(self.who)
        late = [self.watch(form) for form in [*FIXED, *OPEN]]
        self.clock.advance(2)
        self.who = Publisher("192.0.2.1:4001")
        self.directory.publish("live/show", self.who)
        self.send(videoHeader(), audioHeader(), keyframe(7), audio(10))
        for each in late:
            self.assertEqual(each.outlet.data.count(videoHeader().body), 1)
            for tag in (keyframe(0), frame(40), keyframe(7)):
                self.assertEqual(each.outlet.data.count(tag.body), 1)
        self.stream.end()
        self.assertEqual(set(self.finished(late)), {1})

    def test_slow(self) -> None:
        """
        A viewer that takes nothing is dropped in time, though the publisher was
        away.
        """
        slow = self.watch(slow=True)
        self.send(frame(80))
        self.stream.interrupt(self.who)
        self.clock.advance(9)
        self.assertEqual(slow.outlet.aborted, 0)
        self.comeBackLate()
        self.assertEqual(slow.outlet.aborted, 1)

    def comeBackLate(self) -> None:
        """
        Go on, and send for seven seconds more.
        """
        self.who = Publisher("192.0.2.1:4001")
        self.directory.publish("live/show", self.who)
        for n in range(8):
            self.send(keyframe(n * 1000), audio(n * 1000))
            self.clock.advance(1)

"""
Tests of L{rtmptwisted.session}.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import Command, Data
from tests.fakes import FakeSink
from tests.media import asMessage, audio, frame, keyframe, plain, scriptValues
from tests.session_support import SessionTestCase


class SessionTests(SessionTestCase):
    """
    Tests of L{Session}.
    """

    def test_createStream(self) -> None:
        """
        Ids begin with 1 and are used again.
        """
        streams = [self.session.createStream() for _ in range(3)]
        self.assertEqual([each.id for each in streams], [1, 2, 3])
        self.session.deleteStream(streams[0])
        self.assertEqual(self.session.createStream().id, 1)

    def test_netStream(self) -> None:
        """
        0 stands for the only NetStream there is, and for none of several.
        """
        self.assertIsNone(self.session.netStream(0))
        only = self.session.createStream()
        self.assertIs(self.session.netStream(0), only)
        self.assertIs(self.session.netStream(1), only)
        self.assertIsNone(self.session.netStream(2))
        self.session.createStream()
        self.assertIsNone(self.session.netStream(0))

    def test_named(self) -> None:
        """
        NetStreams are found by what they publish or play, query string or not.
        """
        publishing, playing = self.publishing("one"), self.playing("two")
        self.assertIs(self.session.named("one?key=1"), publishing)
        self.assertIs(self.session.named("two"), playing)
        strange: list[AMFValue] = ["three", "..", "", 1.0, None, ["one"]]
        for name in strange:
            self.assertIsNone(self.session.named(name))

    def test_software(self) -> None:
        """
        Only text is taken for what the client says it is.
        """
        for said, software in (("OBS", "'OBS'"), (7.0, ""), (None, "")):
            self.session.properties = {"flashVer": said}
            self.assertEqual(self.session.software, software)

    def test_close(self) -> None:
        """
        At the end all NetStreams end, and are gone.
        """
        sink = FakeSink()
        self.publishing("one", sink)
        self.playing("two")
        self.session.close()
        self.session.close()
        self.assertEqual(sink.ended, 1)
        self.assertEqual(self.host.players[0].told, ["stop"])
        self.assertEqual(self.session.netStreams, {})

    def test_isPublishing(self) -> None:
        """
        The session knows whether it publishes, and whether it does anything.
        """
        playing = self.playing("two")
        self.assertEqual(
            (self.session.isPublishing, self.session.isBusy), (False, True)
        )
        self.publishing("one")
        playing.close()
        self.assertTrue(self.session.isPublishing)
        self.session.close()
        self.assertEqual(
            (self.session.isPublishing, self.session.isBusy), (False, False)
        )


class MediaTests(SessionTestCase):
    """
    Where media goes.
    """

    def test_twoNetStreams(self) -> None:
        """
        Media goes by its message stream id, when one connection publishes
        twice (T-57).
        """
        one, two = FakeSink(), FakeSink()
        self.publishing("one", one)
        self.publishing("two", two)
        self.session.mediaReceived(asMessage(keyframe(0), 1))
        self.session.mediaReceived(asMessage(audio(10), 2))
        self.session.mediaReceived(asMessage(frame(40), 1))
        self.assertEqual(plain(*one.tags), plain(keyframe(0), frame(40)))
        self.assertEqual(plain(*two.tags), plain(audio(10)))
        self.assertEqual(self.session.dropped, 0)

    def test_unknownStream(self) -> None:
        """
        Media on a stream that nobody made, or that does not publish, is
        dropped and counted.
        """
        sink = FakeSink()
        self.publishing("one", sink)
        self.playing("two")
        for id in (0, 2, 3, 2**32 - 1):
            self.session.mediaReceived(asMessage(keyframe(0), id))
        self.assertEqual((sink.tags, self.session.dropped), ([], 4))

    def test_zero(self) -> None:
        """
        Media on stream 0 belongs to the only NetStream.
        """
        sink = FakeSink()
        self.publishing("one", sink)
        self.session.mediaReceived(asMessage(keyframe(0), 0))
        self.assertEqual(len(sink.tags), 1)

    def test_afterTheEnd(self) -> None:
        """
        Media after the end of a publish is dropped.
        """
        sink = FakeSink()
        netStream = self.publishing("one", sink)
        netStream.close()
        self.session.mediaReceived(asMessage(keyframe(0), 1))
        self.assertEqual((sink.tags, self.session.dropped), ([], 1))

    def data(self, *values: Any) -> list[Any]:
        """
        @return: what the stream makes of a data message.
        """
        sink = FakeSink()
        self.publishing("show", sink)
        self.session.dataReceived(Data(list(values), 5, 1))
        return [scriptValues(tag) for tag in plain(*sink.tags)]

    def test_metadata(self) -> None:
        """
        Metadata is taken with and without the wrapping (T-5E).
        """
        expected = [["onMetaData", {"width": 1.0, "hasAudio": True, "hasVideo": True}]]
        self.assertEqual(
            self.data("@setDataFrame", "onMetaData", {"width": 1.0}), expected
        )
        self.session.close()
        self.assertEqual(self.data("onMetaData", {"width": 1.0}), expected)

    def test_otherData(self) -> None:
        """
        Other data goes on unwrapped and whole.
        """
        self.assertEqual(
            self.data("@setDataFrame", "onTextData", {"text": "x"}, 1.0),
            [["onTextData", {"text": "x"}, 1.0]],
        )

    def test_strangeData(self) -> None:
        """
        Data that says nothing is dropped without harm.
        """
        for values in ((), ("@setDataFrame",), ("@clearDataFrame", "onMetaData")):
            self.assertEqual(self.data(*values), [], str(values))
            self.session.close()

    def test_clearDataFrame(self) -> None:
        """
        C{@clearDataFrame} makes the stream forget its metadata, wrapped or
        not, and no sink hears of it; the same metadata is news after that.
        """
        sink = FakeSink()
        self.publishing("show", sink)
        stream = self.live("live/show")
        for clear in (["@clearDataFrame"], ["@setDataFrame", "@clearDataFrame"]):
            before = len(sink.tags)
            self.session.dataReceived(Data(["onMetaData", {"width": 1.0}], 0, 1))
            self.assertEqual(stream.metadata, {"width": 1.0})
            self.session.dataReceived(Data([*clear, "onMetaData"], 5, 1))
            self.assertIsNone(stream.metadata)
            self.assertEqual(stream.snapshot(), [])
            self.assertEqual(len(sink.tags), before + 1)

    def test_metadataThatIsNone(self) -> None:
        """
        C{onMetaData} without an object is no metadata.
        """
        self.assertEqual(self.data("onMetaData", 7.0), [["onMetaData", 7.0]])
        self.assertIsNone(self.live("live/show").metadata)


class AnswerTests(SessionTestCase):
    """
    How a session answers.
    """

    def test_noTransaction(self) -> None:
        """
        A command without a transaction id gets neither result nor error.
        """
        self.session.sendResult(Command("x", 0.0), 1.0)
        self.session.sendError(Command("x", 0.0), "Code", "why")
        self.assertEqual(self.host.sent, [])

    def test_result(self) -> None:
        """
        A result has at least one value.
        """
        self.session.sendResult(Command("x", 3.0))
        self.session.sendResult(Command("x", 4.0), 1.0, "two")
        self.assertEqual(
            self.host.sent,
            [
                Command("_result", 3.0, None, [None]),
                Command("_result", 4.0, None, [1.0, "two"]),
            ],
        )

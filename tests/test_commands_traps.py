"""
Tests of traps of commands that no other place has.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import (
    Command,
    Data,
    Message,
    UserControl,
    UserControlType,
)
from tests.media import AAC_CONFIG, audio, audioHeader, frame, keyframe, plain
from tests.support import media, setDataFrame, statusCodes, summary
from tests.test_playing import BEGIN, PlayingTestCase

EOF_1 = UserControl(UserControlType.STREAM_EOF, b"\0\0\0\1")


class TrapTests(PlayingTestCase):
    """
    Other traps of commands.
    """

    def test_publisherComesAgain(self) -> None:
        """
        When the publisher goes, its players are told in every way and closed,
        though it comes back at once, on the same connection or another: its
        timestamps start anew (T-5C).
        """
        player = self.player()
        player.read()
        self.source.send(
            self.source.command("closeStream", id=1),
            self.source.command("publish", "show", id=1),
            *BEGIN,
        )
        messages = player.read()
        self.assertEqual(media(messages), [])
        self.assertEqual(statusCodes(messages), ["NetStream.Play.UnpublishNotify"])
        self.assertEqual(messages[-1], EOF_1)
        self.assertTrue(player.closing)
        self.assertEqual(self.player().media()[-2:], plain(keyframe(0), audio(10)))

    def test_endMessages(self) -> None:
        """
        The data message C{onPlayStatus} comes first of these, then the status,
        then StreamEOF.
        """
        player = self.player()
        player.read()
        self.source.lose()
        complete, status, end = player.read()
        assert isinstance(complete, Data)
        self.assertEqual(complete.values[0], "onPlayStatus")
        self.assertEqual(
            summary(status),
            ("onStatus", 0.0, 1, "status", "NetStream.Play.UnpublishNotify"),
        )
        self.assertEqual(end, EOF_1)

    def test_missingArguments(self) -> None:
        """
        Commands whose object and arguments are missing, null, or of other types
        are answered or ignored, and end no connection (T-48).
        """
        odd: tuple[list[AMFValue], ...] = (
            [None],
            [{}],
            [{"x": 1.0}, None],
            [7.0],
            ["text", ["list"]],
            [None, None, None],
        )
        for name in (
            "releaseStream",
            "FCPublish",
            "FCUnpublish",
            "FCSubscribe",
            "getStreamLength",
            "_checkbw",
            "deleteStream",
            "closeStream",
            "pause",
            "seek",
            "receiveAudio",
        ):
            for values in odd:
                client = self.ready()
                client.send(Command(name, 0.0, values[0], values[1:], 0))
                client.send(Command(name, 9.0, values[0], values[1:], 1))
                client.read()
                self.assertEqual(len(client.call("createStream")), 1, (name, values))
                self.assertFalse(client.closing)
                client.lose()
        self.live()

    def test_bareCommands(self) -> None:
        """
        A command that consists of its name alone does no harm either (T-48).
        """
        for name in ("FCPublish", "createStream", "deleteStream", "sing"):
            client = self.ready()
            payload = b"\x02" + len(name).to_bytes(2, "big") + name.encode()
            client.send(Message(20, 0, 1, payload, 3))
            client.read()
            self.assertEqual(len(client.call("releaseStream", "x")), 1, name)

    def test_oneChunkStream(self) -> None:
        """
        Cameras send commands, data and media on one chunk stream, and want small
        windows acknowledged (T-6C).
        """
        for number in (4, 6):
            camera = self.client()
            camera.commandChunkStream = number
            camera.publish("camera")
            tags = (*BEGIN, frame(40, 500), audio(50), frame(80))
            camera.send(setDataFrame(width=640.0))
            for tag in tags:
                camera.send(Message(tag.typeID, tag.timestamp, 1, tag.body, number))
            self.assertEqual(self.player("camera").media(), plain(*tags))
            camera.lose()

    def test_authmod(self) -> None:
        """
        The query strings by which clients log in at other servers are no part of
        the application's name, and nothing is asked of them (T-5D).
        """
        client = self.client()
        app = "live?authmod=adobe&user=me&challenge=x&response=y&opaque=z"
        messages = client.connect(app)
        self.assertEqual(statusCodes(messages), ["NetConnection.Connect.Success"])
        client.createStream()
        messages = client.call("play", "show?authmod=llnw&user=me", id=1)
        self.assertEqual(media(messages), plain(*BEGIN))

    def test_together(self) -> None:
        """
        A connection that publishes and plays on two NetStreams keeps them apart:
        media on the one that plays, and on none, is dropped and counted, and
        the end of one is not that of the other (T-57).
        """
        id = self.source.createStream()
        other = self.publisher("other")
        other.send(*BEGIN)
        self.source.call("play", "other", id=id)
        player = self.player()
        player.read()
        for on in (id, 0, 9):
            tag = frame(40)
            self.source.send(Message(tag.typeID, 40, on, tag.body, 6))
        self.assertEqual(player.media(), [])
        self.assertEqual(self.source.protocol.session.dropped, 3)
        self.source.call("deleteStream", float(id))
        self.source.send(frame(80))
        self.assertEqual(player.media(), plain(frame(80)))
        self.assertEqual(self.live("live/other").viewers, 0)

    def test_headerAtZero(self) -> None:
        """
        A sequence header that the publisher sends at 0 in the midst of a stream
        turns no clock back: who turns audio on after it gets it with the time of
        the stream (T-63).
        """
        start = 16_800_000
        changed = AAC_CONFIG + b"\x56"
        self.source.send(keyframe(start), audio(start + 10))
        player = self.player()
        player.read()
        player.call("receiveAudio", False, id=1)
        self.source.send(frame(start + 40), audioHeader(0, changed))
        self.assertEqual(player.media(), plain(frame(start + 40)))
        messages = player.call("receiveAudio", True, id=1)
        self.assertEqual(media(messages), plain(audioHeader(start + 40, changed)))

    def test_clearOther(self) -> None:
        """
        C{@clearDataFrame} takes back what it names: metadata, where it names
        that or nothing, and otherwise not (T-5E).
        """
        stream = self.live()
        for names, kept in (
            (["onMetaData"], False),
            ([], False),
            (["onCuePoint"], True),
            (["onTextData", "onMetaData"], True),
        ):
            self.source.send(setDataFrame(width=640.0))
            self.source.send(Data(["@clearDataFrame", *names], 0, 1))
            self.assertEqual(stream.metadata is not None, kept, names)

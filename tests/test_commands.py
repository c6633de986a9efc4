"""
Tests of L{rtmptwisted.commands}: what each command is answered.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted.names import LONGEST_KEY
from rtmptwisted.wire.message import (
    Acknowledgement,
    Command,
    SetChunkSize,
    SetPeerBandwidth,
    UserControl,
    UserControlType,
    WindowAckSize,
)
from tests.fakes import logLines
from tests.support import ServerTestCase, statusCodes, summary


class ConnectTests(ServerTestCase):
    """
    Tests of C{connect}.
    """

    def test_answer(self) -> None:
        """
        The answer is window, bandwidth and chunk size, then a result with two
        objects: GStreamer wants both (T-50).
        """
        window, bandwidth, size, result = self.client().connect()
        self.assertEqual(window, WindowAckSize(2_500_000))
        self.assertEqual(bandwidth, SetPeerBandwidth(2_500_000, 2))
        self.assertEqual(size, SetChunkSize(60_000))
        assert isinstance(result, Command)
        self.assertEqual((result.name, result.transactionID), ("_result", 1.0))
        properties, information = result.commandObject, result.argument(0)
        assert isinstance(properties, dict) and isinstance(information, dict)
        self.assertEqual(properties["fmsVer"], "FMS/3,0,1,123")
        self.assertEqual(information["code"], "NetConnection.Connect.Success")
        self.assertEqual(information["objectEncoding"], 0.0)

    def test_transaction(self) -> None:
        """
        The result repeats the client's transaction id, whatever it is (T-47).
        """
        client = self.client()
        client.handshake()
        client.send(Command("connect", 77.0, {"app": "live"}))
        result = client.read()[-1]
        assert isinstance(result, Command)
        self.assertEqual(result.transactionID, 77.0)

    def test_badApplication(self) -> None:
        """
        An application that is not a safe name is refused, and the connection
        closed.
        """
        for app in ("../etc", "a/../b", "x" * 300, "a\0b", "\udcff", "a\\b", ".git"):
            client = self.client()
            client.handshake()
            with self.logs() as events:
                (answer,) = client.call("connect", commandObject={"app": app})
            self.assertEqual(
                summary(answer),
                ("_error", 1.0, 0, "error", "NetConnection.Connect.InvalidApp"),
            )
            self.assertTrue(client.closing, ascii(app))
            (line,) = logLines(events)
            self.assertTrue(line.isascii() and line.isprintable(), line)

    def test_badApplicationIsQuoted(self) -> None:
        """
        The client is told what it gave for an application, as it gave it.
        """
        client = self.client()
        client.handshake()
        (answer,) = client.call("connect", commandObject={"app": "../etc?key=1"})
        assert isinstance(answer, Command)
        information = answer.argument(0)
        assert isinstance(information, dict)
        description = information["description"]
        assert isinstance(description, str)
        self.assertTrue(description.startswith("'../etc' is not "), description)

    def test_noObject(self) -> None:
        """
        A client that says nothing is connected, to no application.
        """
        client = self.client()
        client.handshake()
        client.send(Command("connect", 1.0))
        self.assertEqual(statusCodes(client.read()), ["NetConnection.Connect.Success"])
        self.assertEqual(client.protocol.session.app, "")

    def test_twice(self) -> None:
        """
        A second C{connect} ends the connection.
        """
        client = self.client()
        client.connect()
        with self.logs() as events:
            client.call("connect", commandObject={"app": "live"})
        self.assertTrue(client.closing)
        self.assertEqual(len(logLines(events)), 1)

    def test_onAnyChunkStream(self) -> None:
        """
        Commands may come on any chunk stream.
        """
        for number in (3, 8, 63, 64, 320, 65599):
            client = self.client()
            client.commandChunkStream = number
            self.assertIn(
                "NetConnection.Connect.Success", statusCodes(client.connect())
            )

    def test_smallChunks(self) -> None:
        """
        Clients may send in chunks of any size.
        """
        for size in (1, 2, 128, 4096, 0xFFFFFF):
            client = self.client()
            client.handshake()
            client.send(SetChunkSize(size))
            answers = client.call(
                "connect", commandObject={"app": "live", "tcUrl": "x" * 300}
            )
            self.assertEqual(
                statusCodes(answers), ["NetConnection.Connect.Success"], str(size)
            )

    def test_acknowledges(self) -> None:
        """
        The window that a client asks for is kept: half of it is acknowledged.
        """
        client = self.client()
        client.connect()
        client.send(WindowAckSize(2000))
        self.clock.advance(1)
        (acknowledged,) = client.read()
        assert isinstance(acknowledged, Acknowledgement)
        self.assertGreater(acknowledged.sequence, 2 * 1536)


class SmallCommandTests(ServerTestCase):
    """
    Commands that need little.
    """

    def setUp(self) -> None:
        """
        Connect a client.
        """
        super().setUp()
        self.connected = self.client()
        self.connected.connect()

    def answer(self, name: str, *arguments: Any) -> Command:
        """
        @return: the result of a command, which has to be the first answer.
        """
        command = self.connected.command(name, *arguments)
        self.connected.send(command)
        self.rest = self.connected.read()
        result = self.rest.pop(0)
        assert isinstance(result, Command)
        self.assertEqual(result.transactionID, command.transactionID)
        return result

    def test_createStream(self) -> None:
        """
        The result of C{createStream} is null and a number above 0 (T-52).
        """
        for expected in (1.0, 2.0, 3.0):
            result = self.answer("createStream")
            self.assertEqual(
                (result.name, result.commandObject, result.arguments),
                ("_result", None, [expected]),
            )

    def test_tooManyStreams(self) -> None:
        """
        The 17th NetStream of a connection is refused; the connection stays.
        """
        for _ in range(16):
            self.answer("createStream")
        result = self.answer("createStream")
        self.assertEqual(result.name, "_error")
        self.assertFalse(self.connected.closing)

    def test_idsAreFreed(self) -> None:
        """
        An id is free again after C{deleteStream}.
        """
        self.assertEqual([self.connected.createStream() for _ in range(3)], [1, 2, 3])
        self.connected.call("deleteStream", 2.0)
        self.assertEqual([self.connected.createStream() for _ in range(2)], [2, 4])

    def test_acknowledged(self) -> None:
        """
        C{releaseStream} and C{_checkbw} have an empty result (T-51).
        """
        for name in ("releaseStream", "_checkbw"):
            result = self.answer(name, "show")
            self.assertEqual((result.name, result.arguments), ("_result", [None]))
            self.assertEqual(self.rest, [])

    def test_streamLength(self) -> None:
        """
        A live stream has length 0; an error would end ffmpeg.
        """
        result = self.answer("getStreamLength", "show")
        self.assertEqual((result.name, result.arguments), ("_result", [0.0]))

    def test_announcements(self) -> None:
        """
        The FC commands have a result, and a call that hardware encoders wait
        for (T-51).
        """
        for name, event, code in (
            ("FCPublish", "onFCPublish", "NetStream.Publish.Start"),
            ("FCSubscribe", "onFCSubscribe", "NetStream.Play.Start"),
            ("FCUnpublish", "onFCUnpublish", "NetStream.Unpublish.Success"),
        ):
            self.assertEqual(self.answer(name, "show").name, "_result")
            (called,) = self.rest
            self.assertEqual(summary(called), (event, 0.0, 0, "status", code))

    def test_announcedName(self) -> None:
        """
        The call repeats the name, as far as a name can be long; what is no
        string is not repeated.
        """
        for name, expected in (
            ("show?key=1", "show?key=1"),
            ("x" * 60_000, "x" * LONGEST_KEY),
            (["x" * 1000] * 50, ""),
            ({"x": "y"}, ""),
            (7.0, ""),
            (None, ""),
        ):
            for command in ("FCPublish", "FCUnpublish", "FCSubscribe"):
                self.answer(command, name)
                (called,) = self.rest
                assert isinstance(called, Command)
                information = called.argument(0)
                assert isinstance(information, dict)
                self.assertEqual(information["description"], expected)

    def test_noTransaction(self) -> None:
        """
        What has transaction id 0 gets no result (T-47).
        """
        for name in ("createStream", "releaseStream", "getStreamLength", "_checkbw"):
            self.connected.send(Command(name, 0.0))
            self.assertEqual(self.connected.read(), [], name)

    def test_unknown(self) -> None:
        """
        An unknown command with a transaction id is answered with an error,
        and the connection goes on.
        """
        error = self.answer("sing\n" * 50, 1.0)
        self.assertEqual(error.name, "_error")
        information = error.argument(0)
        assert isinstance(information, dict)
        self.assertEqual(information["code"], "NetConnection.Call.Failed")
        description = information["description"]
        assert isinstance(description, str)
        self.assertNotIn("\n", description)
        self.assertLess(len(description), 150)
        self.assertEqual(self.answer("_checkbw").name, "_result")

    def test_unknownWithoutTransaction(self) -> None:
        """
        An unknown command without a transaction id is ignored.
        """
        self.connected.send(Command("sing", 0.0))
        self.assertEqual(self.connected.read(), [])
        self.assertFalse(self.connected.closing)

    def test_ping(self) -> None:
        """
        A ping is answered with what it carried.
        """
        self.connected.send(UserControl(UserControlType.PING_REQUEST, b"time"))
        self.assertEqual(
            self.connected.read(), [UserControl(UserControlType.PING_RESPONSE, b"time")]
        )

"""
Tests of requests to reconnect (Enhanced RTMP v2, the section Reconnect Request).
"""

from __future__ import annotations

from rtmptwisted.wire.amf import AMFValue, decode
from rtmptwisted.wire.message import Command, Message, UserControl, UserControlType
from tests.media import audio, audioHeader, frame, keyframe, plain, videoHeader
from tests.support import Client, ServerTestCase, media, statusCodes
from tests.test_formats import messagesIn

BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))

CODE = "NetConnection.Connect.ReconnectRequest"


class ReconnectTests(ServerTestCase):
    """
    Asking clients to reconnect.
    """

    def able(self, capsEx: AMFValue = 1.0) -> Client:
        """
        @return: a client that is connected, and has said what it can do.
        """
        client = self.client()
        client.connect(capsEx=capsEx)
        return client

    def test_request(self) -> None:
        """
        The request says its code with level status, and goes on chunk stream 3
        and message stream 0 with transaction 0 and no command object.
        """
        client = self.able()
        self.assertTrue(client.protocol.session.requestReconnect())
        (message,) = messagesIn(client.transport.value())
        self.assertEqual(
            message._replace(payload=b""),
            Message(20, 0, 0, b"", 3),
        )
        self.assertEqual(
            decode(message.payload),
            [
                "onStatus",
                0.0,
                None,
                {"level": "status", "code": CODE, "description": ""},
            ],
        )

    def test_where(self) -> None:
        """
        Where the client shall go is said only when there is such a place, as it
        was given, absolute or relative.
        """
        for url in (
            "rtmp://foo.example.com:1935/live",
            "rtmps://192.0.2.1/live",
            "//192.0.2.1/live",
            "/live",
            "",
        ):
            client = self.able()
            self.assertTrue(client.protocol.session.requestReconnect(url, "update"))
            (request,) = client.read()
            assert isinstance(request, Command)
            self.assertEqual(
                request.arguments,
                [
                    {
                        "level": "status",
                        "code": CODE,
                        "description": "update",
                        "tcUrl": url,
                    }
                ],
            )

    def test_unable(self) -> None:
        """
        A client that did not say that it understands the request is never
        asked, whatever else it can do.
        """
        masks: tuple[AMFValue, ...] = (0.0, 2.0, 14.0, 6.0, None, "1", [1.0])
        for capsEx in masks:
            client = self.able(capsEx)
            self.assertFalse(client.protocol.session.requestReconnect("rtmp://x/y"))
            self.assertEqual(client.read(), [])
        legacy = self.client()
        legacy.connect(fourCcList=["*"], videoFourCcInfoMap={"*": 4.0})
        self.assertFalse(legacy.protocol.session.requestReconnect())
        self.assertEqual(legacy.read(), [])

    def test_beforeConnect(self) -> None:
        """
        A client that has not connected yet is not asked.
        """
        client = self.client()
        self.assertEqual(self.factory.requestReconnect(), 0)
        client.handshake()
        self.assertEqual(self.factory.requestReconnect(), 0)
        self.assertEqual(client.read(), [])

    def test_closed(self) -> None:
        """
        A client that is being closed, or is gone, is not asked.
        """
        client = self.able()
        client.protocol.close()
        self.assertFalse(client.protocol.session.requestReconnect())
        client.lose()
        self.assertFalse(client.protocol.session.requestReconnect())
        self.assertEqual(client.read(), [])

    def test_all(self) -> None:
        """
        The factory asks all who understand it, each once, and says how many.
        """
        self.assertEqual(self.factory.requestReconnect(), 0)
        able = [self.able(), self.able(15.0), self.able(3.0)]
        unable = [self.able(2.0), self.client()]
        gone = self.able()
        gone.lose()
        self.assertEqual(self.factory.requestReconnect("rtmp://other/live"), 3)
        for client in able:
            (request,) = client.read()
            assert isinstance(request, Command)
            information = request.argument(0)
            assert isinstance(information, dict)
            self.assertEqual(information["tcUrl"], "rtmp://other/live")
        for client in (*unable, gone):
            self.assertEqual(client.read(), [])

    def test_goesOn(self) -> None:
        """
        Who was asked goes on as before, for as long as it likes: the publisher
        is heard, and the player gets what it publishes.
        """
        source, player = self.able(), self.able()
        for client, what in ((source, "publish"), (player, "play")):
            client.createStream()
            client.call(what, "show", id=1)
        source.send(*BEGIN)
        player.read()
        self.assertEqual(self.factory.requestReconnect(), 2)
        source.read()
        source.send(frame(40), audio(50))
        request, *rest = player.read()
        assert isinstance(request, Command)
        self.assertEqual(media(rest), plain(frame(40), audio(50)))
        for n in range(120):
            self.clock.advance(1)
            source.send(frame(1000 * n))
            player.send(UserControl(UserControlType.PING_RESPONSE, bytes(4)))
        self.assertFalse(source.closing or player.closing)
        self.assertFalse(source.aborted or player.aborted)
        self.assertEqual(player.media()[-1:], plain(frame(119_000)))

    def test_handOver(self) -> None:
        """
        A publisher that comes back on a new connection is refused the name while
        the old one has it, as anybody is, and gets it after.
        """
        old = self.able()
        old.createStream()
        old.call("publish", "show", id=1)
        self.assertEqual(self.factory.requestReconnect(), 1)
        old.read()
        early = self.able()
        early.createStream()
        early.call("publish", "show", id=1)
        self.clock.advance(0.01)
        old.send(*BEGIN)
        self.clock.advance(0.1)
        self.assertEqual(statusCodes(early.read()), ["NetStream.Publish.BadName"])
        old.lose()
        new = self.publisher()
        new.send(*BEGIN)
        self.assertEqual(self.live().frames, {8: 1, 9: 1})

    def test_again(self) -> None:
        """
        A client can be asked more than once.
        """
        client = self.able()
        for _ in range(3):
            self.assertEqual(self.factory.requestReconnect(), 1)
        self.assertEqual(len(client.read()), 3)

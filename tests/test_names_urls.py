"""
Tests for L{rtmptwisted.names}: URLs.

The T numbers are those of the project's list of traps of the wire.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.errors import InvalidName
from rtmptwisted.names import StreamName, appOf, checkApp, streamName
from rtmptwisted.wire.amf import AMFValue
from tests.media import audio, audioHeader, keyframe, plain, videoHeader
from tests.support import ServerTestCase, media, statusCodes


class URLNameTests(SynchronousTestCase):
    """
    T-54: clients that give a whole URL where the stream's name belongs.
    """

    def test_forms(self) -> None:
        """
        The key is what it is for those who give the name alone: what stands
        behind the host, in any scheme of RTMP, with or without the application,
        a port, a query string and quotes.
        """
        for app, name in (
            ("live", "rtmp://host/live/cam"),
            ("live", "rtmp://host:1935/live/cam"),
            ("live", "rtmp://[2001:db8::1]:1935/live/cam"),
            ("live", "rtmp://user:pass@host/live/cam"),
            ("live", "RTMP://host/live/cam"),
            ("live", "rtmps://host/live/cam/"),
            ("live", "rtmpt://host//live/cam"),
            ("live", "'rtmp://host/live/cam'"),
            ("live", '"rtmp://host/live/cam"'),
            ("live", "rtmp://host/cam"),
            ("live/", "rtmp://host/live/cam"),
            ("live?x=1", "rtmp://host/live/cam"),
            ("", "rtmp://host/live/cam"),
            ("live/_definst_", "rtmp://host/live/cam"),
        ):
            self.assertEqual(streamName(app, name).key, "live/cam", (app, name))

    def test_longerApplication(self) -> None:
        """
        The application may have several parts; one that only begins alike is
        another.
        """
        for app, name, key in (
            ("app/inst", "rtmp://host/app/inst/key", "app/inst/key"),
            ("live", "rtmp://host/live/a/b", "live/a/b"),
            ("live", "rtmp://host/live2/cam", "live/live2/cam"),
        ):
            self.assertEqual(streamName(app, name).key, key)

    def test_instance(self) -> None:
        """
        The default instance is left out of the URL as it is of the application.
        """
        found = streamName("live/_definst_", "rtmp://host/live/_definst_/cam")
        self.assertEqual(found.key, "live/cam")

    def test_applicationAlone(self) -> None:
        """
        A URL that ends with the application has no name in it, as an empty name
        has none.
        """
        for name in ("rtmp://host/live", "rtmp://host/live/", "rtmp://host/live?k=v"):
            self.assertEqual(streamName("live", name).key, "live", name)

    def test_parameters(self) -> None:
        """
        The query string of the URL counts as that of a name does.
        """
        found = streamName("live?k=app&a=1", "rtmp://host/live/cam?k=url&token=a%20b")
        self.assertEqual(dict(found.parameters), {"k": "url", "a": "1", "token": "a b"})

    def test_quotedParameters(self) -> None:
        """
        The quotes around a URL are no part of its last parameter.
        """
        for quote in "'\"":
            found = streamName("live", f"{quote}rtmp://host/live/cam?token=abc{quote}")
            self.assertEqual(found, StreamName("live/cam", (("token", "abc"),)))

    def test_nothing(self) -> None:
        """
        Where there is no name in it, and no application, there is no key.
        """
        for name in ("rtmp://", "rtmp://host", "rtmp://host/", "rtmp:///", "'rtmp://'"):
            self.assertRaises(InvalidName, streamName, "", name)

    def test_otherSchemes(self) -> None:
        """
        URLs of other schemes are no names.
        """
        for name in ("http://host/live/cam", "file:///etc/passwd", "rtsp://h/live/x"):
            self.assertRaises(InvalidName, streamName, "live", name)

    def test_unsafe(self) -> None:
        """
        What a URL leads to is checked like any name.
        """
        for path in ("live/../x", "live/..", "../x", "live/.git", "live/a//cam", "a b"):
            self.assertRaises(InvalidName, streamName, "live", f"rtmp://host/{path}")


class AppOfTests(SynchronousTestCase):
    """
    T-54: the application, from what C{connect} says.
    """

    def test_app(self) -> None:
        """
        C{app} is taken as it is, query string included, whatever else is said.
        """
        for app in ("live", "live?k=v", "app/inst", "live/"):
            properties: dict[str, AMFValue] = {"app": app, "tcUrl": "rtmp://h/other"}
            self.assertEqual(appOf(properties), app)

    def test_url(self) -> None:
        """
        Where it is missing, empty, or no text, the path of the URL counts, in
        either spelling, quoted or not, with its query string.
        """
        for url, key, parameters in (
            ("rtmp://host/live", "live", ()),
            ("rtmp://host:1935/live/", "live", ()),
            ("rtmps://host/app/inst", "app/inst", ()),
            ("rtmp://host/live?token=a/b", "live", (("token", "a/b"),)),
            ("'rtmp://host/live'", "live", ()),
            ('"rtmp://host/live?k=v"', "live", (("k", "v"),)),
            ("RTMP://HOST/Live", "Live", ()),
            ("rtmp://[2001:db8::1]/live/_definst_", "live", ()),
        ):
            missing: tuple[AMFValue, ...] = ("", None, 7.0, [], {}, True)
            for name in ("tcUrl", "tcurl"):
                for value in missing:
                    app = appOf({"app": value, name: url})
                    self.assertEqual(app, appOf({name: url}))
                    checkApp(app)
                    found = streamName(app, "cam")
                    self.assertEqual(found, StreamName(f"{key}/cam", parameters), url)

    def test_urlWithoutPath(self) -> None:
        """
        A URL that ends with the host names no application.
        """
        for url in ("rtmp://host", "rtmp://host/", "'rtmp://host:1935/'", "rtmp://"):
            self.assertEqual(appOf({"tcUrl": url}).strip("/"), "", url)

    def test_both(self) -> None:
        """
        Of two URLs that of the usual spelling counts, when it is one.
        """
        first, second = "rtmp://host/one", "rtmp://host/two"
        self.assertEqual(appOf({"tcurl": second, "tcUrl": first}), "one")
        others: tuple[AMFValue, ...] = (None, 7.0, "", "http://host/x", [first])
        for other in others:
            self.assertEqual(appOf({"tcUrl": other, "tcurl": second}), "two")

    def test_nothing(self) -> None:
        """
        Where there is neither there is no application.
        """
        nothing: tuple[dict[str, AMFValue], ...] = (
            {},
            {"tcUrl": "host/live"},
            {"tcUrl": None, "app": None},
            {"TCURL": "rtmp://host/live"},
        )
        for properties in nothing:
            self.assertEqual(appOf(properties), "")


class ConnectionTests(ServerTestCase):
    """
    T-54: clients that say where they want to go in a way of their own.
    """

    BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))

    def test_together(self) -> None:
        """
        Whatever way publisher and player have, they meet, and C{FCUnpublish}
        finds the stream again.
        """
        url = "rtmp://host:1935/live/cam?token=x"
        ways: tuple[tuple[dict[str, AMFValue], str], ...] = (
            ({"app": "live"}, "cam"),
            ({"app": "live", "tcUrl": "rtmp://host/live"}, url),
            ({"tcurl": "rtmp://host/live"}, "cam?x=1"),
            ({"tcUrl": "'rtmp://host/live?k=v'"}, url),
            ({"app": "live/cam"}, "?token=x"),
            ({}, url),
        )
        for publishing, name in ways:
            for playing, wanted in ways:
                source, player = self.client(), self.client()
                for client, properties in ((source, publishing), (player, playing)):
                    client.handshake()
                    answers = client.call("connect", commandObject=properties)
                    self.assertEqual(
                        statusCodes(answers), ["NetConnection.Connect.Success"]
                    )
                    client.createStream()
                source.call("publish", name, id=1)
                source.send(*self.BEGIN)
                messages = player.call("play", wanted, id=1)
                self.assertEqual(media(messages), plain(*self.BEGIN), (name, wanted))
                source.call("FCUnpublish", name)
                self.assertEqual(list(self.directory), [])
                self.assertTrue(player.closing)
                source.lose()
                player.lose()

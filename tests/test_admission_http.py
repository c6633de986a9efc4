"""
Tests of L{rtmptwisted.httpflv}: HTTP connections that are too many.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.protocols.policies import WrappingFactory

from rtmptwisted.admission import Admission
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.httpflv import liveSite
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.limits import Limits
from tests.admission_support import AdmissionTestCase
from tests.fakes import logLines
from tests.http_support import BEGIN
from tests.media import frame

A = IPv4Address("TCP", "192.0.2.1", 5000)
B = IPv4Address("TCP", "192.0.2.2", 5000)


class HTTPAdmissionTests(AdmissionTestCase):
    """
    HTTP connections, which count like those of RTMP and together with them.
    """

    limits = replace(Limits(), connections=5, connectionsPerAddress=2)

    def setUp(self) -> None:
        """
        Publish, and make both servers.
        """
        super().setUp()
        self.admission = Admission(self.clock, self.limits)
        self.site = liveSite(self.directory, self.admission)
        self.factory = RTMPFactory(
            self.directory, None, bytes, admission=self.admission
        )
        self.directory.publish("live/show", Publisher("192.0.2.9:4000"))
        for tag in BEGIN:
            self.live().receive(tag)

    def request(
        self,
        protocol: Any,
        target: str = "/",
        version: str = "1.1",
        *headers: str,
    ) -> bytes:
        """
        @return: what comes back.
        """
        lines = [f"GET {target} HTTP/{version}", "Host: x", *headers, "", ""]
        transport = self.transport(protocol)
        transport.clear()
        protocol.dataReceived("\r\n".join(lines).encode())
        answer: bytes = transport.value()
        return answer

    def connect(self) -> Any:
        """
        @return: the protocol of a connection from A, the only one.
        """
        protocol = self.accept(self.site, A)
        self.assertEqual(self.admission.count, 1)
        return protocol

    def gone(self, protocol: Any) -> None:
        """
        It gives its place back when it is lost, and not before.
        """
        self.assertEqual(self.admission.count, 1)
        self.lose(protocol)
        self.assertEqual(self.admission.count, 0)

    def test_refused(self) -> None:
        """
        Connections over a limit are refused, with a line in the log, and those that
        were here before are served.
        """
        first = self.accept(self.site, A)
        with self.logs() as events:
            self.assertEqual(self.admitted(self.site, A, times=3), 1)
        self.assertEqual(
            logLines(events),
            [
                "192.0.2.1:5000: refused, 192.0.2.1 has 2 connections (1 refused since "
                "the last such line)"
            ],
        )
        self.assertIn(b"/live/show.flv", self.request(first))
        self.assertEqual(self.admitted(self.site, B, None, times=9), 3)
        self.assertEqual(self.admission.count, 5)

    def test_together(self) -> None:
        """
        RTMP and HTTP count together, in all and by address.
        """
        self.assertEqual(self.admitted(self.site, A), 1)
        self.assertEqual(self.admitted(self.factory, A), 1)
        self.assertEqual(self.admitted(self.site, A), 0)
        self.assertEqual(self.admitted(self.factory, A), 0)
        self.assertEqual(self.admitted(self.factory, None, times=9), 3)
        self.assertEqual(self.admitted(self.site, None), 0)
        self.loseAll()
        self.assertEqual(self.admission.count, 0)
        self.assertEqual(self.admitted(self.factory, A, times=3), 2)

    def test_alone(self) -> None:
        """
        A site that is given no admission has one of its own.
        """
        site = liveSite(self.directory)
        self.assertEqual(self.admitted(site, A, times=3), 2)
        self.assertEqual(self.admission.count, 0)

    def test_silent(self) -> None:
        """
        One that never asks for anything gives its place back when it is lost.
        """
        self.gone(self.connect())

    def test_silentForTooLong(self) -> None:
        """
        It is dropped after a while, and then has no place any more.
        """
        protocol = self.accept(self.site, A)
        channel = protocol._inner._channel
        channel.setTimeout(None)
        channel.callLater = self.clock.callLater
        channel.setTimeout(15)
        self.clock.pump([1] * 40)
        self.assertTrue(self.transport(protocol).disconnecting)
        self.gone(protocol)

    def test_oldHTTP(self) -> None:
        """
        So does one of HTTP/1.0, which is closed behind its answer.
        """
        protocol = self.connect()
        self.assertIn(b" 200 ", self.request(protocol, "/", "1.0"))
        self.assertTrue(self.transport(protocol).disconnecting)
        self.gone(protocol)

    def test_kept(self) -> None:
        """
        So does one that is kept for several requests, each of which is served by
        the connection that has its place already.
        """
        protocol = self.connect()
        for target, code in (("/", b"200"), ("/x.flv", b"404"), ("/%", b"404")) * 5:
            answer = self.request(protocol, target)
            self.assertTrue(answer.startswith(b"HTTP/1.1 " + code), answer)
            self.assertEqual(self.admission.count, 1)
        self.gone(protocol)

    def test_closed(self) -> None:
        """
        So does one that asks to be closed.
        """
        protocol = self.connect()
        self.request(protocol, "/", "1.1", "Connection: close")
        self.assertTrue(self.transport(protocol).disconnecting)
        self.gone(protocol)

    def test_viewer(self) -> None:
        """
        So does a viewer whose connection is lost in the middle of the stream,
        which goes on without it.
        """
        for version in ("1.0", "1.1"):
            protocol = self.connect()
            self.assertIn(b"FLV", self.request(protocol, "/live/show.flv", version))
            self.assertEqual(self.live().viewers, 1)
            self.live().receive(frame(40))
            self.clock.advance(0)
            self.gone(protocol)
            self.assertEqual(self.live().viewers, 0)
            self.live().receive(frame(80))

    def test_stalledViewer(self) -> None:
        """
        So does a viewer that takes nothing and is dropped.
        """
        protocol = self.connect()
        self.request(protocol, "/live/show.flv")
        producer: Any = self.transport(protocol).producer
        producer.pauseProducing()
        with self.logs():
            for n in range(20):
                self.live().receive(frame(40 * n))
                self.clock.advance(1)
        self.assertTrue(self.transport(protocol).disconnected)
        self.gone(protocol)

    def test_endOfTheStream(self) -> None:
        """
        So does a viewer who has seen the end.
        """
        protocol = self.connect()
        self.request(protocol, "/live/show.flv", "1.0")
        self.live().end()
        self.assertTrue(self.transport(protocol).disconnecting)
        self.gone(protocol)

    def test_garbage(self) -> None:
        """
        So does one that speaks no HTTP.
        """
        for garbage in (b"\x03" + bytes(1536), b"GET\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
            protocol = self.connect()
            protocol.dataReceived(garbage)
            self.gone(protocol)

    def test_wrapped(self) -> None:
        """
        One that is too many is refused as well where something stands in front of
        the site that makes a connection of whatever it is given, as TLS does.
        """
        wrapped = WrappingFactory(self.site)
        self.assertEqual(self.admitted(wrapped, A, times=4), 2)
        self.loseAll()
        self.assertEqual(self.admission.count, 0)

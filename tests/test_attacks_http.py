"""
Attacks, and what becomes of them: HTTP.

Each test says what is sent, which limit it meets, and what the sender is told or what
is logged.  What happens to others is tested behind each of them: nothing.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from rtmptwisted.httpflv import liveSite
from tests.attack_support import AttackTestCase
from tests.fakes import Transport

#: How long a request may take, in seconds, and how long its connection may take to
#: close then.
REQUEST = 15
CLOSE = 15


class HTTPAttackTests(AttackTestCase):
    """
    What somebody can do to an HTTP port.
    """

    def setUp(self) -> None:
        """
        Make the port.
        """
        super().setUp()
        self.site: Any = liveSite(self.directory)
        # It takes the reactor for its timeouts.
        self.site.reactor = self.clock
        self._open: list[Any] = []

    def tearDown(self) -> None:
        """
        Nobody else was harmed.
        """
        for protocol in self._open:
            protocol.connectionLost(Failure(ConnectionDone()))
        super().tearDown()

    def connect(self) -> tuple[Any, Transport]:
        """
        @return: a connection of the attacker, and its transport.
        """
        protocol = self.site.buildProtocol(self.PEER)
        transport = Transport()
        transport.peerAddr = self.PEER
        protocol.makeConnection(transport)
        self._open.append(protocol)
        return protocol, transport

    def lasts(
        self, data: bytes, every: int = 5, first: bytes = b"", limit: int = 300
    ) -> int:
        """
        Send something, byte by byte.

        @param every: how often a byte comes, in seconds.
        @param first: what is sent before that, at once.
        @return: after how many seconds the connection is closed, at the most
            C{limit}.
        """
        protocol, transport = self.connect()
        protocol.dataReceived(first)
        for second in range(limit):
            if transport.disconnecting or transport.disconnected:
                return second
            if second % every == 0 and second // every < len(data):
                place = second // every
                protocol.dataReceived(data[place : place + 1])
            self.wait(1)
        return limit

    def ask(self, request: bytes) -> bytes:
        """
        @return: the answer to a request.
        """
        protocol, transport = self.connect()
        protocol.dataReceived(request)
        answer: bytes = transport.value()
        return answer

    def test_httpNothing(self) -> None:
        """
        Sent: nothing. Limit: 15 s for a request. Told: nothing, the connection is
        closed.
        """
        self.assertLessEqual(self.lasts(b""), REQUEST)

    def test_httpDrip(self) -> None:
        """
        Sent: a request, byte by byte. Limit: 15 s for a request, which nothing puts
        off.
        """
        request = b"GET / HTTP/1.1\r\nHost: " + b"x" * 500
        self.assertLessEqual(self.lasts(request), REQUEST + CLOSE)

    def test_httpDripBehindAnother(self) -> None:
        """
        Sent: a request that is answered, and then another, byte by byte, on the
        connection that is kept. Limit: the same, from the answer.
        """
        first = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assertLessEqual(self.lasts(first * 20, first=first), REQUEST + CLOSE)

    def test_httpBodyDrip(self) -> None:
        """
        Sent: a request with a body of 1 GB, byte by byte. Limit: the same.
        """
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
        self.assertLessEqual(self.lasts(b"x" * 500, first=head), REQUEST + CLOSE)

    def test_httpViewerStays(self) -> None:
        """
        Sent: an ordinary request. A viewer may stay for as long as the stream lasts,
        whatever it sends meanwhile.
        """
        head = b"GET /live/others.flv HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assertEqual(self.lasts(b"x" * 10, first=head, limit=200), 200)
        self._open.pop().connectionLost(Failure(ConnectionDone()))

    def test_httpLongHeaders(self) -> None:
        """
        Sent: headers of more than 16 KiB, or more than 500 of them. Limit:
        twisted.web's. Told: nothing or 400, and the connection is closed.
        """
        for headers in (
            b"X: " + b"x" * 20_000,
            b"X: " + b"x" * 100_000,
            b"".join(b"X-%d: y\r\n" % n for n in range(2000)),
        ):
            protocol, transport = self.connect()
            request = b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n"
            for start in range(0, len(request), 1000):
                if not transport.disconnecting:
                    protocol.dataReceived(request[start : start + 1000])
            self.assertTrue(transport.disconnecting or transport.disconnected)
            self.assertNotIn(b" 200 ", transport.value())

    def test_httpLongPath(self) -> None:
        """
        Sent: a path of 20,000 characters, or one of 10,000. Limit: 16 KiB for the
        line, and 500 characters for names. Told: nothing, the connection is closed;
        or 404.
        """
        protocol, transport = self.connect()
        protocol.dataReceived(b"GET /" + b"x" * 20_000 + b".flv HTTP/1.1\r\n")
        self.assertTrue(transport.disconnecting or transport.disconnected)
        self.assertNotIn(b" 200 ", transport.value())
        path = b"/" + b"x" * 10_000 + b".flv"
        answer = self.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(answer.split()[1], b"404")
        self.assertLess(len(answer), 1000)

    def test_httpNames(self) -> None:
        """
        Sent: paths with two dots, NUL, backslashes, or bytes that are not ASCII. Limit:
        none; they are no names. Told: 404, or 400.
        """
        for path in (
            b"/../../etc/passwd.flv",
            b"/%2e%2e/%2e%2e/etc/passwd.flv",
            b"/live/..%2fothers.flv",
            b"/live%00/others.flv",
            b"/live/others%00.flv",
            b"/live\\others.flv",
            b"/%ff%fe.flv",
            b"/live/%0d%0aSet-Cookie:%20x.flv",
            b"//.flv",
            b"/.flv",
        ):
            answer = self.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(answer.split()[1], (b"404", b"400"), path)
            self.assertNotIn(b"FLV\x01", answer)
            self.assertNotIn(b"\nSet-Cookie", answer)

    def test_httpMethods(self) -> None:
        """
        Sent: methods that there are not. Limit: none. Told: 405 with those that there
        are.
        """
        for method in (b"POST", b"PUT", b"DELETE", b"TRACE", b"x" * 100):
            answer = self.ask(method + b" /live/others.flv HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(answer.split()[1], b"405", method)
            self.assertIn(b"GET, HEAD, OPTIONS", answer)

    def test_httpLargeBody(self) -> None:
        """
        Sent: a body of 64 MiB, with a length or in chunks. Limit: none is met; nothing
        is kept of it.
        """
        piece = b"x" * 65536
        for head, before, behind in (
            (b"Content-Length: 67108864", b"", b""),
            (b"Transfer-Encoding: chunked", b"10000\r\n", b"\r\n"),
        ):
            protocol, _ = self.connect()
            protocol.dataReceived(
                b"GET /x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n"
            )
            sent = before + piece + behind

            def send(protocol: Any = protocol, sent: bytes = sent) -> None:
                for _ in range(1024):
                    protocol.dataReceived(sent)

            self.assertLess(self.allocated(send), 1 << 20)

    def test_httpPipelined(self) -> None:
        """
        Sent: 300 requests at once. Limit: none; each is answered, in order.
        """
        one = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        two = b"GET /live/nothing.flv HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = self.ask((one + two) * 150)
        codes = [
            line.split()[1]
            for line in answer.splitlines()
            if line.startswith(b"HTTP/1.1 ")
        ]
        self.assertEqual(codes, [b"200", b"404"] * 150)

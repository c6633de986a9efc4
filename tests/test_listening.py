"""
Tests of L{rtmptwisted.listening}.
"""

from __future__ import annotations

import errno
import os

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.logger import LogLevel
from zope.interface import implementer

from rtmptwisted.errors import StartError
from rtmptwisted.listening import ListeningService
from tests.fakes import logLines
from tests.support import ServerTestCase

ADDRESS = IPv4Address("TCP", "0.0.0.0", 1935)

BUSY = CannotListenError(
    None, 1935, OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
)


@implementer(IListeningPort)
class FakePort:
    """
    A port that is open.
    """

    def __init__(self) -> None:
        self.stopped = 0

    def startListening(self) -> None:
        """
        See L{IListeningPort}.
        """

    def stopListening(self) -> Deferred[None]:
        """
        See L{IListeningPort}.
        """
        self.stopped += 1
        return succeed(None)

    def getHost(self) -> IAddress:
        """
        See L{IListeningPort}.
        """
        return ADDRESS


@implementer(IStreamServerEndpoint)
class FakeEndpoint:
    """
    Listens as it is told to.
    """

    def __init__(self, result: Deferred[IListeningPort]) -> None:
        self.result = result
        self.factories: list[IProtocolFactory] = []

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint}.
        """
        self.factories.append(protocolFactory)
        return self.result


class ListeningServiceTests(ServerTestCase):
    """
    Tests of L{ListeningService}.
    """

    def service(self, result: Deferred[IListeningPort]) -> ListeningService:
        """
        @return: a service whose endpoint gives C{result}.
        """
        self.endpoint = FakeEndpoint(result)
        self.announced: list[IAddress] = []
        self.served = Factory()
        return ListeningService(
            self.endpoint, self.served, "tcp:1935", self.announced.append
        )

    def test_listens(self) -> None:
        """
        The port is opened while there are privileges, once, and announced.
        """
        port = FakePort()
        service = self.service(succeed(port))
        service.privilegedStartService()
        service.startService()
        self.assertEqual(self.endpoint.factories, [self.served])
        self.assertEqual(self.announced, [ADDRESS])
        self.successResultOf(service.stopService())
        self.assertEqual(port.stopped, 1)

    def test_addedLater(self) -> None:
        """
        A service that is added to a running parent opens its port too.
        """
        service = self.service(succeed(FakePort()))
        service.startService()
        self.assertEqual(self.announced, [ADDRESS])

    def test_again(self) -> None:
        """
        A service can be started again after it was stopped.
        """
        service = self.service(succeed(FakePort()))
        service.startService()
        self.successResultOf(service.stopService())
        self.endpoint.result = succeed(FakePort())
        service.startService()
        self.assertEqual(len(self.announced), 2)

    def test_stopBeforeStart(self) -> None:
        """
        A service that was never started can be stopped, and started then.
        """
        service = self.service(succeed(FakePort()))
        self.assertIsNone(self.successResultOf(service.stopService()))
        self.assertEqual(self.endpoint.factories, [])
        service.startService()
        self.assertEqual(self.announced, [ADDRESS])

    def test_stopTwice(self) -> None:
        """
        Stopping it again stops nothing again.
        """
        port = FakePort()
        service = self.service(succeed(port))
        service.startService()
        for _ in range(2):
            self.assertIsNone(self.successResultOf(service.stopService()))
        self.assertEqual(port.stopped, 1)

    def test_stopAfterRefusal(self) -> None:
        """
        A service whose port could not be had can be stopped.
        """
        service = self.service(fail(BUSY))
        self.assertRaises(StartError, service.startService)
        self.assertIsNone(self.successResultOf(service.stopService()))

    def test_busy(self) -> None:
        """
        A port that is taken ends the program, with the reason in words.
        """
        service = self.service(fail(BUSY))
        with self.assertRaises(StartError) as raised:
            service.privilegedStartService()
        self.assertEqual(
            raised.exception.code,
            "rtmptwisted: cannot listen on tcp:1935: Address already in use",
        )
        self.assertEqual(self.announced, [])

    def test_otherReason(self) -> None:
        """
        So does any other reason.
        """
        service = self.service(fail(ValueError("no such key")))
        with self.assertRaises(StartError) as raised:
            service.startService()
        self.assertEqual(
            raised.exception.code,
            "rtmptwisted: cannot listen on tcp:1935: no such key",
        )

    def test_startError(self) -> None:
        """
        L{StartError} ends a program that does not catch it, and is seen by one
        that catches all errors.
        """
        for base in (SystemExit, Exception):
            error = self.assertRaises(base, self.service(fail(BUSY)).startService)
            self.assertIsInstance(error, StartError)

    def test_failsLater(self) -> None:
        """
        A port that cannot be had later on is told in the log.
        """
        result: Deferred[IListeningPort] = Deferred()
        service = self.service(result)
        service.startService()
        with self.logs() as events:
            result.errback(BUSY)
        self.assertEqual(
            logLines(events, LogLevel.critical),
            ["cannot listen on tcp:1935: Address already in use"],
        )
        self.successResultOf(service.stopService())

    def test_stopWhileOpening(self) -> None:
        """
        A service that is stopped before its port is open stops to try, and
        logs no failure.
        """
        cancelled: list[object] = []
        service = self.service(Deferred(cancelled.append))
        service.startService()
        with self.logs() as events:
            self.successResultOf(service.stopService())
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(logLines(events), [])
        self.assertEqual(self.announced, [])

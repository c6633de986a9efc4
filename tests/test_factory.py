"""
Tests of L{rtmptwisted.factory.RTMPFactory}, and of addresses.
"""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from rtmptwisted.addresses import describeAddress
from tests.fakes import FakeSink
from tests.support import ServerTestCase, statusCodes


class FactoryTests(ServerTestCase):
    """
    Tests of L{RTMPFactory}.
    """

    def test_connections(self) -> None:
        """
        The factory knows which connections are open.
        """
        one, two = self.client(), self.client()
        self.assertEqual(self.factory.connections, {one.protocol, two.protocol})
        one.lose()
        self.assertEqual(self.factory.connections, {two.protocol})

    def test_closeAllOfNothing(self) -> None:
        """
        Without connections C{closeAll} is done at once.
        """
        self.assertIsNone(self.successResultOf(self.factory.closeAll()))

    def test_closeAll(self) -> None:
        """
        C{closeAll} ends the publishes, tells the players, closes everything,
        and is done when all connections are gone.
        """
        publisher, player, idle = self.publisher(), self.player(), self.client()
        player.read()
        sink = FakeSink()
        self.live().addSink(sink)
        done = self.factory.closeAll()
        self.assertEqual(sink.ended, 1)
        self.assertEqual(list(self.directory), [])
        self.assertEqual(statusCodes(player.read()), ["NetStream.Play.UnpublishNotify"])
        for client in (publisher, player, idle):
            self.assertTrue(client.closing)
            self.assertNoResult(done)
            client.lose()
        self.assertIsNone(self.successResultOf(done))
        self.assertEqual(sink.ended, 1)

    def test_closeAllTwice(self) -> None:
        """
        Whoever calls C{closeAll} is told, also when it was called before.
        """
        client = self.publisher()
        one, two = self.factory.closeAll(), self.factory.closeAll()
        self.assertNoResult(one)
        self.assertNoResult(two)
        client.lose()
        for done in (one, two, self.factory.closeAll()):
            self.assertIsNone(self.successResultOf(done))

    def test_closeAllIsBounded(self) -> None:
        """
        Clients that do not go are dropped after 5 seconds.
        """
        client = self.player()
        done = self.factory.closeAll()
        self.clock.advance(5.1)
        self.assertTrue(client.aborted)
        client.lose()
        self.successResultOf(done)

    def test_transport(self) -> None:
        """
        The connection is a streaming producer of its transport, until it
        closes.
        """
        client = self.client()
        self.assertIs(client.transport.producer, client.protocol)
        self.assertTrue(client.transport.streaming)
        client.protocol.close()
        self.assertIsNone(client.transport.producer)


class AddressTests(ServerTestCase):
    """
    Tests of L{describeAddress}.
    """

    def test_addresses(self) -> None:
        """
        Addresses read as people write them.
        """
        for address, expected in (
            (IPv4Address("TCP", "192.0.2.1", 50000), "192.0.2.1:50000"),
            (IPv6Address("TCP", "2001:db8::1", 50000), "[2001:db8::1]:50000"),
            (UNIXAddress("/run/rtmp"), "local"),
            (None, "local"),
        ):
            self.assertEqual(describeAddress(address), expected)

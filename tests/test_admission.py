"""
Tests of L{rtmptwisted.admission}, and of RTMP connections that are too many.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.protocols.policies import WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.admission import Admission, placeOf
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.wire.limits import Limits
from tests.admission_support import AdmissionTestCase
from tests.fakes import logLines


def v4(host: str, port: int = 5000) -> IPv4Address:
    """
    @return: an address.
    """
    return IPv4Address("TCP", host, port)


def v6(host: str, port: int = 5000) -> IPv6Address:
    """
    @return: an address.
    """
    return IPv6Address("TCP", host, port)


class PlaceTests(SynchronousTestCase):
    """
    What connections from one place have in common.
    """

    def test_places(self) -> None:
        """
        An IPv4 address is a place, whatever the port; of IPv6 a /64 is one; an IPv4
        address that is written as IPv6 is the IPv4 address.
        """
        for address, place in (
            (v4("192.0.2.1"), "192.0.2.1"),
            (v4("192.0.2.1", 6000), "192.0.2.1"),
            (v6("2001:db8::1"), "2001:db8::/64"),
            (v6("2001:db8::ffff:ffff:ffff:ffff"), "2001:db8::/64"),
            (v6("2001:0db8:0:0:1::"), "2001:db8::/64"),
            (v6("2001:db8:0:1::1"), "2001:db8:0:1::/64"),
            (v6("::1"), "::/64"),
            (v6("fe80::1%eth0"), "fe80::/64"),
            (v6("::ffff:192.0.2.1"), "192.0.2.1"),
            (v6("::ffff:c000:201"), "192.0.2.1"),
        ):
            self.assertEqual(placeOf(address), place, address)

    def test_nowhere(self) -> None:
        """
        What has no such address is no place.
        """
        for address in (None, UNIXAddress("/run/rtmp"), UNIXAddress(""), v4("host")):
            self.assertEqual(placeOf(address), "", address)


class AdmissionTests(SynchronousTestCase):
    """
    Tests of L{Admission}.
    """

    def make(self, connections: int, each: int) -> Admission:
        """
        @return: one with these limits.
        """
        self.clock = Clock()
        return Admission(
            self.clock,
            replace(Limits(), connections=connections, connectionsPerAddress=each),
        )

    def admitted(self, admission: Admission, *addresses: IAddress | None) -> list[bool]:
        """
        @return: which of these are admitted.
        """
        return [admission.admit(address) for address in addresses]

    def test_inAll(self) -> None:
        """
        There are so many connections in all, wherever they come from; with each
        that goes there is room for one.
        """
        admission = self.make(3, 0)
        found = self.admitted(
            admission, v4("192.0.2.1"), None, v6("2001:db8::1"), v4("192.0.2.9"), None
        )
        self.assertEqual(found, [True, True, True, False, False])
        self.assertEqual(admission.count, 3)
        admission.release(None)
        self.assertEqual(self.admitted(admission, v4("192.0.2.2"), None), [True, False])

    def test_perAddress(self) -> None:
        """
        There are so many from one address; others are not affected.
        """
        admission = self.make(0, 2)
        a, b = v4("192.0.2.1"), v4("192.0.2.2")
        found = self.admitted(admission, a, a, a, b, a, b, b)
        self.assertEqual(found, [True, True, False, True, False, True, False])
        admission.release(v4("192.0.2.1", 7777))
        self.assertEqual(self.admitted(admission, b, a, a), [False, True, False])

    def test_prefix(self) -> None:
        """
        All addresses of one IPv6 customer count together.
        """
        admission = self.make(0, 3)
        found = [admission.admit(v6(f"2001:db8:0:7::{n:x}")) for n in range(1, 6)]
        self.assertEqual(found, [True] * 3 + [False] * 2)
        self.assertTrue(admission.admit(v6("2001:db8:0:8::1")))

    def test_mapped(self) -> None:
        """
        An IPv4 client counts as one on ports that take both.
        """
        admission = self.make(0, 2)
        mapped, plain = v6("::ffff:192.0.2.1"), v4("192.0.2.1")
        self.assertEqual(
            self.admitted(admission, mapped, plain, mapped, plain),
            [True, True, False, False],
        )
        self.assertTrue(admission.admit(v6("::ffff:192.0.2.2")))

    def test_withoutAddress(self) -> None:
        """
        Where there is no address only the number in all counts.
        """
        admission = self.make(50, 1)
        addresses = [None, UNIXAddress("/run/rtmp")] * 25
        self.assertEqual(self.admitted(admission, *addresses), [True] * 50)
        self.assertFalse(admission.admit(None))

    def test_anyNumber(self) -> None:
        """
        0 is any number, for each limit by itself.
        """
        admission = self.make(0, 0)
        self.assertTrue(all(self.admitted(admission, *[v4("192.0.2.1")] * 3000)))
        self.assertEqual(admission.count, 3000)

    def test_refusedIsNotCounted(self) -> None:
        """
        What is refused takes no place, however often it comes.
        """
        admission = self.make(4, 2)
        a, b = v4("192.0.2.1"), v4("192.0.2.2")
        self.admitted(admission, *[a] * 100)
        self.assertEqual(admission.count, 2)
        self.assertEqual(self.admitted(admission, b, b, None), [True, True, False])
        self.admitted(admission, *[a] * 100)
        for address in (a, a, b, b):
            admission.release(address)
        self.assertEqual(admission.count, 0)
        self.assertEqual(self.admitted(admission, a, a, a), [True, True, False])

    def test_nothingIsKept(self) -> None:
        """
        Nothing is remembered of addresses that are gone.
        """
        admission = self.make(0, 2)
        for n in range(5000):
            address = v4(f"10.0.{n >> 8}.{n & 255}")
            admission.admit(address)
            admission.release(address)
        self.assertEqual(len(admission._places), 0)

    def test_log(self) -> None:
        """
        The first refusal is logged at once, with who it was and why; those that
        follow within a second are counted in the next line.
        """
        admission = self.make(2, 1)
        a = v4("192.0.2.1", 4000)
        with capturedLogs() as events:
            self.admitted(admission, a, a)
            self.assertEqual(len(logLines(events)), 1)
            for _ in range(9):
                self.clock.advance(0.1)
                self.admitted(admission, a)
            self.assertEqual(len(logLines(events)), 1)
            admission.admit(None)
            self.clock.advance(0.2)
            self.admitted(admission, v6("2001:db8::1"))
            self.clock.advance(7)
            self.admitted(admission, None)
        self.assertEqual(
            logLines(events),
            [
                "192.0.2.1:4000: refused, 192.0.2.1 has 1 connections "
                "(1 refused since the last such line)",
                "[2001:db8::1]:5000: refused, there are 2 connections "
                "(10 refused since the last such line)",
                "local: refused, there are 2 connections "
                "(1 refused since the last such line)",
            ],
        )


class ConnectionTests(AdmissionTestCase):
    """
    RTMP connections.
    """

    limits = replace(Limits(), connections=4, connectionsPerAddress=2)

    A, B = v4("192.0.2.1"), v4("192.0.2.2")

    def test_refused(self) -> None:
        """
        Connections over a limit are refused, and nothing remains of them.
        """
        self.assertEqual(self.admitted(self.factory, self.A, times=5), 2)
        self.assertEqual(self.admitted(self.factory, self.B, None, times=5), 2)
        self.assertEqual(len(self.factory.connections), 4)
        self.loseAll()
        self.assertEqual(self.factory.connections, set())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.admitted(self.factory, self.A, times=5), 2)

    def test_others(self) -> None:
        """
        Those who are here do not notice that others are refused.
        """
        source, player = self.publisher(), self.player()
        player.read()
        self.admitted(self.factory, self.A, times=5)
        source.call("_checkbw")
        self.assertEqual(len(player.call("_checkbw")), 1)
        self.assertEqual(len(self.factory.connections), 4)
        source.lose()
        player.lose()

    def test_released(self) -> None:
        """
        A connection has its place until it is gone, not until we close it, and has
        it once.
        """
        one = self.accept(self.factory, self.A)
        self.accept(self.factory, self.A)
        one.close()
        one.close()
        self.assertIsNone(self.accept(self.factory, self.A))
        self.clock.advance(6)
        self.assertTrue(one.transport.disconnected)
        self.assertIsNone(self.accept(self.factory, self.A))
        self.lose(one)
        self.assertEqual(self.admitted(self.factory, self.A, times=3), 1)

    def test_behindAProxy(self) -> None:
        """
        A connection whose transport tells another address later, as behind the
        PROXY protocol, gives the place back that it has taken.
        """
        one = self.accept(self.factory, self.A)
        one.transport.peerAddr = self.B
        one.dataReceived(b"\x03")
        self.assertEqual(one.peer, "192.0.2.2:5000")
        self.lose(one)
        self.assertEqual(self.admitted(self.factory, self.A, self.B, times=3), 4)

    def test_wrapped(self) -> None:
        """
        It is refused as well where something stands in front of the factory that
        makes a connection of whatever it is given, as TLS and the PROXY protocol
        do: nothing fails, and its transport is closed.
        """
        wrapped = WrappingFactory(self.factory)
        self.assertEqual(self.admitted(wrapped, self.A, times=4), 2)
        self.loseAll()
        self.assertEqual(self.factory.connections, set())
        self.assertEqual(self.admitted(wrapped, self.A, times=4), 2)

    def test_shared(self) -> None:
        """
        Two factories with one admission count together, and alone otherwise.
        """
        admission = Admission(self.clock, self.limits)
        one, two = (
            RTMPFactory(self.directory, None, bytes, admission) for _ in range(2)
        )
        self.assertEqual(self.admitted(one, self.A, times=1), 1)
        self.assertEqual(self.admitted(two, self.A, times=2), 1)
        self.assertEqual(admission.count, 2)
        alone = RTMPFactory(StreamDirectory(self.clock, self.limits), None, bytes)
        self.assertEqual(self.admitted(alone, self.A, times=3), 2)

"""
Tests of L{rtmptwisted.line}.
"""

from __future__ import annotations

import errno
import os

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Protocol

from rtmptwisted.line import Line
from rtmptwisted.straight import StraightWriter
from rtmptwisted.viewer import Flush, Viewer
from tests.straight_support import FDReactor, StraightOutlet
from tests.support import ServerTestCase

DATA = Flush(b"0123456789", 3)


class LinedUp:
    """
    A viewer with an idle socket.
    """

    def __init__(self, case: LineTests) -> None:
        self.outlet = StraightOutlet(case.reactor, "192.0.2.9:5000")
        self.viewer = Viewer(self.outlet, case.clock, case.limits)
        self.outlet.attach(self.viewer)
        self.socket, self.connection = self.outlet.socket, self.outlet.connection

    @property
    def written(self) -> bytes:
        """
        What was written, taken by the socket or not.
        """
        return bytes(self.socket.taken) + self.connection.queued

    @property
    def counts(self) -> tuple[int, int]:
        """
        The bytes and the frames that it has got.
        """
        return self.viewer.bytesSent, self.viewer.frames


class LineTests(ServerTestCase):
    """
    Tests of L{Line}.
    """

    def setUp(self) -> None:
        """
        Line three viewers up.
        """
        super().setUp()
        self.reactor = FDReactor(self.clock)
        self.all = [LinedUp(self) for _ in range(3)]
        self.first, self.middle, self.last = self.all
        self.line = Line(each.viewer for each in self.all)
        self.broken: list[Viewer] = []

    def write(self, flush: Flush = DATA) -> None:
        """
        Write to the line.
        """
        self.line.write(flush, self.broken.append)

    def check(self, times: int = 1) -> None:
        """
        Each of them has been written the same, once each time, and that is what is
        counted.
        """
        for each in self.all:
            self.assertEqual(each.written, DATA.data * times)
            self.assertEqual(each.counts, (10 * times, 3 * times))
        self.assertEqual(self.broken, [])

    def test_same(self) -> None:
        """
        Each socket is sent the identical object, in one call, and nothing of it is
        queued or copied.
        """
        self.write()
        for each in self.all:
            self.assertEqual(len(each.socket.sent), 1)
            self.assertIs(each.socket.sent[0], DATA.data)
            self.assertEqual(each.connection.queued, b"")
        self.assertEqual(self.reactor.writers, {})

    def test_counted(self) -> None:
        """
        What was written is counted when the line is dissolved, once.
        """
        self.write()
        self.write()
        self.assertEqual(self.first.counts, (0, 0))
        self.line.dissolve()
        self.line.dissolve()
        self.check(2)
        self.assertEqual([each.viewer.line for each in self.all], [None] * 3)
        self.assertFalse(self.line.intact)

    def test_every(self) -> None:
        """
        Wherever in a flush a socket is full, and whoever's it is, the rest of the
        flush is queued for that viewer alone; it is paused; everybody gets
        everything in order.
        """
        for who in range(3):
            for room in range(len(DATA.data)):
                self.setUp()
                slow = self.all[who]
                slow.socket.room = room
                self.write()
                self.assertEqual(bytes(slow.socket.taken), DATA.data[:room])
                self.assertEqual(slow.connection.queued, DATA.data[room:])
                self.assertFalse(self.line.intact or slow.outlet.straight.idle)
                flowing = [each.viewer.flowing for each in self.all]
                self.assertEqual(flowing, [n != who for n in range(3)])
                self.check()
                slow.socket.room = 100
                self.reactor.turns()
                self.assertTrue(slow.viewer.flowing and slow.outlet.straight.idle)
                self.assertEqual(bytes(slow.socket.taken), DATA.data)

    def test_wouldBlock(self) -> None:
        """
        What a socket refuses for the moment is queued: because it is full, or
        because the system has no room.
        """
        for number in (errno.EAGAIN, errno.ENOBUFS):
            self.setUp()
            self.middle.socket.error = OSError(number, os.strerror(number))
            self.write()
            self.assertEqual(self.middle.connection.queued, DATA.data)
            self.assertFalse(self.middle.viewer.flowing)
            self.check()
            self.middle.socket.error = None
            self.reactor.turns()
            self.assertEqual(bytes(self.middle.socket.taken), DATA.data)
            self.assertTrue(self.middle.viewer.flowing)

    def test_connectionFails(self) -> None:
        """
        A socket that fails costs nobody else anything.  Its viewer counts as full
        from then on, its transport is not touched, and nothing more is written.
        """
        for number in (errno.ECONNRESET, errno.EPIPE, errno.EBADF, errno.ETIMEDOUT):
            self.setUp()
            self.middle.socket.error = OSError(number, os.strerror(number))
            self.write()
            self.assertFalse(self.line.intact or self.middle.viewer.flowing)
            self.assertEqual(self.middle.written, b"")
            self.middle.socket.error = None
            self.middle.outlet.write(b"more")
            self.middle.outlet.straight.resumeProducing()
            self.assertEqual(self.middle.written, b"")
            self.assertFalse(self.middle.viewer.flowing)
            self.assertTrue(self.middle.connection.connected)
            self.assertEqual((self.first.written, self.last.written), (DATA.data,) * 2)
            self.assertEqual((self.first.counts, self.last.counts), ((10, 3),) * 2)

    def test_allFail(self) -> None:
        """
        When all of them are full, or gone, each is counted once all the same.
        """
        self.first.socket.room = 4
        self.middle.socket.room = 0
        self.last.socket.error = ConnectionResetError()
        self.write()
        self.assertEqual([each.counts for each in self.all], [(10, 3)] * 3)
        self.assertEqual(self.last.written, b"")

    def test_defect(self) -> None:
        """
        A viewer where there is a defect is reported, in the handling of the
        exception; the others get all.
        """
        self.middle.socket.error = ZeroDivisionError("a defect")
        reported = []

        def failed(viewer: Viewer) -> None:
            try:
                raise
            except ZeroDivisionError as error:
                reported.append((viewer, error))

        self.line.write(DATA, failed)
        self.assertEqual(reported, [(self.middle.viewer, self.middle.socket.error)])
        self.assertEqual((self.first.written, self.last.written), (DATA.data,) * 2)

    def test_leavesInMidFlush(self) -> None:
        """
        Whoever pauses, leaves, fails or wants nothing any more in the middle of a
        flush, at whatever place, nobody else loses or gets anything twice, and the
        counts are right.
        """
        reasons = (Viewer.pauseProducing, Viewer.stopProducing, Viewer.leaveLine)
        for reason in (*reasons, lambda viewer: viewer.mute(True)):
            for who in range(3):
                for when in range(3):
                    self.setUp()
                    viewer = self.all[who].viewer
                    socket = self.all[when].socket
                    socket.onSend = lambda reason=reason, viewer=viewer: reason(viewer)
                    self.write()
                    self.assertFalse(self.line.intact)
                    self.check()

    def test_pauseIsHeard(self) -> None:
        """
        A pause that comes from the flush itself is taken note of: the viewer's time
        as a stalled one begins.
        """
        self.middle.socket.room = 0
        self.write()
        self.clock.advance(self.limits.viewerStallSeconds + 0.1)
        self.assertTrue(self.middle.viewer.checkStalled(self.clock.seconds()))
        self.assertFalse(self.first.viewer.checkStalled(self.clock.seconds()))

    def test_straightAlone(self) -> None:
        """
        Only viewers that can be written to straight are in line: others have no
        socket to send to.
        """
        outlet = self.first.outlet
        outlet.straight = None
        self.assertRaises(AssertionError, Line, [self.first.viewer])

    def test_empty(self) -> None:
        """
        A line of nobody takes what is written to it.
        """
        Line(()).write(DATA, self.broken.append)
        self.assertEqual(self.broken, [])


class SocketTests(ServerTestCase):
    """
    Sockets as they are in the system.
    """

    def test_closed(self) -> None:
        """
        A socket that is closed already, as it is when a connection is lost in the
        middle of a flush, is one that fails.
        """
        reactor = FDReactor(self.clock)
        outlet = StraightOutlet(reactor, "192.0.2.9:5000")
        viewer = Viewer(outlet, self.clock, self.limits)
        outlet.attach(viewer)
        line = Line([viewer])
        outlet.socket.close()
        line.write(DATA, lambda viewer: self.fail("no defect"))
        self.assertFalse(viewer.flowing)
        self.assertEqual((viewer.bytesSent, outlet.connection.queued), (10, b""))

    def test_outletsAreConnections(self) -> None:
        """
        What these tests write to is what the server takes for plain TCP.
        """
        outlet = StraightOutlet(FDReactor(self.clock), "192.0.2.9:5000")
        outlet.attach(Viewer(outlet, self.clock, self.limits))
        self.assertIsInstance(outlet.straight, StraightWriter)
        self.assertIsInstance(outlet.connection.protocol, Protocol)
        self.assertEqual(
            outlet.connection.getPeer(), IPv4Address("TCP", "192.0.2.9", 5000)
        )

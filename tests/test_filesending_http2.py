"""
Tests of L{rtmptwisted.filesending}: the pace of clients over HTTP/2.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamReset
from h2.settings import SettingCodes
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from rtmptwisted.admission import Admission
from rtmptwisted.diskfile import DiskFile
from rtmptwisted.filesending import PIECE, STALL_SECONDS
from rtmptwisted.httpflv import LiveResource
from rtmptwisted.httpsite import LiveSite
from tests.fakes import Transport, inThread
from tests.playback_support import FolderTestCase
from twisted import internet

CONTENT = os.urandom(60 * PIECE)

#: The largest window that a client can have.
LARGEST = 2**31 - 1


class _Transport(Transport):
    """
    One on which HTTP/2 was agreed upon.
    """

    negotiatedProtocol = b"h2"


class HTTP2Tests(FolderTestCase):
    """
    A client that says it takes 2 GiB at once.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        super().setUp()
        # Connections over HTTP/2 take the time from there.
        importlib.import_module("twisted.internet.reactor")
        self.patch(internet, "reactor", self.clock)
        self.record("x.flv", CONTENT)
        self.resource = LiveResource(
            self.directory, recordings=str(self.root), inThread=inThread
        )
        admission = Admission(self.clock, self.directory.limits)
        site = LiveSite(self.resource, self.clock, admission)
        self.transport = _Transport()
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)
        self.peer = H2Connection(H2Configuration(client_side=True))
        self.peer.initiate_connection()
        self.peer.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: LARGEST})
        self.peer.increment_flow_control_window(LARGEST - 65535)
        self.bodies: dict[int, bytearray] = {}
        self.codes: dict[int, bytes] = {}
        self.reset: set[int] = set()

    def tearDown(self) -> None:
        """
        Go.
        """
        self.channel.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.open, 0)

    @property
    def open(self) -> int:
        """
        How many recordings the server has open.
        """
        playback: Any = self.resource._playback
        return int(playback.open)

    def ask(self, stream: int) -> None:
        """
        Ask for the recording.
        """
        headers = [(":method", "GET"), (":path", "/recordings/x.flv")]
        headers += [(":scheme", "https"), (":authority", "server")]
        self.peer.send_headers(stream, headers, end_stream=True)
        self.bodies[stream] = bytearray()
        self.pump()

    def pump(self) -> None:
        """
        Let all that was written arrive on the other side.
        """
        data = self.peer.data_to_send()
        if data:
            self.channel.dataReceived(data)
        sent = self.transport.value()
        self.transport.clear()
        for event in self.peer.receive_data(sent):
            if isinstance(event, DataReceived):
                assert event.stream_id is not None
                assert event.data is not None
                self.bodies[event.stream_id] += event.data
            elif isinstance(event, ResponseReceived):
                assert event.stream_id is not None
                assert event.headers is not None
                self.codes[event.stream_id] = dict(event.headers)[b":status"]
            elif isinstance(event, StreamReset):
                assert event.stream_id is not None
                self.reset.add(event.stream_id)

    def turns(self, seconds: float) -> None:
        """
        Let time go by, and all arrive.
        """
        for _ in range(round(seconds * 1000)):
            self.clock.advance(0.001)
            self.pump()

    @property
    def queued(self) -> int:
        """
        What the server has written, and not sent.
        """
        connection: Any = self.channel._inner._channel
        queues = connection._outboundStreamQueues.values()
        return sum(
            len(each) for queue in queues for each in queue if isinstance(each, bytes)
        )

    def test_whole(self) -> None:
        """
        Two recordings go side by side over one connection, whole.
        """
        self.ask(1)
        self.ask(3)
        self.turns(3)
        self.assertEqual(set(self.codes.values()), {b"200"})
        self.assertEqual(bytes(self.bodies[1]), CONTENT)
        self.assertEqual(bytes(self.bodies[3]), CONTENT)
        self.assertEqual(self.open, 0)

    def test_slow(self) -> None:
        """
        While the connection takes nothing, little waits in memory, however much the
        client says it would take; then it goes on.
        """
        self.ask(1)
        connection = self.channel._inner._channel
        connection.pauseProducing()
        self.turns(2)
        self.assertLess(self.queued, 8 * PIECE)
        self.assertGreater(self.queued, PIECE)
        # It is not looked at all the time.
        self.assertLess(len(self.clock.getDelayedCalls()), 8)
        connection.resumeProducing()
        self.turns(4)
        self.assertEqual(bytes(self.bodies[1]), CONTENT)

    def test_lengths(self) -> None:
        """
        However long it is, the end of it is sent too.
        """
        for number, pieces in enumerate(range(1, 12)):
            content = CONTENT[: pieces * PIECE]
            self.record("x.flv", content)
            stream = 2 * number + 1
            self.ask(stream)
            connection = self.channel._inner._channel
            connection.pauseProducing()
            self.turns(0.1)
            connection.resumeProducing()
            self.turns(1)
            self.assertEqual(bytes(self.bodies[stream]), content, pieces)

    def test_stalled(self) -> None:
        """
        Who takes nothing for five minutes is given up; other requests on the
        connection are not.
        """
        self.ask(1)
        self.channel._inner._channel.pauseProducing()
        self.turns(0.1)
        self.assertEqual(self.open, 1)
        for _ in range(STALL_SECONDS // 10 + 1):
            # It is there, but takes nothing.
            self.peer.ping(b"is there")
            self.pump()
            self.clock.advance(10)
        self.assertEqual(self.open, 0)
        self.assertFalse(self.transport.disconnected)
        self.channel._inner._channel.resumeProducing()
        self.ask(3)
        self.turns(3)
        self.assertEqual(self.reset, {1})
        self.assertEqual(bytes(self.bodies[3]), CONTENT)

    def test_silent(self) -> None:
        """
        With a connection from which nothing comes all ends.
        """
        self.ask(1)
        self.channel._inner._channel.pauseProducing()
        self.turns(0.1)
        self.clock.advance(15)
        self.clock.advance(15)
        self.assertTrue(self.transport.disconnected)

    def test_gone(self) -> None:
        """
        A client that takes its request back leaves nothing open.
        """
        self.ask(1)
        self.turns(0.01)
        self.peer.reset_stream(1)
        self.pump()
        self.turns(0.1)
        self.assertEqual(self.open, 0)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_error(self) -> None:
        """
        When the disk fails this request ends at once, as one that is not whole.
        """

        def fail(file: DiskFile, offset: int, size: int) -> bytes:
            raise OSError(5, "Input/output error")

        self.patch(DiskFile, "read", fail)
        self.ask(1)
        self.turns(0.1)
        self.assertEqual(self.reset, {1})
        self.assertFalse(self.transport.disconnected)

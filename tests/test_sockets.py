"""
Tests of L{rtmptwisted.sockets}.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Connection
from twisted.internet.testing import MemoryReactor, StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from rtmptwisted.sockets import (
    LARGE_READ,
    SEND_BUFFER,
    SMALL_READ,
    ReadSize,
    boundSendBuffer,
    hasUnread,
    keepFreedMemory,
    tuneForMedia,
)
from tests.support import ServerTestCase


class TCPTransport(StringTransport):
    """
    A transport that says it is TCP, and remembers what it was told.
    """

    def __init__(self) -> None:
        super().__init__()
        directlyProvides(self, ITCPTransport)
        self.told: dict[str, object] = {}

    def setTcpNoDelay(self, enabled: bool) -> None:
        """
        See L{ITCPTransport}.
        """
        self.told["no delay"] = enabled

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """
        See L{ITCPTransport}.
        """
        self.told["keep alive"] = enabled


class SocketsTestCase(SynchronousTestCase):
    """
    A test with a real socket, which nothing is sent on.
    """

    def connection(self) -> Connection:
        """
        @return: a TCP connection as Twisted has it.
        """
        skt = socket.socket()
        self.addCleanup(skt.close)
        return Connection(skt, Protocol(), MemoryReactor())

    def wrapped(self) -> tuple[Connection, ProtocolWrapper]:
        """
        @return: a TCP connection, and something around it that has its interfaces.
        """
        connection = self.connection()
        wrapper = ProtocolWrapper(WrappingFactory(Factory()), Protocol())
        wrapper.makeConnection(connection)
        return connection, wrapper


class TuneTests(SocketsTestCase):
    """
    Tests of L{tuneForMedia}.
    """

    def test_tcp(self) -> None:
        """
        TCP sends small messages at once, and finds out when a host is gone.
        """
        transport = TCPTransport()
        tuneForMedia(transport)
        self.assertEqual(transport.told, {"no delay": True, "keep alive": True})

    def test_socket(self) -> None:
        """
        So does the socket of a connection.
        """
        connection = self.connection()
        tuneForMedia(connection)
        for level, option in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        ):
            self.assertTrue(connection.socket.getsockopt(level, option))

    def test_other(self) -> None:
        """
        Whatever is no TCP is left as it is.
        """
        transport = StringTransport()
        before = dict(vars(transport))
        tuneForMedia(transport)
        self.assertEqual(vars(transport), before)


class SendBufferTests(SocketsTestCase):
    """
    Tests of L{boundSendBuffer}.
    """

    def held(self, connection: Connection) -> int:
        """
        @return: how much the system holds, by its own account.
        """
        return connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)

    def test_bounded(self) -> None:
        """
        The system holds as much as it is told, and no more.
        """
        one, other = self.connection(), self.connection()
        boundSendBuffer(one, 20_000)
        boundSendBuffer(other, 40_000)
        self.assertLess(self.held(one), self.held(other))
        boundSendBuffer(other)
        self.assertLessEqual(self.held(other), 2 * SEND_BUFFER)
        self.assertGreater(self.held(other), 80_000)

    def test_closed(self) -> None:
        """
        A socket that is gone already is no error.
        """
        connection = self.connection()
        connection.socket.close()
        boundSendBuffer(connection)

    def test_other(self) -> None:
        """
        What is no socket, or around one, is left alone.
        """
        connection, wrapper = self.wrapped()
        before = self.held(connection)
        for transport in (StringTransport(), TCPTransport(), wrapper):
            boundSendBuffer(transport, 5000)
        self.assertEqual(self.held(connection), before)


class UnreadTests(SocketsTestCase):
    """
    Tests of L{hasUnread}.
    """

    def pair(self) -> tuple[Connection, socket.socket]:
        """
        @return: a connection, and what it is connected to.
        """
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        ours.setblocking(False)
        return Connection(ours, Protocol(), MemoryReactor()), theirs

    def test_data(self) -> None:
        """
        What has come and was not read is seen, and stays there to be read.
        """
        connection, peer = self.pair()
        self.assertFalse(hasUnread(connection))
        peer.sendall(b"xy")
        for _ in range(2):
            self.assertTrue(hasUnread(connection))
        self.assertEqual(connection.socket.recv(10), b"xy")
        self.assertFalse(hasUnread(connection))

    def test_end(self) -> None:
        """
        The end of the connection counts, and so does a socket that is gone.
        """
        connection, peer = self.pair()
        peer.close()
        self.assertTrue(hasUnread(connection))
        connection.socket.close()
        self.assertTrue(hasUnread(connection))

    def test_around(self) -> None:
        """
        What stands on a connection, as TLS does, has what that has.
        """
        connection, peer = self.pair()
        wrapper = ProtocolWrapper(WrappingFactory(Factory()), Protocol())
        wrapper.makeConnection(connection)
        self.assertFalse(hasUnread(wrapper))
        peer.sendall(b"x")
        self.assertTrue(hasUnread(wrapper))

    def test_other(self) -> None:
        """
        Where there is no socket nothing is known.
        """
        self.assertFalse(hasUnread(StringTransport()))


class ReadSizeTests(SocketsTestCase):
    """
    Tests of L{ReadSize}.
    """

    def test_small(self) -> None:
        """
        As long as no read is full, all are small.
        """
        connection = self.connection()
        size = ReadSize(connection)
        for count in (1, 1000, SMALL_READ - 1) * 3:
            size.note(count)
            self.assertEqual(connection.bufferSize, SMALL_READ)

    def test_large(self) -> None:
        """
        After a full one the next is large, until one brings less than a small one
        would have taken.
        """
        connection = self.connection()
        size = ReadSize(connection)
        size.note(SMALL_READ)
        self.assertEqual(connection.bufferSize, LARGE_READ)
        for count in (LARGE_READ, SMALL_READ, LARGE_READ, LARGE_READ - 1):
            size.note(count)
            self.assertEqual(connection.bufferSize, LARGE_READ)
        size.note(SMALL_READ - 1)
        self.assertEqual(connection.bufferSize, SMALL_READ)
        size.note(SMALL_READ)
        self.assertEqual(connection.bufferSize, LARGE_READ)

    def test_own(self) -> None:
        """
        Other connections go on to read as they did.
        """
        connection, other = self.connection(), self.connection()
        ReadSize(connection).note(SMALL_READ)
        self.assertEqual(other.bufferSize, Connection.bufferSize)

    def test_other(self) -> None:
        """
        Whatever is no TCP socket is left as it is.
        """
        connection, wrapper = self.wrapped()
        for transport in (StringTransport(), TCPTransport(), wrapper):
            before = dict(vars(transport))
            size = ReadSize(transport)
            for count in (SMALL_READ, LARGE_READ, 1):
                size.note(count)
            self.assertEqual(vars(transport), before)
        self.assertEqual(connection.bufferSize, Connection.bufferSize)

    def test_memory(self) -> None:
        """
        The allocator is told once, by the first connection that reads much.
        """
        keepFreedMemory.cache_clear()
        ReadSize(self.connection()).note(SMALL_READ - 1)
        ReadSize(StringTransport()).note(SMALL_READ)
        self.assertEqual(keepFreedMemory.cache_info().misses, 0)
        for _ in range(3):
            ReadSize(self.connection()).note(SMALL_READ)
        self.assertEqual(keepFreedMemory.cache_info().misses, 1)


class PublisherTests(ServerTestCase):
    """
    What a connection makes of it.
    """

    def test_reads(self) -> None:
        """
        A client that sends more than a read takes is read in large ones.
        """
        client = self.client()
        noted: list[int] = []
        protocol: Any = client.protocol

        class Noting:
            def note(self, count: int) -> None:
                noted.append(count)

        protocol._readSize = Noting()
        data = b"\3" + os.urandom(1000)
        protocol.dataReceived(data)
        protocol.dataReceived(data[:7])
        self.assertEqual(noted, [len(data), 7])

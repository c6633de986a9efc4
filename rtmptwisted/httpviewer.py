"""
A viewer on an HTTP connection.
"""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request
from zope.interface import implementer

from rtmptwisted.addresses import describeAddress
from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat, Framing
from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.sockets import tuneForViewer
from rtmptwisted.straight import StraightWriter, TransportWriter, Writer, writerFor
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer


@implementer(IViewerOutlet)
class HTTPViewer:
    """
    A response that is a live stream.

    HTTP/1 knows only one response at a time on a connection, so that this one
    can write to the transport itself, past twisted.web, which would cost more
    than all else.  In HTTP/2 it is a stream among others.
    """

    protocol = "HTTP-FLV"

    def __init__(self, request: Request, stream: LiveStream, raw: bool) -> None:
        """
        @param raw: see L{FLVFormat}.
        """
        directory = stream.directory
        self._closeSeconds = directory.limits.closeSeconds
        self._request = request
        self._channel: Any = request.channel
        self._owns = isinstance(self._channel, HTTPChannel)
        self.peer = describeAddress(request.getClientAddress())
        # HTTP/1.0 and HTTP/2 know no chunks.
        chunked = request.clientproto == b"HTTP/1.1"
        framing = Framing.CHUNKED if chunked else Framing.BARE
        self._viewer = Viewer(self, directory.clock, directory.limits)
        self._fanOut = FanOut.of(
            stream, FLVFormat(framing, raw), directory.clock, directory.limits
        )

    def start(self) -> None:
        """
        Send the headers, and then the stream.
        """
        self._request.notifyFinish().addErrback(self._gone)
        self._request.write(b"")
        writer = self._takeOver() if self._owns else self._join()
        self.write = writer.write
        self.straight = writer if isinstance(writer, StraightWriter) else None
        self._fanOut.add(self._viewer)

    def _takeOver(self) -> Writer:
        """
        Be the producer of the transport, in place of the channel.
        """
        transport = self._channel.transport
        tuneForViewer(transport)
        transport.unregisterProducer()
        # It may have been told to wait, and nobody would tell it otherwise.
        self._channel.resumeProducing()
        return writerFor(transport, self._viewer, queued=True)

    def _join(self) -> Writer:
        self._request.registerProducer(self._viewer, True)
        return TransportWriter(self._channel)

    def _gone(self, reason: Failure) -> None:
        self._fanOut.remove(self._viewer)

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        if self._owns:
            transport = self._channel.transport
            transport.unregisterProducer()
            transport.registerProducer(self._channel, True)
            # For one who takes nothing any more.  twisted.web sets its own
            # timeout where the connection is kept.
            self._channel.setTimeout(self._closeSeconds)
        else:
            self._request.unregisterProducer()
        self._request.finish()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        # HTTP/2 streams can be aborted alone; HTTP/1 goes with its transport.
        target = self._channel.transport if self._owns else self._channel
        target.abortConnection()

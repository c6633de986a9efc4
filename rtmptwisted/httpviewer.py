"""
A viewer on an HTTP connection.
"""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure
from twisted.web.http import Request
from zope.interface import implementer

from rtmptwisted.addresses import describeAddress
from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat
from rtmptwisted.interfaces import IViewerOutlet
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer


@implementer(IViewerOutlet)
class HTTPViewer:
    """
    A response that is a live stream.
    """

    protocol = "HTTP-FLV"

    def __init__(self, request: Request, stream: LiveStream, raw: bool) -> None:
        """
        @param raw: see L{FLVFormat}.
        """
        directory = stream.directory
        self._closeSeconds = directory.limits.closeSeconds
        self._request = request
        # Behind the request's own write, which frames each piece by itself.
        self._channel: Any = request.channel
        self.peer = describeAddress(request.getClientAddress())
        chunked = request.clientproto == b"HTTP/1.1"
        self._viewer = Viewer(self, directory.clock, directory.limits)
        self._fanOut = FanOut.of(
            stream, FLVFormat(chunked, raw), directory.clock, directory.limits
        )

    def start(self) -> None:
        """
        Send the headers, and then the stream.
        """
        self._request.notifyFinish().addErrback(self._gone)
        self._request.write(b"")
        self._request.registerProducer(self._viewer, True)
        self._fanOut.add(self._viewer)

    def _gone(self, reason: Failure) -> None:
        self._fanOut.remove(self._viewer)

    def write(self, data: bytes) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._channel.write(data)

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._request.unregisterProducer()
        if hasattr(self._channel, "setTimeout"):
            # For one who takes nothing any more.  twisted.web sets its own
            # timeout where the connection is kept.
            self._channel.setTimeout(self._closeSeconds)
        self._request.finish()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        # HTTP/2 streams can be aborted alone; HTTP/1 goes with its transport.
        channel = self._channel
        target = channel if hasattr(channel, "abortConnection") else channel.transport
        target.abortConnection()

"""
HTTP connections: how many there are, and how long they may take.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, BinaryIO
from weakref import WeakKeyDictionary

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IPushProducer,
    IReactorTime,
)
from twisted.logger import Logger
from twisted.python.components import proxyForInterface
from twisted.python.failure import Failure
from twisted.web.http import NOT_MODIFIED, OK
from twisted.web.resource import IResource
from twisted.web.server import Request, Site
from zope.interface import implementer

from rtmptwisted.addresses import describeAddress
from rtmptwisted.admission import Admission, Refusal

#: How long a client may take for its request, and keep an idle connection, in
#: seconds.
REQUEST_SECONDS = 15


#: What pages ask for again and again, and the answers that say nothing about it.
_POLLED = (b"/streams.json", b"/recordings.json", b".key.flv")
_USUAL = (OK, NOT_MODIFIED)


class LiveRequest(Request):
    """
    A request that says when it has arrived, and when it is answered.
    """

    def process(self) -> None:
        """
        Called by twisted.web when the request is there, with its body.
        """
        channel: Any = self.channel
        gate: Gate | None = channel.site.gateOf(channel)
        if gate is not None:
            if _isFull(channel.transport):
                # Answers wait to be read.  twisted.web reads no more then, but
                # would go on with all that came in the same segment.
                channel.registerProducer(_Waiting(self), True)
                return
            gate.requestArrived()
            self.notifyFinish().addBoth(lambda ignored: gate.requestDone())
        super().process()


def _isFull(transport: Any) -> bool:
    """
    @return: whether a transport, or what it stands on, has told its producer to
        wait.
    """
    while transport is not None:
        if getattr(transport, "producerPaused", False):
            return True
        transport = getattr(transport, "transport", None)
    return False


@implementer(IPushProducer)
class _Waiting:
    """
    A request that waits until the answers before it are gone.
    """

    def __init__(self, request: LiveRequest) -> None:
        self._request = request

    def pauseProducing(self) -> None:
        """
        It waits already.
        """

    def resumeProducing(self) -> None:
        """
        All is gone.
        """
        channel: Any = self._request.channel
        channel.unregisterProducer()
        self._request.process()

    def stopProducing(self) -> None:
        """
        The connection is gone.
        """


class Gate(proxyForInterface(IProtocol, "_inner")):  # type: ignore[misc]
    """
    Stands between an HTTP connection and twisted.web, whose own timeout begins
    again with each byte.
    """

    _log = Logger()

    def __init__(
        self, inner: IProtocol, site: LiveSite, address: IAddress | None
    ) -> None:
        super().__init__(inner)
        self._site = site
        self._address = address
        self._requests = 0
        self._transport: Any = None
        self._deadline: IDelayedCall | None = None

    def makeConnection(self, transport: Any) -> None:
        """
        A client is here.
        """
        self._transport = transport
        self._site.gates[transport] = self
        self._begin()
        self._inner.makeConnection(transport)

    def _begin(self) -> None:
        self._deadline = self._site.clock.callLater(REQUEST_SECONDS, self._expired)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expired(self) -> None:
        self._deadline = None
        if getattr(self._transport, "negotiatedProtocol", None) == b"h2":
            # Its requests are streams of their own, which do not come by here.
            return
        self._log.warn(
            "{peer}: dropped: no request within {seconds} s",
            peer=describeAddress(self._address),
            seconds=REQUEST_SECONDS,
        )
        self._transport.abortConnection()

    def requestArrived(self) -> None:
        """
        A request is there.
        """
        self._requests += 1
        self._end()

    def requestDone(self) -> None:
        """
        A request is answered, or given up.
        """
        self._requests -= 1
        if not self._requests and self._transport is not None:
            self._begin()

    def connectionLost(self, reason: Failure) -> None:
        """
        The connection is gone.
        """
        self._transport = None
        self._end()
        self._site.admission.release(self._address)
        self._inner.connectionLost(reason)


class LiveSite(Site):
    """
    Accepts HTTP connections.

    @ivar gates: by the transport of the connection.
    """

    def __init__(
        self,
        resource: IResource,
        clock: IReactorTime,
        admission: Admission,
        stopped: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param stopped: called when the last port is closed.
        """
        super().__init__(resource, requestFactory=LiveRequest, timeout=REQUEST_SECONDS)
        self.clock = clock
        self.admission = admission
        self.gates: WeakKeyDictionary[Any, Gate] = WeakKeyDictionary()
        self._stopped = stopped
        self.displayTracebacks = False
        self.noisy = False

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """
        A connection was accepted.

        @return: when there are too many, what closes it.
        """
        if not self.admission.admit(addr):
            return Refusal()
        return Gate(super().buildProtocol(addr), self, addr)

    def stopFactory(self) -> None:
        """
        The last port is closed.
        """
        super().stopFactory()
        self._stopped()

    def log(self, request: Any) -> None:
        """
        Write a line of the access log, but none for what each open page asks for
        every few seconds.
        """
        if not (request.code in _USUAL and request.path.endswith(_POLLED)):
            super().log(request)

    def gateOf(self, channel: Any) -> Gate | None:
        """
        @return: what a request's channel goes through, if that is its own
            connection, as it is in HTTP/1.
        """
        transport = getattr(channel, "transport", None)
        return None if transport is None else self.gates.get(transport)

    def getContentFile(self, length: int | None) -> BinaryIO:
        """
        Called by twisted.web for a file to hold the body of a request.
        """
        return _NoContent()


class _NoContent(BytesIO):
    """
    Where the bodies of requests go, which nothing here looks at.
    """

    def write(self, data: Any) -> int:
        """
        Forget the data.
        """
        return len(data)

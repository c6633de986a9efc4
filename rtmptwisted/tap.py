"""
The C{twistd rtmp} command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import (
    IAddress,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.task import deferLater

from rtmptwisted.admission import Admission
from rtmptwisted.announcing import announceHTTP, announceRTMP, isSecure
from rtmptwisted.childservice import ChildService
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.factory import RTMPFactory
from rtmptwisted.httpflv import liveSite
from rtmptwisted.listening import ListeningService
from rtmptwisted.options import Options
from rtmptwisted.pipeoutput import OutputService, takeOutput
from rtmptwisted.recording import RecordingService
from rtmptwisted.recordingoptions import STANDARD_OUTPUT
from rtmptwisted.retention import Retention
from rtmptwisted.sockets import BACKLOG

# What twistd looks for.
__all__ = ["Options", "makeService"]

#: At the end, responses that were finished get so many seconds to go out.
_LAST_WRITES = 0.1


def endpointDescription(text: str) -> str:
    """
    @param text: a port number, or an endpoint description such as
        C{"tcp:1935:interface=127.0.0.1"}.
    @return: an endpoint description.
    """
    return f"tcp:{text}" if text.isdecimal() else text


class LiveService(Service):
    """
    Ends all streams and closes all connections when it is stopped.
    """

    def __init__(self, factory: RTMPFactory) -> None:
        self._factory = factory

    def stopService(self) -> Deferred[None]:
        """
        @return: fires when players have been told and connections are gone.
        """
        super().stopService()
        clock = self._factory.directory.clock
        closed = self._factory.closeAll()
        return closed.addCallback(
            lambda ignored: deferLater(clock, _LAST_WRITES, lambda: None)
        )


def _endpoint(reactor: object, description: str, more: str) -> IStreamServerEndpoint:
    """
    @param more: what the description has beside what the user knows of.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description + more)
    except (ImportError, NameError) as error:
        raise StartError(
            f"{description!r} needs TLS: install rtmptwisted[tls]"
        ) from error
    except Exception as error:
        # Endpoint parsers raise whatever comes of what they are given.
        raise StartError(
            f"{description!r} is no endpoint ({error}): give a port number, or a "
            "description such as tcp:1935:interface=127.0.0.1"
        ) from error
    return endpoint


def _listening(
    reactor: object,
    text: str,
    protocol: IProtocolFactory,
    announcing: Callable[[str], Callable[[IAddress], None]],
) -> ListeningService:
    description = endpointDescription(text)
    more = f":backlog={BACKLOG}" if text.isdecimal() else ""
    endpoint = _endpoint(reactor, description, more)
    return ListeningService(endpoint, protocol, description, announcing(description))


def _outputs(
    options: Options, directory: StreamDirectory, reactor: Any
) -> Iterator[Service]:
    """
    @return: what takes streams beside viewers.
    """
    folder, only = options["record"], options["record-only"]
    if folder == STANDARD_OUTPUT:
        # After all that can be refused, and before there is a log, which would go
        # there.
        yield OutputService(directory, reactor, takeOutput(), *only)
    elif folder is not None:
        keep = options["keep"]
        yield RecordingService(
            directory,
            folder,
            reactor,
            policy=options["policy"],
            only=only or None,
            excluding=options["record-except"],
            retention=Retention(folder, *keep) if any(keep) else None,
        )
    if options["rules"]:
        yield ChildService(directory, options["rules"], reactor)


def makeService(options: Options) -> MultiService:
    """
    @return: all that the options ask for, not started.
    @raise StartError: for an endpoint description that is none.
    """
    # Not at module level: that would choose the reactor for everybody.
    from twisted.internet import reactor as installed

    reactor: Any = installed  # Each part needs another of its interfaces.
    directory = StreamDirectory(
        reactor,
        options["limits"],
        options["mergeWindow"],
        grace=options["graceSeconds"],
    )
    # RTMP and HTTP count together.
    admission = Admission(reactor, directory.limits)
    factory = RTMPFactory(directory, admission=admission)
    # The page tells where to publish.
    recordings = options["record"] if options["playback"] else None
    site = liveSite(directory, admission, options["player-js"], recordings)

    def announcingRTMP(description: str) -> Callable[[IAddress], None]:
        announce = announceRTMP(description)

        def opened(address: IAddress) -> None:
            announce(address)
            if site.resource.rtmpPort is None and not isSecure(description):
                site.resource.rtmpPort = getattr(address, "port", None)

        return opened

    listeners = [
        *(
            _listening(reactor, text, factory, announcingRTMP)
            for text in options["port"]
        ),
        *(_listening(reactor, text, site, announceHTTP) for text in options["http"]),
    ]
    root = MultiService()
    # Services stop in reverse order: first no new connections, then the end of
    # all streams, then the recordings and what else is made of streams.
    outputs = _outputs(options, directory, reactor)
    for service in (*outputs, LiveService(factory), *listeners):
        service.setServiceParent(root)
    return root

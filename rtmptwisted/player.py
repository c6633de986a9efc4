"""
A player on an RTMP connection.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from twisted.internet.interfaces import IDelayedCall, IPushProducer
from zope.interface import implementer

from rtmptwisted.delivery import FanOut
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.formats import RTMPFormat
from rtmptwisted.interfaces import IPlayer, IViewerOutlet
from rtmptwisted.netstream import NetStream
from rtmptwisted.straight import StraightWriter, Writer
from rtmptwisted.streams import LiveStream
from rtmptwisted.viewer import Viewer


@implementer(IPlayer, IViewerOutlet, IPushProducer)
class RTMPPlayer:
    """
    Sends one live stream to one NetStream.

    The connection tells it, as a producer, when the transport is full.
    """

    protocol = "RTMP"

    def __init__(
        self,
        netStream: NetStream,
        stream: LiveStream,
        directory: StreamDirectory,
        peer: str,
        writer: Writer,
        abort: Callable[[], None],
    ) -> None:
        """
        @param writer: of the connection.
        @param abort: drops the connection.
        """
        self._netStream = netStream
        self._stream = stream
        self._directory = directory
        self._abort = abort
        self._format = RTMPFormat(netStream.id)
        self._fanOut: FanOut | None = None
        self._full = False
        self._paused = False
        self._viewer: Viewer | None = None
        self._patience: IDelayedCall | None = None
        self.peer = peer
        self.write = writer.write
        self.straight = writer if isinstance(writer, StraightWriter) else None

    def start(self) -> None:
        """
        See L{IPlayer}.
        """
        if self._viewer is not None:
            return
        directory = self._directory
        self._viewer = Viewer(self, directory.clock, directory.limits)
        if self._full:
            self._viewer.pauseProducing()
        if self._paused:
            self._viewer.mute(True)
        self._fanOut = self._findFanOut()
        self._fanOut.add(self._viewer)
        patience = directory.limits.waitSeconds
        if patience < math.inf and not directory.live(self._stream.name):
            self._patience = directory.clock.callLater(patience, self._giveUp)

    def _giveUp(self) -> None:
        self._patience = None
        if not self._directory.live(self._stream.name):
            self._netStream.notFound()

    def _findFanOut(self) -> FanOut:
        directory = self._directory
        # While nothing was sent here, the directory may have forgotten the
        # stream that it knew by this name.
        stream = directory.stream(self._stream.name)
        return FanOut.of(stream, self._format, directory.clock, directory.limits)

    def pause(self, paused: bool) -> None:
        """
        See L{IPlayer}.
        """
        self._paused = paused
        if self._viewer is not None:
            self._viewer.mute(paused)

    def stop(self) -> None:
        """
        See L{IPlayer}.
        """
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        viewer, self._viewer = self._viewer, None
        if viewer is not None and self._fanOut is not None:
            self._fanOut.remove(viewer)

    def select(self, audio: bool | None, video: bool | None) -> None:
        """
        See L{IPlayer}.
        """
        wanted = self._format
        if audio is not None:
            wanted = replace(wanted, audio=audio)
        if video is not None:
            wanted = replace(wanted, video=video)
        if wanted == self._format:
            return
        appears = wanted.video and not self._format.video
        self._format = wanted
        if self._viewer is not None and self._fanOut is not None:
            fanOut = self._findFanOut()
            self._fanOut.move(self._viewer, fanOut, skip=appears)
            self._fanOut = fanOut

    def finish(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._netStream.ended()

    def abort(self) -> None:
        """
        See L{IViewerOutlet}.
        """
        self._abort()

    def pauseProducing(self) -> None:
        """
        The transport is full.
        """
        self._full = True
        if self._viewer is not None:
            self._viewer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        The transport has sent all that it had.
        """
        self._full = False
        if self._viewer is not None:
            self._viewer.resumeProducing()

    def stopProducing(self) -> None:
        """
        The connection is lost.
        """
        self.stop()

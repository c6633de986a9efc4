"""
What each live stream was like over the last minutes.

Nothing is done for each tag.  Every two seconds the counters of all live streams
are read, and while nothing is live nothing is done at all.
"""

from __future__ import annotations

from array import array

from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from rtmptwisted.directory import StreamDirectory
from rtmptwisted.interfaces import IStreamWatcher
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.flv import VIDEO

#: Between two samples, in seconds.
INTERVAL = 2

#: How many samples are kept of a stream: five minutes.
SAMPLES = 150

#: What is said to be so now is so over this many samples.
_NOW = 3

#: What began less than this before is not sampled yet, in seconds: a rate over so
#: little is nonsense.
_SHORTEST = 0.5


class StreamHistory:
    """
    The last minutes of one publish.

    @ivar count: how many samples were taken, those included that are gone.
    @ivar kbps: what was received, in kbit/s, oldest first.
    @ivar fps: frames of video a second.
    @ivar viewers: how many there were.
    """

    def __init__(self, stream: LiveStream, now: float) -> None:
        self._stream = stream
        self._at = now
        # It may have been live for long.
        self._bytes = stream.bytesReceived
        self._frames = stream.frames[VIDEO]
        self.count = 0
        # Arrays of numbers, not of objects: there may be thousands of streams.
        self.kbps = array("f")
        self.fps = array("f")
        self.viewers = array("L")

    def sample(self, now: float) -> None:
        """
        Take a sample.
        """
        stream = self._stream
        seconds = now - self._at
        if seconds < _SHORTEST:
            return
        size, frames = stream.bytesReceived, stream.frames[VIDEO]
        self.kbps.append((size - self._bytes) / 125 / seconds)
        self.fps.append((frames - self._frames) / seconds)
        self.viewers.append(stream.viewers)
        self._at, self._bytes, self._frames = now, size, frames
        self.count += 1
        for values in (self.kbps, self.fps, self.viewers):
            del values[:-SAMPLES]

    @property
    def kbpsNow(self) -> float | None:
        """
        What is received now, in kbit/s; L{None} while it is not known.
        """
        return _mean(self.kbps)

    @property
    def fpsNow(self) -> float | None:
        """
        Frames of video a second now; L{None} while it is not known.
        """
        return _mean(self.fps)

    def asJSON(self, most: int) -> dict[str, object]:
        """
        @param most: how many of the latest samples.
        @return: the samples, oldest first.
        """
        start = max(0, len(self.kbps) - most)
        return {
            "interval": INTERVAL,
            "count": self.count,
            "kbps": [round(value) for value in self.kbps[start:]],
            "fps": [round(value, 1) for value in self.fps[start:]],
            "viewers": list(self.viewers[start:]),
        }


def _mean(values: array[float]) -> float | None:
    latest = values[-_NOW:]
    return round(sum(latest) / len(latest), 1) if latest else None


@implementer(IStreamWatcher)
class History:
    """
    The last minutes of all live streams of a directory.
    """

    def __init__(self, directory: StreamDirectory) -> None:
        self._clock = directory.clock
        self._streams: dict[LiveStream, StreamHistory] = {}
        self._call: IDelayedCall | None = None
        directory.watch(self)
        for stream in directory:
            self.streamStarted(stream)

    def of(self, stream: LiveStream) -> StreamHistory | None:
        """
        @return: the history of a stream, if that is live.
        """
        return self._streams.get(stream)

    def streamStarted(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self._streams[stream] = StreamHistory(stream, self._clock.seconds())
        if self._call is None:
            self._again()

    def streamStopped(self, stream: LiveStream) -> None:
        """
        See L{IStreamWatcher}.
        """
        self._streams.pop(stream, None)
        if not self._streams and self._call is not None:
            self._call.cancel()
            self._call = None

    def _again(self) -> None:
        self._call = self._clock.callLater(INTERVAL, self._sample)

    def _sample(self) -> None:
        now = self._clock.seconds()
        for history in self._streams.values():
            history.sample(now)
        self._again()

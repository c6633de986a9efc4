"""
How far a recording has come, for all who want to know.
"""

from __future__ import annotations

from twisted.logger import Logger

from rtmptwisted.interfaces import IRecordingWatcher
from rtmptwisted.recordingpolicy import Recording, State
from rtmptwisted.segment import Segment
from rtmptwisted.streams import LiveStream


class Progress:
    """
    Tells the log and a watcher of the files of one recording.

    @ivar path: of the latest file, L{None} while there is none.
    """

    _log = Logger()

    def __init__(self, stream: LiveStream, watcher: IRecordingWatcher | None) -> None:
        self._stream = stream
        self._watcher = watcher
        self._latest: Segment | None = None
        # The size of all files but the latest.
        self._before = 0
        self.path: str | None = None

    def recording(self, state: State) -> Recording:
        """
        @return: how it is.
        """
        latest = self._latest
        return Recording(
            self._stream.name,
            self.path,
            latest.end / 1000 if latest else 0.0,
            self._before + (latest.written if latest else 0),
            state,
        )

    def written(self, segment: Segment) -> None:
        """
        Some more of a segment is in its file.
        """
        latest = self._latest
        if segment is latest:
            return
        if latest is not None:
            self._before += latest.written
        self._latest = segment
        self.path = path = str(segment.path)
        self._log.info("recording {name} to {path}", name=self._stream.name, path=path)
        if self._watcher is not None:
            try:
                self._watcher.segmentStarted(self._stream, path)
            except Exception:
                self._failed()

    def finished(self, segment: Segment) -> None:
        """
        The file of a segment is closed.
        """
        path = str(segment.path)
        self._log.info(
            "recorded {path}: {seconds:.1f} s, {size} bytes",
            path=path,
            seconds=segment.duration / 1000,
            size=segment.written,
        )
        if self._watcher is not None:
            try:
                self._watcher.segmentFinished(
                    self._stream, path, segment.duration, segment.written
                )
            except Exception:
                self._failed()

    def _failed(self) -> None:
        # A defect in a watcher is no reason to lose the recording.
        self._log.failure(
            "a watcher of the recording of {name} failed", name=self._stream.name
        )

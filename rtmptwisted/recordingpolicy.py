"""
How recordings are written, and how they are.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from rtmptwisted.flvfile import FilePolicy
from rtmptwisted.metadata import FILE_KEYS
from rtmptwisted.recordingname import NameTemplate
from rtmptwisted.segment import WHOLE, Segment, SegmentLimit
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import AUDIO, VIDEO


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """
    How recordings are written.

    @ivar name: how their files are called.
    @ivar segment: when one goes on in another file.
    @ivar file: how the files are written.
    """

    name: NameTemplate = field(default_factory=NameTemplate)
    segment: SegmentLimit = WHOLE
    file: FilePolicy = field(default_factory=FilePolicy)

    def __post_init__(self) -> None:
        """
        @raise ValueError: when all segments would have the same name.
        """
        if self.segment != WHOLE:
            object.__setattr__(self, "name", self.name.forSegments())
            if not self.name.isUnique:
                raise ValueError(
                    f"{self.name.text!r}: with segments it needs {{sequence}}, or a "
                    "time"
                )

    def segmentOf(
        self, stream: LiveStream, time: datetime, sequence: int, position: int
    ) -> Segment:
        """
        @param time: of day.
        @param sequence: how many there were before.
        @param position: where it begins, in the time of the recording.
        @return: a new file, not made yet, for what the stream sends now.
        """
        begun = time.astimezone(UTC).isoformat(timespec="milliseconds")
        metadata: dict[str, AMFValue] = {
            key: value
            for key, value in (stream.metadata or {}).items()
            if key not in FILE_KEYS
        }
        metadata["stream"] = stream.name
        metadata["recordedAt"] = begun.replace("+00:00", "Z")
        metadata["streamOffset"] = position / 1000
        metadata["sequence"] = float(sequence)
        return Segment(
            sequence,
            self.name.path(stream.name, time, sequence),
            position,
            metadata,
            stream.has(AUDIO),
            stream.has(VIDEO),
        )


class State(enum.Enum):
    """
    What a recording does.
    """

    WAITING = "waiting for the first frame"
    RECORDING = "recording"
    #: The disk is too slow: what comes now is lost.
    BEHIND = "behind"
    #: The disk failed: what comes now is lost.
    INTERRUPTED = "interrupted"
    #: The next keyframe is recorded.
    RESUMING = "resuming"
    ENDING = "ending"
    ENDED = "ended"


class Recording(NamedTuple):
    """
    How a recording is.

    @ivar name: of the stream.
    @ivar path: of the latest file, L{None} while there is none.
    @ivar seconds: up to where the stream is on the disk.
    @ivar size: bytes in all its files.
    """

    name: str
    path: str | None
    seconds: float
    size: int
    state: State

"""
Vectors of the corpus: what they are called, and how they are written to files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.corpus.recording import Expected, Outcome, Recording
from tests.corpus.wire import FIRST_CHUNK_SIZE

#: The number of the format that C{README.md} describes.
FORMAT = 1

#: Payloads up to this are in the description themselves, in bytes.
LONGEST_SHOWN = 64

#: RTMP 1.0 says that it is so.
SPECIFICATION = "specification"
#: Senders in the field do it, beyond the specification or against it.
FIELD = "field"

#: What continuation chunks carry for an extended timestamp.
REPEATED = "repeated"
ABSOLUTE = "absolute"
ZEROS = "zeros"
OMITTED = "omitted"

Write = Callable[[Recording], None]


@dataclass(frozen=True)
class Vector:
    """
    One vector.

    See C{README.md} for what the fields mean.
    """

    name: str
    description: str
    traps: tuple[str, ...]
    sender: str
    basis: str
    continuation: str
    handshake: str | None
    write: Write

    def files(self) -> dict[str, bytes]:
        """
        @return: the contents of its files, by name.
        """
        recording = Recording(self.name)
        self.write(recording)
        described = render(self.document(recording))
        return {
            f"{self.name}.bin": bytes(recording.data),
            f"{self.name}.json": described.encode("ascii"),
        }

    def document(self, recording: Recording) -> dict[str, object]:
        """
        @return: what the description says.
        """
        expected = Outcome(tuple(recording.messages), recording.refused)
        return {
            "format": FORMAT,
            "name": self.name,
            "description": self.description,
            "traps": list(self.traps),
            "sender": self.sender,
            "basis": self.basis,
            "continuation": self.continuation,
            "handshake": self.handshake,
            "size": recording.place,
            "sha256": hashlib.sha256(recording.data).hexdigest(),
            "chunkSize": FIRST_CHUNK_SIZE,
            "chunkSizes": recording.chunkSizes,
            "chunkStreams": sorted(recording.chunkStreams),
            "chunks": recording.chunks,
            **_outcome(expected),
            "tolerated": [
                {"why": outcome.why, **_outcome(outcome)}
                for outcome in recording.tolerated
            ],
        }


def _outcome(outcome: Outcome) -> dict[str, object]:
    described: dict[str, object] = {
        "messages": [_message(message) for message in outcome.messages],
        "error": outcome.refused is not None,
    }
    if outcome.refused is not None:
        described["errorFrom"], described["errorBy"] = outcome.refused
    return described


def _message(message: Expected) -> dict[str, object]:
    described: dict[str, object] = {
        "typeID": message.typeID,
        "timestamp": message.timestamp,
        "messageStreamID": message.messageStreamID,
        "chunkStreamID": message.chunkStreamID,
        "end": message.end,
    }
    if message.latest != message.end:
        described["latest"] = message.latest
    if message.optional:
        described["optional"] = True
    described["length"] = len(message.payload)
    described["sha256"] = hashlib.sha256(message.payload).hexdigest()
    if len(message.payload) <= LONGEST_SHOWN:
        described["hex"] = message.payload.hex()
    return described


def render(value: object, indent: str = "") -> str:
    """
    Write JSON so that a change to a vector changes few lines: a message or a
    list of numbers takes one line.
    """
    further = f"{indent}  "
    if isinstance(value, dict) and ("messages" in value or "format" in value):
        lines = [
            f"{further}{json.dumps(key)}: {render(item, further)}"
            for key, item in value.items()
        ]
        opening, closing = "{", "}"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        lines = [further + render(item, further) for item in value]
        opening, closing = "[", "]"
    else:
        return json.dumps(value)
    end = "\n" if not indent else ""
    return f"{opening}\n" + ",\n".join(lines) + f"\n{indent}{closing}{end}"


@dataclass
class Catalogue:
    """
    The vectors of one module.

    @ivar sender: who sends like this, as long as a vector does not say.
    """

    sender: str
    vectors: list[Vector] = field(default_factory=list)

    def vector(
        self,
        name: str,
        *traps: str,
        basis: str = SPECIFICATION,
        continuation: str = REPEATED,
        handshake: str | None = None,
    ) -> Callable[[Write], Write]:
        """
        Take a function for what writes a vector.  Its docstring is the
        description.
        """

        def add(write: Write) -> Write:
            description = " ".join((write.__doc__ or "").split())
            self.vectors.append(
                Vector(
                    name,
                    description,
                    traps,
                    self.sender,
                    basis,
                    continuation,
                    handshake,
                    write,
                )
            )
            return write

        return add

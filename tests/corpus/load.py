"""
Read the files of the corpus back, as any project would.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

#: Where the files are.
FOLDER = Path(__file__).parent


class Fact(NamedTuple):
    """
    What a file says about one message.

    @ivar shown: the payload, if it is short.
    """

    typeID: int
    timestamp: int
    messageStreamID: int
    chunkStreamID: int
    length: int
    digest: str
    shown: bytes | None
    end: int
    latest: int
    optional: bool


@dataclass(frozen=True)
class Published:
    """
    One vector, as it is in its two files.

    @ivar facts: what is said of the messages.
    @ivar refused: between how many bytes a reader has to refuse the rest.
    @ivar document: all that is said.
    """

    name: str
    data: bytes
    chunks: list[int]
    chunkSizes: list[int]
    chunkStreams: list[int]
    continuation: str
    handshake: str | None
    facts: list[Fact]
    refused: tuple[int, int] | None
    document: dict[str, object]


def _fact(described: dict[str, object]) -> Fact:
    def integer(name: str, otherwise: object = None) -> int:
        value = described.get(name, otherwise)
        assert isinstance(value, int)
        return value

    shown = described.get("hex")
    return Fact(
        integer("typeID"),
        integer("timestamp"),
        integer("messageStreamID"),
        integer("chunkStreamID"),
        integer("length"),
        str(described["sha256"]),
        bytes.fromhex(shown) if isinstance(shown, str) else None,
        integer("end"),
        integer("latest", described["end"]),
        described.get("optional", False) is True,
    )


def load(path: Path) -> Published:
    """
    @param path: the description.
    @raise ValueError: when the bytes are not those that it describes.
    """
    document = json.loads(path.read_text("ascii"))
    data = path.with_suffix(".bin").read_bytes()
    if hashlib.sha256(data).hexdigest() != document["sha256"]:
        raise ValueError(f"{path.name} describes other bytes")
    refused = (
        (document["errorFrom"], document["errorBy"]) if document["error"] else None
    )
    return Published(
        document["name"],
        data,
        document["chunks"],
        document["chunkSizes"],
        document["chunkStreams"],
        document["continuation"],
        document["handshake"],
        [_fact(described) for described in document["messages"]],
        refused,
        document,
    )


def loadAll(folder: Path = FOLDER) -> list[Published]:
    """
    @return: all vectors, by name.
    """
    return [load(path) for path in sorted(folder.glob("*.json"))]

"""
A folder with recordings, and a server in memory that plays them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import treq
from treq.testing import StubTreq

from rtmptwisted.diskthreads import InThread
from rtmptwisted.httpflv import LiveResource
from rtmptwisted.wire.amf import AMFValue, ECMAArray
from rtmptwisted.wire.flv import FLVTag, fileHeader, metadataTag
from tests.fakes import inThread
from tests.http_support import HTTPTestCase
from tests.media import audio, audioHeader, frame, keyframe, videoHeader

#: What a file says of itself when nothing else is asked for.
METADATA: dict[str, AMFValue] = {
    "duration": 9.96,
    "width": 640.0,
    "height": 360.0,
    "videocodecid": 7.0,
    "audiocodecid": 10.0,
    "hasAudio": True,
    "hasVideo": True,
}


def mediaTags(seconds: int = 10) -> list[FLVTag]:
    """
    @return: a keyframe each second, and 24 frames and a little sound behind it.
    """
    tags = [videoHeader(), audioHeader()]
    for second in range(seconds):
        tags.append(keyframe(second * 1000, 900))
        tags.append(audio(second * 1000 + 1))
        tags += [frame(second * 1000 + each * 40, 100) for each in range(1, 25)]
    return tags


def flvBytes(
    tags: list[FLVTag] | None = None, metadata: dict[str, AMFValue] | None = None
) -> bytes:
    """
    @return: a whole file.
    """
    head = metadataTag(ECMAArray(METADATA if metadata is None else metadata))
    media = mediaTags() if tags is None else tags
    return fileHeader(True, True) + b"".join(tag.encoded() for tag in [head, *media])


class FolderTestCase(HTTPTestCase):
    """
    A folder for recordings.

    @ivar root: the folder, with nothing else beside it.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-playback-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "recordings"
        self.root.mkdir()

    def record(self, name: str, content: bytes = b"") -> Path:
        """
        Put a file there.

        @param name: its path below the folder, with its ending.
        """
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


class PlaybackTestCase(FolderTestCase):
    """
    A server that plays recordings.
    """

    def setUp(self) -> None:
        """
        Begin to serve.
        """
        super().setUp()
        self.serve(inThread)

    def serve(self, thread: InThread) -> None:
        """
        Serve what is in the folder, and read it with a thread.
        """
        self.resource = LiveResource(
            self.directory, recordings=str(self.root), inThread=thread
        )
        self.http = StubTreq(self.resource)

    @property
    def open(self) -> int:
        """
        How many recordings the server has open.
        """
        playback: Any = self.resource._playback
        return int(playback.open)

    def content(self, response: Any) -> bytes:
        """
        @return: the body of a response, which has to be complete.
        """
        result = treq.content(response)
        self.http.flush()
        body: bytes = self.successResultOf(result)
        return body

    def get(self, path: str, **headers: str) -> tuple[Any, bytes]:
        """
        @param headers: with an underscore for each hyphen.
        @return: the response and its body.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.request("GET", path, **named)
        return response, self.content(response)

"""
What the tests of FLV files share.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from shutil import rmtree
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.flvfile import FilePolicy, FLVFile
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from tests.flv_reader import AUDIO, VIDEO, Tag, positions, readFLV, readScript
from tests.media import audio, audioHeader, frame, keyframe, videoHeader

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
BROKEN = OSError(errno.EIO, os.strerror(errno.EIO))

#: Room for this many entries keeps the files of tests small.
SMALL = FilePolicy(keyframes=20)

METADATA: dict[str, AMFValue] = {"width": 320.0, "height": 240.0, "encoder": "x"}


def show(groups: int, spacing: int = 400) -> list[FLVTag]:
    """
    Some groups of pictures with sound, of ten frames each.
    """
    tags = [videoHeader(), audioHeader()]
    for time in range(0, groups * spacing, spacing // 10):
        make = frame if time % spacing else keyframe
        tags += [make(time), audio(time + 5)]
    return tags


def failing(error: OSError) -> Callable[..., Any]:
    """
    @return: a function that raises this.
    """

    def call(*ignored: object) -> None:
        raise error

    return call


def isKeyframe(tag: Tag) -> bool:
    """
    Whether this is one of those that the tests make.
    """
    return tag.type == VIDEO and tag.body[:2] == b"\x17\x01"


def isSequenceHeader(tag: Tag) -> bool:
    """
    Whether this is one of those that the tests make.
    """
    return (tag.type, tag.body[:2]) in ((VIDEO, b"\x17\0"), (AUDIO, b"\xaf\0"))


class Verified:
    """
    A file whose head says nothing that is not so, which is looked at here.

    @ivar metadata: what the head says, without index and filler.
    @ivar index: position and milliseconds, as players count.
    @ivar media: all tags but the first.
    """

    def __init__(self, data: bytes, complete: bool = True) -> None:
        """
        @param complete: whether the numbers have to be those of the whole file.
        """
        contents = readFLV(data)
        name, metadata = readScript(contents.tags[0].body)
        assert name == "onMetaData" and contents.tags[0].timestamp == 0
        keyframes = metadata.pop("keyframes")
        filler = metadata.pop("filler")
        assert all(not each.strip() and len(each) < 1024 for each in filler)
        # Players round down.
        times = [int(time * 1000) for time in keyframes["times"]]
        places = [int(place) for place in keyframes["filepositions"]]
        assert len(times) == len(places)
        self.metadata: dict[str, Any] = metadata
        self.index = list(zip(places, times, strict=True))
        self.media = contents.tags[1:]
        self._tags = dict(zip(positions(data), contents.tags, strict=True))
        self._checkIndex()
        assert list(metadata)[:2] == ["metadatacreator", "complete"]
        assert metadata["complete"] is complete
        if complete:
            self._checkNumbers(data, contents.flags)

    def _checkIndex(self) -> None:
        hasKeyframes = any(map(isKeyframe, self.media))
        for number, (position, time) in enumerate(self.index):
            tag = self._tags[position]
            assert tag.timestamp == time, f"{tag} where {time} ms is said"
            if isSequenceHeader(tag):
                assert number == 0, f"{tag} in the middle of the index"
            elif hasKeyframes:
                assert isKeyframe(tag), f"{tag} in the index"
            else:
                assert tag.type == AUDIO, f"{tag} in the index"
        assert self.index == sorted(self.index)
        assert len({place for place, _ in self.index}) == len(self.index)

    def _checkNumbers(self, data: bytes, flags: int) -> None:
        said = self.metadata
        # Nor is colour information a frame.
        frames = [
            tag
            for tag in self.media
            if not isSequenceHeader(tag) and tag.body[0] != 0x94
        ]
        hasAudio = any(tag.type == AUDIO for tag in frames)
        hasVideo = any(tag.type == VIDEO for tag in frames)
        keyframes = [place for place, tag in self._tags.items() if isKeyframe(tag)]
        last = keyframes[-1] if keyframes else 0
        end = max((tag.timestamp for tag in self.media), default=0)
        video = [tag for tag in frames if tag.type == VIDEO]
        expected = {
            "duration": end / 1000,
            "lasttimestamp": end / 1000,
            "filesize": len(data),
            "datasize": len(data) - 13 - 15 - len(readFLV(data).tags[0].body),
            "videosize": _sizeOf(self.media, VIDEO),
            "audiosize": _sizeOf(self.media, AUDIO),
            "hasAudio": hasAudio,
            "hasVideo": hasVideo,
            "hasMetadata": True,
            "hasKeyframes": bool(keyframes),
            "lastkeyframelocation": last,
            "lastkeyframetimestamp": self._tags[last].timestamp / 1000 if last else 0,
            "canSeekToEnd": bool(video) and isKeyframe(video[-1]),
        }
        assert flags == hasAudio << 2 | hasVideo, flags
        for key, right in expected.items():
            assert said[key] == right, f"{key} is {said[key]}, not {right}"


def _sizeOf(tags: Sequence[Tag], typeID: int) -> int:
    return sum(11 + len(tag.body) for tag in tags if tag.type == typeID)


class FileTestCase(SynchronousTestCase):
    """
    A folder, a clock, and files.
    """

    def setUp(self) -> None:
        """
        Make the folder.
        """
        super().setUp()
        self.root = tempfile.mkdtemp()
        self.addCleanup(rmtree, self.root)
        self.clock = Clock()

    def make(
        self,
        name: str = "x",
        policy: FilePolicy = SMALL,
        metadata: Mapping[str, AMFValue] = METADATA,
        hasAudio: bool = True,
        hasVideo: bool = True,
    ) -> FLVFile:
        """
        Begin a file; the test closes it if it is not closed by then.
        """
        seconds = self.clock.seconds
        file = FLVFile(self.root, name, metadata, hasAudio, hasVideo, policy, seconds)
        self.addCleanup(file.finish)
        return file

    def written(self, *tags: FLVTag, name: str = "x", **how: Any) -> str:
        """
        @return: the path of a finished file.
        """
        file = self.make(name, **how)
        file.append(tags)
        file.finish()
        return file.path

    def read(self, path: str) -> bytes:
        """
        @return: what is in a file.
        """
        with open(path, "rb") as file:
            return file.read()

    def put(self, data: bytes, name: str = "y.flv") -> str:
        """
        @return: the path of a new file that has this in it.
        """
        path = os.path.join(self.root, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def files(self) -> list[str]:
        """
        @return: all files and folders below the root.
        """
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, folders, names in os.walk(self.root)
            for name in [*folders, *names]
        )

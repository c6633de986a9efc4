"""
An FLV file that is being written.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from contextlib import suppress

from rtmptwisted.wire import amf
from rtmptwisted.wire.amf import AMFValue, ECMAArray
from rtmptwisted.wire.flv import SCRIPT, encodeTag, fileHeader

#: Names that were taken are tried again with a number behind them, up to this.
_MOST_OF_A_NAME = 1000

#: Where the flags are in the file header.
_FLAGS_AT = 4

_MODE = 0o644

#: So many pieces are joined for one write.  All of them at once would double
#: what a long backlog holds in memory.
_AT_ONCE = 256


class FLVFile:
    """
    Blocking work on one file.  All of it belongs in a thread, one call at a
    time.

    The file is complete at any moment, up to the last tag that was written;
    L{finish} adds what is known only at the end.

    @ivar path: where it is.
    @ivar size: bytes written.
    """

    def __init__(self, folder: str, name: str) -> None:
        """
        Create a file that did not exist before.

        @param folder: is made if it is not there.
        @param name: without the ending C{.flv}; gets a number when taken.
        @raise OSError: when that is not possible.
        """
        os.makedirs(folder, exist_ok=True)
        self._descriptor, self.path = _create(folder, name)
        self._patches: dict[str, int] = {}
        self.size = 0

    def begin(
        self, metadata: dict[str, AMFValue], hasAudio: bool, hasVideo: bool
    ) -> None:
        """
        Write the header and C{onMetaData}, with a place for what L{finish}
        fills in.
        """
        values = ECMAArray({"duration": 0.0, "filesize": 0.0})
        values.update(metadata)
        body = amf.encode(["onMetaData", values])
        header = fileHeader(hasAudio, hasVideo)
        patches = {}
        for key in ("duration", "filesize"):
            name = struct.pack(">H", len(key)) + key.encode()
            # The tag header has 11 bytes; the type of the value has 1.
            place = len(header) + 11 + body.index(name) + len(name) + 1
            patches[key] = place
        self.write([header, encodeTag(SCRIPT, 0, body)])
        self._patches = patches

    def write(self, pieces: Sequence[bytes]) -> None:
        """
        Append bytes.

        @raise OSError: when they cannot all be written; then none of them are
            in the file, so that it does not end inside a tag.
        """
        size = self.size
        try:
            for start in range(0, len(pieces), _AT_ONCE):
                data = memoryview(b"".join(pieces[start : start + _AT_ONCE]))
                size += len(data)
                while data:
                    data = data[os.write(self._descriptor, data) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size = size

    def finish(self, milliseconds: int, hasAudio: bool, hasVideo: bool) -> None:
        """
        Fill in duration, size and flags, and close.

        @param milliseconds: the timestamp of the last tag.
        """
        try:
            # Unless not even the beginning could be written.
            if self._patches:
                flags = fileHeader(hasAudio, hasVideo)[_FLAGS_AT : _FLAGS_AT + 1]
                os.pwrite(self._descriptor, flags, _FLAGS_AT)
                self._patch("duration", milliseconds / 1000)
                self._patch("filesize", float(self.size))
                os.fsync(self._descriptor)
        finally:
            self.close()

    def _patch(self, key: str, value: float) -> None:
        os.pwrite(self._descriptor, struct.pack(">d", value), self._patches[key])

    def close(self) -> None:
        """
        Close as it stands.
        """
        with suppress(OSError):
            os.close(self._descriptor)


def _create(folder: str, name: str) -> tuple[int, str]:
    for number in range(_MOST_OF_A_NAME):
        path = os.path.join(folder, f"{name}{f'-{number}' if number else ''}.flv")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(FileExistsError):
            return os.open(path, flags, _MODE), path
    raise FileExistsError(f"{_MOST_OF_A_NAME} files named {name} in {folder}")

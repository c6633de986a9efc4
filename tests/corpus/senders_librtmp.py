"""
Models of the senders that are built on librtmp.
"""

from __future__ import annotations

from typing import ClassVar

from tests.corpus.senders import LARGEST_REPEATED, Last, Sender
from tests.corpus.wire import AUDIO, COMMAND, DATA, EXTENDED, VIDEO


class Librtmp(Sender):
    """
    librtmp: all media on one chunk stream, which begin with type 0 at time 0
    and with type 1 otherwise, also on a fresh chunk stream (T-12); type 3
    where the timestamp, not the delta, is the same as before (T-22); deltas
    that go back by nearly 2^32 (T-27).
    """

    chunkStreams: ClassVar[dict[str, int]] = {
        "control": 2,
        "command": 3,
        "publish": 4,
        "data": 4,
        "audio": 4,
        "video": 4,
    }
    flashVer = "FMLE/3.0 (compatible; FMSc/1.0)"

    def form(
        self,
        last: Last | None,
        timestamp: int,
        payload: bytes,
        numbers: tuple[int, int],
    ) -> int:
        """
        What the kind of message asks for, and shorter where it can be.
        """
        typeID, messageStreamID = numbers
        if typeID == DATA or (typeID in (AUDIO, VIDEO) and not timestamp):
            return 0
        if typeID == COMMAND and (last is None or messageStreamID):
            return 0
        if last is None or (len(payload), typeID) != (last.length, last.typeID):
            return 1
        if timestamp != last.timestamp:
            return 2
        meant = last.absolute and LARGEST_REPEATED < last.time < EXTENDED
        if not meant and last.time:
            # Such a sender writes type 3 all the same; nobody can tell what that
            # means, so it is no example.
            raise ValueError("type 3 for a timestamp that it does not say")
        return 3


class OBSBefore30(Librtmp):
    """
    OBS before 30.1: as librtmp, with type 0 for keyframes, and without the
    extended timestamp in type 3 chunks inside a message (T-25).
    """

    flashVer = "FMLE/3.0 (compatible; FMSc/1.0)"

    def form(
        self,
        last: Last | None,
        timestamp: int,
        payload: bytes,
        numbers: tuple[int, int],
    ) -> int:
        """
        Keyframes stand for themselves.
        """
        if numbers[0] == VIDEO and payload[0] == 0x17:
            return 0
        return super().form(last, timestamp, payload, numbers)

    def continuation(self, last: Last) -> int | None:
        """
        Nothing.
        """
        return None

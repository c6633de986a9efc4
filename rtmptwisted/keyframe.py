"""
The last keyframe of a live stream, as a file of its own.
"""

from __future__ import annotations

from rtmptwisted.formats import FLVFormat
from rtmptwisted.metadata import liveMetadata
from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.codec import Kind
from rtmptwisted.wire.flv import VIDEO, FLVTag, fileHeader, metadataTag


def keyframeFLV(stream: LiveStream, form: FLVFormat) -> bytes | None:
    """
    @return: an FLV file of one picture: metadata, what sets a decoder up, and the
        last keyframe of the default track, all at 0 ms.  L{None} while there is
        none, or the group of pictures was given up.
    """
    tags = stream.gop.snapshot()
    last = _last(tags)
    if last is None:
        return None
    keyframe = form.encode(tags[last].at(0))
    if not keyframe:
        return None
    pieces = [fileHeader(False, True)]
    if stream.metadata is not None:
        metadata = liveMetadata(stream.metadata, False, True, form.tracks)
        pieces.append(metadataTag(metadata).encoded())
    pieces += [form.encode(tag.at(0)) for tag in _setup(tags[:last])]
    return b"".join([*pieces, keyframe])


def _last(tags: list[FLVTag]) -> int | None:
    for at in range(len(tags) - 1, -1, -1):
        if tags[at].isKeyframe:
            return at
    return None


def _setup(tags: list[FLVTag]) -> list[FLVTag]:
    """
    @return: the last sequence header, and the last configuration, of the default
        track of video.
    """
    found: dict[Kind, FLVTag] = {}
    for tag in tags:
        kind, _, tracks = tag.description
        if tag.typeID == VIDEO and tag.isSetup and 0 in tracks:
            found.pop(kind, None)
            found[kind] = tag
    return list(found.values())

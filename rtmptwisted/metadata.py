"""
C{onMetaData}, as publishers send it and as players can bear it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtmptwisted.wire.amf import AMFValue, ECMAArray

#: What a publisher says of a file, which a live stream is not: players would
#: show an end, or seek by an index that points nowhere.
FILE_KEYS = frozenset(
    (
        "duration",
        "filesize",
        "datasize",
        "videosize",
        "audiosize",
        "lasttimestamp",
        "lastkeyframetimestamp",
        "lastkeyframelocation",
        "keyframes",
        "hasKeyframes",
        "hasMetadata",
        "canSeekToEnd",
        "hasCuePoints",
        "cuePoints",
    )
)

_AUDIO_KEYS = frozenset(
    (
        "audiocodecid",
        "audiodatarate",
        "audiosamplerate",
        "audiosamplesize",
        "audiochannels",
        "stereo",
        "audioTrackIdInfoMap",
    )
)
_VIDEO_KEYS = frozenset(
    (
        "videocodecid",
        "videodatarate",
        "framerate",
        "width",
        "height",
        "level",
        "videoTrackIdInfoMap",
    )
)

#: What Enhanced RTMP says of further tracks.
_TRACK_KEYS = frozenset(("audioTrackIdInfoMap", "videoTrackIdInfoMap"))


def liveMetadata(
    metadata: Mapping[str, AMFValue],
    hasAudio: bool,
    hasVideo: bool,
    tracks: bool = True,
) -> ECMAArray:
    """
    What players of a live stream are told.

    Several of them wait without end for a track that is named here and never
    comes, so what is named is what is there.

    @param tracks: whether there is more than the default tracks.
    @return: the publisher's metadata without what holds only for files, and
        without the properties of tracks that do not exist.
    """
    dropped = set(FILE_KEYS)
    if not hasAudio:
        dropped |= _AUDIO_KEYS
    if not hasVideo:
        dropped |= _VIDEO_KEYS
    if not tracks:
        dropped |= _TRACK_KEYS
    live = ECMAArray(
        (key, value) for key, value in metadata.items() if key not in dropped
    )
    live["hasAudio"] = hasAudio
    live["hasVideo"] = hasVideo
    return live

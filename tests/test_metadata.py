"""
Tests of L{rtmptwisted.metadata}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.metadata import FILE_KEYS, liveMetadata
from rtmptwisted.wire.amf import AMFValue, ECMAArray

BOTH: dict[str, AMFValue] = {
    "width": 1280.0,
    "videocodecid": 7.0,
    "audiocodecid": 10.0,
    "audiosamplerate": 48000.0,
    "stereo": True,
    "encoder": "test",
}


class LiveMetadataTests(SynchronousTestCase):
    """
    Tests of L{liveMetadata}.
    """

    def test_both(self) -> None:
        """
        With both kinds of media all is kept, and said to be there.
        """
        self.assertEqual(
            liveMetadata(BOTH, True, True), {**BOTH, "hasAudio": True, "hasVideo": True}
        )

    def test_videoOnly(self) -> None:
        """
        Metadata that claims audio which is not there loses the claim: ffmpeg
        never starts otherwise.
        """
        self.assertEqual(
            liveMetadata(BOTH, False, True),
            {
                "width": 1280.0,
                "videocodecid": 7.0,
                "encoder": "test",
                "hasAudio": False,
                "hasVideo": True,
            },
        )

    def test_audioOnly(self) -> None:
        """
        The same holds for video.
        """
        live = liveMetadata({**BOTH, "hasVideo": True}, True, False)
        self.assertEqual(
            live,
            {
                "audiocodecid": 10.0,
                "audiosamplerate": 48000.0,
                "stereo": True,
                "encoder": "test",
                "hasAudio": True,
                "hasVideo": False,
            },
        )

    def test_tracks(self) -> None:
        """
        What is said of further tracks is left out where there are none; nothing
        else is, and with them it is kept, also where one medium is missing.
        """
        maps: dict[str, AMFValue] = {
            "audioTrackIdInfoMap": {"1": {"audiocodecid": 1332770163.0}},
            "videoTrackIdInfoMap": {"1": {"width": 320.0}},
        }
        both = {**BOTH, "hasAudio": True, "hasVideo": True}
        self.assertEqual(liveMetadata({**BOTH, **maps}, True, True, False), both)
        self.assertEqual(
            liveMetadata({**BOTH, **maps}, True, True, True), {**both, **maps}
        )
        self.assertEqual(
            liveMetadata(maps, True, True), liveMetadata(maps, True, True, True)
        )

    def test_absentTracks(self) -> None:
        """
        Where a medium is missing, nothing is said of its further tracks either.
        """
        maps: dict[str, AMFValue] = {
            "audioTrackIdInfoMap": {"1": {"channels": 2.0}},
            "videoTrackIdInfoMap": {"1": {"width": 320.0}},
        }
        live = liveMetadata(maps, True, False)
        self.assertEqual(set(live), {"audioTrackIdInfoMap", "hasAudio", "hasVideo"})
        live = liveMetadata(maps, False, True)
        self.assertEqual(set(live), {"videoTrackIdInfoMap", "hasAudio", "hasVideo"})

    def test_codecNumbers(self) -> None:
        """
        Codecs may be said in any type: numbers, FourCC numbers, names (T-65).
        """
        ids: tuple[AMFValue, ...] = (7.0, 1752589105.0, "avc1", "hvc1", None, [7.0])
        for id in ids:
            given: dict[str, AMFValue] = {"videocodecid": id}
            self.assertEqual(liveMetadata(given, True, True)["videocodecid"], id)
            self.assertNotIn("videocodecid", liveMetadata(given, True, False))

    def test_fileKeys(self) -> None:
        """
        What only a file has is not passed on: no duration, size or index.
        """
        for key in ("duration", "filesize", "keyframes", "canSeekToEnd"):
            self.assertIn(key, FILE_KEYS)
        live = liveMetadata(dict.fromkeys(FILE_KEYS, 1.0), True, True)
        self.assertEqual(live, {"hasAudio": True, "hasVideo": True})

    def test_form(self) -> None:
        """
        The result is an ECMA array, whatever came, and what came is unchanged.
        """
        given = dict(BOTH)
        self.assertIsInstance(liveMetadata(given, False, False), ECMAArray)
        self.assertEqual(given, BOTH)

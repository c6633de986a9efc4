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

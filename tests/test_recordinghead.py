"""
Tests of L{rtmptwisted.recordinghead}.
"""

from __future__ import annotations

from datetime import UTC, datetime

from rtmptwisted.recordinghead import NOTHING, Head, nameAndTime, readHead
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import fileHeader
from tests.media import audio
from tests.playback_support import METADATA, FolderTestCase, flvBytes


class HeadTests(FolderTestCase):
    """
    Tests of L{readHead}.
    """

    def head(self, content: bytes) -> Head:
        """
        @return: the head of a file.
        """
        self.record("a/x.flv", content)
        return readHead(str(self.root), "a/x.flv")

    def said(self, **values: AMFValue) -> Head:
        """
        @return: the head of a file that says this.
        """
        return self.head(flvBytes([audio(4000)], values))

    def test_all(self) -> None:
        """
        All that is known is told, in words that people know.
        """
        expected = Head(9.96, "H.264", "AAC", 640, 360, True)
        self.assertEqual(self.head(flvBytes()), expected)

    def test_codecs(self) -> None:
        """
        Codecs are numbers of FLV, four characters as a number, or words; what has no
        such track has no codec.
        """
        cases: tuple[tuple[AMFValue, str | None], ...] = (
            (7.0, "H.264"),
            (12.0, "HEVC"),
            (float(int.from_bytes(b"hvc1", "big")), "HEVC"),
            (float(int.from_bytes(b"av01", "big")), "AV1"),
            (float(int.from_bytes(b"zzzz", "big")), "zzzz"),
            ("avc1", "H.264"),
            ("", None),
            ("a\nb", None),
            ("x" * 41, None),
            (99.0, None),
            (float(int.from_bytes(b"a\0\nb", "big")), None),
            (-1.0, None),
            (float("nan"), None),
            (float("inf"), None),
            (1e300, None),
            (True, None),
            (None, None),
            ([7.0], None),
        )
        for value, name in cases:
            self.assertEqual(self.said(videocodecid=value).video, name, value)
        self.assertEqual(self.said(audiocodecid=2.0).audio, "MP3")
        self.assertIsNone(self.said(audiocodecid=0.0, hasAudio=False).audio)

    def test_seconds(self) -> None:
        """
        Where the file does not say how long it is, or says what cannot be, the time
        of its last tag counts.
        """
        self.assertEqual(self.said(duration=7.5).seconds, 7.5)
        for value in (0.0, None, "7", True, float("nan")):
            self.assertEqual(self.said(duration=value).seconds, 4.0, value)
        self.assertEqual(self.said().seconds, 4.0)
        for value in (-1.0, 1e300, float("inf")):
            self.assertIsNone(self.said(duration=value).seconds, value)

    def test_complete(self) -> None:
        """
        What says that it is not complete is not; what says nothing is.
        """
        self.assertFalse(self.said(complete=False).complete)
        self.assertTrue(self.said(complete=True).complete)
        self.assertTrue(self.said().complete)

    def test_ours(self) -> None:
        """
        Our own files say when they began, and of which stream they are; that others
        say so does not count, nor does what makes no sense.
        """
        said: dict[str, AMFValue] = {
            "metadatacreator": "rtmptwisted 0.1.0",
            "recordedAt": "2022-11-22T10:11:12.500Z",
            "stream": "live/show",
        }
        time = datetime(2022, 11, 22, 10, 11, 12, 500_000, tzinfo=UTC)
        head = self.said(**said)
        self.assertEqual((head.began, head.stream), (time, "live/show"))
        for key, value, expected in (
            ("metadatacreator", "another", (None, None)),
            ("metadatacreator", None, (None, None)),
            ("recordedAt", "yesterday", (None, "live/show")),
            ("recordedAt", "2022-11-22T10:11:12", (None, "live/show")),
            ("recordedAt", "0001-01-01T00:00:00+14:00", (None, "live/show")),
            ("recordedAt", 5.0, (None, "live/show")),
            ("stream", "../x", (time, None)),
            ("stream", "", (time, None)),
            ("stream", 5.0, (time, "5.0")),
        ):
            head = self.said(**{**said, key: value})
            self.assertEqual((head.began, head.stream), expected, (key, value))

    def test_size(self) -> None:
        """
        Sizes that no picture has are not told.
        """
        for value in (0.0, -5.0, 1e9, "640", float("nan"), None, True):
            self.assertIsNone(self.said(width=value).width, value)

    def test_index(self) -> None:
        """
        An index behind it may be of any length, and broken.
        """
        positions: list[AMFValue] = [float(number) for number in range(50_000)]
        index: dict[str, AMFValue] = {"filepositions": positions, "times": positions}
        metadata = {**METADATA, "keyframes": index}
        self.assertEqual(self.head(flvBytes(metadata=metadata)).width, 640)

    def test_others(self) -> None:
        """
        What is no FLV file, or says nothing, is not understood, and does not fail.
        """
        whole = flvBytes()
        self.assertEqual(self.head(b""), NOTHING)
        self.assertEqual(self.head(b"nonsense" * 1000), NOTHING)
        self.assertEqual(self.head(fileHeader(True, True)), NOTHING)
        for size in range(0, 300, 7):
            self.head(whole[:size])
            self.head(whole[:24] + b"\xff" * size)
        bare = fileHeader(True, False) + audio(2500).encoded()
        self.assertEqual(self.head(bare), Head(seconds=2.5))

    def test_missing(self) -> None:
        """
        What is not there is an error, and so is what lies outside.
        """
        (self.root / "link.flv").symlink_to("/etc/hostname")
        for path in ("none.flv", "link.flv"):
            with self.assertRaises(OSError):
                readHead(str(self.root), path)


class NameTests(FolderTestCase):
    """
    Tests of L{nameAndTime}.
    """

    def test_names(self) -> None:
        """
        The name of a file is that of the stream and the time, if it is one of ours.
        """
        time = datetime(2022, 11, 22, 10, 11, 12, tzinfo=UTC)
        for path, expected in (
            ("live/show-20221122T101112Z.flv", ("live/show", time)),
            ("live/show-20221122T101112Z-12.flv", ("live/show", time)),
            ("a-b-20221122T101112Z.flv", ("a-b", time)),
            ("live/show.flv", ("live/show", None)),
            (
                "live/show-20221122T101112Z/x.flv",
                ("live/show-20221122T101112Z/x", None),
            ),
            ("x-20229922T101112Z.flv", ("x-20229922T101112Z", None)),
            ("x-20221122T101112.flv", ("x-20221122T101112", None)),
        ):
            self.assertEqual(nameAndTime(path), expected)

"""
Tests of L{rtmptwisted.recorder}: where recordings are, and what is in them.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta, timezone

from rtmptwisted.segmentwriter import GATHER
from rtmptwisted.wire.flv import VIDEO, FLVTag
from tests.fakes import logLines
from tests.media import (
    audio,
    audioHeader,
    frame,
    keyframe,
    metadataOf,
    plain,
    scriptValues,
    videoHeader,
)
from tests.recorder_support import BEGIN, NOW, STAMP, RecorderTestCase


class FileTests(RecorderTestCase):
    """
    Where recordings are, and what is in them.
    """

    def test_name(self) -> None:
        """
        The file is C{root/app/name-<UTC time>.flv}.
        """
        path = self.finished(self.record(*BEGIN))
        self.assertEqual(path, f"live/show-{STAMP}.flv")
        self.assertEqual(self.files(), [path])

    def test_otherTimeZone(self) -> None:
        """
        The time in the name is UTC wherever the server is.
        """
        before = os.environ.get("TZ")

        def restore() -> None:
            os.environ.pop("TZ")
            if before is not None:
                os.environ["TZ"] = before
            time.tzset()

        self.addCleanup(restore)
        os.environ["TZ"] = "JST-9"
        time.tzset()
        there = NOW.astimezone(timezone(timedelta(hours=9)))
        path = self.finished(self.record(*BEGIN, now=there))
        self.assertEqual(path, f"live/show-{STAMP}.flv")

    def test_deepNames(self) -> None:
        """
        Applications with more than one part are folders; a name without an
        application is in the root.
        """
        for name in ("a/b/c", "only"):
            path = self.finished(self.record(*BEGIN, name=name))
            self.assertEqual(path, f"{name}-{STAMP}.flv")

    def test_longestName(self) -> None:
        """
        The longest name that is allowed makes a file.
        """
        name = "a" * 200 + "/" + "b" * 200
        self.assertEqual(
            self.finished(self.record(*BEGIN, name=name)), f"{name}-{STAMP}.flv"
        )

    def test_contents(self) -> None:
        """
        The file has metadata, sequence headers and every frame, unchanged.
        """
        recorder = self.record(
            *BEGIN, metadata={"width": 640.0, "duration": 7.0, "keyframes": {}}
        )
        self.receive(frame(40), audio(50))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(contents.flags, 5)
        self.assertEqual(contents.media, plain(*BEGIN, frame(40), audio(50)))
        size = os.path.getsize(os.path.join(self.root, self.files()[0]))
        metadata = metadataOf(contents)
        expected = {
            "duration": 0.05,
            "filesize": float(size),
            "width": 640.0,
            "stream": "live/show",
            "recordedAt": "2026-11-22T09:08:07.000Z",
            "streamOffset": 0.0,
            "sequence": 0.0,
        }
        self.assertEqual({key: metadata.get(key) for key in expected}, expected)

    def test_wholeAtAnyMoment(self) -> None:
        """
        The file can be read while it is being written, up to a fifth of a second
        ago.
        """
        self.record(*BEGIN)
        self.flush()
        (path,) = self.files()
        self.assertEqual(self.contents(path).media, plain(*BEGIN))
        self.receive(frame(40))
        self.clock.advance(GATHER - 0.01)
        self.assertEqual(self.contents(path).media, plain(*BEGIN))
        self.clock.advance(0.01)
        self.assertEqual(self.contents(path).media, plain(*BEGIN, frame(40)))

    def test_flags(self) -> None:
        """
        The flags of the finished file are those of what is in it, also when a
        track came late.
        """
        for name, tags, flags in (
            ("a/video", (videoHeader(), keyframe(0)), 1),
            ("a/audio", (audioHeader(), audio(0)), 4),
            ("a/late", (audioHeader(), audio(0), videoHeader(), keyframe(9)), 5),
        ):
            path = self.finished(self.record(*tags, name=name))
            self.assertEqual(self.contents(path).flags, flags, name)

    def test_otherData(self) -> None:
        """
        Cue points and text are recorded too, where they came.
        """
        recorder = self.record(*BEGIN)
        self.stream.receiveData(["onCuePoint", {"n": 1.0}], 30)
        self.receive(frame(40))
        contents = self.contents(self.finished(recorder))
        cue = contents.tags[-2]
        self.assertEqual(cue.timestamp, 10)
        self.assertEqual(scriptValues(cue), ["onCuePoint", {"n": 1.0}])
        self.assertEqual(contents.media, plain(*BEGIN, frame(40)))

    def test_endMarkers(self) -> None:
        """
        The mark at the end of a sequence keeps its time, though the sound goes on.
        """
        recorder = self.record(*BEGIN)
        end = FLVTag(VIDEO, 45, bytes.fromhex("1702000000"))
        self.receive(frame(40), audio(90), end)
        contents = self.contents(self.finished(recorder))
        self.assertEqual(contents.media, plain(*BEGIN, frame(40), audio(90), end))

    def test_metadataComesLater(self) -> None:
        """
        Metadata that comes when the file has begun is not recorded.
        """
        recorder = self.record(*BEGIN, metadata={"width": 640.0})
        self.stream.receiveMetadata({"width": 1280.0})
        self.receive(frame(40))
        contents = self.contents(self.finished(recorder))
        self.assertEqual(metadataOf(contents)["width"], 640.0)
        self.assertEqual(contents.tags[1:], plain(*BEGIN, frame(40)))

    def test_nothing(self) -> None:
        """
        Without a frame there is no file.
        """
        recorder = self.record(videoHeader(), audioHeader(), metadata={"width": 1.0})
        self.stream.end()
        self.assertIsNone(self.successResultOf(recorder.done))
        self.assertEqual(self.files(), [])

    def test_emptyTags(self) -> None:
        """
        Tags without a body are not recorded (T-60).
        """
        contents = self.recorded(FLVTag(8, 0, b""), *BEGIN, FLVTag(9, 20, b""))
        self.assertEqual(contents.media, plain(*BEGIN))

    def test_endedTwice(self) -> None:
        """
        Being told of the end twice does no harm, whether there is a file or
        not.
        """
        recorder = self.record(*BEGIN)
        self.stream.end()
        recorder.streamEnded()
        self.assertIsNotNone(self.successResultOf(recorder.done))
        recorder = self.record()
        self.stream.end()
        recorder.streamEnded()
        self.assertIsNone(self.successResultOf(recorder.done))

    def test_log(self) -> None:
        """
        A recording is one line at its start and one at its end.
        """
        with self.logs() as events:
            self.finished(self.record(*BEGIN, frame(1500)))
        path = os.path.join(self.root, self.files()[0])
        lines = [line for line in logLines(events) if "record" in line]
        self.assertEqual(
            lines,
            [
                f"recording live/show to {path}",
                f"recorded {path}: 1.5 s, {os.path.getsize(path)} bytes",
            ],
        )


class SecondPublishTests(RecorderTestCase):
    """
    More than one publish of a name.
    """

    def test_sameSecond(self) -> None:
        """
        A second publish in the same second has a file of its own.
        """
        first = self.finished(self.record(*BEGIN))
        second = self.finished(self.record(keyframe(0), frame(40)))
        third = self.finished(self.record(keyframe(7)))
        self.assertEqual(
            [first, second, third],
            [
                f"live/show-{STAMP}.flv",
                f"live/show-{STAMP}-1.flv",
                f"live/show-{STAMP}-2.flv",
            ],
        )
        self.assertEqual(self.contents(first).media, plain(*BEGIN))
        self.assertEqual(self.contents(second).media, plain(keyframe(0), frame(40)))

    def test_fileIsThere(self) -> None:
        """
        A file that is there already, a dangling link included, is left alone.
        """
        os.mkdir(os.path.join(self.root, "live"))
        path = os.path.join(self.root, "live", f"show-{STAMP}.flv")
        outside = os.path.join(self.root, "outside")
        os.symlink(outside, path)
        self.assertEqual(self.finished(self.record(*BEGIN)), f"live/show-{STAMP}-1.flv")
        self.assertFalse(os.path.exists(outside))

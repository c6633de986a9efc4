"""
Tests of L{rtmptwisted.listing}: what is told of a live stream.
"""

from __future__ import annotations

import json
import math
from typing import Any

from rtmptwisted.streams import LiveStream
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from tests.flv_reader import AUDIO, VIDEO
from tests.http_support import BEGIN, HTTPTestCase
from tests.media import audio, audioHeader, frame


class DetailsTests(HTTPTestCase):
    """
    Tests of C{GET /streams.json}.
    """

    def details(self, query: str = "") -> dict[str, Any]:
        """
        @return: what is told of the one stream.
        """
        response = self.request("GET", f"/streams.json{query}")
        self.assertEqual(response.code, 200)
        (stream,) = json.loads(self.text(response))["streams"]
        assert isinstance(stream, dict)
        return stream

    def test_interrupted(self) -> None:
        """
        A stream that waits for its publisher is told of as such.
        """
        self.publish(*BEGIN)
        self.patch(LiveStream, "interrupted", True)
        self.assertIs(self.details()["interrupted"], True)

    def test_all(self) -> None:
        """
        All that is known is told.
        """
        self.publish(*BEGIN)
        self.live().receiveMetadata({"width": 1280.0, "height": 720.0})
        self.assertEqual(
            self.details(),
            {
                "name": "live/show",
                "url": "/live/show.flv",
                "interrupted": False,
                "codecs": "avc1+mp4a",
                "video": "H.264",
                "audio": "AAC",
                "playable": True,
                "picture": True,
                "width": 1280,
                "height": 720,
                "fps": None,
                "kbps": None,
                "seconds": 0.0,
                "videoFrames": 1,
                "audioFrames": 1,
                "bytes": self.live().bytesReceived,
                "viewers": 0,
                "skips": 0,
                "publisher": "'test'",
                "history": {
                    "interval": 2,
                    "count": 0,
                    "kbps": [],
                    "fps": [],
                    "viewers": [],
                },
            },
        )

    def test_rtmpPort(self) -> None:
        """
        The port to publish to is told where it is known.
        """
        for port in (None, 1936):
            self.resource.rtmpPort = port
            body = self.text(self.request("GET", "/streams.json"))
            self.assertEqual(json.loads(body), {"streams": [], "rtmpPort": port})

    def test_noMedia(self) -> None:
        """
        Before there is any media there are no codecs, and it may be playable.
        """
        self.publish()
        stream = self.details()
        self.assertEqual(stream["codecs"], "no media yet")
        self.assertEqual((stream["video"], stream["audio"]), (None, None))
        self.assertIs(stream["playable"], True)

    def test_soundOnly(self) -> None:
        """
        A stream of sound has no video codec.
        """
        self.publish(audioHeader(), audio(0), audio(1000))
        stream = self.details()
        self.assertEqual((stream["video"], stream["audio"]), (None, "AAC"))

    def test_codecNames(self) -> None:
        """
        Codecs have the names that people know; others are as they came.
        """
        for typeID, body, key, name in (
            (VIDEO, b"\x91hvc1\0\0\0" + bytes(9), "video", "HEVC"),
            (VIDEO, b"\x91av01" + bytes(9), "video", "AV1"),
            (VIDEO, b"\x91vp09" + bytes(9), "video", "VP9"),
            (VIDEO, b"\x91<b>!" + bytes(9), "video", "<b>!"),
            (AUDIO, b"\x2f" + bytes(9), "audio", "MP3"),
            (AUDIO, b"\x91Opus" + bytes(9), "audio", "Opus"),
        ):
            self.publish(FLVTag(typeID, 0, body))
            self.assertEqual(self.details()[key], name)
            self.live().end()

    def test_notPlayable(self) -> None:
        """
        What no browser plays as FLV is marked, all of it or the picture.
        """
        vp9 = [FLVTag(VIDEO, time, b"\x91vp09" + bytes(9)) for time in (0, 1000)]
        self.publish(*vp9)
        stream = self.details()
        self.assertEqual((stream["playable"], stream["picture"]), (False, False))
        self.receive(audioHeader(), audio(1000))
        stream = self.details()
        self.assertEqual((stream["playable"], stream["picture"]), (True, False))

    def test_size(self) -> None:
        """
        Only a size that can be one is told.
        """
        self.publish(*BEGIN)
        values: list[tuple[AMFValue, int | None]] = [
            (640.0, 640),
            (1, 1),
            (0.0, None),
            (-5.0, None),
            (1e9, None),
            (math.nan, None),
            (math.inf, None),
            ("640", None),
            (True, None),
            (None, None),
            ([640.0], None),
        ]
        for value, width in values:
            self.live().receiveMetadata({"width": value})
            stream = self.details()
            self.assertEqual((stream["width"], stream["height"]), (width, None), value)

    def test_samples(self) -> None:
        """
        C{samples} is how many samples of the history are wanted, at least: there
        are few kinds of answers, so that each is made once for many.
        """
        self.publish(*BEGIN)
        for _ in range(5):
            self.clock.advance(2)
        for query, count in (
            ("", 5),
            ("?samples=2", 4),
            ("?samples=0", 0),
            ("?samples=-3", 0),
            ("?samples=99999999999999999999", 5),
        ):
            history = self.details(query)["history"]
            self.assertEqual(history["count"], 5)
            for series in ("kbps", "fps", "viewers"):
                self.assertEqual(len(history[series]), count, (query, series))
        response = self.request("GET", "/streams.json?samples=all")
        self.assertEqual(response.code, 400)

    def test_latestSamples(self) -> None:
        """
        Fewer samples are the latest ones, and what is so now does not depend on
        how many are asked for.
        """
        self.publish(*BEGIN)
        for count in (10, 10, 10, 20, 30):
            for index in range(count):
                self.live().receive(frame(index))
            self.clock.advance(2)
        stream = self.details("?samples=3")
        self.assertEqual(stream["history"]["fps"], [5.0, 5.0, 10.0, 15.0])
        self.assertEqual(stream["fps"], self.details()["fps"])

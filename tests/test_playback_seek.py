"""
Tests of L{rtmptwisted.playback}: recordings from a moment on.
"""

from __future__ import annotations

from typing import Any

from rtmptwisted import playback
from rtmptwisted.flvscan import SeekPoint
from rtmptwisted.patience import SECONDS
from rtmptwisted.wire.flv import SCRIPT
from tests.fakes import SlowThread
from tests.flv_reader import readFLV
from tests.media import plain
from tests.playback_support import PlaybackTestCase, flvBytes, mediaTags
from tests.test_diskfile import descriptors

PATH = "/recordings/live/show.flv"


class SeekTests(PlaybackTestCase):
    """
    Tests of C{?start=}.
    """

    def setUp(self) -> None:
        """
        Record ten seconds.
        """
        super().setUp()
        self.path = self.record("live/show.flv", flvBytes())

    def from_(self, start: str, **headers: str) -> tuple[Any, list[Any]]:
        """
        @return: the response, and the tags in it behind the metadata.
        """
        response, body = self.get(f"{PATH}?start={start}", **headers)
        self.assertEqual(response.code, 200, start)
        self.assertEqual(response.length, len(body))
        metadata, *tags = readFLV(bytearray(body)).tags
        self.assertEqual(metadata[0], SCRIPT)
        return response, tags

    def test_start(self) -> None:
        """
        What is sent begins with what decoders need, and goes on with the last
        keyframe at or before that time, with the timestamps of the file, to its end.
        """
        tags = plain(*mediaTags())
        for start, second in (
            ("0", 0),
            ("0.999", 0),
            ("1", 1),
            ("1.5", 1),
            ("6.04", 6),
            ("9.999", 9),
            ("5e0", 5),
        ):
            _, sent = self.from_(start)
            first = 2 + second * 26
            self.assertEqual(sent[2:], tags[first:], start)
            header = [(each[0], each[2]) for each in sent[:2]]
            self.assertEqual(header, [(each[0], each[2]) for each in tags[:2]])
            self.assertEqual({each[1] for each in sent[:2]}, {second * 1000})

    def test_pastTheEnd(self) -> None:
        """
        Behind the end there is the last keyframe: players round durations up.
        """
        tags = plain(*mediaTags())
        for start in ("10", "11.5", "1e300"):
            self.assertEqual(self.from_(start)[1][2:], tags[2 + 9 * 26 :])

    def test_badValues(self) -> None:
        """
        What is no time is a bad request.
        """
        for start in (
            "",
            "x",
            "-1",
            "-0.001",
            "nan",
            "inf",
            "-inf",
            "1,5",
            "0x1",
            "1s",
        ):
            response, _ = self.get(f"{PATH}?start={start}")
            self.assertEqual(response.code, 400, start)
        self.assertEqual(self.open, 0)

    def test_last(self) -> None:
        """
        Of several the last counts.
        """
        _, sent = self.from_("x&start=3")
        self.assertEqual(sent[2][1], 3000)

    def test_noRanges(self) -> None:
        """
        There are no ranges of it, and clients are told so; who has it already is told
        that, too.
        """
        response, sent = self.from_("2", range="bytes=0-9")
        self.assertEqual(len(sent), 2 + 8 * 26)
        self.assertEqual(self.header(response, "accept-ranges"), "none")
        tag = self.header(response, "etag")
        assert tag is not None
        again, _ = self.get(f"{PATH}?start=2", if_none_match=tag)
        self.assertEqual(again.code, 304)
        self.assertEqual(self.open, 0)

    def test_head(self) -> None:
        """
        HEAD tells how long it is.
        """
        whole, _ = self.from_("4")
        response = self.request("HEAD", f"{PATH}?start=4")
        self.assertEqual((response.code, self.content(response)), (200, b""))
        length = self.header(response, "content-length")
        self.assertEqual(length, str(whole.length))

    def test_noFLV(self) -> None:
        """
        In what is no FLV file nobody can seek, and a file that is not there has no
        moments.
        """
        before = descriptors()
        for content in (b"", b"FLV", b"nonsense" * 100):
            self.path.write_bytes(content)
            self.assertEqual(self.get(f"{PATH}?start=1")[0].code, 404)
        self.path.unlink()
        self.assertEqual(self.get(f"{PATH}?start=1")[0].code, 404)
        self.assertEqual((self.open, descriptors()), (0, before))

    def test_grows(self) -> None:
        """
        A file that grows while a moment is looked for is sent as far as it is then.
        """
        whole = len(flvBytes())

        def growing(path: str, seconds: float) -> SeekPoint:
            with self.path.open("ab") as file:
                file.write(b"more")
            return SeekPoint(whole, 1, b"head")

        self.patch(playback, "seekPoint", growing)
        _, body = self.get(f"{PATH}?start=1")
        self.assertEqual(body, b"headmore")

    def test_replaced(self) -> None:
        """
        A moment is looked for in the file that was opened, whatever has come to its
        path since.
        """
        found = []

        def reading(path: str, seconds: float) -> SeekPoint:
            self.path.unlink()
            self.path.write_bytes(b"another")
            with open(path, "rb") as file:
                found.append(file.read())
            return SeekPoint(0, 0, b"")

        self.patch(playback, "seekPoint", reading)
        _, body = self.get(f"{PATH}?start=1")
        self.assertEqual(found, [flvBytes()])
        self.assertEqual(body, flvBytes())


class FewTests(PlaybackTestCase):
    """
    Looking for a moment may be much work.
    """

    def test_few(self) -> None:
        """
        It is looked for in few recordings at the same time; others wait for their
        turn, and whoever has gone, or was told that it takes too long, has none.
        """
        self.record("live/show.flv", flvBytes())
        thread = SlowThread()
        self.serve(thread)
        asked = [self.http.get(f"http://server{PATH}?start=1") for _ in range(4)]
        self.http.flush()
        self.assertEqual((thread.calls, self.open), (2, 4))
        whole = self.http.get(f"http://server{PATH}")
        self.http.flush()
        self.assertEqual(thread.calls, 3)
        self.clock.advance(SECONDS)
        self.http.flush()
        for each in [*asked, whole]:
            self.assertEqual(self.successResultOf(each).code, 503)
        calls = []
        self.patch(playback, "seekPoint", lambda *args: calls.append(args))
        thread.run()
        self.assertEqual((len(calls), self.open), (2, 0))

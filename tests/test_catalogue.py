"""
Tests of L{rtmptwisted.catalogue}, and of C{/recordings.json}.
"""

from __future__ import annotations

import json
import os
from typing import Any

from rtmptwisted import catalogue
from rtmptwisted.patience import SECONDS
from rtmptwisted.recordinghead import readHead
from rtmptwisted.treewalk import walk
from tests.fakes import SlowThread
from tests.playback_support import METADATA, PlaybackTestCase, flvBytes

PATH = "/recordings.json"


class ListTests(PlaybackTestCase):
    """
    What C{/recordings.json} has.
    """

    def list(self, query: str = "") -> list[dict[str, Any]]:
        """
        @return: the recordings.
        """
        # What was made is not given again.
        self.clock.advance(1000)
        response, body = self.get(PATH + query)
        self.assertEqual(response.code, 200)
        recordings: list[dict[str, Any]] = json.loads(body)["recordings"]
        return recordings

    def test_nothing(self) -> None:
        """
        At first there is nothing.
        """
        response, body = self.get(PATH)
        self.assertEqual(self.header(response, "content-type"), "application/json")
        self.assertEqual(json.loads(body), {"recordings": [], "more": False})

    def test_all(self) -> None:
        """
        All that is known is told.
        """
        name = "live/caf\N{LATIN SMALL LETTER E WITH ACUTE} 1-20221122T101112Z.flv"
        content = flvBytes(metadata={**METADATA, "complete": False})
        self.record(name, content)
        self.assertEqual(
            self.list(),
            [
                {
                    "path": name,
                    "url": "/recordings/live/caf%C3%A9%201-20221122T101112Z.flv",
                    "stream": name[:11],
                    "recordedAt": "2022-11-22T10:11:12Z",
                    "seconds": 10.0,
                    "bytes": len(content),
                    "video": "H.264",
                    "audio": "AAC",
                    "width": 640,
                    "height": 360,
                    "complete": False,
                }
            ],
        )

    def test_urls(self) -> None:
        """
        The address of each gives the file.
        """
        for name in (
            "a.flv",
            "live/100%.flv",
            "a b/?x=1&y#z.flv",
            "a+b.flv",
            "%41.flv",
        ):
            self.record(name, name.encode())
        for each in self.list():
            self.assertEqual(self.get(each["url"])[1], each["path"].encode())

    def test_order(self) -> None:
        """
        The latest come first, by when they began: those of other names when they
        were last written to, less how long they are.
        """
        self.record("a-20221122T101112Z.flv")
        self.record("b-20221123T101112Z.flv")
        path = self.record("c.flv", flvBytes())
        os.utime(path, (0, 1669200000))
        self.record("d-20221124T101112Z.flv")
        found = [(each["path"][0], each["recordedAt"]) for each in self.list()]
        self.assertEqual([name for name, _ in found], ["d", "c", "b", "a"])
        self.assertEqual(found[1][1], "2022-11-23T10:39:50Z")

    def test_absurd(self) -> None:
        """
        Times that cannot be do no harm.
        """
        for number, second in enumerate((-(2**33), 2**33, 0)):
            path = self.record(f"{number}.flv", flvBytes())
            os.utime(path, (0, second))
        self.assertEqual(len(self.list()), 3)

    def test_limit(self) -> None:
        """
        Few are told of when few are asked for, and never more than so many; then it
        is said that there are more.
        """
        self.patch(catalogue, "FEW", 2)
        self.patch(catalogue, "MOST", 4)
        self.serve(self.resource._playback.inThread)  # type: ignore[union-attr]
        for number in range(6):
            path = self.record(f"{number}.flv")
            os.utime(path, (0, 1000 + number))
        for query, count in (("?limit=1", 2), ("?limit=2", 2), ("?limit=3", 4)):
            names = [each["path"][0] for each in self.list(query)]
            self.assertEqual(names, ["5", "4", "3", "2"][:count], query)
            self.assertTrue(json.loads(self.get(PATH + query)[1])["more"])
        for query in ("?limit=x", "?limit=", "?limit=1.5"):
            self.assertEqual(self.get(PATH + query)[0].code, 400)

    def test_conditional(self) -> None:
        """
        Who has the list is told only that nothing has changed.
        """
        self.record("a.flv")
        response, _ = self.get(PATH)
        tag = self.header(response, "etag")
        assert tag is not None
        again, body = self.get(PATH, if_none_match=tag)
        self.assertEqual((again.code, body), (304, b""))
        head = self.request("HEAD", PATH)
        self.assertEqual((head.code, self.content(head)), (200, b""))

    def test_large(self) -> None:
        """
        A long list is sent at the pace of who reads it.
        """
        for number in range(400):
            self.record(f"{number}.flv")
        self.assertEqual(len(self.list()), 400)


class WorkTests(PlaybackTestCase):
    """
    How much work it is.
    """

    def setUp(self) -> None:
        """
        Count what is read.
        """
        super().setUp()
        self.heads: list[str] = []
        self.walks = 0

        def reading(root: str, path: str) -> Any:
            self.heads.append(path)
            return readHead(root, path)

        def walking(root: str, count: int) -> Any:
            self.walks += 1
            return walk(root, count)

        self.patch(catalogue, "readHead", reading)
        self.patch(catalogue, "walk", walking)

    def test_kept(self) -> None:
        """
        The list is made once in five seconds.
        """
        self.record("a.flv")
        for _ in range(5):
            self.get(PATH)
        self.clock.advance(4.9)
        self.get(PATH)
        self.assertEqual(self.walks, 1)
        self.clock.advance(0.2)
        self.get(PATH)
        self.assertEqual(self.walks, 2)

    def test_clockIsSet(self) -> None:
        """
        It is made anew when the clock was set back.
        """
        self.clock.advance(10_000)
        self.get(PATH)
        self.clock.rightNow -= 3600
        self.get(PATH)
        self.assertEqual(self.walks, 2)

    def test_heads(self) -> None:
        """
        What has not changed is not read again; what is gone is forgotten.
        """
        first = self.record("a.flv", flvBytes())
        self.record("b.flv", flvBytes())
        for _ in range(3):
            self.get(PATH)
            self.clock.advance(10)
        self.assertEqual(sorted(self.heads), ["a.flv", "b.flv"])
        with first.open("ab") as file:
            file.write(b"more")
        self.get(PATH)
        self.assertEqual(sorted(self.heads), ["a.flv", "a.flv", "b.flv"])
        (self.root / "b.flv").unlink()
        self.clock.advance(10)
        self.get(PATH)
        made: Any = self.resource._playback._catalogue  # type: ignore[union-attr]
        self.assertEqual([each.path for each in made._heads], ["a.flv"])

    def test_unreadable(self) -> None:
        """
        A file that cannot be read is in the list all the same.
        """

        def fail(root: str, path: str) -> Any:
            raise OSError(5, "Input/output error")

        self.patch(catalogue, "readHead", fail)
        self.record("a.flv")
        (each,) = json.loads(self.get(PATH)[1])["recordings"]
        self.assertEqual((each["path"], each["seconds"]), ("a.flv", None))


class SlowTests(PlaybackTestCase):
    """
    Disks that take their time.
    """

    def setUp(self) -> None:
        """
        Have one.
        """
        super().setUp()
        self.thread = SlowThread()
        self.serve(self.thread)
        for number in range(50):
            self.record(f"{number}.flv")

    def ask(self) -> Any:
        """
        Ask for the list.
        """
        asked = self.http.get("http://server" + PATH)
        self.http.flush()
        return asked

    def test_once(self) -> None:
        """
        It is made once for all who ask meanwhile, in calls that are not long.
        """
        asked = [self.ask() for _ in range(5)]
        self.assertEqual(self.thread.calls, 1)
        while self.thread.underWay:
            self.assertEqual(self.thread.underWay, 1)
            self.thread.step()
        # The walk, three times some heads, and the text.
        self.assertEqual(self.thread.calls, 5)
        self.http.flush()
        for each in asked:
            self.assertEqual(self.successResultOf(each).code, 200)

    def test_longer(self) -> None:
        """
        A list that took long to make is given for longer.
        """
        self.ask()
        self.clock.advance(3)
        self.thread.run()
        calls = self.thread.calls
        self.clock.advance(29)
        self.ask()
        self.assertEqual(self.thread.calls, calls)
        self.clock.advance(2)
        self.ask()
        self.assertEqual(self.thread.calls, calls + 1)
        self.thread.run()

    def test_hung(self) -> None:
        """
        One that took very long to make is not given for ever.
        """
        self.ask()
        self.clock.advance(1800)
        self.thread.run()
        calls = self.thread.calls
        self.clock.advance(299)
        self.ask()
        self.assertEqual(self.thread.calls, calls)
        self.clock.advance(2)
        self.ask()
        self.assertEqual(self.thread.calls, calls + 1)
        self.thread.run()

    def test_late(self) -> None:
        """
        Who waits too long is told to come again, and is forgotten; it is made once,
        however often it is asked for.
        """
        for _ in range(3):
            asked = self.ask()
            self.clock.advance(SECONDS)
            self.http.flush()
            self.assertEqual(self.successResultOf(asked).code, 503)
        self.assertEqual(self.thread.calls, 1)
        made: Any = self.resource._playback._catalogue  # type: ignore[union-attr]
        self.assertEqual(set(map(len, made._waiting.values())), {0})
        self.thread.run()
        self.assertEqual(self.successResultOf(self.ask()).code, 200)

    def test_gone(self) -> None:
        """
        Who goes is forgotten.
        """
        asked = self.ask()
        made: Any = self.resource._playback._catalogue  # type: ignore[union-attr]
        self.assertEqual(sum(map(len, made._waiting.values())), 1)
        asked.cancel()
        self.http.flush()
        self.failureResultOf(asked)
        self.assertEqual(sum(map(len, made._waiting.values())), 0)
        self.thread.run()

    def test_failed(self) -> None:
        """
        When it cannot be made all who wait are told, and the next try is another.
        """

        def fail(root: str, count: int) -> Any:
            raise RuntimeError("nobody has thought of this")

        self.patch(catalogue, "walk", fail)
        asked = [self.ask(), self.ask()]
        self.thread.run()
        self.http.flush()
        codes = [self.successResultOf(each).code for each in asked]
        self.assertEqual(codes, [503, 503])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)
        self.patch(catalogue, "walk", walk)
        again = self.ask()
        self.thread.run()
        self.http.flush()
        self.assertEqual(self.successResultOf(again).code, 200)

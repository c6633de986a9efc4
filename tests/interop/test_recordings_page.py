"""
Recordings on the page, in a real browser, and what players get of them over HTTP.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from urllib.request import Request, urlopen

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.clients import publishFFmpeg
from tests.interop.page import Page
from tests.interop.pagestream import _READ, RATE, numberedSource
from tests.interop.server import Server
from tests.interop.tools import mpegtsJS, tool

_NAME = "live/show"

#: How much is published, in seconds.  It goes out so fast that the end of it may be
#: lost with the connection; what is recorded is more than a page fetches ahead.
_SECONDS = 400
_RECORDED = 240

#: After so many seconds the pictures of the source begin again.
_ROUND = 66

#: Where the page seeks to, as parts of the whole: back and forth, near and far.
_PLACES = (0.75, 0.1, 0.98, 0.501, 0.01, 0.307)

#: A picture is that of its time within so many seconds.
_CLOSE = 0.5

#: Playing goes on after a jump within so many seconds, on a busy machine.
_SOON = 5

_VIDEO = "document.querySelector('#watch video')"

#: What mpegts.js says, and mends by itself.
_MENDED = re.compile(r"\[(StartupStallJumper|MSEController|MP4Remuxer)\]")


class RecordingsTests(SynchronousTestCase):
    """
    Somebody has published, and is gone.
    """

    def setUp(self) -> None:
        tool("chromium")
        self.server = Server("--playback", "--player-js", str(mpegtsJS()))
        self.addCleanup(self.server.close)
        publishFFmpeg(
            numberedSource(),
            f"{self.server.rtmp}/{_NAME}",
            loop=True,
            options=["-t", str(_SECONDS)],
        ).finish()
        self.path = self.server.recording(_NAME)
        self.name = self.path.relative_to(self.server.recordings).as_posix()
        self.url = f"{self.server.http}/recordings/{self.name}"
        with urlopen(f"{self.server.http}/recordings.json") as response:
            (self.told,) = json.load(response)["recordings"]
        self.seconds = self.told["seconds"]
        self.assertGreater(self.seconds, _RECORDED)
        # In the midst of groups of pictures, which have 2 s.
        self.places = [self.seconds * part // 2 * 2 + 1.2 for part in _PLACES]

    def test_page(self) -> None:
        """
        The page lists a recording; a click plays it, with sound; it plays on from
        wherever it is told to, and the picture there is the one of that time.
        """
        page = Page(f"{self.server.http}/")
        self.addCleanup(page.close)
        row = page.waitFor("document.querySelector('.recordings li')?.innerText")
        length = f"{int(self.seconds) // 60}:{int(self.seconds) % 60:02}"
        for part in (_NAME, length, "H.264 + AAC"):
            self.assertIn(part, row.replace("\N{NO-BREAK SPACE}", " "))
        page.click(".recordings li a")
        page.waitFor(f"{_VIDEO}?.currentTime > 1", "it plays")
        duration, muted = page.evaluate(f"[{_VIDEO}.duration, {_VIDEO}.muted]")
        self.assertLess(abs(duration - self.seconds), 0.1)
        self.assertFalse(muted)
        for place in self.places:
            began = time.monotonic()
            page.evaluate(f"void ({_VIDEO}.currentTime = {place})")
            page.waitFor(
                f"!{_VIDEO}.seeking && {_VIDEO}.readyState > 2 && "
                f"{_VIDEO}.currentTime > {place} + 0.1",
                f"it plays from {place}",
            )
            self.assertLess(time.monotonic() - began, _SOON, place)
            self.assertPicture(page)
        troubles = [each for each in page.errors if not _MENDED.search(each)]
        self.assertEqual(troubles, [])
        page.click("#watch .close")
        page.waitFor("document.querySelector('#watch').hidden")
        focused = page.evaluate(
            "document.activeElement.closest('.recordings') !== null"
        )
        self.assertTrue(focused)

    def assertPicture(self, page: Page) -> None:
        """
        What is shown is what was recorded at that time.
        """
        page.evaluate(f"{_VIDEO}.pause()")
        moment = page.evaluate(f"{_VIDEO}.currentTime")
        number, _ = page.evaluate(_READ)
        # Each round is a little longer than the pictures in it.
        off = (number / RATE - moment + _ROUND / 2) % _ROUND - _ROUND / 2
        self.assertLess(abs(off), _CLOSE, (number, moment))
        page.evaluate(f"void {_VIDEO}.play()")

    def test_address(self) -> None:
        """
        The address of a recording on the page opens it; when it is not there any
        more, that is said.
        """
        page = Page(f"{self.server.http}/#?recording={self.name}")
        self.addCleanup(page.close)
        page.waitFor(f"{_VIDEO}?.readyState > 1", "there is a picture")
        self.path.unlink()
        page.evaluate("void (location.hash = '')")
        page.evaluate(f"void (location.hash = '?recording={self.name}')")
        page.waitFor(
            "document.querySelector('#watch .trouble')?.innerText.includes('not there')"
        )

    def test_off(self) -> None:
        """
        Without being asked for, there are no recordings on the page.
        """
        server = Server("--player-js", str(mpegtsJS()))
        self.addCleanup(server.close)
        page = Page(f"{server.http}/")
        self.addCleanup(page.close)
        page.waitFor("document.querySelector('#count').innerText.includes('Nothing')")
        self.assertNotIn("ecording", page.evaluate("document.body.innerText"))

    def test_http(self) -> None:
        """
        The list has it; ranges of it are those of the file; and what ffmpeg seeks to
        by the index, and what the server begins with, is the same keyframe.
        """
        self.assertEqual(self.told["path"], self.name)
        self.assertTrue(self.told["complete"])
        content = self.path.read_bytes()
        for start, end in ((0, 1), (1000, 200_000), (len(content) - 7, len(content))):
            asked = Request(self.url, headers={"Range": f"bytes={start}-{end - 1}"})
            with urlopen(asked) as response:
                self.assertEqual(response.status, 206)
                self.assertEqual(response.read(), content[start:end])
        for place in self.places:
            sought, read = self.first(self.url, "-ss", str(place))
            self.assertLess(read, len(content) / 3)
            begun, _ = self.first(f"{self.url}?start={place}")
            self.assertEqual(sought, begun, place)
            self.assertLess(abs(place - sought - 1), 1.3, place)

    def first(self, url: str, *options: str) -> tuple[float, int]:
        """
        @return: the time of the first frame of video that ffmpeg gets, and how many
            bytes it has read.
        """
        done = subprocess.run(
            [tool("ffmpeg"), "-hide_banner", "-nostdin", "-loglevel", "verbose"]
            + [*options, "-copyts", "-i", url, "-map", "0:v", "-frames:v", "1"]
            + ["-c", "copy", "-f", "framecrc", "-"],
            check=True,
            capture_output=True,
            text=True,
        )
        (line,) = (each for each in done.stdout.splitlines() if each.startswith("0,"))
        read = sum(map(int, re.findall(r"(\d+) bytes read", done.stderr)))
        return int(line.split(",")[1]) / 1000, read

"""
The page in a real browser, at a real server, with a real publisher.

Chromium is asked for no favours: it plays without a click only what is muted.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.page import PLAYER_URL
from tests.interop.clients import Client, publishFFmpeg
from tests.interop.page import Page
from tests.interop.pagestream import RATE, Witness, numberedSource
from tests.interop.server import Server
from tests.interop.tools import mpegtsJS, tool

#: How far a page may be behind what is live, in seconds.
_BEHIND = 1.5

#: For so long that is watched, in seconds.
_WATCHED = 8

#: A page that had to wait is close to live again after this, in seconds.
_CAUGHT_UP = 10

_NAME = "live/show"

#: What a video element does.
_VIDEO = """(() => {
  const video = document.querySelector("video");
  return {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    state: document.querySelector(".player").dataset.state,
  };
})()"""

_PLAYING = "document.querySelector('.player')?.dataset.state === 'playing'"
_WAITING = "document.querySelector('.player')?.dataset.state === 'waiting'"

#: With each new connection the time begins at 0.
_MOVED = "document.querySelector('video').currentTime > 1"


class PageTests(SynchronousTestCase):
    """
    Somebody watches.
    """

    def setUp(self) -> None:
        # What is missing is missed before anything is started.
        tool("chromium")
        self.server = Server("--player-js", str(mpegtsJS()))
        self.addCleanup(self.server.close)
        self.count = 0
        self.publishers: list[Client] = []
        self.addCleanup(self.kill)

    def publish(self, *options: str) -> Client:
        """
        Publish in real time.
        """
        publisher = publishFFmpeg(
            numberedSource(),
            f"{self.server.rtmp}/{_NAME}",
            live=True,
            options=options,
        )
        self.publishers.append(publisher)
        self.count += 1
        self.server.waitFor(f"publishes {_NAME} ", self.count)
        return publisher

    def kill(self) -> None:
        """
        End all publishers at once.
        """
        while self.publishers:
            self.publishers.pop().kill()

    def open(self, path: str) -> Page:
        """
        Look at a page.
        """
        page = Page(self.server.http + path)
        self.addCleanup(page.close)
        return page

    def witness(self) -> Witness:
        """
        Note when the pictures come.
        """
        witness = Witness(f"{self.server.http}/{_NAME}.flv")
        self.addCleanup(witness.close)
        return witness

    def assertPlays(self, page: Page) -> None:
        """
        Pictures are shown, and go on, and are those of just now.
        """
        page.waitFor(f"{_PLAYING} && {_MOVED}", "it plays")
        witness = self.witness()
        first = page.evaluate(_VIDEO)
        end = time.monotonic() + _WATCHED
        behind = []
        while time.monotonic() < end:
            time.sleep(1)
            behind.append(witness.behind(page))
        last = page.evaluate(_VIDEO)
        complaints = (page.errors, first, last, behind)
        self.assertEqual(last["state"], "playing", complaints)
        self.assertGreater(last["time"] - first["time"], _WATCHED * 0.8, complaints)
        frames = last["frames"] - first["frames"]
        self.assertGreater(frames, _WATCHED * RATE * 0.5, complaints)
        # The last second counts: a busy machine may stumble before.
        self.assertLess(min(behind[-2:]), _BEHIND, complaints)
        self.assertGreater(min(behind), 0, complaints)
        witness.close()

    def assertResumes(self, page: Page) -> None:
        """
        When the publisher is killed the page waits, and when there is another it
        plays again: the same page, not loaded anew.
        """
        page.evaluate("window.same = true")
        self.kill()
        page.waitFor(_WAITING, "it waits")
        self.publish()
        page.waitFor(f"{_PLAYING} && {_MOVED}", "it plays again")
        self.assertIs(page.evaluate("window.same"), True)

    def test_watch(self) -> None:
        """
        The page lists a stream with a picture and curves; a click plays it, it stays
        close to live, and it goes on with the next publisher.  What strangers say
        of themselves is text.
        """
        hostile = "<img src=x onerror=alert(1)>"
        self.publish("-rtmp_flashver", hostile)
        page = self.open("/")
        page.waitFor("document.querySelector('.card canvas.drawn')", "a picture")
        page.waitFor("document.querySelector('.card path.line').getAttribute('d')")
        text = page.evaluate("document.querySelector('.card').innerText")
        for part in (
            _NAME,
            "H.264 + AAC",
            "320 \N{MULTIPLICATION SIGN} 240",
            f"{RATE} fps",
            hostile,
        ):
            self.assertIn(part, text)
        self.assertEqual(page.evaluate("document.querySelectorAll('img').length"), 0)
        page.click(".card a")
        self.assertPlays(page)
        self.assertResumes(page)
        self.server.waitFor(rf"plays {_NAME} over HTTP-FLV", 3)

    def test_webSocket(self) -> None:
        """
        The same over WebSocket.
        """
        self.publish()
        page = self.open("/?transport=ws")
        page.click(".card a")
        self.assertPlays(page)
        self.server.waitFor(rf"plays {_NAME} over WebSocket-FLV")
        self.assertResumes(page)
        self.server.waitFor(rf"plays {_NAME} over WebSocket-FLV", 2)

    def test_embed(self) -> None:
        """
        The player to embed waits for its stream, and plays it; while the publisher
        stands still so does it, and then it catches up.
        """
        page = self.open(f"/{_NAME}.html")
        page.waitFor(_WAITING, "it waits")
        publisher = self.publish()
        page.waitFor(f"{_PLAYING} && {_MOVED}", "it plays")
        self.assertEqual(page.evaluate("document.querySelectorAll('a').length"), 0)
        witness = self.witness()
        publisher.pause()
        page.waitFor("document.querySelector('.player').dataset.state === 'stalled'")
        publisher.resume()
        page.waitFor(_PLAYING, "it goes on")
        end = time.monotonic() + _CAUGHT_UP
        while (behind := witness.behind(page)) > _BEHIND:
            self.assertLess(time.monotonic(), end, (behind, page.errors))
            time.sleep(0.2)

    def test_nothing(self) -> None:
        """
        When nothing is live the page tells how to publish.
        """
        page = self.open("/")
        field = "document.querySelector('#nothing input')"
        page.waitFor(f"{field}?.checkVisibility()", "it tells how")
        address = page.evaluate(f"{field}.value")
        self.assertEqual(address, f"{self.server.rtmp}/live")
        self.assertEqual(page.errors, [])


class KeyframeTests(SynchronousTestCase):
    """
    Pictures for programs.
    """

    def test_jpeg(self) -> None:
        """
        ffmpeg makes a JPEG of the last keyframe in less than a second.
        """
        server = Server()
        self.addCleanup(server.close)
        url = f"{server.rtmp}/{_NAME}"
        publisher = publishFFmpeg(numberedSource(), url, live=True)
        self.addCleanup(publisher.kill)
        server.waitFor(f"publishes {_NAME} ")
        self.waitForFrames(server)
        folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-picture-")
        self.addCleanup(folder.cleanup)
        target = Path(folder.name) / "picture.jpg"
        command = [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-nostdin"]
        source = f"{server.http}/{_NAME}.key.flv"
        start = time.monotonic()
        subprocess.run(
            [*command, "-i", source, "-frames:v", "1", str(target)], check=True
        )
        self.assertLess(time.monotonic() - start, 1)
        data = target.read_bytes()
        self.assertEqual((data[:2], data[-2:]), (b"\xff\xd8", b"\xff\xd9"))

    def waitForFrames(self, server: Server) -> None:
        """
        Wait until there is something to see.
        """
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with urlopen(f"{server.http}/streams.json") as response:
                (stream,) = json.load(response)["streams"]
            if stream["videoFrames"]:
                return
            time.sleep(0.05)
        raise AssertionError("no frames came")


class PublicScriptTests(SynchronousTestCase):
    """
    The script of others that the page runs, from where it is by itself.
    """

    def player(self, script: bytes) -> Page:
        """
        Look at a player, while the public place has this script.
        """
        server = Server()
        self.addCleanup(server.close)
        url = f"{server.http}/{_NAME}.html"
        page = Page(url, elsewhere={PLAYER_URL: script})
        self.addCleanup(page.close)
        return page

    def test_right(self) -> None:
        """
        The script that npm has is that of the checksum in the page; it runs.
        """
        page = self.player(mpegtsJS().read_bytes())
        page.waitFor("window.mpegts?.isSupported()", "the script runs")
        page.waitFor(_WAITING, "the player is ready")

    def test_wrong(self) -> None:
        """
        Any other script does not run, and the player says what is missing.
        """
        page = self.player(b"window.mpegts = 1;")
        page.waitFor(
            f"document.querySelector('.notice')?.innerText.includes('{PLAYER_URL}')"
        )
        self.assertIsNone(page.evaluate("window.mpegts"))

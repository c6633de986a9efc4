"""
A real browser that plays HTTP-FLV with mpegts.js and says how it goes.

There is no protocol for remote control in this: the page itself posts what it
sees to the server that it came from.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from tests.interop.tools import mpegtsJS, tool

#: A page gets so long to see enough, in seconds.
_PATIENCE = 40

#: A browser that is asked to end gets so long, in seconds.
_GRACE = 10

#: What a browser wants before it plays without a user, a screen or a network.
#: The sandbox does not work for root, as whom CI runs.
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)

#: The URL of the stream is behind the C{#}.
_PAGE = b"""<!doctype html>
<meta charset="utf-8">
<title>mpegts.js</title>
<video id="video" muted autoplay></video>
<script>
const errors = [];
addEventListener("error", (event) => errors.push(`page: ${event.message}`));
addEventListener("unhandledrejection", (event) => errors.push(`${event.reason}`));
</script>
<script src="/mpegts.js"></script>
<script>
const video = document.getElementById("video");
const url = decodeURIComponent(location.hash.slice(1));
let media = {};
const player = mpegts.createPlayer({type: "flv", isLive: true, url});
player.on(mpegts.Events.ERROR, (...what) => errors.push(JSON.stringify(what)));
player.on(mpegts.Events.MEDIA_INFO, (info) => { media = info; });
player.attachMediaElement(video);
player.load();
player.play().catch((reason) => errors.push(`play: ${reason}`));
async function report() {
  const state = {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    width: video.videoWidth,
    height: video.videoHeight,
    audioBytes: video.webkitAudioDecodedByteCount,
    videoCodec: media.videoCodec || "",
    audioCodec: media.audioCodec || "",
    errors: video.error ? [...errors, `video: ${video.error.message}`] : errors,
  };
  await fetch("/report", {method: "POST", body: JSON.stringify(state)});
  setTimeout(report, 200);
}
report();
</script>
"""


class Report(NamedTuple):
    """
    What a page sees.

    @ivar time: where the playback is, in seconds.
    @ivar frames: of video, that were decoded.
    @ivar audioBytes: that were decoded.
    @ivar videoCodec: as mpegts.js found it in the stream, C{""} before.
    @ivar errors: what failed: in mpegts.js, in the page or in the video element.
    """

    time: float
    frames: int
    width: int
    height: int
    audioBytes: int
    videoCodec: str
    audioCodec: str
    errors: list[str]


class _Pages(ThreadingHTTPServer):
    """
    Serves the page and its script, and takes its reports.
    """

    daemon_threads = True

    def __init__(self, script: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.reports: queue.Queue[Report] = queue.Queue()


class _Handler(BaseHTTPRequestHandler):
    server: _Pages

    def do_GET(self) -> None:
        """
        Send the page or the script.
        """
        if self.path == "/mpegts.js":
            self._answer(200, "text/javascript", self.server.script)
        elif self.path == "/":
            self._answer(200, "text/html", _PAGE)
        else:
            # A browser asks for an icon too.
            self._answer(204, "text/plain", b"")

    def do_POST(self) -> None:
        """
        Take a report.
        """
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.reports.put(Report(**json.loads(body)))
        self._answer(204, "text/plain", b"")

    def _answer(self, code: int, contentType: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("content-type", contentType)
        if code != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """
        Say nothing.
        """


class Browser:
    """
    A headless Chromium on a page that plays one stream.
    """

    def __init__(self, url: str) -> None:
        """
        @param url: of an HTTP-FLV stream.
        """
        self._pages = _Pages(mpegtsJS().read_bytes())
        self._thread = threading.Thread(target=self._pages.serve_forever, daemon=True)
        self._thread.start()
        # Some of its processes may outlive the first, and write here till they end.
        self._folder = tempfile.TemporaryDirectory(
            prefix="rtmptwisted-chromium-", ignore_cleanup_errors=True
        )
        self._log = Path(self._folder.name) / "log"
        page = f"http://127.0.0.1:{self._pages.server_port}/#{quote(url, safe='')}"
        with self._log.open("wb") as log:
            # A group of its own, so that all these processes can be told to end.
            self._process = subprocess.Popen(
                [tool("chromium"), *OPTIONS]
                + [f"--user-data-dir={self._folder.name}/profile", page],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def watch(self, enough: Callable[[Report], bool]) -> list[Report]:
        """
        Wait until the page sees enough, or has errors to tell of.

        @return: all reports.
        """
        reports: list[Report] = []
        end = time.monotonic() + _PATIENCE
        while not reports or not (enough(reports[-1]) or reports[-1].errors):
            try:
                reports.append(self._pages.reports.get(timeout=1))
            except queue.Empty:
                if self._process.poll() is not None:
                    raise AssertionError(f"it ended: {self._output()}") from None
            if time.monotonic() > end:
                last = reports[-1:] or self._output()
                raise AssertionError(f"not enough after {_PATIENCE} s: {last}")
        return reports

    def _output(self) -> str:
        return self._log.read_text(errors="replace")

    def close(self) -> None:
        """
        End it, and remove what it has written.
        """
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        self._pages.shutdown()
        self._pages.server_close()
        self._thread.join()
        self._folder.cleanup()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

"""
A stream whose pictures say which they are, and when each of them was there.

How far behind a page is cannot be asked of the page: it knows only what it has
got.  So each picture has its number written in it, as bars of black and white that
survive the encoder.  What a page shows is read from its pixels, and held against
when the server gave that picture to somebody who only notes the time.
"""

from __future__ import annotations

import functools
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.flv_reader import VIDEO
from tests.interop.page import Page
from tests.interop.tools import tool

#: Frames a second, how many there are, and the bars that it takes to count them.
RATE = 15
_FRAMES = 1000
_BARS = 10

_WIDTH, _HEIGHT, _BAR_HEIGHT = 320, 240, 32

_folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-numbered-")

#: Reads the number of the picture that the video shows, and says when.
_READ = f"""(() => {{
  const video = document.querySelector("video");
  const canvas = new OffscreenCanvas({_WIDTH}, {_HEIGHT});
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, {_WIDTH}, {_HEIGHT});
  const now = Date.now() / 1000;
  const bar = {_WIDTH} / {_BARS};
  let number = 0;
  for (let index = 0; index < {_BARS}; index += 1) {{
    const middle = [(index + 0.5) * bar, {_HEIGHT} - {_BAR_HEIGHT} / 2];
    const [bright] = context.getImageData(...middle, 1, 1).data;
    if (bright > 128) number += 2 ** index;
  }}
  return [number, now];
}})()"""


@functools.cache
def numberedSource() -> Path:
    """
    @return: about a minute, with a keyframe every 2 s, and sound.
    """
    path = Path(_folder.name) / "numbered.flv"
    bars = f"floor(X/{_WIDTH // _BARS})"
    number = f"geq=lum='if(mod(floor(N/pow(2,{bars})),2),235,16)'"
    graph = (
        f"testsrc=s={_WIDTH}x{_HEIGHT - _BAR_HEIGHT}:r={RATE},format=yuv420p[picture];"
        f"color=black:s={_WIDTH}x{_BAR_HEIGHT}:r={RATE},format=gray,{number},"
        "format=yuv420p[bars];[picture][bars]vstack"
    )
    subprocess.run(
        [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y"]
        + ["-f", "lavfi", "-i", "sine=frequency=440", "-filter_complex", graph]
        + ["-frames:v", str(_FRAMES), "-t", str(_FRAMES // RATE)]
        + ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]
        + ["-pix_fmt", "yuv420p", "-g", str(2 * RATE), "-c:a", "aac", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return path


class Witness:
    """
    A viewer that notes when each picture came.
    """

    def __init__(self, url: str) -> None:
        """
        @param url: of an HTTP-FLV stream, which has to be live.
        """
        self._came: dict[int, float] = {}
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._socket = socket.create_connection((parts.hostname, parts.port or 80))
        # The body of HTTP/1.0 has no chunks.
        self._socket.sendall(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        with self._socket.makefile("rb") as answer:
            while answer.readline().strip():
                pass
            answer.read(13)
            while len(header := answer.read(11)) == 11:
                answer.read(int.from_bytes(header[1:4], "big") + 4)
                timestamp = int.from_bytes(header[4:7], "big") | header[7] << 24
                if header[0] == VIDEO:
                    number = round(timestamp * RATE / 1000)
                    self._came.setdefault(number, time.time())

    def behind(self, page: Page) -> float:
        """
        @return: how long ago the picture that a page shows came, in seconds; less
            than that when it is one of those with which the witness itself began.
        """
        number, now = page.evaluate(_READ)
        came = self._came.get(number)
        assert came is not None, f"picture {number} never came: {len(self._came)}"
        return float(now - came)

    def close(self) -> None:
        """
        Leave.
        """
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._socket.close()

"""
Publish frames that Python makes, with ffmpeg to encode and send them.

Run it as C{python publish.py rtmp://localhost/live/hello 10}: where to, and for
how many seconds.
"""

from __future__ import annotations

import subprocess
import sys

WIDTH, HEIGHT, RATE = 320, 180, 30


def frame(number: int) -> bytes:
    """
    A picture of a bar that moves: 3 bytes a pixel, red, green, blue.
    """
    position = number * 2 % WIDTH
    row = bytearray(b"\x20\x40\x60" * WIDTH)
    row[position * 3 : position * 3 + 30] = b"\xff\xff\xff" * min(10, WIDTH - position)
    return bytes(row) * HEIGHT


def main(url: str, seconds: str = "10") -> None:
    """
    Publish to C{url}.
    """
    command = ["ffmpeg", "-loglevel", "error", "-re", "-f", "rawvideo"]
    command += ["-pixel_format", "rgb24", "-video_size", f"{WIDTH}x{HEIGHT}"]
    command += ["-framerate", f"{RATE}", "-i", "pipe:0"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]
    command += ["-pix_fmt", "yuv420p", "-g", f"{2 * RATE}", "-f", "flv", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        assert encoder.stdin is not None
        for number in range(int(seconds) * RATE):
            encoder.stdin.write(frame(number))


if __name__ == "__main__":
    main(*sys.argv[1:])

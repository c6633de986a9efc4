"""
Streams into other programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.clients import publishFFmpeg
from tests.interop.media import firstDifference, frames, media, remuxed, shortGOPSource
from tests.interop.server import Server
from tests.interop.tools import gstreamerHas, tool

_ROOT = Path(__file__).resolve().parents[2]
_PORT = re.compile(rb"play from rtmp://127\.0\.0\.1:(\d+)/")
_PATIENCE = 60


def remux(source: Path, into: Path) -> Path:
    """
    @return: what is in a file of any kind, as FLV.
    """
    subprocess.run(
        [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y", "-i", str(source)]
        + ["-c", "copy", "-bsf:a", "aac_adtstoasc", "-f", "flv", str(into)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return into


class ProgramTestCase(SynchronousTestCase):
    """
    Has a folder, and knows what was sent.
    """

    def setUp(self) -> None:
        """
        Make the folder.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.sent = frames(remuxed(shortGOPSource()))

    def payloads(self, path: Path, kind: int) -> list[bytes]:
        """
        @return: what a file has of audio, or video.
        """
        return [tag.body for tag in frames(media(path)) if tag.type == kind]


class ExecTests(ProgramTestCase):
    """
    C{--exec}.
    """

    def publish(self, command: str) -> Server:
        """
        Publish the source in real time, and wait until the program is done.
        """
        server = Server("--exec", f"live/* => {command}")
        self.addCleanup(server.close)
        url = f"{server.rtmp}/live/show"
        publishFFmpeg(shortGOPSource(), url, live=True).finish()
        server.waitFor("live/show: .* ended after")
        return server

    def test_hls(self) -> None:
        """
        ffmpeg makes HLS of it: a playlist that has ended, and all frames.
        """
        playlist = self.folder / "live-show.m3u8"
        self.publish(
            f"{tool('ffmpeg')} -hide_banner -loglevel warning -i - -c copy -f hls "
            f"-hls_time 2 -hls_list_size 0 {self.folder}/{{app}}-{{name}}.m3u8"
        )
        text = playlist.read_text()
        self.assertIn("#EXT-X-ENDLIST", text)
        self.assertGreater(text.count("#EXTINF"), 2)
        got = remux(playlist, self.folder / "got.flv")
        wanted = sum(tag.type == 9 for tag in self.sent)
        self.assertEqual(len(self.payloads(got, 9)), wanted)
        self.assertEqual(
            len(self.payloads(got, 8)), len(self.sent) - wanted, "frames of sound"
        )

    def test_gstreamer(self) -> None:
        """
        A GStreamer pipeline writes it to a file, with each picture as it was sent.
        """
        launch = gstreamerHas("fdsrc", "flvdemux", "h264parse", "flvmux")
        self.publish(
            f"{launch} -q -e fdsrc fd=0 ! flvdemux name=d d.video ! queue ! h264parse "
            f"! flvmux ! filesink location={self.folder}/{{name}}.flv"
        )
        got = [body[5:] for body in self.payloads(self.folder / "show.flv", 9)]
        # GStreamer writes composition times of its own.
        self.assertEqual(got, [tag.body[5:] for tag in self.sent if tag.type == 9])


class OutputTests(ProgramTestCase):
    """
    C{--record -}.
    """

    def test_pipe(self) -> None:
        """
        The next program in a pipe gets what was sent, and nothing of the log.
        """
        path = self.folder / "out.flv"
        server = subprocess.Popen(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
            + ["-n", "--pidfile=", "rtmp", "--port", "tcp:0:interface=127.0.0.1"]
            + ["--http", "off", "--record", "-"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert server.stdout is not None and server.stderr is not None
        reader = subprocess.Popen(
            [tool("ffmpeg"), "-hide_banner", "-loglevel", "error", "-y", "-i", "-"]
            + ["-c", "copy", str(path)],
            stdin=server.stdout,
        )
        try:
            server.stdout.close()
            lines = iter(server.stderr.readline, b"")
            found = next(match for line in lines if (match := _PORT.search(line)))
            url = f"rtmp://127.0.0.1:{found.group(1).decode()}/live/show"
            publishFFmpeg(shortGOPSource(), url, live=True).finish()
            # The pipe is closed with the stream.
            self.assertEqual(reader.wait(_PATIENCE), 0)
        finally:
            server.terminate()
            server.communicate(timeout=_PATIENCE)
            reader.kill()
            reader.wait()
        self.assertIsNone(firstDifference(frames(media(path)), self.sent))

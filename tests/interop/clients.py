"""
How the programs of others publish and play.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from tests.interop.tools import currentFFmpeg, gstreamerHas, tool

#: No client runs longer, in seconds.
PATIENCE = 120

#: The codecs with a FourCC that ffmpeg tells a server about in C{connect} when
#: it is told to.
_FOURCCS = "hvc1,av01,vp09"

_QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin"]


class Client:
    """
    A running program.
    """

    def __init__(self, command: list[str]) -> None:
        self.command = command
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def finish(self, expected: int | None = 0) -> str:
        """
        Wait until it ends by itself.

        @param expected: the exit code that it has to have, if any.
        @return: what it printed.
        """
        try:
            output, _ = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            output, _ = self._process.communicate()
            raise AssertionError(
                f"{self.command} did not end: {output.decode(errors='replace')}"
            ) from None
        text = output.decode(errors="replace")
        if expected is not None and self._process.returncode != expected:
            raise AssertionError(
                f"{self.command} ended with {self._process.returncode}: {text}"
            )
        return text

    def pause(self) -> None:
        """
        Let it stand still: a publisher that does gives others time to come.
        """
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """
        Let it go on.
        """
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """
        End it at once, unless it has ended.
        """
        if self._process.poll() is None:
            self._process.kill()
        output = self._process.stdout
        if output is not None and not output.closed:
            self._process.communicate()


def publishFFmpeg(
    source: Path,
    url: str,
    *,
    live: bool = False,
    loop: bool = False,
    ffmpeg: str | None = None,
    options: Sequence[str] = (),
) -> Client:
    """
    Publish with ffmpeg, as it is in the source.

    @param live: in real time, instead of as fast as it goes.
    @param loop: again and again, until it is killed.
    @param options: more options for what is published.
    """
    how = [*(["-re"] if live else []), *(["-stream_loop", "-1"] if loop else [])]
    return Client(
        [ffmpeg or tool("ffmpeg"), *_QUIET, *how]
        + ["-i", str(source), "-c", "copy", *options, "-f", "flv", url]
    )


def publishEnhanced(
    source: Path, url: str, *, live: bool = False, loop: bool = False
) -> Client:
    """
    Publish with a current ffmpeg that says in C{connect} what it can do of
    Enhanced RTMP.
    """
    return publishFFmpeg(
        source,
        url,
        live=live,
        loop=loop,
        ffmpeg=currentFFmpeg(),
        options=["-rtmp_enhanced_codecs", _FOURCCS],
    )


def publishGStreamer(source: Path, url: str, element: str, copy: Path) -> Client:
    """
    Publish with GStreamer.

    @param element: C{"rtmp2sink"}, or C{"rtmpsink"}, which is librtmp.
    @param copy: gets what is published.
    """
    launch = gstreamerHas(element, "flvdemux", "flvmux", "h264parse", "aacparse")
    pipeline = (
        f"filesrc location={source} ! flvdemux name=d "
        "flvmux name=m streamable=true ! tee name=t "
        f"t. ! queue max-size-bytes=0 max-size-time=0 ! {element} location={url} "
        f"t. ! queue max-size-bytes=0 max-size-time=0 ! filesink location={copy} "
        "d.video ! queue ! h264parse ! m. d.audio ! queue ! aacparse ! m."
    )
    return Client([launch, "-q", *pipeline.split()])


def playFFmpeg(url: str, into: Path, ffmpeg: str | None = None) -> Client:
    """
    Play with ffmpeg.
    """
    return Client(
        [ffmpeg or tool("ffmpeg"), *_QUIET, "-y", "-copyts", "-i", url]
        + ["-c", "copy", "-copyts", "-f", "flv", str(into)]
    )


def playCurrentFFmpeg(url: str, into: Path) -> Client:
    """
    Play with a current ffmpeg.
    """
    return playFFmpeg(url, into, currentFFmpeg())


def playRTMPDump(url: str, into: Path) -> Client:
    """
    Play with rtmpdump, which is librtmp.
    """
    return Client([tool("rtmpdump"), "-q", "--live", "-r", url, "-o", str(into)])


def playGStreamer(url: str, into: Path) -> Client:
    """
    Play with GStreamer's C{rtmp2src}.
    """
    launch = gstreamerHas("rtmp2src")
    pipeline = f"rtmp2src location={url} ! filesink location={into}"
    return Client([launch, "-q", *pipeline.split()])


def playCurl(url: str, into: Path) -> Client:
    """
    Play an HTTP-FLV stream with curl.
    """
    return Client([tool("curl"), "-sSf", "--no-buffer", "-o", str(into), url])


#: How a program plays a URL into a file.
Play: TypeAlias = Callable[[str, Path], Client]

"""
A server as users run it: C{twistd -n rtmp} in a process of its own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).resolve().parents[2]
_LOCAL = "tcp:0:interface=127.0.0.1"
_RTMP = re.compile(r"play from rtmp://127\.0\.0\.1:(\d+)/")
_HTTP = re.compile(r"watch http://127\.0\.0\.1:(\d+)/")

#: No wait for a line of the log takes longer, in seconds.
_PATIENCE = 60


class Server:
    """
    The server, listening on free ports of 127.0.0.1.

    @ivar rtmp: the start of RTMP URLs, C{"rtmp://127.0.0.1:PORT"}.
    @ivar http: the start of HTTP URLs.
    @ivar port: of RTMP.
    @ivar recordings: the folder for recordings.
    """

    def __init__(self, *options: str, recordings: Path | None = None) -> None:
        """
        @param recordings: a folder for recordings that outlives the server.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-server-")
        self.recordings = recordings or Path(self._folder.name) / "out"
        arguments = ["-n", "--pidfile=", "rtmp", "--port", _LOCAL, "--http", _LOCAL]
        arguments += ["--record", str(self.recordings), *options]
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
            + arguments,
            cwd=self._folder.name,
            env={**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: list[str] = []
        self._more = threading.Condition()
        assert self._process.stdout is not None
        reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        reader.daemon = True
        reader.start()
        self._reader = reader
        self.port = int(self.waitFor(_RTMP).group(1))
        self.rtmp = f"rtmp://127.0.0.1:{self.port}"
        self.http = f"http://127.0.0.1:{self.waitFor(_HTTP).group(1)}"

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            with self._more:
                self._lines.append(line.rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._lines.append("<end>")
            self._more.notify_all()

    @property
    def log(self) -> str:
        """
        What the server has logged.
        """
        with self._more:
            return "\n".join(self._lines)

    @property
    def pid(self) -> int:
        """
        The server's process.
        """
        return self._process.pid

    def waitFor(self, pattern: str | re.Pattern[str], count: int = 1) -> re.Match[str]:
        """
        Wait until so many lines of the log match.

        @return: the last of these matches.
        """
        wanted = re.compile(pattern)
        found: list[re.Match[str]] = []

        def enough() -> bool:
            found[:] = [m for line in self._lines if (m := wanted.search(line))]
            return len(found) >= count or self._lines[-1:] == ["<end>"]

        with self._more:
            self._more.wait_for(enough, _PATIENCE)
            if len(found) < count:
                raise AssertionError(
                    f"{len(found)} of {count} lines with {wanted.pattern!r} in:\n"
                    + "\n".join(self._lines)
                )
            return found[count - 1]

    def recording(self, name: str, count: int = 1) -> Path:
        """
        Wait until so many recordings of a stream are complete.

        @return: the newest of them.
        """
        self.waitFor(rf"recorded .*/{re.escape(name)}-[0-9TZ-]+\.flv:", count)
        paths = self.recordings.glob(f"{name}-*.flv")
        return max(paths, key=lambda path: path.stat().st_mtime_ns)

    def kill(self) -> None:
        """
        Stop it as a lack of memory does: it learns nothing of it.
        """
        self._process.kill()
        self._process.wait(_PATIENCE)

    def stop(self) -> int:
        """
        Stop it as Ctrl-C does.

        @return: its exit code.
        """
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._reader.join(_PATIENCE)
        return code

    def close(self) -> None:
        """
        Stop it, if it still runs, and remove its files.
        """
        try:
            self.stop()
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._folder.cleanup()

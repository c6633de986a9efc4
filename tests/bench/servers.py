"""
The servers that are compared, each in a process of its own on one core.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from tests.bench.source import cacheFolder

_ROOT = Path(__file__).resolve().parents[2]

#: The version of Node-Media-Server, as npm calls it.
_NODE = "node-media-server@4.4.3"

#: No server takes longer to start or to end, in seconds.
_PATIENCE = 20

OURS = "rtmptwisted"
NGINX = "nginx-rtmp"
NODE = "Node-Media-Server"


class Skipped(Exception):
    """
    Something cannot be measured here; the text says why.
    """


def freePort() -> int:
    """
    @return: a port of 127.0.0.1 on which nobody listens now.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Skipped(f"{name} is not installed")
    return path


def loggedErrors(log: str) -> list[str]:
    """
    @return: the last line of each traceback in a log.
    """
    found, inside = [], False
    for text in log.splitlines():
        # Twisted puts a tab in front of each line.
        text = text.removeprefix("\t")
        if text.startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and text and not text[0].isspace():
            found.append(text)
            inside = False
    return found


class Server:
    """
    A running server.

    @ivar rtmp: its port for RTMP.
    @ivar http: its port for HTTP-FLV and WebSocket-FLV; 0 when it has none.
    @ivar pid: of the process that was started, maybe not the only one.
    """

    def __init__(self, name: str, core: int, options: Sequence[str] = ()) -> None:
        """
        @param name: one of L{OURS}, L{NGINX} and L{NODE}; or L{OURS}, C{@} and the
            folder of another copy of it.
        @param core: on which it runs.
        @param options: for the command line, where it takes any.
        @raise Skipped: when it cannot be had, or does not start.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="rtmptwisted-bench-")
        folder = Path(self._folder.name)
        self.rtmp = freePort()
        self.http = 0 if name == NGINX else freePort()
        try:
            kind, _, tree = name.partition("@")
            command = _COMMANDS[kind](folder, self.rtmp, self.http) + list(options)
            self._log = folder / "output.log"
            with self._log.open("wb") as output:
                self._process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**os.environ, "PYTHONPATH": tree or str(_ROOT)},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    preexec_fn=functools.partial(os.sched_setaffinity, 0, {core}),
                )
        except BaseException:
            self._folder.cleanup()
            raise
        self.pid = self._process.pid
        try:
            for port in (self.rtmp, self.http):
                self._await(name, port)
        except BaseException:
            self.stop()
            raise

    def _await(self, name: str, port: int) -> None:
        """
        Wait until it listens.
        """
        end = time.monotonic() + _PATIENCE
        while port:
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                return
            except OSError:
                pass
            if self._process.poll() is not None or time.monotonic() > end:
                last = (self.log.strip().splitlines() or ["it says nothing"])[-1]
                raise Skipped(f"{name} does not start: {last}")
            time.sleep(0.02)

    @property
    def log(self) -> str:
        """
        What it has written.
        """
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def runs(self) -> bool:
        """
        Whether it has not ended by itself.
        """
        return self._process.poll() is None

    def stop(self) -> None:
        """
        End it, and remove its files.
        """
        # Nobody waits for what it would do in order.
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE / 4)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_PATIENCE)
        self._folder.cleanup()


def _ours(folder: Path, rtmp: int, http: int) -> list[str]:
    run = "from twisted.scripts.twistd import run; run()"
    listen = "tcp:{}:interface=127.0.0.1"
    return (
        [sys.executable, "-c", run, "-n", "--pidfile=", "rtmp"]
        + ["--port", listen.format(rtmp), "--http", listen.format(http)]
        # All viewers come from one address here.
        + ["--limit", "connectionsPerAddress=0"]
    )


def _nginx(folder: Path, rtmp: int, http: int) -> list[str]:
    nginx = _tool("nginx")
    (folder / "nginx.conf").write_text(
        f"""
        daemon off;
        worker_processes 1;
        load_module {_nginxModule()};
        pid {folder}/nginx.pid;
        error_log {folder}/error.log;
        events {{ worker_connections 8192; }}
        rtmp {{
            access_log {folder}/access.log;
            server {{
                listen 127.0.0.1:{rtmp};
                application live {{ live on; }}
            }}
        }}
        """
    )
    where = ["-p", str(folder), "-c", str(folder / "nginx.conf")]
    return [nginx, *where, "-e", str(folder / "error.log")]


@functools.cache
def _nginxModule() -> Path:
    """
    @return: the module of nginx for RTMP.
    """
    built = _said(_tool("nginx"), "-V")
    found = re.search(r"--modules-path=(\S+)", built)
    folder = Path(found.group(1) if found else "/usr/lib/nginx/modules")
    if not (folder / "ngx_rtmp_module.so").exists():
        raise Skipped("nginx has no module for RTMP (Debian: libnginx-mod-rtmp)")
    return folder / "ngx_rtmp_module.so"


def _node(folder: Path, rtmp: int, http: int) -> list[str]:
    package = nodeMediaServer()
    config = json.loads((package / "bin" / "config.json").read_text(encoding="utf-8"))
    config.update(bind="127.0.0.1", rtmp={"port": rtmp}, http={"port": http})
    for key in ("rtmps", "https"):
        config.pop(key, None)
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return [_tool("node"), str(package / "bin" / "app.js"), "--config", str(path)]


@functools.cache
def nodeMediaServer() -> Path:
    """
    @return: its folder.  npm gets it when it is not there from an earlier run.
    @raise Skipped: when npm is missing, or cannot get it.
    """
    folder = cacheFolder() / _NODE.replace("@", "-")
    package = folder / "node_modules" / "node-media-server"
    if (package / "package.json").exists():
        return package
    command = [_tool("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    command += ["--omit=dev", "--prefix", str(folder), _NODE]
    try:
        _said(*command, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(folder, ignore_errors=True)
        said = (str(error.output or "").strip().splitlines() or ["no answer"])[-1]
        raise Skipped(f"npm cannot get {_NODE}: {said}") from error
    return package


_COMMANDS = {OURS: _ours, NGINX: _nginx, NODE: _node}


def versions(names: Collection[str]) -> dict[str, str]:
    """
    @param names: of the servers that are asked for.
    @return: of each of them, or why it is not there.
    """
    import twisted
    from rtmptwisted import __version__

    found = {OURS: f"{__version__}, Twisted {twisted.__version__}"}
    for name, version in ((NGINX, _nginxVersion), (NODE, _nodeVersion)):
        if name not in names:
            continue
        try:
            found[name] = version()
        except Skipped as error:
            found[name] = f"skipped: {error}"
    return found


def _said(*command: str, timeout: float = 20) -> str:
    return subprocess.run(
        command,
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    ).stdout.strip()


def _nginxVersion() -> str:
    _nginxModule()
    return _said(_tool("nginx"), "-v").removeprefix("nginx version: ")


def _nodeVersion() -> str:
    nodeMediaServer()
    return f"{_NODE.split('@')[1]}, Node.js {_said(_tool('node'), '--version')}"

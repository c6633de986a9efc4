"""
Publishers that break off, peers that are no publishers, names that are none.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.coding import encode
from rtmptwisted.wire.message import Command
from tests.flv_reader import readFLV
from tests.interop.clients import playCurl, playRTMPDump, publishFFmpeg
from tests.interop.httpclient import readStream
from tests.interop.media import (
    firstDifference,
    frames,
    media,
    remuxed,
    seedSource,
    shortGOPSource,
)
from tests.interop.rawclient import (
    connect,
    connecting,
    mediaMessages,
    publishing,
    readAll,
    readUntil,
    reset,
)
from tests.interop.server import Server
from tests.interop.tools import tool


def duration(path: Path) -> float:
    """
    @return: seconds, as ffprobe reads them in a file.
    """
    found = subprocess.run(
        [tool("ffprobe"), "-v", "error", "-show_entries", "format=duration"]
        + ["-of", "csv=p=0", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(found.stdout)


def decodingErrors(path: Path) -> str:
    """
    @return: what ffmpeg complains about when it decodes a file.
    """
    done = subprocess.run(
        [tool("ffmpeg"), "-v", "error", "-i", str(path), "-f", "null", "-"],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    return done.stderr


class TroubleTests(SynchronousTestCase):
    """
    One connection's trouble is its own.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_reset(self) -> None:
        """
        A publisher that is cut off in the middle of a frame leaves a file that
        plays to the last whole one, with its duration.
        """
        tags = media(seedSource())
        start, writer = publishing("live", "reset")
        messages = [writer.write(each) for each in mediaMessages(tags)]
        whole = 100
        connection = connect(self.server.port)
        connection.sendall(start)
        readUntil(connection, b"NetStream.Publish.Start")
        half = len(messages[whole]) // 2
        connection.sendall(b"".join(messages[:whole]) + messages[whole][:half])
        # All of it has been read when the last whole message comes back.
        last = tags[whole - 1].timestamp
        readStream(f"{self.server.http}/live/reset.flv", lambda t: t.timestamp >= last)
        reset(connection)
        path = self.server.recording("live/reset")
        self.assertIsNone(firstDifference(media(path), tags[:whole]))
        self.assertAlmostEqual(duration(path), tags[whole - 1].timestamp / 1000, 1)
        self.assertEqual(decodingErrors(path), "")

    def test_noRTMP(self) -> None:
        """
        Garbage, an HTTP request and a TLS hello on the RTMP port are closed with
        one line in the log each (T-04).
        """
        hello = ssl.MemoryBIO()
        context = ssl.create_default_context()
        with self.assertRaises(ssl.SSLWantReadError):
            context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="x").do_handshake()
        for data, guess in (
            (b"GET /live/x.flv HTTP/1.1\r\nHost: x\r\n\r\n", "an HTTP request"),
            (hello.read(), "a TLS handshake"),
            (b"\xff" * 2000, "the first byte is 0xff"),
        ):
            with connect(self.server.port) as connection:
                host, port = connection.getsockname()
                connection.sendall(data)
                self.assertEqual(readAll(connection), b"")
            self.server.waitFor(f"{host}:{port}: closed: not RTMP: .*{guess}")
            lines = [line for line in self.server.log.split("\n") if f":{port}" in line]
            self.assertEqual(len(lines), 1, lines)
        self.assertWorks()

    def assertWorks(self) -> None:
        """
        The server takes a stream as ever.
        """
        publishFFmpeg(seedSource(), f"{self.server.rtmp}/live/works").finish()
        got = media(self.server.recording("live/works"))
        self.assertIsNone(firstDifference(got, remuxed(seedSource())))

    def _publishAs(self, app: str, name: str) -> bytes:
        start, writer = connecting(app)
        publish = encode(Command("publish", 0, None, [name, "live"], 1))
        with connect(self.server.port) as connection:
            connection.sendall(start + writer.write(publish))
            for message in mediaMessages(media(seedSource())):
                try:
                    connection.sendall(writer.write(message))
                except OSError:
                    break
            return readAll(connection)

    def test_names(self) -> None:
        """
        A name that is not safe is refused, and nothing is written for it.
        """
        names = (
            ("live", "../../../escaped"),
            ("live", "a/../../../escaped"),
            ("..", "escaped"),
            ("live/../..", "escaped"),
            ("live", "nul\x00nul"),
            ("live", "x" * 300),
            ("y" * 300, "x"),
            ("live", "latin-1 \udce9\udcff"),
            ("live", "back\\slash"),
            ("live", ".hidden"),
            ("", ""),
        )
        for app, name in names:
            answers = self._publishAs(app, name)
            codes = (b"NetStream.Publish.BadName", b"NetConnection.Connect.InvalidApp")
            self.assertTrue(any(code in answers for code in codes), (app, name))
            self.assertNotIn(b"NetStream.Publish.Start", answers)
        written = [path for path in self.server.recordings.rglob("*") if path.is_file()]
        self.assertEqual(written, [])
        self.server.waitFor("refused", len(names))
        self.assertWorks()

    def test_slashes(self) -> None:
        """
        A name with slashes is a path below the folder for recordings (T-54).
        """
        url = f"{self.server.rtmp}/app/inst/ance?token=secret"
        publishFFmpeg(seedSource(), url).finish()
        path = self.server.recording("app/inst/ance")
        self.assertEqual(path.parent, self.server.recordings / "app" / "inst")
        self.assertNotIn("secret", self.server.log)

    def test_busyName(self) -> None:
        """
        A second publisher of a name is refused with NetStream.Publish.BadName
        and changes nothing for the first.
        """
        url = f"{self.server.rtmp}/live/busy"
        first = publishFFmpeg(seedSource(), url, live=True)
        self.server.waitFor("publishes live/busy")
        output = publishFFmpeg(seedSource(), url).finish(None)
        self.assertIn("is published already", output)
        first.finish()
        got = media(self.server.recording("live/busy"))
        self.assertIsNone(firstDifference(got, remuxed(seedSource())))

    def test_busyPort(self) -> None:
        """
        A port that is taken ends the program with a line that says so.
        """
        done = subprocess.run(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
            + ["-n", "--pidfile=", "rtmp", "--http=off"]
            + ["--port", f"tcp:{self.server.port}:interface=127.0.0.1"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 1)
        last = done.stdout.strip().split("\n")[-1]
        self.assertIn(f"cannot listen on tcp:{self.server.port}", last)
        self.assertIn("Address already in use", last)
        self.assertNotIn("Traceback", done.stderr + done.stdout)

    def test_interrupt(self) -> None:
        """
        Ctrl-C ends the players properly and finishes the recordings before the
        program ends.
        """
        source = shortGOPSource()
        rtmp = f"{self.server.rtmp}/live/stop"
        publisher = publishFFmpeg(source, rtmp, live=True)
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/stop")
        dump = playRTMPDump(rtmp, self.folder / "rtmp.flv")
        curl = playCurl(f"{self.server.http}/live/stop.flv", self.folder / "http.flv")
        self.server.waitFor("plays live/stop", 2)
        readStream(f"{self.server.http}/live/stop.flv", lambda t: t.timestamp >= 1000)
        self.assertEqual(self.server.stop(), -signal.SIGINT)
        dump.finish(None)
        curl.finish()
        (path,) = self.server.recordings.glob("live/stop-*.flv")
        expected = frames(remuxed(source))
        for each in (path, self.folder / "rtmp.flv", self.folder / "http.flv"):
            got = frames(media(each))
            self.assertGreater(len(got), 60, each)
            self.assertIsNone(firstDifference(got, expected[: len(got)]), each)
        end = readFLV(path.read_bytes()).tags[-1].timestamp / 1000
        self.assertAlmostEqual(duration(path), end, 1)
        self.assertNotIn("Traceback", self.server.log)

    def test_longWait(self) -> None:
        """
        A player built on librtmp gives up after 30 s of silence; while it waits
        for its publisher it is kept alive by pings (T-5B).
        """
        url = f"{self.server.rtmp}/live/patience"
        dump = playRTMPDump(url, self.folder / "waited.flv")
        self.addCleanup(dump.kill)
        self.server.waitFor("plays live/patience")
        time.sleep(35)
        publishFFmpeg(seedSource(), url).finish()
        dump.finish(None)
        got = frames(media(self.folder / "waited.flv"))
        self.assertIsNone(firstDifference(got, frames(remuxed(seedSource()))))

"""
HTTPS: HTTP/1.1 and HTTP/2, by curl.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import readFLV
from tests.interop.clients import Client, publishFFmpeg
from tests.interop.media import frames, media, seedSource
from tests.interop.server import Server
from tests.interop.tools import tool
from tests.secure_support import writeCertificate

#: curl ends with this code when it has had enough.
_TIMED_OUT = 28

_VERSION = "%{http_version} %{http_code}"


class SecureTests(SynchronousTestCase):
    """
    Several versions of HTTP on one port.
    """

    def setUp(self) -> None:
        tool("curl")
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        key, certificate = writeCertificate(self.folder)
        self.server = Server(
            "--http",
            f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={certificate}",
        )
        self.addCleanup(self.server.close)
        found = self.server.waitFor(r"watch (https://127\.0\.0\.1:\d+)/")
        self.https = found.group(1)

    def curl(self, *arguments: str) -> Client:
        """
        Run curl, which takes the certificate.
        """
        command = [tool("curl"), "--silent", "--show-error", "--insecure"]
        client = Client([*command, "--write-out", _VERSION, *arguments])
        self.addCleanup(client.kill)
        return client

    def test_versions(self) -> None:
        """
        A stream over HTTP/2, over HTTP/1.1 and over plain HTTP is the same, and
        each response ends with it.
        """
        source = seedSource()
        url = f"{self.server.rtmp}/live/show"
        publisher = publishFFmpeg(source, url, live=True)
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/show")
        paths, clients = [], []
        for number, (version, start) in enumerate(
            (("2", self.https), ("1.1", self.https), ("1.1", self.server.http))
        ):
            paths.append(self.folder / f"{number}.flv")
            into = str(paths[-1])
            clients.append(
                self.curl(f"--http{version}", "-o", into, f"{start}/live/show.flv")
            )
        self.server.waitFor("plays live/show", 3)
        publisher.finish()
        for client, version in zip(clients, ("2", "1.1", "1.1"), strict=True):
            self.assertEqual(client.finish().strip(), f"{version} 200")
        expected = frames(media(source))
        for path in paths:
            got = frames(readFLV(path.read_bytes()).media)
            self.assertEqual(got, frames(readFLV(paths[0].read_bytes()).media))
            self.assertEqual(
                [tag.body for tag in got], [tag.body for tag in expected[-len(got) :]]
            )
            self.assertGreater(len(got), len(expected) // 2)

    def test_several(self) -> None:
        """
        Over one HTTP/2 connection a stream goes on beside other requests.
        """
        publisher = publishFFmpeg(
            seedSource(), f"{self.server.rtmp}/live/show", live=True
        )
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/show")
        streams = [str(self.folder / f"{number}.flv") for number in range(2)]
        lists = [str(self.folder / f"{number}.json") for number in range(2)]
        arguments = ["--http2", "--parallel"]
        for path in streams:
            arguments += ["-o", path, f"{self.https}/live/show.flv"]
        for path in lists:
            arguments += ["-o", path, f"{self.https}/streams.json"]
        client = self.curl(*arguments)
        self.server.waitFor("plays live/show", 2)
        publisher.finish()
        self.assertEqual(client.finish().count("2 200"), 4)
        for path in lists:
            self.assertIn(b'"live/show"', Path(path).read_bytes())
        one, two = (readFLV(Path(path).read_bytes()).media for path in streams)
        shorter = min(len(one), len(two))
        self.assertEqual(frames(one)[-shorter // 2 :], frames(two)[-shorter // 2 :])

    def test_dropped(self) -> None:
        """
        A client that goes in the middle of a stream is known to be gone.
        """
        publisher = publishFFmpeg(
            seedSource(), f"{self.server.rtmp}/live/show", live=True
        )
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/show")
        client = self.curl(
            "--http2",
            "--max-time",
            "1",
            "-o",
            "/dev/null",
            f"{self.https}/live/show.flv",
        )
        client.finish(_TIMED_OUT)
        self.server.waitFor("played live/show over HTTP-FLV")
        publisher.finish()
        self.assertNotIn("Traceback", self.server.log)


class MissingTests(SynchronousTestCase):
    """
    What is needed for these tests.
    """

    def test_curl(self) -> None:
        """
        curl knows HTTP/2.
        """
        done = subprocess.run(
            [tool("curl"), "--version"], check=True, capture_output=True, text=True
        )
        self.assertIn("HTTP2", done.stdout)

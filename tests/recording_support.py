"""
What the tests of the recording service share.
"""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from shutil import rmtree
from typing import Any

from rtmptwisted.recording import RecordingService
from rtmptwisted.streams import Publisher
from tests.fakes import inThread
from tests.flv_reader import Tag, readFLV
from tests.media import audioHeader, keyframe, videoHeader
from tests.recorder_support import NOW
from tests.support import ServerTestCase

WHO = Publisher("192.0.2.1:4000")

BEGIN = (videoHeader(), audioHeader(), keyframe(0))


class NoReactor:
    """
    Runs nothing: these tests have threads of their own.
    """


class RecordingTestCase(ServerTestCase):
    """
    A service that records, with work done at once.
    """

    def setUp(self) -> None:
        """
        Start the service.
        """
        super().setUp()
        folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, folder)
        self.root = os.path.join(folder, "new", "recordings")
        self.serve()
        self.addCleanup(self.stop)

    def serve(self, **more: Any) -> None:
        """
        Start a service.
        """
        self.service = RecordingService(
            self.directory,
            self.root,
            NoReactor(),  # type: ignore[arg-type]
            lambda: NOW + timedelta(seconds=self.clock.seconds()),
            **more,
        )
        self.service.inThread = inThread  # type: ignore[method-assign]
        self.service.startService()

    def stop(self) -> None:
        """
        Stop the service, if it runs.
        """
        if not self.service.running:
            return
        self.assertIsNone(self.successResultOf(self.service.stopService()))

    def files(self) -> list[str]:
        """
        @return: all files below the root.
        """
        return sorted(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(self.root)
            for name in names
        )

    def media(self, path: str) -> list[Tag]:
        """
        @return: the audio and video in a file.
        """
        with open(os.path.join(self.root, path), "rb") as file:
            return readFLV(file.read()).media

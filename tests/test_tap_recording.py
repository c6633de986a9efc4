"""
Tests of what the command line can say about recordings, lost publishers and other
programs.
"""

from __future__ import annotations

import math
import tempfile
from shutil import rmtree
from typing import Any

from twisted.application.service import IService
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted import tap
from rtmptwisted.childservice import ChildService
from rtmptwisted.directory import StreamDirectory
from rtmptwisted.errors import StartError
from rtmptwisted.flvfile import FilePolicy
from rtmptwisted.pipeoutput import OutputService
from rtmptwisted.recording import RecordingService
from rtmptwisted.recordingpolicy import RecordingPolicy
from rtmptwisted.segment import SegmentLimit
from tests.test_tap import parsed
from tests.test_tap_delivery import Recorded


def services(*arguments: str) -> list[IService]:
    """
    @return: the services of a command line, none of them started.
    """
    return list(tap.makeService(parsed(*arguments)))


class Refusing(SynchronousTestCase):
    """
    Looks at what is refused.
    """

    def refusal(self, *arguments: str) -> str:
        """
        @return: why a command line is refused.
        """
        return str(self.assertRaises(usage.UsageError, parsed, *arguments))


class RecordTests(Refusing):
    """
    Tests of C{--record-...}.
    """

    def policy(self, *arguments: str) -> RecordingPolicy:
        """
        @return: how recordings are written.
        """
        found: RecordingPolicy = parsed("--record", "out", *arguments)["policy"]
        return found

    def test_defaults(self) -> None:
        """
        If nothing else is said, each publish is one file that everybody can read,
        synced each second, and nothing is deleted.
        """
        options = parsed("--record", "out")
        policy = options["policy"]
        self.assertEqual(policy.segment, SegmentLimit())
        self.assertEqual(policy.file, FilePolicy())
        self.assertEqual(policy.name.text, "{app}/{name}-{utc:%Y%m%dT%H%M%SZ}")
        self.assertEqual(tuple(options["keep"]), (None, None))

    def test_file(self) -> None:
        """
        Permissions are octal, the reserve is a size, and syncing is a time, or at
        the end of each file, or left to the system.
        """
        self.assertEqual(self.policy("--record-mode", "0640").file.mode, 0o640)
        self.assertEqual(self.policy("--record-mode", "600").file.mode, 0o600)
        file = self.policy("--record-reserve", "5GB").file
        self.assertEqual(file.reserveBytes, 5 * 10**9)
        for text, seconds in (("5s", 5.0), ("2m", 120.0), ("never", math.inf)):
            file = self.policy("--record-sync", text).file
            self.assertEqual(file.syncSeconds, seconds)
        self.assertIsNone(self.policy("--record-sync", "close").file.syncSeconds)

    def test_fileRefused(self) -> None:
        """
        Anything else is refused, with what was said.
        """
        for option, texts in (
            ("record-mode", ("888", "-1", "1777", "", "rw", "444", "077")),
            ("record-reserve", ("5", "5s", "", "-1GB", "all")),
            ("record-sync", ("5", "5GB", "", "always", "-1s", "0s", "inf")),
        ):
            for text in texts:
                why = self.refusal("--record", "out", f"--{option}={text}")
                self.assertTrue(why.startswith(f"--{option}: "), why)
                self.assertIn(text, why)

    def test_segments(self) -> None:
        """
        Segments have a length or a size, and a number in their names.
        """
        policy = self.policy("--record-segment", "10m")
        self.assertEqual(policy.segment, SegmentLimit(seconds=600.0))
        self.assertIn("{sequence", policy.name.text)
        policy = self.policy("--record-segment", "500MB")
        self.assertEqual(policy.segment, SegmentLimit(size=500_000_000))
        why = self.refusal("--record", "out", "--record-segment", "10")
        self.assertTrue(why.startswith("--record-segment: "), why)

    def test_name(self) -> None:
        """
        A name is refused at once where it could not be a path below the folder, or
        would be the same for all segments.
        """
        policy = self.policy("--record-name", "{node}/{app}/{name}-{sequence}")
        self.assertEqual(policy.name.text, "{node}/{app}/{name}-{sequence}")
        for text in ("../{name}", "/{name}", "{nonsense}", "{name.__class__}", "{name"):
            why = self.refusal("--record", "out", "--record-name", text)
            self.assertTrue(why.startswith("--record-name: "), why)
        arguments = ["--record", "out", "--record-name", "{app}/{name}"]
        why = self.refusal(*arguments, "--record-segment", "10m")
        self.assertTrue(why.startswith("--record-name: "), why)

    def test_keep(self) -> None:
        """
        What is kept has an age, or a size, or both, once each.
        """
        keeps = [f"--record-keep={text}" for text in ("7d", "100GB", "1h")]
        options = parsed("--record", "out", *keeps[:2])
        self.assertEqual(tuple(options["keep"]), (7 * 86400.0, 100 * 10**9))
        why = self.refusal("--record", "out", *keeps)
        self.assertEqual(why, "--record-keep: one time and one size at the most")
        why = self.refusal("--record", "out", "--record-keep", "7")
        self.assertTrue(why.startswith("--record-keep: "), why)

    def test_selection(self) -> None:
        """
        What is recorded is chosen by patterns.
        """
        recording, *_ = services(
            *("--record", "out", "--record-only", "live/*", "--record-only", "x/y"),
            *("--record-except", "live/test*"),
        )
        assert isinstance(recording, RecordingService)
        names = ("live/show", "x/y", "live/test1", "other/show")
        chosen = [name for name in names if recording.isRecorded(name)]
        self.assertEqual(chosen, ["live/show", "x/y"])

    def test_needFolder(self) -> None:
        """
        What means something only for recordings in a folder is refused without one.
        """
        for option in (
            *("--record-segment=10m", "--record-name={name}", "--record-keep=7d"),
            *("--record-sync=5s", "--record-mode=640", "--record-reserve=1GB"),
            *("--record-except=x", "--playback"),
        ):
            wanted = f"{option.partition('=')[0]} needs --record DIR"
            self.assertEqual(self.refusal(option), wanted)
            self.assertEqual(self.refusal("--record", "-", option), wanted)
        self.assertEqual(
            self.refusal("--record-only=x"), "--record-only needs --record DIR"
        )

    def test_playback(self) -> None:
        """
        Recordings are served when that is asked for.
        """
        folder = tempfile.mkdtemp()
        self.addCleanup(rmtree, folder)
        recorded = Recorded(self)
        tap.makeService(parsed("--record", folder, "--playback"))
        tap.makeService(parsed("--record", folder))
        served = [site.resource._playback is not None for site in recorded.sites]
        self.assertEqual(served, [True, False])


class GraceTests(Refusing):
    """
    Tests of C{--grace}.
    """

    def test_values(self) -> None:
        """
        It is 0 by itself, and in seconds, with or without an s.
        """
        for text, seconds in (("10", 10.0), ("10s", 10.0), ("0", 0.0), ("2.5", 2.5)):
            self.assertEqual(parsed("--grace", text)["graceSeconds"], seconds)
        self.assertEqual(parsed()["graceSeconds"], 0.0)

    def test_refused(self) -> None:
        """
        Anything else is refused.
        """
        for text in ("-1", "nan", "inf", "3601", "", "10m", "long"):
            self.assertEqual(
                self.refusal(f"--grace={text}"),
                f"--grace: {text} is not in seconds, from 0 to 3600",
            )

    def test_isUsed(self) -> None:
        """
        The streams of the server have it.
        """
        given: list[Any] = []

        def make(*arguments: Any, **named: Any) -> object:
            given.append(named["grace"])
            return StreamDirectory(*arguments, **named)

        self.patch(tap, "StreamDirectory", make)
        tap.makeService(parsed("--grace", "10"))
        tap.makeService(parsed())
        self.assertEqual(given, [10.0, 0.0])


class ProgramTests(Refusing):
    """
    Tests of C{--exec} and of C{--record -}.
    """

    def test_exec(self) -> None:
        """
        Each program is a rule of one service.
        """
        options = parsed("--exec", "cat", "--exec", "live/* => cat {app}-{name}")
        self.assertEqual([rule.pattern for rule in options["rules"]], ["*", "live/*"])
        kinds = [type(each) for each in tap.makeService(options)]
        self.assertEqual(kinds.count(ChildService), 1)
        self.assertNotIn(ChildService, [type(each) for each in services()])

    def test_execRefused(self) -> None:
        """
        What cannot be run is refused before the server starts.
        """
        for text in ("", "no-such-program -i -", "cat {nonsense}", "cat '", "=> cat"):
            why = self.refusal(f"--exec={text}")
            self.assertTrue(why.startswith("--exec: "), why)

    def test_output(self) -> None:
        """
        With C{-} the stream goes to standard output, which is taken for it when the
        services are made, after all that can be refused.
        """
        taken: list[None] = []

        def take() -> int:
            taken.append(None)
            return 0

        self.patch(tap, "takeOutput", take)
        first, *_ = services("--record", "-", "--record-only", "live/*")
        self.assertIsInstance(first, OutputService)
        self.assertRaises(StartError, services, "--record", "-", "--port", "nonsense")
        self.assertEqual(len(taken), 1)

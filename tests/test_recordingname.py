"""
Tests of L{rtmptwisted.recordingname}.
"""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime, timedelta, timezone

from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.recordingname import DEFAULT_NAME, NameTemplate
from tests.fakes import logLines

NOW = datetime(2026, 11, 22, 9, 8, 7, tzinfo=UTC)


class NameTemplateTests(SynchronousTestCase):
    """
    Tests of L{NameTemplate}.
    """

    def zone(self, zone: str) -> None:
        """
        Be in a time zone.
        """
        before = os.environ.get("TZ")

        def restore() -> None:
            os.environ.pop("TZ")
            if before is not None:
                os.environ["TZ"] = before
            time.tzset()

        self.addCleanup(restore)
        os.environ["TZ"] = zone
        time.tzset()

    def test_default(self) -> None:
        """
        By itself a recording has the name of the stream and the time in UTC, and
        with segments a number.
        """
        template = NameTemplate()
        self.assertEqual(template.text, DEFAULT_NAME)
        name = "a/b/c-20261122T090807Z"
        there = NOW.astimezone(timezone(timedelta(hours=9)))
        for now in (NOW, there):
            self.assertEqual(template.path("a/b/c", now, 7), name)
            self.assertEqual(
                template.forSegments().path("a/b/c", now, 7), f"{name}-007"
            )
        self.assertEqual(template.path("only", NOW), "only-20261122T090807Z")

    def test_fields(self) -> None:
        """
        All fields can be used, in folders too.
        """
        self.zone("JST-9")
        for text, path in (
            ("{name}", "c"),
            ("{app}.{name}", "a/b.c"),
            ("x/{utc:%Y/%m/%d}/{name}", "x/2026/11/22/c"),
            ("{local:%H}-{utc:%H}", "18-09"),
            ("{name}-{sequence}", "c-42"),
            ("{name}-{sequence:05d}", "c-00042"),
            ("{name}-{sequence:x}", "c-2a"),
            ("{node}/{name}", "n1/c"),
            ("{name}{name}", "cc"),
        ):
            template = NameTemplate(text, "n1")
            self.assertEqual(template.path("a/b/c", NOW, 42), path)
            self.assertIs(template.forSegments(), template)

    def test_refused(self) -> None:
        """
        What is no safe name, or could do more than fill in, is refused in a sentence
        that has it.
        """
        for text, why in (
            ("", "empty"),
            ("/srv/{name}", "absolute"),
            ("../{name}", "dot"),
            ("{app}/../{name}", "dot"),
            ("{app}/./{name}", "dot"),
            ("{app}//{name}", "empty"),
            ("{name}/", "empty"),
            (".{name}", "dot"),
            ("{name} {utc:%Y}", "would make"),
            ("{name}\\x", "would make"),
            ("{name}\0", "would make"),
            ("{name}\n", "would make"),
            ("{utc:%H %M}", "would make"),
            ("{utc:%Q}-{name}", "would make"),
            ("ä{name}", "would make"),
            ("{utc}", "need a format"),
            ("{local}", "need a format"),
            ("{nom}", "{nom}"),
            ("{}", "{}"),
            ("{0}", "{0}"),
            ("{name.__class__}", "name.__class__"),
            ("{name[0]}", "name[0]"),
            ("{utc.year}", "utc.year"),
            ("{name!r}", "!r"),
            ("{name:>9}", "takes none"),
            ("{app:s}", "takes none"),
            ("{node:x}", "takes none"),
            ("{utc:{name}}", "utc"),
            ("{sequence:999999999d}", "format"),
            ("{sequence:,}", "format"),
            ("{sequence: d}", "format"),
            ("{name", "{name"),
            ("name}", "name}"),
            ("a" * 300, "too long"),
        ):
            with self.assertRaises(ValueError) as raised:
                NameTemplate(text)
            said = str(raised.exception)
            self.assertIn(why, said, text)
            self.assertNotIn("\n", said)

    def test_node(self) -> None:
        """
        The name of the machine is safe, whatever it is; one that was given has to be.
        """
        for host, node in (
            ("cam1.example.org", "cam1"),
            ("", "node"),
            (".x", "node"),
            ("a b/c", "a_b_c"),
        ):
            self.patch(
                socket,
                "gethostname",
                lambda host=host: host,
            )
            self.assertEqual(NameTemplate("{node}").path("a/b", NOW), node)
        for bad in ("", "a/b", "..", ".x", "a b"):
            self.assertRaises(ValueError, NameTemplate, "{node}", bad)

    def test_unique(self) -> None:
        """
        It is known whether a name is another for each file.
        """
        for text, unique in (
            ("{name}", False),
            ("{node}/{app}/{name}", False),
            ("{name}-{sequence}", True),
            ("{name}-{utc:%s}", True),
            ("{name}-{local:%H}", True),
        ):
            self.assertEqual(NameTemplate(text).isUnique, unique, text)

    def test_long(self) -> None:
        """
        A name that is too long for a file is made shorter, with a line in the log;
        what tells files apart stays.
        """
        template = NameTemplate(
            "{app}/{name}-{name}-{utc:%Y%m%dT%H%M%SZ}-{sequence:03d}"
        )
        names = ["x" * 200, "x" * 199 + "y"]
        with capturedLogs() as events:
            paths = [template.path(f"live/{name}", NOW, 5) for name in names]
        self.assertEqual(len(set(paths)), 2)
        for path in paths:
            folder, _, file = path.partition("/")
            self.assertEqual(folder, "live")
            self.assertLessEqual(len(file), 240)
            self.assertTrue(file.startswith("x" * 100), file)
            self.assertTrue(file.endswith("-20261122T090807Z-005"), file)
        lines = logLines(events, LogLevel.warn)
        self.assertEqual(len(lines), 2)
        self.assertIn("is too long for the name of a recording", lines[0])
        # The longest there is fits when it stands there once.
        with capturedLogs() as events:
            path = NameTemplate().forSegments().path("live/" + names[0], NOW, 5)
        self.assertEqual(path, f"live/{names[0]}-20261122T090807Z-005")
        self.assertEqual(logLines(events), [])

    def test_strangeTimes(self) -> None:
        """
        What a time zone or a language makes of a time is safe.
        """
        self.zone("<+0330>-3:30")
        self.assertEqual(NameTemplate("{local:%Z}").path("a/b", NOW), "+0330")
        self.zone("<-03>3")
        self.assertEqual(NameTemplate("{local:%Z}").path("a/b", NOW), "-03")
        # An application may be missing.
        self.assertEqual(NameTemplate("{app}.{name}").path("b", NOW), "_b")

"""
Tests of L{rtmptwisted.flvtool}.
"""

from __future__ import annotations

import io
import json
import os
import sys

from rtmptwisted import __version__
from rtmptwisted.flvtool import main
from rtmptwisted.wire.flv import fileHeader
from tests.flv_support import FileTestCase, Verified, show


class Terminal(io.StringIO):
    """
    Standard error that is looked at.
    """

    def isatty(self) -> bool:
        """
        It is a terminal.
        """
        return True


class FLVToolTests(FileTestCase):
    """
    Tests of L{main}.
    """

    def run_(self, *arguments: str, terminal: bool = False) -> tuple[int, str, str]:
        """
        @return: the exit status, and what was written to standard output and error.
        """
        out, err = io.StringIO(), Terminal() if terminal else io.StringIO()
        self.patch(sys, "stdout", out)
        self.patch(sys, "stderr", err)
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        return status, out.getvalue(), err.getvalue()

    def test_check(self) -> None:
        """
        There is a line for each file, and one for each problem.
        """
        good = self.written(*show(2))
        bad = self.put(self.read(good) + b"x")
        self.assertEqual(self.run_("check", good), (0, f"{good}: good\n", ""))
        status, out, _ = self.run_("check", good, bad)
        lines = out.splitlines()
        self.assertEqual(
            (status, lines[:2]), (1, [f"{good}: good", f"{bad}: 2 problems"])
        )
        self.assertTrue(all(line.startswith("    ") for line in lines[2:]))

    def test_repair(self) -> None:
        """
        It says what it did; the second time there is nothing to do.
        """
        bad = self.put(self.read(self.written(*show(2)))[:-1])
        status, out, _ = self.run_("repair", bad)
        self.assertEqual(status, 0)
        self.assertEqual(
            out.splitlines(),
            [
                f"{bad}: repaired",
                "    34 bytes cut off at the end",
                "    duration, index and numbers written",
            ],
        )
        Verified(self.read(bad))
        self.assertEqual(
            self.run_("repair", bad), (0, f"{bad}: nothing to repair\n", "")
        )

    def test_cannotBeRepaired(self) -> None:
        """
        What cannot be repaired is said, and is the exit status.
        """
        status, out, _ = self.run_("repair", self.put(b"nothing"))
        self.assertEqual(status, 1)
        self.assertIn("y.flv: not repaired\n    no FLV file", out)

    def test_force(self) -> None:
        """
        More than a tag is cut off only when it is asked for.
        """
        path = self.put(fileHeader(True, True) + bytes(17_000_000))
        self.assertEqual(self.run_("repair", path)[0], 1)
        self.assertEqual(os.stat(path).st_size, 17_000_013)
        self.assertEqual(self.run_("repair", "--force", path)[0], 0)
        self.assertEqual(Verified(self.read(path)).media, [])

    def test_info(self) -> None:
        """
        What is in a file is told, for people and for programs.
        """
        path = self.written(*show(3))
        status, out, _ = self.run_("info", path)
        size = os.stat(path).st_size
        rate = round(size * 8 / 1000 / 1.165, 1)
        self.assertEqual(status, 0)
        self.assertEqual(
            out.splitlines(),
            [
                path,
                "    duration:  00:00:01.165",
                f"    size:      {size} bytes, {rate} kbit/s",
                "    video:     H.264, 320x240",
                "    audio:     AAC",
                "    keyframes: 3, 0.4 s apart at most; 4 entries in the index",
                "    complete:  yes",
            ],
        )
        found = json.loads(self.run_("info", "--json", path)[1])
        self.assertEqual(
            found,
            {
                "file": path,
                "duration": 1.165,
                "size": size,
                "kbps": rate,
                "video": "H.264",
                "audio": "AAC",
                "width": 320,
                "height": 240,
                "keyframes": 3,
                "longestGroup": 0.4,
                "indexed": 4,
                "complete": True,
            },
        )

    def test_infoOfLittle(self) -> None:
        """
        A file that is being written, with nothing in it yet, has no codecs, no bit
        rate, and is not complete.
        """
        file = self.make()
        _, out, _ = self.run_("info", file.path)
        self.assertIn(f"size:      {file.size} bytes\n", out)
        self.assertIn("video:     none\n    audio:     none\n    keyframes: 0;", out)
        self.assertIn("complete:  no", out)

    def test_infoOfNothing(self) -> None:
        """
        What is no FLV file, or not there, is an error.
        """
        status, out, err = self.run_("info", self.put(b""), "/nothing.flv")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("y.flv: no FLV file", err)
        self.assertIn("/nothing.flv: No such file", err)

    def test_progress(self) -> None:
        """
        On a terminal there is a progress bar, which is gone in the end.
        """
        path = self.written(*show(300))
        for command in ("check", "repair", "info"):
            _, out, err = self.run_(command, path, terminal=True)
            self.assertIn("\r[" + "." * 30 + "]   0% 'x.flv'", err)
            self.assertIn("#", err)
            self.assertTrue(err.endswith("\r\x1b[K"), repr(err))
            self.assertNotIn("[", out.replace(self.root, ""))

    def test_usage(self) -> None:
        """
        Wrong arguments end with 2; help and version are there.
        """
        self.assertEqual(self.run_()[0], 2)
        self.assertEqual(self.run_("check")[0], 2)
        self.assertEqual(self.run_("sing", "x")[0], 2)
        self.assertEqual(self.run_("--version"), (0, f"{__version__}\n", ""))
        status, out, _ = self.run_("--help")
        self.assertEqual(status, 0)
        for word in ("check", "repair", "info"):
            self.assertIn(word, out)
        self.assertIn("--force", self.run_("repair", "--help")[1])

"""
The files of the conformance corpus in C{tests/corpus}, as such.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.corpus import generate
from tests.corpus.load import FOLDER, Published, load, loadAll

#: What the chunk layer has to get right.
CHUNK_LAYER = {f"T-{number}" for number in (*range(10, 16), *range(20, 30), 31, 32, 34)}

SENDERS = {
    "by the book",
    "OBS before 30.1",
    "librtmp",
    "ffmpeg",
    "GStreamer",
    "gortmplib",
}

README = (FOLDER / "README.md").read_text("utf-8")


def keys(value: object) -> Iterator[str]:
    """
    @return: all names of fields in what was JSON.
    """
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from keys(item)


def headersOf(vector: Published) -> Iterator[tuple[int, int, bool]]:
    """
    @return: of each chunk whose id takes one byte: its type, its chunk stream,
        and whether a message begins there.
    """
    ends = {(fact.chunkStreamID, fact.end) for fact in vector.facts}
    under: set[int] = set()
    following = [*vector.chunks[1:], len(vector.data)]
    for start, end in zip(vector.chunks, following, strict=True):
        form, number = vector.data[start] >> 6, vector.data[start] & 63
        yield form, number, number not in under
        under.add(number)
        if (number, end) in ends:
            under.remove(number)


def temporaryFolder(test: SynchronousTestCase) -> Path:
    """
    @return: an empty folder, which goes when the test is over.
    """
    folder = tempfile.mkdtemp()
    test.addCleanup(shutil.rmtree, folder)
    return Path(folder)


class FileTests(SynchronousTestCase):
    """
    What is on disk.
    """

    def test_generated(self) -> None:
        """
        The files are what the generator makes, no more and no less.
        """
        self.assertEqual(generate.differences(FOLDER), [])

    def test_small(self) -> None:
        """
        The corpus has less than a megabyte, and no file more than 70 KB.
        """
        sizes = [len(content) for content in generate.build().values()]
        self.assertTrue(100_000 < sum(sizes) < 1_000_000, sum(sizes))
        self.assertTrue(max(sizes) < 70_000, max(sizes))

    def test_traps(self) -> None:
        """
        Each trap of the chunk layer is named by a vector, and each that is
        named is explained.
        """
        named = {
            trap
            for vector in loadAll()
            for trap in vector.document["traps"]  # type: ignore[attr-defined]
        }
        self.assertEqual(CHUNK_LAYER - named, set())
        explained = set(re.findall(r"^\| (T-..) \|", README, re.MULTILINE))
        self.assertEqual(named, explained)

    def test_fields(self) -> None:
        """
        Each field is explained, and none is that does not appear.
        """
        used = {key for vector in loadAll() for key in keys(vector.document)}
        rows = re.findall(r"^\| (`.+?) \|", README, re.MULTILINE)
        explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        self.assertEqual(used - {"why"}, explained)

    def test_consistent(self) -> None:
        """
        Offsets rise and lie inside the file, what is short is shown, and what
        is shown has the length and the digest.
        """
        for vector in loadAll():
            size = len(vector.data)
            offsets = [fact.end for fact in vector.facts]
            self.assertEqual(offsets, sorted(set(offsets)), vector.name)
            self.assertEqual(vector.chunks, sorted(set(vector.chunks)), vector.name)
            self.assertTrue(all(start < size for start in vector.chunks), vector.name)
            for fact in vector.facts:
                self.assertTrue(fact.end <= fact.latest <= size, vector.name)
                self.assertEqual(fact.shown is not None, fact.length <= 64)
                if fact.shown is not None:
                    self.assertEqual(len(fact.shown), fact.length, vector.name)
                    digest = hashlib.sha256(fact.shown).hexdigest()
                    self.assertEqual(digest, fact.digest, vector.name)
            if vector.refused is not None:
                since, until = vector.refused
                self.assertTrue(0 < since <= until <= size, vector.name)

    def test_otherBytes(self) -> None:
        """
        A description is not taken for other bytes than its own.
        """
        folder = temporaryFolder(self)
        for name, content in generate.build().items():
            if name.startswith("abort."):
                (folder / name).write_bytes(content)
        self.assertEqual(len(load(folder / "abort.json").facts), 6)
        (folder / "abort.bin").write_bytes(b"\2" * 100)
        self.assertRaises(ValueError, load, folder / "abort.json")


class GeneratorTests(SynchronousTestCase):
    """
    The generator.
    """

    def test_check(self) -> None:
        """
        A file that is changed, missing or left over is told, and mended by
        writing the corpus again.
        """
        folder = temporaryFolder(self)
        self.assertEqual(generate.main([], folder), 0)
        self.assertEqual(generate.main(["--check"], folder), 0)
        (folder / "abort.bin").write_bytes(b"?")
        (folder / "deltas.json").unlink()
        (folder / "of-old.json").write_bytes(b"{}")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(generate.main(["--check"], folder), 1)
        self.assertEqual(
            said.getvalue().splitlines(),
            [
                "abort.bin has other contents",
                "deltas.json is missing",
                "of-old.json belongs to no vector",
            ],
        )
        self.assertEqual(generate.main([], folder), 0)
        self.assertEqual(generate.differences(folder), [])

    def test_independent(self) -> None:
        """
        No module of the corpus imports the package that it tests.
        """
        paths = list(FOLDER.glob("*.py"))
        self.assertTrue(len(paths) > 10)
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or "."]
                for name in names:
                    first, _, rest = name.partition(".")
                    ours = first == "tests" and rest.partition(".")[0] == "corpus"
                    self.assertTrue(
                        ours or first in _STANDARD, f"{path.name} imports {name}"
                    )


_STANDARD = {
    "__future__",
    "argparse",
    "collections",
    "dataclasses",
    "hashlib",
    "hmac",
    "json",
    "pathlib",
    "random",
    "struct",
    "typing",
}


class SenderTests(SynchronousTestCase):
    """
    The models of senders do what they are known for.
    """

    def headers(self, sender: str) -> list[tuple[int, int, bool]]:
        """
        @return: the headers of all chunks in vectors of this sender.
        """
        vectors = [v for v in loadAll() if v.document["sender"] == sender]
        self.assertTrue(len(vectors) >= 3, sender)
        return [header for vector in vectors for header in headersOf(vector)]

    def numbers(self, sender: str) -> set[int]:
        """
        @return: its chunk streams.
        """
        return {number for _, number, _ in self.headers(sender)}

    def test_senders(self) -> None:
        """
        There are several vectors of each sender, which begin messages with all
        chunk types; those of OBS need no type 3.
        """
        for sender in SENDERS:
            forms = {form for form, _, begins in self.headers(sender) if begins}
            missing = {0, 1, 2, 3} - forms
            self.assertTrue(missing <= {3}, (sender, missing))
            self.assertTrue(not missing or sender == "OBS before 30.1", sender)

    def test_chunkStreams(self) -> None:
        """
        Each has its own habits where to send what.
        """
        self.assertEqual(self.numbers("OBS before 30.1"), {2, 3, 4})
        self.assertEqual(self.numbers("librtmp"), {2, 3, 4})
        self.assertEqual(self.numbers("ffmpeg"), {2, 3, 4, 6, 8})
        self.assertEqual(self.numbers("GStreamer"), {2, 3, 4, 5, 6})

    def test_freshTypeOne(self) -> None:
        """
        librtmp opens the chunk stream of control messages with type 1, and
        type 3 begins the next on it.
        """
        (player,) = (v for v in loadAll() if v.name == "librtmp-player")
        forms = [form for form, number, _ in headersOf(player) if number == 2]
        self.assertEqual(forms[:2], [1, 3])

    def test_continuations(self) -> None:
        """
        There are vectors with each way to continue an extended timestamp.
        """
        counts: dict[str, int] = {}
        for vector in loadAll():
            way = vector.continuation
            counts[way] = counts.get(way, 0) + 1
        for way in ("repeated", "omitted", "zeros", "absolute"):
            self.assertTrue(counts[way] >= 2, (way, counts))

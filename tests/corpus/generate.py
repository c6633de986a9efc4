"""
Make the files of the corpus.

C{python -m tests.corpus.generate} writes them, always the same;
C{python -m tests.corpus.generate --check} says whether they are as they would
be written.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.corpus import (
    extended,
    handshakes,
    headers,
    inside,
    interleaving,
    runs,
    sessions,
    sessions_librtmp,
    sizes,
    times,
)
from tests.corpus.vector import Vector

#: Where the files are.
FOLDER = Path(__file__).parent

CATALOGUES = (
    headers.catalogue,
    inside.catalogue,
    times.catalogue,
    extended.catalogue,
    interleaving.catalogue,
    sizes.catalogue,
    runs.catalogue,
    *sessions.catalogues,
    *sessions_librtmp.catalogues,
    handshakes.catalogue,
)


def vectors() -> Iterator[Vector]:
    """
    @return: all vectors.
    """
    for catalogue in CATALOGUES:
        yield from catalogue.vectors


def build() -> dict[str, bytes]:
    """
    @return: the contents of all files, by name.
    @raise ValueError: when two vectors have the same name.
    """
    files: dict[str, bytes] = {}
    for vector in vectors():
        if f"{vector.name}.bin" in files:
            raise ValueError(f"{vector.name} is there twice")
        files.update(vector.files())
    return files


def present(folder: Path) -> dict[str, bytes]:
    """
    @return: the contents of the files that there are, by name.
    """
    paths = [path for path in folder.iterdir() if path.suffix in (".bin", ".json")]
    return {path.name: path.read_bytes() for path in paths}


def differences(folder: Path) -> list[str]:
    """
    @return: a sentence for each file that is not as it would be written.
    """
    wanted, found = build(), present(folder)
    return [
        f"{name} is missing"
        if name not in found
        else f"{name} belongs to no vector"
        if name not in wanted
        else f"{name} has other contents"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def write(folder: Path) -> None:
    """
    Write all files, and remove those of vectors that are no more.
    """
    wanted = build()
    for name in present(folder).keys() - wanted.keys():
        (folder / name).unlink()
    for name, content in wanted.items():
        (folder / name).write_bytes(content)


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """
    @return: the exit code.
    """
    parser = argparse.ArgumentParser(description="Make the files of the corpus.")
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing"
    )
    if not parser.parse_args(arguments).check:
        write(folder)
        return 0
    found = differences(folder)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

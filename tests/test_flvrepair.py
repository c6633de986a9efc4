"""
Tests of L{rtmptwisted.flvrepair} and L{rtmptwisted.flvcheck}.
"""

from __future__ import annotations

import os
import struct
from random import Random

from rtmptwisted.flvrepair import Repair, check, repair
from rtmptwisted.wire.amf import ECMAArray
from rtmptwisted.wire.flv import FLVTag, fileHeader, metadataTag
from tests.flv_reader import positions, readFLV
from tests.flv_support import BROKEN, FULL, FileTestCase, Verified, failing, show
from tests.media import audio, frame, keyframe, plain, videoHeader


def raw(tags: list[FLVTag]) -> bytes:
    """
    A file without any metadata.
    """
    return fileHeader(True, True) + b"".join(tag.encoded() for tag in tags)


class CheckTests(FileTestCase):
    """
    Tests of L{check}.
    """

    def test_good(self) -> None:
        """
        There is nothing wrong with what is written here, nor with what a program
        wrote that has an index and does not say more.
        """
        self.assertEqual(check(self.written(*show(5))), [])
        self.assertEqual(check(self.written()), [])
        sound = show(1)[1::2]
        self.assertEqual(check(self.written(*sound)), [])

    def test_problems(self) -> None:
        """
        Each thing that is wrong is said.
        """
        good = self.read(self.written(*show(5)))
        places = positions(good)
        number = good.index(b"duration\0") + 9
        entry = good.index(b"filepositions\x0a") + 18 + 9 * 3 + 3
        late = places[20] + 6
        for problem, damaged in (
            ("ends inside a tag", good[:-5]),
            ("ends inside the header", good + b"\x08\0"),
            ("filesize", good[: places[-1]]),
            ("behind it stands", good + bytes(500)),
            ("duration is said", _changed(good, number, b"\x40\x59")),
            ("1 of 6 entries", _changed(good, entry, b"\xff")),
            ("not finished", good.replace(b"complete\1\1", b"complete\1\0")),
            ("fall within a track", _changed(good, late, b"\0")),
            ("of a type", _changed(good, places[30], b"\x07")),
            ("no metadata", raw(show(3))),
            ("no FLV file", b"x" * 100),
            ("no FLV file", b""),
        ):
            problems = check(self.put(damaged))
            self.assertIn(problem, " ".join(problems))

    def test_soundInTheIndex(self) -> None:
        """
        Where there are keyframes, an entry that points at sound is wrong.
        """
        good = self.read(self.written(keyframe(0), audio(0), keyframe(40)))
        entry = good.index(b"filepositions\x0a") + 19 + 9
        wrong = struct.pack(">d", positions(good)[2])
        data = _changed(good, entry, wrong)
        time = data.index(b"times\x0a") + 11 + 9
        problems = check(self.put(_changed(data, time, bytes(8))))
        self.assertEqual(len(problems), 1)
        self.assertIn("1 of 2 entries", problems[0])

    def test_others(self) -> None:
        """
        Of other programs' files, what they leave out is said.
        """
        metadata = metadataTag(ECMAArray({"width": 5.0}))
        problems = check(self.put(raw([metadata, *show(3)])))
        self.assertEqual(
            problems,
            [
                "there is no index of keyframes",
                "no duration is said",
                "no filesize is said",
            ],
        )

    def test_unreadable(self) -> None:
        """
        What cannot be read, or is being written, is said to be so.
        """
        self.assertIn("No such file", check(os.path.join(self.root, "nothing"))[0])
        self.assertIn("directory", check(self.root)[0])
        self.assertEqual(check(self.make().path), ["it is being written"])


class RepairTests(FileTestCase):
    """
    Tests of L{repair}.
    """

    def repaired(self, data: bytes, force: bool = False) -> tuple[bytes, Repair]:
        """
        Repair a file, and see that there is nothing more to do.
        """
        path = self.put(data)
        result = repair(path, force=force)
        self.assertEqual(result.problem, "")
        self.assertEqual(check(path), result.left)
        fixed = self.read(path)
        again = repair(path)
        self.assertEqual((again.done, again.problem), ([], ""))
        self.assertEqual(self.read(path), fixed)
        return fixed, result

    def test_good(self) -> None:
        """
        A good file is left as it is.
        """
        data = self.read(self.written(*show(3)))
        fixed, result = self.repaired(data)
        self.assertEqual((fixed, result.done), (data, []))

    def test_cutAnywhere(self) -> None:
        """
        Wherever a file ends, its whole tags are there afterwards, with the right
        duration and index.
        """
        self.patch(os, "fdatasync", lambda descriptor: None)
        tags = show(2, 60)[:28]
        file = self.make()
        head = file.size
        for start in range(0, len(tags), 7):
            self.clock.advance(1)
            file.append(tags[start : start + 7])
        data = self.read(file.path)
        places = positions(data)
        for size in [*range(13, head, 37), *range(head, len(data) + 1)]:
            fixed, result = self.repaired(data[:size])
            found = Verified(fixed)
            count = sum(place <= size for place in [*places[2:], len(data)])
            self.assertEqual(found.media, plain(*tags[:count]))
            if size >= head:
                self.assertEqual(len(fixed) + result.cut, size)

    def test_strangers(self) -> None:
        """
        A file of another program, whole or cut off, gets a head with an index.
        """
        metadata = metadataTag(ECMAArray({"width": 320.0, "duration": 99.0}))
        for before in ([], [metadata]):
            for cut in (0, 10):
                data = raw([*before, *show(4)])
                fixed, result = self.repaired(data[: len(data) - cut])
                found = Verified(fixed)
                self.assertEqual(found.media, plain(*show(4)[: 82 if not cut else 81]))
                self.assertEqual(found.metadata.get("width"), 320.0 if before else None)
                self.assertEqual(result.duration, found.media[-1].timestamp)

    def test_tornHead(self) -> None:
        """
        A head that is damaged costs no tags; an index that is torn is made again.
        """
        random = Random(7)
        data = self.read(self.written(*show(4)))
        head, index = positions(data)[1], data.index(b"filepositions")
        for number in range(200):
            damaged = bytearray(data)
            start = random.randrange(24 if number % 2 else index, head - 4)
            stop = random.randrange(start, min(head - 4, start + 200))
            damaged[start:stop] = random.randbytes(stop - start)
            fixed, _ = self.repaired(bytes(damaged))
            # What is not known for metadata any more is kept.
            self.assertEqual(readFLV(fixed).media, plain(*show(4)))
            if start >= index:
                Verified(fixed)

    def test_keeps(self) -> None:
        """
        Permissions and time stay, in place and in a new file; no other file is left.
        """
        good = self.read(self.written(*show(2)))
        os.unlink(os.path.join(self.root, "x.flv"))
        for data in (good[:-3], raw(show(2))):
            path = self.put(data)
            os.chmod(path, 0o640)
            os.utime(path, (1_000_000, 2_000_000))
            self.assertNotEqual(repair(path).done, [])
            status = os.stat(path)
            self.assertEqual(status.st_mode & 0o777, 0o640)
            self.assertEqual(status.st_mtime, 2_000_000)
            self.assertEqual(self.files(), ["y.flv"])

    def test_damagedInside(self) -> None:
        """
        A file that is damaged long before its end is cut there only by force.
        """
        tags = [videoHeader(), keyframe(0)]
        tags += [frame(40 * number, 4_000_000) for number in range(1, 7)]
        data = bytearray(raw(tags))
        place = positions(data)[2]
        data[place - 1] ^= 1
        path = self.put(bytes(data))
        result = repair(path)
        self.assertIn("force", result.problem)
        self.assertEqual(self.read(path), data)
        fixed, result = self.repaired(bytes(data), force=True)
        self.assertEqual(Verified(fixed).media, plain(videoHeader()))
        self.assertEqual(result.cut, len(data) - positions(raw(tags))[1])

    def test_tagsBehindDamage(self) -> None:
        """
        What comes behind damage is not cut off but by force, however little it is,
        whether the file is one of ours or not.
        """
        for good in (self.read(self.written(*show(10))), raw(show(10))):
            data = bytearray(good)
            # The size of a tag.
            place = positions(good)[5]
            data[place + 3] ^= 1
            path = self.put(bytes(data))
            self.assertIn("only by force", repair(path).problem)
            self.assertEqual(self.read(path), data)
            fixed, result = self.repaired(bytes(data), force=True)
            self.assertEqual(result.cut, len(good) - place)
            Verified(fixed)

    def test_writtenWithoutLock(self) -> None:
        """
        A file that somebody writes to meanwhile is left alone, though others than
        this server do not lock it.
        """
        cut = self.read(self.written(*show(900)))[:-3]
        for data in (raw(show(900)), cut):
            result = self.repairedMeanwhile(data)
            self.assertEqual(result.problem, "it is being written")
            self.assertEqual(result.done, [])
            self.assertEqual(self.read(result.path), data + b"more")
            self.assertNotIn(".repair-", "".join(self.files()))

    def repairedMeanwhile(self, data: bytes) -> Repair:
        """
        Repair a file with this in it, to which somebody writes while it is read.
        """
        path = self.put(data)
        more = [b"more"]
        with open(path, "ab", buffering=0) as file:

            def write(fraction: float) -> None:
                file.write(b"".join(more))
                more.clear()

            return repair(path, write)

    def test_beingWritten(self) -> None:
        """
        A file that is being written is left alone.
        """
        file = self.make()
        file.append(show(2))
        before = self.read(file.path)
        self.assertEqual(repair(file.path).problem, "it is being written")
        self.assertEqual(self.read(file.path), before)
        file.finish()

    def test_completeLast(self) -> None:
        """
        That a file is complete is not written before all the rest is on the disk.
        """
        states: list[bool] = []

        def look(descriptor: int) -> None:
            states.append(b"complete\1\1" in self.read(path))

        path = self.put(self.read(self.written(*show(2)))[:-3])
        self.patch(os, "fdatasync", look)
        repair(path)
        self.assertEqual(states, [False, True])

    def test_failures(self) -> None:
        """
        When the disk fails, that is said; another program's file is as it was.
        """
        ours = self.read(self.written(*show(2)))[:-3]
        for data in (ours, raw(show(2))):
            for name in ("pwrite", "fsync", "fdatasync", "ftruncate", "rename"):
                path = self.put(data)
                real = getattr(os, name)
                self.patch(os, name, failing(FULL if name == "pwrite" else BROKEN))
                result = repair(path)
                self.patch(os, name, real)
                if data is not ours:
                    fine = self.read(path) == data or not result.problem
                    self.assertTrue(fine, name)
                    self.assertEqual(self.files(), ["x.flv", "y.flv"])
                elif name in ("pwrite", "fdatasync", "ftruncate"):
                    self.assertNotEqual(result.problem, "")
                repair(path)
                self.assertEqual(check(path), [])
        self.assertIn("No such file", repair("/nothing/x.flv").problem)


def _changed(data: bytes, position: int, new: bytes) -> bytes:
    return data[:position] + new + data[position + len(new) :]

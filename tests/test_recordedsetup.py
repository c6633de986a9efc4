"""
Tests of L{rtmptwisted.recordedsetup}.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.recordedsetup import SetupMemory, WrittenSetup
from rtmptwisted.wire.flv import VIDEO, FLVTag
from rtmptwisted.wire.limits import Limits
from tests.enhanced_support import END, START, onTrack, onTracks, plain, tag
from tests.fakes import logLines
from tests.media import audioHeader, configuration, videoHeader

#: For both tracks, and for one of them.
BOTH = onTracks(VIDEO, START, "hvc1", (0, b"0"), (1, b"1"))
ONE = onTrack(VIDEO, START, "hvc1", 1, b"new")


class SetupMemoryTests(SynchronousTestCase):
    """
    Tests of L{SetupMemory}.
    """

    def setUp(self) -> None:
        """
        Have a memory.
        """
        self.memory = SetupMemory(
            "live/show", replace(Limits(), setupTags=3, setupBytes=100)
        )

    def remember(self, *tags: FLVTag) -> list[bool]:
        """
        @return: for which of these there was room.
        """
        return [self.memory.remember(each) for each in tags]

    def test_latest(self) -> None:
        """
        The latest of each sort is remembered, where the first was.
        """
        other = videoHeader(0, videoHeader().body + b"x")
        self.remember(videoHeader(), audioHeader(), other, configuration(0))
        self.assertEqual(
            [each.body for each in self.memory],
            [other.body, audioHeader().body, configuration(0).body],
        )

    def test_order(self) -> None:
        """
        What is for several tracks, and what says more of one of them later, stay in
        their order: decoders get them in that.
        """
        self.remember(BOTH, ONE)
        self.assertEqual(list(self.memory), [BOTH, ONE])
        self.remember(BOTH)
        self.assertEqual(list(self.memory), [BOTH])
        self.remember(ONE, audioHeader(), BOTH)
        self.assertEqual([each.body for each in self.memory][-1], BOTH.body)

    def test_end(self) -> None:
        """
        The header of a sequence that has ended is not remembered; configuration is.
        """
        colour = configuration(0)
        self.remember(videoHeader(), colour, audioHeader())
        self.memory.forget(tag(VIDEO, 0, plain(VIDEO, END, "hvc1")))
        self.assertEqual(
            [each.body for each in self.memory], [colour.body, audioHeader().body]
        )

    def test_tooLarge(self) -> None:
        """
        One that is too large is not remembered, nor is what it replaces; that is
        said once.
        """
        large = videoHeader(0, videoHeader().body + bytes(100))
        with capturedLogs() as events:
            kept = self.remember(videoHeader(), audioHeader(), large, large)
        self.assertEqual(kept, [True, True, False, False])
        self.assertEqual([each.body for each in self.memory], [audioHeader().body])
        (line,) = logLines(events, LogLevel.error)
        self.assertIn(f"a sequence header of {len(large.body)} bytes", line)

    def test_tooMany(self) -> None:
        """
        Of too many those that are there already stay.
        """
        with capturedLogs() as events:
            kept = self.remember(BOTH, audioHeader(), configuration(0), BOTH)
        self.assertEqual(kept, [True, True, False, True])
        self.assertEqual(len(list(self.memory)), 2)
        self.assertEqual(len(logLines(events, LogLevel.error)), 1)


class WrittenSetupTests(SynchronousTestCase):
    """
    Tests of L{WrittenSetup}.
    """

    def test_has(self) -> None:
        """
        A file has a header when nothing else was said of any of its tracks since,
        and its sequence has not ended.
        """
        written = WrittenSetup()
        self.assertFalse(written.has(BOTH))
        written.note(BOTH)
        self.assertTrue(written.has(BOTH))
        self.assertFalse(written.has(ONE))
        written.note(ONE)
        self.assertFalse(written.has(BOTH))
        self.assertTrue(written.has(ONE))
        written.note(videoHeader())
        written.end(tag(VIDEO, 0, plain(VIDEO, END, "hvc1")))
        self.assertFalse(written.has(videoHeader()))

    def test_contradicts(self) -> None:
        """
        Another header contradicts that which is there, also when its sequence has
        ended; the same one, one for another track, and configuration do not.
        """
        written = WrittenSetup()
        other = videoHeader(0, videoHeader().body + b"x")
        self.assertFalse(written.contradicts(other))
        written.note(videoHeader())
        written.note(configuration(0))
        for each, contradicts in (
            (videoHeader(), False),
            (other, True),
            (audioHeader(), False),
            (ONE, False),
            (BOTH, True),
            (configuration(0, b"other"), False),
        ):
            self.assertEqual(written.contradicts(each), contradicts, each)
        written.end(tag(VIDEO, 0, plain(VIDEO, END, "hvc1")))
        self.assertTrue(written.contradicts(other))
        self.assertFalse(written.contradicts(videoHeader()))

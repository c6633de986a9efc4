"""
Tests of L{rtmptwisted.wire.flvindex}.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.wire.flvindex import KeyframeIndex, seconds
from tests.flv_support import show
from tests.test_flvhead import headOf, tallyOf


class IndexTests(SynchronousTestCase):
    """
    Tests of L{KeyframeIndex} and L{Tally}.
    """

    @given(st.integers(0, 2**32 - 1))
    def test_seconds(self, time: int) -> None:
        """
        A time in seconds, times 1000, rounded down or to the nearest, is the same
        number of milliseconds.
        """
        self.assertEqual(int(seconds(time) * 1000), time)
        self.assertEqual(round(seconds(time) * 1000), time)

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 12), st.integers(0, 150), st.booleans())
    def test_spread(self, room: int, count: int, leads: bool) -> None:
        """
        An index never has more entries than there is room for; those it has are
        evenly spread from the first keyframe on, and at least half of the room is
        used.
        """
        index = KeyframeIndex(room, (5, 0) if leads else None)
        for number in range(count):
            index.note(100 + number, number)
        entries = index.entries()
        self.assertLessEqual(len(entries), room)
        lead = min(leads, room)
        numbers = [time for _, time in entries[lead:]]
        self.assertEqual([place - 100 for place, _ in entries[lead:]], numbers)
        if numbers:
            stride = numbers[1] if len(numbers) > 1 else count
            self.assertEqual(numbers, list(range(0, count, stride))[: len(numbers)])
            self.assertLess(count - 1 - numbers[-1], max(stride, 1))
            self.assertGreaterEqual(len(numbers), min(count, (room - lead) // 2))

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 9), st.integers(0, 60), st.integers(0, 60))
    def test_restored(self, room: int, before: int, after: int) -> None:
        """
        What was noted after a mark can be undone, thinning included.
        """
        tags = show(13)
        tally = tallyOf(tags[:before], room, 1000)
        plain = headOf(room).encode(tally)
        mark = tally.mark()
        for tag in tags[before : before + after]:
            tally.add(tag.typeID, tag.timestamp, 50, tag.body, tag.description)
        tally.restore(mark)
        self.assertEqual(headOf(room).encode(tally), plain)
        for tag in tags[before:]:
            size = len(tag.encoded())
            tally.add(tag.typeID, tag.timestamp, size, tag.body, tag.description)
        whole = tallyOf(tags, room, 1000)
        self.assertEqual(headOf(room).encode(tally), headOf(room).encode(whole))

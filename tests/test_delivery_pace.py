"""
Tests of L{rtmptwisted.delivery}: how long tags wait where no window says so.
"""

from __future__ import annotations

from rtmptwisted.streams import Publisher
from tests.media import audio, audioHeader, frame, plain
from tests.test_delivery_merging import MergingTestCase


class NoWindowTests(MergingTestCase):
    """
    A window of no length.
    """

    WINDOW = 0.0

    def test_nothingWaits(self) -> None:
        """
        Sound goes out at once under any load too.
        """
        viewer = self.watch()
        self.directory.pace.spent(self.clock.seconds() - 60)
        self.at(0, audio(20))
        self.assertEqual(len(viewer.outlet.writes), 2)


class AutomaticTests(MergingTestCase):
    """
    Where the load decides.
    """

    WINDOW = None

    def busy(self) -> None:
        """
        Let the server have spent all of its time on writing.
        """
        self.directory.pace.spent(self.clock.seconds() - 60)

    def test_quiet(self) -> None:
        """
        While there is time each tag goes out at once.
        """
        viewer = self.watch()
        for n in range(4):
            self.at(0, audio(20 + n))
            self.assertEqual(len(viewer.outlet.writes), 2 + n)

    def test_soundWaits(self) -> None:
        """
        When there is none, sound goes out 25 ms after it came, with what has come
        since.
        """
        viewer = self.watch()
        self.busy()
        self.at(0.02, audio(20))
        self.at(0.0049, audio(40))
        self.assertEqual(len(viewer.outlet.writes), 1)
        self.at(0.0002)
        self.assertEqual(len(viewer.outlet.writes), 2)
        self.assertEqual(viewer.media[-2:], plain(audio(20), audio(40)))

    def test_pictureBringsItForward(self) -> None:
        """
        A picture goes out at once, and the sound that waits with it, in order.
        """
        viewer = self.watch()
        self.busy()
        self.at(0.01, audio(20))
        self.assertEqual(len(viewer.outlet.writes), 1)
        self.at(0, frame(40))
        self.assertEqual(len(viewer.outlet.writes), 2)
        self.assertEqual(viewer.media[-2:], plain(audio(20), frame(40)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_soundDoesNotPutPicturesOff(self) -> None:
        """
        Sound that comes behind a picture in the same turn does not make it wait.
        """
        viewer = self.watch()
        self.busy()
        self.at(0, frame(40), audio(50))
        self.assertEqual(viewer.media[-2:], plain(frame(40), audio(50)))

    def test_soundOnly(self) -> None:
        """
        A stream with sound only waits no longer than that either.
        """
        self.stream.end()
        self.stream = self.directory.stream("live/sound")
        viewer = self.watch()
        self.directory.publish("live/sound", Publisher("192.0.2.1:4000"))
        self.at(0, audioHeader(), audio(0), audio(1000))
        self.busy()
        written = len(viewer.outlet.writes)
        for n in range(10):
            self.at(0.0251, audio(1020 + n))
            self.assertEqual(len(viewer.outlet.writes), written + 1 + n)

    def test_clockSetBack(self) -> None:
        """
        Sound that waits when the clock is set back goes out with the next tag, not
        when the clock has come to where it was.
        """
        viewer = self.watch()
        self.busy()
        self.at(0, audio(20))
        self.clock.rightNow -= 3600
        self.at(0.026, audio(40))
        self.assertEqual(viewer.media[-2:], plain(audio(20), audio(40)))

    def test_writingIsTimed(self) -> None:
        """
        The time that a flush takes is load.
        """
        viewer = self.watch()

        def take() -> None:
            self.clock.rightNow += 0.1

        viewer.outlet.onWrite = take
        self.at(0, frame(40))
        self.assertTrue(0.19 < self.directory.pace.load <= 0.2)

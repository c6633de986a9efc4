"""
Vectors about timestamps that fit their field.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import FIELD, Catalogue
from tests.corpus.wire import AUDIO, WRAP

catalogue = Catalogue("by hand")
vector = catalogue.vector


@vector("deltas", "T-20")
def _deltas(r: Recording) -> None:
    """
    Type 0 has the timestamp, types 1 and 2 a delta, and type 3 between
    messages repeats the last delta.
    """
    r.message(0, 6, 700, r.body(11), 700)
    r.message(1, 6, 40, r.body(12), 740)
    r.message(3, 6, None, r.body(12), 780)
    r.message(2, 6, 33, r.body(12), 813)
    r.message(3, 6, None, r.body(12), 846)
    r.message(3, 6, None, r.body(12), 879)
    r.message(2, 6, 0, r.body(12), 879)
    r.message(3, 6, None, r.body(12), 879)
    r.message(1, 6, 1, r.body(13), 880)
    r.message(0, 6, 600, r.body(13), 600)
    r.message(2, 6, 0xFFFFFE, r.body(13), 600 + 0xFFFFFE)


@vector("deltas-for-hours", "T-20", "T-24")
def _hours(r: Recording) -> None:
    """
    Small deltas carry the timestamp past 2^24; no extended timestamp appears,
    not in the chunks that follow either.
    """
    time = 0xFFFFFF - 120
    r.message(0, 6, time, r.body(200), time)
    for _ in range(6):
        time += 40
        r.message(1, 6, 40, r.body(200), time)
    time += 40
    r.message(3, 6, None, r.body(200), time)


@vector("delta-once-per-message", "T-21")
def _once(r: Recording) -> None:
    """
    A message of several chunks adds its delta once, whatever type its first
    chunk has.
    """
    r.message(0, 6, 100, r.body(600), 100)
    r.message(1, 6, 40, r.body(610), 140)
    r.message(2, 6, 41, r.body(610), 181)
    r.message(3, 6, None, r.body(610), 222)
    r.message(3, 6, None, r.body(610), 263)


@vector("type-3-after-type-0", "T-22", "T-23")
def _afterZero(r: Recording) -> None:
    """
    Type 3 between messages after type 0: the delta is the timestamp of that
    one, as old encoders use it for audio.
    """
    r.message(0, 4, 26, r.body(30), 26, typeID=AUDIO)
    r.message(3, 4, None, r.body(30), 52, typeID=AUDIO)
    r.message(3, 4, None, r.body(30), 78, typeID=AUDIO)
    r.message(2, 4, 5, r.body(30), 83, typeID=AUDIO)
    r.message(3, 4, None, r.body(30), 88, typeID=AUDIO)
    r.tolerate("receivers with delta 0 after type 0", [26, 26, 26, 31, 36])


@vector("type-3-after-type-0-at-0", "T-22", "T-23")
def _afterZeroAtZero(r: Recording) -> None:
    """
    Type 3 between messages after type 0 with the timestamp 0: everybody
    agrees.
    """
    for number in (4, 6, 320):
        r.message(0, number, 0, r.body(140), 0)
        r.message(3, number, None, r.body(140), 0)
        r.message(3, number, None, r.body(140), 0)
        r.message(2, number, 9, r.body(140), 9)


@vector("type-3-after-type-0-late", "T-22", basis=FIELD)
def _afterZeroLate(r: Recording) -> None:
    """
    Type 3 between messages after type 0 with a timestamp past 10 s: senders
    built on librtmp write it and mean the same time again, nobody means a step
    of that size.
    """
    r.message(0, 4, 1_234_567, r.body(30), 1_234_567, typeID=AUDIO)
    r.message(3, 4, None, r.body(30), 1_234_567, typeID=AUDIO)
    r.message(3, 4, None, r.body(30), 1_234_567, typeID=AUDIO)
    r.message(2, 4, 5, r.body(30), 1_234_572, typeID=AUDIO)
    r.tolerate(
        "receivers that repeat any timestamp as delta",
        [1_234_567, 2_469_134, 3_703_701, 3_703_706],
    )


@vector("type-3-repeats-delta", "T-23")
def _repeats(r: Recording) -> None:
    """
    Runs of messages of type 3 between messages, of one chunk and of several,
    after type 1 and after type 2, on chunk streams with headers of all sizes.
    """
    for number in (5, 64, 3000):
        r.message(0, number, 1000, r.body(9), 1000, typeID=AUDIO)
        r.message(1, number, 26, r.body(150), 1026, typeID=AUDIO)
        r.message(3, number, None, r.body(150), 1052, typeID=AUDIO)
        r.message(3, number, None, r.body(150), 1078, typeID=AUDIO)
        r.message(2, number, 27, r.body(150), 1105, typeID=AUDIO)
        r.message(3, number, None, r.body(150), 1132, typeID=AUDIO)
        r.message(1, number, 23, r.body(30), 1155, typeID=AUDIO)
        r.message(3, number, None, r.body(30), 1178, typeID=AUDIO)


@vector("wrap-32", "T-26")
def _wrap(r: Recording) -> None:
    """
    Time goes on from 0 after 2^32 - 1, by each kind of delta.
    """
    last = WRAP - 1
    r.message(0, 6, last - 49, r.body(12), last - 49, repeated=last - 49)
    r.message(1, 6, 40, r.body(13), last - 9)
    r.message(2, 6, 9, r.body(13), last)
    r.message(3, 6, None, r.body(13), 8)
    r.message(0, 4, last - 9, r.body(13), last - 9)
    r.message(1, 4, 20, r.body(14), 10)
    r.message(0, 5, last - 9, r.body(13), last - 9)
    r.message(2, 5, 10, r.body(13), 0)


@vector("wrap-31", "T-26")
def _sign(r: Recording) -> None:
    """
    Nothing happens to the time at 2^31.
    """
    last = (1 << 31) - 1
    r.message(0, 6, last - 49, r.body(12), last - 49)
    r.message(1, 6, 40, r.body(13), last - 9)
    r.message(2, 6, 9, r.body(13), last)
    r.message(3, 6, None, r.body(13), last + 9)
    r.message(0, 4, last, r.body(300), last, repeated=last)
    r.message(0, 4, last + 1, r.body(300), last + 1, repeated=last + 1)


@vector("backwards-type-0", "T-27")
def _backwards(r: Recording) -> None:
    """
    Time goes back by type 0, as ffmpeg and gortmplib write it.
    """
    r.message(0, 6, 5000, r.body(140), 5000)
    r.message(1, 6, 40, r.body(141), 5040)
    r.message(0, 6, 5000, r.body(142), 5000)
    r.message(1, 6, 40, r.body(143), 5040)
    r.message(0, 6, 0, r.body(144), 0)
    r.message(2, 6, 40, r.body(144), 40)


@vector("backwards-delta", "T-27", basis=FIELD)
def _negative(r: Recording) -> None:
    """
    Time goes back by a delta of nearly 2^32, which has an extended timestamp,
    as librtmp, OBS and GStreamer write it.
    """
    back = WRAP - 40
    r.message(0, 6, 5000, r.body(140), 5000)
    r.message(1, 6, back, r.body(300), 4960, repeated=back)
    r.message(2, 6, back, r.body(300), 4920, repeated=back)
    r.message(3, 6, back, r.body(300), 4880, repeated=back)
    r.message(1, 6, 80, r.body(140), 4960)
    r.message(1, 6, WRAP - 1, r.body(30), 4959)
    r.message(1, 6, WRAP - 5000, r.body(31), WRAP - 41)


@vector("one-csid-for-all-media", "T-28")
def _oneForAll(r: Recording) -> None:
    """
    Audio, video and data on one chunk stream: each delta counts from the last
    message there, of whatever kind.
    """
    r.message(0, 4, 1000, r.body(50), 1000, typeID=18)
    r.message(1, 4, 0, r.body(300), 1000)
    r.message(1, 4, 10, r.body(40), 1010, typeID=AUDIO)
    r.message(1, 4, 13, r.body(300), 1023)
    r.message(1, 4, 10, r.body(40), 1033, typeID=AUDIO)
    r.message(3, 4, None, r.body(40), 1043, typeID=AUDIO)
    r.message(2, 4, 4, r.body(40), 1047, typeID=AUDIO)
    r.message(1, 4, 16, r.body(40), 1063)


@vector("csid-for-each-medium", "T-28")
def _apart(r: Recording) -> None:
    """
    Audio and video on chunk streams of their own: the deltas of one say
    nothing about the other.
    """
    r.message(0, 4, 1000, r.body(40), 1000, typeID=AUDIO)
    r.message(0, 6, 90_000, r.body(300), 90_000)
    r.message(1, 4, 23, r.body(41), 1023, typeID=AUDIO)
    r.message(1, 6, 40, r.body(301), 90_040)
    r.message(3, 4, None, r.body(41), 1046, typeID=AUDIO)
    r.message(3, 6, None, r.body(301), 90_080)
    r.message(2, 4, 24, r.body(41), 1070, typeID=AUDIO)
    r.message(2, 6, 33, r.body(301), 90_113)

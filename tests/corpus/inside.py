"""
Vectors with headers of types 0 to 2 inside a message.
"""

from __future__ import annotations

from tests.corpus.recording import Recording
from tests.corpus.vector import FIELD, Catalogue
from tests.corpus.wire import AUDIO

catalogue = Catalogue("by hand")
vector = catalogue.vector

#: Who refuses them.
STRICT = "receivers that take type 3 only inside a message"


@vector("type-1-inside-message", "T-13", "T-21", basis=FIELD)
def _typeOneInside(r: Recording) -> None:
    """
    Type 1 in place of type 3 inside a message, with the same length and type:
    it goes on, and the delta does not count.
    """
    payload = r.body(500)
    r.start(0, 6, 5000, payload)
    since = r.place + 1
    r.go(6, 1, form=1, time=40)
    r.go(6, 1)
    r.go(6, form=1, time=0)
    r.expect(6, 5000, payload)
    r.message(1, 6, 33, r.body(10), 5033)
    r.tolerateRefusal(STRICT, since)


@vector("type-2-inside-message", "T-13", "T-21", basis=FIELD)
def _typeTwoInside(r: Recording) -> None:
    """
    Type 2 in place of type 3 inside a message: it goes on, and the delta does
    not count.
    """
    payload = r.body(400)
    r.start(0, 6, 5000, payload)
    since = r.place + 1
    r.go(6, form=2, time=40)
    r.expect(6, 5000, payload)
    r.message(1, 6, 33, r.body(10), 5033)
    r.tolerateRefusal(STRICT, since)


@vector("type-0-inside-message", "T-13", basis=FIELD)
def _typeZeroInside(r: Recording) -> None:
    """
    Type 0 inside a message gives that one up and starts another; nothing of
    the first gets into it.
    """
    r.start(0, 6, 5000, r.body(500))
    since = r.place + 1
    r.message(0, 6, 6000, r.body(200), 6000)
    r.message(2, 6, 40, r.body(200), 6040)
    r.start(0, 6, 7000, r.body(200))
    r.message(0, 6, 7000, r.body(200), 7000)
    r.tolerateRefusal(STRICT, since)


@vector("other-length-inside-message", "T-13", basis=FIELD)
def _otherLength(r: Recording) -> None:
    """
    Type 1 inside a message with a shorter length than has come already, with a
    longer one, and with another type: each gives the message up and starts
    another.
    """
    r.start(0, 6, 5000, r.body(500))
    since = r.place + 1
    r.go(6, 1)
    r.message(1, 6, 40, r.body(100), 5040)
    r.message(2, 6, 40, r.body(100), 5080)
    r.start(1, 6, 20, r.body(300))
    r.message(1, 6, 20, r.body(400), 5120)
    r.start(1, 6, 20, r.body(300))
    r.message(1, 6, 20, r.body(300), 5160, typeID=AUDIO)
    r.tolerateRefusal(STRICT, since)

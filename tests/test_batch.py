"""
Tests of L{rtmptwisted.batch}.
"""

from __future__ import annotations

from rtmptwisted.batch import BEGIN as START
from rtmptwisted.batch import Batch, Place
from rtmptwisted.formats import FLVFormat, Format, Framing, RTMPFormat
from rtmptwisted.rendition import Rendition
from rtmptwisted.viewer import Flush
from rtmptwisted.wire.flv import FLVTag
from tests.delivery_support import BEGIN, WHO
from tests.flv_reader import SCRIPT, Tag, readTags
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    dechunked,
    frame,
    keyframe,
    plain,
    videoHeader,
)
from tests.support import ServerTestCase


class BatchTests(ServerTestCase):
    """
    Tests of L{Batch}.
    """

    def setUp(self) -> None:
        """
        Publish.
        """
        super().setUp()
        self.stream = self.directory.publish("live/show", WHO)
        self.note(*BEGIN)

    def note(self, *tags: FLVTag) -> None:
        """
        Let the stream take tags that no batch is about.
        """
        for tag in tags:
            self.stream.receive(tag)

    def batch(self, *tags: FLVTag, form: Format | None = None) -> Batch:
        """
        @return: what is made of these tags, each as it arrives.
        """
        rendition = Rendition(self.stream, form or FLVFormat())
        rendition.look()
        batch = Batch(rendition)
        for tag in tags:
            self.note(tag)
            self.assertTrue(batch.add(tag))
        return batch

    def tags(self, flush: Flush | None) -> list[Tag]:
        """
        @return: the tags of a flush.
        """
        assert flush is not None
        return readTags(flush.data)

    def test_empty(self) -> None:
        """
        The end of a new batch is where batches begin.
        """
        self.assertEqual(self.batch().end, START)

    def test_end(self) -> None:
        """
        The end counts tags and frames: sequence headers and metadata are none.
        """
        batch = self.batch(audio(20), videoHeader(30), keyframe(40), frame(80))
        self.assertEqual(batch.end, Place(4, 3))

    def test_since(self) -> None:
        """
        Behind any place there are the tags that were added behind it, with their
        frames, due when they were asked for first.
        """
        tags = (audio(20), videoHeader(30), keyframe(40), frame(80))
        places = [START, Place(1, 1), Place(2, 1), Place(3, 2)]
        batch = self.batch(*tags)
        for n, place in enumerate(places):
            flush = batch.since(place, 7.5)
            self.assertEqual(self.tags(flush), plain(*tags[n:]))
            self.assertEqual((flush.frames, flush.at), (3 - place.frames, 7.5))

    def test_shared(self) -> None:
        """
        All who ask for the same get the same object.
        """
        batch = self.batch(audio(20), keyframe(40), frame(80))
        for place in (START, Place(1, 1)):
            self.assertIs(batch.since(place, 1).data, batch.since(place, 2).data)
        first, second = batch.restart(START, 1), batch.restart(Place(1, 1), 2)
        assert first is not None and second is not None
        self.assertIs(first.data, second.data)

    def test_framed(self) -> None:
        """
        What is behind a place has one frame around all of it.
        """
        batch = self.batch(audio(20), frame(40), form=FLVFormat(Framing.CHUNKED))
        for place in (START, Place(1, 1)):
            data = batch.since(place, 0).data
            self.assertEqual(data.count(b"\r\n"), 2)
            self.assertEqual(
                readTags(dechunked(data)), plain(audio(20), frame(40))[place.tags :]
            )

    def test_restart(self) -> None:
        """
        Who waits for a keyframe gets sequence headers at its time, it, and what is
        behind it; the frames of the sequence headers do not count.
        """
        batch = self.batch(audio(20), keyframe(40), audio(50))
        flush = batch.restart(START, 3.0)
        self.assertEqual(
            self.tags(flush),
            plain(videoHeader(40), audioHeader(40), keyframe(40), audio(50)),
        )
        assert flush is not None
        self.assertEqual((flush.frames, flush.at), (2, 3.0))

    def test_restartWithMetadata(self) -> None:
        """
        The metadata comes first, at 0 ms.
        """
        self.stream.receiveMetadata({"width": 640.0})
        first = self.tags(self.batch(keyframe(40)).restart(START, 0))[0]
        self.assertEqual((first.type, first.timestamp), (SCRIPT, 0))

    def test_noRestart(self) -> None:
        """
        Where there is no keyframe there is no place to start.
        """
        self.assertIsNone(self.batch(audio(20), frame(40)).restart(START, 0))
        self.assertIsNone(self.batch().restart(START, 0))

    def test_restartBehind(self) -> None:
        """
        Who came behind the keyframe cannot start there; who came right before it
        can.
        """
        batch = self.batch(audio(20), keyframe(40), audio(50))
        self.assertIsNotNone(batch.restart(Place(1, 1), 0))
        self.assertIsNone(batch.restart(Place(2, 2), 0))
        self.assertIsNone(batch.restart(batch.end, 0))

    def test_setupOfTheFirst(self) -> None:
        """
        The sequence headers are those of the first keyframe; others that come
        later stand where they came.
        """
        new = videoHeader(60, AVC_CONFIG + b"new")
        batch = self.batch(keyframe(40), new, keyframe(80))
        self.assertEqual(
            self.tags(batch.restart(START, 0)),
            plain(videoHeader(40), audioHeader(40), keyframe(40), new, keyframe(80)),
        )

    def test_noPart(self) -> None:
        """
        A tag that is no part of the form leaves the batch as it is.
        """
        rendition = Rendition(self.stream, RTMPFormat(1, audio=False))
        batch = Batch(rendition)
        self.assertFalse(batch.add(audio(20)))
        self.assertEqual(batch.end, START)
        self.assertTrue(batch.add(frame(40)))
        self.assertEqual(batch.end, Place(1, 1))

    def test_soundOnly(self) -> None:
        """
        Where there is no video one can start at any frame, but not at a sequence
        header.
        """
        self.stream = self.directory.publish("live/sound", WHO)
        self.note(audioHeader(), audio(0), audio(1000))
        batch = self.batch(audioHeader(1010), audio(1020), audio(1040))
        self.assertEqual(
            self.tags(batch.restart(START, 0)),
            plain(audioHeader(1020), audio(1020), audio(1040)),
        )

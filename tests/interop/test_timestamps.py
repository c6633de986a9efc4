"""
Timestamps that need more than 24 bits, and that wrap, with real players.

What becomes of the time itself differs: rtmpdump, rtmp2src and curl keep what
they receive.  ffmpeg writes FLV with 31 bits of time; and where a stream starts
within a minute of 2^32 ms, it counts from 0.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.formats import CHUNK_SIZE
from rtmptwisted.wire.chunkwriter import cut
from tests.flv_reader import Tag, readFLV
from tests.interop.clients import (
    Client,
    Play,
    playCurl,
    playCurrentFFmpeg,
    playFFmpeg,
    playGStreamer,
    playRTMPDump,
    publishFFmpeg,
)
from tests.interop.media import frames, largeSource, media, remuxed, seedSource
from tests.interop.rawclient import connect, mediaMessages, publishing, readUntil
from tests.interop.server import Server

#: Crosses 2^24 ms, the first time that does not fit a chunk header, after 0.2 s.
_START = 16_777_000

_WRAP = 2**32

#: What a client sends in one chunk, in bytes, after L{publishing}.
_CLIENT_CHUNK = 4096

#: So much of a stream has been sent when HTTP players come, in tags.
_BEFORE_HTTP = 8


class Player(NamedTuple):
    """
    A player, and how many of its milliseconds make a whole turn.
    """

    play: Play
    turn: int

    @property
    def exact(self) -> bool:
        """
        Whether it keeps timestamps as they come.
        """
        return self.turn == _WRAP


RTMP_PLAYERS = (
    Player(playFFmpeg, 2**31),
    Player(playCurrentFFmpeg, 2**31),
    Player(playRTMPDump, _WRAP),
    Player(playGStreamer, _WRAP),
)
HTTP_PLAYERS = (
    Player(playFFmpeg, 2**31),
    Player(playCurrentFFmpeg, 2**31),
    Player(playCurl, _WRAP),
)


class Playing(NamedTuple):
    """
    A player that is at work.
    """

    player: Player
    client: Client
    path: Path


def shifted(tags: Sequence[Tag], milliseconds: int) -> list[Tag]:
    """
    @return: the tags, later by so much.
    """
    return [
        tag._replace(timestamp=(tag.timestamp + milliseconds) % _WRAP) for tag in tags
    ]


class TimestampTests(SynchronousTestCase):
    """
    Nothing is lost at any time, and all distances in time are kept.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.playing: list[Playing] = []

    def play(self, players: Sequence[Player], url: str, name: str) -> None:
        """
        Start players, and wait until the server has them.
        """
        for player in players:
            path = self.folder / f"{len(self.playing)}.flv"
            client = player.play(url, path)
            self.addCleanup(client.kill)
            self.playing.append(Playing(player, client, path))
        protocol = url.partition(":")[0].upper()
        self.server.waitFor(f"plays {name} over {protocol}", len(players))

    def publish(self, name: str, tags: Sequence[Tag], deltas: bool) -> None:
        """
        Publish as fast as it goes, with RTMP players that wait for it, and HTTP
        players that come in its first group of pictures.

        @param deltas: whether messages say how much later they are than those
            before, as ffmpeg does, instead of when they are, as others do.
        """
        app, _, last = name.partition("/")
        start, writer = publishing(app, last)
        sent = [
            writer.write(message) if deltas else cut(message, _CLIENT_CHUNK)
            for message in mediaMessages(tags)
        ]
        self.play(RTMP_PLAYERS, f"{self.server.rtmp}/{name}", name)
        with connect(self.server.port) as connection:
            connection.sendall(start)
            readUntil(connection, b"NetStream.Publish.Start")
            connection.sendall(b"".join(sent[:_BEFORE_HTTP]))
            self.play(HTTP_PLAYERS, f"{self.server.http}/{name}.flv", name)
            connection.sendall(b"".join(sent[_BEFORE_HTTP:]))

    def assertPlayed(self, tags: Sequence[Tag]) -> None:
        """
        All players got all frames, at the times that were published.
        """
        expected = frames(list(tags))
        for player, client, path in self.playing:
            who = str(client.command)
            client.finish(None if player.play is playRTMPDump else 0)
            got = frames(media(path))
            self.assertEqual(len(got), len(expected), who)
            shift = got[0].timestamp - expected[0].timestamp
            for index, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
                self.assertEqual(mine.type, theirs.type, f"{who}, frame {index}")
                self.assertEqual(mine.body, theirs.body, f"{who}, frame {index}")
                distance = mine.timestamp - theirs.timestamp - shift
                self.assertEqual(distance % player.turn, 0, f"{who}, frame {index}")
            if player.exact:
                self.assertEqual(shift, 0, who)
        self.playing.clear()

    def assertRecorded(self, name: str, source: Sequence[Tag]) -> None:
        """
        The recording starts at 0, and is complete.

        @param source: what was published, from 0.
        """
        path = self.server.recording(name)
        got, first = media(path), frames(list(source))[0].timestamp
        self.assertEqual([t.body for t in got], [t.body for t in source])
        times = [tag.timestamp for tag in frames(got)]
        expected = [tag.timestamp - first for tag in frames(list(source))]
        self.assertEqual(times, expected)
        self.assertEqual(readFLV(path.read_bytes()).tags[0].timestamp, 0)

    def _shifted(self, source: Path, milliseconds: int) -> None:
        tags = media(source)
        sent = shifted(tags, milliseconds)
        for deltas in (True, False):
            name = f"live/{milliseconds}-{'deltas' if deltas else 'times'}"
            self.publish(name, sent, deltas)
            self.assertPlayed(sent)
            self.assertRecorded(name, tags)

    def test_extended(self) -> None:
        """
        A stream that starts at 16,777,000 ms, and gets to where a timestamp
        needs a field of its own.
        """
        self._shifted(seedSource(), _START)

    def test_wrap(self) -> None:
        """
        A stream that starts a second before 2^32 ms.
        """
        self._shifted(seedSource(), _WRAP - 1000)

    def test_sign(self) -> None:
        """
        A stream that starts a second before 2^31 ms, where those who take a
        timestamp for a signed number find a negative one.
        """
        self._shifted(seedSource(), 2**31 - 1000)

    def test_largeFrames(self) -> None:
        """
        Frames of several chunks, each of which has the whole timestamp, on the
        way in as on the way out.
        """
        large = [tag for tag in media(largeSource()) if len(tag.body) > CHUNK_SIZE]
        self.assertEqual(len(large), 10)
        self._shifted(largeSource(), _START)
        self._shifted(largeSource(), _WRAP - 1000)

    def test_ffmpeg(self) -> None:
        """
        ffmpeg starts at 0 with its sequence headers, and is 16,777 s later with
        its first frame: a step that needs a field of its own, in each chunk.
        """
        options = ["-output_ts_offset", "16777"]
        sent = remuxed(largeSource(), None, *options)
        start = frames(sent)[0].timestamp
        self.assertEqual(sent[0].timestamp, 0)
        # The sound begins before 0 in some versions.
        self.assertIn(start, range(_START - 100, _START + 1))
        self.play(RTMP_PLAYERS, f"{self.server.rtmp}/live/step", "live/step")
        publisher = publishFFmpeg(
            largeSource(), f"{self.server.rtmp}/live/step", live=True, options=options
        )
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/step ")
        # All of it is one group of pictures: nobody misses any of it.
        publisher.pause()
        self.play(HTTP_PLAYERS, f"{self.server.http}/live/step.flv", "live/step")
        publisher.resume()
        publisher.finish()
        self.assertPlayed(sent)
        self.assertRecorded("live/step", shifted(sent, -start))

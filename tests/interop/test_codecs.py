"""
Codecs of Enhanced RTMP from a real encoder, through the server, to real players.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import AUDIO, FLV, VIDEO, Tag, readFLV
from tests.interop.clients import (
    Client,
    Play,
    playCurl,
    playCurrentFFmpeg,
    publishEnhanced,
)
from tests.interop.httpclient import readStream
from tests.interop.media import (
    enhancedSource,
    frames,
    isEnhanced,
    isKeyframe,
    media,
    packetType,
    remuxed,
    videoFrames,
)
from tests.interop.server import Server
from tests.interop.tools import currentFFmpeg

#: Of an enhanced packet: colour information of video, channel layout of audio.
_CONFIGURATION = 4

#: Where a query asks for all that was published.
_RAW = "?profile=raw"

#: What browsers cannot play from FLV.
_UNREADABLE = ("vp9", "flac")

#: How curl ends when the server refuses what it wants.
_REFUSED = 22

#: Where streams are when players come late, in milliseconds: after the second
#: keyframe, and before the third.
_JOIN = 2200


class Codecs(NamedTuple):
    """
    What is published together.
    """

    video: str
    audio: str

    @property
    def name(self) -> str:
        """
        The name of the stream.
        """
        return f"live/{self.video}-{self.audio}"

    @property
    def source(self) -> Path:
        """
        What is published.
        """
        return enhancedSource(self.video, self.audio)

    @property
    def expected(self) -> list[Tag]:
        """
        What the encoder sends.
        """
        return remuxed(self.source, currentFFmpeg())

    @property
    def readable(self) -> list[Tag]:
        """
        What browsers get of it.
        """
        return [
            tag
            for tag in self.expected
            if (self.audio if tag.type == AUDIO else self.video) not in _UNREADABLE
            and not (isEnhanced(tag) and packetType(tag) == _CONFIGURATION)
        ]


ALL = (
    Codecs("hevc", "aac"),
    Codecs("av1", "opus"),
    Codecs("vp9", "flac"),
    Codecs("hevc", "flac"),
    Codecs("h264", "opus"),
)


class Playing(NamedTuple):
    """
    A player that writes what it gets to a file.
    """

    url: str
    client: Client
    path: Path

    def finish(self) -> FLV:
        """
        Wait until it ends by itself.

        @return: what it got.
        """
        self.client.finish()
        return readFLV(self.path.read_bytes())


def bodies(tags: list[Tag]) -> list[bytes]:
    """
    @return: the payloads.
    """
    return [tag.body for tag in tags]


class CodecTests(SynchronousTestCase):
    """
    Codecs with a FourCC are recorded and played as any others.
    """

    def setUp(self) -> None:
        # Sources first: encoding them is not part of any test.
        for codecs in ALL:
            self.assertTrue(codecs.expected)
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.count = 0

    def play(self, player: Play, url: str) -> Playing:
        """
        Start a player.
        """
        self.count += 1
        path = self.folder / f"{self.count}.flv"
        client = player(url, path)
        self.addCleanup(client.kill)
        return Playing(url, client, path)

    def publish(self, codecs: Codecs) -> Client:
        """
        Start to publish in real time.
        """
        publisher = publishEnhanced(
            codecs.source, f"{self.server.rtmp}/{codecs.name}", live=True
        )
        self.addCleanup(publisher.kill)
        self.server.waitFor(f"publishes {codecs.name} ")
        return publisher

    def assertFrames(self, got: list[Tag], expected: list[Tag], who: object) -> None:
        """
        A player got these frames, each with its timestamp.
        """
        # Numbers first: they say more than a list of bytes.
        self.assertEqual(len(got), len(expected), who)
        for index, (mine, theirs) in enumerate(zip(got, expected, strict=True)):
            self.assertEqual(mine, theirs, f"{who}, frame {index}")

    def test_recorded(self) -> None:
        """
        What an encoder sends is what is recorded: sequence headers, colour
        information, channel layouts and all frames, bit by bit; the frames at
        their times.
        """
        for codecs in ALL:
            url = f"{self.server.rtmp}/{codecs.name}"
            publishEnhanced(codecs.source, url).finish()
            got = media(self.server.recording(codecs.name))
            self.assertFrames(frames(got), frames(codecs.expected), codecs)
            self.assertEqual(bodies(got), bodies(codecs.expected), codecs)
            self.assertEqual(len(videoFrames(got)), 4 * 30, codecs)

    def test_enhanced(self) -> None:
        """
        The sources are what these tests are about: of each enhanced codec there
        is a sequence header and configuration, with its FourCC.
        """
        sent = {
            (tag.type, tag.body[1:5], packetType(tag))
            for codecs in ALL
            for tag in codecs.expected
            if isEnhanced(tag)
        }
        wanted = [(VIDEO, each) for each in (b"hvc1", b"av01", b"vp09")]
        wanted += [(AUDIO, each) for each in (b"Opus", b"fLaC")]
        for kind, fourCC in wanted:
            for packet in (0, 1, _CONFIGURATION):
                self.assertIn((kind, fourCC, packet), sent)

    def test_waiting(self) -> None:
        """
        ffmpeg that waits for the publisher gets every frame over RTMP.
        """
        urls = [f"{self.server.rtmp}/{codecs.name}" for codecs in ALL]
        players = [self.play(playCurrentFFmpeg, url) for url in urls]
        self.server.waitFor("plays live/.* over RTMP", len(ALL))
        for codecs, url, player in zip(ALL, urls, players, strict=True):
            publishEnhanced(codecs.source, url).finish()
            got = frames(player.finish().media)
            self.assertFrames(got, frames(codecs.expected), url)

    def test_lateJoin(self) -> None:
        """
        ffmpeg that comes late begins with a keyframe, over RTMP as over
        HTTP-FLV, and misses nothing from there on.
        """
        publishers = [self.publish(codecs) for codecs in ALL]
        for codecs, publisher in zip(ALL, publishers, strict=True):
            url = f"{self.server.http}/{codecs.name}.flv{_RAW}"
            readStream(url, lambda tag: tag.timestamp >= _JOIN)
            publisher.pause()
        players = []
        for codecs in ALL:
            http = f"{self.server.http}/{codecs.name}.flv"
            for url, expected in (
                (f"{self.server.rtmp}/{codecs.name}", codecs.expected),
                (http + _RAW, codecs.expected),
                (http, codecs.readable),
            ):
                if expected:
                    player = self.play(playCurrentFFmpeg, url)
                    players.append((codecs, expected, player))
        self.assertEqual(len(players), 3 * len(ALL) - 1)
        # Those that looked how far the streams are were players too.
        self.server.waitFor("plays live/", len(publishers) + len(players))
        for publisher in publishers:
            publisher.resume()
        for codecs, expected, player in players:
            first = self.lastKeyframe(codecs)
            missed = frames(codecs.expected)[:first]
            wanted = [tag for tag in frames(expected) if tag not in missed]
            got = frames(player.finish().media)
            self.assertFrames(got, wanted, player.url)

    def lastKeyframe(self, codecs: Codecs) -> int:
        """
        @return: the place among all frames where players begin who come late.
        """
        first = max(
            index
            for index, tag in enumerate(frames(codecs.expected))
            if isKeyframe(tag) and tag.timestamp <= _JOIN
        )
        self.assertGreater(first, 0)
        return first

    def test_http(self) -> None:
        """
        HTTP-FLV has all that was published in the raw profile, and otherwise
        just what browsers can play of it: of HEVC with FLAC the picture, of VP9
        with FLAC nothing, which is refused.  ffmpeg plays every frame of both.
        """
        publishers = []
        for codecs in ALL:
            publishers.append(self.publish(codecs))
            # The first tag comes when it is known what the stream has.
            url = f"{self.server.http}/{codecs.name}.flv{_RAW}"
            readStream(url, lambda tag: True)
            # Within the first group of pictures, so that nobody misses any of it.
            publishers[-1].pause()
        players = []
        for codecs in ALL:
            http = f"{self.server.http}/{codecs.name}.flv"
            for url, expected in (
                (http + _RAW, codecs.expected),
                (http, codecs.readable),
            ):
                curl = self.play(playCurl, url)
                if not expected:
                    self.assertEqual(codecs.name, "live/vp9-flac")
                    self.assertIn("406", curl.client.finish(_REFUSED))
                    continue
                players.append((expected, curl, self.play(playCurrentFFmpeg, url)))
        count = len(publishers) + 2 * len(players)
        self.server.waitFor("plays live/.* over HTTP-FLV", count)
        for publisher in publishers:
            publisher.resume()
        for expected, curl, ffmpeg in players:
            flv = curl.finish()
            self.assertEqual(bodies(flv.media), bodies(expected), curl.url)
            self.assertEqual(flv.flags, self.flags(expected), curl.url)
            for player, got in ((curl, flv.media), (ffmpeg, ffmpeg.finish().media)):
                self.assertFrames(frames(got), frames(expected), player.url)

    def flags(self, expected: list[Tag]) -> int:
        """
        @return: what the header of a file with these tags says.
        """
        kinds = {tag.type for tag in expected}
        return 4 * (AUDIO in kinds) + 1 * (VIDEO in kinds)

"""
Real players play, from the start and from the middle, and end by themselves.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from twisted.trial.unittest import SynchronousTestCase

from tests.flv_reader import VIDEO, Tag, readFLV
from tests.interop.clients import (
    Client,
    playCurl,
    playFFmpeg,
    playGStreamer,
    playRTMPDump,
    publishFFmpeg,
)
from tests.interop.httpclient import readStream
from tests.interop.media import frames, media, remuxed, seedSource, shortGOPSource
from tests.interop.server import Server
from tests.interop.tools import currentFFmpeg, tool

Play: TypeAlias = Callable[[str, Path], Client]

#: rtmpdump ends with this code when the stream is over and it does not know
#: how long the stream should have been.
_INCOMPLETE = 2


def playCurrentFFmpeg(url: str, into: Path) -> Client:
    """
    Play with a current ffmpeg.
    """
    return playFFmpeg(url, into, currentFFmpeg())


RTMP_PLAYERS: tuple[Play, ...] = (
    playFFmpeg,
    playCurrentFFmpeg,
    playRTMPDump,
    playGStreamer,
)
HTTP_PLAYERS: tuple[Play, ...] = (playFFmpeg, playCurrentFFmpeg, playCurl)


class PlayerTests(SynchronousTestCase):
    """
    What players get is what was published.
    """

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.close)
        self.folder = Path(tempfile.mkdtemp(prefix="rtmptwisted-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def play(self, player: Play, url: str, number: int) -> tuple[Client, Path]:
        """
        Start a player.
        """
        path = self.folder / f"{number}.flv"
        client = player(url, path)
        self.addCleanup(client.kill)
        return client, path

    def assertEnds(self, client: Client) -> None:
        """
        A player ends by itself.
        """
        dump = "rtmpdump" in client.command[0]
        output = client.finish(None if dump else 0)
        self.assertNotIn("ERROR", output)

    def assertSuffix(self, got: list[Tag], expected: list[Tag], who: str) -> None:
        """
        What a player got is the end of what was published: nothing is missing
        in it, every payload is bit-exact and every distance in time too.
        """
        self.assertTrue(got, who)
        wanted = expected[-len(got) :]
        shift = got[0].timestamp - wanted[0].timestamp
        for index, (mine, theirs) in enumerate(zip(got, wanted, strict=True)):
            self.assertEqual(mine.type, theirs.type, f"{who}, frame {index}")
            self.assertEqual(mine.body, theirs.body, f"{who}, frame {index}")
            distance = mine.timestamp - theirs.timestamp
            self.assertEqual(distance, shift, f"{who}, frame {index}")

    def test_waiting(self) -> None:
        """
        Players that come before the publisher get the stream from its first
        frame to its last (T-5B).
        """
        url = f"{self.server.rtmp}/live/early"
        clients = [
            self.play(player, url, number) for number, player in enumerate(RTMP_PLAYERS)
        ]
        self.server.waitFor("plays live/early over RTMP", len(clients))
        publishFFmpeg(seedSource(), url, live=True).finish()
        expected = frames(remuxed(seedSource()))
        for client, path in clients:
            self.assertEnds(client)
            got = frames(media(path))
            self.assertEqual(len(got), len(expected), client.command)
            self.assertSuffix(got, expected, str(client.command))

    def test_lateJoin(self) -> None:
        """
        Players that come in the middle begin with a keyframe, at once, miss
        nothing after it, and end when the publisher leaves.
        """
        source = shortGOPSource()
        rtmp = f"{self.server.rtmp}/live/late"
        http = f"{self.server.http}/live/late.flv"
        expected = frames(remuxed(source))
        publisher = publishFFmpeg(source, rtmp, live=True)
        self.server.waitFor("publishes live/late")
        # Two and a half seconds of it have passed when this is over.
        readStream(http, lambda tag: tag.timestamp >= 2500)
        wanted = [(each, rtmp) for each in RTMP_PLAYERS]
        wanted += [(each, http) for each in HTTP_PLAYERS]
        clients = [
            self.play(player, url, number)
            for number, (player, url) in enumerate(wanted)
        ]
        publisher.finish()
        for client, path in clients:
            self.assertEnds(client)
            got = frames(media(path))
            who = str(client.command)
            self.assertSuffix(got, expected, who)
            self.assertLess(len(got), len(expected), who)
            video = [tag for tag in got if tag.type == VIDEO]
            self.assertEqual(video[0].body[0] >> 4, 1, f"{who}: no keyframe first")
            # One keyframe a second: those who join after 2.5 s of 8 get 5 GOPs
            # or more, unless they take long to start.
            self.assertGreaterEqual(len(video), 3 * 30, who)

    def test_tracks(self) -> None:
        """
        Whoever joins late finds video and audio, and nothing that is neither:
        ffmpeg takes metadata that is not at 0 ms for subtitles.
        """
        rtmp = f"{self.server.rtmp}/live/tracks"
        http = f"{self.server.http}/live/tracks.flv"
        publisher = publishFFmpeg(shortGOPSource(), rtmp, live=True)
        self.addCleanup(publisher.kill)
        self.server.waitFor("publishes live/tracks")
        readStream(http, lambda tag: tag.timestamp >= 2500)
        for url in (rtmp, http):
            probe = Client(
                [tool("ffprobe"), "-v", "error", "-of", "csv=p=0", url]
                + ["-show_entries", "stream=codec_type"]
            )
            self.assertEqual(sorted(probe.finish().split()), ["audio", "video"], url)

    def test_headerFlags(self) -> None:
        """
        HTTP-FLV announces just the tracks that the stream has.
        """
        source = shortGOPSource()
        for number, (option, flags) in enumerate((("-an", 1), ("-vn", 4))):
            name = f"live/only{number}"
            publisher = publishFFmpeg(
                source, f"{self.server.rtmp}/{name}", live=True, options=[option]
            )
            self.server.waitFor(f"publishes {name}")
            client, path = self.play(playCurl, f"{self.server.http}/{name}.flv", number)
            # A live publisher of 8 s is not awaited: its end is tested above.
            readStream(f"{self.server.http}/{name}.flv", lambda t: t.timestamp > 1500)
            publisher.kill()
            self.assertEnds(client)
            flv = readFLV(path.read_bytes())
            self.assertEqual(flv.flags, flags)
            kinds = {tag.type for tag in flv.tags} - {18}
            self.assertEqual(kinds, {9 if flags == 1 else 8})

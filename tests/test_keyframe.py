"""
Tests of L{rtmptwisted.keyframe}, as C{GET /app/name.key.flv}.
"""

from __future__ import annotations

from typing import Any

import treq
from twisted.web.iweb import UNKNOWN_LENGTH

from rtmptwisted.wire.flv import FLVTag
from rtmptwisted.wire.limits import Limits
from tests import enhanced_support
from tests.enhanced_support import CODED, METADATA, ONE, START, Track, multitrack
from tests.flv_reader import FLV, VIDEO, Tag, readFLV
from tests.http_support import BEGIN, HTTPTestCase
from tests.media import (
    AVC_CONFIG,
    audio,
    audioHeader,
    frame,
    keyframe,
    metadataOf,
    plain,
    videoHeader,
)

HEADER = plain(videoHeader())


def at0(tag: FLVTag) -> Tag:
    """
    A keyframe as it is in the file.
    """
    return Tag(VIDEO, 0, tag.body)


def enhanced(packetType: int, codec: str) -> FLVTag:
    """
    A tag with a header of Enhanced RTMP.
    """
    return FLVTag(VIDEO, 0, enhanced_support.plain(VIDEO, packetType, codec, bytes(9)))


class KeyframeTestCase(HTTPTestCase):
    """
    A server that is asked for keyframes.
    """

    def body(self, response: Any) -> bytes:
        """
        @return: the body of a response that is complete.
        """
        body = self.successResultOf(treq.content(response))
        assert isinstance(body, bytes)
        return body

    def get(self, query: str = "", name: str = "live/show") -> FLV:
        """
        @return: the file, which has to be there.
        """
        response = self.request("GET", f"/{name}.key.flv{query}")
        self.assertEqual(response.code, 200)
        self.assertEqual(self.header(response, "content-type"), "video/x-flv")
        body = self.body(response)
        self.assertEqual(response.length, len(body))
        return readFLV(body)


class FileTests(KeyframeTestCase):
    """
    What is in the file.
    """

    def test_file(self) -> None:
        """
        The file has the sequence header of the video and the last keyframe, both at
        0 ms, and says that there is video alone.
        """
        self.publish(*BEGIN)
        self.receive(frame(40), audio(50), keyframe(80), frame(120), audio(130))
        contents = self.get()
        self.assertEqual(contents.flags, 1)
        self.assertEqual(contents.tags, [*HEADER, at0(keyframe(80))])

    def test_next(self) -> None:
        """
        Each new keyframe is the last one then.
        """
        self.publish(*BEGIN)
        for time in (1000, 2000, 3000):
            self.receive(keyframe(time), frame(time + 40))
            self.assertEqual(self.get().tags, [*HEADER, at0(keyframe(time))])

    def test_metadata(self) -> None:
        """
        What the publisher says of the picture is in it, nothing of the sound and
        nothing that holds for files.
        """
        self.publish(*BEGIN)
        self.live().receiveMetadata(
            {"width": 640.0, "audiocodecid": 10.0, "duration": 9.0, "title": "x"}
        )
        contents = self.get()
        self.assertEqual(
            metadataOf(contents),
            {"width": 640.0, "title": "x", "hasAudio": False, "hasVideo": True},
        )
        self.assertEqual(contents.media, [*HEADER, at0(keyframe(0))])

    def test_changedHeader(self) -> None:
        """
        The sequence header is that of the keyframe, though there may be another one
        by now.
        """
        self.publish(*BEGIN)
        other = videoHeader(2000, AVC_CONFIG + b"other")
        self.receive(keyframe(1000), other, frame(2000))
        self.assertEqual(self.get().tags, [*HEADER, at0(keyframe(1000))])
        self.receive(keyframe(3000))
        self.assertEqual(self.get().tags, [at0(other), at0(keyframe(3000))])

    def test_onlyTheLastHeader(self) -> None:
        """
        Of several sequence headers before the keyframe the file has the last one.
        """
        other = videoHeader(0, AVC_CONFIG + b"other")
        self.publish(videoHeader(), other, keyframe(0), audioHeader(), audio(10))
        self.assertEqual(self.get().tags, [at0(other), at0(keyframe(0))])

    def test_firstGroup(self) -> None:
        """
        While it is not known yet what the stream has, the last keyframe counts too.
        """
        self.publish(videoHeader(), keyframe(0), frame(40), keyframe(80))
        self.assertEqual(self.get().tags, [*HEADER, at0(keyframe(80))])

    def test_names(self) -> None:
        """
        Names of any form have a keyframe, and a stream that ends with .key itself is
        that stream.
        """
        for name in ("only", "a/b/c", "live/x@y:z=1+2~-_.w", "live/show.key"):
            self.publish(*BEGIN, name=name)
            self.assertEqual(self.get(name=name).tags, [*HEADER, at0(keyframe(0))])
        response = self.request("GET", "/live/show.key.flv")
        self.assertIs(response.length, UNKNOWN_LENGTH)
        self.assertEqual(self.live("live/show.key").viewers, 1)

    def test_noViewer(self) -> None:
        """
        Who takes a keyframe is no viewer.
        """
        self.publish(*BEGIN)
        self.get()
        self.assertEqual(self.live().viewers, 0)
        self.assertFalse(self.live().hasSinks)


class ProfileTests(KeyframeTestCase):
    """
    Other codecs than H.264.
    """

    def test_hevc(self) -> None:
        """
        HEVC with Enhanced RTMP comes in the form that browsers read; raw it comes
        as it was sent.
        """
        header, key = enhanced(START, "hvc1"), enhanced(CODED, "hvc1")
        colour = enhanced(METADATA, "hvc1")
        self.publish(header, colour, key, audioHeader(), audio(10))
        self.assertEqual(self.get().tags, plain(header, key))
        self.assertEqual(self.get("?profile=raw").tags, plain(header, colour, key))

    def test_enhancedAVC(self) -> None:
        """
        H.264 in Enhanced RTMP comes in legacy form.
        """
        header, key = enhanced(START, "avc1"), enhanced(CODED, "avc1")
        self.publish(header, key, audioHeader(), audio(10))
        first, second = self.get().tags
        self.assertEqual((first.body[:2], second.body[:2]), (b"\x17\0", b"\x17\1"))

    def test_unreadable(self) -> None:
        """
        A codec that no browser reads is refused with a reason, though the sound
        could be played; raw it comes.
        """
        header, key = enhanced(START, "vp09"), enhanced(CODED, "vp09")
        self.publish(header, key, audioHeader(), audio(10))
        response = self.request("GET", "/live/show.key.flv")
        self.assertEqual(response.code, 406)
        self.assertIn("cannot play vp09", self.text(response))
        self.assertEqual(self.get("?profile=raw").tags, plain(header, key))

    def test_otherTracks(self) -> None:
        """
        A keyframe of a further track is not taken for one, and what sets that track
        up is not in the file.
        """
        bodies = [
            multitrack(VIDEO, ONE, kind, [Track(1, "hvc1", bytes(20))])
            for kind in (START, CODED)
        ]
        further, late = FLVTag(VIDEO, 0, bodies[0]), FLVTag(VIDEO, 500, bodies[1])
        header, key = enhanced(START, "hvc1"), enhanced(CODED, "hvc1")
        self.publish(header, further, key, audioHeader(), audio(10), late)
        for query in ("", "?profile=raw"):
            self.assertEqual(self.get(query).tags, plain(header, key))

    def test_profile(self) -> None:
        """
        Another profile is a bad request.
        """
        self.publish(*BEGIN)
        response = self.request("GET", "/live/show.key.flv?profile=other")
        self.assertEqual(response.code, 400)


class NoneTests(KeyframeTestCase):
    """
    Where there is none.
    """

    limits = Limits(gopBytes=1000)

    def assertRefused(self, code: int, text: str) -> Any:
        """
        There is an answer of this code, with this line.

        @return: it.
        """
        response = self.request("GET", "/live/show.key.flv")
        self.assertEqual((response.code, self.text(response)), (code, text + "\n"))
        self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
        return response

    def test_notLive(self) -> None:
        """
        What is not live has no keyframe.
        """
        self.assertRefused(404, "live/show is not live")
        response = self.request("GET", "/.key.flv")
        self.assertEqual(response.code, 404)

    def test_soundOnly(self) -> None:
        """
        What has no video has no keyframe.
        """
        self.publish(audioHeader(), audio(0), audio(1000))
        self.assertRefused(404, "live/show has no video")

    def test_notYet(self) -> None:
        """
        Before the first keyframe there is none yet; the client is told when to come
        again.
        """
        self.publish()
        for tags in ((), (videoHeader(),), (audioHeader(), audio(0)), (frame(0),)):
            self.receive(*tags)
            response = self.assertRefused(503, "live/show has no keyframe yet")
            self.assertEqual(self.header(response, "retry-after"), "1")
        self.receive(keyframe(40))
        self.assertEqual(self.get().tags, [*HEADER, at0(keyframe(40))])

    def test_givenUp(self) -> None:
        """
        When the group of pictures was too large to be kept, the next keyframe mends
        that.
        """
        self.publish(*BEGIN)
        self.receive(frame(40, 1001))
        self.assertRefused(503, "live/show has no keyframe yet")
        self.receive(keyframe(80))
        self.assertEqual(self.get().tags, [*HEADER, at0(keyframe(80))])

    def test_head(self) -> None:
        """
        HEAD has the headers of GET and no body.
        """
        self.publish(*BEGIN)
        length = len(self.body(self.request("GET", "/live/show.key.flv")))
        response = self.request("HEAD", "/live/show.key.flv")
        self.assertEqual((response.code, self.body(response)), (200, b""))
        self.assertEqual(self.header(response, "content-length"), str(length))

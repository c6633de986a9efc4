"""
Tests of C{?profile=} of HTTP-FLV: what a browser gets, and what somebody gets who
wants all.
"""

from __future__ import annotations

from typing import Any

import treq

from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.flv import FLVTag
from tests.enhanced_support import (
    CODED,
    audioFrame,
    audioStart,
    headersOf,
    onTrack,
    plain,
    tag,
    videoFrame,
    videoKey,
    videoStart,
)
from tests.flv_reader import AUDIO, FLV, SCRIPT, VIDEO, readFLV
from tests.http_support import BEGIN, HTTPTestCase
from tests.media import audio, audioHeader, keyframe, metadataOf, videoHeader
from tests.media import plain as asTags

#: VP9, which browsers do not read from FLV, and Opus, which they do.
HALF = (
    videoStart("vp09"),
    audioStart("Opus"),
    videoKey("vp09", 0),
    audioFrame("Opus", 10),
)

#: What browsers read nothing of.
NOTHING = (videoKey("vp09", 0), audioFrame("ac-3", 10))


class ProfileTestCase(HTTPTestCase):
    """
    An HTTP server with a stream.
    """

    def get(self, query: str = "") -> bytearray:
        """
        @return: where the body of a response comes in.
        """
        response = self.request("GET", f"/live/show.flv{query}")
        self.assertEqual(response.code, 200)
        body = bytearray()
        treq.collect(response, body.extend)
        self.http.flush()
        return body

    def both(self, *tags: FLVTag, **metadata: AMFValue) -> tuple[FLV, FLV]:
        """
        Publish.

        @return: what a browser gets who joins then, and who wants all.
        """
        self.publish()
        self.live().receiveMetadata({"encoder": "test", **metadata})
        self.receive(*tags)
        found = readFLV(self.get()), readFLV(self.get("?profile=raw"))
        self.live().end()
        self.clock.advance(0)
        return found


class RequestTests(ProfileTestCase):
    """
    What can be asked for.
    """

    def test_names(self) -> None:
        """
        Without a profile, and with the one named compatible, one gets what
        browsers read; with the one named raw, what was published.  Where there
        are several, the last counts, and other parameters do not.
        """
        avc = videoStart("avc1", b"config")
        legacy = FLVTag(VIDEO, 0, b"\x17\x00\x00\x00\x00config")
        self.publish(avc, videoKey("avc1", 0), audio(10))
        for query, expected in (
            ("", legacy),
            ("?profile=compatible", legacy),
            ("?token=x&profile=compatible", legacy),
            ("?profile=raw&profile=compatible", legacy),
            ("?Profile=raw", legacy),
            ("?profile=raw", avc),
            ("?profile=%72%61w&token=x", avc),
            ("?profile=compatible&profile=raw", avc),
        ):
            first, *_ = readFLV(self.get(query)).tags
            self.assertEqual([first], asTags(expected), query)

    def test_unknown(self) -> None:
        """
        Any other profile is refused with a sentence that names those there are,
        by GET and HEAD.
        """
        self.publish(*BEGIN)
        for value in ("", "Raw", "RAW", "raw,compatible", "%00", "%ff", "x" * 2000):
            path = f"/live/show.flv?profile={value}"
            response = self.request("GET", path)
            self.assertEqual(response.code, 400, value)
            text = self.text(response)
            self.assertEqual(text, "a profile is compatible or raw\n")
            self.assertEqual(self.header(response, "access-control-allow-origin"), "*")
            response = self.request("HEAD", path)
            self.assertEqual((response.code, self.text(response)), (400, ""))
        self.assertEqual(self.live().viewers, 0)

    def test_notLive(self) -> None:
        """
        What is not live is not there, in whatever profile.
        """
        for profile in ("raw", "compatible", "unknown"):
            response = self.request("GET", f"/live/show.flv?profile={profile}")
            self.assertEqual(response.code, 404)

    def test_unreadable(self) -> None:
        """
        Where browsers can read nothing of a stream, this is said, with its
        codecs and the way to get it; that way works.
        """
        self.publish(*NOTHING)
        said = "browsers cannot play ac-3 and vp09 as FLV; add ?profile=raw to get it\n"
        for method in ("GET", "HEAD"):
            for query in ("", "?profile=compatible"):
                response = self.request(method, f"/live/show.flv{query}")
                self.assertEqual(response.code, 406)
                expected = "" if method == "HEAD" else said
                self.assertEqual(self.text(response), expected)
        self.assertEqual(self.live().viewers, 0)
        self.assertEqual(readFLV(self.get("?profile=raw")).media, asTags(*NOTHING))

    def test_unreadableCodec(self) -> None:
        """
        The sentence and the list of streams are one line each, of characters
        that can be printed, whatever bytes the publisher has for a codec.
        """
        body = plain(VIDEO, CODED, "\n\r\x1b\x00", b"x")
        self.publish(tag(VIDEO, 0, body), audioFrame("ac-3", 0))
        for path, code in (("/live/show.flv", 406), ("/", 200)):
            response = self.request("GET", path)
            self.assertEqual(response.code, code)
            text = self.text(response)
            self.assertTrue(text.removesuffix("\n").isprintable(), ascii(text))

    def test_notKnownYet(self) -> None:
        """
        As long as it is not known what a stream has nothing is refused; who came
        early to a stream of which nothing can be read is told that there is
        neither audio nor video.
        """
        self.publish(NOTHING[0], name="live/show")
        body = self.get()
        self.assertEqual(body, b"")
        self.receive(NOTHING[1])
        self.assertEqual(readFLV(body), FLV(0, []))
        self.assertEqual(self.request("GET", "/live/show.flv").code, 406)

    def test_becomesReadable(self) -> None:
        """
        What is refused first is there when it can be read.
        """
        self.publish(*NOTHING)
        self.assertEqual(self.request("GET", "/live/show.flv").code, 406)
        self.receive(videoStart("av01"), videoKey("av01", 100))
        self.assertEqual(readFLV(self.get()).flags, 1)


class ClaimsTests(ProfileTestCase):
    """
    What a response says that it has.
    """

    def claims(self, contents: FLV) -> tuple[int, Any, Any]:
        """
        @return: the flags of the header, and C{hasAudio} and C{hasVideo} of the
            metadata.
        """
        metadata = metadataOf(contents)
        return contents.flags, metadata["hasAudio"], metadata["hasVideo"]

    def test_byProfile(self) -> None:
        """
        Header and metadata say exactly what the profile has: players wait
        without end for what does not come.
        """
        all_, noAudio, noVideo = (5, True, True), (1, False, True), (4, True, False)
        for video, sound, browser in (
            (videoKey("avc1", 0), audioFrame("mp4a", 10), all_),
            (videoKey("hvc1", 0), audioFrame("Opus", 10), all_),
            (videoKey("av01", 0), audioFrame("Opus", 10), all_),
            (keyframe(0), audioFrame(".mp3", 10), all_),
            (keyframe(0), FLVTag(AUDIO, 10, b"\x2fmp3"), all_),
            (keyframe(0), audioFrame("fLaC", 10), noAudio),
            (keyframe(0), FLVTag(AUDIO, 10, b"\x3fpcm"), noAudio),
            (videoKey("vp09", 0), audio(10), noVideo),
            (videoKey("vp08", 0), audio(10), noVideo),
            (videoKey("vvc1", 0), audio(10), noVideo),
            (FLVTag(VIDEO, 0, b"\x14vp6"), audio(10), noVideo),
            (keyframe(0), audioFrame("ac-3", 10), noAudio),
            (keyframe(0), audioFrame("ec-3", 10), noAudio),
            (keyframe(0), FLVTag(AUDIO, 10, b"\xb2speex"), noAudio),
            (keyframe(0), FLVTag(AUDIO, 10, b"\x72alaw"), noAudio),
            (keyframe(0), FLVTag(AUDIO, 10, b"\xd2?"), noAudio),
        ):
            compatible, raw = self.both(*headersOf(video, sound), video, sound)
            self.assertEqual(self.claims(raw), all_)
            self.assertEqual(self.claims(compatible), browser, (video.body, sound.body))
            kinds = {each.type for each in compatible.media}
            flags = (AUDIO in kinds) << 2 | (VIDEO in kinds)
            self.assertEqual(compatible.flags, flags)

    def test_otherForms(self) -> None:
        """
        It is the form that counts, not the codec alone: what is said to be there
        comes, also for PCM in the order of bytes of some platform, and MP3 under
        its number for 8 kHz; and where nothing would come, this is said.
        """
        for body in (b"\x0fpcm", b"\xe2mp3"):
            sound = FLVTag(AUDIO, 10, body)
            compatible, raw = self.both(videoHeader(), keyframe(0), sound)
            self.assertEqual(raw.media, asTags(videoHeader(), keyframe(0), sound))
            self.assertEqual(self.claims(raw), (5, True, True))
            comes = len(compatible.media) > 2
            expected = (5, True, True) if comes else (1, False, True)
            self.assertEqual(self.claims(compatible), expected, body)
            self.publish(FLVTag(AUDIO, 0, body), FLVTag(AUDIO, 1000, body))
            response = self.request("GET", "/live/show.flv")
            self.assertEqual(response.code, 200 if comes else 406, body)
            self.live().end()

    def test_otherTracks(self) -> None:
        """
        A medium of which only further tracks are published is none for
        browsers, who get the default track.
        """
        compatible, raw = self.both(
            onTrack(VIDEO, CODED, "avc1", 1, b"\0\0\0x"), audioHeader(), audio(10)
        )
        self.assertEqual(self.claims(raw), (5, True, True))
        self.assertEqual(compatible.media, asTags(audioHeader(), audio(10)))
        self.assertEqual(self.claims(compatible), (4, True, False))

    def test_oneMedium(self) -> None:
        """
        So it is with streams of one medium.
        """
        for tags, browser in (
            ((videoKey("hvc1", 0), videoFrame("hvc1", 1000)), (1, False, True)),
            ((audioFrame("Opus", 0), audioFrame("Opus", 1000)), (4, True, False)),
        ):
            compatible, raw = self.both(*headersOf(tags[0]), *tags)
            self.assertEqual(self.claims(compatible), browser)
            self.assertEqual(self.claims(raw), browser)

    def test_codecIDs(self) -> None:
        """
        What metadata says of a medium that the profile does not have is left
        out there.
        """
        what: dict[str, AMFValue] = {
            "width": 640.0,
            "videocodecid": 1987063865.0,
            "audiocodecid": 1332770163.0,
        }
        compatible, raw = self.both(*HALF, **what)
        both = {"encoder": "test", **what, "hasAudio": True, "hasVideo": True}
        self.assertEqual(metadataOf(raw), both)
        self.assertEqual(
            metadataOf(compatible),
            {
                "encoder": "test",
                "audiocodecid": 1332770163.0,
                "hasAudio": True,
                "hasVideo": False,
            },
        )

    def test_trackMaps(self) -> None:
        """
        What metadata says of further tracks is there only for those who get
        them.
        """
        maps: dict[str, AMFValue] = {
            "audioTrackIdInfoMap": {"1": {"channels": 2.0}},
            "videoTrackIdInfoMap": {"1": {"width": 320.0}, "2": {}},
        }
        compatible, raw = self.both(*BEGIN, **maps)
        self.assertFalse(maps.keys() & metadataOf(compatible).keys())
        self.assertEqual({**metadataOf(raw), **maps}, metadataOf(raw))

    def test_laterMetadata(self) -> None:
        """
        Metadata that comes later is as the profile has it, for each.
        """
        self.publish(*HALF)
        compatible, raw = self.get(), self.get("?profile=raw")
        self.live().receiveMetadata(
            {"height": 1.0, "stereo": True, "videoTrackIdInfoMap": {}}
        )
        self.clock.advance(0)
        self.http.flush()
        for body, hasVideo in ((compatible, False), (raw, True)):
            last = readFLV(body).tags[-1]
            self.assertEqual((last.type, last.timestamp), (SCRIPT, 0))
            found = metadataOf(FLV(0, [last]))
            expected = {"stereo": True, "hasAudio": True, "hasVideo": hasVideo}
            more = {"height": 1.0, "videoTrackIdInfoMap": {}} if hasVideo else {}
            self.assertEqual(found, {**expected, **more})

"""
Tests of L{tests.bench.streams}: what viewers get is read right, however it is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from twisted.trial.unittest import SynchronousTestCase

from tests.bench.streams import (
    FLVReader,
    HTTPReader,
    Malformed,
    Payload,
    Reader,
    RTMPReader,
    WebSocketReader,
)
from tests.wire_support import EXTENDED, basic, header, type0

HEADER = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"

PAYLOADS = [
    Payload(18, 0, b"\x02\x00\x0aonMetaData"),
    Payload(9, 0, b"\x17\x01\0\0\0" + bytes(range(256)) * 12),
    Payload(8, 23, b"\xaf\x01" + b"sound" * 40),
    Payload(9, 0x01020304, b"\x27\x01\0\0\0" + b"frame" * 300),
    Payload(8, 0x01020310, b""),
]


def flv(payloads: list[Payload]) -> bytes:
    """
    @return: a file header, and these as tags.
    """
    data = HEADER
    for kind, time, body in payloads:
        at = time.to_bytes(4, "big")
        data += bytes((kind,)) + len(body).to_bytes(3, "big") + at[1:] + at[:1]
        data += bytes(3) + body + (11 + len(body)).to_bytes(4, "big")
    return data


def pieces(data: bytes, random: Random) -> Iterator[bytes]:
    """
    @return: the data, cut anywhere.
    """
    at = 0
    while at < len(data):
        size = random.choice((1, 2, 3, 7, 50, 5000))
        yield data[at : at + size]
        at += size


class ReaderTestCase(SynchronousTestCase):
    """
    Readers, fed in several ways.
    """

    def check(self, make: Callable[[], Reader], data: bytes) -> None:
        """
        The same comes out whether the data comes at once, byte by byte or cut anywhere.
        """
        self.assertEqual(make().feed(data), PAYLOADS)
        reader = make()
        found = [each for byte in data for each in reader.feed(bytes((byte,)))]
        self.assertEqual(found, PAYLOADS)
        for seed in range(20):
            reader = make()
            cut = pieces(data, Random(seed))
            found = [each for piece in cut for each in reader.feed(piece)]
            self.assertEqual(found, PAYLOADS)


class FLVReaderTests(ReaderTestCase):
    """
    FLV.
    """

    def test_read(self) -> None:
        """
        Tags are found with their times, of which the highest byte comes last.
        """
        self.check(FLVReader, flv(PAYLOADS))

    def test_malformed(self) -> None:
        """
        Another header, or a size behind a tag that is not its own, is an error.
        """
        data = flv(PAYLOADS)
        self.assertRaises(Malformed, FLVReader().feed, b"X" + data[1:])
        self.assertRaises(Malformed, FLVReader().feed, data[:-1] + b"\x09")


class HTTPReaderTests(ReaderTestCase):
    """
    FLV over HTTP.
    """

    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n"

    def test_plain(self) -> None:
        """
        A body that is not chunked is the stream.
        """
        self.check(HTTPReader, self.HEAD + b"\r\n" + flv(PAYLOADS))

    def test_chunked(self) -> None:
        """
        Chunks of any size, with extensions or without, are put together.
        """
        data = self.HEAD + b"Transfer-Encoding: Chunked\r\n\r\n"
        for number, piece in enumerate(pieces(flv(PAYLOADS), Random(7))):
            extension = b";x=y" if number % 3 == 0 else b""
            data += b"%X%s\r\n%s\r\n" % (len(piece), extension, piece)
        self.check(HTTPReader, data)

    def test_refused(self) -> None:
        """
        Any other answer is an error that says which.
        """
        reader = HTTPReader()
        error = self.assertRaises(
            Malformed, reader.feed, b"HTTP/1.1 404 Not Found\r\n\r\nnothing"
        )
        self.assertEqual(str(error), "refused: HTTP/1.1 404 Not Found")

    def test_malformed(self) -> None:
        """
        A chunk that goes on where it should end is an error.
        """
        data = self.HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nFLVxx"
        self.assertRaises(Malformed, HTTPReader().feed, data)


class WebSocketReaderTests(ReaderTestCase):
    """
    FLV over WebSocket.
    """

    HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

    def frame(self, kind: int, data: bytes, wide: int = 0) -> bytes:
        """
        @param kind: the first byte.
        @param wide: how many bytes the size has behind the first; 0 for none.
        """
        if not wide:
            return bytes((kind, len(data))) + data
        size = len(data).to_bytes(wide, "big")
        return bytes((kind, 126 if wide == 2 else 127)) + size + data

    def test_sizes(self) -> None:
        """
        Frames have one of three sizes, messages may consist of several, and control
        frames may come between them.
        """
        data = flv(PAYLOADS)
        sent = self.HEAD + self.frame(0x82, data[:100]) + self.frame(0x89, b"ping")
        sent += self.frame(0x02, data[100:1000], 2) + self.frame(0x8A, b"pong")
        sent += self.frame(0x00, data[1000:1125]) + self.frame(0x80, data[1125:], 8)
        self.check(WebSocketReader, sent)

    def test_refused(self) -> None:
        """
        An answer without an upgrade, a masked frame and one that closes are errors.
        """
        refused = b"HTTP/1.1 200 OK\r\n\r\n"
        self.assertRaises(Malformed, WebSocketReader().feed, refused)
        for frame in (b"\x82\x84keyxdata", b"\xc2\x01x", b"\x88\x00"):
            reader = WebSocketReader()
            self.assertRaises(Malformed, reader.feed, self.HEAD + frame)


class RTMPReaderTests(ReaderTestCase):
    """
    RTMP.
    """

    def chunks(self, chunkStreamID: int, payload: Payload, size: int) -> list[bytes]:
        """
        @return: a message in chunks, the first of which is of type 0.
        """
        kind, time, body = payload
        first = header(0, time, len(body), kind, 1)
        wide = time.to_bytes(4, "big") if time >= EXTENDED else b""
        parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        return [basic(0, chunkStreamID) + first + parts[0]] + [
            basic(3, chunkStreamID) + wide + part for part in parts[1:]
        ]

    def test_chunks(self) -> None:
        """
        Messages are put together from chunks of the size that was announced, whatever
        the number of their chunk stream, and control messages are left out.
        """
        for number in (3, 64, 319, 320, 65599):
            sent = b"".join(self.chunks(number, PAYLOADS[0], 128))
            sent += type0(2, 0, 1, (700).to_bytes(4, "big"), messageStreamID=0)
            sent += type0(2, 0, 4, bytes(6), messageStreamID=0)
            for payload in PAYLOADS[1:]:
                sent += b"".join(self.chunks(number, payload, 700))
            self.check(RTMPReader, sent)

    def test_interleaved(self) -> None:
        """
        Chunks of other messages may come between those of one.
        """
        script, video, sound, *rest = PAYLOADS
        begun, ended = self.chunks(4, sound, 128)
        sent = [*self.chunks(5, script, 128), begun, *self.chunks(6, video, 128), ended]
        for payload in rest:
            sent += self.chunks(6, payload, 128)
        self.check(RTMPReader, b"".join(sent))

    def test_short(self) -> None:
        """
        Headers of types 1 to 3 say what has changed.
        """
        sent = type0(4, 1000, 8, b"one")
        sent += basic(1, 4) + header(1, 10, 4, 9, 0) + b"four"
        sent += basic(2, 4) + header(2, 20, 0, 0, 0) + b"five"
        sent += basic(3, 4) + b"sixx"
        self.assertEqual(
            RTMPReader().feed(sent),
            [
                (8, 1000, b"one"),
                (9, 1010, b"four"),
                (9, 1030, b"five"),
                (9, 1050, b"sixx"),
            ],
        )

    def test_malformed(self) -> None:
        """
        A chunk stream cannot begin with a header that says too little.
        """
        self.assertRaises(Malformed, RTMPReader().feed, basic(3, 4) + b"data")
        self.assertRaises(Malformed, RTMPReader().feed, basic(2, 4) + bytes(9))

"""
An HTTP server in memory.
"""

from __future__ import annotations

from typing import Any

import treq
from treq.testing import StubTreq
from twisted.web.http_headers import Headers

from rtmptwisted import sending
from rtmptwisted.httpflv import LiveResource
from rtmptwisted.streams import Publisher
from rtmptwisted.wire.flv import FLVTag
from tests.media import audio, audioHeader, keyframe, videoHeader
from tests.support import ServerTestCase

URL = "http://server:8080"


BEGIN = (videoHeader(), audioHeader(), keyframe(0), audio(10))


class HTTPTestCase(ServerTestCase):
    """
    An HTTP server in memory.

    @ivar resource: what it serves.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        super().setUp()
        # Nothing is kept from one request to the next; test_sending is about that.
        self.patch(sending, "_FRESH_SECONDS", 0)
        self.resource = LiveResource(self.directory)
        self.http: Any = StubTreq(self.resource)

    def publish(self, *tags: FLVTag, name: str = "live/show") -> None:
        """
        Begin to publish, and send.
        """
        self.directory.publish(name, Publisher("192.0.2.1:4000", "'test'"))
        self.receive(*tags, name=name)

    def receive(self, *tags: FLVTag, name: str = "live/show") -> None:
        """
        Let the publisher send.
        """
        for tag in tags:
            self.live(name).receive(tag)
        self.clock.advance(0)
        self.http.flush()

    def request(self, method: str, path: str, **headers: str) -> Any:
        """
        @return: the response.
        """
        response = self.http.request(
            method,
            URL + path,
            headers=Headers({name: [value] for name, value in headers.items()}),
            unbuffered=True,
        )
        self.http.flush()
        return self.successResultOf(response)

    def text(self, response: Any) -> str:
        """
        @return: the body of a response that is complete.
        """
        body = self.successResultOf(treq.content(response))
        assert isinstance(body, bytes)
        return body.decode()

    def header(self, response: Any, name: str) -> str | None:
        """
        @return: the value of a header, or L{None}.
        """
        values = response.headers.getRawHeaders(name)
        assert values is None or len(values) == 1
        return None if values is None else str(values[0])

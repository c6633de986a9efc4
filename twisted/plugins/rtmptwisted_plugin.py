"""
Make C{twistd rtmp} known to Twisted's plugin system.
"""

from twisted.application.service import ServiceMaker

rtmp = ServiceMaker(
    "rtmptwisted",
    "rtmptwisted.tap",
    "An RTMP server: live ingest, FLV recording, RTMP and HTTP-FLV playback.",
    "rtmp",
)

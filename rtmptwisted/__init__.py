"""
An RTMP server as a Twisted service plugin.

Publish over RTMP, record to FLV, play live over RTMP and HTTP-FLV.  See
L{rtmptwisted.tap} for the C{twistd rtmp} command, and L{rtmptwisted.protocol}
and L{rtmptwisted.streams} for use inside another program.
"""

__version__ = "0.1.0"

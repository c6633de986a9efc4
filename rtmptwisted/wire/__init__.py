"""
RTMP, AMF and FLV as bytes and values, and nothing else.

The modules of this package use the standard library and
L{rtmptwisted.errors} only.  They have no clock, no log, no socket and no
randomness of their own, so that every one of them gives the same result for
the same bytes, however those were cut on their way.
"""

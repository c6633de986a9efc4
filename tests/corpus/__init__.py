"""
A conformance corpus for readers of RTMP chunk streams, and what makes it.

C{README.md} describes the files, for use with any implementation.

Nothing here imports L{rtmptwisted}: the bytes and what they mean are written
from the description of the protocol.
"""

"""
Measurements.  Nothing here runs as a test; there are two programs:
C{python -m tests.bench}, for this server beside others, and C{python -m
tests.bench.dechunk}, for how messages are put together from chunks.
"""

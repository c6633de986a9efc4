"""
Measurements.  Nothing here runs as a test; each module is a program:
C{python -m tests.bench.dechunk}.
"""

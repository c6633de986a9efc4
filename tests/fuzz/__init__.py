"""
Fuzzing: each target takes any bytes and checks that nothing but a
L{ProtocolError<rtmptwisted.errors.ProtocolError>} comes of them.

C{python -m tests.fuzz.run} runs them, see C{docs/fuzzing.rst}.
"""

"""
How far a connection has come, and what may happen then.
"""

from __future__ import annotations

import enum
from typing import Final


class State(enum.Enum):
    """
    How far a connection has come.
    """

    HANDSHAKE = "in the handshake"
    CONNECTING = "before connect"
    CONNECTED = "after connect"
    FAILED = "after a failure"


class Input(enum.Enum):
    """
    The kinds of things that can happen to a connection.
    """

    HANDSHAKE_DONE = "the end of the handshake"
    CONTROL = "a control message"
    CONNECT = "a connect command"
    COMMAND = "a command"
    MEDIA = "media"
    ERROR = "an error"


#: What may happen when, and where it leads.  All else is an error of the peer.
TRANSITIONS: Final[dict[tuple[State, Input], State]] = {
    (State.HANDSHAKE, Input.HANDSHAKE_DONE): State.CONNECTING,
    (State.HANDSHAKE, Input.ERROR): State.FAILED,
    (State.CONNECTING, Input.CONTROL): State.CONNECTING,
    (State.CONNECTING, Input.CONNECT): State.CONNECTED,
    (State.CONNECTING, Input.ERROR): State.FAILED,
    (State.CONNECTED, Input.CONTROL): State.CONNECTED,
    (State.CONNECTED, Input.COMMAND): State.CONNECTED,
    (State.CONNECTED, Input.MEDIA): State.CONNECTED,
    (State.CONNECTED, Input.ERROR): State.FAILED,
}

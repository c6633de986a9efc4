"""
What clients and this server can do beyond RTMP 1.0.

Source: Enhanced RTMP v2, the section Enhancing NetConnection connect Command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rtmptwisted.wire.amf import AMFValue

#: The properties of C{connect} by which a client shows that it knows Enhanced
#: RTMP.
_PROPERTIES: Final = (
    "fourCcList",
    "videoFourCcInfoMap",
    "audioFourCcInfoMap",
    "capsEx",
)

#: Any codec.
_ANY: Final = "*"

#: What can be done with a codec: passed on, in this server's case.
CAN_FORWARD: Final = 4


class CapsEx:
    """
    The bits of C{capsEx}.
    """

    RECONNECT = 1
    MULTITRACK = 2
    MODEX = 4
    TIMESTAMP_NANO_OFFSET = 8


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What a client said in C{connect}.

    @ivar enhanced: whether it knows Enhanced RTMP.
    @ivar listsCodecs: whether it named codecs in the way of version 1.
    @ivar extended: the bits of L{CapsEx}.
    """

    enhanced: bool = False
    listsCodecs: bool = False
    extended: int = 0

    @property
    def canReconnect(self) -> bool:
        """
        Whether it understands a request to reconnect.
        """
        return bool(self.extended & CapsEx.RECONNECT)


def clientCapabilities(properties: Mapping[str, AMFValue]) -> Capabilities:
    """
    @param properties: the command object of C{connect}.
    """
    extended = 0
    match properties.get("capsEx"):
        case bool():
            pass
        case int() | float() as number if 0 <= number < math.inf:
            extended = int(number)
    return Capabilities(
        any(name in properties for name in _PROPERTIES),
        isinstance(properties.get("fourCcList"), list),
        extended,
    )


def serverCapabilities(client: Capabilities) -> dict[str, AMFValue]:
    """
    @return: what is added to the answer to C{connect}; nothing for those who did
        not ask, some of whom would not expect it.
    """
    if not client.enhanced:
        return {}
    answer: dict[str, AMFValue] = {
        "videoFourCcInfoMap": {_ANY: float(CAN_FORWARD)},
        "audioFourCcInfoMap": {_ANY: float(CAN_FORWARD)},
        "capsEx": float(
            CapsEx.RECONNECT
            | CapsEx.MULTITRACK
            | CapsEx.MODEX
            | CapsEx.TIMESTAMP_NANO_OFFSET
        ),
    }
    if client.listsCodecs:
        answer["fourCcList"] = [_ANY]
    return answer

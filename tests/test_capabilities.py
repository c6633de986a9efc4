"""
Tests of what clients and the server tell one another of Enhanced RTMP in
C{connect}.
"""

from __future__ import annotations

import math

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.capabilities import (
    Capabilities,
    clientCapabilities,
    serverCapabilities,
)
from rtmptwisted.wire.amf import AMFValue
from rtmptwisted.wire.message import (
    Command,
    SetChunkSize,
    SetPeerBandwidth,
    WindowAckSize,
)
from tests.support import ServerTestCase, statusCodes

#: What the properties of the answer are to somebody who does not ask.
LEGACY: dict[str, AMFValue] = {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0}

#: What is added for somebody who does: any codec can be passed on (4), and all
#: four extensions are understood.
ENHANCED: dict[str, AMFValue] = {
    "videoFourCcInfoMap": {"*": 4.0},
    "audioFourCcInfoMap": {"*": 4.0},
    "capsEx": 15.0,
}


class ConnectTests(ServerTestCase):
    """
    The answer to C{connect}.
    """

    def answer(self, **properties: AMFValue) -> AMFValue:
        """
        @return: the properties that a new client is answered, which has to be
            connected.
        """
        client = self.client()
        messages = client.connect("live", **properties)
        self.assertEqual(statusCodes(messages), ["NetConnection.Connect.Success"])
        result = messages[-1]
        assert isinstance(result, Command)
        self.session = client.protocol.session
        return result.commandObject

    def test_legacy(self) -> None:
        """
        A client that says nothing of Enhanced RTMP is told nothing of it,
        whatever else it says.
        """
        told: tuple[dict[str, AMFValue], ...] = (
            {},
            {"flashVer": "FMLE/3.0 (compatible; FMSc/1.0)", "objectEncoding": 0.0},
            {"audioCodecs": 4071.0, "videoCodecs": 252.0, "capabilities": 239.0},
            {"fourcclist": ["*"], "CapsEx": 15.0, "capsex": 15.0},
        )
        for properties in told:
            self.assertEqual(self.answer(**properties), LEGACY)
            self.assertEqual(self.session.capabilities, Capabilities())

    def test_list(self) -> None:
        """
        A client of version 1, which lists codecs, is answered in that way too.
        """
        lists: tuple[list[AMFValue], ...] = (
            ["av01", "vp09", "hvc1"],
            ["*"],
            [],
            ["zzzz", 7.0, None],
        )
        for codecs in lists:
            self.assertEqual(
                self.answer(fourCcList=codecs),
                {**LEGACY, **ENHANCED, "fourCcList": ["*"]},
            )

    def test_others(self) -> None:
        """
        A client that says anything else of Enhanced RTMP, even one thing
        alone, is told all but the list.
        """
        everything: dict[str, AMFValue] = {
            "videoFourCcInfoMap": {"hvc1": 3.0, "*": 4.0},
            "audioFourCcInfoMap": {"Opus": 1.0},
            "capsEx": 2.0,
        }
        for name, value in everything.items():
            self.assertEqual(self.answer(**{name: value}), {**LEGACY, **ENHANCED}, name)
        self.assertEqual(self.answer(**everything), {**LEGACY, **ENHANCED})

    def test_oddTypes(self) -> None:
        """
        Values of types that do not belong there are no error, and give the
        client no ability; a list that is none is not answered with one.
        """
        odd: tuple[AMFValue, ...] = (
            "15",
            "",
            None,
            [],
            {},
            math.nan,
            math.inf,
            -math.inf,
            [1.0],
            {"": 15.0},
        )
        for value in odd:
            self.assertEqual(
                self.answer(capsEx=value), {**LEGACY, **ENHANCED}, repr(value)
            )
            self.assertFalse(self.session.requestReconnect(), repr(value))
        odd = ("av01", 7.0, True, {"0": "av01"}, None)
        for value in odd:
            found = self.answer(fourCcList=value)
            self.assertEqual(found, {**LEGACY, **ENHANCED}, repr(value))
        odd = ("*", 4.0, [], None, {"*": "forward"}, {"*": math.nan})
        for value in odd:
            self.answer(videoFourCcInfoMap=value, audioFourCcInfoMap=value)

    def test_boolean(self) -> None:
        """
        A boolean is no mask of bits, though Python holds true for 1.
        """
        self.assertEqual(self.answer(capsEx=True), {**LEGACY, **ENHANCED})
        self.assertFalse(self.session.requestReconnect())

    def test_otherMessages(self) -> None:
        """
        The other messages of the answer are the same for all, and none of them
        says 0, which would end ffmpeg (T-40).
        """
        told: tuple[dict[str, AMFValue], ...] = (
            {},
            {"capsEx": 15.0, "fourCcList": ["*"]},
        )
        for properties in told:
            client = self.client()
            window, bandwidth, size, _ = client.connect("live", **properties)
            assert isinstance(window, WindowAckSize)
            assert isinstance(bandwidth, SetPeerBandwidth)
            assert isinstance(size, SetChunkSize)
            self.assertGreater(min(window.size, bandwidth.size, size.size), 0)

    def test_unannounced(self) -> None:
        """
        A refused application is told nothing.
        """
        client = self.client()
        (answer,) = client.connect("../etc", capsEx=15.0)
        assert isinstance(answer, Command)
        self.assertEqual((answer.name, answer.commandObject), ("_error", None))


class CapabilitiesTests(SynchronousTestCase):
    """
    Tests of L{clientCapabilities} and L{serverCapabilities}.
    """

    def test_bits(self) -> None:
        """
        Of C{capsEx} all bits are kept, those that are not known included; the
        first of them is the ability to reconnect.
        """
        for value, canReconnect in (
            (0.0, False),
            (1.0, True),
            (2.0, False),
            (14.0, False),
            (15.0, True),
            (4096.0, False),
            (4097.0, True),
            (2.0**31 + 1, True),
        ):
            found = clientCapabilities({"capsEx": value})
            self.assertEqual(found.extended, int(value))
            self.assertEqual(found.canReconnect, canReconnect, str(value))

    def test_huge(self) -> None:
        """
        Numbers far beyond any mask, and fractions, do no harm.
        """
        for value in (1e308, -1e308, 5e-324, 0.5, 2.0**53):
            self.assertFalse(clientCapabilities({"capsEx": value}).canReconnect)

    def test_nothing(self) -> None:
        """
        Who says nothing is answered nothing.
        """
        self.assertEqual(clientCapabilities({}), Capabilities())
        self.assertEqual(serverCapabilities(Capabilities()), {})

    def test_ownAnswers(self) -> None:
        """
        Each client's answer is its own: whoever changes one changes no other.
        """
        client = Capabilities(enhanced=True, listsCodecs=True)
        first = serverCapabilities(client)
        for value in first.values():
            if isinstance(value, dict | list):
                value.clear()
        first.clear()
        self.assertEqual(serverCapabilities(client), {**ENHANCED, "fourCcList": ["*"]})

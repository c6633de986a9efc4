"""
Every implementer really provides its interface.
"""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.web.resource import IResource
from zope.interface import Interface
from zope.interface.verify import verifyClass, verifyObject

from rtmptwisted import commands, interfaces
from rtmptwisted.commands import standardCommands
from rtmptwisted.delivery import FanOut
from rtmptwisted.formats import FLVFormat
from rtmptwisted.httpflv import LiveResource
from rtmptwisted.httpviewer import HTTPViewer
from rtmptwisted.interfaces import (
    ICommandHandler,
    IPlayer,
    IRecordingWatcher,
    ISessionHost,
    IStreamWatcher,
    ITagSink,
    IViewerOutlet,
)
from rtmptwisted.player import RTMPPlayer
from rtmptwisted.protocol import RTMPProtocol
from rtmptwisted.recorder import FLVRecorder
from rtmptwisted.recording import RecordingService
from rtmptwisted.registry import FunctionHandler
from rtmptwisted.straight import StraightWriter
from rtmptwisted.viewer import Viewer
from rtmptwisted.wire.limits import Limits
from tests.fakes import FakeOutlet, FakeSink, inThread
from tests.session_support import FakeHost, FakePlayer
from tests.support import ServerTestCase


class ClassTests(ServerTestCase):
    """
    Classes.
    """

    def test_classes(self) -> None:
        """
        Each class has what its interfaces ask for, with the same arguments.
        """
        for interface, implementer in (
            (ICommandHandler, FunctionHandler),
            (ITagSink, FanOut),
            (ITagSink, FLVRecorder),
            (ITagSink, FakeSink),
            (IStreamWatcher, RecordingService),
            (IRecordingWatcher, RecordingService),
            (IPlayer, RTMPPlayer),
            (IPlayer, FakePlayer),
            (IPushProducer, RTMPPlayer),
            (IPushProducer, RTMPProtocol),
            (IPushProducer, Viewer),
            (IPullProducer, StraightWriter),
        ):
            with self.subTest(implementer=implementer):
                self.assertTrue(verifyClass(interface, implementer))

    def test_declared(self) -> None:
        """
        Those with attributes say that they implement their interfaces.
        """
        for interface, implementer in (
            (IViewerOutlet, RTMPPlayer),
            (IViewerOutlet, HTTPViewer),
            (IViewerOutlet, FakeOutlet),
            (ISessionHost, RTMPProtocol),
            (ISessionHost, FakeHost),
        ):
            self.assertTrue(interface.implementedBy(implementer), implementer)

    def test_all(self) -> None:
        """
        Every interface of the package is among those that are tested here.
        """
        declared = {
            name
            for name, value in vars(interfaces).items()
            if isinstance(value, type(Interface)) and value is not Interface
        }
        self.assertEqual(declared, {name for name in globals() if name in declared})


class ObjectTests(ServerTestCase):
    """
    Objects, with their attributes.
    """

    def test_connection(self) -> None:
        """
        A connection is a session host, and its players are viewers' outlets.
        """
        protocol = self.client().protocol
        self.assertTrue(verifyObject(ISessionHost, protocol))
        netStream = protocol.session.createStream()
        player = protocol.createPlayer(netStream, self.directory.stream("live/show"))
        self.assertTrue(verifyObject(IPlayer, player))
        self.assertTrue(verifyObject(IViewerOutlet, player))

    def test_sinks(self) -> None:
        """
        Fan-outs and recorders are sinks.
        """
        stream = self.directory.stream("live/show")
        fanOut = FanOut(stream, FLVFormat(), self.clock, Limits())
        recorder = FLVRecorder(stream, "", inThread, datetime.now(UTC))
        self.assertTrue(verifyObject(ITagSink, fanOut))
        self.assertTrue(verifyObject(ITagSink, recorder))

    def test_commands(self) -> None:
        """
        Every standard command has a handler.
        """
        registry = standardCommands()
        for name in (
            "connect",
            "createStream",
            "publish",
            "play",
            "deleteStream",
            "closeStream",
            "FCPublish",
            "FCUnpublish",
            "FCSubscribe",
            "releaseStream",
            "getStreamLength",
            "pause",
            "receiveAudio",
            "receiveVideo",
            "_checkbw",
        ):
            self.assertTrue(verifyObject(ICommandHandler, registry.locate(name)), name)
        self.assertTrue(verifyObject(ICommandHandler, commands.connect))

    def test_resource(self) -> None:
        """
        The HTTP side is a resource like any other.
        """
        self.assertTrue(verifyObject(IResource, LiveResource(self.directory)))

    def test_outlet(self) -> None:
        """
        The stand-in that tests use is an outlet.
        """
        self.assertTrue(verifyObject(IViewerOutlet, FakeOutlet()))

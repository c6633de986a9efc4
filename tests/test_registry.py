"""
Tests of L{rtmptwisted.registry}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from rtmptwisted.commands import standardCommands
from rtmptwisted.registry import CommandRegistry, commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command


@commandHandler
def one(session: Session, command: Command) -> None:
    """
    Do nothing.
    """


@commandHandler
def another(session: Session, command: Command) -> None:
    """
    Do nothing either.
    """


class CommandRegistryTests(SynchronousTestCase):
    """
    Tests of L{CommandRegistry}.
    """

    def test_locate(self) -> None:
        """
        A handler is found by the exact name it was registered for.
        """
        registry = CommandRegistry()
        registry.register("one", one)
        registry.register("another", another)
        self.assertIs(registry.locate("one"), one)
        self.assertIs(registry.locate("another"), another)
        for name in ("", "One", "one ", "nobody"):
            self.assertIsNone(registry.locate(name))

    def test_replace(self) -> None:
        """
        The handler that was registered last counts.
        """
        registry = CommandRegistry()
        registry.register("one", one)
        registry.register("one", another)
        self.assertIs(registry.locate("one"), another)

    def test_notAHandler(self) -> None:
        """
        What does not provide L{ICommandHandler} is refused, functions too.
        """
        registry = CommandRegistry()
        for wrong in (lambda session, command: None, None, "one", object()):
            with self.assertRaises(TypeError):
                registry.register("one", wrong)  # type: ignore[arg-type]
        self.assertIsNone(registry.locate("one"))

    def test_instances(self) -> None:
        """
        Registries are independent of each other, the standard ones too.
        """
        mine, theirs = standardCommands(), standardCommands()
        mine.register("connect", one)
        self.assertIs(mine.locate("connect"), one)
        self.assertIsNot(theirs.locate("connect"), one)

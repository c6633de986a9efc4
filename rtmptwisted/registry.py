"""
The registry of command handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred
from zope.interface import implementer

from rtmptwisted.interfaces import ICommandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command

Result: TypeAlias = Deferred[None] | Coroutine[Any, Any, None] | None


@implementer(ICommandHandler)
class FunctionHandler:
    """
    Makes a command handler of a function.
    """

    def __init__(self, function: Callable[[Session, Command], Result]) -> None:
        self._function = function

    def handle(self, session: Session, command: Command) -> Result:
        """
        Call the function.
        """
        return self._function(session, command)


def commandHandler(function: Callable[[Session, Command], Result]) -> FunctionHandler:
    """
    Decorate a function, which may be C{async}, to make it a command handler.
    """
    return FunctionHandler(function)


class CommandRegistry:
    """
    Command handlers by the name of the command.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, ICommandHandler] = {}

    def register(self, name: str, handler: ICommandHandler) -> None:
        """
        Let C{handler} carry out the commands of this name, instead of any that
        did so before.

        @raise TypeError: when it does not provide L{ICommandHandler}.
        """
        if not ICommandHandler.providedBy(handler):
            raise TypeError(f"{handler!r} does not provide ICommandHandler")
        self._handlers[name] = handler

    def locate(self, name: str) -> ICommandHandler | None:
        """
        @return: the handler for commands of this name.
        """
        return self._handlers.get(name)

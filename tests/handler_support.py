"""
A server with commands of its own.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from rtmptwisted.commands import publish, standardCommands
from rtmptwisted.errors import CommandRejected
from rtmptwisted.registry import CommandRegistry, commandHandler
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command
from tests.support import Client, ServerTestCase


class HandlerTestCase(ServerTestCase):
    """
    A server with commands of its own.

    @ivar gate: what C{wait} and C{publish} wait for.
    @ivar called: the names of the commands that were carried out.
    """

    def commands(self) -> CommandRegistry:
        """
        Add commands to the standard ones.
        """
        self.gate: Deferred[Any] = Deferred()
        self.called: list[str] = []
        registry = standardCommands()

        @commandHandler
        def note(session: Session, command: Command) -> None:
            self.called.append(f"{command.argument(0)}")
            session.sendResult(command, command.argument(0))

        @commandHandler
        async def wait(session: Session, command: Command) -> None:
            self.called.append("wait")
            value = await self.gate
            self.called.append("waited")
            session.sendResult(command, value)

        @commandHandler
        def deferred(session: Session, command: Command) -> Deferred[None]:
            self.called.append("deferred")
            return self.gate

        @commandHandler
        async def checkedPublish(session: Session, command: Command) -> None:
            if await self.gate:
                waiting = publish.handle(session, command)
                if waiting is not None:
                    await waiting
            else:
                raise CommandRejected("NetStream.Publish.Denied", "not you")

        @commandHandler
        def broken(session: Session, command: Command) -> None:
            raise ZeroDivisionError("a defect")

        @commandHandler
        async def brokenLater(session: Session, command: Command) -> None:
            await self.gate
            raise ZeroDivisionError("a defect")

        @commandHandler
        async def leave(session: Session, command: Command) -> None:
            await self.gate
            session.host.close()
            self.called.append("left")

        for name, handler in (
            ("note", note),
            ("wait", wait),
            ("deferred", deferred),
            ("publish", checkedPublish),
            ("broken", broken),
            ("brokenLater", brokenLater),
            ("leave", leave),
        ):
            registry.register(name, handler)
        return registry

    def connected(self) -> Client:
        """
        @return: a client after C{connect}.
        """
        client = self.client()
        client.connect()
        return client

    def arguments(self, client: Client) -> list[Any]:
        """
        @return: the results that C{client} has got since.
        """
        return [
            each.argument(0)
            for each in client.read()
            if isinstance(each, Command) and each.name == "_result"
        ]

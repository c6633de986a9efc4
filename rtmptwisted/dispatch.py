"""
Carrying out commands, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from rtmptwisted.errors import CommandRejected
from rtmptwisted.names import shown
from rtmptwisted.registry import CommandRegistry
from rtmptwisted.session import Session
from rtmptwisted.wire.message import Command

#: After these are refused there is nothing left for the client to do, and some
#: do not notice unless the connection goes.
_LAST_CHANCES = frozenset(("connect", "publish", "play", "play2"))

#: So many refusals of one connection are logged.
_LOGGED = 10


class Dispatcher:
    """
    Finds the handler of each command of one connection, calls it, and turns
    what it raises into answers.
    """

    _log = Logger()

    def __init__(
        self, session: Session, commands: CommandRegistry, done: Callable[[], None]
    ) -> None:
        """
        @param done: is called when a handler that had to wait is finished.
        """
        self._session = session
        self._commands = commands
        self._done = done
        self._result: Deferred[Any] | None = None
        self._refused = 0

    @property
    def waiting(self) -> bool:
        """
        Whether a handler is not finished; the next command has to wait for it.
        """
        return self._result is not None

    def carryOut(self, command: Command) -> None:
        """
        Call the handler.

        @raise Exception: whatever a handler raises that is not
            L{CommandRejected}.
        """
        session = self._session
        handler = self._commands.locate(command.name)
        if handler is None:
            session.sendError(
                command,
                "NetConnection.Call.Failed",
                f"there is no command {shown(command.name)}",
            )
            return
        try:
            result = handler.handle(session, command)
        except CommandRejected as error:
            self._reject(command, error)
            return
        if iscoroutine(result):
            result = Deferred.fromCoroutine(result)
        if isinstance(result, Deferred):
            self._result = result
            result.addErrback(self._failed, command)
            result.addBoth(self._finished)

    def cancel(self) -> None:
        """
        The connection is gone: nobody waits for the handler any more.
        """
        if self._result is not None:
            self._result.cancel()

    def _failed(self, failure: Failure, command: Command) -> None:
        session = self._session
        error = failure.value
        if isinstance(error, CommandRejected):
            self._reject(command, error)
        elif not (session.closed and failure.check(CancelledError)):
            self._log.failure(
                "{peer}: {command} failed",
                failure,
                peer=session.host.peer,
                command=shown(command.name),
            )
            session.host.close()

    def _finished(self, ignored: object) -> None:
        self._result = None
        self._done()

    def _reject(self, command: Command, error: CommandRejected) -> None:
        session = self._session
        if session.closed:
            return
        self._refused += 1
        if self._refused <= _LOGGED:
            self._log.warn(
                "{peer}: {command} refused: {error}{last}",
                peer=session.host.peer,
                command=shown(command.name),
                error=str(error),
                last="" if self._refused < _LOGGED else "; no more of this is logged",
            )
        if command.name in ("publish", "play", "play2"):
            id = command.messageStreamID
            session.sendStatus(id, error.code, error.description, "error")
        else:
            session.sendError(command, error.code, error.description)
        if command.name in _LAST_CHANCES:
            session.host.close()

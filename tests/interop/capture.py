"""
What a real client sends, byte for byte.
"""

from __future__ import annotations

import socket
import threading
from typing import Self

_BLOCK = 65536
_PATIENCE = 60


class Capture:
    """
    A relay in front of a server that keeps what its client sends.

    @ivar url: the start of the relay's RTMP URLs.
    """

    def __init__(self, port: int) -> None:
        """
        @param port: the server's, on 127.0.0.1.
        """
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtmp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._port = port
        self._sent: list[bytes] = []
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ignored: object) -> None:
        self._listener.close()

    def _relay(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            back = threading.Thread(target=self._copy, args=(server, client, None))
            back.start()
            self._copy(client, server, self._sent)
            back.join(_PATIENCE)

    def _copy(
        self, source: socket.socket, sink: socket.socket, keep: list[bytes] | None
    ) -> None:
        try:
            while data := source.recv(_BLOCK):
                if keep is not None:
                    keep.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # One side is gone; what came before counts.
            pass

    def session(self) -> bytes:
        """
        Wait until the client is done.

        @return: all that it sent.
        """
        self._thread.join(_PATIENCE)
        return b"".join(self._sent)

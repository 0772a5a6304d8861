"""A connection of a protocol that is not HTTP: the app gets its bytes as they come.

The scope is `{"type": "tcp", "client": ..., "state": ...}`. The app receives `tcp.receive` with `bytes`, and in the end
`tcp.disconnect`; it sends `tcp.send` with `bytes`. When it ends, so does the connection. No codes are sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from uvicorn.protocols.utils import get_remote_addr
from websockets.frames import CloseCode

from speechd.errors import SpeechdError
from speechd.server.base_connection import WRITE_BUFFER_BYTES
from speechd.server.connections import ServerConnections
from speechd.server.exchange import ASGIApp, request_id
from speechd.server.session import SessionConnection

UNREAD_BYTES: Final = 64 << 10
"""What is kept for the app before no more is read."""


class TcpConnection(SessionConnection):
    """One connection. It is a place among those of the worker, from `connection_made` on."""

    def __init__(self, connections: ServerConnections, app: ASGIApp, app_state: Mapping[str, Any]) -> None:
        self._app, self._app_state = app, app_state
        self._admitting = connections
        self._unread = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        state = {**self._app_state, "id": request_id()}
        super().__init__(
            transport, self._admitting, {"type": "tcp", "client": get_remote_addr(transport), "state": state}
        )
        if self._connections.draining or not self._connections.admit(self):
            self._discarding = True
            transport.abort()
            return
        self._connections.begin_session(self)
        self._watch()
        self._connections.run(self.run(self._app))

    def data_received(self, data: bytes) -> None:
        now = self._loop.time()
        self._signs.heard(now)
        self._signs.used(now)
        if self._discarding or self._close_code is not None:
            return
        self._unread += data
        if not self._hold():
            self.abort()
        self._read(len(self._unread) < UNREAD_BYTES)
        self._news.set()

    def _next_message(self) -> MutableMapping[str, Any] | None:
        if not self._unread:
            return None
        data = bytes(self._unread)
        self._drop()
        self._hold()
        self._read(True)
        return {"type": "tcp.receive", "bytes": data}

    def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] != "tcp.send":
            raise RuntimeError(f"Unexpected message '{message['type']}'.")
        self._write(message["bytes"])

    def _fail(self, error: SpeechdError) -> None:
        self.abort()  # what was sent must not be taken for the whole

    def _finish(self) -> None:
        self._close(CloseCode.NORMAL_CLOSURE)

    def _close(self, code: int, reason: str = "") -> None:
        if self._close_code is None:
            self._hang_up(code)

    def _ask_for_sign(self) -> None:
        self._signs.heard(self._loop.time())  # there is nothing to ask with; one that is not used ends all the same

    @property
    def _kept_bytes(self) -> int:
        return len(self._unread)

    def _drop(self) -> None:
        self._unread.clear()

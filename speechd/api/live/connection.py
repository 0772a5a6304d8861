"""One WebSocket connection of a client: JSON messages in both directions, and what speaks over it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from speechd.api.json_depth import check_depth
from speechd.errors import InvalidRequest, TransferAborted

log = logging.getLogger("speechd")

NORMAL: Final = 1000
"""Close code of a conversation that is over (RFC 6455, section 7.4.1)."""

POLICY: Final = 1008
"""Close code for what is not allowed."""

INTERNAL: Final = 1011
"""Close code for a failure of the server."""


class LiveConnection:
    """A connection that was accepted. `receive` is called by one task, `send` by any."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self) -> Mapping[str, Any] | None:
        """The client's next message; None once the connection is closed. Raises `InvalidRequest`: it is no JSON
        object."""
        try:
            message = await self._websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return None
        if message["type"] != "websocket.receive":
            return None
        text: str | bytes = message.get("text") or message.get("bytes") or b""
        try:
            fields = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"The message is no JSON: {error}", code="invalid_json") from None
        if not isinstance(fields, dict):
            raise InvalidRequest("The message must be a JSON object.", code="invalid_json")
        check_depth("The message", text, fields)
        return fields

    async def send(self, message: Mapping[str, object]) -> None:
        """Send a message. Returns once there is room for more; raises `WebSocketDisconnect` if nobody listens."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnect(NORMAL)
        await self._websocket.send_text(orjson.dumps(message).decode())

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message; as `send`."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnect(NORMAL)
        await self._websocket.send_bytes(data)

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work beside what is received. It ends with the connection, at the latest; perhaps before it
        begins."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Return once all work is done, or the client has left. What it still says is dropped."""
        left = asyncio.create_task(self._left())
        try:
            while self._tasks and not left.done():
                await asyncio.wait({*self._tasks, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)

    async def stop(self) -> None:
        """End all work at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the connection, if it is open. reason: at most 123 bytes are sent."""
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the client was faster
                await self._websocket.close(code, reason.encode()[:120].decode(errors="ignore"))

    async def _left(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while (await self._websocket.receive())["type"] == "websocket.receive":
                pass

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except WebSocketDisconnect:
            pass  # which `receive` tells, too
        except TransferAborted as error:
            await self.close(POLICY, str(error))
        except Exception:  # whatever it is, the client is not to wait for the rest
            log.exception("a live utterance failed")
            await self.close(INTERNAL, "The server failed; its log has the reason.")

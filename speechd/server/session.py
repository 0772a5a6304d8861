"""What all connections have in common that are not made of requests: WebSockets, and those of other protocols over TCP.

The app has `receive` and `send`, as ASGI has them for WebSockets. Whatever a client does costs a bounded number of
bytes and of turns of the event loop: what the app has not taken is bounded, and what is sent must be taken in time. A
session that is not in use ends when its worker is to end, and after a time without messages.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

from websockets.frames import CloseCode

from speechd.errors import SpeechdError, TransferAborted
from speechd.server.base_connection import BaseConnection
from speechd.server.connections import ServerConnections
from speechd.server.exchange import ABORT, ASGIApp
from speechd.server.lingering import end_later, linger
from speechd.server.signs_of_life import SignsOfLife, Verdict
from speechd.server.timer import Timer

IN_USE: Final = "speechd.in_use"
"""Key in `scope["extensions"]`: a callable that is told whether the session is in use. One that is not ends with the
worker, or after a time without messages; one that is, as soon as it is no more."""

log = logging.getLogger("speechd")


class ClientDisconnected(OSError):
    """Raised to the app that sends what can reach nobody any more (ASGI, "Send - send event")."""


class ClientTooSlow(ClientDisconnected):
    """Raised to the app whose client has taken too little for too long, and was cut off."""


class SessionConnection(BaseConnection):
    """A connection and its app. Codes are those of RFC 6455, section 7.4."""

    def __init__(self, transport: asyncio.Transport, connections: ServerConnections, scope: dict[str, Any]) -> None:
        """scope: of the app, without its extensions `ABORT` and `IN_USE`."""
        super().__init__(connections)
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self.scope = scope
        scope["extensions"] = {**scope.get("extensions", {}), ABORT: self.abort, IN_USE: self._set_in_use}
        self._end_timer, self._watch_timer = Timer(self._loop), Timer(self._loop)
        self._signs = SignsOfLife(self._loop.time(), connections.limits.session_idle_s)
        self._is_reading = True
        self._discarding = False  # what still arrives is discarded
        self._is_to_end = False  # once it is not in use
        self._close_code: int | None = None  # once the app is to know that nothing comes any more
        self._news = asyncio.Event()

    # The transport's reports.

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.remove(self)
        self._end_timer.stop()
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self._discarding = True
        self._connections.hold(self._held_bytes, 0)
        self._held_bytes = 0
        self._writable.set()

    def eof_received(self) -> bool:
        """The client has left: a session is not half open. What is unsent has some time yet."""
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self._discarding = True
        end_later(self.transport, self._end_timer)
        return self.has_unsent()

    # What the server's connections and uvicorn ask for.

    def evict(self) -> None:
        self.transport.abort()

    def shutdown(self) -> None:
        """End the session, once it is not in use."""
        self._is_to_end = True
        if not self._signs.in_use:
            self._close(CloseCode.SERVICE_RESTART, "the server restarts")

    def abort(self) -> None:
        """Drop the connection at once, with what the client has not taken."""
        self._end(CloseCode.ABNORMAL_CLOSURE)
        self.transport.abort()

    # The app.

    async def run(self, app: ASGIApp) -> None:
        """Run the app, and see to what it raises: something for the client, and something for the log."""
        fields = {"id": self.scope["state"]["id"]}
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            log.warning("cut off: the grace period is over")
            self.abort()
        except ClientDisconnected:
            self._finish()
        except Exception as error:  # Whatever an app raises, its server goes on.
            expected = isinstance(error, (SpeechdError, TransferAborted))
            if self._close_code is None or not expected:
                log.error("failed: %s", error, exc_info=None if expected else error, extra={"fields": fields})
            if self._close_code is None:
                self._fail(error if isinstance(error, SpeechdError) else SpeechdError("The server failed."))
        else:
            self._finish()

    async def receive(self) -> MutableMapping[str, Any]:
        """Return ASGI's next message; after the end, that the client has left."""
        while (message := self._next_message()) is None:
            if self._close_code is not None:
                return {"type": f"{self.scope['type']}.disconnect", "code": self._close_code, "reason": ""}
            self._news.clear()
            await self._news.wait()
        return message

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take ASGI's next message. Waits while too much is unsent; raises `ClientTooSlow` after too long, and
        `ClientDisconnected` after the end."""
        try:
            async with asyncio.timeout(self._connections.limits.write_timeout_s):
                await self._writable.wait()
        except TimeoutError:
            self.abort()
            raise ClientTooSlow("the client does not read") from None
        if self._close_code is not None or self.transport.is_closing():
            raise ClientDisconnected("the session has ended")
        self._send(message)

    def _set_in_use(self, in_use: bool) -> None:
        self._signs.in_use = in_use
        self._signs.used(self._loop.time())
        if self._is_to_end and not in_use:
            self.shutdown()
        self._watch()

    # What protocols differ in.

    @abstractmethod
    def _next_message(self) -> MutableMapping[str, Any] | None:
        """What the app is to receive next, as far as it is here."""

    @abstractmethod
    def _send(self, message: Mapping[str, Any]) -> None:
        """Send what the app sends."""

    @abstractmethod
    def _fail(self, error: SpeechdError) -> None:
        """End the session, which has not ended yet, for an error of the app's."""

    @abstractmethod
    def _finish(self) -> None:
        """End the session, if it has not ended: the app has."""

    @abstractmethod
    def _close(self, code: int, reason: str = "") -> None:
        """End the session, if it has not ended, in the protocol's own way."""

    @abstractmethod
    def _ask_for_sign(self) -> None:
        """Have the client send something, if the protocol has anything for that."""

    @abstractmethod
    def _drop(self) -> None:
        """Drop what is kept."""

    # The connection.

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def _read(self, on: bool) -> None:
        if on != self._is_reading and not self.transport.is_closing():
            self._is_reading = on
            if on:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _end(self, code: int) -> None:
        """Tell the app that nothing comes any more."""
        if self._close_code is None:
            self._close_code = code
            self._watch_timer.stop()
            self._drop()
            self._hold()
            self._news.set()

    def _hang_up(self, code: int = CloseCode.ABNORMAL_CLOSURE) -> None:
        """End the connection once all is sent, and drop what still arrives."""
        self._end(code)
        self._discarding = True
        self._drop()
        self._hold()
        self._read(True)
        if not self.transport.is_closing():
            linger(self.transport, self._end_timer)

    def _watch(self) -> None:
        """See whether the client is there, and whether the session is used; and again later."""
        if self._close_code is not None:
            return
        now = self._loop.time()
        verdict = self._signs.verdict(now)
        if verdict is Verdict.IDLE:
            self._close(CloseCode.NORMAL_CLOSURE, f"no message for {self._connections.limits.session_idle_s:g} s")
        elif verdict is Verdict.GONE:
            self.abort()
        else:
            if verdict is Verdict.ASK and self._writable.is_set():
                self._ask_for_sign()
            self._watch_timer.start(self._signs.wait_s(now), self._watch)

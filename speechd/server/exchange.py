"""One request and its response, as ASGI has them: a scope, `receive` and `send`, over h11's framing."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, Protocol

import h11
from uvicorn.protocols.utils import get_local_addr, get_remote_addr

from speechd.errors import SpeechdError, TransferAborted

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
ASGIApp = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
"""As the ASGI specification has them (asgi.readthedocs.io, "HTTP & WebSocket")."""

ABORT: Final = "speechd.abort"
"""Key in `scope["extensions"]`: a callable that drops the connection at once, with what its client has not taken."""

REFUSED: Final = "refused"
"""Key in `scope["state"]` of a request that was refused while the app waited for its body: the error that answers it.
"""

CLOSE: Final = (b"connection", b"close")

log = logging.getLogger("speechd")


class Port(Protocol):
    """The methods of a connection that its exchange calls."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    async def writable(self) -> None:
        """Return when little enough of what was written is unsent, or the connection is gone."""

    def body_taken(self) -> None:
        """Take note that the app has the body: `Exchange.body` is empty."""

    def responded(self) -> None:
        """Take note that the response has been written to its end."""

    def answer(self, error: SpeechdError, id: str) -> None:
        """Respond with an error, and end the connection."""

    def abort(self) -> None:
        """Drop the connection at once."""


class Exchange:
    """A request whose head has arrived, and its response.

    The connection adds what else arrives; the app, which `run` runs, has `receive` and `send`.

    body: what has arrived of the request's body, until the app takes it, at once and whole. left: the client has closed
    its side, which the app is told once it has the body; what it sends all the same is still sent. lost: nothing can
    be sent any more. keep_alive: whether the connection is to go on afterwards. started, complete: of the response.
    """

    def __init__(
        self, scope: dict[str, Any], framing: h11.Connection, port: Port, default_headers: Iterable[tuple[bytes, bytes]]
    ) -> None:
        self.scope = scope | {"extensions": {ABORT: self.abort}}
        self.body = bytearray()
        self.left = self.lost = False
        self.keep_alive = True
        self.started = self.complete = False
        self._framing, self._port = framing, port
        self._default_headers = default_headers
        self._arrived = self._taken = False
        self._changed = asyncio.Event()
        self._head = b""  # of the response, sent with the first bytes of its body

    @property
    def id(self) -> str:
        """The request's id."""
        id: str = self.scope["state"]["id"]
        return id

    def arrive(self) -> None:
        """Take note that the request is here to its end."""
        self._arrived = True
        self._changed.set()

    def leave(self) -> None:
        """Take note that the client has closed its side: nobody waits for what is not ready yet."""
        self.left = True
        self._changed.set()

    def lose(self) -> None:
        """Take note that the connection is gone, or ends with another answer."""
        self.lost = True
        self.body = bytearray()
        self._changed.set()

    def refuse(self, error: SpeechdError) -> None:
        """Take note that the connection answers with this error. The app that waits for the body is to know that no
        client has left."""
        self.scope["state"][REFUSED] = error
        self.lose()

    def abort(self) -> None:
        """Drop the connection at once: its client must not take what it has for the whole. If it has the whole, the
        connection may be another exchange's already."""
        if not self.complete:
            self.lose()
            self._port.abort()

    async def run(self, app: ASGIApp) -> None:
        """Run the app, and see to what it raises: something for the client, and something for the log."""
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self.complete:
                log.warning("cut off: the grace period is over")
            self.abort()
        except Exception as error:  # Whatever an app raises, its server goes on.
            if self.lost:
                return
            expected = isinstance(error, (SpeechdError, TransferAborted))
            fields = {"id": self.id}
            log.error("failed: %s", error, exc_info=None if expected else error, extra={"fields": fields})
            self._fail(error if isinstance(error, SpeechdError) else SpeechdError("The server failed."))
        else:
            if self.left:
                self.abort()
            elif not (self.complete or self.lost):
                log.error("failed: the app ended without a response", extra={"fields": {"id": self.id}})
                self._fail(SpeechdError("The server failed."))

    async def receive(self) -> Message:
        """Return ASGI's next message: the body, then that the client has left or has been answered."""
        if self._framing.they_are_waiting_for_100_continue and not self.lost:
            self._port.write(
                self._framing.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            )
        while not (self.lost or self.complete):
            if self._arrived and not self._taken:
                self._taken = True
                body, self.body = bytes(self.body), bytearray()
                self._port.body_taken()
                return {"type": "http.request", "body": body, "more_body": False}
            if self.left:
                break
            await self._changed.wait()
            self._changed.clear()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take ASGI's next message: the response's head, then its body in pieces. Waits while too much is unsent."""
        await self._port.writable()
        if self.lost:
            return
        if not self.started:
            self._start(message)
            return
        if message["type"] != "http.response.body" or self.complete:
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}'.")
        pieces = [self._head]
        self._head = b""
        if (body := message.get("body", b"")) and self.scope["method"] != "HEAD":
            pieces.append(self._framing.send(h11.Data(data=body)))
        last = not message.get("more_body", False)
        if last:
            pieces.append(self._framing.send(h11.EndOfMessage()))
        self._port.write(b"".join(pieces))
        if last:
            self.complete = True  # not before: what h11 raises for a body that is shorter than stated breaks it off
            self.body = bytearray()
            self._changed.set()
            self._port.responded()

    def _fail(self, error: SpeechdError) -> None:
        if self.started:
            self.abort()
        else:
            self.lose()
            self._port.answer(error, self.id)

    def _start(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}'.")
        headers = [*self._default_headers, *message.get("headers", ())]
        # Whether the body still comes that waits for a 100 Continue is then for its client to choose.
        self.keep_alive = self.keep_alive and not self._framing.they_are_waiting_for_100_continue
        if not self.keep_alive:
            headers.append(CLOSE)
        status = message["status"]
        self._head = self._framing.send(h11.Response(status_code=status, headers=headers, reason=phrase(status)))
        self.started = True


def connection_scope(transport: asyncio.Transport, asgi_version: str) -> dict[str, Any]:
    """The part of ASGI's scope that all requests of a connection have."""
    return {
        "type": "http",
        "asgi": {"version": asgi_version, "spec_version": "2.3"},
        "scheme": "http",
        "server": get_local_addr(transport),
        "client": get_remote_addr(transport),
        "root_path": "",
    }


def request_id() -> str:
    """A new id for a request, which no other has."""
    return f"req_{secrets.token_hex(12)}"


def phrase(status: int) -> bytes:
    """The reason phrase of a status (RFC 9112, section 4); empty for one that is not registered."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""

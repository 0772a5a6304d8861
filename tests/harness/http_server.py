"""The server's HTTP over real sockets, in a thread, and an app whose paths say what it does."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from websockets.sync.client import ClientConnection, connect

from speechd.errors import InvalidRequest, TransferAborted
from speechd.metrics import recording
from speechd.metrics.counters import Counts
from speechd.metrics.declarations import COUNTED
from speechd.server.connections import ServerConnections
from speechd.server.exchange import ABORT
from speechd.server.http_protocol import SpeechProtocol
from speechd.server.request_limits import Limits
from speechd.server.session import IN_USE
from speechd.server.websocket import WebSocketConnection

LIMITS = Limits(header_bytes=8 << 10, body_bytes=64 << 10, request_timeout_s=0.4)
PAGE = "https://page.example"
BIG_BYTES = 1 << 20
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """An app whose path says what it does; `seen` is what it met with."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.headers: dict[bytes, bytes] = {}
        self.go_on = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await getattr(self, scope["path"].strip("/"))(scope, receive, send)

    async def echo(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.seen.append("left")
                return
            body, more = body + message["body"], message["more_body"]
        self.seen.append("read")
        self.headers = dict(scope["headers"])
        length = str(len(body)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": body})

    async def early(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def slow(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.body", "body": b"last"})

    async def waits(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer when `go_on` says so, or never if the client leaves before."""
        while (await receive())["type"] == "http.request":
            self.seen.append("read")
            if scope["query_string"] == b"streams":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        self.seen.append("left")

    async def holds(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer when `go_on` says so."""
        self.seen.append("begun")
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"held"})

    async def big(self, scope: Any, receive: Any, send: Any) -> None:
        """What is far more than the kernel takes for a client that does not read, sent without waiting."""
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % BIG_BYTES)]})
        await send({"type": "http.response.body", "body": bytes(BIG_BYTES)})

    async def short(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def late(self, scope: Any, receive: Any, send: Any) -> None:
        """Go wrong as the query says when the next request is in hand."""
        await self.early(scope, receive, send)
        while not self.seen:
            await asyncio.sleep(0.005)
        if scope["query_string"] == b"cancelled":
            raise asyncio.CancelledError
        if scope["query_string"] == b"aborts":
            scope["extensions"][ABORT]()
        raise ValueError("a bug")

    async def silent(self, scope: Any, receive: Any, send: Any) -> None:
        pass

    async def bug(self, scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("a bug")

    async def midway(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        raise TransferAborted("the engine failed")

    async def invalid(self, scope: Any, receive: Any, send: Any) -> None:
        raise InvalidRequest("not so", param="input")

    async def endless(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sent = 0
        try:
            while True:
                async with asyncio.timeout(0.3):
                    await send({"type": "http.response.body", "body": bytes(4096), "more_body": True})
                sent += 4096
        except TimeoutError:
            self.seen.append(str(sent))
            scope["extensions"][ABORT]()
            raise TransferAborted("the client did not read") from None


class WebSocketApp(App):
    """An app whose paths are WebSockets, too; `received` is what came on them."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []
        self.scope: Any = None

    async def ws(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer each message with itself."""
        self.scope = scope
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "headers": [(b"x-request-id", scope["state"]["id"].encode())]})
        await self._echo(receive, send)

    async def _echo(self, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message.get("text", message.get("bytes")))
            await send(message | {"type": "websocket.send"})
        self.seen.append(f"left {message['code']}")

    async def chooses(self, scope: Any, receive: Any, send: Any) -> None:
        """Take the last subprotocol that is offered."""
        await receive()
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][-1]})
        await self._echo(receive, send)

    async def denies(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 401."""
        await receive()
        headers = [(b"content-length", b"2"), (b"www-authenticate", b"Bearer")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async def refuses(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    async def ws_bug(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise ValueError("a bug")

    async def closes(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000, "reason": "that was all" + 200 * "."})
        try:
            await send({"type": "websocket.send", "text": "more"})
        except OSError:
            self.seen.append("closed")

    async def deaf(self, scope: Any, receive: Any, send: Any) -> None:
        """Take nothing until `go_on` says so, and then what there is."""
        await send({"type": "websocket.accept"})
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        assert (await receive())["type"] == "websocket.connect"
        await self._echo(receive, send)

    async def uses(self, scope: Any, receive: Any, send: Any) -> None:
        """Be in use until `go_on` says so."""
        scope["extensions"][IN_USE](True)
        await send({"type": "websocket.accept"})
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "websocket.send", "text": "done"})
        scope["extensions"][IN_USE](False)
        await receive()
        self.seen.append(f"left {(await receive())['code']}")

    async def pours(self, scope: Any, receive: Any, send: Any) -> None:
        """Send without end, until it fails."""
        await send({"type": "websocket.accept"})
        sent = 0
        try:
            while True:
                await asyncio.sleep(0)  # sending waits for nobody as long as there is room
                await send({"type": "websocket.send", "bytes": bytes(4096)})
                sent += 4096
        except OSError as error:
            self.seen.append(f"{type(error).__name__} {sent}")


class HttpServer:
    """A server in a thread, and the app in it."""

    def __init__(self, loop: str, limits: Limits = LIMITS) -> None:
        self.app = WebSocketApp()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 << 10)
        config = uvicorn.Config(
            self.app,
            http=SpeechProtocol,
            loop=loop,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_keep_alive=75,
        )
        self.server = uvicorn.Server(config)
        self.rejected: list[int] = []
        self._counters = Counts(1, COUNTED).row(0)
        self.server.server_state = self.connections = ServerConnections(limits, self._reject, cors_origins=[PAGE])
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))
        self.thread.start()
        until(lambda: self.server.started)

    def _reject(self, status: int) -> None:
        recording.rejected(self._counters, status)  # as an application does: it knows all statuses, or raises
        self.rejected.append(status)

    def protocols(self) -> list[SpeechProtocol]:
        """The connections that there are."""
        there: list[object] = list(self.connections.connections)
        return [one for one in there if isinstance(one, SpeechProtocol)]

    def websockets(self) -> list[WebSocketConnection]:
        """The WebSockets that there are."""
        there: list[object] = list(self.connections.connections)
        return [one for one in there if isinstance(one, WebSocketConnection)]

    def open(self, path: str, **given: Any) -> ClientConnection:
        """A WebSocket to this path. given: as for `websockets.sync.client.connect`."""
        host, port = self.listener.getsockname()
        client: ClientConnection = connect(f"ws://{host}:{port}{path}", open_timeout=60, close_timeout=5, **given)
        return client

    def connect(self) -> socket.socket:
        return socket.create_connection(self.listener.getsockname(), timeout=60)

    def connect_narrow(self) -> socket.socket:
        """A client for which the kernel takes little that it has not read."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        client.connect(self.listener.getsockname())
        return client

    def ask(self, *pieces: bytes) -> bytes:
        """Everything the server sends back until it closes."""
        with self.connect() as client:
            for piece in pieces:
                client.sendall(piece)
            return rest(client)

    def close(self) -> None:
        self.app.go_on.set()
        self.server.should_exit = True
        self.thread.join(60)
        assert not self.thread.is_alive()


def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def the_connection(served: HttpServer) -> SpeechProtocol:
    """The only connection that there is."""
    until(lambda: len(served.connections.connections) == 1)
    (connection,) = served.protocols()
    return connection


def rest(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    data = b""
    while piece := client.recv(1 << 16):
        data += piece
    return data


def until_end(client: socket.socket, ending: bytes) -> bytes:
    """What comes, up to bytes that end so."""
    data = b""
    while not data.endswith(ending):
        piece = client.recv(1 << 16)
        assert piece, data
        data += piece
    return data


def parsed(reply: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """The status, headers and body of a reply."""
    head, _, body = reply.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = {name.lower(): value for name, value in (line.split(b": ", 1) for line in lines)}
    return int(status.split()[1]), headers, body


def error(reply: bytes) -> tuple[int, dict[str, str]]:
    """Status and error of a reply that must be in the envelope, have a request id, and end the connection."""
    status, headers, body = parsed(reply)
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"connection"] == b"close"
    assert headers[b"x-request-id"].startswith(b"req_")
    assert int(headers[b"content-length"]) == len(body)
    envelope = json.loads(body)["error"]
    assert set(envelope) == {"message", "type", "param", "code"}
    return status, envelope


def post(body: bytes, path: str = "/echo", headers: str = "") -> bytes:
    """A request with this body."""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body

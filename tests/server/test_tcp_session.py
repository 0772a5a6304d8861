"""Connections of protocols that are not HTTP: bytes in both directions, limits, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from speechd.server.request_limits import Limits
from speechd.server.session import IN_USE, ClientTooSlow
from speechd.server.tcp_session import UNREAD_BYTES, TcpConnection
from tests.harness.http_server import HttpServer, rest, until


class Echo:
    """An app that does as the first byte says. seen: what it met with."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.received = 0
        self.go_on = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        assert scope["type"] == "tcp"
        message = await receive()
        self.received += len(message.get("bytes", b"")) - 1
        if message["type"] == "tcp.receive":
            await getattr(
                self,
                {b"e": "echo", b"d": "deaf", b"p": "pours", b"u": "uses", b"b": "bug", b"l": "late_bug"}[
                    message["bytes"][:1]
                ],
            )(scope, receive, send)
        else:
            self.seen.append("left")

    async def echo(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "tcp.send", "bytes": b"e"})
        while (message := await receive())["type"] == "tcp.receive":
            if message["bytes"] == b"end":
                return
            await send({"type": "tcp.send", "bytes": message["bytes"]})
        self.seen.append("left")

    async def deaf(self, scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"][IN_USE](True)
        await self.go_on.wait()
        while (message := await receive())["type"] == "tcp.receive":
            self.received += len(message["bytes"])
        self.seen.append("left")

    async def pours(self, scope: Any, receive: Any, send: Any) -> None:
        sent = 0
        try:
            while True:
                await asyncio.sleep(0)
                await send({"type": "tcp.send", "bytes": bytes(4096)})
                sent += 4096
        except OSError as error:
            self.seen.append(f"{type(error).__name__} {sent}")

    async def uses(self, scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"][IN_USE](True)
        await self.go_on.wait()
        await send({"type": "tcp.send", "bytes": b"done"})
        scope["extensions"][IN_USE](False)
        assert (await receive())["type"] == "tcp.disconnect"
        self.seen.append("left")

    async def bug(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "tcp.send", "bytes": b"begun"})
        raise ValueError("a bug")

    async def late_bug(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] == "tcp.receive":
            pass
        raise ValueError("a late bug")


class TcpServer(HttpServer):
    """A server that listens for such connections, too."""

    def __init__(self, loop: str, limits: Limits) -> None:
        super().__init__(loop, limits)
        self.echo = Echo()
        self.other = socket.create_server(("127.0.0.1", 0))
        self.other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32 << 10)
        running = self.server.servers[0].get_loop()
        asyncio.run_coroutine_threadsafe(self._listen(), running).result(5)

    async def _listen(self) -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: TcpConnection(self.connections, self.echo, {}), sock=self.other
        )
        self.server.servers.append(server)

    def call(self, function: Any) -> None:
        self.server.servers[0].get_loop().call_soon_threadsafe(function)

    def opened(self, first: bytes = b"e") -> socket.socket:
        client = socket.create_connection(self.other.getsockname(), timeout=60)
        client.sendall(first)
        return client


@pytest.fixture(params=["asyncio", "uvloop"])
def tcp(request: pytest.FixtureRequest) -> Iterator[TcpServer]:
    limits = Limits(
        header_bytes=8 << 10,
        body_bytes=64 << 10,
        request_timeout_s=5,
        connections=3,
        held_bytes=1 << 20,
        write_timeout_s=0.3,
        session_idle_s=0.5,
    )
    served = TcpServer(request.param, limits)
    yield served
    served.call(served.echo.go_on.set)
    served.close()


def test_bytes_come_and_go_until_the_app_ends(tcp: TcpServer) -> None:
    with tcp.opened() as client:
        assert client.recv(1) == b"e"
        client.sendall(b"more")
        assert client.recv(4) == b"more"
        client.sendall(b"end")
        assert rest(client) == b""
    until(lambda: not tcp.connections.connections)
    assert tcp.connections._held_bytes == 0


@pytest.mark.parametrize("how", ["close", "half", "reset"])
def test_app_is_told_that_its_client_has_left(tcp: TcpServer, how: str) -> None:
    with tcp.opened() as client:
        client.recv(1)
        if how == "half":
            client.shutdown(socket.SHUT_WR)
            assert rest(client) == b""
        elif how == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: tcp.echo.seen == ["left"])


def test_app_that_fails_breaks_off(tcp: TcpServer) -> None:
    with tcp.opened(b"b") as client, contextlib.suppress(ConnectionResetError):
        assert rest(client) in (b"begun", b"")
    until(lambda: not tcp.connections.connections)


def test_failure_of_an_app_is_logged_though_its_client_has_left(
    tcp: TcpServer, caplog: pytest.LogCaptureFixture
) -> None:
    tcp.opened(b"l").close()
    until(lambda: any("a late bug" in record.getMessage() for record in caplog.records))


def test_what_an_app_does_not_take_stays_with_the_client(tcp: TcpServer) -> None:
    with tcp.opened(b"d") as client:
        client.settimeout(0.3)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 64 << 20:
                sent += client.send(bytes(1 << 16))
        assert UNREAD_BYTES < sent < 64 << 20
        (connection,) = [one for one in list[object](tcp.connections.connections) if isinstance(one, TcpConnection)]
        assert len(connection._unread) < UNREAD_BYTES + (256 << 10) + 1
        tcp.call(tcp.echo.go_on.set)
        until(lambda: tcp.echo.received == sent)


def test_client_that_does_not_read_is_cut_off(tcp: TcpServer) -> None:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with client:
        client.connect(tcp.other.getsockname())
        client.sendall(b"p")
        until(lambda: tcp.echo.seen)
        kind, sent = tcp.echo.seen[0].split()
        assert kind == ClientTooSlow.__name__
        assert int(sent) < 4 << 20


def test_one_that_is_not_used_ends_and_one_in_use_does_not(tcp: TcpServer) -> None:
    with tcp.opened(b"u") as used, tcp.opened() as idle, tcp.opened(b"") as silent:
        assert rest(silent) == b""
        assert rest(idle) == b"e"
        tcp.call(tcp.echo.go_on.set)
        assert rest(used) == b"done"


def test_places_are_bounded_with_those_of_http(tcp: TcpServer) -> None:
    with tcp.opened(b"u"), tcp.opened(b"u"), tcp.opened(b"u"):
        until(lambda: len(tcp.connections.connections) == 3)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError), tcp.opened() as client:
            assert rest(client) == b""
        assert len(tcp.connections.connections) == 3
        tcp.call(tcp.echo.go_on.set)


@pytest.mark.parametrize("how", ["drain", "retire"])
def test_worker_that_is_to_end_ends_idle_ones_at_once_and_others_after_their_use(tcp: TcpServer, how: str) -> None:
    with tcp.opened(b"u") as used, tcp.opened() as idle:
        assert idle.recv(1) == b"e"
        until(lambda: len(tcp.connections.connections) == 2)
        if how == "drain":
            tcp.server.should_exit = True
        else:
            tcp.call(tcp.connections.end_sessions)
        assert rest(idle) == b""
        tcp.call(tcp.echo.go_on.set)
        assert rest(used) == b"done"


def test_none_begins_in_a_worker_that_is_about_to_end(tcp: TcpServer) -> None:
    tcp.connections.draining = True
    with contextlib.suppress(ConnectionResetError, BrokenPipeError), tcp.opened() as client:
        assert rest(client) == b""
    tcp.connections.draining = False
    assert tcp.echo.seen == []

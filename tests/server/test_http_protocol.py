"""HTTP on one connection: its life, its deadlines, and how it drains."""

from __future__ import annotations

import contextlib
import socket
import struct

import pytest

from speechd.server.request_limits import Phase
from tests.harness.http_server import GET, HttpServer, error, parsed, post, rest, the_connection, until, until_end


def test_ordinary_requests_share_a_connection(served: HttpServer) -> None:
    with served.connect() as client:
        for body in (b"one", b"two"):
            client.sendall(post(body))
            until_end(client, b"\r\n\r\n" + body)


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"], ids=["silent", "newlines"])
def test_connection_without_a_request_is_closed_without_an_answer(served: HttpServer, sent: bytes) -> None:
    assert served.ask(sent) == b""
    assert served.rejected == []


@pytest.mark.parametrize(
    "begun",
    [b"GE", b"GET /echo HTTP/1.1\r\nHost: x\r\nX: ", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"],
    ids=["line", "headers", "body"],
)
def test_request_that_does_not_arrive_is_a_408(served: HttpServer, begun: bytes) -> None:
    status, envelope = error(served.ask(begun))
    assert (status, envelope["code"]) == (408, "request_timeout")
    assert "read" not in served.app.seen
    assert served.rejected == [408]


def test_trickling_request_is_a_408(served: HttpServer) -> None:
    with served.connect() as client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.sendall(b"GET /echo HTTP/1.1\r\n")
        client.settimeout(0.02)
        for _ in range(200):
            client.sendall(b"X: a\r\n")
            with contextlib.suppress(TimeoutError):
                assert error(client.recv(4096))[0] == 408
                return
    pytest.fail("a trickling request was let in")


def test_second_request_has_its_own_deadline(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(post(b"one"))
        until_end(client, b"one")
        client.sendall(b"GET /echo HT")
        assert error(rest(client))[0] == 408


def test_idle_connection_is_kept_beyond_the_deadline_of_a_request(served: HttpServer) -> None:
    with served.connect() as client, served.connect() as silent:
        client.sendall(post(b"one"))
        until_end(client, b"one")
        assert silent.recv(1) == b""  # its deadline has passed, and with it that of the other
        client.sendall(post(b"two"))
        until_end(client, b"\r\n\r\ntwo")


def test_body_that_does_not_arrive_after_an_early_answer_ends_the_connection(served: HttpServer) -> None:
    reply = served.ask(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
    assert parsed(reply)[0] == 401
    assert reply.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("wish", ["h2c", "websocket"])
@pytest.mark.parametrize("cut", [0, 20, 300])
def test_upgrade_is_ignored_and_the_body_is_not_lost(served: HttpServer, wish: str, cut: int) -> None:
    headers = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {wish}\r\nHTTP2-Settings: AAEA\r\n"
    with served.connect() as client:
        for body in (b"one" * 100, b"two"):
            request = post(body, headers=headers)
            client.sendall(request[:cut])
            client.sendall(request[cut:])
            assert until_end(client, b"\r\n\r\n" + body).count(b"HTTP/1.1") == 1
        client.sendall(
            f"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
            + b"2\r\nhi\r\n0\r\n\r\n"
        )
        until_end(client, b"\r\n\r\nhi")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_draining_closes_idle_connections_and_lets_requests_finish(loop: str) -> None:
    served = HttpServer(loop)
    with served.connect() as idle, served.connect() as sending, served.connect() as receiving, served.connect() as both:
        idle.sendall(GET)
        until_end(idle, b"\r\n\r\n")
        receiving.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(receiving, b"first \r\n")
        sending.sendall(GET[:12])
        both.sendall(post(b"body")[:-2])
        until(lambda: sum(one._request.phase in (Phase.HEAD, Phase.BODY) for one in served.protocols()) == 2)
        served.server.should_exit = True
        assert rest(idle) == b""
        sending.sendall(GET[12:])
        both.sendall(b"dy")
        for client in (sending, both):
            status, headers, _ = parsed(rest(client))
            assert (status, headers[b"connection"]) == (200, b"close")
        served.app.go_on.set()
        assert rest(receiving).endswith(b"4\r\nlast\r\n0\r\n\r\n")
    served.close()


@pytest.mark.parametrize("behind", [b"", b"\r\n", GET], ids=["nothing", "a line end", "a request"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_draining_closes_connections_that_were_answered_before_their_body_came(loop: str, behind: bytes) -> None:
    served = HttpServer(loop)
    with served.connect() as client:
        client.sendall(post(b"body", "/early")[:-1])
        until_end(client, b"\r\n\r\nno")
        served.server.should_exit = True
        until(lambda: served.connections.draining)
        client.sendall(b"y" + behind)
        assert rest(client) == b""
    served.close()


def test_client_that_resets_leaves_nothing_behind(served: HttpServer) -> None:
    client = served.connect()
    client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    until_end(client, b"first \r\n")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    until(lambda: not served.connections.connections)


def test_body_after_an_early_answer_is_dropped_and_the_connection_kept(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(post(bytes(60 << 10), "/early")[:-1])
        until_end(client, b"\r\n\r\nno")
        connection = the_connection(served)
        until(lambda: connection._request._inbound._body_bytes == (60 << 10) - 1)
        until(lambda: connection._exchange is not None and connection._exchange.body == b"")
        assert connection not in served.connections._idle
        client.sendall(b"\0")
        until(lambda: connection in served.connections._idle)
        client.sendall(GET)
        until_end(client, b"\r\n\r\n")

"""What connections hold together, who has a place, and what is given back."""

from __future__ import annotations

import contextlib
import logging
import socket
from functools import partial

import pytest

from speechd.server.connections import FREE_BYTES, TRIMMED_BYTES, ServerConnections
from speechd.server.http_protocol import SpeechProtocol
from speechd.server.request_limits import Limits
from tests.harness.http_server import (
    BIG_BYTES,
    GET,
    HttpServer,
    error,
    parsed,
    post,
    rest,
    the_connection,
    until,
    until_end,
)


def is_held_or_read(connection: SpeechProtocol, served: HttpServer) -> bool:
    return connection._held_bytes >= 20_000 or "read" in served.app.seen


def are_idle(served: HttpServer, count: int) -> bool:
    return len(served.connections._idle) == count and not served.connections.tasks


def test_heap_is_trimmed_once_what_was_much_is_held_no_more() -> None:
    trims: list[str] = []
    connections = ServerConnections(Limits(1000, 1000, 1.0), lambda status: None, trim=lambda: trims.append("trim"))
    much, little = 2 * TRIMMED_BYTES, 2 * FREE_BYTES
    assert connections.hold(0, much)
    assert connections.hold(0, little)
    assert connections.hold(much, 0)
    assert trims == []
    assert connections.hold(little, 0)
    assert trims == ["trim"]
    assert connections.hold(0, little)
    assert connections.hold(little, 0)
    assert trims == ["trim"]


def test_bodies_are_bounded_in_sum(narrow: HttpServer) -> None:
    with narrow.connect() as first, narrow.connect() as second, narrow.connect() as third:
        first.sendall(post(bytes(20 << 10))[:-1])
        until(lambda: narrow.connections._held_bytes > 0)
        second.sendall(post(bytes(16 << 10)))  # an ordinary one
        until_end(second, bytes(16 << 10))
        third.sendall(post(bytes(30 << 10))[:-1])
        reply = rest(third)
        status, envelope = error(reply)
        assert (status, envelope["code"]) == (503, "server_is_overloaded")
        assert int(parsed(reply)[1][b"retry-after"]) >= 1
        first.sendall(b"\0")
        until_end(first, bytes(20 << 10))
        second.sendall(post(bytes(20 << 10)))  # there is room again
        until_end(second, bytes(20 << 10))
    assert narrow.rejected == [503]
    until(lambda: not narrow.connections.connections)
    assert narrow.connections._held_bytes == 0


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /echo HTTP/1.1\r\nX: " + b"a" * (20 << 10),
        post(bytes(20 << 10))[:-1],
        post(bytes(20 << 10), "/waits") + GET,
    ],
    ids=["head", "body", "behind"],
)
def test_nothing_is_held_of_clients_that_have_left(narrow: HttpServer, begun: bytes) -> None:
    for _ in range(3):
        client = narrow.connect()
        client.sendall(begun)
        connection = the_connection(narrow)
        until(partial(is_held_or_read, connection, narrow))
        client.close()
        until(lambda: not narrow.connections.connections)
        assert narrow.connections._held_bytes == 0
    until(lambda: not narrow.connections.tasks)


def test_what_is_behind_requests_is_bounded_in_sum(narrow: HttpServer) -> None:
    with narrow.connect() as client:
        client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 1000)
        connection = the_connection(narrow)
        until(lambda: connection._exchange is not None and not connection._exchange.keep_alive)
        narrow.app.go_on.set()
        assert rest(client).count(b"HTTP/1.1") == 1
    assert narrow.rejected == []


def test_idle_connection_makes_room_for_a_new_one_the_oldest_first(
    narrow: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as clients, caplog.at_level(logging.WARNING):
        oldest, older, *rest_ = (clients.enter_context(narrow.connect()) for _ in range(4))
        for client in (older, *rest_, oldest):  # idle in this order from now on
            client.sendall(GET)
            until_end(client, b"\r\n\r\n")
        new = clients.enter_context(narrow.connect())
        assert older.recv(1) == b""
        for client in (oldest, *rest_, new):
            client.sendall(GET)
            until_end(client, b"\r\n\r\n")
    until(lambda: not narrow.connections.connections)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "all 4 connections" in told[0]
    assert "1 idle ones were closed, 0 new ones refused" in told[1]


def test_unread_response_does_not_keep_the_place_of_an_idle_connection(narrow: HttpServer) -> None:
    with contextlib.ExitStack() as clients:
        for count in range(1, 5):
            clients.enter_context(narrow.connect_narrow()).sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            until(partial(are_idle, narrow, count))
        oldest: object = next(iter(narrow.connections._idle))
        new = clients.enter_context(narrow.connect())
        until(lambda: oldest not in narrow.connections.connections)
        new.sendall(GET)
        until_end(new, b"\r\n\r\n")


def test_idle_connection_whose_client_has_taken_all_is_closed_before_others(narrow: HttpServer) -> None:
    with contextlib.ExitStack() as clients:
        slow = clients.enter_context(narrow.connect_narrow())
        slow.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        connection = the_connection(narrow)
        until(lambda: connection.has_unsent() and not narrow.connections.tasks)
        idle = [clients.enter_context(narrow.connect()) for _ in range(3)]
        for client in idle:
            client.sendall(GET)
            until_end(client, b"\r\n\r\n")
        clients.enter_context(narrow.connect())
        assert idle[0].recv(1) == b""
        slow.shutdown(socket.SHUT_WR)
        assert len(parsed(rest(slow))[2]) == BIG_BYTES


def test_connection_is_refused_where_none_is_idle(narrow: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    with contextlib.ExitStack() as clients, caplog.at_level(logging.WARNING):
        busy = [clients.enter_context(narrow.connect()) for _ in range(4)]
        for client in busy[:3]:
            client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n")
        busy[3].sendall(GET[:10])
        until(lambda: len(narrow.app.seen) == 3 and not narrow.connections._idle)
        for _ in range(2):
            status, envelope = error(narrow.ask(GET))
            assert (status, envelope["code"]) == (503, "server_is_overloaded")
        narrow.app.go_on.set()
        for client in busy[:3]:
            until_end(client, b"held")
        busy[3].sendall(GET[10:])
        until_end(busy[3], b"\r\n\r\n")
        with narrow.connect() as client:
            client.sendall(GET)
            until_end(client, b"\r\n\r\n")
    until(lambda: not narrow.connections.connections)
    assert narrow.rejected == [503, 503]
    assert [record.getMessage()[:30] for record in caplog.records] == [
        "all 4 connections that the lim",
        "connections have room again: 1",
    ]


def test_many_connections_at_once_are_answered_or_refused(narrow: HttpServer) -> None:
    clients = [narrow.connect() for _ in range(60)]
    replies = []
    for client in clients:
        with client, contextlib.suppress(ConnectionError):
            client.sendall(GET.replace(b"Host", b"Connection: close\r\nHost"))
            replies.append(rest(client))
    assert {reply.split(b" ")[1] if reply else b"" for reply in replies} <= {b"200", b"503", b""}
    assert any(b" 200 OK" in reply for reply in replies)
    until(lambda: not narrow.connections.connections)
    with narrow.connect() as client:
        client.sendall(GET)
        until_end(client, b"\r\n\r\n")

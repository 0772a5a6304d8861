"""Clients that send more than the request in hand."""

from __future__ import annotations

import contextlib

import pytest

from speechd.server.read_ahead import BEHIND_BYTES, DISCARDED_BYTES
from tests.harness.http_server import GET, HttpServer, error, parsed, post, rest, the_connection, until, until_end


def test_request_sent_ahead_waits_without_harm_to_the_response_before_it(served: HttpServer) -> None:
    with served.connect() as client, served.connect() as silent:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET[:10])
        assert silent.recv(1) == b""
        served.app.go_on.set()
        until_end(client, b"first \r\n")
        client.sendall(GET[10:].replace(b"Host", b"Connection: close\r\nHost"))
        assert b"HTTP/1.1 200 OK" in rest(client)


def test_bad_request_sent_ahead_lets_the_response_before_it_end(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(client, b"first \r\n")
        client.sendall(b"nonsense\r\n\r\n")
        served.app.go_on.set()
        first, _, second = rest(client).partition(b"4\r\nlast\r\n0\r\n\r\n")
        assert first == b""
        assert error(second)[0] == 400


def test_requests_sent_ahead_are_answered_one_after_another(served: HttpServer) -> None:
    bodies = [f"request {number}".encode() for number in range(50)]
    with served.connect() as client:
        client.sendall(b"".join(map(post, bodies)))
        data = until_end(client, bodies[-1])
    assert [part.partition(b"\r\n\r\n")[2] for part in data.split(b"HTTP/1.1 200 OK\r\n")[1:]] == bodies


def test_app_is_called_for_one_request_of_a_connection_at_a_time(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 100)
        until(lambda: served.app.seen == ["begun"])
        connection = the_connection(served)
        until(lambda: len(connection._read_ahead) == 100 * len(GET))
        assert len(served.connections.tasks) == 1
        served.app.go_on.set()
        data = b""
        while data.count(b"HTTP/1.1 200 OK") < 101:
            data += client.recv(1 << 16)


@pytest.mark.parametrize("query", ["holds", "slow"])
def test_response_in_hand_is_the_last_where_too_much_was_sent_ahead(served: HttpServer, query: str) -> None:
    with served.connect() as client:
        client.sendall(f"GET /{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        data = until_end(client, b"first \r\n") if query == "slow" else b""
        client.sendall(GET * (BEHIND_BYTES // len(GET) + 10))
        connection = the_connection(served)
        until(lambda: connection._exchange is not None and not connection._exchange.keep_alive)
        assert not connection._read_ahead
        client.sendall(GET)
        served.app.go_on.set()
        data += rest(client)
    assert data.count(b"HTTP/1.1") == 1
    if query == "holds":
        assert parsed(data)[1][b"connection"] == b"close"
        assert data.endswith(b"held")
    else:
        assert data.endswith(b"4\r\nlast\r\n0\r\n\r\n")


def test_client_that_goes_on_sending_is_dropped(served: HttpServer) -> None:
    with served.connect() as client, contextlib.suppress(ConnectionError):
        client.sendall(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range((BEHIND_BYTES + DISCARDED_BYTES) // (64 << 10) + 100):
            client.sendall(bytes(64 << 10))
    until(lambda: served.app.seen == ["read", "left"])

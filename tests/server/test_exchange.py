"""A request and its response, whatever the app or the client does."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct

import pytest

from speechd.server.base_connection import WRITE_BUFFER_BYTES
from tests.harness.http_server import GET, HttpServer, error, parsed, post, rest, the_connection, until, until_end


def test_continue_is_sent_when_the_body_is_wanted(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        until_end(client, b"\r\n\r\nhi")


def test_bug_in_the_app_is_a_500(served: HttpServer) -> None:
    assert error(served.ask(b"GET /bug HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 500


def test_error_of_ours_that_the_app_lets_through_keeps_its_status(served: HttpServer) -> None:
    status, envelope = error(served.ask(b"GET /invalid HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert (status, envelope["param"]) == (400, "input")


def test_failure_midway_breaks_the_transfer_off_with_one_line_in_the_log(
    served: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        reply = served.ask(b"GET /midway HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: not served.connections.connections)
    assert reply.endswith(b"5\r\nfirst\r\n")
    (record,) = (record for record in caplog.records if record.name != "uvicorn.access")
    assert record.getMessage() == "failed: the engine failed"
    assert record.exc_info is None


def test_client_that_never_reads_is_dropped_at_once(served: HttpServer) -> None:
    with served.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: served.app.seen)
        until(lambda: not served.connections.connections)
    # What send() took without waiting: our buffer, and the kernel's two.
    assert int(served.app.seen[0]) < (4 << 20)


def test_little_is_buffered_here(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(client, b"first \r\n")
        connection = the_connection(served)
        assert connection.transport.get_write_buffer_limits()[1] == WRITE_BUFFER_BYTES


@pytest.mark.parametrize("how", ["fails", "aborts", "cancelled"])
def test_app_that_goes_wrong_after_its_response_leaves_the_next_request_alone(served: HttpServer, how: str) -> None:
    with served.connect() as client:
        client.sendall(f"GET /late?{how} HTTP/1.1\r\nHost: x\r\n\r\nGET /holds HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: served.app.seen == ["begun"] and len(served.connections.tasks) == 1)
        served.app.go_on.set()
        assert until_end(client, b"held").count(b"HTTP/1.1") == 2


def test_body_that_is_shorter_than_stated_breaks_the_transfer_off(served: HttpServer) -> None:
    assert served.ask(b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n") == b""


@pytest.mark.parametrize("query", [b"", b"?streams"], ids=["whole", "streamed"])
@pytest.mark.parametrize("end", ["FIN", "RST"])
@pytest.mark.parametrize(
    "behind",
    [b"", GET, GET[:10], GET * 20, GET * 8000, post(bytes(32 << 10)), b"\0" * 500_000],
    ids=["nothing", "a request", "half of one", "20", "8000", "a body", "zeros"],
)
def test_client_that_leaves_is_noticed_whatever_it_has_sent(
    served: HttpServer, behind: bytes, end: str, query: bytes
) -> None:
    client = served.connect()
    client.sendall(b"GET /waits%b HTTP/1.1\r\nHost: x\r\n\r\n" % query)
    if query:
        until_end(client, b"first \r\n")
    client.sendall(behind)
    until(lambda: served.app.seen == ["read"])
    if end == "RST":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    until(lambda: served.app.seen == ["read", "left"])
    until(lambda: not served.connections.connections and not served.connections.tasks)
    assert served.connections._held_bytes == 0


@pytest.mark.parametrize(
    ("request_", "seen"),
    [(GET, ["read"]), (post(b"body"), ["read"]), (GET.replace(b"echo", b"early"), [])],
    ids=["GET", "POST", "early"],
)
def test_client_that_has_closed_its_side_is_answered_what_is_ready(
    served: HttpServer, request_: bytes, seen: list[str]
) -> None:
    with served.connect() as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        assert rest(client).startswith(b"HTTP/1.1 ")
    assert served.app.seen == seen


def test_client_that_has_closed_its_side_is_not_waited_with(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert rest(client) == b""
    assert served.app.seen == ["read", "left"]


@pytest.mark.parametrize(("version", "continues"), [("1.1", 1), ("1.0", 0)])
def test_continue_is_sent_to_clients_that_know_it(served: HttpServer, version: str, continues: int) -> None:
    head = f"POST /echo HTTP/{version}\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with served.connect() as client:
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        until(lambda: served.connections.tasks)
        if continues:
            assert client.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert rest(client).startswith(b"HTTP/1.1 200 OK\r\n")


def test_early_answer_to_one_who_waits_to_be_told_to_go_on_ends_the_connection(served: HttpServer) -> None:
    # Whether its body comes all the same cannot be known: what comes next would be taken for it.
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
    status, headers, _ = parsed(served.ask(head))
    assert (status, headers[b"connection"]) == (401, b"close")


def test_app_that_does_not_answer_is_a_500(served: HttpServer) -> None:
    assert error(served.ask(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 500


def test_failure_is_logged_under_the_id_of_its_request(served: HttpServer, caplog: pytest.LogCaptureFixture) -> None:
    _, headers, _ = parsed(served.ask(b"GET /bug HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert headers[b"x-request-id"].decode() == vars(caplog.records[-1])["fields"]["id"]

"""The HTTP edge, over real sockets and on both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import struct
import threading
import time

import pytest
import uvicorn

from speechd.errors import InvalidRequest, TransferAborted
from speechd.server import http_protocol
from speechd.server.connections import ServerConnections
from speechd.server.http_protocol import BEHIND_BYTES, DROPPED_BYTES, WRITE_BUFFER_BYTES, SpeechProtocol
from speechd.server.request_limits import InboundRequest, Limits, Phase

LIMITS = Limits(header_bytes=8 << 10, body_bytes=64 << 10, receipt_timeout_s=0.4)
PAGE = "https://page.example"
BIG_BYTES = 1 << 20
GET = b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """An app whose path says what it does; `seen` is what it met with."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.headers: dict[bytes, bytes] = {}
        self.go_on = threading.Event()

    async def __call__(self, scope, receive, send):
        await getattr(self, scope["path"].strip("/"))(scope, receive, send)

    async def echo(self, scope, receive, send):
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

    async def early(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def slow(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.body", "body": b"last"})

    async def waits(self, scope, receive, send):
        """Answer when `go_on` says so, or never if the client leaves before."""
        while (await receive())["type"] == "http.request":
            self.seen.append("read")
            if scope["query_string"] == b"streams":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        self.seen.append("left")

    async def holds(self, scope, receive, send):
        """Answer when `go_on` says so."""
        self.seen.append("begun")
        while not self.go_on.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"held"})

    async def big(self, scope, receive, send):
        """What is far more than the kernel takes for a client that does not read, sent without waiting."""
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % BIG_BYTES)]})
        await send({"type": "http.response.body", "body": bytes(BIG_BYTES)})

    async def short(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"no"})

    async def late(self, scope, receive, send):
        """Go wrong as the query says when the next request is in hand."""
        await self.early(scope, receive, send)
        while not self.seen:
            await asyncio.sleep(0.005)
        if scope["query_string"] == b"cancelled":
            raise asyncio.CancelledError
        if scope["query_string"] == b"aborts":
            scope["extensions"]["speechd.abort"]()
        raise ValueError("a bug")

    async def silent(self, scope, receive, send):
        pass

    async def bug(self, scope, receive, send):
        raise ValueError("a bug")

    async def midway(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        raise TransferAborted("the engine failed")

    async def invalid(self, scope, receive, send):
        raise InvalidRequest("not so", param="input")

    async def endless(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sent = 0
        try:
            while True:
                async with asyncio.timeout(0.3):
                    await send({"type": "http.response.body", "body": bytes(4096), "more_body": True})
                sent += 4096
        except TimeoutError:
            self.seen.append(str(sent))
            scope["extensions"]["speechd.abort"]()
            raise TransferAborted("the client did not read") from None


class Served:
    """A server in a thread, and the app in it."""

    def __init__(self, loop: str, limits: Limits = LIMITS) -> None:
        self.app = App()
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
        self.refused: list[int] = []
        self.server.server_state = self.edge = ServerConnections(limits, self.refused.append, cors_origins=[PAGE])
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))
        self.thread.start()
        until(lambda: self.server.started)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.listener.getsockname(), timeout=5)

    def connect_narrow(self) -> socket.socket:
        """A client for which the kernel takes little that it has not read."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
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
        self.thread.join(10)
        assert not self.thread.is_alive()


def until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def the_connection(served: Served) -> SpeechProtocol:
    until(lambda: len(served.edge.connections) == 1)
    (connection,) = served.edge.connections
    return connection


def rest(client: socket.socket) -> bytes:
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
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request):
    served = Served(request.param)
    yield served
    served.close()


@pytest.fixture
def served(server):
    server.app.seen.clear()
    server.app.go_on.clear()
    server.refused.clear()
    yield server
    server.app.go_on.set()
    until(lambda: not server.edge.connections and not server.edge.tasks)


def test_ordinary_requests_share_a_connection(served):
    with served.connect() as client:
        for body in (b"one", b"two"):
            client.sendall(post(body))
            until_end(client, b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    "bad",
    [
        b"hello\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_malformed_http_is_a_400(served, bad):
    assert error(served.ask(bad))[0] == 400
    assert served.app.seen == []
    assert served.refused == [400]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /echo?" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 2000 + b"\r\n",
        b"GET /echo HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000,
        b"GET /echo HTTP/1.1\r\n" + b"a" * 200_000,
        b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * 2000 + b"\r\n",
    ],
    ids=["line", "header", "many headers", "unfinished header", "unfinished name", "trailers"],
)
def test_giant_head_is_a_431(served, head):
    status, envelope = error(served.ask(head))
    assert (status, envelope["code"]) == (431, "headers_too_large")
    assert "read" not in served.app.seen
    assert served.refused == [431]


def test_head_within_the_limit_is_served_however_it_is_cut(served):
    head = (
        b"GET /echo HTTP/1.1\r\nHost: x\r\nX: "
        + b"a" * 4000
        + b"\r\nY: "
        + b"b" * 4000
        + b"\r\nConnection: close\r\n\r\n"
    )
    pieces = [head[start : start + 700] for start in range(0, len(head), 700)]
    assert parsed(served.ask(*pieces))[0] == 200


def test_giant_body_is_a_413_before_it_is_sent(served):
    reply = served.ask(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n")
    status, envelope = error(reply)
    assert (status, envelope["code"]) == (413, "request_too_large")
    assert served.app.seen == []


def test_giant_body_that_comes_all_the_same_does_not_take_the_answer_away(served):
    assert error(served.ask(post(bytes(4 << 20))))[0] == 413


def test_giant_chunked_body_is_a_413_and_the_app_is_told(served):
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert error(served.ask(head, *[b"1000\r\n" + bytes(4096) + b"\r\n"] * 17))[0] == 413
    until(lambda: served.app.seen == ["left"])
    assert served.refused == [413]


def test_continue_is_sent_when_the_body_is_wanted(served):
    with served.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        until_end(client, b"\r\n\r\nhi")


def test_trailer_does_not_pass_for_a_header(served):
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nX: a\r\n\r\n"
    served.ask(head + b"2\r\nhi\r\n0\r\nAuthorization: b\r\n\r\n")
    assert served.app.headers[b"x"] == b"a"
    assert b"authorization" not in served.app.headers


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"], ids=["silent", "newlines"])
def test_connection_without_a_request_is_closed_without_an_answer(served, sent):
    assert served.ask(sent) == b""
    assert served.refused == []


@pytest.mark.parametrize(
    "begun",
    [b"GE", b"GET /echo HTTP/1.1\r\nHost: x\r\nX: ", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"],
    ids=["line", "headers", "body"],
)
def test_request_that_does_not_arrive_is_a_408(served, begun):
    status, envelope = error(served.ask(begun))
    assert (status, envelope["code"]) == (408, "request_timeout")
    assert "read" not in served.app.seen
    assert served.refused == [408]


def test_trickling_request_is_a_408(served):
    with served.connect() as client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        client.sendall(b"GET /echo HTTP/1.1\r\n")
        client.settimeout(0.02)
        for _ in range(200):
            client.sendall(b"X: a\r\n")
            with contextlib.suppress(TimeoutError):
                assert error(client.recv(4096))[0] == 408
                return
    pytest.fail("a trickling request was let in")


def test_second_request_has_its_own_deadline(served):
    with served.connect() as client:
        client.sendall(post(b"one"))
        until_end(client, b"one")
        client.sendall(b"GET /echo HT")
        assert error(rest(client))[0] == 408


def test_idle_connection_is_kept_beyond_the_receipt_deadline(served):
    with served.connect() as client, served.connect() as silent:
        client.sendall(post(b"one"))
        until_end(client, b"one")
        assert silent.recv(1) == b""  # its deadline has passed, and with it that of the other
        client.sendall(post(b"two"))
        until_end(client, b"\r\n\r\ntwo")


def test_request_sent_ahead_waits_without_harm_to_the_response_before_it(served):
    with served.connect() as client, served.connect() as silent:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET[:10])
        assert silent.recv(1) == b""
        served.app.go_on.set()
        until_end(client, b"first \r\n")
        client.sendall(GET[10:].replace(b"Host", b"Connection: close\r\nHost"))
        assert b"HTTP/1.1 200 OK" in rest(client)


def test_bad_request_sent_ahead_lets_the_response_before_it_end(served):
    with served.connect() as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(client, b"first \r\n")
        client.sendall(b"nonsense\r\n\r\n")
        served.app.go_on.set()
        first, _, second = rest(client).partition(b"4\r\nlast\r\n0\r\n\r\n")
        assert first == b""
        assert error(second)[0] == 400


def test_body_that_does_not_arrive_after_an_early_answer_ends_the_connection(served):
    reply = served.ask(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
    assert parsed(reply)[0] == 401
    assert reply.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("wish", ["h2c", "websocket"])
@pytest.mark.parametrize("cut", [0, 20, 300])
def test_upgrade_is_ignored_and_the_body_is_not_lost(served, wish, cut):
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


def test_bug_in_the_app_is_a_500(served):
    assert error(served.ask(b"GET /bug HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 500


def test_error_of_ours_that_the_app_lets_through_keeps_its_status(served):
    status, envelope = error(served.ask(b"GET /invalid HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert (status, envelope["param"]) == (400, "input")


def test_failure_midway_breaks_the_transfer_off_with_one_line_in_the_log(served, caplog):
    with caplog.at_level(logging.INFO):
        reply = served.ask(b"GET /midway HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: not served.edge.connections)
    assert reply.endswith(b"5\r\nfirst\r\n")
    (record,) = (record for record in caplog.records if record.name != "uvicorn.access")
    assert record.getMessage() == "failed: the engine failed"
    assert record.exc_info is None


def test_client_that_never_reads_is_dropped_at_once(served):
    with served.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: served.app.seen)
        until(lambda: not served.edge.connections)
    # What send() took without waiting: our buffer, and the kernel's two.
    assert int(served.app.seen[0]) < (4 << 20)


def test_little_is_buffered_here(served):
    with served.connect() as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(client, b"first \r\n")
        connection = the_connection(served)
        assert connection.transport.get_write_buffer_limits()[1] == WRITE_BUFFER_BYTES


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_draining_closes_idle_connections_and_lets_requests_finish(loop):
    served = Served(loop)
    with served.connect() as idle, served.connect() as sending, served.connect() as receiving, served.connect() as both:
        idle.sendall(GET)
        until_end(idle, b"\r\n\r\n")
        receiving.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until_end(receiving, b"first \r\n")
        sending.sendall(GET[:12])
        both.sendall(post(b"body")[:-2])
        until(
            lambda: (
                sum(connection._receipt.part in (Phase.HEAD, Phase.BODY) for connection in served.edge.connections) == 2
            )
        )
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
def test_draining_closes_connections_that_were_answered_before_their_body_came(loop, behind):
    served = Served(loop)
    with served.connect() as client:
        client.sendall(post(b"body", "/early")[:-1])
        until_end(client, b"\r\n\r\nno")
        served.server.should_exit = True
        until(lambda: served.edge.draining)
        client.sendall(b"y" + behind)
        assert rest(client) == b""
    served.close()


@pytest.mark.parametrize("behind", [b"", b"\r\n", b"\0", GET], ids=["nothing", "a line end", "a byte", "a request"])
def test_last_response_is_sent_to_its_end_whatever_is_behind_the_request(served, monkeypatch, behind):
    monkeypatch.setattr(http_protocol, "LINGER_S", 0.02)
    with served.connect_narrow() as client:
        client.sendall(post(b"body", "/big", "Connection: close\r\n") + behind)
        connection = the_connection(served)
        until(lambda: connection._deaf or connection.transport.is_closing())
        assert connection._deaf == bool(behind.strip())
        if timer := connection._timer:  # its time is up
            until(lambda: connection._timer is not timer)
        assert len(parsed(rest(client))[2]) == BIG_BYTES


def test_client_that_does_not_take_the_last_response_is_not_waited_for_without_end(served, monkeypatch):
    monkeypatch.setattr(http_protocol, "LINGER_S", 0.02)
    monkeypatch.setattr(http_protocol, "LINGER_UNSENT_S", 0.1)
    with served.connect_narrow() as client:
        client.sendall(post(b"body", "/big", "Connection: close\r\n") + GET)
        connection = the_connection(served)
        until(lambda: connection._deaf)
        until(lambda: not served.edge.connections)


@pytest.mark.parametrize("how", ["fails", "aborts", "cancelled"])
def test_app_that_goes_wrong_after_its_response_leaves_the_next_request_alone(served, how):
    with served.connect() as client:
        client.sendall(f"GET /late?{how} HTTP/1.1\r\nHost: x\r\n\r\nGET /holds HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: served.app.seen == ["begun"] and len(served.edge.tasks) == 1)
        served.app.go_on.set()
        assert until_end(client, b"held").count(b"HTTP/1.1") == 2


def test_body_that_is_shorter_than_stated_breaks_the_transfer_off(served):
    assert served.ask(b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n") == b""


def test_client_that_resets_leaves_nothing_behind(served):
    client = served.connect()
    client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    until_end(client, b"first \r\n")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    until(lambda: not served.edge.connections)


@pytest.mark.parametrize("query", [b"", b"?streams"], ids=["whole", "streamed"])
@pytest.mark.parametrize("end", ["FIN", "RST"])
@pytest.mark.parametrize(
    "behind",
    [b"", GET, GET[:10], GET * 20, GET * 8000, post(bytes(32 << 10)), b"\0" * 500_000],
    ids=["nothing", "a request", "half of one", "20", "8000", "a body", "zeros"],
)
def test_client_that_leaves_is_noticed_whatever_it_has_sent(served, behind, end, query):
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
    until(lambda: not served.edge.connections and not served.edge.tasks)
    assert served.edge._held_bytes == 0


def test_requests_sent_ahead_are_answered_one_after_another(served):
    bodies = [f"request {number}".encode() for number in range(50)]
    with served.connect() as client:
        client.sendall(b"".join(map(post, bodies)))
        data = until_end(client, bodies[-1])
    assert [part.partition(b"\r\n\r\n")[2] for part in data.split(b"HTTP/1.1 200 OK\r\n")[1:]] == bodies


def test_app_is_called_for_one_request_of_a_connection_at_a_time(served):
    with served.connect() as client:
        client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 100)
        until(lambda: served.app.seen == ["begun"])
        connection = the_connection(served)
        until(lambda: len(connection._unparsed) == 100 * len(GET))
        assert len(served.edge.tasks) == 1
        served.app.go_on.set()
        data = b""
        while data.count(b"HTTP/1.1 200 OK") < 101:
            data += client.recv(1 << 16)


@pytest.mark.parametrize("query", ["holds", "slow"])
def test_response_in_hand_is_the_last_where_too_much_was_sent_ahead(served, query):
    with served.connect() as client:
        client.sendall(f"GET /{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        data = until_end(client, b"first \r\n") if query == "slow" else b""
        client.sendall(GET * (BEHIND_BYTES // len(GET) + 10))
        connection = the_connection(served)
        until(lambda: connection._exchange is not None and not connection._exchange.keep_alive)
        assert not connection._unparsed
        client.sendall(GET)
        served.app.go_on.set()
        data += rest(client)
    assert data.count(b"HTTP/1.1") == 1
    if query == "holds":
        assert parsed(data)[1][b"connection"] == b"close"
        assert data.endswith(b"held")
    else:
        assert data.endswith(b"4\r\nlast\r\n0\r\n\r\n")


def test_client_that_goes_on_sending_is_dropped(served):
    with served.connect() as client, contextlib.suppress(ConnectionError):
        client.sendall(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range((BEHIND_BYTES + DROPPED_BYTES) // (64 << 10) + 100):
            client.sendall(bytes(64 << 10))
    until(lambda: served.app.seen == ["read", "left"])


@pytest.mark.parametrize(
    ("request_", "seen"),
    [(GET, ["read"]), (post(b"body"), ["read"]), (GET.replace(b"echo", b"early"), [])],
    ids=["GET", "POST", "early"],
)
def test_client_that_has_closed_its_side_is_answered_what_is_ready(served, request_, seen):
    with served.connect() as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        assert rest(client).startswith(b"HTTP/1.1 ")
    assert served.app.seen == seen


def test_client_that_has_closed_its_side_is_not_waited_with(served):
    with served.connect() as client:
        client.sendall(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert rest(client) == b""
    assert served.app.seen == ["read", "left"]


H = b"Host: x\r\n"
CHUNKED = b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
CHUNKS = b"4\r\n\n \n\n\r\n0\r\n"
ENDINGS = [
    (b"\r\n", 200),
    (b"A: b\r\n\r\n", 200),
    (b"A: b\r\nC:\td\r\n\r\n", 200),
    (b"\n", 400),
    (b"A: b\n\n", 400),
    (b"A: b\r\n\n", 400),
    (b"A: b\n\r\n", 400),
    (b"A: b\nC: d\r\n\r\n", 400),
    (b"A: b\r\nC: d\n\r\n", 400),
    (b"A: b\r\n c\r\n\r\n", 400),
    (b"A: b\r\n\tc\r\nD: e\r\nF: g\r\n\r\n", 400),
    (b"A: b\r\nD: e\r\nF: g\r\n c\r\n d\r\n\r\n", 400),
]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        # RFC 9112, section 3.2: one Host, in HTTP/1.1.
        (b"GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + H + b"\r\n", 400),
        (b"GET /echo HTTP/1.0\r\n\r\n", 200),
        # 2.3, and RFC 9110, 2.5 and 15.6.6: versions.
        (b"GET /echo HTTP/2.0\r\n" + H + b"\r\n", 505),
        (b"GET /echo HTTP/9.9\r\n" + H + b"\r\n", 505),
        (b"GET /echo HTTP/0.9\r\n" + H + b"\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /echo HTTP/1.2\r\n" + H + b"Connection: close\r\n\r\n", 200),
        (b"GET /echo HTTP/11\r\n" + H + b"\r\n", 400),
        (b"GET /echo\r\n\r\n", 400),
        # 3.2.1 to 3.2.4: targets.
        (b"GET http://other/echo HTTP/1.1\r\n" + H + b"Connection: close\r\n\r\n", 200),
        (b"GET HTTP://other/echo?a HTTP/1.0\r\n\r\n", 200),
        (b"GET echo HTTP/1.1\r\n" + H + b"\r\n", 400),
        (b"GET x:80 HTTP/1.1\r\n" + H + b"\r\n", 400),
        (b"GET ftp://other/echo HTTP/1.1\r\n" + H + b"\r\n", 400),
        (b"GET http://[/echo HTTP/1.1\r\n" + H + b"\r\n", 400),
        (b"GET * HTTP/1.1\r\n" + H + b"\r\n", 400),
        # 2.2: empty lines before a request; 5: header lines.
        (b"\r\n\r\nGET /echo HTTP/1.0\r\n\r\n", 200),
        (b" GET /echo HTTP/1.1\r\n" + H + b"\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A : b\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A: b\r\n c\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A: b\nC: d\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\nHost: x\n\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A:\r\n" * 300 + b"\r\n", 431),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A:\r\n" * 200 + b"Connection: close\r\n\r\n", 200),
        (b"POST /echo HTTP/1.0\r\nContent-Length: 400\r\n\r\n" + b"\n " * 200, 200),
        (b"GET /echo HTTP/1.1\r\n A: b\r\n" + H + b"\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A: \0\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\n" + H + b"A: b\rC: d\r\n\r\n", 400),
        # 6.1: transfer codings, and 6.3: lengths.
        (b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: identity\r\n\r\n", 501),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n", 501),
        (b"POST /echo HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Transfer-Encoding: ChUnKeD\r\nContent-Length: 3\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Content-Length: +2\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Content-Length: -2\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Content-Length: 0x2\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Content-Length: 2, 3\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551618\r\n\r\nab", 413),
        # 7.1: chunks.
        (CHUNKED + b"2;a=b\r\nhi\r\n0;c\r\nTrailer: d\r\n\r\n", 200),
        (CHUNKED + b"1\r\na\r\n" * 3000 + b"0\r\n\r\n", 200),
        (CHUNKED + b"2;" + b"a" * 6000 + b"\r\nhi\r\n", 413),
        (CHUNKED + b"2;" + b"a" * 100_000, 431),
        (CHUNKED + b"1;aaaaaaaaaaaaaaaaaaaa\r\na\r\n" * 3000 + b"0\r\n\r\n", 413),
        # 7.1.2, and 11.2: how a body ends.
        *((CHUNKED + CHUNKS + ending, status) for ending, status in ENDINGS),
        (CHUNKED + b"g\r\n", 400),
        (CHUNKED + b"-1\r\n", 400),
        (CHUNKED + b"0x2\r\nhi\r\n", 400),
        (CHUNKED + b"2\nhi\n0\n\n", 408),
        (CHUNKED + b"2\r\nhi0\r\n\r\n", 400),
        (CHUNKED + b"fffffffffffffffffffff\r\n", 400),
        (CHUNKED + b"ffffffffffffffffffff\r\n" + bytes(70_000), 413),
    ],
)
def test_framing_is_as_the_standard_has_it(served, request_, status):
    reply = served.ask(request_)
    if status == 200:
        assert parsed(reply)[0] == 200
        assert reply.count(b"HTTP/1.1") == 1
    else:
        assert error(reply)[0] == status
        assert served.refused == [status]
        assert "read" not in served.app.seen


@pytest.mark.parametrize(("ending", "status"), ENDINGS)
def test_end_of_a_body_is_the_same_however_it_is_cut(served, monkeypatch, ending, status):
    for piece_bytes in range(1, 14):
        monkeypatch.setattr(http_protocol, "PIECE_BYTES", piece_bytes)
        reply = served.ask(CHUNKED + CHUNKS + ending)
        assert parsed(reply)[0] == status
        assert parsed(reply)[2] == b"\n \n\n" or status == 400


def refused_as_lines(*pieces: bytes) -> bool:
    receipt = InboundRequest(LIMITS)
    try:
        for piece in pieces:
            receipt.lines(piece)
    except InvalidRequest:
        return True
    return False


@pytest.mark.parametrize(
    ("head", "refused"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET / HTTP/1.1\nHost: x\n\n", True),
        (b"GET / HTTP/1.1\r\nHost: x\n\r\n", True),
        (b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", True),
    ],
)
@pytest.mark.parametrize("body", [b"", b"\n body \n "])
def test_lines_are_checked_however_they_are_cut(head, body, refused):
    for first in range(1, len(head) + 1):
        for second in range(first, len(head) + 1):
            # No piece after the one in which the head ends is looked at.
            pieces = [piece for piece in (head[:first], head[first:second], head[second:]) if piece]
            assert refused_as_lines(*pieces[:-1], pieces[-1] + body) is refused


def test_host_is_that_of_the_target(served):
    served.ask(b"GET http://other:1/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert served.app.headers[b"host"] == b"other:1"


@pytest.mark.parametrize(("version", "continues"), [("1.1", 1), ("1.0", 0)])
def test_continue_is_sent_to_clients_that_know_it(served, version, continues):
    head = f"POST /echo HTTP/{version}\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with served.connect() as client:
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        until(lambda: served.edge.tasks)
        if continues:
            assert client.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert rest(client).startswith(b"HTTP/1.1 200 OK\r\n")


def test_early_answer_to_one_who_waits_to_be_told_to_go_on_ends_the_connection(served):
    # Whether its body comes all the same cannot be known: what comes next would be taken for it.
    head = b"POST /early HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
    status, headers, _ = parsed(served.ask(head))
    assert (status, headers[b"connection"]) == (401, b"close")


def test_body_after_an_early_answer_is_dropped_and_the_connection_kept(served):
    with served.connect() as client:
        client.sendall(post(bytes(60 << 10), "/early")[:-1])
        until_end(client, b"\r\n\r\nno")
        connection = the_connection(served)
        until(lambda: connection._receipt._body_bytes == (60 << 10) - 1)
        until(lambda: connection._exchange.body == b"")
        assert connection not in served.edge._idle
        client.sendall(b"\0")
        until(lambda: connection in served.edge._idle)
        client.sendall(GET)
        until_end(client, b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /echo HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nX: " + b"a" * 9000, 431),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\norigin:%b\r\nX: ", 408),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 3\r\n\r\nab", 408),
        (b"POST /echo HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\nContent-Length: 99999\r\n\r\nab", 413),
        (b"GET echo HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\n\r\n", 400),
        (b"GET /bug HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\n\r\n", 500),
        (b"GET /echo HTTP/1.1\r\nOrigin: %b\r\nHost: x\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nOrigin: %b\r\nno colon\r\n\r\n", 400),
        (b"GET /echo HTTP/1.1\r\nHost: x\r\nOrigin: %b\r\n" + b"A:\r\n" * 300 + b"\r\n", 431),
    ],
)
def test_page_of_an_allowed_origin_sees_what_is_refused(served, request_, status):
    for origin, allowed in ((PAGE, True), ("https://evil.example", False)):
        reply = served.ask(request_ % origin.encode())
        assert error(reply)[0] == status
        told = parsed(reply)[1].get(b"access-control-allow-origin")
        assert told == (PAGE.encode() if allowed else None)


def test_origin_is_not_taken_from_a_body(served):
    reply = served.ask(b"GET echo HTTP/1.1\r\nHost: x\r\n\r\nOrigin: %b\r\n" % PAGE.encode())
    assert error(reply)[0] == 400
    assert b"access-control-allow-origin" not in parsed(reply)[1]


@pytest.fixture(params=["asyncio", "uvloop"])
def narrow(request):
    """Four connections, and 8 KiB beyond the first 16 KiB of each."""
    limits = Limits(header_bytes=32 << 10, body_bytes=64 << 10, receipt_timeout_s=30, connections=4, held_bytes=8 << 10)
    served = Served(request.param, limits)
    yield served
    served.close()


def test_bodies_are_bounded_in_sum(narrow):
    with narrow.connect() as first, narrow.connect() as second, narrow.connect() as third:
        first.sendall(post(bytes(20 << 10))[:-1])
        until(lambda: narrow.edge._held_bytes > 0)
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
    assert narrow.refused == [503]
    until(lambda: not narrow.edge.connections)
    assert narrow.edge._held_bytes == 0


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /echo HTTP/1.1\r\nX: " + b"a" * (20 << 10),
        post(bytes(20 << 10))[:-1],
        post(bytes(20 << 10), "/waits") + GET,
    ],
    ids=["head", "body", "behind"],
)
def test_nothing_is_held_of_clients_that_have_left(narrow, begun):
    for _ in range(3):
        client = narrow.connect()
        client.sendall(begun)
        connection = the_connection(narrow)
        until(lambda connection=connection: connection._held_bytes >= 20_000 or "read" in narrow.app.seen)
        client.close()
        until(lambda: not narrow.edge.connections)
        assert narrow.edge._held_bytes == 0
    until(lambda: not narrow.edge.tasks)


def test_what_is_behind_requests_is_bounded_in_sum(narrow):
    with narrow.connect() as client:
        client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 1000)
        connection = the_connection(narrow)
        until(lambda: connection._exchange is not None and not connection._exchange.keep_alive)
        narrow.app.go_on.set()
        assert rest(client).count(b"HTTP/1.1") == 1
    assert narrow.refused == []


def test_idle_connection_makes_room_for_a_new_one_the_oldest_first(narrow, caplog):
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
    until(lambda: not narrow.edge.connections)
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "all 4 connections" in told[0]
    assert "1 idle ones were closed, 0 new ones refused" in told[1]


def test_unread_response_does_not_keep_the_place_of_an_idle_connection(narrow):
    with contextlib.ExitStack() as clients:
        for count in range(1, 5):
            clients.enter_context(narrow.connect_narrow()).sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda count=count: len(narrow.edge._idle) == count and not narrow.edge.tasks)
        oldest = next(iter(narrow.edge._idle))
        new = clients.enter_context(narrow.connect())
        until(lambda: oldest not in narrow.edge.connections)
        new.sendall(GET)
        until_end(new, b"\r\n\r\n")


def test_idle_connection_whose_client_has_taken_all_is_closed_before_others(narrow):
    with contextlib.ExitStack() as clients:
        slow = clients.enter_context(narrow.connect_narrow())
        slow.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        connection = the_connection(narrow)
        until(lambda: connection.has_unsent() and not narrow.edge.tasks)
        idle = [clients.enter_context(narrow.connect()) for _ in range(3)]
        for client in idle:
            client.sendall(GET)
            until_end(client, b"\r\n\r\n")
        clients.enter_context(narrow.connect())
        assert idle[0].recv(1) == b""
        slow.shutdown(socket.SHUT_WR)
        assert len(parsed(rest(slow))[2]) == BIG_BYTES


def test_connection_is_refused_where_none_is_idle(narrow, caplog):
    with contextlib.ExitStack() as clients, caplog.at_level(logging.WARNING):
        busy = [clients.enter_context(narrow.connect()) for _ in range(4)]
        for client in busy[:3]:
            client.sendall(b"GET /holds HTTP/1.1\r\nHost: x\r\n\r\n")
        busy[3].sendall(GET[:10])
        until(lambda: len(narrow.app.seen) == 3 and not narrow.edge._idle)
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
    until(lambda: not narrow.edge.connections)
    assert narrow.refused == [503, 503]
    assert [record.getMessage()[:30] for record in caplog.records] == [
        "all 4 connections that the lim",
        "connections have room again: 1",
    ]


def test_many_connections_at_once_are_answered_or_refused(narrow):
    clients = [narrow.connect() for _ in range(60)]
    replies = []
    for client in clients:
        with client, contextlib.suppress(ConnectionError):
            client.sendall(GET.replace(b"Host", b"Connection: close\r\nHost"))
            replies.append(rest(client))
    assert {reply.split(b" ")[1] if reply else b"" for reply in replies} <= {b"200", b"503", b""}
    assert any(b" 200 OK" in reply for reply in replies)
    until(lambda: not narrow.edge.connections)
    with narrow.connect() as client:
        client.sendall(GET)
        until_end(client, b"\r\n\r\n")


def test_app_that_does_not_answer_is_a_500(served):
    assert error(served.ask(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n"))[0] == 500


def test_failure_is_logged_under_the_id_of_its_request(served, caplog):
    _, headers, _ = parsed(served.ask(b"GET /bug HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert headers[b"x-request-id"].decode() == caplog.records[-1].fields["id"]

"""WebSockets over real sockets: what they carry, how they end, and clients that mean harm."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from speechd.server import session, signs_of_life, websocket
from speechd.server.inbox import FRAGMENTS
from speechd.server.request_limits import Limits
from speechd.server.websocket import WebSocketConnection
from tests.harness.http_server import GET, PAGE, HttpServer, error, parsed, post, until, until_end

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HEAD = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
)


def handshake(path: str = "/ws", more: str = "") -> bytes:
    return f"{HEAD.format(path=path)}{more}\r\n".encode()


def frame(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def opened(served: HttpServer, path: str = "/ws") -> socket.socket:
    """A client whose WebSocket is open, and that does as it likes."""
    client, head = served.connect(), b""
    client.sendall(handshake(path))
    while not head.endswith(b"\r\n\r\n"):  # byte by byte: frames may follow at once
        piece = client.recv(1)
        assert piece, head
        head += piece
    assert head.startswith(b"HTTP/1.1 101 ")
    return client


def closed_with(data: bytes) -> int:
    """The code of the close frame that ends this data."""
    (length,) = [size for size in range(126) if data[-size - 2 : -size or None][:2] == bytes([0x88, size])][:1]
    return int(struct.unpack("!H", data[len(data) - length :][:2])[0])


def the_websocket(served: HttpServer) -> WebSocketConnection:
    until(lambda: len(served.websockets()) == 1)
    return served.websockets()[0]


@pytest.fixture(params=["asyncio", "uvloop"])
def apart(request: pytest.FixtureRequest) -> Iterator[HttpServer]:
    """A server of one test, with short times."""
    limits = Limits(
        header_bytes=8 << 10,
        body_bytes=64 << 10,
        request_timeout_s=5,
        connections=4,
        held_bytes=100 << 10,
        write_timeout_s=0.3,
        session_idle_s=0.3,
    )
    served = HttpServer(request.param, limits)
    yield served
    served.close()


# What they carry.


def test_messages_come_and_go(served: HttpServer) -> None:
    with served.open("/ws") as client:
        for message in ("ä" * 1000, b"\xff" * 100_000, "", b""):
            client.send(message)
            assert client.recv() == message
        client.send(["in ", "pieces"])
        assert client.recv() == "in pieces"
        client.ping().wait(60)
    until(lambda: served.app.seen == ["left 1000"])


def test_scope_is_that_of_a_websocket_and_its_connection_counts(served: HttpServer) -> None:
    with served.open("/ws?a=b", additional_headers={"x-one": "1"}) as client:
        scope = served.app.scope
        assert (scope["type"], scope["scheme"], scope["query_string"]) == ("websocket", "ws", b"a=b")
        assert (b"x-one", b"1") in scope["headers"]
        assert client.response is not None
        assert client.response.headers["x-request-id"] == scope["state"]["id"]
        assert the_websocket(served) in served.connections._open


def test_no_extension_is_accepted(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(handshake(more="Sec-WebSocket-Extensions: permessage-deflate\r\n"))
        assert b"extensions" not in until_end(client, b"\r\n\r\n").lower()


def test_subprotocol_is_the_app_s_choice(served: HttpServer) -> None:
    with served.open("/chooses", subprotocols=["a", "realtime"]) as client:
        assert client.subprotocol == "realtime"


def test_frames_may_come_with_the_request_and_behind_other_requests(served: HttpServer) -> None:
    with served.connect() as client:
        client.sendall(post(b"one") + handshake() + frame(b"two") + frame(b"three"))
        assert b"HTTP/1.1 101 " in until_end(client, b"\x81\x03two\x81\x05three")


def test_frames_may_come_byte_by_byte(served: HttpServer) -> None:
    with opened(served) as client:
        for byte in frame("größer".encode()):
            client.sendall(bytes([byte]))
        until_end(client, "größer".encode())


def test_many_messages_at_once_are_all_there_in_their_order(served: HttpServer) -> None:
    with opened(served, "/deaf") as client:
        client.sendall(b"".join(frame(b"%d" % number) for number in range(3000)))
        until(lambda: not the_websocket(served)._is_reading)  # more are not taken from the client
        served.app.go_on.set()
        until(lambda: len(served.app.received) == 3000)
        assert served.app.received == [str(number) for number in range(3000)]


# What is refused before it is one.


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (handshake().replace(b"Version: 13", b"Version: 8"), 426, "upgrade_required"),
        (handshake().replace(KEY.encode(), b"short"), 400, None),
        (handshake(more="Content-Length: 4\r\n"), 400, None),
        (handshake(more="Transfer-Encoding: chunked\r\n"), 400, None),
        (handshake(more="X: " + "a" * (9 << 10) + "\r\n"), 431, "headers_too_large"),
        (handshake("/bug"), 500, None),
        (handshake("/invalid"), 400, None),
        (handshake("/silent"), 500, None),
        (handshake("/refuses"), 403, None),
    ],
)
@pytest.mark.parametrize("behind", [b"", GET, frame(b"x") * 100], ids=["nothing", "a request", "frames"])
def test_refusal_is_in_the_envelope_and_nothing_behind_it_is_a_request(
    served: HttpServer, request_: bytes, status: int, code: str | None, behind: bytes
) -> None:
    reply = served.ask(request_ + behind)
    assert reply.count(b"HTTP/1.1") == 1
    found, envelope = error(reply)
    assert (found, envelope["code"]) == (status, code)
    assert served.app.received == []
    assert "read" not in served.app.seen


@pytest.mark.parametrize("behind", [b"", GET], ids=["nothing", "a request"])
def test_app_may_answer_with_a_response_which_is_the_last(served: HttpServer, behind: bytes) -> None:
    reply = served.ask(handshake("/denies") + behind)
    status, headers, body = parsed(reply)
    assert (status, headers[b"www-authenticate"], headers[b"connection"], body) == (401, b"Bearer", b"close", b"no")
    with pytest.raises(InvalidStatus, match="401"):
        served.open("/denies").__enter__()


def test_refusal_can_be_read_by_a_page_that_may_call(served: HttpServer) -> None:
    reply = served.ask(handshake("/bug", f"Origin: {PAGE}\r\n"))
    assert parsed(reply)[1][b"access-control-allow-origin"] == PAGE.encode()


def test_request_for_one_that_does_not_arrive_is_a_408(served: HttpServer) -> None:
    assert error(served.ask(handshake()[:-2]))[0] == 408


def test_none_begins_in_a_worker_that_is_about_to_end(served: HttpServer) -> None:
    served.connections.draining = True
    try:
        reply = served.ask(handshake())
    finally:
        served.connections.draining = False
    status, envelope = error(reply)
    assert (status, envelope["code"]) == (503, "server_not_ready")
    assert int(parsed(reply)[1][b"retry-after"]) >= 1


# How they end.


def test_app_that_fails_closes_with_1011(served: HttpServer) -> None:
    with served.open("/ws_bug") as client, pytest.raises(ConnectionClosed, match="1011"):
        client.recv()


def test_app_closes_with_its_code_and_sends_nothing_afterwards(served: HttpServer) -> None:
    with served.open("/closes") as client, pytest.raises(ConnectionClosed) as closed:
        client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000
    assert closed.value.rcvd.reason.startswith("that was all")
    until(lambda: served.app.seen == ["closed"])


@pytest.mark.parametrize("how", ["half", "reset"])
def test_app_is_told_that_its_client_has_left(served: HttpServer, how: str) -> None:
    with opened(served) as client:
        if how == "half":
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
        else:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: served.app.seen == ["left 1006"])


def test_client_that_does_not_answer_a_close_frame_is_cut_off(
    served: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "CLOSE_S", 0.05)
    with opened(served, "/closes") as client:
        assert closed_with(rest_or_reset(client)) == 4000


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_draining_ends_idle_ones_at_once_and_others_after_their_use(loop: str) -> None:
    served = HttpServer(loop)
    with served.open("/ws") as idle, served.open("/uses") as used:
        served.server.should_exit = True
        with pytest.raises(ConnectionClosed, match="1012"):
            idle.recv()
        until(lambda: len(served.websockets()) == 1)
        served.app.go_on.set()
        assert used.recv() == "done"
        with pytest.raises(ConnectionClosed, match="1012"):
            used.recv()
    served.close()
    assert served.app.seen == ["left 1012", "left 1012"]


def test_retiring_worker_ends_them_likewise(served: HttpServer) -> None:
    with served.open("/ws") as idle, served.open("/uses") as used:
        served.server.servers[0].get_loop().call_soon_threadsafe(served.connections.end_sessions)
        with pytest.raises(ConnectionClosed, match="1012"):
            idle.recv()
        served.app.go_on.set()
        assert used.recv() == "done"


def test_one_that_is_not_used_ends_and_one_in_use_does_not(apart: HttpServer) -> None:
    with apart.open("/uses") as used, apart.open("/ws") as idle:
        for _ in range(3):
            idle.ping().wait(60)  # a sign of life is no use
        with pytest.raises(ConnectionClosed, match=r"1000.*no message for 0\.3 s"):
            idle.recv()
        until(lambda: len(apart.websockets()) == 1)
        apart.app.go_on.set()
        assert used.recv() == "done"
        with pytest.raises(ConnectionClosed, match="1000"):
            used.recv()


def test_client_that_is_gone_is_found_out(served: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs_of_life, "PING_S", 0.05)
    monkeypatch.setattr(signs_of_life, "PONG_S", 0.2)
    with served.open("/ws"), opened(served) as silent:  # the first one's library answers pings
        assert b"\x89\x00" in rest_or_reset(silent)
        until(lambda: served.app.seen == ["left 1006"] and len(served.websockets()) == 1)


def test_aborting_the_process_drops_them(served: HttpServer) -> None:
    with opened(served) as client:
        loop = served.server.servers[0].get_loop()
        loop.call_soon_threadsafe(the_websocket(served).transport.abort)
        assert rest_or_reset(client) == b""


# Clients that mean harm.


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        (b"\xc1" + frame(b"x")[1:], 1002),  # compressed, which was not agreed on
        (frame(b"x", Opcode.CONT), 1002),
        (frame(b"x", fin=False) + frame(b"y"), 1002),
        (b"\x83" + frame(b"x")[1:], 1002),  # an opcode that is none
        (b"\x89" + frame(bytes(126))[1:], 1002),  # a ping of more than 125 bytes
        (b"\x09" + frame(b"x")[1:], 1002),  # a ping in fragments
        (frame(b"\x03", Opcode.CLOSE), 1002),
        (frame(b"\xff"), 1007),
        (frame(b"\xc3", fin=False) + frame(b"x", Opcode.CONT), 1007),
        (b"\x81\xff" + struct.pack("!Q", 1 << 40) + bytes(4), 1009),
        (b"\x81\xff" + struct.pack("!Q", (256 << 10) + 1) + bytes(4), 1009),
        (frame(bytes(200 << 10), fin=False) + frame(bytes(100 << 10), Opcode.CONT), 1009),
        (frame(b"", fin=False) + frame(b"", Opcode.CONT, fin=False) * FRAGMENTS, 1008),
    ],
)
def test_what_breaks_the_protocol_or_a_limit_is_closed_with_its_code(
    served: HttpServer, sent: bytes, code: int
) -> None:
    with opened(served) as client:
        client.sendall(sent)
        assert closed_with(rest_or_reset(client)) == code
    until(lambda: served.app.seen == [f"left {code}"])
    assert served.app.received == []


def test_flood_of_pings_piles_up_nothing_for_a_client_that_does_not_read(served: HttpServer) -> None:
    with served.connect_narrow() as client:
        client.sendall(handshake())
        until_end(client, b"\r\n\r\n")
        for _ in range(600):
            client.sendall(frame(bytes(125), Opcode.PING) * 100)
        connection = the_websocket(served)
        until(lambda: not connection._writable.is_set())
        assert connection.transport.get_write_buffer_size() < 100 << 10
        assert len(connection._pong) < 130
        with served.open("/ws") as other:
            other.send("still there")
            assert other.recv(5) == "still there"


def test_flood_of_frames_holds_up_nobody(served: HttpServer) -> None:
    with opened(served, "/deaf") as flood, served.open("/ws") as other:
        flood.settimeout(0.05)
        with contextlib.suppress(TimeoutError):
            for _ in range(1000):
                flood.sendall(frame(b"") * 2000)
        for number in range(20):
            other.send(str(number))
            assert other.recv(5) == str(number)
        (connection,) = [one for one in served.websockets() if len(one._inbox)]
        assert len(connection._inbox) < 1000


def test_client_that_does_not_read_is_cut_off_and_costs_little(apart: HttpServer) -> None:
    with apart.connect_narrow() as client:
        client.sendall(handshake("/pours"))
        until(lambda: apart.app.seen)
        kind, sent = apart.app.seen[0].split()
        assert kind == session.ClientTooSlow.__name__
        assert int(sent) < 1 << 20
        assert not apart.websockets()


def test_client_that_leaves_while_it_is_sent_something_is_noticed(served: HttpServer) -> None:
    with opened(served, "/pours"):
        pass
    until(lambda: served.app.seen)
    assert served.app.seen[0].startswith(session.ClientDisconnected.__name__)


def test_what_all_hold_together_is_bounded_and_given_back(apart: HttpServer) -> None:
    big = frame(bytes(200 << 10), Opcode.BINARY)
    with opened(apart) as client:
        client.sendall(big[:-1])
        assert closed_with(rest_or_reset(client)) == 1013
    until(lambda: not apart.connections.connections)
    assert apart.connections._held_bytes == 0
    with opened(apart) as client:
        client.sendall(big[: 50 << 10])
        until(lambda: apart.connections._held_bytes > 30 << 10)
    until(lambda: not apart.connections.connections)
    assert apart.connections._held_bytes == 0


def test_idle_ones_are_not_closed_for_new_connections(apart: HttpServer) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(opened(apart, "/uses")) for _ in range(4)]
        assert error(apart.ask())[0] == 503
        assert len(apart.websockets()) == len(clients)
        apart.app.go_on.set()


def test_requests_are_served_on_after_one_on_the_same_server(served: HttpServer) -> None:
    with served.open("/ws") as client:
        client.send("x")
        assert client.recv() == "x"
    assert parsed(served.ask(post(b"one", headers="Connection: close\r\n")))[2] == b"one"


def rest_or_reset(client: socket.socket) -> bytes:
    """What comes until the other side closes, or drops the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 16):
            data += piece
    return data

"""The request for a WebSocket, and what it is answered."""

import h11
import pytest

from speechd.errors import InvalidRequest, SpeechdError, UpgradeRequired
from speechd.server import handshake
from speechd.server.handshake import HandshakeResponse

KEY = (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")
VERSION = (b"sec-websocket-version", b"13")
UPGRADE = (b"upgrade", b"websocket")
CONNECTION = (b"connection", b"Upgrade")
HOST = (b"host", b"x")


@pytest.mark.parametrize(
    ("method", "version", "headers", "asked"),
    [
        (b"GET", b"1.1", [UPGRADE, CONNECTION], True),
        (b"GET", b"1.1", [(b"upgrade", b"WebSocket"), (b"connection", b"keep-alive, UPGRADE")], True),
        (b"GET", b"1.1", [(b"upgrade", b"h2c, websocket"), CONNECTION], True),
        (b"GET", b"1.1", [UPGRADE, (b"connection", b"keep-alive"), CONNECTION], True),
        (b"GET", b"1.1", [UPGRADE], False),
        (b"GET", b"1.1", [CONNECTION], False),
        (b"GET", b"1.1", [(b"upgrade", b"h2c"), CONNECTION], False),
        (b"GET", b"1.1", [(b"upgrade", b"websockets"), CONNECTION], False),
        (b"GET", b"1.0", [UPGRADE, CONNECTION], False),
        (b"POST", b"1.1", [UPGRADE, CONNECTION], False),
    ],
)
def test_only_a_get_with_both_headers_asks_for_a_websocket(
    method: bytes, version: bytes, headers: list[tuple[bytes, bytes]], asked: bool
) -> None:
    assert handshake.is_asked_for(method, version, headers) is asked


@pytest.mark.parametrize(
    ("headers", "has_body", "error"),
    [
        ([KEY, VERSION], True, InvalidRequest),
        ([KEY], False, UpgradeRequired),
        ([KEY, (b"sec-websocket-version", b"8")], False, UpgradeRequired),
        ([KEY, VERSION, VERSION], False, UpgradeRequired),
        ([VERSION], False, InvalidRequest),
        ([VERSION, KEY, KEY], False, InvalidRequest),
        ([VERSION, (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25j")], False, InvalidRequest),
        ([VERSION, (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=!")], False, InvalidRequest),
        ([VERSION, (b"sec-websocket-key", b"\xe4" * 24)], False, InvalidRequest),
    ],
)
def test_what_is_wrong_with_a_request_is_said(
    headers: list[tuple[bytes, bytes]], has_body: bool, error: type[SpeechdError]
) -> None:
    handshake.check([KEY, VERSION], has_body=False)
    with pytest.raises(error):
        handshake.check(headers, has_body=has_body)


def test_the_versions_that_are_known_are_told() -> None:
    assert UpgradeRequired("no").headers == {"upgrade": "websocket", "sec-websocket-version": "13"}


@pytest.mark.parametrize("fields", [[b"a, b"], [b"a", b" b ,"]])
def test_subprotocols_are_in_the_client_s_order(fields: list[bytes]) -> None:
    headers = [(b"sec-websocket-protocol", field) for field in fields]
    assert handshake.subprotocols(headers) == ["a", "b"]
    assert handshake.subprotocols([]) == []


def asked() -> h11.Connection:
    framing = h11.Connection(h11.SERVER)
    fields = b"".join(b"%b: %b\r\n" % field for field in [HOST, UPGRADE, CONNECTION, VERSION, KEY])
    framing.receive_data(b"GET / HTTP/1.1\r\n" + fields + b"\r\n")
    assert isinstance(framing.next_event(), h11.Request)
    assert isinstance(framing.next_event(), h11.EndOfMessage)
    return framing


def test_key_is_answered_as_in_the_rfc() -> None:
    response = HandshakeResponse([KEY], asked())
    head = response.accept([(b"x-request-id", b"req_1")], "realtime")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head  # RFC 6455, section 1.3
    assert b"sec-websocket-protocol: realtime\r\n" in head
    assert b"x-request-id: req_1\r\n" in head
    assert response.answered


def test_response_ends_the_connection_and_is_sent_with_its_first_bytes() -> None:
    response = HandshakeResponse([KEY], asked())
    start = {"type": "websocket.http.response.start", "status": 401, "headers": [(b"content-length", b"4")]}
    assert response.refuse(start, []) == b""
    assert not response.is_begun
    first = response.refuse({"type": "websocket.http.response.body", "body": b"no", "more_body": True}, [])
    assert first.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b"connection: close\r\n" in first
    assert response.is_begun
    assert not response.answered
    assert response.refuse({"type": "websocket.http.response.body", "body": b"pe"}, []) == b"pe"
    assert response.answered


@pytest.mark.parametrize("kinds", [["websocket.send"], ["websocket.http.response.start", "websocket.close"]])
def test_message_out_of_turn_is_a_bug(kinds: list[str]) -> None:
    response = HandshakeResponse([KEY], asked())
    *before, last = kinds
    for kind in before:
        response.refuse({"type": kind, "status": 401, "headers": []}, [])
    with pytest.raises(RuntimeError, match="Unexpected"):
        response.refuse({"type": last}, [])

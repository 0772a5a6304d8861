"""What of HTTP/1.1 is taken and what is refused (RFC 9112)."""

from __future__ import annotations

import pytest

from speechd.server import request_parser
from tests.harness.http_server import PAGE, HttpServer, error, parsed, post, until

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
def test_malformed_http_is_a_400(served: HttpServer, bad: bytes) -> None:
    assert error(served.ask(bad))[0] == 400
    assert served.app.seen == []
    assert served.rejected == [400]


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
def test_giant_head_is_a_431(served: HttpServer, head: bytes) -> None:
    status, envelope = error(served.ask(head))
    assert (status, envelope["code"]) == (431, "headers_too_large")
    assert "read" not in served.app.seen
    assert served.rejected == [431]


def test_head_within_the_limit_is_served_however_it_is_cut(served: HttpServer) -> None:
    head = (
        b"GET /echo HTTP/1.1\r\nHost: x\r\nX: "
        + b"a" * 4000
        + b"\r\nY: "
        + b"b" * 4000
        + b"\r\nConnection: close\r\n\r\n"
    )
    pieces = [head[start : start + 700] for start in range(0, len(head), 700)]
    assert parsed(served.ask(*pieces))[0] == 200


def test_giant_body_is_a_413_before_it_is_sent(served: HttpServer) -> None:
    reply = served.ask(b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n")
    status, envelope = error(reply)
    assert (status, envelope["code"]) == (413, "request_too_large")
    assert served.app.seen == []


def test_giant_body_that_comes_all_the_same_does_not_take_the_answer_away(served: HttpServer) -> None:
    assert error(served.ask(post(bytes(4 << 20))))[0] == 413


def test_giant_chunked_body_is_a_413_and_the_app_is_told(served: HttpServer) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert error(served.ask(head, *[b"1000\r\n" + bytes(4096) + b"\r\n"] * 17))[0] == 413
    until(lambda: served.app.seen == ["left"])
    assert served.rejected == [413]


def test_trailer_does_not_pass_for_a_header(served: HttpServer) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nX: a\r\n\r\n"
    served.ask(head + b"2\r\nhi\r\n0\r\nAuthorization: b\r\n\r\n")
    assert served.app.headers[b"x"] == b"a"
    assert b"authorization" not in served.app.headers


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
def test_framing_is_as_the_standard_has_it(served: HttpServer, request_: bytes, status: int) -> None:
    reply = served.ask(request_)
    if status == 200:
        assert parsed(reply)[0] == 200
        assert reply.count(b"HTTP/1.1") == 1
    else:
        assert error(reply)[0] == status
        assert served.rejected == [status]
        assert "read" not in served.app.seen


@pytest.mark.parametrize(("ending", "status"), ENDINGS)
def test_end_of_a_body_is_the_same_however_it_is_cut(
    served: HttpServer, monkeypatch: pytest.MonkeyPatch, ending: bytes, status: int
) -> None:
    for piece_bytes in range(1, 14):
        monkeypatch.setattr(request_parser, "PIECE_BYTES", piece_bytes)
        reply = served.ask(CHUNKED + CHUNKS + ending)
        assert parsed(reply)[0] == status
        assert parsed(reply)[2] == b"\n \n\n" or status == 400


def test_host_is_that_of_the_target(served: HttpServer) -> None:
    served.ask(b"GET http://other:1/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert served.app.headers[b"host"] == b"other:1"


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
def test_page_of_an_allowed_origin_sees_what_is_refused(served: HttpServer, request_: bytes, status: int) -> None:
    for origin, allowed in ((PAGE, True), ("https://evil.example", False)):
        reply = served.ask(request_ % origin.encode())
        assert error(reply)[0] == status
        told = parsed(reply)[1].get(b"access-control-allow-origin")
        assert told == (PAGE.encode() if allowed else None)


def test_origin_is_not_taken_from_a_body(served: HttpServer) -> None:
    reply = served.ask(b"GET echo HTTP/1.1\r\nHost: x\r\n\r\nOrigin: %b\r\n" % PAGE.encode())
    assert error(reply)[0] == 400
    assert b"access-control-allow-origin" not in parsed(reply)[1]

"""Fuzzing of the HTTP server: a real server, and connections that send it anything.

Valid requests are mutated, cut at random places, and followed by more, by a half close, or by a reset. Whatever is
sent, no worker dies, the log has no traceback, each response is HTTP with a status that means no fault of the server's,
no request stays in flight, and valid requests in between are served.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from bench.fuzz.length import Length, add_length
from bench.server import Server, running, until

STATUSES: Final = frozenset({200, 204, 307, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 421, 431, 501, 503, 505})
"""Statuses that a response may have. 500 would be a fault of the server's."""

VALID_EVERY: Final = 50
"""Connections after which a valid request is made."""

LINES: Final = (
    "GET /health HTTP/1.1",
    "GET /v1/models HTTP/1.1",
    "POST /v1/audio/speech HTTP/1.1",
    "POST /v1/audio/speech HTTP/1.0",
    "HEAD /health HTTP/1.1",
    "OPTIONS /v1/audio/speech HTTP/1.1",
    "GET /v1/models/tts-1 HTTP/1.1",
    "GET /nothing?a=b#c HTTP/1.1",
    "CONNECT host:1 HTTP/1.1",
    "PRI * HTTP/2.0",
)
HEADERS: Final = (
    "Host: localhost",
    "Content-Type: application/json",
    "Content-Length: {length}",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "Upgrade: websocket",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
    "Authorization: Bearer {junk}",
    "Origin: https://example.org",
    "Sec-Fetch-Site: cross-site",
    "x-stainless-read-timeout: {junk}",
    "X-Request-ID: {junk}",
    "Cookie: a={junk}",
    "{junk}: {junk}",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
)
BODIES: Final[Sequence[dict[str, object]]] = (
    {"model": "tts-1", "voice": "alloy", "input": "Hello there."},
    {"model": "tts-1", "voice": "alloy", "input": "One. Two. Three. " * 20, "response_format": "pcm"},
    {"model": "tts-1", "voice": "alloy", "input": "Hello.", "stream": False, "response_format": "wav"},
    {"model": "tts-1", "voice": "alloy", "input": "Hello.", "stream_format": "sse", "response_format": "opus"},
    {"model": "tts-1", "voice": {"id": "af_heart"}, "input": "[pause:1s] Hello.", "speed": 4, "seed": 1 << 80},
    {"model": "kokoro", "voice": "af_heart(2)+af_sky", "input": "\ud83d\ude00 <b>x</b> $5", "lang_code": "fr"},
    {"model": "tts-1", "voice": "alloy", "input": ["no"], "speed": "fast"},
)


def main(arguments: list[str]) -> int:
    """Fuzz the HTTP server; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz http", description=__doc__)
    add_length(parser)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    faults = fuzz(Length.of(options), options.seed)
    print("\n".join(faults) or "nothing wrong")
    return 1 if faults else 0


def fuzz(length: Length, seed: int) -> list[str]:
    """A line for each fault, none if all was well."""
    chance = random.Random(seed)
    seen: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        with running(Path(folder), request_timeout_s=2, write_timeout_s=2, max_in_flight=64) as server:
            before = {worker.pid for worker in server.workers()}
            for number in length.numbers():
                faults += _one(server, chance, seen)
                if number % VALID_EVERY == 0:
                    faults += _valid(server)
                if faults:
                    break
            faults += _afterwards(server, before)
        if "Traceback" in server.log():
            faults.append("traceback in the log: " + server.log()[server.log().index("Traceback") :][:2000])
    print(f"http: {sum(seen.values())} connections, seed {seed}: {dict(seen.most_common())}")
    return faults


def _one(server: Server, chance: random.Random, seen: Counter[str]) -> list[str]:
    data = b"".join(_requests(chance))
    answer = _sent(server.port, data, chance)
    statuses = [int(status) for status in re.findall(rb"(?:^|\r\n\r\n|[}\n])HTTP/1\.1 (\d{3}) ", answer)]
    seen.update([" ".join(map(str, statuses[:3])) or "none"])
    wrong = [status for status in statuses if status not in STATUSES and status != 100]
    if wrong or (answer and not answer.startswith(b"HTTP/1.1 ")):
        return [f"answered {answer[:200]!r} to {data[:2000]!r}"]
    return []


def _valid(server: Server) -> list[str]:
    response = server.speech("Hello there.")
    return [] if response.status_code == 200 else [f"a valid request got {response.status_code}: {response.text[:200]}"]


def _afterwards(server: Server, before: set[int]) -> list[str]:
    faults = [] if {worker.pid for worker in server.workers()} == before else ["a worker died"]
    with suppress(AssertionError):
        until(lambda: not server.health()["in_flight"], 20.0)
        return faults + _valid(server)
    return [*faults, f"requests stay in flight: {server.health()}"]


def _requests(chance: random.Random) -> Iterator[bytes]:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 20))):
        yield _mutated(_request(chance), chance)


def _request(chance: random.Random) -> bytes:
    body = json.dumps(chance.choice(BODIES)).encode() if chance.random() < 0.7 else b""
    lines = [chance.choice(LINES), HEADERS[0]]
    if body:
        lines[0] = LINES[2]
        lines += HEADERS[1:3] if chance.random() < 0.7 else HEADERS[1:2] + HEADERS[3:4]
    lines += chance.sample(HEADERS, chance.choice((0, 0, 1, 2, 5)))
    head = "\r\n".join(lines).replace("{length}", str(len(body))).replace("{junk}", _junk(chance)) + "\r\n\r\n"
    if HEADERS[3] in lines:
        body = _chunked(body, chance)
    return head.encode(errors="replace") + body


def _junk(chance: random.Random) -> str:
    return chance.choice(("x", "1", "0", "1e9", "é", "\x7f", "a" * 500, "a" * 40_000, "\u202e", "%00", "{}", ""))


def _chunked(body: bytes, chance: random.Random) -> bytes:
    chunks = b""
    while body:
        size = chance.randint(1, len(body))
        extension = chance.choice((b"", b"", b";a=b", b";" + b"x" * 5000))
        chunks += b"%x%b\r\n%b\r\n" % (size, extension, body[:size])
        body = body[size:]
    return chunks + b"0\r\n" + chance.choice((b"", b"", b"Trailer: x\r\n", b"Host: y\r\n")) + b"\r\n"


def _mutated(request: bytes, chance: random.Random) -> bytes:
    data = bytearray(request)
    for _ in range(chance.choice((0, 0, 1, 1, 3, 10))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 2, 50))))
            case 1:
                del data[at : at + chance.choice((1, 2, 50))]
            case 2:
                data[at : at + 1] = bytes((chance.randrange(256),))
            case 3:
                data[at:at] = data[max(0, at - 30) : at]
            case 4:
                data = bytearray(bytes(data).replace(b"\r\n", b"\n", chance.randrange(3)))
            case _:
                del data[at:]
    return bytes(data)


def _sent(port: int, data: bytes, chance: random.Random) -> bytes:
    """The response to `data`, sent in pieces by a client that then waits, shuts down its side, resets or leaves."""
    answer = b""
    with socket.socket() as client, suppress(OSError):
        client.settimeout(chance.choice((0.05, 0.3)))
        client.connect(("127.0.0.1", port))
        for piece in _pieces(data, chance):
            client.sendall(piece)
        match chance.randrange(6):
            case 0:
                client.shutdown(socket.SHUT_WR)
            case 1:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return answer
            case 2:
                return answer
        while len(answer) < 1 << 20 and (piece := client.recv(1 << 16)):
            answer += piece
    return answer


def _pieces(data: bytes, chance: random.Random) -> Iterator[bytes]:
    while data:
        size = chance.choice((1, 7, 100, 5000, len(data)))
        yield data[:size]
        data = data[size:]
        if len(data) > 2000 and size == 1:
            yield data
            return

"""Replies that are not streamed: what bounds them, and what they hold, on the real server."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.harness.server import Server, running, until

MEBIBYTE = 1 << 20
SENTENCE = "The quick brown fox jumps over the lazy dog. "
LIMITS = {"max_whole_bytes": MEBIBYTE, "max_whole_total_bytes": 3 * MEBIBYTE}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("whole"), **LIMITS) as server:
        yield server


def value(server: Server, name: str) -> int:
    found = re.search(rf"^{re.escape(name)} (\S+)$", server.get("/metrics").text, re.MULTILINE)
    assert found
    return int(float(found[1]))


def held(server: Server) -> int:
    return value(server, "speechd_whole_reply_bytes")


def holds(server: Server, size: int) -> bool:
    return held(server) == size


def ask(server: Server, text: str) -> socket.socket:
    """A client that has asked for a whole reply and does not read it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(60)
    client.connect(("127.0.0.1", server.port))
    fields = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm", "stream": False}
    body = json.dumps(fields).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    client.sendall(head.encode() + b"\r\n\r\n" + body)
    return client


def body_of(client: socket.socket) -> bytes:
    """What the client reads to the end of its reply."""
    content = b""
    while b"\r\n\r\n" not in content:
        content += client.recv(65536)
    head, _, body = content.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length
    while len(body) < int(length[1]) and (piece := client.recv(65536)):
        body += piece
    assert len(body) == int(length[1])
    return body


@pytest.mark.parametrize(
    ("format", "text"),
    [
        pytest.param("wav", SENTENCE * 30, id="letters"),
        pytest.param("pcm", "One [pause:30s] two.", id="pauses"),
        pytest.param("pcm", "≤" * 100, id="signs that become words"),
        pytest.param("mp3", "≤" * 100 + SENTENCE * 100, id="bytes of a codec"),
        pytest.param("flac", SENTENCE * 100, id="bytes of a codec that loses nothing"),
    ],
)
def test_reply_that_would_be_too_large_is_a_400_that_says_what_to_do(server: Server, format: str, text: str) -> None:
    reply = server.speech(text, response_format=format, stream=False)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "reply_too_long")
    assert re.search("Stream it.*mp3 or opus.*less text", reply.json()["error"]["message"])
    assert server.speech(text, response_format=format).status_code == 200
    assert held(server) == 0


def test_replies_that_are_too_large_together_are_refused_and_streams_are_not(server: Server) -> None:
    text = SENTENCE * 6  # 18 s
    with ExitStack() as stack:
        for number in range(1, 4):
            stack.enter_context(ask(server, text))
            until(partial(holds, server, number * MEBIBYTE))
        until(lambda: server.get("/health").json()["in_flight"] == 0, what="places of what is only being sent")
        refused = server.speech(text, response_format="pcm", stream=False)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "server_is_overloaded")
        assert int(refused.headers["retry-after"]) >= 1
        assert value(server, 'speechd_refusals_total{reason="memory"}') == 1
        assert server.speech(text, response_format="pcm").status_code == 200
    until(lambda: held(server) == 0)
    assert server.speech(text, response_format="pcm", stream=False).status_code == 200


def test_what_a_dead_worker_held_is_given_back(tmp_path: Path) -> None:
    with running(tmp_path, **LIMITS) as server, ask(server, SENTENCE * 6):
        until(lambda: held(server) == MEBIBYTE)
        for worker in server.workers():
            worker.kill()
        until(lambda: server.get("/health").json()["ready"] == 2)
        assert held(server) == 0


def test_sigterm_waits_for_a_reply_that_has_given_its_place_back(tmp_path: Path) -> None:
    with running(tmp_path, **LIMITS) as server:
        expected = server.speech(SENTENCE * 6, response_format="pcm", stream=False).content
        with ask(server, SENTENCE * 6) as client:
            until(lambda: held(server) and server.get("/health").json()["in_flight"] == 0)
            server.process.terminate()
            until(lambda: "stop" in server.log().lower() or "term" in server.log().lower())
            assert body_of(client) == expected
        assert server.process.wait(20) == 0

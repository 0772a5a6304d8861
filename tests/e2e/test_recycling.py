"""Workers that are replaced while they serve, and what their clients notice of it: nothing."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.harness.decoding import letters, spoken
from tests.harness.server import Server, running, until

SENTENCE = "The quick brown fox jumps over the lazy dog. "
SLOW = "slowly we go on and on until the end is near. " * 12
"""Each segment takes a second, and there are more than a worker lives for."""

SHORT_LIVES = {"engine": "faulty:create", "recycle_after_s": 1, "look_ahead_s": 600}


def body(text: str) -> dict[str, str]:
    return {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}


def rows(server: Server, state: str | None = None) -> list[dict[str, Any]]:
    return [row for row in server.health()["workers"] if state in (None, row["state"])]


def recycled(server: Server) -> int:
    return sum(row["recycled"] for row in rows(server))


def deaths(server: Server) -> int:
    return sum(row["deaths"] for row in rows(server))


def is_idle(server: Server) -> bool:
    health = server.health()
    return not (health["in_flight"] or health["waiting"] or health["running"])


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_and_none_sounds_different_while_workers_are_recycled(tmp_path: Path, workers: int) -> None:
    over = threading.Event()

    def speak_on(text: str, *, keep: bool) -> set[bytes]:
        heard: set[bytes] = set()
        count = 0
        with httpx2.Client(timeout=30) as client:
            while not over.is_set():
                reply = (client if keep else httpx2).post(server.url + "/v1/audio/speech", json=body(text))
                assert reply.status_code == 200
                heard.add(reply.content)
                count += 1
        assert count > 6
        return heard

    with running(tmp_path, recycle_after_s=0.5, workers=workers) as server, ThreadPoolExecutor() as threads:
        clients = [
            threads.submit(speak_on, text, keep=keep)
            for text, keep in ((SENTENCE * 5, True), (SENTENCE * 5, False), ("hello", True))
        ]
        try:
            until(lambda: recycled(server) >= 6, 60, "six recyclings")
        finally:
            over.set()
        # How a text is parted depends on what was going on; of one part, every bit is the same.
        *long, short = [client.result() for client in clients]
        assert {spoken(pcm) for pcm in set().union(*long)} == {letters(SENTENCE * 5)}
        assert short == {server.speech("hello").content}
        assert server.health()["ready"] >= workers
        until(lambda: is_idle(server))
        assert deaths(server) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_stream_outlives_the_slot_of_its_worker_and_is_whole(tmp_path: Path, workers: int) -> None:
    with running(tmp_path, **SHORT_LIVES, workers=workers) as server, ThreadPoolExecutor() as threads:
        replies = [threads.submit(server.speech, SLOW) for _ in range(workers)]
        until(lambda: any(row["in_flight"] for row in rows(server, "retiring")), 60, "a home worker that retires")
        assert server.speech("hello").status_code == 200
        for reply in replies:
            assert spoken(reply.result(60).content) == letters(SLOW)
        until(lambda: recycled(server) > 0)
        assert deaths(server) == 0


def ask(client: socket.socket) -> tuple[dict[str, str], Any]:
    client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, _, content = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    while len(content) < int(fields["content-length"]):
        content += client.recv(65536)
    return fields, json.loads(content)


def test_idle_connection_to_a_worker_that_retires_is_answered_once_more(tmp_path: Path) -> None:
    with running(tmp_path, recycle_after_s=1, workers=1) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            fields, _ = ask(client)
            assert "connection" not in fields
            until(lambda: rows(server, "retiring"))
            fields, health = ask(client)
            assert fields["connection"] == "close"
            assert [row["state"] for row in health["workers"]].count("ready") == 1
            assert client.recv(1) == b""
        until(lambda: recycled(server) == 1)


def test_worker_over_its_memory_is_recycled(tmp_path: Path) -> None:
    settings = {"engine": "faulty:leaks", "recycle_over_bytes": 200 << 20, "workers": 1}
    with running(tmp_path, **settings) as server:
        (leaky,) = server.workers()
        while not recycled(server):
            assert server.speech("hello").status_code == 200
        assert "MiB of its own" in server.log()
        assert leaky.pid not in {worker.pid for worker in server.workers()}


def test_replacement_that_cannot_start_leaves_the_worker_before_it_in_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTY_BOOTS", str(tmp_path / "boots"))
    settings = {"respawn_delay_s": 0.01, "respawn_limit_s": 0.1, "recycle_after_s": 1, "workers": 2}
    with running(tmp_path, engine="faulty:fails_in_worker", **settings) as server:
        while not recycled(server):  # after 20 failures
            assert server.speech("hello").status_code == 200
            assert server.health()["ready"] >= 2
        assert sum(row["failed_boots"] for row in rows(server)) == 0
        assert (tmp_path / "boots").stat().st_size > 22


def test_sigterm_while_a_worker_retires_lets_its_streams_finish(tmp_path: Path) -> None:
    with running(tmp_path, **SHORT_LIVES, workers=1) as server, ThreadPoolExecutor() as threads:
        reply = threads.submit(server.speech, SLOW)
        until(lambda: any(row["in_flight"] for row in rows(server, "retiring")), 60, "a home worker that retires")
        assert server.terminate(60) == 0, server.log()
        assert spoken(reply.result(5).content) == letters(SLOW)
        server.process.wait(1)


def test_worker_killed_while_it_retires_breaks_only_its_own_transfers(tmp_path: Path) -> None:
    with running(tmp_path, **SHORT_LIVES, workers=1) as server, ThreadPoolExecutor() as threads:
        reply = threads.submit(server.speech, SLOW)
        until(lambda: any(row["in_flight"] for row in rows(server, "retiring")), 60, "a home worker that retires")
        (pid,) = [row["pid"] for row in rows(server, "retiring")]
        other = threads.submit(server.speech, SLOW)
        until(lambda: server.health()["in_flight"] == 2)
        next(worker for worker in server.workers() if worker.pid == pid).kill()
        assert isinstance(reply.exception(30), httpx2.TransportError)
        assert spoken(other.result(60).content) == letters(SLOW)
        until(lambda: is_idle(server))
        assert deaths(server) == 1

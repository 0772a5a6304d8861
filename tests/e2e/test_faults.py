"""The table "What always holds": each fault injected into the real server."""

import contextlib
import itertools
import json
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.harness.decoding import letters, spoken
from tests.harness.server import Server, running, start, until

LONG = " ".join(
    f"sentence number {word} is spoken now." for word in "one two three four five six seven eight nine ten".split()
)


@pytest.fixture
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server with the engine of this name. A parameter: further settings."""
    settings = {"engine": "faulty:create", "synthesis_timeout_s": 2, "worker_timeout_s": 3, "look_ahead_s": 600}
    with running(tmp_path, **(settings | getattr(request, "param", {}))) as server:
        yield server
        until(lambda: idle(server), what="all places given back")


def idle(server: Server) -> bool:
    health = server.get("/health").json()
    return not (health["in_flight"] or health["waiting"] or health["running"])


def has_any(server: Server, what: str) -> bool:
    return bool(server.get("/health").json()[what])


def begin(server: Server, text: str, **fields: object) -> tuple[threading.Thread, dict[str, Any]]:
    """A request in a thread: the thread, and its outcome to be, a "reply" or an "error"."""
    outcome: dict[str, Any] = {}

    def ask() -> None:
        try:
            outcome["reply"] = server.speech(text, **fields)
        except httpx2.HTTPError as error:
            outcome["error"] = error

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, outcome


def test_engine_that_raises_at_first_is_a_500_in_the_envelope(faulty: Server) -> None:
    reply = faulty.speech("oops")
    assert reply.status_code == 500
    assert reply.json()["error"]["code"] == "synthesis_failed"


def test_thread_that_starts_the_engine_ends(faulty: Server) -> None:
    until(lambda: faulty.speech("starter").status_code == 200, what="a synthesis without it")


def test_server_that_ends_closes_no_socket_twice(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.speech().status_code == 200
    assert "closing socket" not in server.log()


def test_engine_that_raises_midway_breaks_the_transfer_off(faulty: Server) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        faulty.speech("A first sentence that is spoken well enough. " * 3 + "Then oops happens.")


def test_segment_that_kills_its_engine_fails_after_two_attempts(faulty: Server) -> None:
    before = {worker.pid for worker in faulty.workers()}
    thread, outcome = begin(faulty, "kaboom")
    thread.join(60)
    # Either its home worker survived to say so, or it was among the two that died.
    if "reply" in outcome:
        assert outcome["reply"].status_code == 500
    else:
        assert isinstance(outcome["error"], httpx2.RemoteProtocolError | httpx2.ReadError)
    until(lambda: len(faulty.workers()) == 2 and faulty.is_ready())
    assert len({worker.pid for worker in faulty.workers()} - before) <= 2


# The time of an endless text is processor time: by the clock it may take as long as other work wants.
@pytest.mark.parametrize("faulty", [{"text_timeout_s": 1, "max_wait_s": 240}], indirect=True)
def test_text_that_kills_what_reads_it_is_an_error_of_its_sender_alone(faulty: Server) -> None:
    before = {worker.pid for worker in faulty.workers()}
    requests = [begin(faulty, LONG) for _ in range(4)]
    for text in ("unreadable", "endless", "A first sentence, which is read. Then it is unreadable.") * 2:
        try:
            reply = faulty.speech(text)
        except httpx2.RemoteProtocolError:
            assert text.startswith("A first")
        else:
            assert reply.status_code == 400
            assert reply.json()["error"]["code"] == "unreadable_input"
    for thread, outcome in requests:
        thread.join(60)
        assert spoken(outcome["reply"].content) == letters(LONG)
    assert {worker.pid for worker in faulty.workers()} == before


def test_processes_that_read_may_be_killed_at_any_time(faulty: Server) -> None:
    requests = [begin(faulty, f"slowly {LONG * 3}") for _ in range(6)]
    until(lambda: faulty.get("/health").json()["in_flight"] == 6)
    began = time.monotonic()
    body = {"input": LONG}
    assert httpx2.post(faulty.url + "/dev/explain", json=body, timeout=60).status_code == 200
    pace_s = 4 * (time.monotonic() - began)  # of this machine: a new process must be able to read for all of them
    kills = 0
    while any(thread.is_alive() for thread, _ in requests):
        for worker in faulty.workers():
            (fork_server,) = worker.children()
            for reader in fork_server.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    reader.kill()
                    kills += 1
        time.sleep(pace_s)
    for _, outcome in requests:
        # Two deaths of the same passage are an error of its sender; they are rare at this pace.
        assert "reply" not in outcome or spoken(outcome["reply"].content) == letters(f"slowly {LONG * 3}")
    assert kills > 3
    assert sum("reply" in outcome for _, outcome in requests) >= 3
    assert faulty.speech("hello").status_code == 200


def test_death_of_what_forks_readers_replaces_its_worker(faulty: Server) -> None:
    victim = faulty.workers()[0]
    (fork_server,) = victim.children()
    fork_server.kill()
    until(lambda: victim.pid not in {worker.pid for worker in faulty.workers()} and len(faulty.workers()) == 2, 20)
    until(faulty.is_ready)
    assert faulty.speech("hello").status_code == 200


def test_synthesis_that_hangs_ends_its_worker_and_fails(faulty: Server) -> None:
    thread, outcome = begin(faulty, "stall")
    thread.join(60)
    assert not thread.is_alive()
    assert "error" in outcome or outcome["reply"].status_code == 500
    until(lambda: faulty.speech("hello").status_code == 200, 20)


def test_synthesis_that_hangs_a_slot_which_has_just_started_ends_its_worker(faulty: Server) -> None:
    requests = [begin(faulty, "stall") for _ in range(12)]
    until(lambda: faulty.get("/health").json()["in_flight"] == 12)
    faulty.workers()[0].kill()
    for thread, _ in requests:
        thread.join(60)
        assert not thread.is_alive()
    until(lambda: idle(faulty), 60, "no slot at work")


def test_killed_worker_breaks_only_its_own_transfers(faulty: Server) -> None:
    requests = [begin(faulty, f"slowly {LONG}") for _ in range(6)]
    until(lambda: faulty.get("/health").json()["in_flight"] == 6)
    victim = faulty.workers()[0]
    victim.send_signal(signal.SIGKILL)
    for thread, _ in requests:
        thread.join(60)
        assert not thread.is_alive()
    for _, outcome in requests:
        if "reply" in outcome:
            assert outcome["reply"].status_code == 200
            assert spoken(outcome["reply"].content) == letters(f"slowly {LONG}")
    assert any("reply" in outcome for _, outcome in requests)
    until(lambda: len(faulty.workers()) == 2 and victim.pid not in {worker.pid for worker in faulty.workers()})


def test_stopped_worker_is_replaced(faulty: Server) -> None:
    victim = faulty.workers()[0]
    victim.send_signal(signal.SIGSTOP)
    until(lambda: not psutil.pid_exists(victim.pid), 60, "the stopped worker is killed")
    until(lambda: len(faulty.workers()) == 2)
    assert spoken(faulty.speech(LONG).content) == letters(LONG)


def test_client_that_leaves_gives_its_place_back(faulty: Server) -> None:
    with httpx2.stream("POST", faulty.url + "/v1/audio/speech", json=request(f"slowly {LONG}")) as reply:
        chunks = reply.iter_raw()  # kept: without it, httpx2 would leave at once
        next(chunks)
    until(lambda: idle(faulty), 5)


def test_client_that_leaves_before_any_audio_gives_its_place_back(faulty: Server) -> None:
    kinds: tuple[dict[str, object], ...] = ({}, {"stream": False}, {"stream_format": "sse"})
    cases = itertools.product(("in_flight", "running"), kinds)
    for (stage, fields), reset in zip(cases, itertools.cycle((False, True)), strict=False):
        body = json.dumps(request("slowly. " * 5) | fields)
        head = "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", faulty.port)) as client:
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            until(partial(has_any, faulty, stage))
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        until(lambda: idle(faulty), 5, f"{stage}, {fields}, {reset}")
    assert faulty.log().count('outcome="client left"') == 6


def request(text: str) -> dict[str, object]:
    return {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}


def test_sigterm_lets_streams_finish(tmp_path: Path) -> None:
    with running(tmp_path, engine="faulty:create", worker_timeout_s=2) as server:
        thread, outcome = begin(server, f"slowly one two three. {LONG} slowly four five. {LONG} slowly six.")
        until(lambda: server.get("/health").json()["in_flight"] == 1)
        workers = server.workers()
        server.process.terminate()
        time.sleep(0.5)
        assert "reply" not in outcome
        assert all(worker.is_running() for worker in workers)  # admission has counted on both slots
        assert server.process.wait(30) == 0
        thread.join(60)
        assert spoken(outcome["reply"].content).endswith("six")
        server.process.wait(1)


def test_client_that_never_reads_is_dropped(tmp_path: Path) -> None:
    with running(tmp_path, write_timeout_s=1, look_ahead_s=600) as server:
        body = str(request("word " * 8000)).replace("'", '"').encode()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            head = "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            until(lambda: not idle(server))
            until(lambda: idle(server), 60, "the client is dropped")
            assert "client too slow" in server.log()


def test_boot_that_fails_twenty_times_leaves_the_server_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTY_BOOTS", str(tmp_path / "boots"))
    settings = {"engine": "faulty:fails_in_worker", "respawn_delay_s": 0.01, "respawn_limit_s": 0.1}
    with running(tmp_path, **settings) as server:
        server.workers()[0].kill()
        until(lambda: (tmp_path / "boots").stat().st_size > 22, 60, "the boots")
        until(lambda: server.get("/health").json()["ready"] == 2, 20)
        assert server.speech("hello").status_code == 200


def test_request_that_comes_while_boots_fail_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = tmp_path / "boots"
    monkeypatch.setenv("FAULTY_BOOTS", str(boots))
    settings = {"engine": "faulty:fails_in_worker", "respawn_delay_s": 0.01, "respawn_limit_s": 0.1, "workers": 1}
    statuses: set[int] = set()
    with running(tmp_path, **settings, drain_wait_s=0.3) as server:
        while boots.stat().st_size <= 2:
            for worker in server.workers():
                worker.kill()
            time.sleep(0.1)
        while boots.stat().st_size <= 22:
            with contextlib.suppress(
                httpx2.NetworkError, httpx2.RemoteProtocolError
            ):  # of a worker that has just ended
                statuses.add(server.speech("hello").status_code)
        until(lambda: server.get("/health").json()["ready"] == 1, 20)
        assert server.speech("hello").status_code == 200
    assert statuses - {200} == {503}


def test_server_does_not_start_with_a_voice_to_warm_up_that_does_not_exist(tmp_path: Path) -> None:
    server = start(tmp_path, warm_up="alloy,nobody")
    assert server.process.wait(40) == 1
    assert "SPEECHD_WARM_UP" in server.log()
    assert "'nobody'" in server.log()


def test_workers_end_with_their_arbiter(tmp_path: Path) -> None:
    server = start(tmp_path)
    until(server.is_ready, 40)
    workers = server.workers()
    server.process.kill()
    server.process.wait(60)
    gone, alive = psutil.wait_procs(workers, timeout=60)
    assert len(gone) == 2
    assert not alive
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", server.port))


def test_overload_is_refused_at_once_with_retry_after(tmp_path: Path) -> None:
    with running(tmp_path, engine="faulty:create", max_in_flight=2) as server:
        held = [begin(server, f"slowly {LONG * 3}") for _ in range(2)]
        until(lambda: server.get("/health").json()["in_flight"] == 2)
        reply = server.speech("one more")
        assert all(thread.is_alive() for thread, _ in held), "it has waited for a place"
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "server_is_overloaded")
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert 1000 <= float(reply.headers["retry-after-ms"]) <= 60_000
        for thread, outcome in held:
            thread.join(60)
            assert outcome["reply"].status_code == 200
        assert server.speech("one more").status_code == 200

"""Two real servers, one of which is full; and one that does everything wrong."""

import base64
import json
import os
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.tone import RTF
from speechd.encoders import FORMATS
from speechd.errors import EngineUnavailable
from tests.harness import http_1_0
from tests.harness.decoding import letters, spoken
from tests.harness.scripted import END, HANG, RESET, Script, ScriptedServer, chunk, head
from tests.harness.server import Server, free_port, running, until

TEXT = "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs."
LONG = "We go on and on until the end is near. " * 1000

QUICK = {"overflow_connect_s": 1, "overflow_first_audio_s": 1, "overflow_idle_s": 1, "overflow_retry_s": 0}
NEAR = {"max_in_flight": 1, "api_keys": "near-key", "look_ahead_s": 5}


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("far"), api_keys="far-key") as server:
        yield server


@pytest.fixture(scope="module")
def wrong() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory, far: Server) -> Iterator[Server]:
    """A server whose only place is taken, in front of `far`."""
    settings = NEAR | {"overflow_url": far.url + "/v1", "overflow_api_key": "far-key"}
    with running(tmp_path_factory.mktemp("full"), **settings) as server, held(server):
        yield server


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory, wrong: ScriptedServer) -> Iterator[Server]:
    """A server whose only place is taken, in front of `wrong`."""
    settings = NEAR | QUICK | {"overflow_url": wrong.url, "write_timeout_s": 60}
    with running(tmp_path_factory.mktemp("misled"), **settings) as server, held(server):
        yield server


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, wrong: ScriptedServer) -> Iterator[Server]:
    """A server in front of `wrong` that could take more, but has its slot at work."""
    settings = QUICK | {"overflow_url": wrong.url, "overflow_after_s": 0, "engine": "bench.tone:paced", "workers": 1}
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            with stream(server, LONG) as reply:
                for _ in reply.iter_raw():
                    if over.is_set():
                        return

    with running(tmp_path_factory.mktemp("busy"), environ={RTF: "0.05"}, **settings) as server:
        listener = threading.Thread(target=listen)
        listener.start()
        yield server
        over.set()
        listener.join(60)


@contextmanager
def held(server: Server) -> Iterator[None]:
    """A client that has begun to listen and does not read on."""
    with stream(server, LONG) as reply:
        content = reply.iter_raw()  # kept: without it, httpx2 would leave at once
        next(content)
        yield


def stream(
    server: Server, text: str = TEXT, headers: Mapping[str, str] | None = None, **fields: Any
) -> AbstractContextManager[httpx2.Response]:
    body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"} | fields
    headers = {"authorization": "Bearer near-key", **(headers or {})}
    return httpx2.stream("POST", server.url + "/v1/audio/speech", json=body, headers=headers, timeout=30)


def speak(server: Server, text: str = TEXT, **fields: Any) -> httpx2.Response:
    with stream(server, text, **fields) as reply:
        reply.read()
    return reply


def heard(reply: httpx2.Response) -> str:
    """What was spoken in a reply of PCM, as events or not."""
    if "event" not in reply.headers["content-type"]:
        return spoken(reply.content)
    events = [json.loads(line.removeprefix("data: ")) for line in reply.text.splitlines() if line]
    assert events[-1]["type"] == "speech.audio.done"
    return spoken(b"".join(base64.b64decode(event["audio"]) for event in events[:-1]))


def told(server: Server, name: str, label: str = "outcome") -> dict[str, float]:
    """A metric by its one label, without zeros."""
    families = text_string_to_metric_families(server.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {sample.labels.get(label, ""): sample.value for sample in samples if sample.value}


def overflows(server: Server) -> dict[str, float]:
    return told(server, "speechd_overflow_requests_total")


def rises(server: Server, before: dict[str, float], outcome: str) -> None:
    expected = before | {outcome: before.get(outcome, 0) + 1}
    until(lambda: overflows(server) == expected, what=f"{expected}")
    until(lambda: not told(server, "speechd_overflow_in_flight"), what="all places given back")


def in_flight_there(server: Server) -> float:
    return told(server, "speechd_overflow_in_flight").get("", 0)


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ({}, FORMATS["pcm"].media_type),
        ({"stream": False}, FORMATS["pcm"].media_type),
        ({"stream_format": "sse"}, "text/event-stream; charset=utf-8"),
    ],
)
def test_full_server_passes_on_what_the_other_speaks(full: Server, fields: dict[str, Any], media_type: str) -> None:
    before = overflows(full)
    reply = speak(full, **fields)
    assert reply.status_code == 200
    assert heard(reply) == letters(TEXT)
    assert reply.headers["content-type"] == media_type
    assert reply.headers["x-speechd-overflow"] == "1"
    assert reply.headers["x-speechd-engine"] == "tone"
    assert ("content-length" in reply.headers) is (fields.get("stream") is False)
    rises(full, before, "complete")


def test_client_of_http_1_0_gets_a_length_from_there_too(full: Server) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm"}
    head, content = http_1_0.post(full.url + "/v1/audio/speech", body, {"authorization": "Bearer near-key"})
    assert head.split()[1] == b"200"
    assert b"x-speechd-overflow: 1" in head
    assert f"content-length: {len(content)}".encode() in head
    assert spoken(content) == letters(TEXT)


def test_wrong_request_is_answered_here(full: Server) -> None:
    before = overflows(full)
    assert speak(full, voice="nobody").status_code == 400
    assert speak(full, "").status_code == 400
    assert overflows(full) == before


def test_sdk_hears_the_other(full: Server) -> None:
    with openai.OpenAI(base_url=full.url + "/v1", api_key="near-key", max_retries=0) as client:
        reply = client.audio.speech.with_raw_response.create(model="tts-1", voice="alloy", input=TEXT)
    assert reply.headers["x-speechd-overflow"] == "1"


def test_connection_to_the_other_is_used_again(full: Server, far: Server) -> None:
    def peers() -> set[int]:
        return {
            connection.raddr.port
            for worker in far.workers()
            for connection in worker.net_connections("tcp")
            if connection.status == "ESTABLISHED" and connection.raddr
        }

    seen: set[int] = set()
    for _ in range(8):
        speak(full)
        seen |= peers()
    # One of each worker; more where a busy machine takes longer from one request to the next than an idle one is kept.
    assert 0 < len(seen) < 8


def test_log_says_where_it_was_spoken(full: Server) -> None:
    id = speak(full).headers["x-request-id"]
    until(lambda: id in full.log())
    line = next(line for line in full.log().splitlines() if id in line)
    for field in ("status=200", "overflow=complete", "outcome=complete", "ttfa_s="):
        assert field in line
    assert "far-key" not in full.log()
    assert "HTTP Request" not in full.log()


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param((HANG,), "slow", id="hangs before its headers"),
        pytest.param((), "broken", id="closes"),
        pytest.param((RESET,), "broken", id="resets"),
        pytest.param((head("500 Oh"), END), "refused", id="500"),
        pytest.param((head("503 Busy", retry_after="60"), END), "refused", id="503"),
        pytest.param((head("404 No"), END), "refused", id="404"),
        pytest.param((head(media_type="text/html"), chunk(b"<html>"), END), "no speech", id="HTML under 200"),
        pytest.param((head(), HANG), "slow", id="headers, then nothing"),
        pytest.param((head(), END), "no speech", id="an empty body"),
    ],
)
class TestOtherThatDoesNotBegin:
    def test_request_that_would_wait_is_spoken_here(
        self, busy: Server, wrong: ScriptedServer, script: Script, outcome: str
    ) -> None:
        wrong.script = script
        before = overflows(busy)

        def came_back() -> bool:
            """As a segment ends the wait may be expected to be 0, and the request stays."""
            reply = speak(busy)
            assert reply.status_code == 200
            assert "x-speechd-overflow" not in reply.headers
            assert spoken(reply.content) == letters(TEXT)
            return overflows(busy) != before

        until(came_back, 60)
        rises(busy, before, outcome)

    def test_request_that_was_refused_gets_its_503(
        self, misled: Server, wrong: ScriptedServer, script: Script, outcome: str
    ) -> None:
        wrong.script = script
        before, refused = overflows(misled), told(misled, "speechd_refusals_total", "reason")
        reply = speak(misled)
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "server_is_overloaded")
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        rises(misled, before, outcome)
        assert told(misled, "speechd_refusals_total", "reason")["count"] == refused.get("count", 0) + 1


def came_back(server: Server, **headers: str) -> httpx2.Response:
    """The reply to a request that the other was too slow for. (As a segment ends there may be no wait to be expected;
    a request of that moment stays.)"""
    replies = []

    def is_back() -> bool:
        before = overflows(server)
        with stream(server, headers=headers) as reply:
            reply.read()
        replies.append(reply)
        return overflows(server) == before | {"slow": before.get("slow", 0) + 1}

    until(is_back, 60)
    return replies[-1]


def test_request_that_comes_back_has_its_old_deadline(busy: Server, wrong: ScriptedServer) -> None:
    wrong.script = (HANG,)
    id = came_back(busy).headers["x-request-id"]
    until(lambda: id in busy.log())
    line = next(line for line in busy.log().splitlines() if id in line)
    # Its first audio is counted from where its deadline is: from its arrival, a second before it came back.
    first_audio_s = re.search(r"ttfa_s=([\d.]+)", line)
    assert first_audio_s
    assert float(first_audio_s[1]) > 1
    assert "overflow=slow" in line


def test_request_that_comes_back_has_what_is_left_of_its_patience(busy: Server, wrong: ScriptedServer) -> None:
    wrong.script = (HANG,)
    reply = came_back(busy, **{"x-stainless-read-timeout": "1.05"})  # and the synthesis takes 0.1 s
    assert reply.status_code == 503


@pytest.mark.parametrize(
    "script",
    [
        pytest.param((head(), chunk(b"ab" * 50), 0.1), id="closes"),
        pytest.param((head(), chunk(b"ab" * 50), 0.1, RESET), id="resets"),
        pytest.param((head(), chunk(b"ab" * 50), 2, chunk(b"ab" * 50), END), id="trickles too slowly"),
    ],
)
def test_break_of_the_other_is_a_broken_transfer(misled: Server, wrong: ScriptedServer, script: Script) -> None:
    wrong.script = script
    before, outcomes = overflows(misled), told(misled, "speechd_requests_total")
    got = b""
    with pytest.raises(httpx2.RemoteProtocolError), stream(misled) as reply:  # noqa: PT012  # what came before counts
        for data in reply.iter_raw():
            got += data
    assert got == b"ab" * 50
    rises(misled, before, "failed")
    expected = outcomes.get("failed", 0) + 1
    until(lambda: told(misled, "speechd_requests_total").get("failed") == expected)


def test_break_of_the_other_is_an_error_event_and_a_broken_transfer(misled: Server, wrong: ScriptedServer) -> None:
    wrong.script = (head(media_type="text/event-stream"), chunk(b"data: {}\n\ndata: {"), 0.1)
    got = b""
    with pytest.raises(httpx2.RemoteProtocolError), stream(misled, stream_format="sse") as reply:  # noqa: PT012
        for data in reply.iter_raw():
            got += data
    assert got.startswith(b'data: {}\n\ndata: {"type":"error","error":{"message":')
    assert got.endswith(b"}\n\n")


def test_request_waits_no_longer_in_all_than_its_client(tmp_path: Path, wrong: ScriptedServer) -> None:
    wrong.script = (HANG,)
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT}
    headers = {"authorization": "Bearer near-key", "x-stainless-read-timeout": "0.3"}
    settings = NEAR | {"overflow_url": wrong.url, "overflow_first_audio_s": 60, "write_timeout_s": 60}
    with running(tmp_path, **settings) as server, held(server):
        reply = httpx2.post(server.url + "/v1/audio/speech", json=body, headers=headers, timeout=50)
        assert reply.status_code == 503


def test_key_of_the_client_is_not_sent_on(misled: Server, wrong: ScriptedServer) -> None:
    wrong.script = (head(), chunk(b"ab"), END)
    assert speak(misled).content == b"ab"
    assert b"near-key" not in wrong.requests[-1]


def test_client_that_leaves_hangs_up_on_the_other(misled: Server, wrong: ScriptedServer) -> None:
    wrong.script = (head(), *(chunk(bytes(100)), 0.5) * 100)
    before = overflows(misled)
    with stream(misled) as reply:
        content = reply.iter_raw()
        next(content)
        assert wrong.open == in_flight_there(misled) == 1
    until(lambda: not wrong.open)
    rises(misled, before, "client left")


def test_client_that_does_not_read_hangs_up_on_the_other(tmp_path: Path, wrong: ScriptedServer) -> None:
    settings = NEAR | QUICK | {"overflow_url": wrong.url, "write_timeout_s": 1}
    with running(tmp_path, **settings) as near, ExitStack() as stack:
        for _ in range(2):  # the first takes the place; it is dropped in time, too
            stack.enter_context(held(near))
            wrong.sent, wrong.script = 0, (head(), *[chunk(bytes(10_000))] * 3000)
        until(lambda: overflows(near) == {"client too slow": 1})
        until(lambda: not wrong.open)
        assert wrong.sent < 20_000_000


def test_two_full_servers_in_front_of_each_other_refuse(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        a, b = (
            stack.enter_context(
                running(tmp_path, max_in_flight=1, port=own, overflow_url=f"http://127.0.0.1:{other}", look_ahead_s=5)
            )
            for own, other in (ports, reversed(ports))
        )
        stack.enter_context(held(a))
        stack.enter_context(held(b))
        assert speak(a).status_code == 503
        assert overflows(a) == {"refused": 1}
        assert overflows(b) == {}
        assert told(b, "speechd_requests_total") == {"refused": 1}


def test_only_so_many_are_there_and_a_dead_worker_gives_its_places_back(tmp_path: Path, wrong: ScriptedServer) -> None:
    wrong.script = (head(), *(chunk(bytes(100)), 0.2) * 500)
    settings = NEAR | QUICK | {"overflow_url": wrong.url, "overflow_max_in_flight": 2, "workers": 1}
    with running(tmp_path, **settings) as near, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(held(near))
        assert in_flight_there(near) == 2
        assert speak(near).status_code == 503
        assert overflows(near) == {"full": 1}
        os.kill(near.workers()[0].pid, signal.SIGKILL)
        until(lambda: near.is_ready() and not in_flight_there(near), 60)
        until(lambda: not wrong.open)


def test_other_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    settings = NEAR | {"overflow_url": f"http://127.0.0.1:{free_port()}", "workers": 1, "overflow_retry_s": 60}
    with running(tmp_path, **settings) as near, held(near):
        for _ in range(3):
            assert speak(near).status_code == 503
        assert overflows(near) == {"unreachable": 1, "resting": 2}


def test_sigterm_lets_the_other_finish(tmp_path: Path, wrong: ScriptedServer) -> None:
    wrong.script = (head(), *(chunk(b"ab"), 0.2) * 15, END)
    settings = NEAR | QUICK | {"overflow_url": wrong.url}
    got = []
    with running(tmp_path, write_timeout_s=1, **settings) as near, held(near):
        listening = threading.Thread(target=lambda: got.append(speak(near).content))
        listening.start()
        until(lambda: in_flight_there(near) == 1)
        assert near.terminate(20) == 0
        listening.join(60)
    assert got == [b"ab" * 15]


def test_address_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="SPEECHD_OVERFLOW_URL"), running(tmp_path, overflow_url="far:8880"):
        pass

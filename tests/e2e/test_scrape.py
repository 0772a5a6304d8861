"""The metrics: right, whatever died, and whichever worker answers."""

import itertools
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from speechd.metrics.declarations import REQUESTS
from tests.harness.server import Server, running, until

SLOW = "slowly we go on and on until the end is near. " * 30
"""Each segment takes a second, and there are more than both slots synthesise at once."""

SENTENCE = "The quick brown fox jumps over the lazy dog. "

COUNTS = ("counter", "histogram")

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"engine": "faulty:create", "api_keys": "key", "max_in_flight": 2, "max_in_flight_per_key": 0}
    with running(tmp_path_factory.mktemp("scrape"), **settings) as server:
        yield server


def speak(server: Server, text: str = SENTENCE, **fields: object) -> httpx2.Response:
    body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"} | fields
    headers = {"authorization": "Bearer key"}
    return httpx2.post(server.url + "/v1/audio/speech", json=body, headers=headers, timeout=30)


def series(server: Server, *, kinds: tuple[str, ...] = (*COUNTS, "gauge")) -> Series:
    families = text_string_to_metric_families(server.get("/metrics").text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        if family.type in kinds
        for sample in family.samples
    }


def value(server: Server, name: str, **labels: str) -> float:
    return series(server)[name, frozenset(labels.items())]


def outcomes(server: Server) -> dict[str, float]:
    told = series(server)
    return {outcome: told["speechd_requests_total", frozenset({("outcome", outcome)})] for outcome in REQUESTS.values}


def rises(server: Server, before: dict[str, float], **by: int) -> None:
    """The outcomes rise by so much (and others do not), once the last requests have ended."""
    expected = before | {name.replace("_", " "): before[name.replace("_", " ")] + count for name, count in by.items()}
    until(lambda: outcomes(server) == expected, what=f"{expected}")


def test_scrape_needs_no_key_and_is_prometheus_text(server: Server) -> None:
    reply = server.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_whole_stream_is_told(server: Server) -> None:
    before, sent = outcomes(server), value(server, "speechd_audio_sent_seconds_total", format="pcm")
    reply = speak(server)
    rises(server, before, complete=1)
    audio_s = len(reply.content) / 2 / 24_000
    assert value(server, "speechd_audio_sent_seconds_total", format="pcm") - sent == pytest.approx(audio_s)


@pytest.mark.parametrize(("text", "outcome"), [("oops", "failed"), ("", "invalid"), ("x" * 60_000, "invalid")])
def test_request_that_fails_has_its_outcome(server: Server, text: str, outcome: str) -> None:
    before = outcomes(server)
    assert speak(server, text).status_code >= 400
    rises(server, before, **{outcome: 1})


def test_request_without_a_key_is_invalid(server: Server) -> None:
    before = outcomes(server)
    assert server.speech("hello").status_code == 401
    rises(server, before, invalid=1)


def test_stream_that_breaks_midway_failed(server: Server) -> None:
    before = outcomes(server)
    with pytest.raises(httpx2.RemoteProtocolError):
        speak(server, SENTENCE * 3 + "Then oops happens.")
    rises(server, before, failed=1)


def test_client_that_leaves_while_it_listens(server: Server) -> None:
    before = outcomes(server)
    body = {"model": "tts-1", "voice": "alloy", "input": SLOW, "response_format": "pcm"}
    headers = {"authorization": "Bearer key"}
    with httpx2.stream("POST", server.url + "/v1/audio/speech", json=body, headers=headers) as reply:
        content = reply.iter_raw()
        next(content)
        assert value(server, "speechd_requests_in_flight") == 1
        assert 0 < value(server, "speechd_saturation") <= 1
    rises(server, before, client_left=1)
    until(lambda: value(server, "speechd_requests_in_flight") == 0)


def test_client_that_leaves_while_it_sends(server: Server) -> None:
    before = outcomes(server)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        head = "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        head += "Authorization: Bearer key\r\nContent-Length: 100\r\n\r\n{"
        client.sendall(head.encode())
        until(lambda: outcomes(server) == before and begun(server) > sum(before.values()))
    rises(server, before, client_left=1)


def begun(server: Server) -> float:
    return value(server, "speechd_requests_begun_total")


def test_refusal_has_its_reason(server: Server) -> None:
    before, refused = outcomes(server), value(server, "speechd_refusals_total", reason="count")
    holders = [threading.Thread(target=speak, args=(server, "slowly. " * 2)) for _ in range(2)]
    for holder in holders:
        holder.start()
    until(lambda: value(server, "speechd_requests_in_flight") == 2)
    assert value(server, "speechd_saturation") >= 1
    assert speak(server).status_code == 503
    for holder in holders:
        holder.join(60)
    rises(server, before, complete=2, refused=1)
    assert value(server, "speechd_refusals_total", reason="count") == refused + 1


@pytest.mark.parametrize("stream", [True, False])
def test_server_timing_has_the_steps_to_the_first_audio(server: Server, stream: bool) -> None:
    began = time.monotonic()
    reply = speak(server, "slowly spoken", stream=stream)
    took_s = time.monotonic() - began
    steps = dict(re.findall(r"(\w+);dur=([\d.]+)", reply.headers["server-timing"]))
    assert list(steps) == ["text", "queue", "synthesis", "encode"]
    assert 1000 <= float(steps["synthesis"]) <= sum(map(float, steps.values())) <= 1000 * took_s


def test_no_request_makes_a_new_series_and_no_text_is_told(server: Server) -> None:
    before = series(server).keys()
    for format in ("mp3", "opus"):
        speak(server, "Unmistakable words.", response_format=format)
    speak(server, "Unmistakable words.", voice="unmistakable", model="unmistakable")
    server.get("/unmistakable")
    assert series(server).keys() == before
    assert "nmistakable" not in server.get("/metrics").text


def test_rejections_are_counted_through_their_workers_deaths(tmp_path: Path) -> None:
    speech = b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    giant = b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + bytes(1024) + b"\r\n1\r\nx\r\n"
    refused = {
        "400": [b"hello\r\n\r\n"],
        "408": [b"GET /health HT", speech + b"Content-Length: 2\r\n\r\n{"],
        "413": [
            speech + b"Content-Length: 1025\r\n\r\n",
            speech + giant,
            b"POST /ready HTTP/1.1\r\nHost: x\r\n" + giant,
        ],
        "426": [b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"],
        "431": [b"GET /health HTTP/1.1\r\nX: " + b"a" * (1 << 16)],
    }
    with running(tmp_path, request_timeout_s=0.5, max_body_bytes=1024, max_header_bytes=1024) as server:
        for status, requests in refused.items():
            for request in requests:
                assert answer_of(server, request).startswith(f"HTTP/1.1 {status} ".encode())
        # The app was called for those whose headers were accepted, and it was not their clients who left.
        rises(server, dict.fromkeys(REQUESTS.values, 0.0), invalid=2)
        for worker in server.workers():
            worker.kill()
        until(lambda: restarts(server) == 2 and server.health()["ready"] == 2)
        answer_of(server, refused["431"][0])
        for name in ("speechd_http_rejections_total", "speechd_edge_refusals_total"):
            told = {status: value(server, name, status=status) for status in refused}
            assert told == {"400": 1, "408": 2, "413": 3, "426": 1, "431": 2}


def answer_of(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(request)
        return client.recv(1 << 16)


def test_request_whose_worker_is_killed(server: Server) -> None:
    before = outcomes(server)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(speak, server, SLOW)
        until(lambda: value(server, "speechd_requests_in_flight") == 1)
        (home,) = [worker["pid"] for worker in server.health()["workers"] if worker["in_flight"]]
        os.kill(home, signal.SIGKILL)
        assert isinstance(asked.exception(30), httpx2.TransportError)
    rises(server, before, worker_died=1)
    until(lambda: server.health()["ready"] == 2)


def speak_on(server: Server, over: threading.Event) -> tuple[int, int]:
    """Ask for speech until it is over; how many requests were sent, and how many were answered."""
    sent = complete = 0
    while not over.is_set():
        sent += 1
        with suppress(httpx2.TransportError):
            complete += server.speech(SENTENCE * 5).status_code == 200
    return sent, complete


def test_counts_never_go_back_whatever_is_killed(tmp_path: Path) -> None:
    over = threading.Event()
    with running(tmp_path) as server, ThreadPoolExecutor() as threads:
        clients = [threads.submit(speak_on, server, over) for _ in range(3)]
        told = [series(server, kinds=COUNTS)]
        try:
            for kills in range(1, 7):
                served = outcomes(server)["complete"]
                until(partial(has_completed_more_than, server, served))
                server.workers()[kills % 2].kill()
                until(partial(has_replaced, server, kills))
                told.append(series(server, kinds=COUNTS))
        finally:
            over.set()
        sent, complete = map(sum, zip(*(future.result() for future in clients), strict=True))
        until(lambda: begun(server) == sum(outcomes(server).values()), what="every request has an outcome")
        for earlier, later in itertools.pairwise(told):
            assert earlier.keys() == later.keys()
            assert all(later[name] >= earlier[name] for name in earlier)
        assert complete <= begun(server) <= sent
        # A client may have had all of its reply when the worker died that was about to count it.
        after = outcomes(server)
        assert complete - after["worker died"] <= after["complete"] <= complete


def has_completed_more_than(server: Server, count: float) -> bool:
    return outcomes(server)["complete"] > count


def has_replaced(server: Server, deaths: int) -> bool:
    return restarts(server) == deaths and server.health()["ready"] == 2


def restarts(server: Server) -> float:
    told = series(server)
    return sum(told["speechd_worker_restarts_total", frozenset({("worker", worker)})] for worker in "01")

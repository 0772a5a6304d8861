"""Who may call, how much may be sent, and what a client with retries sees when the server is full."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from tests.harness.server import Server, running, until

ORIGIN = "https://page.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "engine": "faulty:create",
        "api_keys": "first-key,second-key,clé",
        "cors_origins": ORIGIN,
        "max_in_flight": 2,
        "max_in_flight_per_key": 1,
        "max_input_chars": 5000,
        "max_body_bytes": 20_000,
        "request_timeout_s": 1,
    }
    with running(tmp_path_factory.mktemp("access"), **settings) as server:
        yield server


def client(server: Server, key: str = "first-key", **options: Any) -> openai.OpenAI:
    return openai.OpenAI(base_url=server.url + "/v1", api_key=key, **options)


def speak(client: openai.OpenAI, text: str = "hello") -> bytes:
    return client.audio.speech.create(model="tts-1", voice="alloy", input=text, response_format="pcm").content


@pytest.mark.parametrize("key", ["first-key", "second-key"])
def test_each_key_is_accepted(server: Server, key: str) -> None:
    assert speak(client(server, key))


def test_key_may_have_any_letters(server: Server) -> None:
    headers = {b"authorization": "Bearer clé".encode()}
    assert httpx2.get(server.url + "/v1/models", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer no"}, {"authorization": "Basic first-key"}])
@pytest.mark.parametrize("path", ["/v1/models", "/v1/audio/voices", "/dev/ssml"])
def test_other_keys_are_refused_in_the_envelope(server: Server, path: str, headers: dict[str, str]) -> None:
    reply = httpx2.get(server.url + path, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "invalid_api_key")
    assert reply.headers["x-request-id"].startswith("req_")


def test_sdk_raises_authentication_error(server: Server) -> None:
    with pytest.raises(openai.AuthenticationError):
        speak(client(server, "wrong"))


def test_health_needs_no_key_but_tells_more_to_those_who_have_one(server: Server) -> None:
    assert server.get("/ready").status_code == 200
    reply = server.get("/health")
    assert reply.json() == {"status": "ok", "engine": "tone", "ready": 2}
    assert server.health().keys() >= {"version", "workers", "in_flight"}
    wrong = httpx2.get(server.url + "/health", headers={"authorization": "Bearer no"})
    assert wrong.json() == reply.json()


def test_keys_are_not_in_the_log(server: Server) -> None:
    speak(client(server))
    assert "first-key" not in server.log()


def test_page_of_an_allowed_origin_may_call(server: Server) -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "POST"}
    preflight["access-control-request-headers"] = "authorization,content-type"
    reply = httpx2.options(server.url + "/v1/audio/speech", headers=preflight)
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    reply = httpx2.get(server.url + "/v1/models", headers={"origin": ORIGIN})
    assert reply.headers["access-control-allow-origin"] == ORIGIN


def test_page_of_another_origin_may_not(server: Server) -> None:
    headers = {"origin": "https://evil.example", "authorization": "Bearer first-key"}
    reply = httpx2.get(server.url + "/v1/models", headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in reply.headers


def test_page_of_another_origin_may_not_say_what_was_forwarded(server: Server, tone_server: Server) -> None:
    preflight = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    preflight["access-control-request-headers"] = "x-forwarded-host"
    for one in (server, tone_server):  # with and without CORS for others
        reply = httpx2.options(one.url + "/v1/audio/speech", headers=preflight)
        assert reply.status_code >= 400
        assert "access-control-allow-origin" not in reply.headers


def test_page_sees_what_is_refused_before_it_has_arrived(server: Server) -> None:
    body = b'{"input": "' + b"x" * 30_000 + b'"}'
    reply = httpx2.post(server.url + "/v1/audio/speech", content=body, headers={"origin": ORIGIN})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (413, ORIGIN)


def test_key_is_asked_for_before_the_body(server: Server) -> None:
    head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head)
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 401 ")


def test_key_and_other_host_are_a_proxy(server: Server) -> None:
    headers = {"host": "speech.example", "user-agent": "Mozilla/5.0", "authorization": "Bearer first-key"}
    assert httpx2.get(server.url + "/v1/models", headers=headers).status_code == 200


PAGE = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "origin": "https://evil.example"}
REBOUND = {"host": "evil.example:8880", "origin": "http://evil.example:8880", "accept-language": "en"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (PAGE, 403, "origin_not_allowed"),
        (REBOUND, 403, "host_not_allowed"),
        ({"host": "evil.example"}, 415, "unsupported_media_type"),
        ({}, 415, "unsupported_media_type"),
    ],
)
def test_what_any_page_can_send_is_not_spoken(
    tone_server: Server, headers: dict[str, str], status: int, code: str
) -> None:
    body = b'{"model": "tts-1", "voice": "alloy", "input": "hello"}'  # httpx2 states no type of bytes
    reply = httpx2.post(tone_server.url + "/v1/audio/speech", content=body, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    until(lambda: reply.headers["x-request-id"] in tone_server.log())


@pytest.mark.parametrize("path", ["/health", "/metrics", "/v1/models"])
def test_page_under_a_name_that_is_not_ours_reads_nothing(tone_server: Server, path: str) -> None:
    headers = {"host": "evil.example:8880", "user-agent": "Mozilla/5.0"}
    reply = httpx2.get(tone_server.url + path, headers=headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "host_not_allowed")
    assert "SPEECHD_ALLOWED_HOSTS" in reply.json()["error"]["message"]


def test_unknown_path_is_quoted_no_longer_than_it_needs(tone_server: Server) -> None:
    reply = tone_server.get("/" + "a" * 20_000)
    assert reply.status_code == 404
    assert len(reply.text) < 400
    until(lambda: "(20001 characters)" in tone_server.log())


def test_input_over_the_limit_is_a_precise_400(server: Server) -> None:
    with pytest.raises(openai.BadRequestError, match="maximum length 5000, but got a string with length 6000"):
        speak(client(server), "x" * 6000)


def test_body_over_the_limit_is_413(server: Server) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        speak(client(server), "x" * 30_000)
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")


def hold(server: Server, key: str, seconds: float) -> threading.Thread:
    """A request in flight for at least so long."""
    text = "slowly. " * round(seconds)
    thread = threading.Thread(target=speak, args=(client(server, key), text))
    thread.start()
    until(lambda: server.health()["in_flight"] >= 1)
    return thread


def test_one_key_cannot_take_all_places(server: Server) -> None:
    holder = hold(server, "first-key", 2)
    with pytest.raises(openai.InternalServerError) as caught:
        speak(client(server, "first-key", max_retries=0))
    assert (caught.value.status_code, caught.value.code) == (503, "server_is_overloaded")
    assert speak(client(server, "second-key", max_retries=0))
    holder.join(60)


def test_sdk_with_default_retries_gets_through_when_room_appears(server: Server) -> None:
    holder = hold(server, "first-key", 2)
    began = time.monotonic()
    assert speak(client(server, "first-key"))
    assert time.monotonic() - began > 0.9  # it was refused at first
    holder.join(60)


def test_health_answers_while_every_slot_works(server: Server) -> None:
    holders = [hold(server, key, 3) for key in ("first-key", "second-key")]
    until(lambda: server.health()["running"] == 2)
    with httpx2.Client(base_url=server.url) as http:
        for _ in range(20):
            assert http.get("/health").json()["status"] == "ok"
        assert server.health()["in_flight"] > 0  # 21 answers, and the slots are still at it
    for holder in holders:
        holder.join(60)

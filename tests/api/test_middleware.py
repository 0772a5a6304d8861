"""What is around every request, with apps that are made up."""

import asyncio
import logging

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from speechd.api.browser import Policy
from speechd.api.middleware import RefusePages, RequestScope, RequireKey
from speechd.config.settings import Settings
from speechd.context import Outcome, RequestContext
from speechd.metrics.counters import Counts
from speechd.metrics.declarations import COUNTED, REFUSALS, REQUESTS, REQUESTS_BEGUN
from speechd.server.session import ClientTooSlow
from tests.harness.asgi import answer, scope, websocket_scope, with_context

SPEECH = "/v1/audio/speech"


async def app(made: Scope, receive: Receive, send: Send) -> None:
    """Says the number of the request's key."""
    await PlainTextResponse(str(RequestContext.of(made).key))(made, receive, send)


@pytest.fixture
def counts() -> Counts:
    return Counts(1, COUNTED)


def test_every_response_has_its_id_and_a_fallback_engine_s_warning(counts: Counts) -> None:
    answered = answer(RequestScope(app, counts.row(0), warning="espeak speaks"), scope())
    assert answered.headers["x-request-id"] == "req_1"
    assert answered.headers["x-speechd-warning"] == "espeak speaks"
    assert "x-speechd-warning" not in answer(RequestScope(app, counts.row(0), warning=None), scope()).headers


def test_speech_of_the_upstream_server_has_no_warning_of_ours(counts: Counts) -> None:
    async def upstream(made: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(headers={"x-speechd-overflow": "1"})(made, receive, send)

    answered = answer(RequestScope(upstream, counts.row(0), warning="espeak speaks"), scope())
    assert "x-speechd-warning" not in answered.headers


@pytest.mark.parametrize(
    ("method", "path", "counted"),
    [("POST", SPEECH, 1), ("POST", SPEECH + "//", 1), ("GET", SPEECH, 0), ("POST", "/", 0)],
)
def test_requests_for_speech_are_counted(counts: Counts, method: str, path: str, counted: int) -> None:
    answer(RequestScope(app, counts.row(0), warning=None), scope(method, path))
    assert counts.counter(REQUESTS_BEGUN)[""] == sum(counts.counter(REQUESTS).values()) == counted


def test_request_is_logged_and_counted_from_its_context(counts: Counts, caplog: pytest.LogCaptureFixture) -> None:
    async def refuses(made: Scope, receive: Receive, send: Send) -> None:
        context = RequestContext.of(made)
        context.reason, context.voice, context.outcome = "count", "af_heart", Outcome.FAILED
        await PlainTextResponse(status_code=503)(made, receive, send)

    with caplog.at_level(logging.INFO, "speechd.request"):
        answer(RequestScope(refuses, counts.row(0), warning=None), scope("POST", SPEECH))
    assert counts.counter(REQUESTS)["refused"] == counts.counter(REFUSALS)["count"] == 1
    (record,) = caplog.records
    fields = record.__dict__["fields"]
    assert fields.pop("duration_s") > 0
    assert fields == {
        "id": "req_1",
        "method": "POST",
        "path": SPEECH,
        "status": 503,
        "voice": "af_heart",
        "reason": "count",
        "outcome": "failed",
    }


def test_request_whose_app_raises_is_logged_and_counted_too(counts: Counts, caplog: pytest.LogCaptureFixture) -> None:
    async def raises(made: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a bug")

    with caplog.at_level(logging.INFO, "speechd.request"), pytest.raises(RuntimeError):
        answer(RequestScope(raises, counts.row(0), warning=None), scope("POST", SPEECH))
    assert counts.counter(REQUESTS)["failed"] == 1
    assert len(caplog.records) == 1


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_probes_are_not_logged_by_default(counts: Counts, caplog: pytest.LogCaptureFixture, path: str) -> None:
    with caplog.at_level(logging.INFO, "speechd.request"):
        answer(RequestScope(app, counts.row(0), warning=None), scope(path=path))
    assert not caplog.records


@pytest.mark.parametrize(
    ("path", "authorization", "status", "key"),
    [
        ("/v1/models", "Bearer one", 200, "0"),
        ("/v1/models", "bearer two", 200, "1"),
        ("/v1/models", "Basic one", 401, None),
        ("/v1/models", "Bearer three", 401, None),
        ("/v1/models", "", 401, None),
        ("/health", "", 200, "None"),
        ("/health", "Bearer two", 200, "1"),
    ],
)
def test_key_is_asked_for_under_v1_and_known_everywhere(
    path: str, authorization: str, status: int, key: str | None
) -> None:
    made = scope(path=path, headers={"authorization": authorization})
    context = with_context(made)
    answered = answer(RequireKey(app, keys=("one", "two")), made)
    assert answered.status == status
    if key is None:
        assert answered.json()["error"]["code"] == context.error == "invalid_api_key"
        assert answered.headers["www-authenticate"] == "Bearer"
    else:
        assert answered.body.decode() == key


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models", 200),
        ("HEAD", "/v1/models/tts-1", 200),
        ("GET", "/v1/audio/voices", 200),
        ("POST", "/v1/audio/voices", 401),
        ("POST", SPEECH, 401),
        ("GET", "/v1/download/x.mp3", 401),
    ],
)
def test_lists_may_be_open_and_nothing_else(method: str, path: str, status: int) -> None:
    made = scope(method, path)
    with_context(made)
    assert answer(RequireKey(app, keys=("one",), open_lists=True), made).status == status


def test_preflights_need_no_key() -> None:
    made = scope("OPTIONS", SPEECH, {"access-control-request-method": "POST"})
    context = with_context(made)
    assert answer(RequireKey(app, keys=("one",)), made).status == 200
    assert context.key is None


def test_path_without_v1_needs_a_key_and_is_counted_all_the_same(counts: Counts) -> None:
    answered = answer(
        RequestScope(RequireKey(app, keys=("one",)), counts.row(0), warning=None), scope("POST", SPEECH[3:])
    )
    assert answered.status == 401
    assert counts.counter(REQUESTS)["invalid"] == 1


def test_page_of_another_origin_is_refused_and_that_is_written_down() -> None:
    made = scope("POST", SPEECH, {"host": "127.0.0.1", "origin": "https://evil.example"})
    context = with_context(made)
    answered = answer(RefusePages(app, policy=Policy.of(Settings())), made)
    assert (answered.status, context.error) == (403, "origin_not_allowed")


async def opens(made: Scope, receive: Receive, send: Send) -> None:
    """Accepts a WebSocket, and closes it."""
    websocket = WebSocket(made, receive, send)
    await websocket.accept()
    RequestContext.of(made).characters = 7
    await websocket.close()


def test_websocket_is_one_request_from_its_handshake_to_its_end(
    counts: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "speechd.request"):
        answered = answer(RequestScope(opens, counts.row(0), warning="espeak speaks"), websocket_scope("/realtime/"))
    assert answered.status == 101
    assert answered.headers == {"x-request-id": "req_1", "x-speechd-warning": "espeak speaks"}
    (record,) = caplog.records
    assert record.message == "session"
    fields = record.__dict__["fields"]
    assert (fields["path"], fields["status"], fields["characters"]) == ("/v1/realtime", 101, 7)


def test_client_that_takes_too_little_of_a_websocket_is_said_to_be_too_slow(
    counts: Counts, caplog: pytest.LogCaptureFixture
) -> None:
    async def call() -> None:
        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            if message["type"] == "websocket.send":
                raise ClientTooSlow

        async def pours(made: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "x"})

        await RequestScope(pours, counts.row(0), warning=None)(websocket_scope(), receive, send)

    with caplog.at_level(logging.INFO, "speechd.request"), pytest.raises(ClientTooSlow):
        asyncio.run(call())
    assert caplog.records[0].__dict__["fields"]["outcome"] == "client too slow"


@pytest.mark.parametrize("path", ["/tts/websocket", "/v1/realtime", "/anything"])
@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"x-api-key": "three"}, "api_key=three", 401),
        ({"x-api-key": "one"}, "", 101),
        ({}, "api_key=two", 101),
    ],
)
def test_websocket_needs_a_key_on_any_path_before_it_is_one(
    path: str, headers: dict[str, str], query: str, status: int
) -> None:
    made = websocket_scope(path, headers, query)
    context = with_context(made)
    answered = answer(RequireKey(opens, keys=("one", "two"), open_lists=True), made)
    assert answered.status == status
    if status == 401:
        assert answered.json()["error"]["code"] == context.error == "invalid_api_key"
        assert answered.headers["www-authenticate"] == "Bearer"
    else:
        assert context.key is not None


@pytest.mark.parametrize("path", ["/tts/websocket", "/anything"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("https://good.example", 101), ("http://127.0.0.1:8880", 101)],
)
def test_page_of_another_origin_opens_no_websocket(path: str, origin: str, status: int) -> None:
    made = websocket_scope(path, {"host": "127.0.0.1:8880", "origin": origin})
    with_context(made)
    policy = Policy.of(Settings(cors_origins=("https://good.example",)))
    assert answer(RefusePages(opens, policy=policy), made).status == status

"""What is answered to what is raised."""

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from speechd.api.error_handlers import CLIENT_LEFT, HANDLERS, not_found
from speechd.context import Outcome, RequestContext
from speechd.errors import ContentTooLarge, InvalidRequest, Overloaded
from speechd.server.exchange import REFUSED
from tests.harness.asgi import Answer, answer, scope, websocket_scope, with_context


def answer_to(
    error: Exception, *, method: str = "GET", path: str = "/raise", state: dict[str, object] | None = None
) -> tuple[Answer, RequestContext]:
    """The answer of an app whose endpoint raises this, and the request's context."""

    async def endpoint(request: Request) -> Response:
        raise error

    made = scope(method, path)
    made["state"].update(state or {})
    context = with_context(made)
    app = Starlette(routes=[Route("/raise", endpoint)], exception_handlers=HANDLERS)
    return answer(app, made), context


def test_error_is_answered_as_it_says() -> None:
    answered, context = answer_to(InvalidRequest("no", param="voice", code="voice_not_found"))
    assert answered.status == 400
    assert answered.json() == {
        "error": {"message": "no", "type": "invalid_request_error", "param": "voice", "code": "voice_not_found"}
    }
    assert context.error == "voice_not_found"


def test_refusal_has_its_headers_and_its_reason() -> None:
    answered, context = answer_to(Overloaded("full", reason="count", retry_after_s=2.5))
    assert (answered.status, context.reason, context.error) == (503, "count", "server_is_overloaded")
    assert (answered.headers["retry-after"], answered.headers["retry-after-ms"]) == ("3", "2500")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("DELETE", "/raise", 405, "method_not_allowed")],
)
def test_starlette_s_errors_have_the_envelope(method: str, path: str, status: int, code: str) -> None:
    answered, context = answer_to(RuntimeError(), method=method, path=path)
    assert (answered.status, answered.json()["error"]["code"], context.error) == (status, code, code)
    assert status != 405 or set(answered.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_all_methods_of_a_path_are_allowed_whichever_route_has_them() -> None:
    made = scope("DELETE", "/x")
    with_context(made)

    async def endpoint(request: Request) -> Response:
        return Response()

    routes = [Route("/x", endpoint), Route("/y", endpoint, methods=["PUT"]), Route("/x", endpoint, methods=["POST"])]
    answered = answer(Starlette(routes=routes, exception_handlers=HANDLERS), made)
    assert (answered.status, answered.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("is_preflight", [False, True])
def test_browser_that_asks_what_pages_may_do_is_told_the_setting(is_preflight: bool) -> None:
    made = scope("OPTIONS", "/raise", {"access-control-request-method": "POST"} if is_preflight else {})
    with_context(made)

    async def endpoint(request: Request) -> Response:
        return Response()

    answered = answer(Starlette(routes=[Route("/raise", endpoint)], exception_handlers=HANDLERS), made)
    assert answered.status == 405
    assert ("SPEECHD_CORS_ORIGINS" in answered.json()["error"]["message"]) is is_preflight


def test_other_errors_of_starlette_are_the_request_s() -> None:
    answered, _ = answer_to(HTTPException(400, "strange"))
    assert (answered.status, answered.json()["error"]["message"]) == (400, "strange")


def test_client_that_left_is_an_outcome() -> None:
    answered, context = answer_to(ClientDisconnect())
    assert (answered.status, context.outcome, context.error) == (CLIENT_LEFT, Outcome.CLIENT_LEFT, None)


def test_client_that_was_answered_while_it_sent_has_not_left() -> None:
    answered, context = answer_to(ClientDisconnect(), state={REFUSED: ContentTooLarge("too large")})
    assert (answered.status, context.outcome, context.error) == (413, None, "request_too_large")


def test_bug_is_a_500_that_tells_nothing_of_it() -> None:
    made = scope(path="/raise")
    context = with_context(made)

    async def endpoint(request: Request) -> Response:
        raise ZeroDivisionError("secret")

    app = Starlette(routes=[Route("/raise", endpoint)], exception_handlers=HANDLERS)
    with pytest.raises(ZeroDivisionError):  # for the server's log
        answer(app, made)
    assert context.error == "server_error"


def websocket_app(*, accepts: bool) -> Starlette:
    """An app whose WebSocket at /ws raises before or after it is accepted."""

    async def endpoint(websocket: WebSocket) -> None:
        if accepts:
            await websocket.accept()
            RequestContext.of(websocket.scope).status = 101
        raise Overloaded("full", reason="count", retry_after_s=2.5)

    app = Starlette(routes=[WebSocketRoute("/ws", endpoint)], exception_handlers=HANDLERS)
    app.router.default = not_found
    return app


def test_error_before_a_websocket_is_accepted_is_a_response() -> None:
    made = websocket_scope("/ws")
    context = with_context(made)
    answered = answer(websocket_app(accepts=False), made)
    assert (answered.status, answered.headers["retry-after"], context.reason) == (503, "3", "count")


def test_error_afterwards_is_left_to_the_server() -> None:
    made = websocket_scope("/ws")
    with_context(made)
    with pytest.raises(Overloaded):
        answer(websocket_app(accepts=True), made)


def test_path_that_is_no_websocket_is_said_to_be_none() -> None:
    made = websocket_scope("/nowhere")
    with_context(made)
    answered = answer(websocket_app(accepts=False), made)
    assert answered.status == 404
    assert "No WebSocket" in answered.json()["error"]["message"]


def test_request_without_upgrade_at_a_websocket_s_path_is_told_why_that_may_be() -> None:
    made = scope(path="/ws")
    with_context(made)
    answered = answer(websocket_app(accepts=False), made)
    assert (answered.status, answered.headers["sec-websocket-version"]) == (426, "13")
    assert "proxy" in answered.json()["error"]["message"]

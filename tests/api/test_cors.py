"""What a browser is told of what pages may do."""

import pytest
from starlette.responses import PlainTextResponse

from speechd.api.cors import Cors
from tests.harness.asgi import Answer, answer, scope

APP = PlainTextResponse("spoken")


def preflight(origins: list[str], method: str = "POST", **more: str) -> Answer:
    headers = {"origin": "https://page.example", "access-control-request-method": method} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return answer(Cors(APP, origins), scope("OPTIONS", "/v1/audio/speech", headers))


@pytest.mark.parametrize("origins", [["*"], ["https://page.example"]])
def test_page_that_may_call_may_call_a_private_network(origins: list[str]) -> None:
    answered = preflight(origins, access_control_request_private_network="true")
    assert answered.status == 200
    assert answered.headers["access-control-allow-private-network"] == "true"
    assert answered.headers["access-control-allow-origin"] in ("*", "https://page.example")


def test_page_that_may_not_call_is_told_of_the_setting_in_the_envelope() -> None:
    answered = preflight(["https://other.example"], access_control_request_private_network="true")
    error = answered.json()["error"]
    assert (answered.status, error["code"]) == (403, "origin_not_allowed")
    assert "SPEECHD_CORS_ORIGINS" in error["message"]
    assert "access-control-allow-origin" not in answered.headers


def test_method_that_no_page_may_use_is_refused_in_the_envelope() -> None:
    answered = preflight(["*"], "DELETE")
    assert (answered.status, answered.json()["error"]["message"]) == (400, "Web pages may use GET and POST.")
    assert answered.headers["access-control-allow-origin"] == "*"
    assert answered.headers["content-length"] == str(len(answered.body))


def test_response_says_who_may_read_it() -> None:
    answered = answer(Cors(APP, ["*"]), scope("GET", "/", {"origin": "https://page.example"}))
    assert answered.headers["access-control-allow-origin"] == answered.headers["access-control-expose-headers"] == "*"

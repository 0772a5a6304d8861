"""Where clients put the key, and that nowhere else is one."""

import pytest

from speechd.api.credentials import key_number
from tests.harness.asgi import scope

KEYS = (b"one", b"two")


def asked(kind: str = "http", query: str = "", subprotocols: tuple[str, ...] = (), **headers: str) -> int | None:
    made = scope(headers={name.replace("_", "-"): value for name, value in headers.items()})
    more = {"type": kind, "query_string": query.encode(), "subprotocols": list(subprotocols)}
    return key_number(made | more, KEYS)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"authorization": "Bearer one"}, 0),
        ({"authorization": "bearer  two"}, 1),
        ({"x_api_key": "two"}, 1),
        ({"xi_api_key": "two"}, 1),
        ({"authorization": "Bearer none", "xi_api_key": "one"}, 0),
        ({"authorization": "one"}, None),
        ({"authorization": "Basic one"}, None),
        ({"x_api_key": "three"}, None),
        ({"x_api_key": ""}, None),
        ({"api_key": "one"}, None),
        ({}, None),
    ],
)
def test_headers_of_all_services_are_known(kind: str, headers: dict[str, str], number: int | None) -> None:
    assert asked(kind, **headers) == number


@pytest.mark.parametrize("query", ["api_key=two", "xi-api-key=two", "xi_api_key=two", "model=x&api-key=two&y="])
def test_websocket_may_have_it_in_its_address_and_a_request_may_not(query: str) -> None:
    assert asked("websocket", query) == 1
    assert asked("http", query) is None
    assert asked("websocket", query.replace("two", "2")) is None


def test_page_may_have_it_in_a_subprotocol_as_openai_s_clients_do() -> None:
    assert asked("websocket", subprotocols=("realtime", "openai-insecure-api-key.two")) == 1
    assert asked("websocket", subprotocols=("realtime", "two")) is None


def test_escaped_characters_of_an_address_are_meant() -> None:
    made = scope() | {"type": "websocket", "query_string": b"api_key=a%2Bb%3D", "subprotocols": []}
    assert key_number(made, [b"a+b="]) == 0

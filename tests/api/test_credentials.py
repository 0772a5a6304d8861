"""Where clients put the key, and that nowhere else is one."""

import pytest

from speechd.api.credentials import key_number
from tests.harness.asgi import scope

KEYS = (b"one", b"two")


def asked(
    kind: str, headers: dict[str, str] | None = None, *, query: str = "", subprotocols: tuple[str, ...] = ()
) -> int | None:
    made = {**scope(headers=headers), "type": kind, "query_string": query.encode(), "subprotocols": list(subprotocols)}
    return key_number(made, KEYS)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"authorization": "Bearer one"}, 0),
        ({"authorization": "bearer  two"}, 1),
        ({"x-api-key": "two"}, 1),
        ({"xi-api-key": "two"}, 1),
        ({"authorization": "Bearer none", "xi-api-key": "one"}, 0),
        ({"authorization": "one"}, None),
        ({"authorization": "Basic one"}, None),
        ({"x-api-key": "three"}, None),
        ({"x-api-key": ""}, None),
        ({"api_key": "one"}, None),
        ({}, None),
    ],
)
def test_headers_of_all_services_are_known(kind: str, headers: dict[str, str], number: int | None) -> None:
    assert asked(kind, headers) == number


@pytest.mark.parametrize("query", ["api_key=two", "xi-api-key=two", "xi_api_key=two", "model=x&api-key=two&y="])
def test_websocket_may_have_it_in_its_address_and_a_request_may_not(query: str) -> None:
    assert asked("websocket", query=query) == 1
    assert asked("http", query=query) is None
    assert asked("websocket", query=query.replace("two", "2")) is None


def test_page_may_have_it_in_a_subprotocol_as_openai_s_clients_do() -> None:
    assert asked("websocket", subprotocols=("realtime", "openai-insecure-api-key.two")) == 1
    assert asked("websocket", subprotocols=("realtime", "two")) is None


def test_escaped_characters_of_an_address_are_meant() -> None:
    made = {**scope(), "type": "websocket", "query_string": b"api_key=a%2Bb%3D", "subprotocols": []}
    assert key_number(made, [b"a+b="]) == 0

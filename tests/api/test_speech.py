"""What is read of a request for speech beside its body."""

import math

import pytest
from starlette.requests import Request

from speechd.api.media_type import require_json
from speechd.api.speech import read_timeout_s
from speechd.errors import UnsupportedMediaType
from tests.harness.asgi import scope


def request(content_type: str | None) -> Request:
    return Request(scope("POST", headers={} if content_type is None else {"content-type": content_type}))


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"]
)
def test_json_is_taken(content_type: str) -> None:
    require_json(request(content_type))


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
def test_anything_else_is_refused_with_the_header_to_send(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType, match="Content-Type: application/json"):
        require_json(request(content_type))


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("600", 600.0),
        ("0.5", 0.5),
        ("", math.inf),
        ("None", math.inf),
        ("-1", math.inf),
        ("1.2.3", math.inf),
        ("nan", math.inf),
        ("1e3", math.inf),
    ],
)
def test_stated_timeout_is_a_plain_number(stated: str, seconds: float) -> None:
    assert read_timeout_s(stated) == seconds

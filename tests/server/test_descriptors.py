"""How many files may be open, and what is made of the system's limit."""

from __future__ import annotations

import resource

import pytest

from speechd.config.settings import InvalidSetting, Settings
from speechd.server import descriptors
from speechd.speech.look_ahead import SEGMENTS_AHEAD

UNLIMITED = resource.RLIM_INFINITY
SETTINGS = Settings(max_in_flight=10)


@pytest.fixture
def limit(monkeypatch):
    """The process's limit, soft and hard, which is set in a list and not for real; 40 files are open."""
    limit = [1024, 4096]
    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _, given: limit.__setitem__(slice(None), given))
    monkeypatch.setattr(descriptors, "_open", lambda: 40)
    return limit


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ((1024, 4096), (4096, 4096)),
        ((1024, UNLIMITED), (1 << 16, UNLIMITED)),
        ((1024, 1 << 20), (1 << 16, 1 << 20)),
        ((1 << 18, 1 << 20), (1 << 18, 1 << 20)),
        ((UNLIMITED, UNLIMITED), (UNLIMITED, UNLIMITED)),
        ((204, 204), (204, 204)),
    ],
)
def test_limit_is_raised_as_far_as_it_may_be(limit, given, raised):
    limit[:] = given
    descriptors.raise_limit(SETTINGS)
    assert tuple(limit) == raised


def test_limit_follows_the_requests_in_flight(limit):
    limit[:] = 1024, 1 << 20
    descriptors.raise_limit(Settings(max_in_flight=50_000))
    assert limit[0] > 50_000 * (2 + 2 * SEGMENTS_AHEAD)


def test_limit_too_low_to_serve_is_an_error_that_says_what_to_do(limit):
    limit[:] = 203, 203
    with pytest.raises(InvalidSetting, match=r"may open 203 files, and needs 204 for 10 requests .* raise .*ulimit -n"):
        descriptors.raise_limit(SETTINGS)


@pytest.mark.parametrize(
    ("soft", "settings", "expected"),
    [
        (1000, {}, 1000 - 250 - 40 - 64 - 80),
        (1000, {"max_in_flight": 20}, 1000 - 250 - 40 - 64 - 160),
        (1000, {"overflow_url": "http://x", "overflow_max_in_flight": 7}, 1000 - 250 - 40 - 64 - 80 - 7),
        (UNLIMITED, {}, (1 << 16) - 512 - 40 - 64 - 80),
        (UNLIMITED, {"max_whole_total_bytes": 1 << 40}, (1 << 16) - (1 << 14) - 40 - 64 - 80),
        (204, {}, 20),
    ],
)
def test_connections_leave_room_for_audio(limit, soft, settings, expected):
    limit[:] = soft, UNLIMITED
    assert descriptors.connections(Settings(**{"max_in_flight": 10} | settings)) == expected

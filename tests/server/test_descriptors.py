"""How many files may be open, and what is made of the system's limit."""

from __future__ import annotations

import resource

import pytest

from speechd.config.settings import InvalidSetting
from speechd.server import descriptors
from speechd.server.descriptors import FileDemand

UNLIMITED = resource.RLIM_INFINITY
DEMAND = FileDemand(requests=10, streams=80, spools=1000)


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> list[int]:
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
def test_limit_is_raised_as_far_as_it_may_be(limit: list[int], given: tuple[int, int], raised: tuple[int, int]) -> None:
    limit[:] = given
    descriptors.raise_limit(DEMAND)
    assert tuple(limit) == raised


def test_limit_follows_what_is_in_flight(limit: list[int]) -> None:
    limit[:] = 1024, 1 << 20
    descriptors.raise_limit(FileDemand(requests=50_000, streams=400_000))
    assert limit[0] == 40 + 64 + 400_000 + 2 * 50_000


def test_limit_too_low_to_serve_is_an_error_that_says_what_to_do(limit: list[int]) -> None:
    limit[:] = 203, 203
    with pytest.raises(InvalidSetting, match=r"may open 203 files, and needs 204 for 10 requests .* raise .*ulimit -n"):
        descriptors.raise_limit(DEMAND)


@pytest.mark.parametrize(
    ("soft", "demand", "expected"),
    [
        pytest.param(1000, DEMAND, 1000 - 250 - 40 - 64 - 80, id="many spools"),
        pytest.param(1000, FileDemand(20, 160, 100), 1000 - 100 - 40 - 64 - 160, id="few spools"),
        pytest.param(UNLIMITED, DEMAND, (1 << 16) - 1000 - 40 - 64 - 80, id="no limit"),
        pytest.param(UNLIMITED, FileDemand(10, 80, 1 << 20), (1 << 16) - (1 << 14) - 40 - 64 - 80, id="spools galore"),
        pytest.param(204, DEMAND, 20, id="two for each request at least"),
    ],
)
def test_connections_leave_room_for_other_files(limit: list[int], soft: int, demand: FileDemand, expected: int) -> None:
    limit[:] = soft, UNLIMITED
    assert descriptors.connections(demand) == expected

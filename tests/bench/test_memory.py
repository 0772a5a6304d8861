"""What is said of memory: leaks, arenas, limits; and what is to be measured."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import arenas
from bench import memory_probe as probe
from bench.arenas import Arenas
from bench.memory import note
from bench.memory_cases import CAPACITY, CHARACTERS_PER_S, cases
from speechd.engines.base import SynthesisOptions, synthesize_one
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.registry import EngineOptions
from speechd.engines.tone import ToneEngine

MIB = 1 << 20


def row(
    when: str,
    all_pss_mib: float = 100.0,
    *,
    sweep: str = "requests",
    requests: int = 0,
    rss_mib: float = 500.0,
    uss_mib: float = 100.0,
    warning: str = "",
) -> dict[str, Any]:
    sizes = {"all_pss_mib": all_pss_mib, "rss_mib": rss_mib, "uss_mib": uss_mib}
    return {"sweep": sweep, "when": when, "requests": requests, "warning": warning, **sizes}


@pytest.mark.parametrize(
    ("growth_mib", "leaks"),
    [(-50.0, False), (0.0, False), (9.9, False), (10.1, True)],
)
def test_growth_in_the_last_step_is_a_leak(growth_mib: float, leaks: bool) -> None:
    rows = [row("idle"), row("load", requests=10), row("load", 100.0 + growth_mib, requests=110)]
    assert ("LEAK" in note(rows)) is leaks


def test_leak_says_after_how_many_requests() -> None:
    assert note([row("load", requests=10), row("load", 120.0, requests=110)]) == "LEAK? 20 MiB more after 100 requests"


def test_what_fills_first_is_no_leak() -> None:
    assert note([row("idle"), row("load", 900.0)]) == ""


def test_more_listeners_may_take_more() -> None:
    assert note([row("load", sweep="concurrency"), row("load", 900.0, sweep="concurrency")]) == ""


@pytest.mark.parametrize(
    ("uss_mib", "rested_mib", "verdict"), [(300.0, 550.0, "limits met"), (301.0, 500.0, "NOT"), (300.0, 551.0, "NOT")]
)
def test_limits_are_of_a_workers_own_memory_and_of_its_rest(uss_mib: float, rested_mib: float, verdict: str) -> None:
    rows = [row("idle", sweep="limits"), row("load", sweep="limits", uss_mib=uss_mib)]
    assert verdict in note([*rows, row("rest", sweep="limits", rss_mib=rested_mib)])


@pytest.mark.parametrize(("free", "releasable", "warns"), [(10, 0, False), (100, 50, False), (100, 10, True)])
def test_free_memory_that_stays_is_warned_of(free: int, releasable: int, warns: bool) -> None:
    state = Arenas(200 * MIB, 100 * MIB, free * MIB, releasable * MIB)
    assert bool(state.warning) is warns
    assert state.utilisation == 0.5


def test_arenas_grow_with_what_is_allocated() -> None:
    before = arenas.read()
    if before is None:
        pytest.skip("not glibc")
    kept = np.zeros(64 * MIB, np.uint8)
    after = arenas.read()
    assert after is not None
    assert after.allocated - before.allocated >= kept.nbytes
    assert after.bytes >= after.allocated


def test_probe_speaks_leaks_and_reports(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ((probe.ENGINE, "tone"), (probe.ARENAS, str(tmp_path)), (probe.LEAK, "1000")):
        monkeypatch.setenv(name, value)
    engine = probe.probed(EngineOptions())
    blend = catalogue().parse("alloy")
    segment = engine.prepare("hello", SynthesisOptions(blend, blend.language))
    assert segment is not None
    audio = synthesize_one(engine, segment)
    assert np.array_equal(audio.samples, ToneEngine().speak(segment).samples)
    assert sum(map(len, engine._leaked)) == 1000
    if arenas.read():
        [report] = probe.reports(tmp_path).values()
        assert report.allocated > 0


def arguments(**values: object) -> argparse.Namespace:
    given: dict[str, object] = {"payloads": ["small"], "allocators": ["glibc"], "listeners": 8}
    given |= {"concurrency": [2, 96], "each": 5, "requests": [10, 40], "hour_s": 3600.0}
    given |= {"capacities": ["16", "64"], "varied": 7, "leak_kib": 1}
    return argparse.Namespace(**given | values)


@pytest.mark.parametrize(
    ("sweep", "steps"),
    [
        ("concurrency", [(2, 5), (96, 5)]),
        ("requests", [(8, 10), (8, 30)]),
        ("limits", [(8, 7)]),
    ],
)
def test_sweep_has_its_steps(sweep: str, steps: list[tuple[int, int]]) -> None:
    [case] = cases(arguments(sweeps=[sweep]))
    assert case.steps == steps


def test_sweeps_are_over_payloads_and_allocators() -> None:
    found = list(cases(arguments(sweeps=["requests"], payloads=["small", "large"], allocators=["glibc", "jemalloc"])))
    assert len({(case.payload, case.allocator) for case in found}) == 4


def test_hour_is_an_hour_of_audio() -> None:
    [case] = cases(arguments(sweeps=["hour"]))
    characters = sum(len(next(texts)) for texts in [case.texts] for _ in range(sum(more for _, more in case.steps)))
    assert characters / CHARACTERS_PER_S == pytest.approx(3600, rel=0.05)


def test_primitives_go_over_capacities() -> None:
    found = list(cases(arguments(sweeps=["primitives"])))
    assert [case.environ[CAPACITY] for case in found] == ["16", "64"]

"""What is said of memory: leaks, arenas, the bar; and what is to be measured."""

import argparse

import numpy as np
import pytest

from bench import arenas, memory
from bench import memory_probe as probe
from bench.arenas import Arenas
from bench.memory import cases, note
from speechd.engines.base import SynthesisOptions, synthesize_one
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.registry import EngineOptions
from speechd.engines.tone import ToneEngine

MIB = 1 << 20


def row(when, all_pss_mib=100.0, *, sweep="requests", requests=0, rss_mib=500.0, uss_mib=100.0, warning=""):
    sizes = {"all_pss_mib": all_pss_mib, "rss_mib": rss_mib, "uss_mib": uss_mib}
    return {"sweep": sweep, "when": when, "requests": requests, "warning": warning, **sizes}


@pytest.mark.parametrize(
    ("growth_mib", "leaks"),
    [(-50.0, False), (0.0, False), (9.9, False), (10.1, True)],
)
def test_growth_in_the_last_step_is_a_leak(growth_mib, leaks):
    rows = [row("idle"), row("load", requests=10), row("load", 100.0 + growth_mib, requests=110)]
    assert ("LEAK" in note(rows)) is leaks


def test_leak_says_after_how_many_requests():
    assert note([row("load", requests=10), row("load", 120.0, requests=110)]) == "LEAK? 20 MiB more after 100 requests"


def test_what_fills_first_is_no_leak():
    assert note([row("idle"), row("load", 900.0)]) == ""


def test_more_listeners_may_take_more():
    assert note([row("load", sweep="concurrency"), row("load", 900.0, sweep="concurrency")]) == ""


@pytest.mark.parametrize(
    ("uss_mib", "rested_mib", "verdict"), [(300.0, 550.0, "bar met"), (301.0, 500.0, "NOT"), (300.0, 551.0, "NOT")]
)
def test_bar_is_of_a_workers_own_memory_and_of_its_rest(uss_mib, rested_mib, verdict):
    rows = [row("idle", sweep="bar"), row("load", sweep="bar", uss_mib=uss_mib)]
    assert verdict in note([*rows, row("rest", sweep="bar", rss_mib=rested_mib)])


@pytest.mark.parametrize(("free", "releasable", "warns"), [(10, 0, False), (100, 50, False), (100, 10, True)])
def test_free_memory_that_stays_is_warned_of(free, releasable, warns):
    state = Arenas(200 * MIB, 100 * MIB, free * MIB, releasable * MIB)
    assert bool(state.warning) is warns
    assert state.utilisation == 0.5


def test_arenas_grow_with_what_is_allocated():
    before = arenas.read()
    if before is None:
        pytest.skip("not glibc")
    kept = np.zeros(64 * MIB, np.uint8)
    after = arenas.read()
    assert after.allocated - before.allocated >= kept.nbytes
    assert after.bytes >= after.allocated


def test_probe_speaks_leaks_and_reports(monkeypatch, tmp_path):
    for name, value in ((probe.ENGINE, "tone"), (probe.ARENAS, str(tmp_path)), (probe.LEAK, "1000")):
        monkeypatch.setenv(name, value)
    engine = probe.probed(EngineOptions())
    blend = catalogue().parse("alloy")
    segment = engine.prepare("hello", SynthesisOptions(blend, blend.language))
    audio = synthesize_one(engine, segment)
    assert np.array_equal(audio.samples, ToneEngine().speak(segment).samples)
    assert sum(map(len, engine._leaked)) == 1000
    if arenas.read():
        [report] = probe.reports(tmp_path).values()
        assert report.allocated > 0


def arguments(**values):
    given = {"payloads": ["small"], "allocators": ["glibc"], "listeners": 8, "concurrency": [2, 96], "each": 5}
    given |= {"requests": [10, 40], "hour_s": 3600.0, "capacities": ["16", "64"], "varied": 7, "leak_kib": 1}
    return argparse.Namespace(**given | values)


@pytest.mark.parametrize(
    ("sweep", "steps"),
    [
        ("concurrency", [(2, 5), (96, 5)]),
        ("requests", [(8, 10), (8, 30)]),
        ("bar", [(8, 7)]),
    ],
)
def test_sweep_has_its_steps(sweep, steps):
    [case] = cases(arguments(sweeps=[sweep]))
    assert case.steps == steps


def test_sweeps_are_over_payloads_and_allocators():
    found = list(cases(arguments(sweeps=["requests"], payloads=["small", "large"], allocators=["glibc", "jemalloc"])))
    assert len({(case.payload, case.allocator) for case in found}) == 4


def test_hour_is_an_hour_of_audio():
    [case] = cases(arguments(sweeps=["hour"]))
    characters = sum(len(next(texts)) for texts in [case.texts] for _ in range(sum(more for _, more in case.steps)))
    assert characters / memory.CHARACTERS_PER_S == pytest.approx(3600, rel=0.05)


def test_primitives_go_over_capacities():
    found = list(cases(arguments(sweeps=["primitives"])))
    assert [case.environ[memory.CAPACITY] for case in found] == ["16", "64"]

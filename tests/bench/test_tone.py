from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bench import tone
from bench.tone import BatchingEngine, PipelinedEngine, SerialEngine
from speechd.engines.base import Engine, Segment, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import decode
from tests.harness.server import running

OPTIONS = SynthesisOptions(catalogue().parse("alloy"), "en-us")


def prepared(engine: Engine, length: int) -> Segment:
    """A segment of so many letters."""
    segment = engine.prepare("a" * length, OPTIONS)
    assert segment is not None
    return segment


@pytest.mark.parametrize(
    ("lengths", "cost", "charged"),
    [
        pytest.param([15], 0.5, 15, id="one costs what it costs"),
        pytest.param([15, 30, 45], 0.0, 45, id="the longest"),
        pytest.param([15, 30, 45], 1.0, 90, id="one after the other"),
        pytest.param([15, 30, 45], 0.2, 54, id="a part of the others"),
    ],
)
def test_batch_takes_the_stated_time(
    lengths: list[int], cost: float, charged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    engine = BatchingEngine(rtf=100.0, limit=4, cost=cost)
    outcomes = engine.synthesize([prepared(engine, length) for length in lengths])
    assert sum(slept) == pytest.approx(100.0 * charged / 15, rel=0.01)
    assert [len(decode(outcome.samples)) for outcome in outcomes if not isinstance(outcome, Exception)] == lengths


@pytest.mark.parametrize(
    ("pipelined", "took_s"),
    [pytest.param(True, 1 + 10 + 10, id="halves at once"), pytest.param(False, 2 * (1 + 10), id="one after the other")],
)
def test_second_text_half_is_beside_the_first_speech_half(
    pipelined: bool, took_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    engine = PipelinedEngine(rtf=8.0, limit=4, limit_s=64.0, text_s=1.0, speech_s=2.0)
    segments = [prepared(engine, 15)]
    if pipelined:
        outcomes = [pending.wait() for pending in [engine.submit(segments), engine.submit(segments)]]
    else:
        outcomes = [SerialEngine(engine).synthesize(segments) for _ in range(2)]
    assert now[0] - 100.0 == pytest.approx(took_s)
    assert [decode(outcome.samples) for (outcome,) in outcomes if not isinstance(outcome, Exception)] == ["a" * 15] * 2


def test_factory_is_told_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ((tone.RTF, "0.5"), (tone.BATCH, "3"), (tone.BATCH_LIMIT_S, "20")):
        monkeypatch.setenv(name, value)
    engine = tone.batching(object())
    assert (engine.batch_limit, engine.batch_limit_s) == (3, 20.0)


def test_server_synthesises_segments_of_several_requests_at_once(tmp_path: Path) -> None:
    texts = [f"request {word} is spoken. " * 14 for word in "one two three four five six seven eight".split()]
    environ = {tone.RTF: "0.05", tone.BATCH: "8", tone.BATCH_COST: "0"}
    settings: dict[str, object] = {"engine": "bench.tone:batching", "workers": 1, "max_wait_s": 60}
    with running(tmp_path, environ=environ, **settings) as server, ThreadPoolExecutor(len(texts)) as threads:
        began = time.monotonic()
        replies = [*threads.map(server.speech, texts)]
        took_s = time.monotonic() - began
        states = server.health()["workers"]
    heard = [decode(np.frombuffer(reply.content, "<i2").astype(np.float32) / np.float32(32767)) for reply in replies]
    assert ["".join(text.split()) for text in heard] == ["".join(text.split()) for text in texts]
    audio_s = sum(state["audio_s"] for state in states)
    assert took_s < 0.6 * 0.05 * audio_s  # what it would take one by one

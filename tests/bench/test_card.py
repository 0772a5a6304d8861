"""The command that measures a card, without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.gpu import card
from bench.gpu.card_report import markdown
from bench.gpu.engine import BATCH_S, NO_PIPELINE
from bench.gpu.http import Level, Setup
from speechd.encoders import FORMATS

SERVER = {"server": "one slot", "workers": 8, "slots": 1}
HEARD = {"heard": 64, "refused": 0, "failed": 0, "ttfa_p50_s": 0.05, "ttfa_p99_s": 0.07, "audio_s_per_s": 1600.0}
RESULT: dict[str, Any] = {
    "rehearsal": False,
    "at": "2026-01-01T00:00:00+00:00",
    "commit": "abc",
    "machine": {"cores": 16, "cpu": "a CPU"},
    "versions": {"torch": "2.13.0", "triton": None},
    "wall_s": 300.0,
    "rows": [
        {"step": "device", "section": "device", "gpu": "a card", "cuda": "13.0", "clock_and_driver": "1980 MHz, 580",
         "compiled_ahead": False},
        {"step": "device", "section": "exactness", "waveform_db": 113.6, "same_durations": True, "prosody_error": 2e-6,
         "differences_db": {}},
        {"step": "device", "section": "overlap", "overlapping": 48, "different": 1},
        {"step": "device", "section": "parts", "part": "text", "tokens": 25, "segments": 8, "ms": 2.5, "launches": 90},
        {"step": "device", "section": "lstm", "wall_s": 1.0, "status": 1},
        {"step": "batches", "section": "speed", "tokens": 25, "segments": 8, "audio_s": 16.2, "alone_ms": 12.5,
         "in_a_row_ms": 9.5, "audio_s_per_s": 1705.0},
        {"step": "batches", "section": "reference", "model": "stock", "missing": "no package"},
        {"step": "one slot", **SERVER, "ready_s": 9.5},
        {"step": "one slot", **SERVER, **HEARD, "clients": 64, "format": "pcm", "realtime": False, "c100": None},
        {"step": "one slot", **SERVER, "log": "A kernel was not compiled ahead.\n"},
        {"step": "two slots", "failed": "not run, for the time was up"},
    ],
}  # fmt: skip


def test_report_has_a_table_of_all_that_was_measured() -> None:
    report = markdown(RESULT)
    assert "## a card" in report
    assert "kernels not compiled ahead" in report
    assert "113.6 to 113.6 dB" in report
    assert "of 48 batches, 1 had other bits" in report
    assert "| 25 × 8 | text | 2.5 | 90 |" in report
    assert "| 25 × 8 | 16.2 | 12.5 | 9.5 | 1705 |" in report
    assert "| stock | – | – | – |" in report
    assert "| one slot, 8 workers | pcm | 64 | 1600 | 50 / 70 | – | 64, 0, 0 |" in report
    assert "one slot: ready after 9.5 s." in report


def test_report_says_what_was_not_measured() -> None:
    _, failures = markdown(RESULT).split("Not measured, or not whole:")
    assert "* two slots: not run, for the time was up" in failures
    assert "* device lstm: ended with 1" in failures
    assert "one slot:\n\n```\nA kernel was not compiled ahead.\n```" in failures


def test_every_format_and_number_of_clients_is_measured() -> None:
    served = [level for step in card.STEPS if isinstance(step, card.Served) for level in step.levels]
    # The others are pcm with another head, or with fewer bits.
    assert {level.format for level in served} == FORMATS.keys() - {"wav", "alaw", "ulaw"}
    assert {(each.clients, each.realtime) for each in served} >= {(1, False), (64, False), (256, False), (1000, True)}


def test_level_is_named_by_its_clients_and_what_they_do() -> None:
    assert Level.of("64:mp3") == Level(64, "mp3")
    assert Level.of("1000r") == Level(1000, realtime=True)


def test_server_of_a_rehearsal_answers() -> None:
    (step,) = (step for step in card.STEPS if card.name_of(step) == "two slots")
    assert isinstance(step, card.Served)
    rows = [*card.run([replace(step, levels=[Level(2)])], 100.0, rehearse=True)]
    assert [row["step"] for row in rows if "log" not in row] == ["two slots", "two slots"]
    assert rows[1]["heard"] >= 2
    assert not rows[1]["failed"]


class Failing(card.Sections):
    """A step that fails after a row."""

    def rows(self, rehearse: bool) -> Iterator[card.Row]:
        yield {"section": "first"}
        raise OSError("as told")


def test_step_that_fails_or_comes_too_late_is_a_row_and_others_are_run() -> None:
    steps = [Failing("a", (), 1.0), Failing("b", (), 1.0)]
    rows = [*card.run(steps, 100.0, rehearse=True)]
    assert [(row["step"], "failed" in row) for row in rows] == [("a", False), ("a", True), ("b", False), ("b", True)]
    (late,) = card.run(steps[:1], card.START_S - 1.0, rehearse=True)
    assert "the time was up" in late["failed"]


def test_each_row_is_kept_when_it_comes(tmp_path: Path) -> None:
    record = card.Record(tmp_path, {name: value for name, value in RESULT.items() if name not in ("rows", "wall_s")})
    for count, row in enumerate(RESULT["rows"], 1):
        record.add(row)
        assert len(json.loads((tmp_path / "card.json").read_text())["rows"]) == count
    assert (tmp_path / "card.md").read_text() == markdown(record.result())


def test_benchmark_that_ends_without_a_result_or_not_at_all_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    step = card.Sections("a", ("device",), 0.0)
    monkeypatch.setattr(sys, "executable", "false")
    assert [*step.rows(rehearse=True)] == [{"failed": "bench.gpu ended with 1"}]
    monkeypatch.setattr(card, "LAST_SECTION_S", 0.1)
    monkeypatch.setattr(subprocess, "run", partial(_instead, ["sleep", "9"], subprocess.run))
    assert [*step.rows(rehearse=True)] == [{"failed": "bench.gpu did not end within 0.1 s"}]


def _instead(command: list[str], run: Callable[..., Any], _: object, **named: Any) -> Any:
    return run(command, **named)


def test_rehearsal_needs_no_card() -> None:
    setup = card.rehearsal(Setup("one slot", environ={NO_PIPELINE: "1", BATCH_S: "64"}))
    assert (setup.engine, setup.device, setup.environ["BENCH_BATCH_LIMIT_S"]) == ("bench.tone:serial", "cpu", "64")

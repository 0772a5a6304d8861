"""Every benchmark runs against the real server, so that none can rot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.natural_texts import TEXTS
from bench.server import ROOT, running


def run(*command: str) -> tuple[list[str], dict[str, Any]]:
    """The table and the JSON of a benchmark."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *table, last = done.stdout.splitlines()
    return table, json.loads(last)


@pytest.mark.parametrize("options", [("--format", "opus"), ("--realtime",), ("--rate", "5")])
def test_load_measures_every_level(options: tuple[str, ...]) -> None:
    table, result = run("bench.load", "--engine", "tone", "--quick", *options)
    assert len(table) == 1 + len(result["rows"])
    assert all(row["joins"] and not row["inside_percent"] for row in result["rows"])
    assert all(row["heard"] and not row["failed"] for row in result["rows"])
    assert {"at", "machine", "versions", "commit", "settings"} <= result.keys()


def test_start_measures_times_and_memory() -> None:
    _, result = run("bench.startup", "--engine", "tone", "--quick")
    [row] = result["rows"]
    assert row["times"][0]["fresh_p50_s"] > 0
    assert {(each["process"], each["when"]) for each in row["memory"]} == {
        (process, when) for process in ("arbiter", "worker 0", "worker 1") for when in ("idle", "load")
    }


def test_stress_judges_a_check() -> None:
    _, result = run("bench.stress", "together", "--quick")
    [row] = result["rows"]
    assert (row["check"], row["passed"], row["failures"], row["kept_apart"]) == ("together", True, [], row["trials"])


def test_listen_measures_listeners_at_speeds() -> None:
    table, result = run("bench.read_along", "--engine", "tone", "--quick", "--varied-lengths")
    assert [(row["speed"], row["listeners"]) for row in result["rows"]] == [(1.0, 1), (1.0, 4), (3.0, 1), (3.0, 4)]
    assert len(table) == 1 + len(result["rows"])
    assert all(row["heard"] and not row["failed"] for row in result["rows"])


def test_live_measures_each_way_of_having_a_text_spoken_that_is_being_written() -> None:
    table, result = run("bench.live", "--engine", "tone", "--quick", "--words")
    assert [row["way"] for row in result["rows"]] == ["live", "cut", "plain"]
    assert len(table) == 1 + len(result["rows"])
    assert all(row["turns"] and not row["failed"] for row in result["rows"])
    assert result["rows"][0]["joins"]
    assert result["rows"][0]["requests"] < result["rows"][1]["requests"]


def test_threads_measures_threads_and_processes() -> None:
    _, result = run("bench.threads", "--engine", "tone", "--quick")
    assert [(row["processes"], row["threads"], row["text"]) for row in result["rows"]] == [
        *((1, threads, text) for threads in (1, 2) for text in ("short", "medium", "long")),
        (2, 1, "medium"),
    ]


def test_compare_measures_two_servers(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        _, result = run("bench.compare", server.url, f"{server.url}/v1", "--quick")
    ratios = [row for row in result["rows"] if row["server"] == "second ÷ first"]
    assert [row["listeners"] for row in ratios] == [1, 2]
    assert all(row["audio_s_per_s"] > 0 for row in ratios)


def test_memory_measures_and_notices_the_planted_leak() -> None:
    _, result = run("bench.memory", "--engine", "tone", "--quick")
    assert {row["sweep"] for row in result["rows"]} == {"requests", "primitives", "planted"}
    assert {row["when"] for row in result["rows"]} == {"idle", "load", "rest"}
    assert not any(row["failed"] for row in result["rows"])
    assert "LEAK" in "".join(row["note"] for row in result["rows"] if row["sweep"] == "planted")
    assert "LEAK" not in "".join(row["note"] for row in result["rows"] if row["sweep"] == "requests")


def test_plan_tells_of_every_text() -> None:
    table, result = run("bench.read_along", "--engine", "tone", "--plan")
    assert len(table) == 1 + len(result["rows"]) == 1 + 2 * (len(TEXTS) + 1)
    assert all(row["passages"] for row in result["rows"])

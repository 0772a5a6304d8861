"""Slots in processes of their own, which do not listen: they die, are replaced and end without a listener's notice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from bench.tone import RTF
from tests.harness.decoding import letters, spoken
from tests.harness.server import Server, running, until

TEXT = "The quick brown fox jumps over the lazy dog. " * 6
BATCHING = {"engine": "bench.tone:batching", "environ": {RTF: "0.05"}}
"""Some 3 s for the text."""
PIPELINED = {"engine": "bench.tone:pipelined", "environ": {RTF: "0.01"}}


def rows(server: Server, state: str) -> list[dict[str, Any]]:
    return [row for row in server.health()["workers"] if row["state"] == state]


def back_end(server: Server) -> psutil.Process:
    return psutil.Process(rows(server, "working")[0]["pid"])


@pytest.mark.parametrize(
    ("settings", "working", "accepting"),
    [
        ({**BATCHING, "workers": 2}, 1, ("idle", 2)),
        ({**BATCHING, "workers": 1, "slots": 2}, 2, ("idle", 1)),
        ({"workers": 1, "slots": 1}, 1, ("idle", 1)),
        ({"workers": 2}, 0, ("ready", 2)),
    ],
)
def test_slots_are_apart_for_batches_or_where_asked_for(
    tmp_path: Path, settings: dict[str, Any], working: int, accepting: tuple[str, int]
) -> None:
    with running(tmp_path, **settings) as server:
        state, count = accepting
        until(lambda: (len(rows(server, state)), len(rows(server, "working"))) == (count, working))
        assert spoken(server.speech("hello").content) == "hello"


@pytest.mark.parametrize("engine", [BATCHING, PIPELINED], ids=["batching", "pipelined"])
def test_back_end_that_is_killed_cuts_no_stream(tmp_path: Path, engine: dict[str, Any]) -> None:
    with running(tmp_path, **engine, workers=2) as server, ThreadPoolExecutor() as threads:
        for kills in (1, 2):  # One after the other: what two die of is not tried again.
            replies = [threads.submit(server.speech, TEXT) for _ in range(4)]
            # Several; on a busy machine the first may have ended before the fourth has come.
            until(lambda: server.health()["in_flight"] > 1 and server.health()["running"])
            back_end(server).kill()
            assert [spoken(reply.result().content) for reply in replies] == [letters(TEXT)] * 4
            assert sum(row["deaths"] for row in server.health()["workers"]) == kills


def test_back_end_listens_to_nobody(tmp_path: Path) -> None:
    with running(tmp_path, **BATCHING, workers=1) as server:
        listening = [each for each in back_end(server).net_connections() if each.status == psutil.CONN_LISTEN]
        assert not listening


def test_streams_end_before_the_back_end_does(tmp_path: Path) -> None:
    with running(tmp_path, **BATCHING, workers=2) as server, ThreadPoolExecutor() as threads:
        reply = threads.submit(server.speech, TEXT)
        until(lambda: server.health()["running"])
        server.process.terminate()
        assert spoken(reply.result().content) == letters(TEXT)


def test_back_end_is_replaced_as_others_are(tmp_path: Path) -> None:
    with running(tmp_path, **BATCHING, workers=1, recycle_after_s=1) as server:
        first = back_end(server).pid
        until(lambda: rows(server, "working") and back_end(server).pid != first, 60)
        assert httpx2.get(server.url + "/ready").status_code == 200
        assert spoken(server.speech("hello").content) == "hello"
        assert not sum(row["deaths"] for row in server.health()["workers"])

"""What threads and processes gain and lose."""

import pytest

from bench.threads import row_of

ALONE = {"latency_mean_s": 2.0, "audio_s_per_s": 4.0}


def test_one_thread_is_compared_with_nothing() -> None:
    row = row_of([{"runs_s": [1.0, 3.0], "audio_s": 8.0}], None)
    assert row["latency_mean_s"] == 2.0
    assert row["latency_p95_s"] == pytest.approx(2.9)
    assert (row["rtf"], row["audio_s_per_s"], row["speed_up"], row["lost_percent"]) == (0.25, 4.0, None, None)


def test_threads_are_faster_than_one() -> None:
    row = row_of([{"runs_s": [1.0, 1.0], "audio_s": 8.0}], ALONE)
    assert (row["speed_up"], row["lost_percent"]) == (2.0, None)


def test_processes_at_once_lose_what_each_lacks_of_its_own_throughput() -> None:
    row = row_of([{"runs_s": [2.0], "audio_s": 8.0}, {"runs_s": [4.0], "audio_s": 8.0}], ALONE)
    assert (row["audio_s_per_s"], row["lost_percent"], row["speed_up"]) == (6.0, 25.0, None)

"""Which setting is recommended, and what is said of it."""

import pytest

from speechd.cli.tune import recommend
from speechd.cli.tune.recommend import Measurement


def measured(
    workers: int,
    threads: int,
    *,
    first_audio_s: float = 0.2,
    busy_first_audio_s: float = 0.4,
    audio_s_per_s: float = 10.0,
    memory_bytes: int | None = 1 << 30,
) -> Measurement:
    latency_s = {"short": 0.5, "medium": 1.5, "long": 5.0}
    return Measurement(
        workers=workers,
        threads=threads,
        engine="kokoro",
        latency_s=latency_s,
        rtf=dict.fromkeys(latency_s, 0.1),
        first_audio_s=first_audio_s,
        busy_first_audio_s=busy_first_audio_s,
        audio_s_per_s=audio_s_per_s,
        memory_bytes=memory_bytes,
    )


def test_latency_is_the_earliest_first_audio() -> None:
    rows = [measured(1, 2, first_audio_s=0.1), measured(2, 1, first_audio_s=0.2, audio_s_per_s=99.0)]
    assert recommend.for_latency(rows) is rows[0]


def test_equal_latency_is_decided_by_throughput() -> None:
    rows = [measured(1, 2, first_audio_s=0.100), measured(2, 1, first_audio_s=0.104, audio_s_per_s=11.0)]
    assert recommend.for_latency(rows) is rows[1]


def test_throughput_is_the_most_audio() -> None:
    rows = [measured(1, 2, busy_first_audio_s=0.1), measured(2, 1, audio_s_per_s=10.6)]
    assert recommend.for_throughput(rows) is rows[1]


def test_equal_throughput_is_decided_by_first_audio_when_busy() -> None:
    rows = [measured(1, 2, busy_first_audio_s=0.3), measured(2, 1, audio_s_per_s=10.4)]
    assert recommend.for_throughput(rows) is rows[0]


def test_listeners_leave_headroom() -> None:
    assert measured(2, 1, audio_s_per_s=10.0).listeners == 8


@pytest.mark.parametrize(
    ("audio_s_per_s", "expected"),
    [(10.0, {"workers": 2, "threads": 1}), (100.0, {"workers": 2, "threads": 1, "max_in_flight": 80})],
)
def test_settings_admit_all_the_listeners(audio_s_per_s: float, expected: dict[str, int]) -> None:
    assert measured(2, 1, audio_s_per_s=audio_s_per_s).settings == expected


def test_table_has_a_line_for_each_setting() -> None:
    lines = recommend.table([measured(1, 2), measured(2, 1, memory_bytes=None)])
    assert [line.split()[:3] for line in lines[-2:]] == [["1", "×", "2"], ["2", "×", "1"]]
    assert lines[-2].endswith("1024")
    assert lines[-1].endswith("–")


@pytest.mark.parametrize("rows", [[measured(1, 1)], [measured(1, 2), measured(2, 1, audio_s_per_s=20.0)]])
def test_reasons_name_the_setting_and_its_listeners(rows: list[Measurement]) -> None:
    latency, throughput, _ = recommend.reasons(rows)
    assert f"{recommend.for_latency(rows)}," in latency
    assert f"holds {recommend.for_throughput(rows).listeners} real-time listeners" in throughput

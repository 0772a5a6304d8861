"""The measurement of the real server, with an engine that costs nothing."""

import socket
from pathlib import Path

import pytest

from speechd.cli.tune import measure
from speechd.errors import EngineUnavailable, SpeechdError

ENGINES = Path(__file__).parents[2] / "harness" / "engines"


@pytest.mark.parametrize(
    ("cores", "expected"),
    [
        (1, [(1, 1)]),
        (2, [(1, 2), (2, 1)]),
        (6, [(1, 6), (3, 2), (6, 1)]),
        (8, [(1, 8), (2, 4), (4, 2), (8, 1)]),
        (64, [(8, 8), (16, 4), (32, 2), (64, 1)]),
    ],
)
def test_plans_fill_the_cores(cores: int, expected: list[tuple[int, int]]) -> None:
    assert measure.plans(cores) == expected


def test_every_figure_is_measured() -> None:
    steps: list[str] = []
    [row] = measure.measure({"engine": "tone"}, 1, 0.1, steps.append)
    assert (row.workers, row.threads, row.engine) == (1, 1, "tone")
    assert row.latency_s.keys() == row.rtf.keys() == measure.TEXTS.keys()
    assert 0 < row.first_audio_s <= row.latency_s["long"]
    assert row.busy_first_audio_s > 0
    assert row.audio_s_per_s > 10
    assert len(steps) == measure.STEPS


def test_settings_of_a_server_beside_it_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Wyoming port is taken, its limits refuse, and it has another server to send to what it cannot speak."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as upstream:
        monkeypatch.setenv("SPEECHD_WYOMING_PORT", str(taken.getsockname()[1]))
        monkeypatch.setenv("SPEECHD_MAX_IN_FLIGHT", "1")
        monkeypatch.setenv("SPEECHD_OVERFLOW_URL", f"http://127.0.0.1:{upstream.getsockname()[1]}")
        monkeypatch.setenv("SPEECHD_OVERFLOW_AFTER_S", "0")
        options = {"engine": "faulty:takes_time", "engine_path": str(ENGINES)}
        [row] = measure.measure(options, 1, 0.1, lambda what: None)
        assert row.audio_s_per_s > 0
        upstream.setblocking(False)
        with pytest.raises(BlockingIOError):
            upstream.accept()


def test_server_that_does_not_start_is_quoted(tmp_path: Path) -> None:
    options = {"engine": "kokoro", "model_dir": str(tmp_path)}
    with pytest.raises(EngineUnavailable, match=r"config\.json"):
        next(measure.measure(options, 1, 0.1, lambda what: None))


def test_server_that_refuses_a_text_is_quoted() -> None:
    options = {"engine": "tone", "max_input_chars": "10"}
    with pytest.raises(SpeechdError, match="string too long"):
        next(measure.measure(options, 1, 0.1, lambda what: None))

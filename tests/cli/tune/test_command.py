"""`speechd tune`, with the real server and an engine that costs nothing."""

import tomllib
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import pytest

from speechd.cli import main as cli
from speechd.cli.tune import command
from speechd.cli.tune.measure import STEPS


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "available_cores", lambda: 2)


def test_tune_measures_recommends_and_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("SPEECHD_CONFIG", str(path))
    path.write_text("max_wait_s = 3\n")
    monkeypatch.setenv("SPEECHD_API_KEYS", "secret")
    assert cli.main(["tune", "--engine", "tone", "--seconds", "0.1", "--write"]) == 0
    out = capsys.readouterr().out
    assert "1 × 2" in out
    assert "2 × 1" in out
    assert "for throughput: " in out
    written = tomllib.loads(path.read_text())
    assert written["workers"] * written["threads"] == 2
    assert written["max_wait_s"] == 3


class Bar:
    """A progress bar whose user presses Ctrl-C."""

    steps: ClassVar[list[str]] = []

    def __init__(self, **_: object) -> None:
        self.steps.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def update(self) -> None: ...

    def set_description(self, what: str) -> None:
        self.steps.append(what)
        if what == "2 × 1: short":
            raise KeyboardInterrupt


def test_interrupted_tune_keeps_what_was_measured_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("SPEECHD_CONFIG", str(path))
    path.touch()
    monkeypatch.setattr("tqdm.tqdm", Bar)
    assert cli.main(["tune", "--engine", "tone", "--seconds", "0.05", "--write"]) == 130
    assert "1 × 2" in capsys.readouterr().out
    assert path.read_text() == ""
    assert len(Bar.steps) == STEPS + 2

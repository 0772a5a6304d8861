"""The real server, measured with an engine that costs nothing."""

import tomllib

import pytest

from speechd import machine
from speechd.cli import main as cli
from speechd.cli.tune import command as tune
from speechd.config import settings
from speechd.config.settings import Settings
from speechd.errors import EngineUnavailable


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
def test_plans_fill_the_cores(cores, expected):
    assert tune.plans(cores) == expected


@pytest.fixture
def two_cores(monkeypatch):
    for module in (settings, machine):
        monkeypatch.setattr(module, "available_cores", lambda: 2)


@pytest.mark.usefixtures("two_cores")
def test_tune_measures_recommends_and_writes(monkeypatch, tmp_path, capsys):
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


@pytest.mark.usefixtures("two_cores")
def test_interrupted_tune_keeps_what_was_measured_and_writes_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SPEECHD_CONFIG", str(path := tmp_path / "config.toml"))
    path.touch()
    steps = []

    class Bar:
        def __init__(self, **_): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def update(self): ...

        def set_description(self, what):
            steps.append(what)
            if what == "2 × 1: short":
                raise KeyboardInterrupt

    monkeypatch.setattr("tqdm.tqdm", Bar)
    assert cli.main(["tune", "--engine", "tone", "--seconds", "0.05", "--write"]) == 130
    assert "1 × 2" in capsys.readouterr().out
    assert path.read_text() == ""
    assert len(steps) == tune.STEPS + 2


def test_server_that_does_not_start_is_quoted(tmp_path):
    given = {"engine": "kokoro", "model_dir": str(tmp_path)}
    with pytest.raises(EngineUnavailable, match=r"config\.json"):
        next(tune.measure(Settings(), given, 1, 0.1, lambda what: None))

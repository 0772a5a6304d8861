"""`speechd verify` and `speechd download`."""

import wave
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from bench.checkpoint import make
from speechd.cli import main as cli
from speechd.engines.kokoro import download, listen, verify, verify_windows


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads that spin for each other take minutes beside other work on the same cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_verify_finds_the_model_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "LENGTHS", (1, 20))  # the stock model takes a minute for 400 tokens
    monkeypatch.setattr(verify_windows, "LENGTHS", (20,))
    monkeypatch.setattr(listen, "TEXTS", {"text": "It is strange how quickly we forget."})
    make(tmp_path, real=False, voices=("af_heart",))
    assert cli.main(["verify", "--model-dir", str(tmp_path), "--listen", str(tmp_path / "pairs")]) == 0
    out = capsys.readouterr().out
    assert "20 tokens" in out
    assert "is the same function" in out
    assert "Windows are the same function" in out
    with ExitStack() as opened:
        paths = [str(tmp_path / f"pairs/text-af_heart-{kind}.wav") for kind in ("whole", "windows")]
        whole, windows = (opened.enter_context(wave.open(path)) for path in paths)
        assert whole.getparams() == windows.getparams()
        assert whole.readframes(1000) != windows.readframes(1000)


def test_verify_without_weights_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--model-dir", str(tmp_path)]) == 1
    assert "config.json" in capsys.readouterr().err


def test_download_says_where_the_weights_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(download, "download", lambda model_dir: model_dir)
    assert cli.main(["download", "--model-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path}\n"

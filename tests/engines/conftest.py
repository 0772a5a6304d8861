from __future__ import annotations

from pathlib import Path

import pytest

VOICES = ("af_bella", "af_heart", "bm_fable", "ff_siwis")


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in the layout of the release, small, with `VOICES`."""
    from bench.checkpoint import make

    return make(tmp_path_factory.mktemp("kokoro"), voices=VOICES)


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with nothing in the hub's cache and no hub within reach."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

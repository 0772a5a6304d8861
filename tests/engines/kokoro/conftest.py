from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechd.engines.kokoro.checkpoint import MODEL


@pytest.fixture
def folder(model_dir: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoint's small files, and a link to the large one."""
    folder = tmp_path / "model"
    shutil.copytree(model_dir, folder, ignore=shutil.ignore_patterns(MODEL))
    (folder / MODEL).symlink_to(model_dir / MODEL)
    return folder

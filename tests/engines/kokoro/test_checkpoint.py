from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from speechd.engines.kokoro.checkpoint import CONFIG, MODEL, PARTS, Checkpoint
from speechd.engines.kokoro.voices import IDS
from speechd.errors import EngineUnavailable


def test_state_has_five_parts_with_plain_names(model_dir: Path) -> None:
    state = Checkpoint(model_dir).state()
    assert set(state) == set(PARTS)
    assert not any(name.startswith("module.") for tensors in state.values() for name in tensors)


def test_pack_is_a_row_for_each_number_of_phonemes(model_dir: Path) -> None:
    pack = Checkpoint(model_dir).pack("af_heart")
    assert pack.shape == (510, 256)
    assert pack.dtype == np.float32


def spoil(folder: Path, name: str, content: object) -> None:
    (folder / name).unlink()
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    else:
        torch.save(content, folder / name)


class Danger:
    """What an unpickler that is not careful would build."""


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (CONFIG, b"{", "Expecting"),
        (CONFIG, b"[]", "no vocab"),
        (MODEL, b"", ""),
        (MODEL, b"<html>", ""),
        (MODEL, {"bert": {}}, "its parts are not"),
        (MODEL, Danger(), "[Ww]eights"),
        ("voices/af_heart.pt", torch.zeros(10, 256), "shape"),
        ("voices/af_heart.pt", [1, 2], "shape"),
    ],
)
def test_broken_file_is_named_with_the_reason(folder: Path, name: str, content: object, reason: str) -> None:
    spoil(folder, name, content)
    weights = Checkpoint(folder)
    with pytest.raises(EngineUnavailable, match=f"(?s){name}.*{reason}.*speechd download"):
        (weights.config(), weights.state(), weights.pack("af_heart"))


def test_verify_finds_what_is_absent(folder: Path) -> None:
    assert f"voices/{IDS[0]}.pt" in Checkpoint(folder).missing_files()
    with pytest.raises(EngineUnavailable, match=IDS[0]):
        Checkpoint(folder).verify()

"""What the file of NVIDIA's kernel module says, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from speechd.engines.kokoro.gpu import driver

CLOSED = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  {}  Thu Oct 19 18:56:32 UTC 2023\nGCC version: 12.3.0\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {}  Release Build  (builder)\n"


@pytest.mark.parametrize("text", [CLOSED, OPEN])
@pytest.mark.parametrize(
    ("cuda", "version", "fit"),
    [
        ("13.0", "580.82.07", True),
        ("13.0", "575.57.08", False),
        ("12.8", "535.129.03", True),
        ("12.8", "470.199.02", False),
        ("99.0", "1.0", True),  # of a CUDA to come, nothing is known
    ],
)
def test_driver_must_be_new_enough_for_cuda(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, cuda: str, version: str, fit: bool
) -> None:
    monkeypatch.setattr(torch.version, "cuda", cuda)
    file = tmp_path / "version"
    file.write_text(text.format(version))
    fault = driver.fault(file)
    assert (fault is None) == fit
    if fault is not None:
        assert f"CUDA {cuda}, which needs NVIDIA driver" in fault
        assert f"this machine has {version}." in fault


@pytest.mark.parametrize("content", [None, "", "something else 1.2"])
def test_nothing_is_said_of_a_driver_that_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    file = tmp_path / "version"
    if content is not None:
        file.write_text(content)
    assert driver.fault(file) is None

"""Memory that windows share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from speechd.engines.kokoro.cpu.buffers import FLOAT, KEPT, Buffers

CHANNELS = 128


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_rows_of_a_name_are_the_same_memory_as_long_as_they_fit() -> None:
    buffers = Buffers()
    rows = buffers.rows("inner", 100, 8)
    assert buffers.rows("inner", 50, 16).data_ptr() == rows.data_ptr()
    assert buffers.rows("stay", 100, 8).data_ptr() != rows.data_ptr()
    assert buffers.rows("inner", 4 * len(rows), 8).shape == (400, 8)


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_what_a_long_window_took_is_given_back() -> None:
    buffers, count = Buffers(), 8 * KEPT // FLOAT // CHANNELS
    rows = buffers.rows("inner", count, CHANNELS).fill_(1.0)
    most = resident_bytes()
    buffers.release()
    assert most - resident_bytes() > 5 * KEPT
    assert buffers.rows("inner", count, CHANNELS).data_ptr() == rows.data_ptr()
    assert bool(rows[: KEPT // FLOAT // CHANNELS].eq(1.0).all())
    assert not rows[-1].any()


def test_what_a_short_window_took_is_kept() -> None:
    buffers = Buffers()
    rows = buffers.rows("inner", KEPT // FLOAT // CHANNELS, CHANNELS).fill_(1.0)
    buffers.release()
    torch.testing.assert_close(rows, torch.ones_like(rows))

"""What Kokoro's prosody costs on a CPU, for `bench.engine`: all that is computed before the first frame of sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

LENGTHS: Final = (20, 60, 120, 200, 400)
"""Tokens of one synthesis, without the two pads."""
FRAME_S: Final = 0.025
"""Seconds of a frame."""


@dataclass(frozen=True, slots=True)
class ProsodyRow:
    """cpu_ms: processor time of one thread for each second of audio, in milliseconds."""

    tokens: int
    engine: str
    audio_s: float
    cpu_ms: float


def measure(
    models: Mapping[str, Any], case: Callable[[int], tuple[Tensor, Tensor]], lengths: Sequence[int], rounds: int
) -> list[ProsodyRow]:
    """Rows of all models and lengths, interleaved; the best of the rounds counts.

    models: with the `prosody` of `CpuModel`; case: token ids with pads, and a voice's row, for a number of tokens.
    """
    torch.set_num_threads(1)
    rows = []
    for count in lengths:
        input_ids, style = case(count)
        best = dict.fromkeys(models, float("inf"))
        audio_s = 0.0
        for _ in range(rounds + 1):
            for name, model in models.items():
                start = time.process_time()
                prosody = model.prosody(input_ids, style, 1.0)
                best[name] = min(best[name], time.process_time() - start)
                audio_s = float(prosody.durations.sum()) * FRAME_S
        rows += [ProsodyRow(count, name, audio_s, 1000 * least / audio_s) for name, least in best.items()]
    return rows


def lines(rows: Sequence[ProsodyRow]) -> str:
    """The table."""
    head = "\nprosody, 1 thread: processor time for a second of audio\ntokens audio s  engine\n"
    return head + "\n".join(f"{row.tokens:6} {row.audio_s:7.2f}  {row.engine:10} {row.cpu_ms:6.1f} ms" for row in rows)

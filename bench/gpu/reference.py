"""What a GPU's batches are compared with: the stock package on the same device, and this server's model on a CPU."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from bench.gpu.exactness import segment
from bench.gpu.section import Context
from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.gpu.stock import StockModel
from speechd.engines.kokoro.model import SAMPLE_RATE, ModelInput, Rendered
from speechd.errors import EngineUnavailable

TOKENS: Final = (25, 120)
TINY_TOKENS: Final = (5,)
RUNS: Final = 5


def run(context: Context) -> None:
    """One segment at a time, with each model that is installed here."""
    ours = cpu.load(context.config, context.state)
    _measure(context, "cpu", lambda batch: ours.render(ours.plan(batch)))
    try:
        stock = StockModel(context.config, context.state, context.device.type, required=context.device.type != "cpu")
    except EngineUnavailable as error:  # the package is not installed
        context.row(model="stock", missing=repr(error))
        return
    _measure(context, "stock", lambda batch: stock.render(stock.plan(batch)))


def _measure(context: Context, model: str, speak: Callable[[list[ModelInput]], list[Rendered]]) -> None:
    for tokens in TINY_TOKENS if context.tiny else TOKENS:
        batch = [segment(tokens, 0)]
        (rendered,) = speak(batch)
        audio_s = len(rendered.samples) / SAMPLE_RATE
        took_s = statistics.median(_seconds(partial(speak, batch)) for _ in range(RUNS))
        context.row(
            model=model, tokens=tokens, audio_s=round(audio_s, 1), ms=1000 * took_s, audio_s_per_s=audio_s / took_s
        )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start

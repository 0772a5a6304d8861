"""Random rows, how far apart they are, and the time of a call: for kernels by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.packing import Layout, Packing, Rate, Tables

RATES: Final = (Rate(1), Rate(2), Rate(20), Rate(120, 1), Rate(600))

SEGMENTS: Final = 64

REPEATS: Final = 10


def decibels(result: Tensor, reference: Tensor, layout: Layout) -> float:
    """Signal to noise of `result` (..., rows, channels)."""
    valid = layout.valid[:, 0]
    signal, noise = reference[..., valid, :].double(), (result - reference)[..., valid, :].double()
    return float(20 * torch.log10(signal.norm() / noise.norm().clamp(min=1e-300)))


def milliseconds(function: Callable[[], object], device: torch.device) -> float:
    """Of one call on the device, from a graph of several; on a CPU by the clock."""
    function()
    if device.type != "cuda":
        start = time.perf_counter()
        function()
        return (time.perf_counter() - start) * 1e3
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(REPEATS):
            function()
    graph.replay()
    start_event, end_event = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start_event.record()
    graph.replay()
    end_event.record()
    end_event.synchronize()
    return float(start_event.elapsed_time(end_event)) / REPEATS


def layouts_of(lengths: Sequence[int], device: torch.device, segments: int) -> dict[int, Layout]:
    """The layout of segments of these lengths at each of `RATES`."""
    packing = Packing.of(list(lengths))
    tables = Tables(packing.size, segments, max(lengths), RATES, device)
    tables.write(packing)
    return {rate.rate: tables.layout(rate.rate) for rate in RATES}

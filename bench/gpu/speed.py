"""How fast: ceilings of the device, whole batches with graphs, and the parts of a batch with what they launch."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import torch
from torch.profiler import ProfilerActivity, profile

from bench.gpu.exactness import segment
from bench.gpu.section import Context
from speechd.engines.kokoro.gpu.graphs import CudaQueue, Queue
from speechd.engines.kokoro.gpu.model import BatchModel, SpeechInputs, TextInputs
from speechd.engines.kokoro.gpu.synthesizer import SPEECH_SIZES, TEXT_SIZES, BatchSynthesizer
from speechd.engines.kokoro.model import SAMPLE_RATE, ModelInput, Rendered

BATCHES: Final = ((12, 1), (25, 1), (60, 1), (120, 1), (25, 8), (60, 8), (25, 32), (60, 32), (25, 60), (120, 16))
"""Tokens of a segment, and segments."""
TINY_BATCHES: Final = ((3, 1), (5, 3))
SHOWN_KERNELS: Final = 24


def device(context: Context) -> None:
    """What there is, and what it can do."""
    context.row(torch=torch.__version__, cores=os.cpu_count(), device=str(context.device))
    if context.device.type != "cuda":
        return
    properties = torch.cuda.get_device_properties(context.device)
    context.row(
        gpu=properties.name,
        multiprocessors=properties.multi_processor_count,
        memory_gib=round(properties.total_memory / 2**30, 1),
        cuda=torch.version.cuda,
        compiled_ahead=_compiled_ahead(context),
        clock_and_driver=_command("nvidia-smi", "--query-gpu=clocks.sm,driver_version", "--format=csv,noheader"),
    )
    large = torch.empty(1 << 28, device=context.device)
    context.row(copy_tb_s=2 * large.nbytes / _seconds(large.clone) / 1e12)
    half = torch.randn(8192, 8192, device=context.device, dtype=torch.float16)
    context.row(float16_tflop_s=2 * 8192**3 / _seconds(lambda: half @ half) / 1e12)


def _compiled_ahead(context: Context) -> bool:
    """Whether there are kernels that were compiled for this device; else each process compiles them."""
    if context.torch_only:
        return False
    from speechd.engines.kokoro.gpu.kernels.cubins import compiled_file  # needs triton

    return compiled_file(context.device).is_file()


def _command(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Median of a run on the device."""
    work()
    times = []
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def run(context: Context) -> None:
    """Whole batches: latency of one, and audio seconds a second of many in a row."""
    whole(context, context.model())


def one_pass(context: Context) -> None:
    """The same with one product of float16 instead of three."""
    whole(context, context.model(exact=False), BATCHES[-4:])


def whole(context: Context, model: BatchModel, batches: Sequence[tuple[int, int]] = BATCHES) -> None:
    synthesize = synthesizer(context, model)
    for tokens, count in TINY_BATCHES if context.tiny else batches:
        batch = [segment(tokens, index) for index in range(count)]
        audio_s = sum(len(each.samples) for each in synthesize(batch)()) / SAMPLE_RATE
        runs = 2 if context.tiny else max(4, min(30, int(60 / audio_s)))
        alone_s, in_a_row_s = _alone(synthesize, batch, runs), _in_a_row(synthesize, batch, runs)
        context.row(
            tokens=tokens,
            segments=count,
            audio_s=round(audio_s, 1),
            alone_ms=1000 * alone_s,
            in_a_row_ms=1000 * in_a_row_s,
            audio_s_per_s=audio_s / in_a_row_s,
            gib=round(torch.cuda.max_memory_allocated() / 2**30, 1) if context.device.type == "cuda" else None,
        )


def _alone(synthesize: Synthesize, batch: Sequence[ModelInput], runs: int) -> float:
    """Median seconds of one batch, from token ids to samples on the host."""
    return statistics.median(_timed(partial(_finished, synthesize, batch)) for _ in range(runs))


def _finished(synthesize: Synthesize, batch: Sequence[ModelInput]) -> list[Rendered]:
    return synthesize(batch)()


def _in_a_row(synthesize: Synthesize, batch: Sequence[ModelInput], runs: int) -> float:
    """Seconds a batch, of which the next begins before the samples of the last are taken."""
    start = time.perf_counter()
    pending = synthesize(batch)
    for _ in range(runs - 1):
        following = synthesize(batch)
        pending()
        pending = following
    pending()
    return (time.perf_counter() - start) / runs


Synthesize = Callable[[Sequence[ModelInput]], Callable[[], list[Rendered]]]
"""Begins a batch, and returns what waits for its samples."""


def synthesizer(context: Context, model: BatchModel) -> Synthesize:
    """The model by graphs, where there is a GPU."""
    if context.device.type != "cuda":
        return lambda batch: lambda: model.synthesize(batch)
    eager = [segment(60, index) for index in range(8)]
    model.synthesize(eager)
    context.row(eager_ms=1000 * _timed(lambda: model.synthesize(eager)), segments=len(eager), tokens=60)
    start = time.perf_counter()
    graphs = BatchSynthesizer(model, CudaQueue(urgent=True), CudaQueue())
    context.row(captured_s=time.perf_counter() - start, text_sizes=TEXT_SIZES, speech_sizes=SPEECH_SIZES)
    return lambda batch: graphs.submit(batch).wait


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def parts(context: Context) -> None:
    """Each part of a batch as a graph: milliseconds on the device, launches, and the longest kernels."""
    model = context.model()
    for tokens, count in ((5, 2),) if context.tiny else ((25, 1), (60, 60)):
        batch = [segment(tokens, index) for index in range(count)]
        text, packing = model.text_inputs(batch)
        encoded = model.encode(text)
        frames = model.pack(encoded.frames[:count].tolist())
        speech = model.speech_inputs(batch, encoded, packing, frames)
        for name, work in _parts(model, text, speech).items():
            context.row(tokens=tokens, segments=count, part=name, **_part(context, work))


def _parts(model: BatchModel, text: TextInputs, speech: SpeechInputs) -> dict[str, Callable[[], object]]:
    layouts = speech.layouts()
    pitch, energy, encoded = model.prosody(speech, layouts)
    excitation = model.excitation(pitch, speech.seeds, layouts)
    rows = model.decode(encoded, pitch, energy, speech.style, layouts)
    return {
        "text": lambda: model.encode(text),
        "prosody": lambda: model.prosody(speech, speech.layouts()),
        "source": lambda: model.excitation(pitch, speech.seeds, speech.layouts()),
        "decoder": lambda: model.decode(encoded, pitch, energy, speech.style, speech.layouts()),
        "generator": lambda: model.generate(rows, speech.style, excitation, speech.layouts()),
    }


def _part(context: Context, work: Callable[[], object]) -> dict[str, object]:
    if context.device.type != "cuda":
        work()
        return {"ms": 1000 * _timed(work)}
    queue: Queue = CudaQueue()
    replay, _ = queue.capture(work)
    with queue.active():
        seconds = _seconds(replay)
        kernels = _profile(replay)
    counts = Counter(name for name, _ in kernels)
    time_ms = {name: sum(us for each, us in kernels if each == name) / 1000 for name in counts}
    longest = sorted(time_ms, key=lambda name: -time_ms[name])[:SHOWN_KERNELS]
    top = [(name[:60], counts[name], round(time_ms[name], 3)) for name in longest]
    return {"ms": 1000 * seconds, "launches": len(kernels), "busy_ms": sum(time_ms.values()), "top": top}


def _profile(work: Callable[[], None]) -> list[tuple[str, float]]:
    """Name and microseconds of each kernel."""
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        work()
        torch.cuda.synchronize()
    return [(event.name, event.device_time_total) for event in seen.events() if event.device_type.name == "CUDA"]

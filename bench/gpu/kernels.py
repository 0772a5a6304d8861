"""The kernels by themselves: exactness of each operation, and speed over configurations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from bench.gpu import lstm
from bench.gpu.device import SEGMENTS, decibels, layouts_of, milliseconds
from bench.gpu.section import Context
from speechd.engines.kokoro.gpu.kernels.configuration import SHARED, Configuration, Shape, choose
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.kernels.lstm import LstmConfiguration
from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
from speechd.engines.kokoro.gpu.operations import Activation
from speechd.engines.kokoro.gpu.packing import Layout
from speechd.engines.kokoro.gpu.precision import without_tf32
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations

CONFIGURATIONS: Final = (
    Configuration(128, 128, 64, Resources(8, 3)),
    Configuration(128, 128, 32, Resources(8, 4)),
    Configuration(128, 64, 64, Resources(8, 3)),
    Configuration(128, 64, 32, Resources(8, 3, 128)),
    Configuration(64, 128, 64, Resources(4, 2)),
    Configuration(64, 64, 64, Resources(4, 3)),
    Configuration(64, 64, 64, Resources(4, 2)),
)
"""Tried where the layout's tiles have as many rows, or twice as many."""


@dataclass(frozen=True, slots=True)
class Step:
    """A convolution of the model: channels, taps of each branch, rows per frame; its norm and activation."""

    name: str
    inputs: int
    outputs: int
    taps: tuple[int, ...]
    rate: int
    activation: Activation = Activation.NONE
    measure: bool = True

    @property
    def flops(self) -> int:
        """Of one row of all branches."""
        return 2 * self.inputs * self.outputs * sum(self.taps)


STEPS: Final = (
    Step("generator 128", 128, 128, (11, 7, 3), 120, Activation.SNAKE),
    Step("generator 256", 256, 256, (11, 7, 3), 20, Activation.SNAKE),
    Step("decoder 1152", 1152, 1024, (3,), 1, Activation.LEAKY),
    Step("pitch 512", 512, 512, (3,), 1, Activation.LEAKY),
    Step("text 768", 768, 2304, (1,), 1, measure=False),
)


def run(context: Context) -> None:
    """Print a row for each operation, for each configuration of each step, and for each LSTM."""
    with torch.inference_mode():
        exactness(context)
        configurations(context)
        lstm.run(context)


# ---- exactness -------------------------------------------------------------------------------------------------------


def exactness(context: Context) -> None:
    """Each operation against the same in PyTorch's float64 or float32, on a batch of three short segments."""
    seconds = (0.5, 1.3, 0.2) if not context.tiny else (0.08, 0.15, 0.05)
    at = layouts_of([max(2, int(40 * each)) for each in seconds], context.device, segments=SEGMENTS)
    torch_operations = TorchOperations(context.device)
    # Programs that wait for each other cannot be interpreted one after the other.
    configuration = LstmConfiguration() if context.device.type == "cuda" else LstmConfiguration(1, 4)
    for exact in (True, False):
        kernels = KernelOperations(context.device, exact=exact, lstm=configuration)
        for name, layout, result, reference in _results(kernels, torch_operations, at):
            context.row(operation=name, exact=exact, dB=round(decibels(result, reference, layout), 1))


def _results(
    kernels: KernelOperations, reference: TorchOperations, at: dict[int, Layout]
) -> Iterator[tuple[str, Layout, Tensor, Tensor]]:
    """Name, layout, result of the kernels, reference."""
    for step in STEPS if kernels.device.type == "cuda" else STEPS[:1]:
        layout = at[step.rate]
        call = _call(step, layout)
        yield step.name, layout, call(kernels)(), call(reference)()
    device = kernels.device
    generator = torch.Generator(device).manual_seed(3)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, device=device)

    halves, first, last, samples = (at[rate] for rate in (2, 20, 120, 600))
    weight, bias = random(512, 256, 20).cpu() * 0.05, random(256).cpu()
    rows, add = random(1, halves.rows, 512), random(1, first.rows, 256)
    up = [
        each.upsampling(weight, bias, stride=10, slope=0.1)(rows, halves, add, first)[0]
        for each in (kernels, reference)
    ]
    yield "upsampling", first, up[0], up[1]
    projected, tokens = random(1, at[1].rows, 2304), at[1]
    yield "attention", tokens, kernels.attention(projected, tokens, 12), reference.attention(projected, tokens, 12)
    polar = random(1, last.rows, 22)
    waves = [each.samples(polar, last, samples)[:, None] for each in (kernels, reference)]
    yield "samples", samples, waves[0], waves[1]
    state = lstm.state(512)
    rows = random(1, tokens.rows, 512)
    yield "lstm", tokens, kernels.lstm(state)(rows, tokens), reference.lstm(state)(rows, tokens)


# ---- configurations --------------------------------------------------------------------------------------------------


def configurations(context: Context) -> None:
    """Each step with each configuration, for a batch of 32 seconds and for one of a single second."""
    seconds = (32.0, 1.0) if not context.tiny else (0.1,)
    for step in STEPS:
        for audio_s in seconds:
            at = layouts_of(_lengths(audio_s), context.device, segments=SEGMENTS)
            for configuration in _candidates(at[step.rate]):
                _time_configuration(context, step, at[step.rate], configuration, audio_s)


def _lengths(audio_s: float) -> list[int]:
    """Frames of segments of at most 8 seconds."""
    frames = max(4, int(40 * audio_s))
    return [min(320, frames - start) for start in range(0, frames, 320)]


def _candidates(layout: Layout) -> Iterator[Configuration]:
    """As many rows as the layout's tiles have; or for the generator, whose tiles are longer, half as many."""
    return (each for each in CONFIGURATIONS if layout.tile_rows in (each.rows, 2 * each.rows))


def _time_configuration(
    context: Context, step: Step, layout: Layout, configuration: Configuration, audio_s: float
) -> None:
    shape = Shape(step.inputs, step.outputs, max(step.taps), layout.tile_rows)
    kernels = KernelOperations(context.device, choose=lambda _: configuration)
    try:
        whole, split = _call(step, layout)(kernels), _split(step, layout, kernels)
        whole_ms, split_ms = milliseconds(whole, context.device), milliseconds(split, context.device)
    except Exception as error:
        context.row(step=step.name, configuration=str(configuration), failed=repr(error)[:200])
        return
    rows = int(layout.lengths.sum())
    context.row(
        step=step.name,
        audio_s=audio_s,
        rows=configuration.rows,
        columns=configuration.columns,
        depth=configuration.depth,
        **configuration.resources.options(),
        default=choose(shape, SHARED[90], parts=2) == configuration,
        us=round(whole_ms * 1e3, 1),
        split_us=round(split_ms * 1e3, 1),
        TFLOP_s=round(step.flops * rows / whole_ms / 1e9, 1),
        convolve_TFLOP_s=round(step.flops * rows / max(whole_ms - split_ms, 1e-6) / 1e9, 1),
    )


def _call(step: Step, layout: Layout) -> Callable[[Any], Callable[[], Tensor]]:
    """The step on random rows, by any operations."""
    device = layout.starts.device
    generator = torch.Generator("cpu").manual_seed(1)
    branches = len(step.taps)
    scale = (step.inputs * max(step.taps)) ** -0.5
    weights = [torch.randn(step.outputs, step.inputs, taps, generator=generator) * scale for taps in step.taps]
    biases = [torch.randn(step.outputs, generator=generator) for _ in step.taps]
    rows = torch.randn(branches, layout.rows, step.inputs, generator=generator).to(device)
    styles = torch.randn(SEGMENTS, 2 * step.inputs * branches, generator=generator).to(device)
    residual = torch.randn(branches, layout.rows, step.outputs, generator=generator).to(device)
    normed = step.activation is not Activation.NONE
    statistics = TorchOperations(device).statistics(rows, layout)

    def by(operations: Any) -> Callable[[], Tensor]:
        convolution = operations.convolution(
            weights,
            biases,
            activation=step.activation,
            slope=0.2,
            norms=[2 * step.inputs * branch for branch in range(branches)] if normed else None,
        )

        def call() -> Tensor:
            result: Tensor = convolution(
                rows, layout, styles=styles, statistics=statistics, residual=residual, measure=step.measure
            )[0]
            return result

        return call

    return by


def _split(step: Step, layout: Layout, kernels: KernelOperations) -> Callable[[], object]:
    """The same without the product: the operand alone, with the norm of the whole step."""
    branches = len(step.taps)
    device = layout.starts.device
    normed = step.activation is not Activation.NONE
    convolution = kernels.convolution(
        [torch.zeros(step.outputs, step.inputs, taps) for taps in step.taps],
        [torch.zeros(step.outputs)] * branches,
        activation=step.activation,
        slope=0.2,
        norms=[0] * branches if normed else None,
    )
    rows = torch.zeros(branches, layout.rows, step.inputs, device=device)
    styles = torch.zeros(SEGMENTS, 2 * step.inputs, device=device)
    statistics = torch.zeros(branches, SEGMENTS, 2, step.inputs, device=device)
    return lambda: convolution.operand(rows, layout, styles, statistics)


def convolution_works(device: torch.device) -> bool:
    """Whether a step of the generator ends with the right numbers, however its kernels were compiled."""
    without_tf32()
    layout, step = layouts_of([12, 5], device, segments=SEGMENTS)[20], STEPS[1]
    call = _call(step, layout)
    with torch.inference_mode():
        return decibels(call(KernelOperations(device))(), call(TorchOperations(device))(), layout) > 80

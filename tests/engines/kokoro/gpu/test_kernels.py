"""The kernels, interpreted on the CPU, against float64 and against PyTorch's operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor
from torch.nn import functional

pytest.importorskip("triton", reason="triton is installed on x86-64 under Linux only")

from speechd.engines.kokoro.gpu.kernels.lstm import LstmConfiguration
from speechd.engines.kokoro.gpu.kernels.operands import Parts
from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
from speechd.engines.kokoro.gpu.operations import Activation, Operations
from speechd.engines.kokoro.gpu.packing import Layout, Packing, Rate, Tables
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations

pytestmark = [
    pytest.mark.timeout(600),
    # What lies in the gaps is undefined, and is multiplied before it is dropped.
    pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning:triton"),
]

RATES = (Rate(1), Rate(2), Rate(20), Rate(120, 1), Rate(600))
CHANNELS = 64
STYLES = 512

# Programs that wait for each other cannot be interpreted one after the other.
ALONE = LstmConfiguration(programs=1, warps=4)


def layouts(lengths: Sequence[int]) -> dict[int, Layout]:
    packing = Packing.of(lengths)
    tables = Tables(packing.size + 4, 4, 12, RATES, "cpu")
    tables.write(packing)
    return {rate.rate: tables.layout(rate.rate) for rate in RATES}


def kernels(*, exact: bool = True) -> KernelOperations:
    return KernelOperations("cpu", exact=exact, lstm=ALONE)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def decibels(result: Tensor, reference: Tensor, layout: Layout) -> float:
    """Signal to noise, of rows of segments."""
    valid = layout.valid[:, 0]
    signal, noise = reference[..., valid, :].double(), (result - reference)[..., valid, :].double()
    return float(20 * torch.log10(signal.norm() / noise.norm()))


def branches(taps: Sequence[int], outputs: int = CHANNELS) -> tuple[list[Tensor], list[Tensor]]:
    weights = [random(outputs, CHANNELS, count, seed=count) * 0.1 for count in taps]
    return weights, [random(outputs, seed=count + 50) for count in taps]


def expected(
    rows: Tensor, weight: Tensor, bias: Tensor, gain: Tensor, offset: Tensor, dilation: int
) -> tuple[Tensor, Tensor, Tensor]:
    """In float64, of one segment (rows, channels): norm, Snake, convolution, residual; its mean and deviation."""
    x = rows.double()
    normed = (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt() * gain.double() + offset.double()
    active = normed + normed.sin().square()
    reach = dilation * (weight.shape[2] // 2)
    mixed = functional.conv1d(active.T[None], weight.double(), bias.double(), padding=reach, dilation=dilation)
    out = mixed[0].T + x
    return out, out.mean(0), 1 / (out.var(0, correction=0) + 1e-5).sqrt()


@pytest.mark.parametrize("dilation", [1, 5])
def test_step_of_the_generator_is_that_of_float64(dilation: int) -> None:
    layout = layouts([3, 9])[20]
    weights, biases = branches((11, 3))
    # Arguments of Snake's sine of some hundreds, of both signs.
    styles = random(4, STYLES) * 40
    rows = random(2, layout.rows, CHANNELS) * 3 + 1
    norms = [0, 2 * CHANNELS]
    convolution = kernels().convolution(
        weights, biases, dilation=dilation, activation=Activation.SNAKE, norms=norms
    )  # fmt: skip
    before = kernels().statistics(rows, layout)
    out, after = convolution(rows, layout, styles=styles, statistics=before, residual=rows, measure=True)
    assert after is not None
    for segment, branch in ((0, 0), (0, 1), (1, 0), (1, 1)):
        start, length = int(layout.starts[segment]), int(layout.lengths[segment])
        style = styles[segment, norms[branch] :]
        reference, mean, spread = expected(
            rows[branch, start : start + length],
            weights[branch],
            biases[branch],
            style[:CHANNELS],
            style[CHANNELS : 2 * CHANNELS],
            dilation,
        )
        noise = (out[branch, start : start + length] - reference).norm()
        assert 20 * torch.log10(reference.norm() / noise) > 110
        assert torch.allclose(after[branch, segment, 0].double(), mean, rtol=1e-4, atol=1e-4)
        assert torch.allclose(after[branch, segment, 1].double(), spread, rtol=1e-5)


def test_one_pass_is_as_exact_as_float16() -> None:
    layout = layouts([7])[20]
    rows = random(1, layout.rows, CHANNELS)
    results = [
        operations.convolution(*branches((7,)))(rows, layout)[0]
        for operations in (kernels(exact=False), TorchOperations("cpu"))
    ]
    assert 60 < decibels(results[0], results[1], layout) < 85


def test_number_beyond_float16_makes_a_result_that_is_not_finite() -> None:
    layout = layouts([7])[20]
    rows = torch.full((1, layout.rows, CHANNELS), 70_000.0)
    out, _ = kernels().convolution(*branches((3,)))(rows, layout)
    assert not out[:, layout.valid[:, 0]].isfinite().any()


def test_parts_hold_numbers_of_any_size() -> None:
    for size in (1e-6, 1.0, 1e6):
        numbers = random(1000) * size
        parts = Parts.of(numbers)
        held = (parts.high.double() + parts.low.double()) * parts.scale
        assert float((held - numbers).abs().max() / numbers.abs().max()) < 2**-21


Call = Callable[[Operations, dict[int, Layout], Callable[..., Tensor]], tuple[Tensor, Layout]]
"""Operations, layouts, what makes packed rows of a rate and channels → the result and its layout."""


def _linear(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    linear = operations.convolution(*branches((1,), 50), activation=Activation.GELU)
    return linear(rows(1), at[1])[0], at[1]


def _sum(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    convolution = operations.convolution(*branches((7,), 22), activation=Activation.LEAKY, slope=0.1, sum_branches=True)
    return convolution(rows(20, branches=3), at[20])[0], at[20]


def _pool(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    convolution = operations.convolution(
        *branches((3,)),
        activation=Activation.LEAKY,
        slope=0.2,
        norms=[4],
        pool=(random(CHANNELS, 1, 3, seed=1), random(CHANNELS, seed=2)),
    )
    source = rows(1)
    statistics = operations.statistics(source, at[1])
    out, _ = convolution(
        source, at[2], styles=random(1, STYLES).repeat(4, 1), statistics=statistics, residual=source, residual_scale=0.7
    )  # fmt: skip
    return out, at[2]


def _upsampling(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    weight, bias = random(CHANNELS, CHANNELS, 20) * 0.1, random(CHANNELS)
    upsampling = operations.upsampling(weight, bias, stride=10, slope=0.1)
    return upsampling(rows(2), at[2], rows(20), at[20])[0], at[20]


def _mirrored(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    weight, bias = random(CHANNELS, CHANNELS, 12) * 0.1, random(CHANNELS)
    upsampling = operations.upsampling(weight, bias, stride=6, slope=0.1, mirrored=True)
    out, statistics = upsampling(rows(20, branches=2), at[20], rows(120), at[120])
    there = at[120].lengths > 0
    measured = TorchOperations("cpu").statistics(out, at[120])
    assert torch.allclose(statistics[:, there], measured[:, there], rtol=1e-4, atol=1e-4)
    return out, at[120]


def _noise(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    spectrum = operations.spectrum(rows(600, channels=1)[0, :, 0].contiguous(), at[600], at[120])
    convolution = operations.noise_convolution(random(CHANNELS, 22, 12), random(CHANNELS), stride=6)
    return convolution(spectrum, at[20])[0], at[20]


def _samples(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    return operations.samples(rows(120, channels=22), at[120], at[600])[None, :, None], at[600]


def _attention(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    return operations.attention(rows(1, channels=3 * 128) * 2, at[1], 2), at[1]


def _lstm(operations: Operations, at: dict[int, Layout], rows: Callable[..., Tensor]) -> tuple[Tensor, Layout]:
    torch.manual_seed(0)
    state = torch.nn.LSTM(CHANNELS, 256, bidirectional=True).state_dict()
    return operations.lstm(state)(rows(1), at[1]), at[1]


CALLS = [_linear, _sum, _pool, _upsampling, _mirrored, _noise, _samples, _attention, _lstm]


def packed_rows(at: dict[int, Layout], segments: Sequence[int]) -> Callable[..., Tensor]:
    """Makes rows of a rate: each segment's depend on its number alone, those in the gaps are not numbers."""

    def rows(rate: int, channels: int = CHANNELS, branches: int = 1) -> Tensor:
        layout = at[rate]
        packed = torch.full((branches, layout.rows, channels), float("nan"))
        for place, segment in enumerate(segments):
            start, length = int(layout.starts[place]), int(layout.lengths[place])
            packed[:, start : start + length] = random(branches, length, channels, seed=100 + segment)
        return packed

    return rows


@pytest.mark.parametrize("call", CALLS)
def test_operation_is_that_of_pytorch(call: Call) -> None:
    at = layouts([5, 9, 2])
    rows = packed_rows(at, [0, 1, 2])
    (result, layout), (reference, _) = (
        call(operations, at, rows) for operations in (kernels(), TorchOperations("cpu"))
    )
    assert decibels(result, reference, layout) > 115


@pytest.mark.parametrize("call", CALLS)
def test_segment_alone_has_the_bits_that_it_has_in_company(call: Call) -> None:
    together, alone = layouts([5, 9, 2]), layouts([9])
    beside, beside_layout = call(kernels(), together, packed_rows(together, [0, 1, 2]))
    single, single_layout = call(kernels(), alone, packed_rows(alone, [1]))
    first, second = int(beside_layout.starts[1]), int(single_layout.starts[0])
    length = int(single_layout.lengths[0])
    assert torch.equal(beside[:, first : first + length], single[:, second : second + length])

"""PyTorch's operations on packed rows against each segment by itself, with rubbish in the gaps."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from speechd.engines.kokoro.cpu.harmonic_source import HarmonicSource as FastSource
from speechd.engines.kokoro.cpu.harmonic_source import Spectrum
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.distance import snr_db
from speechd.engines.kokoro.gpu import noise
from speechd.engines.kokoro.gpu.operations import Activation
from speechd.engines.kokoro.gpu.packing import Layout, Packing, Rate, Tables
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations

LENGTHS = (3, 17, 1, 30)
RATES = (Rate(1), Rate(2), Rate(20), Rate(120, extra=1), Rate(600))
ROUNDING_DB = 105.0
"""What float32 leaves of sums in another order; the norm of a segment of one row enlarges rounding 300 times."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def tables() -> Tables:
    packing = Packing.of(LENGTHS)
    tables = Tables(packing.size + 4, len(LENGTHS) + 2, max(LENGTHS) + 3, RATES, "cpu")
    tables.write(packing)
    return tables


@pytest.fixture
def operations() -> TorchOperations:
    return TorchOperations("cpu")


def random_rows(layout: Layout, channels: int, branches: int = 1, seed: int = 0) -> Tensor:
    """(branches, rows, channels), not a number in the gaps."""
    rows = torch.randn(branches, layout.rows, channels, generator=torch.Generator().manual_seed(seed))
    return torch.where(layout.valid, rows, torch.nan)


def parts(rows: Tensor, layout: Layout) -> list[Tensor]:
    """Each segment's (..., rows, channels)."""
    places = zip(layout.starts.tolist(), layout.lengths.tolist(), strict=True)
    return [rows[..., start : start + length, :] for start, length in places if length > 0]


def assert_equal(found: Tensor, expected: list[Tensor], layout: Layout) -> None:
    for one, other in zip(parts(found, layout), expected, strict=True):
        assert one.shape == other.shape
        assert snr_db(other, one) > ROUNDING_DB


def convolved(rows: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> Tensor:
    """rows (time, in) in float64."""
    reach = dilation * (weight.shape[2] // 2)
    image = functional.conv1d(rows.T[None].double(), weight.double(), bias.double(), padding=reach, dilation=dilation)
    return image[0].T


def adaptive_norm(rows: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    variance, mean = torch.var_mean(rows.double(), dim=0, correction=0)
    return (rows - mean) / (variance + 1e-5).sqrt() * gain + offset


def snake(rows: Tensor) -> Tensor:
    return rows + rows.sin() ** 2


def test_convolution_has_norm_activation_and_residual(tables: Tables, operations: TorchOperations) -> None:
    layout, channels, out = tables.layout(20), 6, 5
    rows, residual = random_rows(layout, channels), random_rows(layout, out, 3, seed=1)
    styles = torch.randn(layout.segments, 40)
    weights = [torch.randn(out, channels, taps) for taps in (11, 7, 3)]
    biases = [torch.randn(out) for _ in weights]
    convolution = operations.convolution(weights, biases, dilation=3, activation=Activation.SNAKE, norms=[1, 14, 28])
    statistics = operations.statistics(rows, layout)
    found, measured = convolution(
        rows, layout, styles=styles, statistics=statistics, residual=residual, residual_scale=0.5, measure=True
    )
    assert measured is not None
    for branch, (weight, bias, norm) in enumerate(zip(weights, biases, (1, 14, 28), strict=True)):
        expected = [
            convolved(snake(adaptive_norm(part, style[norm : norm + 6], style[norm + 6 : norm + 12])), weight, bias, 3)
            + beside * 0.5
            for part, style, beside in zip(
                parts(rows[0], layout), styles, parts(residual[branch], layout), strict=False
            )
        ]
        assert_equal(found[branch], expected, layout)
        for segment, part in enumerate(expected):
            variance, mean = torch.var_mean(part, dim=0, correction=0)
            torch.testing.assert_close(measured[branch, segment, 0].double(), mean, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(
                measured[branch, segment, 1].double(), (variance + 1e-5).rsqrt(), rtol=1e-5, atol=0
            )


def test_branches_are_summed_before_the_activation(tables: Tables, operations: TorchOperations) -> None:
    layout = tables.layout(120)
    rows, weight, bias = random_rows(layout, 4, 3), torch.randn(3, 4, 7), torch.randn(3)
    convolution = operations.convolution([weight], [bias], activation=Activation.LEAKY, slope=0.01, sum_branches=True)
    found, measured = convolution(rows, layout)
    assert measured is None
    expected = [
        convolved(functional.leaky_relu(part.double().sum(dim=0), 0.01), weight, bias, 1)
        for part in parts(rows, layout)
    ]
    assert_equal(found[0], expected, layout)


def test_pool_doubles_the_rate(tables: Tables, operations: TorchOperations) -> None:
    frames, halves = tables.layout(1), tables.layout(2)
    rows, residual = random_rows(frames, 4), random_rows(frames, 3, seed=1)
    pool, pool_bias = torch.randn(4, 1, 3), torch.randn(4)
    weight, bias = torch.randn(3, 4, 3), torch.randn(3)
    styles = torch.randn(frames.segments, 8)
    convolution = operations.convolution(
        [weight], [bias], activation=Activation.LEAKY, slope=0.2, norms=[0], pool=(pool, pool_bias)
    )
    statistics = operations.statistics(rows, frames)
    found, _ = convolution(rows, halves, styles=styles, statistics=statistics, residual=residual)
    expected = []
    for part, style, beside in zip(parts(rows[0], frames), styles, parts(residual[0], frames), strict=False):
        active = functional.leaky_relu(adaptive_norm(part, style[:4], style[4:]), 0.2)
        wide = functional.conv_transpose1d(
            active.T[None], pool.double(), pool_bias.double(), stride=2, padding=1, output_padding=1, groups=4
        )
        expected.append(convolved(wide[0].T, weight, bias, 1) + beside.repeat_interleave(2, dim=0))
    assert_equal(found[0], expected, halves)


@pytest.mark.parametrize(("rates", "mirrored"), [((2, 20), False), ((20, 120), True)])
def test_upsampling_is_a_transposed_convolution(
    tables: Tables, operations: TorchOperations, rates: tuple[int, int], mirrored: bool
) -> None:
    layout, into = map(tables.layout, rates)
    stride = rates[1] // rates[0]
    rows, add = random_rows(layout, 6, 3), random_rows(into, 4, seed=1)
    weight, bias = torch.randn(6, 4, 2 * stride), torch.randn(4)
    upsampling = operations.upsampling(weight, bias, stride=stride, slope=0.1, mirrored=mirrored)
    found, _ = upsampling(rows, layout, add, into)
    expected = []
    for part, beside in zip(parts(rows, layout), parts(add[0], into), strict=True):
        active = functional.leaky_relu(part.double().sum(dim=0), 0.1)
        wide = functional.conv_transpose1d(
            active.T[None], weight.double(), bias.double(), stride=stride, padding=stride // 2
        )
        wide = functional.pad(wide, (1, 0), mode="reflect") if mirrored else wide
        expected.append(wide[0].T + beside)
    assert_equal(found[0], expected, into)


def test_lstm_starts_anew_with_each_segment(tables: Tables, operations: TorchOperations) -> None:
    layout = tables.layout(1)
    lstm = nn.LSTM(5, 8, bidirectional=True)
    rows = random_rows(layout, 5)
    found = operations.lstm(lstm.state_dict())(rows, layout)
    with torch.no_grad():
        expected = [lstm(part)[0] for part in parts(rows[0], layout)]
    assert_equal(found[0], expected, layout)


def test_attention_stays_within_the_segment(tables: Tables, operations: TorchOperations) -> None:
    layout = tables.layout(1)
    rows = random_rows(layout, 3 * 8)
    found = operations.attention(rows, layout, heads=2)
    expected = []
    for part in parts(rows[0], layout):
        queries, keys, values = part.double().view(-1, 3, 2, 4).permute(1, 2, 0, 3)
        weights = (queries @ keys.transpose(1, 2) / math.sqrt(4)).softmax(dim=-1)
        expected.append((weights @ values).transpose(0, 1).flatten(1))
    assert_equal(found[0], expected, layout)


def test_spectrum_and_its_inverse_are_those_of_the_cpu_model(tables: Tables, operations: TorchOperations) -> None:
    samples, layout = tables.layout(600), tables.layout(120)
    excitation = random_rows(samples, 1)[0]
    spectrum = Spectrum(20, 5)
    found = operations.spectrum(excitation[:, 0], samples, layout)
    for one, part in zip(parts(found, layout), parts(excitation, samples), strict=True):
        other = spectrum.polar(part[:, 0])
        assert snr_db(other[1:], one[1:]) > ROUNDING_DB
        assert snr_db(other[0, :11], one[0, :11]) > ROUNDING_DB
        # The first frame mirrors itself: its phases are 0 or π, and -π is the same.
        assert (one[0, 11:] - other[0, 11:].abs()).abs().max() < 1e-5
    polar = random_rows(layout, 22)
    expected = [spectrum.samples(part[:, :11].exp(), part[:, 11:].sin())[:, None] for part in parts(polar[0], layout)]
    assert_equal(operations.samples(polar, layout, samples)[:, None], expected, samples)


def test_source_is_that_of_the_cpu_model(tables: Tables, operations: TorchOperations) -> None:
    halves, samples = tables.layout(2), tables.layout(600)
    weights = {"l_linear.weight": torch.randn(1, 9), "l_linear.bias": torch.randn(1)}
    pitch = random_rows(halves, 1)[0].abs() * 100
    seeds = torch.arange(halves.segments) + 2**62
    source = operations.source(weights["l_linear.weight"], weights["l_linear.bias"], hop=300)
    found = source(pitch[:, 0], seeds, halves, samples)
    expected = []
    for part, seed in zip(parts(pitch, halves), seeds, strict=False):
        drawn = noise.normal(seed, torch.arange(len(part) * 300 // noise.SAMPLES_PER_COUNTER)).flatten()
        expected.append(FastSource(Weights(weights), 300)(part[:, 0], drawn)[:, None])
    assert_equal(found[:, None], expected, samples)

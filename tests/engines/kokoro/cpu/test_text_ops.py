"""Every way of computing the text's operations, against float64."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from speechd.engines.kokoro.cpu.compiled_text_ops import CompiledLstm, CompiledText
from speechd.engines.kokoro.cpu.ops import windows
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import NORM_EPSILON, TextOperations, TorchLstm, TorchText
from tests.harness.kernels import kernels_of, ways

HIDDEN = 64


@pytest.fixture(params=ways())
def operations(request: pytest.FixtureRequest) -> TextOperations:
    return TorchText() if request.param == "torch" else CompiledText(kernels_of(request))


@pytest.fixture(params=ways()[1:2])
def compiled(request: pytest.FixtureRequest) -> CompiledText:
    return CompiledText(kernels_of(request))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def recurrent(inputs: int = 40, hidden: int = HIDDEN) -> nn.LSTM:
    return nn.LSTM(inputs, hidden, bidirectional=True).requires_grad_(False)


def weights_of(lstm: nn.LSTM) -> Weights:
    return Weights({name: value.clone() for name, value in lstm.named_parameters()})


def close(actual: Tensor, expected: Tensor, tolerance: float) -> None:
    torch.testing.assert_close(actual.double(), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("steps", [1, 2, 37])
def test_lstm(operations: TextOperations, steps: int) -> None:
    lstm, rows = recurrent(), torch.randn(steps, 40) * 2
    expected, _ = lstm.double()(rows.double())
    close(operations.lstm(weights_of(lstm))(rows), expected, 1e-6)


def test_lstm_of_rows_that_are_given_once(operations: TextOperations) -> None:
    lstm, rows = recurrent(), torch.randn(5, 40)
    places = torch.tensor([0, 0, 1, 2, 2, 2, 3, 4, 4])
    expected, _ = lstm.double()(rows[places].double())
    close(operations.lstm(weights_of(lstm))(rows, places), expected, 1e-6)


def test_lstm_of_any_size_is_computed(operations: TextOperations) -> None:
    lstm, rows = recurrent(hidden=10), torch.randn(6, 40)
    expected, _ = lstm.double()(rows.double())
    close(operations.lstm(weights_of(lstm))(rows), expected, 1e-6)


def test_lstm_of_whole_vectors_is_compiled(compiled: CompiledText) -> None:
    assert isinstance(compiled.lstm(weights_of(recurrent())), CompiledLstm)
    assert isinstance(compiled.lstm(weights_of(recurrent(hidden=10))), TorchLstm)


def test_lstm_saturates(operations: TextOperations) -> None:
    lstm, rows = recurrent(), torch.randn(5, 40) * 1e4
    expected, _ = lstm.double()(rows.double())
    close(operations.lstm(weights_of(lstm))(rows), expected, 1e-3)  # rounding of sums of 1e4


def test_lstm_passes_on_what_is_no_number(operations: TextOperations) -> None:
    rows = torch.randn(5, 40)
    rows[2, 3] = torch.nan
    out = operations.lstm(weights_of(recurrent()))(rows)
    forwards, backwards = out.isnan()[:, :HIDDEN], out.isnan()[:, HIDDEN:]
    assert forwards.all(dim=1).tolist() == [False, False, True, True, True]
    assert backwards.all(dim=1).tolist() == [True, True, True, False, False]
    assert not out[:2, :HIDDEN].isnan().any()


def test_lstm_lets_nothing_become_subnormal(compiled: CompiledText) -> None:
    lstm = recurrent()
    for name, value in lstm.named_parameters():
        value.zero_()
        if name.startswith("bias_ih"):
            value[:HIDDEN] = -80.0  # the input gate: it lets 2e-35 pass
            value[2 * HIDDEN : 3 * HIDDEN] = 1.0
    assert lstm.double()(torch.zeros(3, 40).double())[0].abs().min() > 0
    assert not compiled.lstm(weights_of(lstm))(torch.zeros(3, 40)).any()


@pytest.mark.parametrize("size", [64, 12])
@pytest.mark.parametrize("count", [1, 17, 130])
def test_attention(operations: TextOperations, count: int, size: int) -> None:
    joined = torch.randn(count, 3 * 2 * size) * 2
    queries, keys, values = joined.double().view(count, 3, 2, size).permute(1, 2, 0, 3)
    shares = (queries @ keys.transpose(1, 2) / size**0.5).softmax(dim=-1)
    expected = (shares @ values).transpose(0, 1).reshape(count, -1)
    close(operations.attention(joined, 2), expected, 1e-5)


def test_attention_to_one_row_alone(operations: TextOperations) -> None:
    joined = torch.zeros(20, 3 * 16)
    joined[:, :16] = 100.0
    joined[7, 16:32] = 100.0
    joined[:, 32:] = torch.randn(20, 16)
    close(operations.attention(joined, 1), joined[7, 32:].expand(20, 16).double(), 0.0)


def test_gelu(operations: TextOperations) -> None:
    rows = torch.cat([torch.linspace(-30, 30, 1001), torch.randn(2000) * 1e-3, torch.tensor([1e4, -1e4])])
    expected = functional.gelu(rows.double(), approximate="tanh")
    found = operations.gelu_(rows.clone()[None])[0]
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=2e-6)
    assert operations.gelu_(torch.full((1, 3), torch.nan)).isnan().all()


@pytest.mark.parametrize("channels", [96, 21])
@pytest.mark.parametrize(("with_residual", "slope"), [(False, 0.2), (True, 1.0)])
def test_layer_norm(operations: TextOperations, channels: int, with_residual: bool, slope: float) -> None:
    rows, residual = torch.randn(7, channels) + 30, torch.randn(7, channels)
    gain, offset = torch.randn(channels), torch.randn(channels)
    added = rows.double() + (residual.double() if with_residual else 0.0)
    normal = functional.layer_norm(added, (channels,), gain.double(), offset.double(), 1e-5)
    found = operations.layer_norm(rows, gain, offset, 1e-5, residual if with_residual else None, slope)
    close(found, functional.leaky_relu(normal, slope), 3e-5)


@pytest.mark.parametrize(("count", "channels"), [(1, 32), (2, 21), (300, 40)])
@pytest.mark.parametrize("doubled", [False, True])
def test_adaptive_norm(operations: TextOperations, count: int, channels: int, doubled: bool) -> None:
    rows, (gain, offset), taps = (
        torch.randn(count, channels) * 3 + 9,
        torch.randn(2, channels),
        torch.randn(4, channels),
    )
    expected = spoken_norm(rows.double(), gain.double(), offset.double(), taps.double() if doubled else None)
    found = operations.adaptive_norm(rows, gain, offset, 0.2, taps if doubled else None)
    assert not found[[0, -1]].any()
    close(found[1:-1], expected, 2e-5)


def test_adaptive_norm_by_a_given_mean_and_variance(operations: TextOperations) -> None:
    rows, (gain, offset) = torch.randn(30, 21) * 3 + 9, torch.randn(2, 21)
    mean, variance = torch.full((21,), 8.0, dtype=torch.float64), torch.rand(21, dtype=torch.float64) + 1
    normal = (rows.double() - mean) / (variance + NORM_EPSILON).sqrt() * gain.double() + offset.double()
    found = operations.adaptive_norm(rows, gain, offset, 0.2, spread=torch.stack([mean, variance]).numpy())
    close(found[1:-1], functional.leaky_relu(normal, 0.2), 2e-5)
    factor, summand = operations.affine(torch.stack([mean, variance]).numpy(), gain, offset)
    close(rows * factor + summand, normal, 2e-5)


@pytest.mark.parametrize("channels", [32, 21])
@pytest.mark.parametrize(("first", "end"), [(0, 300), (0, 40), (7, 260), (299, 300)])
def test_spread_of_some_rows(operations: TextOperations, channels: int, first: int, end: int) -> None:
    rows = torch.randn(300, channels) + 1000
    moments = torch.stack([rows.double().sum(dim=0), rows.double().square().sum(dim=0)])
    variance, mean = torch.var_mean(rows[first:end].double(), dim=0, correction=0)
    for known, tolerance in (None, 1e-4), (moments, 1e-2 if end - first > 1 else 1.0):
        found = operations.spread(rows, slice(first, end), known)
        assert found[0] == pytest.approx(mean.numpy(), abs=tolerance / 100)
        assert found[1] == pytest.approx(variance.numpy(), abs=tolerance)


def spoken_norm(rows: Tensor, gain: Tensor, offset: Tensor, taps: Tensor | None) -> Tensor:
    variance, mean = torch.var_mean(rows, dim=0, correction=0)
    normal = functional.leaky_relu((rows - mean) / (variance + NORM_EPSILON).sqrt() * gain + offset, 0.2)
    if taps is None:
        return normal
    weight = taps[:3].T[:, None]  # of the stock model: the taps of a transposed convolution
    return functional.conv_transpose1d(
        normal.T[None], weight, taps[3], stride=2, padding=1, output_padding=1, groups=rows.shape[1]
    )[0].T


@pytest.mark.parametrize(("channels", "taps"), [(64, 3), (16, 4), (32, 1)])
def test_product_of_windows_is_as_exact_as_float32(operations: TextOperations, channels: int, taps: int) -> None:
    weight, bias, rows = torch.randn(70, taps * channels), torch.randn(70), torch.randn(81, channels)
    near = windows(rows, taps)
    found = operations.product(weight, bias)(near).double()
    expected = functional.linear(near.double(), weight.double(), bias.double())
    error = (found - expected).square().mean().sqrt() / expected.square().mean().sqrt()
    assert error < 3e-7


def test_product_of_a_row_for_many(operations: TextOperations) -> None:
    weight, bias, row = torch.randn(40, 64), torch.randn(40), torch.randn(1, 64)
    expected = functional.linear(row.expand(3, -1).double(), weight.double(), bias.double())
    close(operations.product(weight, bias)(row.expand(3, -1)), expected, 1e-4)


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(lambda do: do.lstm(weights_of(recurrent()))(torch.randn(50, 40)), id="lstm"),
        pytest.param(lambda do: do.attention(torch.randn(70, 3 * 64), 4), id="attention"),
        pytest.param(lambda do: do.gelu_(torch.randn(90, 200)), id="gelu"),
        pytest.param(lambda do: do.layer_norm(torch.randn(70, 64), *torch.randn(2, 64), 1e-5), id="layer norm"),
        pytest.param(lambda do: do.adaptive_norm(torch.randn(70, 64), *torch.randn(2, 64), 0.2), id="adaptive norm"),
        pytest.param(lambda do: torch.from_numpy(do.spread(torch.randn(70, 64), slice(3, 60))), id="spread"),
        pytest.param(lambda do: do.product(torch.randn(99, 96), torch.randn(99))(torch.randn(70, 96)), id="product"),
    ],
)
def test_nothing_depends_on_threads(operations: TextOperations, run: Callable[[TextOperations], Tensor]) -> None:
    results = []
    for threads in (1, 2, 3):
        torch.manual_seed(0)
        torch.set_num_threads(threads)
        with operations.alone():
            results.append(run(operations))
    torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)
    torch.testing.assert_close(results[2], results[0], rtol=0, atol=0)


def test_scratch_memory_grows_with_what_needs_it(compiled: CompiledText) -> None:
    small, large = torch.randn(4, 3 * 32), torch.randn(200, 3 * 32)
    first = compiled.attention(small, 1)
    compiled.attention(large, 1)
    torch.testing.assert_close(compiled.attention(small, 1), first, rtol=0, atol=0)

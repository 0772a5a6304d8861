"""Every way of computing the generator's convolution, against float64."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from speechd.engines.kokoro.cpu import compiled_ops
from speechd.engines.kokoro.cpu.compiled_ops import CompiledConvolution, Kernels, NotBuilt, supports
from speechd.engines.kokoro.cpu.compiled_product import CompiledProduct
from speechd.engines.kokoro.cpu.ops import (
    Activation,
    Convolution,
    MakeConvolution,
    MakeProduct,
    TorchConvolution,
    torch_product,
    windows,
)
from speechd.engines.kokoro.distance import snr_db
from tests.harness.kernels import EXPECTED, kernels_of, ways

BFLOAT16_ISA = 3
CLOSE_DB = 50.0
EXACT_DB = 125.0


@pytest.fixture(params=ways())
def make(request: pytest.FixtureRequest) -> MakeConvolution:
    return TorchConvolution if request.param == "torch" else partial(compiled, kernels_of(request))


def compiled(kernels: Kernels, weight: Tensor, bias: Tensor, dilation: int, activation: Activation) -> Convolution:
    return CompiledConvolution(weight, bias, dilation, activation, kernels)


@pytest.fixture(params=ways())
def make_product(request: pytest.FixtureRequest) -> MakeProduct:
    return torch_product if request.param == "torch" else partial(CompiledProduct, kernels_of(request))


@pytest.fixture
def close() -> Kernels:
    """Of the instruction set that has bfloat16 without a matrix unit; the test is skipped where there is none."""
    try:
        if Kernels().isa >= BFLOAT16_ISA:
            return Kernels(BFLOAT16_ISA, close=True)
    except NotBuilt:
        pass
    return pytest.skip("this CPU lacks AVX512-BF16, or the kernels are not built")


@pytest.mark.skipif(not EXPECTED, reason="no C++ compiler, or SPEECHD_NO_NATIVE=1")
def test_kernels_are_built() -> None:
    Kernels()  # raises NotBuilt, which says how to build them


@pytest.mark.skipif(not EXPECTED, reason="no C++ compiler, or SPEECHD_NO_NATIVE=1")
def test_kernels_of_other_sources_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in compiled_ops.SOURCES.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(compiled_ops, "SOURCES", tmp_path)
    Kernels()
    with (tmp_path / "kernels.cpp").open("a") as file:
        file.write("// another meaning\n")
    with pytest.raises(NotBuilt, match="make kernels"):
        Kernels()


def exact(
    weight: Tensor, bias: Tensor, dilation: int, activation: Activation, source: Tensor, affine: tuple[Tensor, Tensor]
) -> Tensor:
    u = source.double() * affine[0].double() + affine[1].double()
    v = u + u.sin() ** 2 if activation is Activation.SNAKE else torch.nn.functional.leaky_relu(u)
    pad = dilation * (weight.shape[2] // 2)
    return torch.nn.functional.conv1d(v.T[None], weight.double(), bias.double(), padding=pad, dilation=dilation)[0].T


def made(
    make: MakeConvolution, taps: int, dilation: int, activation: Activation, outputs: int = 64
) -> tuple[Convolution, Tensor, Tensor]:
    weight = torch.randn(outputs, 64, taps) / (64 * taps) ** 0.5
    bias = torch.randn(outputs)
    return make(weight, bias, dilation, activation), weight, bias


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(("taps", "dilation"), [(3, 1), (3, 5), (7, 1), (7, 3), (11, 1), (11, 3), (11, 5)])
@pytest.mark.parametrize("rows", [1, 10, 1900])
def test_convolution_of_snake(make: MakeConvolution, taps: int, dilation: int, rows: int) -> None:
    convolution, weight, bias = made(make, taps, dilation, Activation.SNAKE)
    source, affine = torch.randn(rows, 64), (torch.randn(64) * 3, torch.randn(64) * 5)
    out = torch.full((rows, 64), torch.nan)
    moments = convolution(source, affine, out)
    expected = exact(weight, bias, dilation, Activation.SNAKE, source, affine)
    torch.testing.assert_close(out.double(), expected, rtol=0, atol=3e-4)
    torch.testing.assert_close(
        moments, torch.stack([out.double().sum(0), out.double().square().sum(0)]), rtol=1e-5, atol=1e-2
    )


def test_convolution_to_few_channels_after_leaky_relu(make: MakeConvolution) -> None:
    convolution, weight, bias = made(make, 7, 1, Activation.LEAKY, outputs=22)
    source, affine, out = torch.randn(700, 64), (torch.ones(64), torch.zeros(64)), torch.empty(700, 22)
    convolution(source, affine, out)
    expected = exact(weight, bias, 1, Activation.LEAKY, source, affine)
    torch.testing.assert_close(out.double(), expected, rtol=0, atol=3e-4)


@pytest.mark.parametrize("accumulate", [False, True])
def test_convolution_adds_residual_and_what_is_there(make: MakeConvolution, accumulate: bool) -> None:
    convolution, _, _ = made(make, 11, 3, Activation.SNAKE)
    source, affine = torch.randn(700, 64), (torch.ones(64), torch.zeros(64))
    alone, residual, out = torch.empty(700, 64), torch.randn(700, 64), torch.randn(700, 64)
    convolution(source, affine, alone)
    expected = alone + residual + (out if accumulate else 0)
    moments = convolution(source, affine, out, residual, accumulate)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(moments[0], expected.double().sum(0), rtol=1e-4, atol=1e-3)


def test_convolution_into_its_residual(make: MakeConvolution) -> None:
    convolution, _, _ = made(make, 3, 1, Activation.SNAKE)
    source, affine, residual = torch.randn(700, 64), (torch.ones(64), torch.zeros(64)), torch.randn(700, 64)
    apart = torch.empty(700, 64)
    convolution(source, affine, apart, residual)
    convolution(source, affine, residual, residual)
    torch.testing.assert_close(residual, apart, rtol=0, atol=0)


@pytest.mark.parametrize("make", ways()[1:], indirect=True)
def test_compiled_convolution_does_not_depend_on_threads(make: MakeConvolution) -> None:
    convolution, _, _ = made(make, 7, 3, Activation.SNAKE)
    source, affine = torch.randn(3000, 64), (torch.ones(64), torch.zeros(64))
    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        out = torch.empty(3000, 64)
        results.append((convolution(source, affine, out), out))
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


@pytest.mark.parametrize(("taps", "dilation"), [(7, 1), (7, 3), (11, 1), (11, 3), (11, 5)])
@pytest.mark.parametrize("rows", [1, 60, 1900])
def test_convolution_in_bfloat16_is_close(close: Kernels, taps: int, dilation: int, rows: int) -> None:
    convolution, weight, bias = made(partial(compiled, close), taps, dilation, Activation.SNAKE)
    source, affine = torch.randn(rows, 64), (torch.randn(64) * 3, torch.randn(64) * 5)
    out = torch.full((rows, 64), torch.nan)
    moments = convolution(source, affine, out)
    assert snr_db(exact(weight, bias, dilation, Activation.SNAKE, source, affine), out) > CLOSE_DB
    torch.testing.assert_close(
        moments, torch.stack([out.double().sum(0), out.double().square().sum(0)]), rtol=1e-5, atol=1e-2
    )


def test_convolution_in_bfloat16_to_few_channels(close: Kernels) -> None:
    convolution, weight, bias = made(partial(compiled, close), 7, 1, Activation.LEAKY, outputs=22)
    source, affine, out = torch.randn(700, 64), (torch.ones(64), torch.zeros(64)), torch.empty(700, 22)
    convolution(source, affine, out)
    assert snr_db(exact(weight, bias, 1, Activation.LEAKY, source, affine), out) > CLOSE_DB


def test_convolution_in_bfloat16_adds_in_float32(close: Kernels) -> None:
    convolution, _, _ = made(partial(compiled, close), 11, 3, Activation.SNAKE)
    source, affine = torch.randn(700, 64), (torch.ones(64), torch.zeros(64))
    alone, residual, out = torch.empty(700, 64), torch.randn(700, 64), torch.randn(700, 64)
    convolution(source, affine, alone)
    expected = alone + residual + out
    convolution(source, affine, out, residual, accumulate=True)
    torch.testing.assert_close(out, expected)


@pytest.mark.parametrize(("inputs", "outputs"), [(96, 64), (38, 50)])
def test_product_in_bfloat16_is_close(close: Kernels, inputs: int, outputs: int) -> None:
    weight, bias, rows = torch.randn(outputs, 3 * inputs), torch.randn(outputs), torch.randn(130, inputs)
    near = windows(rows, 3)
    out = CompiledProduct(close, weight, bias)(near)
    assert snr_db(torch.nn.functional.linear(near.double(), weight.double(), bias.double()), out) > CLOSE_DB


@pytest.mark.parametrize("count", [1, 15, 16, 17, 31, 33, 48, 400, 1025])
@pytest.mark.parametrize("taps", [1, 3])
@pytest.mark.parametrize("close", [False, True])
def test_product_on_a_matrix_unit_of_any_number_of_rows(count: int, taps: int, close: bool) -> None:
    weight, bias, rows = torch.randn(70, taps * 640), torch.randn(70), torch.randn(count + taps - 1, 640)
    near = windows(rows, taps)
    expected = torch.nn.functional.linear(near.double(), weight.double(), bias.double())
    assert snr_db(expected, CompiledProduct(matrix_unit(close), weight, bias)(near)) > EXACT_DB


def test_rows_of_a_product_on_a_matrix_unit_are_exact_beside_others_of_any_size() -> None:
    weight, bias, rows = torch.randn(64, 512), torch.zeros(64), torch.randn(5, 512)
    rows *= torch.tensor([1.0, 1e-20, 0.0, 1e20, 1e-42])[:, None]
    expected = torch.nn.functional.linear(rows.double(), weight.double())
    product = CompiledProduct(matrix_unit(), weight, bias)(rows)
    for row in (0, 1, 3):
        assert snr_db(expected[row], product[row]) > EXACT_DB
    assert not product[2].any()
    assert product[4].abs().max() < 1e-35


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_product_on_a_matrix_unit_passes_on_what_is_no_number(value: float) -> None:
    weight, bias, rows = torch.randn(64, 512), torch.randn(64), torch.randn(20, 512)
    rows[3, 300] = value
    out = CompiledProduct(matrix_unit(), weight, bias)(rows)
    assert out.isfinite().all(dim=1).tolist() == [row != 3 for row in range(20)]


def matrix_unit(close: bool = False) -> Kernels:
    try:
        kernels = Kernels(close=close)
    except NotBuilt:
        pytest.skip("the kernels are not built")
    return kernels if kernels.matrix else pytest.skip("this CPU has no matrix unit")


def test_product_of_odd_rows_stays_in_float32(close: Kernels) -> None:
    weight, bias, rows = torch.randn(64, 37), torch.randn(64), torch.randn(20, 37)
    expected = torch.nn.functional.linear(rows, weight, bias)
    torch.testing.assert_close(CompiledProduct(close, weight, bias)(rows), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("count", [1, 7, 130])
@pytest.mark.parametrize(("inputs", "outputs"), [(96, 64), (37, 50)])
def test_product_of_rows(make_product: MakeProduct, count: int, inputs: int, outputs: int) -> None:
    weight, bias, rows = torch.randn(outputs, inputs), torch.randn(outputs), torch.randn(count, inputs)
    expected = torch.nn.functional.linear(rows.double(), weight.double(), bias.double())
    torch.testing.assert_close(make_product(weight, bias)(rows).double(), expected, rtol=0, atol=1e-4)


def test_product_of_windows_is_the_convolution(make_product: MakeProduct) -> None:
    weight, bias, rows = torch.randn(64, 10, 3), torch.randn(64), torch.randn(50, 10)
    product = make_product(weight.transpose(1, 2).flatten(1), bias)
    expected = torch.nn.functional.conv1d(rows.T[None], weight, bias)[0].T
    torch.testing.assert_close(product(windows(rows, 3)), expected, rtol=0, atol=1e-4)


def test_product_of_rows_that_are_columns_in_memory(make_product: MakeProduct) -> None:
    weight, bias, columns = torch.randn(64, 10), torch.randn(64), torch.randn(10, 50)
    expected = torch.nn.functional.linear(columns.T, weight, bias)
    torch.testing.assert_close(make_product(weight, bias)(columns.T), expected, rtol=0, atol=1e-4)


def test_product_does_not_depend_on_threads(make_product: MakeProduct) -> None:
    product, rows = make_product(torch.randn(200, 64), torch.randn(200)), torch.randn(50, 64)
    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(product(rows))
    torch.testing.assert_close(*results, rtol=0, atol=0)


@pytest.mark.parametrize(("taps", "inputs", "known"), [(3, 64, True), (5, 64, False), (7, 48, False)])
def test_suits_what_the_kernels_know(taps: int, inputs: int, known: bool) -> None:
    assert supports(torch.empty(8, inputs, taps)) is known

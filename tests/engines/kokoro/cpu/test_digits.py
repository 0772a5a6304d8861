from __future__ import annotations

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.digits import HIGHEST, LARGEST, PLACE, factors, packed
from speechd.engines.kokoro.cpu.three_bytes import TILE

COUNTS = torch.tensor([1, 256, HIGHEST], dtype=torch.int32)


def read(digits: Tensor) -> Tensor:
    """The whole numbers (..., in / 64, out / 16, 16, 16, 4) whose digits these are."""
    return (digits.int() * COUNTS.view(3, 1, 1, 1, 1)).sum(dim=-5)


def test_numbers_times_their_factors_are_the_weights() -> None:
    weights = torch.randn(5, 2 * PLACE, 2 * TILE)
    factor = factors(weights.abs().amax(dim=1, keepdim=True))
    ordered = read(packed(weights, factor)).permute(0, 1, 3, 5, 2, 4).reshape(weights.shape)
    torch.testing.assert_close(ordered * factor.double(), weights.double(), rtol=0, atol=float(factor.max()))


def test_tiles_of_sixteen_outputs_have_their_inputs_in_fours() -> None:
    weights = torch.arange(2.0 * PLACE * 2 * TILE).view(2 * PLACE, 2 * TILE)
    numbers = read(packed(weights, torch.ones(1)))
    assert numbers[0, 0, 0, :2].tolist() == [[0, 32, 64, 96], [1, 33, 65, 97]]
    assert numbers[0, 1, 0, 0].tolist() == [16, 48, 80, 112]
    assert numbers[1, 0, 15, 0].tolist() == [32 * row for row in range(2 * PLACE - 4, 2 * PLACE)]


def test_the_largest_weights_stay_within_the_range() -> None:
    largest = torch.rand(64 * TILE, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 1e-3
    weights = torch.stack([largest, -largest] * (PLACE // 2))
    numbers = read(packed(weights, factors(largest)))
    assert int(numbers.abs().min()) >= LARGEST - 1
    assert int(numbers.sum()) == 0


def test_weights_of_zero_have_a_factor() -> None:
    assert factors(torch.zeros(1)).item() > 0
    assert not packed(torch.zeros(PLACE, TILE), factors(torch.zeros(TILE))).any()

from __future__ import annotations

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.three_bytes import BEHIND, LARGEST, NUMBER_BYTES, TILE, factors, packed


def read(numbers: Tensor) -> Tensor:
    """The whole numbers of three bytes, signed, that the kernels read."""
    values = numbers[:-BEHIND].view(-1, NUMBER_BYTES).int() @ torch.tensor([1, 1 << 8, 1 << 16], dtype=torch.int32)
    return torch.where(values < 1 << 23, values, values - (1 << 24))


def test_numbers_times_their_factors_are_the_weights() -> None:
    weights = torch.randn(3, 4, 2 * TILE)
    factor = factors(weights.abs().amax(dim=1, keepdim=True))
    ordered = read(packed(weights, factor)).view(3, 2, 2, TILE, 2).permute(0, 2, 4, 1, 3).reshape(weights.shape)
    torch.testing.assert_close(ordered * factor.double(), weights.double(), rtol=0, atol=float(factor.max()))


def test_tiles_of_sixteen_outputs_have_their_inputs_in_pairs() -> None:
    weights = torch.arange(4.0 * 2 * TILE).view(4, 2 * TILE)
    numbers = read(packed(weights, torch.ones(1)))
    assert numbers[:4].tolist() == [0, 2 * TILE, 1, 2 * TILE + 1]
    assert numbers[4 * TILE : 4 * TILE + 2].tolist() == [TILE, 3 * TILE]


def test_the_largest_weights_stay_within_the_range() -> None:
    largest = torch.rand(10_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 1e-3
    weights = torch.stack([largest, -largest])
    numbers = read(packed(weights, factors(largest)))
    assert int(numbers.abs().min()) >= LARGEST - 1
    assert (numbers.view(-1, 2).sum(dim=1) == 0).all()


def test_weights_of_zero_have_a_factor() -> None:
    assert factors(torch.zeros(1)).item() > 0
    assert not packed(torch.zeros(2, TILE), factors(torch.zeros(TILE))).any()

"""Philox against the answers that its authors publish, and what is made of its bits."""

from __future__ import annotations

import math

import pytest
import torch

from speechd.engines.kokoro.gpu.noise import MASK, normal, philox, uniform

# From kat_vectors of Random123, philox4x32 with 10 rounds: counter, key, result.
ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK,) * 4, (MASK,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), ANSWERS)
def test_philox_gives_the_known_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, ...]
) -> None:
    first, second, third, fourth = map(torch.tensor, counter)
    low, high = map(torch.tensor, key)
    assert tuple(int(word) for word in philox((first, second, third, fourth), (low, high))) == answer


def test_uniform_numbers_are_within_their_bounds() -> None:
    ends = uniform(torch.tensor([0, MASK]))
    assert 0 < float(ends[0]) < 1e-7
    assert 1 - 1e-6 < float(ends[1]) < 1


def test_noise_is_standard_normal() -> None:
    noise = normal(torch.tensor(2**63 - 1), torch.arange(250_000)).flatten().double()
    assert abs(noise.mean()) < 4 / math.sqrt(len(noise))
    assert noise.std() == pytest.approx(1, abs=0.004)
    assert (noise**3).mean() == pytest.approx(0, abs=0.02)
    assert (noise**4).mean() == pytest.approx(3, abs=0.05)
    assert (noise[1:] * noise[:-1]).mean() == pytest.approx(0, abs=0.005)


def test_noise_is_a_function_of_seed_and_index() -> None:
    whole = normal(torch.tensor(7), torch.arange(100))
    assert torch.equal(whole[40:], normal(torch.tensor(7), torch.arange(40, 100)))
    assert not torch.equal(whole, normal(torch.tensor(7 + 2**32), torch.arange(100)))
    seeds = torch.tensor([7, 8])[:, None]
    assert torch.equal(normal(seeds, torch.arange(100))[0], whole)

"""Gains and offsets of adaptive norms."""

from __future__ import annotations

import torch

from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder
from speechd.engines.kokoro.cpu.tensors import Weights


def made(beside: int = 0) -> StyleMap:
    torch.manual_seed(0)
    builder = StyleMapBuilder()
    for channels in 3, 5:
        builder.add(
            Weights({"fc.weight": torch.randn(2 * channels, 4), "fc.bias": torch.randn(2 * channels)}), None, beside
        )
    return builder.freeze()


def test_each_style_has_its_own_gains_whatever_was_asked_before() -> None:
    styles = made()
    one, other = torch.randn(2, 1, 4)
    first = [gain.clone() for gain, _ in styles(one)]
    second = [gain.clone() for gain, _ in styles(other)]
    assert not torch.equal(first[0], second[0])
    for before, after in zip(first, [gain for gain, _ in styles(one)], strict=True):
        torch.testing.assert_close(after, before, rtol=0, atol=0)


def test_a_style_that_its_owner_changes_is_another_one() -> None:
    styles, style = made(), torch.randn(1, 4)
    before = styles(style)[0][0].clone()
    style += 1.0
    assert not torch.equal(styles(style)[0][0], before)


def test_channels_beside_its_own_have_gains_and_offsets_of_zero() -> None:
    style = torch.randn(1, 4)
    narrow, wide = made()(style), made(beside=2)(style)
    for (gain, offset), (wide_gain, wide_offset) in zip(narrow, wide, strict=True):
        torch.testing.assert_close(wide_gain, torch.nn.functional.pad(gain, (0, 2)))
        torch.testing.assert_close(wide_offset, torch.nn.functional.pad(offset, (0, 2)))

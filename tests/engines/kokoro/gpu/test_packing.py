"""Where packed segments lie, and the tables that tell it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.engines.kokoro.gpu.packing import ALIGNMENT, GAP, Layout, Packing, Rate, Tables

LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=20)
RATES = (Rate(1), Rate(2), Rate(20), Rate(24, extra=1))


def layouts(packing: Packing, spare: int = 0) -> list[Layout]:
    """At all `RATES`, with room for `spare` more steps and segments."""
    size, longest = packing.size + spare, max(packing.lengths) + spare
    tables = Tables(size, len(packing.lengths) + spare, longest, RATES, "cpu")
    tables.write(packing)
    return [tables.layout(rate.rate) for rate in RATES]


@settings(deadline=None)
@given(LENGTHS, st.integers(GAP, 9))
def test_segments_are_aligned_and_apart(lengths: list[int], gap: int) -> None:
    packing = Packing.of(lengths, gap)
    assert packing.starts[0] == ALIGNMENT
    end = ALIGNMENT - gap
    for start, length in zip(packing.starts, packing.lengths, strict=True):
        assert start % ALIGNMENT == 0
        assert start - end >= gap
        end = start + length
    assert packing.size - end >= gap
    assert list(packing.lengths) == lengths


@settings(deadline=None)
@given(LENGTHS, st.integers(0, 50))
def test_every_row_has_its_segment(lengths: list[int], spare: int) -> None:
    packing = Packing.of(lengths)
    for layout in layouts(packing, spare):
        segment = torch.full((layout.rows,), -1)
        for index, (start, length) in enumerate(zip(packing.starts, lengths, strict=True)):
            end = (start + length) * layout.rate + layout.extra
            segment[start * layout.rate : end] = index
        assert torch.equal(layout.valid[:, 0], segment >= 0)
        inside = segment >= 0
        assert torch.equal(layout.row_segment[inside], segment[inside])


@settings(deadline=None)
@given(LENGTHS, st.integers(0, 50))
def test_tiles_cover_every_row_once(lengths: list[int], spare: int) -> None:
    for layout in layouts(Packing.of(lengths), spare):
        times = torch.zeros(layout.rows, dtype=torch.int64)
        for tile, segment in enumerate(layout.tile_segment.tolist()):
            if segment >= 0:
                start, length = int(layout.starts[segment]), int(layout.lengths[segment])
                first = (tile - int(layout.segment_tile[segment])) * layout.tile_rows
                times[start + first : start + min(first + layout.tile_rows, length)] += 1
        assert torch.equal(times, layout.valid[:, 0].long())


@settings(deadline=None)
@given(LENGTHS)
def test_padded_rows_come_back(lengths: list[int]) -> None:
    for layout in layouts(Packing.of(lengths), 3)[:2]:
        rows = torch.randn(layout.rows, 2)
        padded = layout.padded(rows)
        assert padded.shape[:2] == (layout.segments, layout.longest)
        assert (padded[len(lengths) :] == 0).all()
        assert torch.equal(layout.masked(layout.packed(padded)), layout.masked(rows))


def test_tables_start_without_segments() -> None:
    layout = Tables(60, 4, 30, RATES, "cpu").layout(2)
    assert (layout.tile_segment == -1).all()
    assert not layout.valid.any()


@pytest.mark.parametrize(
    "lengths", [pytest.param([40], id="long"), pytest.param([1] * 5, id="many"), pytest.param([29, 29], id="both")]
)
def test_packing_that_does_not_fit_is_refused(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="do not fit in 4 segments of 60 steps, 30 at most"):
        Tables(60, 4, 30, RATES, "cpu").write(Packing.of(lengths))


def test_dense_layout_has_no_gaps() -> None:
    layout = Layout.dense(64, "cpu")
    assert layout.valid.all()
    assert layout.rows == 64


def test_part_of_a_packing_has_its_segments_where_they_were() -> None:
    packing = Packing.of([5, 9, 2, 7])
    part = packing.part(slice(1, 3))
    assert (part.starts, part.lengths, part.size) == (packing.starts[1:3], (9, 2), packing.size)
    for whole, some in zip(layouts(packing), layouts(part), strict=True):
        inside = torch.zeros_like(whole.valid[:, 0])
        for start, length in zip(some.starts.tolist(), some.lengths.tolist(), strict=True):
            inside[start : start + length] = True
        assert torch.equal(some.valid[:, 0], inside)
        assert torch.equal(whole.offset[inside], some.offset[inside])
        assert torch.equal(whole.row_segment[inside] - 1, some.row_segment[inside])

"""Segments side by side in one tensor, rows (time, channels), without padding.

Time is cut into blocks of `ALIGNMENT` steps (tokens or frames), and each block belongs to one segment at most. Between
two segments are at least `gap` empty steps. At every higher rate (2, 20, 120 and 600 rows a frame) all has the same
place, multiplied. A tensor's shape therefore depends on the sum of the lengths alone, and one captured graph serves
all batches that are not larger.

What lies in the gaps is undefined everywhere: whatever reads rows takes those beyond a segment's ends for zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

ALIGNMENT: Final = 4
"""Steps of a block."""

GAP: Final = 2
"""Steps. At 20 rows a frame these are 40 rows, of which the widest convolution reaches 25."""

TILE_ROWS: Final = 128
SHORT_TILE_ROWS: Final = 64
"""Rows of a tile, which belong to one segment and start at a multiple of so many from its start: many and few."""

SHORT_TILES_BELOW: Final = 20
"""Rows a step from which on tiles are long: below, a segment of a few seconds is a few tiles."""

TABLE_MULTIPLE: Final = 32
"""Every table starts at a multiple of so many int32: kernels are compiled for pointers aligned to 16 bytes."""


@dataclass(frozen=True, slots=True)
class Packing:
    """Where each segment starts and how long it is, in steps; `size`: steps in all, gaps included."""

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    size: int
    gap: int

    @classmethod
    def of(cls, lengths: Sequence[int], gap: int = GAP) -> Packing:
        """The packing of segments with these lengths, each at least 1, in this order."""
        starts = []
        place = ALIGNMENT  # one block is gap enough: before it there is nothing
        for length in lengths:
            starts.append(place)
            place += _rounded(length + gap, ALIGNMENT)
        return cls(tuple(starts), tuple(lengths), place, gap)

    def part(self, part: slice) -> Packing:
        """The same without the segments before and behind `part`."""
        return replace(self, starts=self.starts[part], lengths=self.lengths[part])

    def unpack(self, rows: Tensor, rate: int = 1) -> list[Tensor]:
        """Each segment's part of packed rows (..., channels), of which there are `rate` a step."""
        return [
            rows[start * rate : (start + length) * rate]
            for start, length in zip(self.starts, self.lengths, strict=True)
        ]


def _rounded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


@dataclass(frozen=True)
class Layout:
    """Rows of all segments at one rate.

    rate: rows a step; extra: rows that a segment has beyond those of its steps; rows: of a tensor, gaps included;
    longest: no segment has more rows.
    starts, lengths: of each segment in rows, (segments,) int32; length 0 for a place without a segment.
    block_segment: the segment that a block and the gap in it belong to, (blocks,) int32, -1 for none.
    tile_segment: the segment of each tile of `tile_rows` rows, (tiles,) int32, -1 for none. segment_tile: the first
    tile of each segment, (segments,) int32.

    What is computed from these is computed once for each instance, so a graph's function makes its own instances.
    """

    rate: int
    extra: int
    rows: int
    longest: int
    starts: Tensor
    lengths: Tensor
    block_segment: Tensor
    tile_rows: int
    tile_segment: Tensor
    segment_tile: Tensor

    @classmethod
    def dense(cls, rows: int, device: torch.device | str) -> Layout:
        """The layout of one segment of so many rows, without gaps: for products over rows that are no time."""
        tables = Tables(rows, 1, rows, [Rate(1)], device)
        tables.write(Packing((0,), (rows,), rows, 0))
        return tables.layout(1)

    @property
    def segments(self) -> int:
        """Places for segments."""
        return len(self.starts)

    @property
    def tiles(self) -> int:
        """Places for tiles."""
        return len(self.tile_segment)

    @property
    def block_rows(self) -> int:
        """Rows of a block."""
        return self.rows // len(self.block_segment)

    @cached_property
    def nearest_segment(self) -> Tensor:
        """The segment of each block, (blocks,) int64; the first where there is none: to look up what is ignored."""
        return self.block_segment.long().clamp(min=0)

    @cached_property
    def row_segment(self) -> Tensor:
        """The segment of each row, as `nearest_segment`; (rows,)."""
        return self._by_row(self.nearest_segment)

    @cached_property
    def offset(self) -> Tensor:
        """Of each row from its segment's start, (rows,) int64; meaningless in the gaps."""
        return torch.arange(self.rows, device=self.starts.device) - self.starts[self.row_segment]

    @cached_property
    def valid(self) -> Tensor:
        """Whether a row belongs to a segment, (rows, 1) bool."""
        here = self._by_row(self.block_segment >= 0)
        return (here & (self.offset >= 0) & (self.offset < self.lengths[self.row_segment]))[:, None]

    def _by_row(self, by_block: Tensor) -> Tensor:
        return by_block[:, None].expand(-1, self.block_rows).flatten()

    def masked(self, rows: Tensor) -> Tensor:
        """rows (..., rows, channels), with zeros in the gaps."""
        return torch.where(self.valid, rows, 0.0)

    def by_block(self, rows: Tensor) -> Tensor:
        """(..., rows, channels) → (..., blocks, rows of a block, channels)."""
        return rows.view(*rows.shape[:-2], -1, self.block_rows, rows.shape[-1])

    def padded(self, rows: Tensor) -> Tensor:
        """(rows, channels) → (segments, longest, channels), zeros beyond each segment's end."""
        offset = torch.arange(self.longest, device=rows.device)
        row = (self.starts[:, None] + offset).clamp(max=self.rows - 1)
        return torch.where((offset < self.lengths[:, None])[:, :, None], rows[row], 0.0)

    def packed(self, padded: Tensor) -> Tensor:
        """The inverse of `padded`."""
        return padded[self.row_segment, self.offset.clamp(0, self.longest - 1)]


@dataclass(frozen=True, slots=True)
class Layouts:
    """Those of a batch at every rate of the speech half.

    frames; halves, two rows a frame; stages of the generator; samples; places: rows that are segments.
    """

    frames: Layout
    halves: Layout
    stages: tuple[Layout, ...]
    samples: Layout
    places: Layout


@dataclass(frozen=True, slots=True)
class Rate:
    """rate: rows a step; extra: rows that a segment has beyond those of its steps."""

    rate: int
    extra: int = 0

    @property
    def tile_rows(self) -> int:
        return SHORT_TILE_ROWS if self.rate < SHORT_TILES_BELOW else TILE_ROWS


class Tables:
    """The layouts of one batch at several rates, in device memory that the next batch may overwrite."""

    def __init__(
        self, size: int, segments: int, longest: int, rates: Sequence[Rate], device: torch.device | str
    ) -> None:
        """size: steps, gaps included; segments: places for segments; longest: steps of the longest segment."""
        self.size = _rounded(size, ALIGNMENT)
        self.segments = segments
        self.longest = longest
        self._rates = tuple(rates)
        self._lengths = [self.size // ALIGNMENT]
        for rate in self._rates:
            self._lengths += [segments, segments, segments, self.size * rate.rate // rate.tile_rows + segments]
        places = [_rounded(length, TABLE_MULTIPLE) for length in self._lengths]
        self._table = torch.zeros(sum(places), dtype=torch.int32, device=device)
        self._tables = [
            table[:length] for table, length in zip(torch.split(self._table, places), self._lengths, strict=True)
        ]
        self.write(Packing.of(()))

    def write(self, packing: Packing) -> None:
        """Describe `packing`. Raises ValueError where it does not fit."""
        longest = max(packing.lengths, default=0)
        if packing.size > self.size or len(packing.lengths) > self.segments or longest > self.longest:
            raise ValueError(
                f"{len(packing.lengths)} segments of {packing.size} steps in all, {longest} at most, do not fit in "
                f"{self.segments} segments of {self.size} steps, {self.longest} at most"
            )
        parts = [_blocks(packing, self._lengths[0])]
        for rate, tiles in zip(self._rates, self._lengths[4::4], strict=True):
            parts += _rows_and_tiles(packing, rate, self.segments, tiles)
        filled = torch.from_numpy(np.concatenate([_extended(part) for part in parts]))
        self._table.copy_(filled.pin_memory() if self._table.is_cuda else filled, non_blocking=True)

    def layout(self, rate: int) -> Layout:
        """A new layout with so many rows a step."""
        index = [each.rate for each in self._rates].index(rate)
        here = self._rates[index]
        starts, lengths, segment_tile, tile_segment = self._tables[4 * index + 1 : 4 * index + 5]
        return Layout(
            rate=rate,
            extra=here.extra,
            rows=self.size * rate,
            longest=self.longest * rate + here.extra,
            starts=starts,
            lengths=lengths,
            block_segment=self._tables[0],
            tile_rows=here.tile_rows,
            tile_segment=tile_segment,
            segment_tile=segment_tile,
        )


Table = npt.NDArray[np.int32]


def _blocks(packing: Packing, blocks: int) -> Table:
    """The segment of each block."""
    counts = [_rounded(length + packing.gap, ALIGNMENT) // ALIGNMENT for length in packing.lengths]
    owned = np.repeat(np.arange(len(counts), dtype=np.int32), np.array(counts, np.int64))
    first = packing.starts[0] // ALIGNMENT if packing.starts else 0
    table = np.full(blocks, -1, np.int32)
    table[first : first + len(owned)] = owned
    return table


def _rows_and_tiles(packing: Packing, rate: Rate, segments: int, tiles: int) -> list[Table]:
    """Starts, lengths and first tiles of the segments, and the segment of each tile."""
    of_segments = np.zeros((3, segments), np.int32)
    count = len(packing.lengths)
    starts, lengths, first_tile = (row[:count] for row in of_segments)
    starts[:] = np.array(packing.starts, np.int32) * rate.rate
    lengths[:] = np.array(packing.lengths, np.int32) * rate.rate + rate.extra
    tile_counts = -(-lengths // rate.tile_rows)
    first_tile[:] = np.cumsum(tile_counts) - tile_counts
    of_tiles = np.full(tiles, -1, np.int32)
    of_tiles[: tile_counts.sum()] = np.repeat(np.arange(count), tile_counts)
    return [*of_segments, of_tiles]


def _extended(table: Table) -> Table:
    return np.pad(table, (0, -len(table) % TABLE_MULTIPLE))

"""The recurrence of a bidirectional LSTM for many segments at once, in one launch."""

from __future__ import annotations

import triton
import triton.language as tl

from speechd.engines.kokoro.gpu.kernels.jit.elementwise import LOW_SCALE, high_part, low_part

PENDING = tl.constexpr(2.0)
"""What `out` is filled with before: no state of an LSTM is larger than 1."""

MOST_POLLS = tl.constexpr(1 << 17)
"""About a tenth of a second. It ends a wait for a program that does not run."""


@triton.jit(do_not_specialize=["batches"])
def recur(
    gates,
    high,
    low,
    out,
    starts,
    lengths,
    batches,
    scale,
    UNITS: tl.constexpr,
    BATCH: tl.constexpr,
    WIDTH: tl.constexpr,
    EXACT: tl.constexpr,
):
    """gates (rows, 2, UNITS, 4), of the input → out (rows, 2, UNITS), which is filled with `PENDING`.

    The four gates are input, forget, cell, output. high, low (2, UNITS from, UNITS to, 4): recurrent weights ÷ scale.
    A group of programs has one direction and takes BATCH segments at a time of `batches` times as many; each program of
    it computes WIDTH units. In every step all of them need all units of the step before. They read them from `out`
    itself, again and again until no number is `PENDING`: every number tells by itself that it is there, so that no
    barrier is needed. All programs of a group must run at the same time.
    """
    part, group = tl.program_id(0), tl.program_id(1)
    direction = group % 2
    source = tl.arange(0, UNITS)
    column = part * (4 * WIDTH) + tl.arange(0, 4 * WIDTH)
    at = (direction * UNITS + source[:, None]) * (4 * UNITS) + column[None, :]
    weight_high = tl.load(high + at)
    weight_low = tl.load(low + at)
    for batch in range(group // 2, batches, tl.num_programs(1) // 2):
        place = batch * BATCH + tl.arange(0, BATCH)
        start, length = tl.load(starts + place), tl.load(lengths + place)
        unit = part * WIDTH + tl.arange(0, WIDTH)
        cell = tl.zeros((BATCH, WIDTH), tl.float32)
        row = tl.where(direction == 0, start, start + length - 1)
        forward = tl.where(direction == 0, 1, -1)
        own = gates + direction * (4 * UNITS) + column[None, :]
        input_gates = tl.load(own + row[:, None] * (8 * UNITS), mask=(length > 0)[:, None], other=0.0)
        for step in range(tl.max(length, 0)):
            there = (step < length)[:, None]
            total = input_gates
            # The next step's are on their way while this step waits for the others.
            following = (step + 1 < length)[:, None]
            input_gates = tl.load(own + (row + forward)[:, None] * (8 * UNITS), mask=following, other=0.0)
            if step > 0:
                before = out + (row - forward)[:, None] * (2 * UNITS) + direction * UNITS + source[None, :]
                state = tl.load(before, mask=there, other=0.0, volatile=True)
                polls = 0
                while (tl.max(tl.max(state, 1), 0) >= PENDING) & (polls < MOST_POLLS):
                    state = tl.load(before, mask=there, other=0.0, volatile=True)
                    polls += 1
                # Not a number in place of what never came: nobody takes such samples for speech.
                state = tl.where(state >= PENDING, float("nan"), state)
                state_high = high_part(state)
                product = tl.dot(state_high, weight_high)
                if EXACT:
                    small = tl.dot(low_part(state, state_high, LOW_SCALE), weight_high)
                    small = tl.dot(state_high, weight_low, small)
                    product += small * (1.0 / LOW_SCALE)
                total += product * scale
            even, odd = tl.split(tl.reshape(total, (BATCH, WIDTH, 2, 2)))
            input_gate, cell_gate = tl.split(even)
            forget_gate, output_gate = tl.split(odd)
            # tanh(x) is 2 · sigmoid(2x) - 1.
            candidate = 2.0 * tl.sigmoid(2.0 * cell_gate) - 1.0
            cell = tl.sigmoid(forget_gate) * cell + tl.sigmoid(input_gate) * candidate
            value = tl.sigmoid(output_gate) * (2.0 * tl.sigmoid(2.0 * cell) - 1.0)
            tl.store(out + row[:, None] * (2 * UNITS) + direction * UNITS + unit[None, :], value, mask=there)
            row += forward

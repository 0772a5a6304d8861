"""A line plot as SVG, which needs nothing but a browser."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

Point = tuple[float, float]

WIDTH: Final = 480
HEIGHT: Final = 240
LEFT, RIGHT, TOP, BOTTOM = 56, 32, 28, 32
"""Pixels; of the drawing, and of its margins."""

# Okabe and Ito's, which people tell apart whatever colours they see.
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a900")
DASHES: Final = ("", "6 3", "2 3")
"""So many times as many lines can be told apart."""

LOG_RATIO: Final = 16.0
"""From here on the horizontal axis counts doublings."""

TICKS: Final = 5


def plot(
    title: str, lines: Mapping[str, Sequence[Point]], *, across: str, written: Callable[[float], str] = "{:g}".format
) -> str:
    """The lines by name, with a legend of those that have a point; "" if none has. across: what the horizontal axis is;
    written: how its values are written."""
    lines = {name: sorted(points) for name, points in lines.items() if points}
    if not lines:
        return ""
    xs = sorted({x for points in lines.values() for x, _ in points})
    x_of = _horizontal(xs)
    top = _nice(max(y for points in lines.values() for _, y in points))
    bottom = -_nice(max(0.0, -min(y for points in lines.values() for _, y in points)), 0.0)

    def y_of(value: float) -> float:
        return HEIGHT - BOTTOM - (value - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text class="title" x="{LEFT}" y="16">{escape(title)}</text>']
    for tick in (bottom + (top - bottom) * step / 4 for step in range(5)):
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(tick):.1f}" y2="{y_of(tick):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y_of(tick) + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    for x in xs if len(xs) <= 2 * TICKS else xs[:: math.ceil(len(xs) / TICKS)]:
        text = escape(written(x))
        parts.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{text}</text>')
    parts.append(f'<text class="axis" x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">{escape(across)}</text>')
    for (name, points), (colour, dash) in zip(lines.items(), _styles(len(lines)), strict=True):
        parts.append(
            _line(escape(name), [(x_of(x), y_of(y), escape(f"{written(x)}: {y:.4g}")) for x, y in points], colour, dash)
        )
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>{_legend(list(lines))}</figure>'
    )


def _line(name: str, points: Sequence[tuple[float, float, str]], colour: str, dash: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"><title>{name} at {text}</title></circle>'
        for x, y, text in points
    )
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-dasharray="{dash}"/>{dots}'


def _legend(names: Sequence[str]) -> str:
    if names == [""]:
        return ""
    keys = "".join(
        f'<span><svg class="key" viewBox="0 0 24 8"><line x1="0" x2="24" y1="4" y2="4" stroke="{colour}" '
        f'stroke-dasharray="{dash}"/></svg>{escape(name)}</span>'
        for name, (colour, dash) in zip(names, _styles(len(names)), strict=True)
    )
    return f"<figcaption>{keys}</figcaption>"


def _styles(count: int) -> list[tuple[str, str]]:
    return [(COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]) for number in range(count)]


def _horizontal(xs: Sequence[float]) -> Callable[[float], float]:
    """Position of a value: by its logarithm where values span much."""
    scale = math.log2 if xs[0] > 0 and xs[-1] / xs[0] >= LOG_RATIO else float
    first, last = scale(xs[0]), scale(xs[-1])
    room = WIDTH - LEFT - RIGHT - 24
    return lambda x: LEFT + 12 + (room * (scale(x) - first) / (last - first) if last > first else room / 2)


def _nice(value: float, least: float = 1.0) -> float:
    """The least of 1, 1.2, 1.6, 2, 3, 4, 6, 8, 10 × a power of ten that is not under the value; `least` for 0."""
    if value <= 0.0:
        return least
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10) if power * step >= value * 0.999999)

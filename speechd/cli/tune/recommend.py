"""Measurements of workers × threads, and which of them to recommend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from speechd.config.automatic import IN_FLIGHT_PER_WORKER
from speechd.pool.capacity import LISTENING_SHARE

NOISE_RATIO: Final = 1.05
"""Ratio of two figures within which they are no reason to prefer either: runs differ by as much."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One setting. By text: seconds to the end of one request alone, and these ÷ seconds of audio; first audio: median
    seconds, alone and while all are busy; memory: of all processes, shared pages counted once (None: not known)."""

    workers: int
    threads: int
    engine: str
    latency_s: Mapping[str, float]
    rtf: Mapping[str, float]
    first_audio_s: float
    busy_first_audio_s: float
    audio_s_per_s: float
    memory_bytes: int | None

    def __str__(self) -> str:
        return f"{self.workers} × {self.threads}"

    @property
    def listeners(self) -> int:
        """Listeners that it can feed in real time, with the server's own headroom."""
        return int(LISTENING_SHARE * self.audio_s_per_s)

    @property
    def settings(self) -> dict[str, int]:
        """The options that make a server this one. The limit of requests is among them where the usual is too low."""
        options = {"workers": self.workers, "threads": self.threads}
        if self.listeners > IN_FLIGHT_PER_WORKER * self.workers:
            options["max_in_flight"] = self.listeners
        return options


def for_latency(rows: Sequence[Measurement]) -> Measurement:
    """The setting with the earliest first audio; of equal ones, that with the most audio."""
    best = min(row.first_audio_s for row in rows)
    return max((row for row in rows if row.first_audio_s <= NOISE_RATIO * best), key=lambda row: row.audio_s_per_s)


def for_throughput(rows: Sequence[Measurement]) -> Measurement:
    """The setting with the most audio; of equal ones, that with the earliest first audio when all are busy."""
    best = max(row.audio_s_per_s for row in rows)
    return min((row for row in rows if NOISE_RATIO * row.audio_s_per_s >= best), key=lambda row: row.busy_first_audio_s)


def table(rows: Sequence[Measurement]) -> list[str]:
    """The lines of the table for people."""
    widths = "{:>9}  {:^24}  {:^24}  {:>13}  {:^19}  {:>7}"
    lines = [
        f"engine: {rows[0].engine}; what is said of one request is of a short / medium / long text",
        widths.format("workers", "one request:", "one request:", "all busy:", "first audio p50:", "memory:"),
        widths.format("× threads", "latency s", "RTF", "audio s per s", "alone / all busy s", "MiB"),
    ]
    for row in rows:
        latency, rtf = (" / ".join(f"{value:.3g}" for value in each.values()) for each in (row.latency_s, row.rtf))
        first = f"{row.first_audio_s:.3f} / {row.busy_first_audio_s:.3f}"
        memory = "–" if row.memory_bytes is None else f"{row.memory_bytes / (1 << 20):.0f}"
        lines.append(widths.format(str(row), latency, rtf, f"{row.audio_s_per_s:.1f}", first, memory))
    return lines


def reasons(rows: Sequence[Measurement]) -> list[str]:
    """The recommendations, each with its reason."""
    quick, full = for_latency(rows), for_throughput(rows)
    others = [row for row in rows if row is not full]
    gain = f", {full.audio_s_per_s / max(row.audio_s_per_s for row in others):.2f} × the next" if others else ""
    slower = ", ".join(f"{row.first_audio_s:.3f}" for row in rows if row is not quick) or "none"
    start = f"first audio after {quick.first_audio_s:.3f} s (others: {slower})"
    speed = f"{full.audio_s_per_s:.1f} audio s per s{gain}"
    return [
        f"for latency: {quick}, {start}, holds {quick.listeners} real-time listeners",
        f"for throughput: {full}, {speed}, holds {full.listeners} real-time listeners",
        f"Listeners need {LISTENING_SHARE:.0%} of the audio; figures within {NOISE_RATIO - 1:.0%} count as equal.",
    ]

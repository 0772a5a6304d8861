"""The result of `bench.gpu.card` as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.results import cell

Row = Mapping[str, Any]


def markdown(result: Mapping[str, Any]) -> str:
    """Tables of all that was measured, and what failed."""
    rows: Sequence[Row] = result["rows"]
    parts = [_heading(result), _exactness(rows), _overlap(rows), _launches(rows), _batches(rows), _reference(rows)]
    parts += [_served(rows), _failures(rows), _warnings(rows)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(result: Mapping[str, Any]) -> str:
    device = {name: value for row in _of(result["rows"], "device") for name, value in row.items()}
    what = "a rehearsal: the figures say nothing of a card" if result["rehearsal"] else device.get("gpu", "no GPU")
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items() if version)
    driver = device.get("clock_and_driver")
    return (
        f"## {what}\n\n{result['at']}, commit {result['commit']}, {result['machine']['cores']} cores of "
        f"{result['machine']['cpu']}, {versions}, CUDA {device.get('cuda')}, clock and driver {driver}, kernels "
        f"{'' if device.get('compiled_ahead') else 'not '}compiled ahead; "
        f"{result['wall_s']} s."
    )


def _exactness(rows: Sequence[Row]) -> str:
    segments = [row for row in _of(rows, "exactness") if "waveform_db" in row]
    if not segments:
        return ""
    decibels = [row["waveform_db"] for row in segments]
    equal = sum(row["differences_db"] == {} for row in segments)
    same = sum(row["same_durations"] for row in segments)
    error = max(row["prosody_error"] for row in segments)
    return (
        f"Against the CPU's model, same pitch and noise: {min(decibels):.1f} to {max(decibels):.1f} dB; durations the "
        f"same in {same} of {len(segments)} segments; prosody within {error:.0e}. Equal bits alone and beside others: "
        f"{equal} of {len(segments)}."
    )


def _overlap(rows: Sequence[Row]) -> str:
    return "".join(
        f"By graphs, each begun before the last was taken: of {row['overlapping']} batches, {row['different']} had "
        "other bits than alone and without graphs."
        for row in _of(rows, "overlap")
        if "overlapping" in row
    )


def _launches(rows: Sequence[Row]) -> str:
    parts = [row for row in _of(rows, "parts") if "part" in row]
    columns: dict[str, Callable[[Row], object]] = {
        "a batch: phonemes × segments": lambda row: f"{row['tokens']} × {row['segments']}",
        "part": lambda row: row["part"],
        "ms": lambda row: cell(row["ms"]),
        "launches": lambda row: row.get("launches", "–"),
    }
    return _table(parts, columns)


def _batches(rows: Sequence[Row]) -> str:
    columns: dict[str, Callable[[Row], object]] = {
        "a batch: phonemes × segments": lambda row: f"{row['tokens']} × {row['segments']}",
        "audio, s": lambda row: cell(row["audio_s"]),
        "one batch, ms": lambda row: cell(row["alone_ms"]),
        "batch after batch, ms": lambda row: cell(row["in_a_row_ms"]),
        "audio s/s": lambda row: cell(row["audio_s_per_s"]),
    }
    return _table([row for row in _of(rows, "speed") if "in_a_row_ms" in row], columns)


def _reference(rows: Sequence[Row]) -> str:
    columns: dict[str, Callable[[Row], object]] = {
        "one at a time": lambda row: row["model"],
        "phonemes": lambda row: row.get("tokens", "–"),
        "ms": lambda row: cell(row.get("ms")),
        "audio s/s": lambda row: cell(row.get("audio_s_per_s")),
    }
    return _table([row for row in _of(rows, "reference") if "model" in row], columns)


def _served(rows: Sequence[Row]) -> str:
    columns: dict[str, Callable[[Row], object]] = {
        "server": lambda row: f"{row['server']}, {row['workers']} workers",
        "format": lambda row: row["format"],
        "clients": lambda row: f"{row['clients']}{' in real time' if row['realtime'] else ''}",
        "audio s/s": lambda row: cell(row["audio_s_per_s"]),
        "first audio p50 / p99, ms": lambda row: f"{_ms(row['ttfa_p50_s'])} / {_ms(row['ttfa_p99_s'])}",
        "C100, %": lambda row: cell(row["c100"]),
        "heard, refused, failed": lambda row: f"{row['heard']}, {row['refused']}, {row['failed']}",
    }
    starts = [f"{row['server']}: ready after {row['ready_s']} s." for row in rows if "ready_s" in row]
    return "\n\n".join(filter(None, (_table([row for row in rows if "heard" in row], columns), " ".join(starts))))


def _failures(rows: Sequence[Row]) -> str:
    failed = [row for row in rows if "failed" in row and "heard" not in row]
    failed += [row for row in rows if row.get("status") not in (None, 0) or "ended_after_s" in row]
    lines = [f"* {row['step']}{' ' + row['section'] if 'section' in row else ''}: {_why(row)}" for row in failed]
    return "\n".join(["Not measured, or not whole:", "", *lines]) if lines else ""


def _warnings(rows: Sequence[Row]) -> str:
    logs = [f"{row['server']}:\n\n```\n{row['log'].strip()}\n```" for row in rows if "log" in row]
    return "\n\n".join(["What servers warned of:", *logs]) if logs else ""


def _why(row: Row) -> str:
    if "failed" in row:
        return str(row["failed"])
    return f"ended after {row['ended_after_s']} s" if "ended_after_s" in row else f"ended with {row['status']}"


def _of(rows: Sequence[Row], section: str) -> list[Row]:
    return [row for row in rows if row.get("section") == section]


def _ms(seconds: float | None) -> str:
    return cell(None if seconds is None else 1000 * seconds)


def _table(rows: Sequence[Row], columns: Mapping[str, Callable[[Row], object]]) -> str:
    """A table of the rows; "" without any."""
    if not rows:
        return ""
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(str(of(row)) for of in columns.values()) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)

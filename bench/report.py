"""One page of all results: plots of each benchmark, how its figures went over time, and the figures themselves.

    python -m bench.report [RESULT.json|FOLDER ...] [--output report.html]

The page holds all that it shows. Results of several machines are drawn together; each line says which it is of.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.plot import Point, plot
from bench.results import cell, folder

Result = Mapping[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """Which plots to draw of a benchmark's rows: one for each metric over `across`, one line for each value of `by`.

    where: what a row's columns must be one of; part: the list in a row that holds the rows proper.
    """

    across: str
    metrics: str
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    part: str = ""
    title: str = ""


def _memory(sweep: str, across: str, by: tuple[str, ...]) -> View:
    metrics = "all_pss_mib pss_mib peak_mib audio_s_per_s"
    return View(across, metrics, by, {"sweep": (sweep,), "when": ("load",)}, title=f"{sweep}: ")


VIEWS: Final[Mapping[str, tuple[View, ...]]] = {
    "load": (View("level", "ttfa_p50_s ttfa_p99_s e2e_p99_s underrun_p99_s c100 audio_s_per_s refused"),),
    "read_along": (
        View(
            "listeners",
            "first_block_p50_s ttfa_p50_s round_trip_p50_s stall_s_worst underrun_p99_s c100 audio_s_per_s refused",
            by=("speed", "text"),
        ),
    ),
    "threads": (
        View("threads", "latency_mean_s latency_p95_s rtf speed_up", ("text",), {"processes": (1,)}),
        View("processes", "audio_s_per_s lost_percent", ("text",), {"threads": (1,), "text": ("medium",)}),
    ),
    "memory": (
        *(_memory(sweep, "requests", ("payload", "allocator")) for sweep in ("requests", "hour")),
        _memory("concurrency", "listeners", ("payload", "allocator")),
        _memory("primitives", "capacity", ()),
    ),
    "engine": (View("tokens", "realtime snr_db", ("threads", "engine")),),
    "compare": (
        View(
            "listeners",
            "ttfa_p50_s e2e_p99_s c100 audio_s_per_s failed",
            ("text", "format", "server"),
            {"server": ("first", "second")},
        ),
        View(
            "listeners",
            "ttfa_p50_s e2e_p99_s audio_s_per_s",
            ("text", "format"),
            {"server": ("second ÷ first",)},
            title="second ÷ first: ",
        ),
    ),
    "simulate": (View("load", "ttfa_p50_s ttfa_p99_s c100 refused", ("slots", "policy")),),
    "startup": (View("start", "ready_s all_ready_s first_s fresh_p50_s kept_p50_s", part="times"),),
}

STYLE: Final = """
:root { color-scheme: light dark; --ink: #222; --faint: #ddd; --page: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --faint: #444; --page: #181818 } }
body { font: 14px/1.4 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2em auto;
  max-width: 1500px; padding: 0 1em }
h2 { border-bottom: 1px solid var(--faint); margin-top: 2em }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 1em }
figure { margin: 0 } svg { width: 100%; font-size: 11px } svg text { fill: var(--ink) }
svg .title { font-size: 13px; font-weight: 600 } svg .axis { opacity: .7 } .grid { stroke: var(--faint) }
polyline { stroke-width: 1.6 } .key { width: 24px; height: 8px; margin-right: .3em; stroke-width: 2 }
figcaption { font-size: 11px; display: flex; flex-wrap: wrap; gap: 0 1em; padding-left: 3em }
table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto } td, th { padding: 2px 8px; text-align: right; border-bottom: 1px solid var(--faint) }
td:first-child, th:first-child { text-align: left }
"""


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="*", type=Path, help="files or folders (default: where they are saved)")
    parser.add_argument("--output", type=Path, help="(default: report.html beside the saved results)")
    arguments = parser.parse_args()
    results = list(load(arguments.results or [folder()]))
    if not results:
        sys.exit("there are no results yet: every benchmark saves its own")
    output = arguments.output or folder() / "report.html"
    output.write_text(page(results), encoding="utf-8")
    print(f"{output}: {len(results)} results")


def load(paths: Sequence[Path]) -> Iterator[Result]:
    """The results of files and folders; what is none is named on standard error."""
    for path in paths:
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            try:
                result = json.loads(file.read_text(encoding="utf-8"))
                if not {"benchmark", "at", "machine", "rows"} <= result.keys():
                    raise ValueError("it lacks what a result has")
                yield result
            except (OSError, ValueError, AttributeError) as error:
                print(f"{file} is no result: {error}", file=sys.stderr)


def page(results: Sequence[Result]) -> str:
    """The HTML."""
    by_benchmark: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda result: str(result["at"])):
        by_benchmark[result["benchmark"]].append(result)
    sections = "".join(_section(name, of) for name, of in sorted(by_benchmark.items()))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>speechd: benchmarks</title>'
        f"<style>{STYLE}</style><h1>speechd: benchmarks</h1>{sections}</html>\n"
    )


def _section(name: str, results: Sequence[Result]) -> str:
    plots = [plot for view in VIEWS.get(name, ()) for plot in (*_by_value(view, results), *_over_time(view, results))]
    details = "".join(_details(f"{_mark(results, result)} {_source(result)}", name, result) for result in results)
    return f"<h2>{escape(name)}</h2><div class=plots>{''.join(plots)}</div>{details}"


def _details(summary: str, name: str, result: Result) -> str:
    rows = [row for part in _parts(name) for row in _rows(result, part)]
    content = f"<div class=wide>{_settings(result)}{_table(rows)}</div>"
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def _by_value(view: View, results: Sequence[Result]) -> Iterator[str]:
    """A plot for each metric; where there are several results, each line is marked with its own."""
    for metric in view.metrics.split():
        lines: dict[str, list[Point]] = defaultdict(list)
        for result in results:
            for row in _chosen(view, result, metric):
                name = _joined(_group(view, row), _mark(results, result))
                lines[name].append((float(row[view.across]), float(row[metric])))
        yield plot(view.title + metric, lines, across=view.across)


def _over_time(view: View, results: Sequence[Result]) -> Iterator[str]:
    """A plot for each metric of its median in each result, where there are several results."""
    if len(results) < 2:
        return
    for metric in view.metrics.split():
        lines: dict[str, list[Point]] = defaultdict(list)
        for result in results:
            values: dict[str, list[float]] = defaultdict(list)
            for row in _chosen(view, result, metric):
                name = _joined(_group(view, row), *_particulars(results, result))
                values[name].append(float(row[metric]))
            for name, of in values.items():
                lines[name].append((datetime.fromisoformat(result["at"]).timestamp(), median(of)))
        yield plot(f"{view.title}{metric}, median, over time", lines, across="UTC", written=_date)


def _chosen(view: View, result: Result, metric: str) -> Iterator[Row]:
    for row in _rows(result, view.part):
        told = row.get(metric) is not None and row.get(view.across) not in (None, "")
        if told and all(row.get(column) in allowed for column, allowed in view.where.items()):
            yield row


def _rows(result: Result, part: str) -> list[Row]:
    return [each for row in result["rows"] for each in row[part]] if part else list(result["rows"])


def _parts(name: str) -> list[str]:
    return sorted({view.part for view in VIEWS.get(name, ())}) or [""]


def _group(view: View, row: Row) -> str:
    values = ((column, row[column]) for column in view.by)
    return ", ".join(
        f"{column} {value:g}" if isinstance(value, int | float) else str(value) for column, value in values
    )


def _mark(results: Sequence[Result], result: Result) -> str:
    return f"#{results.index(result) + 1}" if len(results) > 1 else ""


def _particulars(results: Sequence[Result], result: Result) -> Iterator[str]:
    """Its engine and its machine, each where results differ in it."""
    for particular in (_engine, _machine):
        if len({particular(each) for each in results}) > 1:
            yield particular(result)


def _source(result: Result) -> str:
    return _joined(str(result["at"])[:16], _engine(result), _machine(result), str(result.get("commit")))


def _engine(result: Result) -> str:
    settings = result.get("settings", {})
    return str(settings.get("url") or settings.get("engine") or "")


def _machine(result: Result) -> str:
    machine = result["machine"]
    return f"{machine.get('cpu')}, {machine.get('cores')} cores"


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


def _date(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%m-%d %H:%M")


def _settings(result: Result) -> str:
    values = {**result.get("versions", {}), **result.get("settings", {}), "load": result["machine"].get("load")}
    return f"<p>{escape(', '.join(f'{name} {value}' for name, value in values.items()))}</p>"


def _table(rows: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name, value in row.items() if not isinstance(value, list)))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell(row.get(name)))}</td>' for name in columns)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


if __name__ == "__main__":
    main()

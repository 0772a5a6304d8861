"""Results: their provenance, and how they are printed: a table for people, one JSON line for machines."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

from bench.server import ROOT
from speechd import __version__
from speechd.machine import available_cores

PACKAGES: Final = ("torch", "numpy", "av", "gunicorn", "uvicorn", "starlette")


def provenance() -> dict[str, Any]:
    """When, on which machine, with which versions of what."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": _cpu(),
            "cores": available_cores(),
            "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
            "system": platform.platform(),
            "load": os.getloadavg()[0],
        },
        "versions": {"speechd": __version__, "python": platform.python_version()}
        | {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
    }


def publish(benchmark: str, settings: Mapping[str, object], rows: Sequence[Mapping[str, object]]) -> None:
    """Save a result as a file of `folder()`, and print it: the last line of a benchmark, JSON. An `api_key` is left
    out."""
    settings = {name: value for name, value in settings.items() if name != "api_key"}
    result = {"benchmark": benchmark, **provenance(), "settings": settings, "rows": rows}
    line = json.dumps(result, default=str)
    folder().mkdir(parents=True, exist_ok=True)
    stamp = str(result["at"]).replace(":", "").replace("+0000", "Z")
    (folder() / f"{stamp}-{benchmark}-{os.getpid()}.json").write_text(line + "\n", encoding="utf-8")
    print(line)


def folder() -> Path:
    """Folder of saved results: results/ of the checkout, or `BENCH_RESULTS`."""
    return Path(os.environ.get("BENCH_RESULTS") or ROOT / "results")


def heading(widths: Mapping[str, int]) -> str:
    """The first line of a table of `cells`."""
    return " ".join(f"{name:>{width}}" for name, width in widths.items())


def cells(row: Mapping[str, object], widths: Mapping[str, int]) -> str:
    """The line of a table: the values named in `widths`, right-aligned; – for None."""
    return " ".join(f"{cell(row[name]):>{width}}" for name, width in widths.items())


def cell(value: object) -> str:
    """A value as text: some three digits of a fraction, – for None."""
    if value is None:
        return "–"
    return (
        f"{value:.3g}"
        if isinstance(value, float) and abs(value) < 100
        else f"{value:.0f}"
        if isinstance(value, float)
        else str(value)
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # No git, or no checkout.
        return None

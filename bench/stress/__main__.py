"""What the server promises under load and under faults, put to the test: each bar with its figures, met or not.

    python -m bench.stress all [--quick] [--model-dir DIR]
    python -m bench.stress kills overload

It starts its own servers, on 127.0.0.1. The exit status is 1 if a bar is not met. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import uvloop

from bench import results as record
from bench.stress import connections, faults, hostile, overload, sharing
from bench.stress.checks import Bar, Options

BARS: Final[Mapping[str, Bar]] = {
    "together": sharing.together,
    "overload": overload.overload,
    "kills": faults.kills,
    "silent": connections.silent,
    "unread": connections.unread,
    "disconnects": faults.disconnects,
    "continuity": sharing.continuity,
    "long": sharing.long_text,
    "sdk": overload.sdk,
    "hostile": hostile.hostile,
}


def main() -> int:
    """Run the bars; 1 if one is not met."""
    parser = argparse.ArgumentParser(
        prog="bench.stress", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bars", nargs="+", choices=["all", *BARS], metavar="BAR", help=f"all, {', '.join(BARS)}")
    parser.add_argument("--quick", action="store_true", help="few of everything, to see that it works")
    parser.add_argument("--model-dir", type=Path, help="for the continuity of Kokoro; else that of the tone engine")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    names = list(BARS) if "all" in arguments.bars else arguments.bars
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        options = Options(Path(folder), arguments.quick, arguments.model_dir)
        for name in names:
            try:
                rows.append(_run(name, options))
            except KeyboardInterrupt:
                break
    record.publish("stress", vars(arguments), rows)
    return 0 if all(row["passed"] for row in rows) else 1


def _run(name: str, options: Options) -> dict[str, Any]:
    bar = BARS[name]
    assert bar.__doc__
    print(f"{name}: {bar.__doc__}", flush=True)
    began = time.monotonic()
    result = uvloop.run(bar(options))
    took_s = round(time.monotonic() - began, 1)
    print(f"  {'met' if result.passed else 'NOT MET: ' + ', '.join(result.failures)}  ({took_s} s)")
    for figure, value in result.figures.items():
        print(f"    {figure}: {json.dumps(_rounded(value))}")
    sys.stdout.flush()
    return {"bar": name, "passed": result.passed, "failures": result.failures, "took_s": took_s, **result.figures}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main())

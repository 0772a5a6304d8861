"""Acceptance checks under load and under faults: what the server promises, each with its figures, met or not.

    python -m bench.stress all [--quick] [--model-dir DIR]
    python -m bench.stress kills overload

It starts its own servers, on 127.0.0.1. The exit status is 1 if a check fails. The last line is JSON.
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

from bench import results
from bench.stress import connections, faults, hostile, overload, session_clients, sessions, sharing
from bench.stress.checks import Check, Options

CHECKS: Final[Mapping[str, Check]] = {
    "together": sharing.together,
    "overload": overload.overload,
    "kills": faults.kills,
    "silent": connections.silent,
    "unread": connections.unread,
    "disconnects": faults.disconnects,
    "continuity": sharing.continuity,
    "long": sharing.long_text,
    "sdk": overload.sdk,
    "sessions": sessions.idle,
    "sessions_killed": sessions.killed,
    "sessions_drained": sessions.drained,
    "sessions_hostile": session_clients.hostile_clients,
    "hostile": hostile.hostile,
}


def main() -> int:
    """Run the checks; 1 if one fails."""
    parser = argparse.ArgumentParser(
        prog="bench.stress", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ["all", *CHECKS]
    parser.add_argument("checks", nargs="+", choices=known, metavar="CHECK", help=", ".join(known))
    parser.add_argument("--quick", action="store_true", help="few of everything, to see that it works")
    parser.add_argument("--model-dir", type=Path, help="for the continuity of Kokoro; else that of the tone engine")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    names = list(CHECKS) if "all" in arguments.checks else arguments.checks
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        options = Options(Path(folder), arguments.quick, arguments.model_dir)
        for name in names:
            try:
                rows.append(_run(name, options))
            except KeyboardInterrupt:
                break
    results.publish("stress", vars(arguments), rows)
    return 0 if all(row["passed"] for row in rows) else 1


def _run(name: str, options: Options) -> dict[str, Any]:
    check = CHECKS[name]
    assert check.__doc__
    print(f"{name}: {check.__doc__}", flush=True)
    began = time.monotonic()
    result = uvloop.run(check(options))
    took_s = round(time.monotonic() - began, 1)
    print(f"  {'met' if result.passed else 'NOT MET: ' + ', '.join(result.failures)}  ({took_s} s)")
    for figure, value in result.figures.items():
        print(f"    {figure}: {json.dumps(_rounded(value))}")
    sys.stdout.flush()
    return {"check": name, "passed": result.passed, "failures": result.failures, "took_s": took_s, **result.figures}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value


if __name__ == "__main__":
    sys.exit(main())

"""Schemathesis against a server with each engine: every operation of `/openapi.json`, with bodies that fit and that do
not. It needs the package `schemathesis`, in whatever environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from bench.server import ROOT, running

CHECKS: Final = "all"
"""Schemathesis's: no 5xx; status, media type, headers and body as described; what fits the schema is accepted, and what
does not is refused; other methods are a 405 that names those there are."""

PHASES: Final = "examples,coverage,fuzzing"

SECONDS: Final = 900.0


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz openapi", description=__doc__)
    parser.add_argument("--engines", default="tone,espeak")
    parser.add_argument("--examples", type=int, default=25, help="bodies for each operation, beside the coverage phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemathesis", default="schemathesis", help="the program")
    arguments = parser.parse_args(given)
    status = 0
    for engine in arguments.engines.split(","):
        with (
            tempfile.TemporaryDirectory() as folder,
            running(Path(folder), engine=engine, log_level="warning") as server,
        ):
            print(f"== {engine}", flush=True)
            options = {"checks": CHECKS, "phases": PHASES, "max-examples": arguments.examples, "seed": arguments.seed}
            command = [arguments.schemathesis, "run", f"{server.url}/openapi.json", "--continue-on-failure"]
            command += [f"--{name}={value}" for name, value in options.items()]
            # The schema's contradictions, and the hooks, leave fewer bodies than it would like.
            command += ["--suppress-health-check=all"]
            hooks = {"SCHEMATHESIS_HOOKS": "bench.fuzz.openapi_hooks", "PYTHONPATH": str(ROOT)}
            status |= subprocess.run(command, env=os.environ | hooks, timeout=SECONDS, check=False).returncode
    return status

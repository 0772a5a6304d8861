"""Random input against what takes input: nothing may crash, hang, raise or take long.

    python -m bench.fuzz text [--seconds 60] [--count N] [--seed 1] [--languages hi,es] [--engines kokoro,espeak,tone]
    python -m bench.fuzz live [--seconds 60] [--count N] [--seed 1] [--languages hi,es]
    python -m bench.fuzz http [--seconds 60] [--count N] [--seed 1]
    python -m bench.fuzz openapi [--examples 25] [--seed 1] [--engines tone,espeak] [--schemathesis PATH]

The exit status is 1 if anything was found. Each find is printed with the input that causes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench.fuzz import http, live, openapi, text

FUZZERS: Final[Mapping[str, Callable[[list[str]], int]]] = {
    "text": text.main,
    "live": live.main,
    "http": http.main,
    "openapi": openapi.main,
}


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name not in FUZZERS:
        print(__doc__)
        return 2
    return FUZZERS[name](arguments)


if __name__ == "__main__":
    sys.exit(main())

"""Load on a server, and what its clients measured, for each number of clients at once.

    python -m bench.load --url http://127.0.0.1:8880 [--format opus] [--realtime]
    python -m bench.load [--engine tone|espeak|kokoro] [--setting max_in_flight=256] [--levels 1,8,64] [--rate 5,50]

By default each listener sends its next request as soon as it has the response. With --realtime it first plays the
response to the end, so that N listeners are N people listening. With --rate requests arrive at random, that many a
second, whatever becomes of them. Joins between passages, and how many passages are of 100 to 200 tokens, of those that
have the text for it, are what a speechd counts for /metrics. The last line is JSON. Ctrl-C ends it with what was
measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Coroutine, Iterator
from dataclasses import asdict
from typing import Any, Final

import uvloop
from tqdm import tqdm

from bench import passages, results, server
from bench.arguments import add_request_arguments, numbers, parsed, parser_of, target_of, whole_numbers
from bench.loadgen import LoadGenerator, Target
from bench.texts import varied

LEVELS: Final = "1,2,4,8,16,32,64,128"
QUICK: Final = {"levels": [1, 4], "seconds": 1.0}

COLUMNS: Final = {
    "level": 7,
    "heard": 6,
    "refused": 7,
    "failed": 6,
    "ttfa_p50_s": 10,
    "ttfa_p99_s": 10,
    "e2e_p99_s": 9,
    "rtf_p99": 7,
    "underrun_p50_s": 14,
    "underrun_p99_s": 14,
    "c50": 5,
    "c100": 5,
    "c200": 5,
    "audio_s_per_s": 13,
    **passages.COLUMNS,
}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    rows: list[dict[str, Any]] = []
    print(results.heading(COLUMNS))
    with server.chosen(arguments) as url:
        target = target_of(url, arguments)
        for row in _rows(target, arguments):
            rows.append(row)
            print(
                results.cells(row, COLUMNS),
                *(f"{count} × {error}" for error, count in row["errors"].items()),
                flush=True,
            )
    results.publish("load", vars(arguments), rows)


def _rows(target: Target, arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row for each level, up to the one in which somebody presses Ctrl-C."""
    levels = arguments.rate or arguments.levels
    for level in tqdm(levels, desc="levels", leave=False, disable=None):
        generator = LoadGenerator(target, varied(arguments.seed))
        before = passages.shape_of(target.url)
        load: Coroutine[Any, Any, None]
        if arguments.rate:
            load = generator.open(level, arguments.seconds, arguments.seed)
        else:
            load = generator.closed(int(level), arguments.seconds, realtime=arguments.realtime)
        try:
            uvloop.run(load)
            interrupted = {}
        except KeyboardInterrupt:
            interrupted = {"interrupted": True}
        told = passages.row_since(before, passages.shape_of(target.url))
        yield {"level": level, **asdict(generator.figures()), **told, **interrupted}
        if interrupted:
            return


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    server.add_arguments(parser)
    add_request_arguments(parser)
    parser.add_argument(
        "--levels",
        type=whole_numbers,
        default=LEVELS,
        metavar="N,N...",
        help=f"listeners at once (default: {LEVELS})",
    )
    parser.add_argument(
        "--rate", type=numbers, default="", metavar="R,R...", help="requests a second, instead of listeners"
    )
    parser.add_argument("--seconds", type=float, default=15.0, help="for each level (default: 15)")
    parser.add_argument("--realtime", action="store_true", help="listeners hear a response before they ask again")
    parser.add_argument("--seed", type=int, default=0, help="of the texts and of random arrivals (default: 0)")
    return parsed(parser, QUICK, "two small levels, some seconds")


if __name__ == "__main__":
    main()

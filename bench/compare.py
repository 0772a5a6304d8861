"""The same work on two servers with OpenAI's speech endpoint, interleaved, and the ratios of their figures.

    python -m bench.compare http://127.0.0.1:8880 http://127.0.0.1:9000 [--formats pcm,mp3] [--listeners 1,4,16]

Both get the same texts, voice, format and load; each in turn has the machine for itself, and who is first alternates.
For each kind of work: a line for the first server, one for the second, and the second's figures ÷ the first's. Figures
are the medians of the rounds. A response of status 200 that breaks off, or holds nothing audible, has failed. Joins
between passages, and how many passages are of a good length, are what a speechd counts for /metrics. The last line is
JSON. Ctrl-C ends it with what was measured.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Final

import uvloop
from tqdm import tqdm

from bench import passages, results
from bench.arguments import parsed, parser_of, whole_numbers, words
from bench.loadgen import Figures, LoadGenerator, Target, outcome_of
from bench.texts import LENGTHS, sized

QUICK: Final = {"texts": ["short"], "formats": ["pcm"], "listeners": [1, 2], "rounds": 2, "seconds": 0.5}

COUNTS: Final = ("requests", "heard", "refused", "failed")
"""Summed over the rounds, with the errors; of all other figures the median counts."""

COLUMNS: Final = {
    "text": 6,
    "format": 6,
    "listeners": 9,
    "server": 14,
    "heard": 6,
    "refused": 7,
    "failed": 6,
    "ttfa_p50_s": 10,
    "ttfa_p99_s": 10,
    "e2e_p99_s": 9,
    "rtf_p99": 7,
    "underrun_p99_s": 14,
    "c100": 5,
    "audio_s_per_s": 13,
    **passages.COLUMNS,
}


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    rows: list[dict[str, Any]] = []
    print(f"first: {arguments.urls[0]}\nsecond: {arguments.urls[1]}\n{results.heading(COLUMNS)}")
    works = list(itertools.product(arguments.texts, arguments.formats, arguments.listeners))
    with tqdm(total=2 * arguments.rounds * len(works), leave=False, disable=None) as bar:
        for text, format, listeners in works:
            targets = [_target(arguments, format, number) for number in (0, 1)]
            rounds: tuple[list[Figures], list[Figures]] = ([], [])
            before = _shapes(targets)
            try:
                for number in _turns(arguments.rounds):
                    rounds[number].append(_measure(targets[number], sized(text), listeners, arguments.seconds))
                    bar.update()
            except KeyboardInterrupt:
                break
            told = [passages.row_since(*pair) for pair in zip(before, _shapes(targets), strict=True)]
            for row, of_passages in zip(compared(*rounds), (*told, passages.row_since(None, None)), strict=True):
                rows.append({"text": text, "format": format, "listeners": listeners, **row, **of_passages})
                print(results.cells(rows[-1], COLUMNS), *_complaints(row), flush=True)
    results.publish("compare", vars(arguments), rows)


def compared(first: Sequence[Figures], second: Sequence[Figures]) -> list[dict[str, Any]]:
    """Three rows: two servers' figures over their rounds, and the second's ÷ the first's (None where either has none
    or the first's is 0)."""
    rows = [_over(first), _over(second)]
    ratios = {name: _ratio(rows[0][name], rows[1][name]) for name in rows[0] if name != "errors"}
    names = ("first", "second", "second ÷ first")
    return [{"server": name, **row} for name, row in zip(names, (*rows, ratios), strict=True)]


def _over(rounds: Sequence[Figures]) -> dict[str, Any]:
    figures = [asdict(each) for each in rounds]
    row: dict[str, Any] = {}
    for name in figures[0]:
        values = [each[name] for each in figures if each[name] is not None]
        if name == "errors":
            row[name] = dict(sum(map(Counter, values), Counter()))
        elif name in COUNTS:
            row[name] = sum(values)
        else:
            row[name] = median(values) if values else None
    return row


def _ratio(first: float | None, second: float | None) -> float | None:
    return second / first if first and second is not None else None


def _complaints(row: Mapping[str, Any]) -> list[str]:
    return [f"{count} × {error}" for error, count in row.get("errors", {}).items()]


def _turns(rounds: int) -> list[int]:
    """Which server's turn it is: first, second, second, first, first, ..."""
    return [number for turn in range(rounds) for number in ((0, 1) if turn % 2 == 0 else (1, 0))]


def _shapes(targets: Sequence[Target]) -> list[passages.Shape | None]:
    return [passages.shape_of(target.url) for target in targets]


def _measure(target: Target, text: str, listeners: int, seconds: float) -> Figures:
    generator = LoadGenerator(target, itertools.repeat(text))
    uvloop.run(generator.closed(listeners, seconds))
    return generator.figures()


def _target(arguments: argparse.Namespace, format: str, number: int) -> Target:
    """A server, which has been asked once: the first request of a process does what no later one does."""
    key = arguments.api_key[number] if number < len(arguments.api_key) else None
    target = Target(arguments.urls[number], format, arguments.voice, arguments.model, key, timeout_s=arguments.timeout)
    outcome = uvloop.run(_ask_once(target))
    if outcome:
        print(f"{target.url} does not speak {format}: {outcome}", file=sys.stderr)
    return target


async def _ask_once(target: Target) -> str:
    """A complaint about one request, if anything went wrong."""
    client = target.client()
    outcome = outcome_of(await target.speak(client, sized("short")), target.format)
    client.close()
    return outcome.error or ("refused" if outcome.refused else "")


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    parser.add_argument("urls", nargs=2, metavar="URL", help="a running server, with or without /v1")
    parser.add_argument("--api-key", action="append", default=[], help="the first server's; again: the second's")
    parser.add_argument("--model", default="tts-1")
    parser.add_argument("--voice", default="alloy")
    parser.add_argument(
        "--texts", type=words, default="short,medium,long", metavar="SIZE,SIZE...", help=", ".join(LENGTHS)
    )
    parser.add_argument("--formats", type=words, default="pcm,mp3", metavar="F,F...", help="(default: pcm,mp3)")
    parser.add_argument(
        "--listeners", type=whole_numbers, default="1,4,16", metavar="N,N...", help="at once (default: 1,4,16)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server at each work (default: 3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a turn (default: 5)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one response (default: 120)")
    return parsed(parser, QUICK, "short texts, two turns each, some seconds")


if __name__ == "__main__":
    main()

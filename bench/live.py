"""Listeners whose text is written by a language model while it is spoken, and what they heard of it.

    python -m bench.live --engine tone|espeak|kokoro [--model-dir FOLDER] [--sessions 1,70%] [--rates 30,60,120]
    python -m bench.live --url http://127.0.0.1:8880 [--rounds 3] [--seconds 20] [--words]

A turn is a text of some sentences. A session has one turn after the other, and listens to each to its end. A number of
sessions with % is that part of the requests that the server lets be in flight. Rates are tokens a second. By turns, in
rounds that begin with each in turn, all sessions have their text spoken in one of three ways:

    live    over Cartesia's WebSocket, token by token: one session, a context for each turn
    cut     by a client that cuts sentences itself, and sends a request for each when the one before is complete
    plain   by one request for the whole text, when its first sentence would be written

For each the table says:

    token_to_audio       seconds from the first token to the first audible audio
    sentence_to_audio    seconds from the last character of the first sentence to the first audible audio
    ratio                its median by that of plain requests, and by that of the cutting client
    c50, c100 ...        percent of the turns whose listener never waited longer than 0.05 s, 0.1 s ... for the rest
    requests             for each turn, as a join between two of them is a join between two sentences
    joins, good_percent  between passages, as the server counts them; for live and plain these are all joins

The last line is JSON. Ctrl-C ends it with the rows that are there.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import httpx
import uvloop
from prometheus_client.parser import text_string_to_metric_families
from tqdm import tqdm

from bench import passages, results, server
from bench.arguments import add_request_arguments, numbers, parsed, parser_of, target_of, words
from bench.live_client import CuttingClient, LiveClient, PlainClient, Turn
from bench.loadgen import RETRY_S, Target, percentile, share_within
from bench.texts import varied

SESSIONS: Final = "1,70%"
RATES: Final = "30,60,120"
LENGTH: Final = 400
"""Characters of a turn, in the middle of all: five sentences."""

QUICK: Final = {"sessions": ["2"], "rates": [120.0], "rounds": 1, "seconds": 3.0}
WAYS: Final = ("live", "cut", "plain")

COLUMNS: Final = {
    "sessions": 8,
    "rate": 5,
    "way": 5,
    "turns": 5,
    "refused": 7,
    "failed": 6,
    "token_to_audio_p50_s": 20,
    "sentence_to_audio_p50_s": 23,
    "sentence_to_audio_p99_s": 23,
    "to_plain": 8,
    "to_cut": 7,
    "underrun_p99_s": 14,
    "c50": 5,
    "c100": 5,
    "c200": 5,
    "requests": 8,
    **passages.COLUMNS,
}


class TurnClient(Protocol):
    """A client of one session."""

    async def turn(self, text: str, rate: float) -> Turn:
        """Have a text spoken, which is written at so many tokens a second."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    rows: list[dict[str, Any]] = []
    print(results.heading(COLUMNS))
    with server.chosen(arguments) as url:
        target = target_of(url, arguments)
        sessions = [sessions_of(asked, target.url) for asked in arguments.sessions]
        for count, rate in tqdm(list(itertools.product(sessions, arguments.rates)), leave=False, disable=None):
            try:
                of_ways = _measured(target, count, rate, arguments)
            except KeyboardInterrupt:
                break
            for row in rows_of(of_ways):
                rows.append({"sessions": count, "rate": rate} | row)
                print(
                    results.cells(rows[-1], COLUMNS),
                    *(f"{number} × {error}" for error, number in row["errors"].items()),
                    flush=True,
                )
    results.publish("live", vars(arguments), rows)


def sessions_of(asked: str, url: str) -> int:
    """How many sessions "12" or "70%" are, at least one."""
    if not asked.endswith("%"):
        return int(asked)
    response = httpx.get(f"{url.removesuffix('/').removesuffix('/v1')}/metrics", timeout=10)
    limits = {
        sample.name: sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    return max(1, round(limits["speechd_requests_in_flight_limit"] * float(asked[:-1]) / 100))


def rows_of(of_ways: dict[str, tuple[list[Turn], passages.Shape | None]]) -> Iterator[dict[str, Any]]:
    """The figures of each way, and how they compare."""
    medians = {way: _median(turns) for way, (turns, _) in of_ways.items()}
    for way, (turns, shape) in of_ways.items():
        told = shape.row() if shape is not None else dict.fromkeys(passages.UNKNOWN.row())
        yield {
            "way": way,
            **figures(turns),
            "to_plain": _ratio(medians[way], medians["plain"]),
            "to_cut": _ratio(medians[way], medians["cut"]),
            **told,
        }


def figures(turns: Sequence[Turn]) -> dict[str, Any]:
    """The figures of turns; None of none."""
    heard = [turn for turn in turns if turn.heard]
    underruns = [turn.heard.underrun_s for turn in heard if turn.heard and turn.heard.underrun_s is not None]
    to_audio = [turn.sentence_to_audio_s for turn in heard if turn.sentence_to_audio_s is not None]
    return {
        "turns": len(turns),
        "refused": sum(turn.refused for turn in turns),
        "failed": sum(bool(turn.error) for turn in turns),
        "token_to_audio_p50_s": percentile([turn.heard.ttfa_s for turn in heard if turn.heard], 50),
        "sentence_to_audio_p50_s": percentile(to_audio, 50),
        "sentence_to_audio_p99_s": percentile(to_audio, 99),
        "underrun_p99_s": percentile(underruns, 99),
        "c50": share_within(underruns, 0.05),
        "c100": share_within(underruns, 0.1),
        "c200": share_within(underruns, 0.2),
        "requests": sum(turn.requests for turn in turns) / len(turns) if turns else None,
        "errors": dict(Counter(turn.error for turn in turns if turn.error)),
    }


def _measured(
    target: Target, count: int, rate: float, arguments: argparse.Namespace
) -> dict[str, tuple[list[Turn], passages.Shape | None]]:
    """The turns of so many sessions in each way, by turns."""
    of_ways: dict[str, tuple[list[Turn], passages.Shape | None]] = {way: ([], passages.UNKNOWN) for way in WAYS}
    uvloop.run(_warm_up(target, arguments))
    for number in range(arguments.rounds):
        first = number % len(WAYS)
        for way in (*WAYS[first:], *WAYS[:first]):
            turns, shape = of_ways[way]
            before = passages.shape_of(target.url)
            uvloop.run(_round(target, way, count, rate, turns, arguments, number))
            of_ways[way] = turns, _sum(shape, before, passages.shape_of(target.url))
    return of_ways


async def _warm_up(target: Target, arguments: argparse.Namespace) -> None:
    """Have each way speak some words, twice: what a process does for the first time takes longer, whatever the way."""
    for way in WAYS * 2:
        client = _client(target, way, arguments)
        await client.turn("These are some words before all that is measured.", 120.0)
        await client.close()


async def _round(
    target: Target, way: str, count: int, rate: float, turns: list[Turn], arguments: argparse.Namespace, number: int
) -> None:
    texts = varied(arguments.seed + number, LENGTH)  # in every way the same
    end_s = time.monotonic() + arguments.seconds
    await asyncio.gather(
        *(_session(_client(target, way, arguments), texts, rate, end_s, turns, index) for index in range(count))
    )


async def _session(
    client: TurnClient, texts: Iterator[str], rate: float, end_s: float, turns: list[Turn], index: int
) -> None:
    await asyncio.sleep(0.37 * index % 2.0)  # else all would begin their first turns at once
    while time.monotonic() < end_s:
        turn = await client.turn(next(texts), rate)
        turns.append(turn)
        listened_s = RETRY_S
        if heard := turn.heard:
            listened_s = heard.began_s + heard.audio_s + (heard.underrun_s or 0.0) - time.monotonic()
        await asyncio.sleep(max(0.0, min(listened_s, end_s - time.monotonic())))
    await client.close()


def _client(target: Target, way: str, arguments: argparse.Namespace) -> TurnClient:
    if way == "live":
        return LiveClient(target, words=arguments.words)
    return CuttingClient(target) if way == "cut" else PlainClient(target)


def _sum(
    shape: passages.Shape | None, before: passages.Shape | None, after: passages.Shape | None
) -> passages.Shape | None:
    """A shape with what a server has spoken meanwhile; None of one that does not tell."""
    if shape is None or before is None or after is None:
        return None
    new = after.since(before)
    joins = {kind: shape.joins.get(kind, 0.0) + count for kind, count in new.joins.items()}
    return passages.Shape(joins, shape.had_text + new.had_text, shape.good + new.good)


def _median(turns: Sequence[Turn]) -> float | None:
    return percentile([turn.sentence_to_audio_s for turn in turns if turn.sentence_to_audio_s is not None], 50)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    server.add_arguments(parser)
    add_request_arguments(parser)
    parser.add_argument(
        "--sessions", type=words, default=SESSIONS, metavar="N,N%...", help=f"(default: {SESSIONS})".replace("%", "%%")
    )
    parser.add_argument(
        "--rates", type=numbers, default=RATES, metavar="R,R...", help=f"tokens a second (default: {RATES})"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of each way (default: 3)")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each way in each round (default: 20)")
    parser.add_argument("--words", action="store_true", help="ask for the words' times, too")
    parser.add_argument("--seed", type=int, default=0, help="of the texts (default: 0)")
    return parsed(parser, QUICK, "two sessions, some seconds")


if __name__ == "__main__":
    main()

"""Listeners who play a long text block by block while it arrives, and what they heard of it.

    python -m bench.read_along --url http://127.0.0.1:8880 [--listeners 1,8,64] [--speeds 1,2,3] [--varied-lengths]
    python -m bench.read_along --engine tone|espeak|kokoro [--setting max_in_flight=256]
    python -m bench.read_along --plan [--engine tone|espeak|kokoro] [--model-dir FOLDER]

A block is one request. A listener asks for the next block when the last one it has begins to play, as reading apps do,
and stalls where it has not come in time. Speeds are the player's: at 2, a second of audio plays in half of one. For
each number of listeners the table says:

    first_block, round_trip  seconds from asking for a block to the end of it: the first of a listener, and all
    ttfa                     seconds from asking to the first audible audio, over all blocks
    stalls, stall_s          how often, and for how many seconds in all, a listener heard nothing: mean and worst
    rtf, underrun, c50 ...   of each block alone, played at once: as in bench.load
    joins, inside_percent    joins between passages, and percent of them inside a clause and at its end, as the server
    clause_percent           counts them for /metrics
    good_percent             percent of the passages with 100 to 200 tokens, of those that have the text for it

With --plan nothing is spoken: natural texts of `bench.natural_texts` are planned here, each alone and then all together
(with Kokoro's phonemes; its `config.json` in --model-dir will do), and the table says what the passages are.

The last line is JSON. Ctrl-C ends it with what was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import uvloop
from tqdm import tqdm

from bench import passages, results, server
from bench.arguments import add_request_arguments, numbers, parsed, parser_of, target_of, whole_numbers
from bench.loadgen import Outcome, Target, figures, outcome_of, percentile
from bench.natural_texts import TEXTS
from bench.playback import AT_ONCE_S
from bench.texts import sized, varied

LISTENERS: Final = "1,2,4,8,16,32,64,128"
QUICK: Final = {"listeners": [1, 4], "speeds": [1.0, 3.0], "seconds": 1.0}

COLUMNS: Final = {
    "listeners": 9,
    "speed": 5,
    "heard": 6,
    "refused": 7,
    "failed": 6,
    "first_block_p50_s": 17,
    "ttfa_p50_s": 10,
    "ttfa_p99_s": 10,
    "round_trip_p50_s": 16,
    "e2e_p99_s": 9,
    "rtf_p99": 7,
    "stalls_mean": 11,
    "stalls_worst": 12,
    "stall_s_mean": 12,
    "stall_s_worst": 13,
    "underrun_p99_s": 14,
    "c50": 5,
    "c100": 5,
    "c200": 5,
    "audio_s_per_s": 13,
    **passages.COLUMNS,
}

PLAN_COLUMNS: Final = {
    "text": 10,
    "segment_s": 9,
    "passages": 8,
    "first_tokens": 12,
    "tokens_mean": 11,
    "tokens_most": 11,
    **passages.COLUMNS,
}

PLAN_LIMITS_S: Final = (math.inf, 10.0)
"""Seconds that a segment may have where engines render windows, and where they do not and no slot is to spare."""


@dataclass(slots=True)
class Player:
    """Plays what arrives, from the first of it on. ends_s: when all that has arrived will have been played."""

    speed: float = 1.0
    ends_s: float = -math.inf
    stalls: int = 0
    stall_s: float = 0.0

    def take(self, at_s: float, audio_s: float) -> None:
        """Audio that arrived, in order. A gap so short that TCP may have made it is none."""
        if math.isfinite(self.ends_s) and (gap_s := at_s - self.ends_s) > AT_ONCE_S:
            self.stalls += 1
            self.stall_s += gap_s
        self.ends_s = max(self.ends_s, at_s) + audio_s / self.speed


@dataclass(slots=True)
class Listener:
    """One who listens: its player, and what became of each block."""

    player: Player
    blocks: list[Outcome] = field(default_factory=list)

    async def listen(self, target: Target, texts: Iterator[str], end_s: float) -> None:
        """Listen until that moment; then the block that is under way is heard to its end."""
        client = target.client()
        while time.monotonic() < end_s:
            block = outcome_of(await target.speak(client, next(texts)), target.format)
            self.blocks.append(block)
            if heard := block.playback:
                plays_s = max(self.player.ends_s, heard.began_s)
                for (_, before_s), (at_s, audio_s) in itertools.pairwise([(0.0, 0.0), *heard.heard]):
                    self.player.take(at_s, audio_s - before_s)
            else:
                plays_s = time.monotonic() + block.come_back_s
            await asyncio.sleep(max(0.0, min(plays_s, end_s) - time.monotonic()))
        client.close()


def row_of(listeners: Sequence[Listener], began_s: float, ended_s: float) -> dict[str, Any]:
    """The figures of listeners so far."""
    blocks = [block for listener in listeners for block in listener.blocks]
    stalls = [listener.player.stalls for listener in listeners]
    stall_s = [listener.player.stall_s for listener in listeners]
    first_s = [next((block.latency_s for block in each.blocks if block.playback), None) for each in listeners]
    return {
        "first_block_p50_s": percentile([latency_s for latency_s in first_s if latency_s is not None], 50),
        "round_trip_p50_s": percentile([block.latency_s for block in blocks if block.playback], 50),
        "stalls_mean": sum(stalls) / len(stalls),
        "stalls_worst": max(stalls),
        "stall_s_mean": sum(stall_s) / len(stall_s),
        "stall_s_worst": max(stall_s),
        **asdict(figures(blocks, began_s, ended_s)),
    }


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    if arguments.plan:
        results.publish("read_along_plan", vars(arguments), list(_plans(arguments)))
        return
    rows: list[dict[str, Any]] = []
    print(results.heading(COLUMNS))
    with server.chosen(arguments) as url:
        target = target_of(url, arguments)
        cells = list(itertools.product(arguments.speeds, arguments.listeners))
        for speed, count in tqdm(cells, leave=False, disable=None):
            listeners = [Listener(Player(speed)) for _ in range(count)]
            before, began_s = passages.shape_of(target.url), time.monotonic()
            try:
                uvloop.run(_together(listeners, target, arguments))
                interrupted = False
            except KeyboardInterrupt:
                interrupted = True
            ended_s = min(time.monotonic(), began_s + arguments.seconds)
            row = {"listeners": count, "speed": speed, "text": "varied" if arguments.varied_lengths else "fixed"}
            row |= row_of(listeners, began_s, ended_s) | passages.row_since(before, passages.shape_of(target.url))
            rows.append(row | {"interrupted": interrupted})
            print(results.cells(rows[-1], COLUMNS), flush=True)
            if interrupted:
                break
    results.publish("read_along", vars(arguments), rows)


def _plans(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row for each text, and for all of them, printed as it is made."""
    engine = passages.planning_engine(arguments.engine, arguments.model_dir)
    print(results.heading(PLAN_COLUMNS))
    for limit_s in PLAN_LIMITS_S:
        for name, texts in {**{name: [text] for name, text in TEXTS.items()}, "all": [*TEXTS.values()]}.items():
            row = {"text": name, "segment_s": limit_s if math.isfinite(limit_s) else None}
            row |= passages.planned(texts, engine, limit_s).row()
            print(results.cells(row, PLAN_COLUMNS), flush=True)
            yield row


async def _together(listeners: Sequence[Listener], target: Target, arguments: argparse.Namespace) -> None:
    texts = varied(arguments.seed) if arguments.varied_lengths else itertools.repeat(sized("medium"))
    end_s = time.monotonic() + arguments.seconds
    await asyncio.gather(*(listener.listen(target, texts, end_s) for listener in listeners))


def _arguments() -> argparse.Namespace:
    parser = parser_of(__doc__)
    server.add_arguments(parser)
    add_request_arguments(parser)
    parser.add_argument(
        "--listeners", type=whole_numbers, default=LISTENERS, metavar="N,N...", help=f"(default: {LISTENERS})"
    )
    parser.add_argument("--speeds", type=numbers, default="1", metavar="X,X...", help="of the players (default: 1)")
    parser.add_argument("--varied-lengths", action="store_true", help="blocks of varied length, else all the same")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each row (default: 30)")
    parser.add_argument("--plan", action="store_true", help="plan natural texts, and speak nothing")
    parser.add_argument("--seed", type=int, default=0, help="of the varied texts (default: 0)")
    return parsed(parser, QUICK, "few listeners, some seconds")


if __name__ == "__main__":
    main()

"""How near passages in windows come to the whole, and what windows cost.

    python -m bench.windows --model-dir DIR [--quick]

Three tables. The proof: with the statistics of the whole passage in its norms, every cutting has the whole's samples.
The distance: with a window's own statistics and with carried ones, and the steps at joins, beside those of the whole at
the same places and those of a text that is cut into short segments, each an utterance of its own. The cost: CPU time of
a window ÷ its share of the whole's. Passages are made words of random phonemes. The last line is JSON.

DIR: config.json, kokoro-v1_0.pth and voices/*.pt. Random weights say what it costs, and little of how it sounds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from bench import results
from bench.arguments import parsed, parser_of, whole_numbers
from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import Audio
from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.checkpoint import Checkpoint
from speechd.engines.kokoro.cpu.norm_statistics import Own
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.distance import loudness_step_db, snr_db, spectral_step_db
from speechd.engines.kokoro.verify_windows import FRAMES_PER_S, WholePassage, mean

WORDS: Final = (3, 8)
"""Phonemes of the shortest and the longest word."""

SEGMENTS: Final = (30, 60)
"""Phonemes of the first segment of a text that is cut into short ones, and of the further ones."""

CUTTINGS_S: Final = {
    "1, 2, 4 s ...": (1.0, 2.0, 4.0),
    "0.5 s": (0.5,),
    "1 s": (1.0,),
    "2 s": (2.0,),
    "4 s": (4.0,),
}
"""Seconds of the windows; the last is that of all further ones."""

COSTS_S: Final = (0.5, 1.0, 2.0, 4.0)

PROOF: Final = {"tokens": 6, "cutting": 14, "windows": 7, "snr_db": 7}
DISTANCE: Final = {
    "tokens": 6,
    "cutting": 14,
    "statistics": 10,
    "joins": 5,
    "snr_db": 7,
    "spectra_db": 10,
    "loudness_step_db": 16,
    "whole_loudness_step_db": 22,
    "spectral_step_db": 16,
    "whole_spectral_step_db": 22,
}
COST: Final = {"window_s": 8, "place": 7, "cpu_ms": 7, "share_ms": 8, "cost": 5}

Row = dict[str, Any]


class Weights:
    """The model and one voice of a folder."""

    def __init__(self, folder: Path, dtype: str) -> None:
        checkpoint = Checkpoint(folder)
        config = checkpoint.config()
        self.model = cpu.load(config, checkpoint.state(), dtype)
        (self._pack,) = checkpoint.packs(1).values()
        self._space: int = config["vocab"][" "]
        self._phonemes = sorted({*config["vocab"].values()} - {self._space})

    def text(self, count: int) -> list[int]:
        """`count` tokens: words of random phonemes, the same for the same count."""
        choice, tokens = random.Random(count), list[int]()
        while len(tokens) < count:
            tokens += [*choice.choices(self._phonemes, k=choice.randint(*WORDS)), self._space]
        return tokens[:count]

    def whole(self, tokens: Sequence[int]) -> WholePassage:
        """The passage of these tokens, in the voice's row for as many."""
        return WholePassage(
            self.model, torch.nn.functional.pad(torch.tensor(tokens), (1, 1)), self._pack[len(tokens) - 1]
        )

    def segments(self, tokens: Sequence[int]) -> list[list[int]]:
        """The tokens, cut between words into `SEGMENTS`."""
        return cut_at(tokens, self._space)


def cut_at(tokens: Sequence[int], space: int) -> list[list[int]]:
    """The tokens, cut behind the first `space` at which a segment has the length of `SEGMENTS`."""
    found, current = list[list[int]](), list[int]()
    for token in tokens:
        current.append(token)
        if token == space and len(current) >= SEGMENTS[min(len(found), 1)]:
            found.append(current)
            current = []
    return [*found, current] if current else found


def proof(wholes: dict[int, WholePassage]) -> Iterator[Row]:
    """Rows of the proof."""
    for tokens, whole in wholes.items():
        cuttings = {name: whole.ends(lengths_s) for name, lengths_s in CUTTINGS_S.items()}
        choice = random.Random(tokens)
        places = choice.sample(range(1, whole.passage.frames), min(8, whole.passage.frames - 1))
        cuttings["random"] = [*sorted(places), whole.passage.frames]
        for name, ends in cuttings.items():
            distance_db = snr_db(whole.samples, whole.given(ends))
            yield {"tokens": tokens, "cutting": name, "windows": len(ends), "snr_db": distance_db}


def distances(weights: Weights, wholes: dict[int, WholePassage]) -> Iterator[Row]:
    """Rows of the distances."""
    for tokens, whole in wholes.items():
        for name, lengths_s in CUTTINGS_S.items():
            ends = whole.ends(lengths_s)
            for statistics, samples in ("own", whole.own(ends)), ("carried", whole.carried(ends)):
                row = {"tokens": tokens, "cutting": name, "statistics": statistics, "joins": len(ends) - 1}
                yield row | asdict(whole.distance(samples, ends))
        yield cut_text(weights, tokens)


def cut_text(weights: Weights, tokens: int) -> Row:
    """The steps at the joins of a text that is cut into short segments, which a listener hears one after the other."""
    joiner, parts, places = SegmentJoiner(), list[Tensor](), list[int]()
    for segment in weights.segments(weights.text(tokens)):
        joined = joiner.add(Audio(weights.whole(segment).samples.numpy()), 0.0)
        parts.append(torch.from_numpy(joined.samples))
        places.append(sum(map(len, parts)))
    samples, places = torch.cat(parts), places[:-1]
    row = dict.fromkeys(DISTANCE, None) | {"tokens": tokens, "cutting": "text, cut", "joins": len(places)}
    return row | {
        "loudness_step_db": mean(loudness_step_db(samples, place) for place in places),
        "spectral_step_db": mean(spectral_step_db(samples, place) for place in places),
    }


def costs(whole: WholePassage, rounds: int) -> Iterator[Row]:
    """Rows of the cost: the least of `rounds`, all windows and the whole interleaved."""
    frames = whole.passage.frames
    cores = [("whole", Stretch.whole(frames))]
    for window_s in COSTS_S:
        count = round(window_s * FRAMES_PER_S)
        middle = (frames - count) // 2
        cores += [("first", Stretch(0, count, frames)), ("middle", Stretch(middle, middle + count, frames))]
    best = [float("inf")] * len(cores)
    for _ in range(rounds):
        for index, (_, core) in enumerate(cores):
            start = time.process_time()
            whole.render(core, Own())
            best[index] = min(best[index], time.process_time() - start)
    for (place, core), taken in zip(cores, best, strict=True):
        share = best[0] * len(core) / frames
        yield {
            "window_s": len(core) / FRAMES_PER_S,
            "place": place,
            "cpu_ms": taken * 1000,
            "share_ms": share * 1000,
            "cost": taken / share,
        }


def shown(title: str, rows: Iterator[Row], widths: dict[str, int]) -> list[Row]:
    """The rows, printed under a title as they come."""
    print(f"\n{title}\n{results.heading(widths)}")
    found = []
    for row in rows:
        print(results.cells(row, widths), flush=True)
        found.append({"table": title, **row})
    return found


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--model-dir", type=Path, required=True, help="a folder of weights in the release's layout")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--tokens", type=whole_numbers, default=[60, 150, 400], help="of the passages")
    parser.add_argument("--rounds", type=int, default=5, help="of the cost")
    run(parsed(parser, {"tokens": [40], "rounds": 1}, "one short passage, one round"))


def run(options: argparse.Namespace) -> None:
    """Print the tables, and save them as one result."""
    torch.set_num_threads(1)  # so that CPU time is what the work takes
    weights = Weights(options.model_dir, options.dtype)
    wholes = {tokens: weights.whole(weights.text(tokens)) for tokens in options.tokens}
    rows = [
        *shown("with the statistics of the whole", proof(wholes), PROOF),
        *shown("with statistics of windows", distances(weights, wholes), DISTANCE),
        *shown("cost", costs(wholes[max(wholes)], options.rounds), COST),
    ]
    results.publish("windows", vars(options), rows)


if __name__ == "__main__":
    main()

"""Random texts in random pieces through the planner of text that is still being written.

A find is an exception other than `InvalidRequest`, a step of the planner that takes more than `CPU_LIMIT_S`, words or
ends of paragraphs that are others than those of the text sent whole, or a plan that goes on otherwise in a planner that
continues another's.
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from bench.arguments import words
from bench.fuzz.length import Length, add_length
from bench.fuzz.texts import text
from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest
from speechd.languages.table import LANGUAGES
from speechd.speech.live_planner import Fed, Finish, Flush, LivePlanner
from speechd.speech.planner import Planned
from speechd.text.fed_text import FedText, Flushed, NeedsText
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency

CPU_LIMIT_S: Final = 1.0
"""Processor seconds of one step. The slowest known takes 0.1 s."""

LONGEST: Final = 3000
"""Characters of a text, which is planned three times."""

LANGUAGES_HERE: Final = tuple(language for language in LANGUAGES if language not in ("ja", "zh"))
"""Those whose numbers can be read without packages of their own."""

_BLEND: Final = catalogue().parse("af_heart")


Item = Planned | Pause | Flushed | NotYet | None


@dataclass(frozen=True, slots=True)
class Case:
    """A text in pieces, in a language. urgency: with which it is planned. flushes: the pieces behind which it is
    flushed. resumes: those behind which another planner goes on."""

    language: str
    pieces: tuple[str, ...]
    urgency: Urgency = Urgency.GATHER
    flushes: frozenset[int] = frozenset()
    resumes: frozenset[int] = frozenset()


class TooSlow(Exception):
    """A step took more than `CPU_LIMIT_S`."""


def wrong(case: Case) -> str:
    """The fault in how the case is planned, or \"\"."""
    try:
        if sentences(case, live=True) != sentences(case, live=False):
            return "other sentences than of the whole text"
        if planned(case) != planned(Case(case.language, case.pieces, case.urgency, case.flushes)):
            return "another planner goes on otherwise"
    except InvalidRequest:
        return ""
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"
    return ""


def sentences(case: Case, *, live: bool) -> list[tuple[str, bool]]:
    """The sentences in which there is something to speak, and whether each ends a paragraph."""
    fed = FedText(case.language, live=live)
    found: list[tuple[str, bool]] = []
    of_text = fed.sentences()
    for piece in (*case.pieces, None):
        if piece is None:
            fed.finish()
        else:
            fed.feed(piece)
        for sentence in of_text:
            if isinstance(sentence, NeedsText):
                break
            if not isinstance(sentence, str):
                continue
            ends = "\n\n" in sentence[len(sentence.rstrip()) :]
            if any(map(str.isalnum, sentence)):
                found.append((sentence.strip(), ends))
            elif ends and found:
                found[-1] = found[-1][0], True
    return found


def planned(case: Case) -> list[object]:
    """What the planner makes of it: the payloads of segments, and flushes."""
    options = SynthesisOptions(_BLEND, case.language, 4.0, words=True)
    planner = LivePlanner("", options, ToneEngine())
    known: list[Fed] = []
    items: list[object] = []
    for number, piece in enumerate((*case.pieces, None)):
        fed: list[Fed] = [Finish()] if piece is None else [piece]
        if number in case.flushes:
            fed.append(Flush(number))
        if number in case.resumes:
            planner = LivePlanner("", options, ToneEngine(), progress=pickle.loads(pickle.dumps(planner.progress)))
            planner.feed(known)
        known += fed
        planner.feed(fed)
        while not isinstance(item := timed(partial(planner.next_live, 20.0, case.urgency)), NotYet | None):
            items.append(item.segment.payload if isinstance(item, Planned) else item)
        if case.urgency is Urgency.CLAUSE and isinstance(item, NotYet) and (broken := planner.break_off()):
            known.append(broken)
    return [item for item in items if isinstance(item, bytes | Flushed)]


def timed(step: Callable[[], Item]) -> Item:
    """What a step returns. Raises `TooSlow`. Steps that only pass over text are made at once."""
    while True:
        began_s = time.process_time()
        item = step()
        if time.process_time() - began_s > CPU_LIMIT_S:
            raise TooSlow
        if not isinstance(item, NotYet) or item.needs_text:
            return item


def drawn(draw: random.Random, languages: Sequence[str]) -> Case:
    """A random case."""
    whole = text(draw)[:LONGEST]
    count = draw.choice((1, 3, 10, 40, len(whole)))
    stops = sorted({0, len(whole), *(draw.randrange(len(whole) + 1) for _ in range(count))})
    pieces = tuple(whole[start:stop] for start, stop in pairwise(stops))
    few = [draw.randrange(len(pieces) + 1) for _ in range(draw.choice((0, 1, 4)))]
    many = [draw.randrange(len(pieces) + 1) for _ in range(draw.choice((1, 4)))]
    return Case(draw.choice(languages), pieces, draw.choice(list(Urgency)), frozenset(few), frozenset(many))


def shortened(case: Case, kind: str) -> Case:
    """The case without the pieces that are not needed for the same kind of fault."""
    at = 0
    while at < len(case.pieces):
        shorter = Case(
            case.language, case.pieces[:at] + case.pieces[at + 1 :], case.urgency, case.flushes, case.resumes
        )
        if wrong(shorter).split()[:1] == kind.split()[:1]:
            case = shorter
        else:
            at += 1
    return case


def fuzz(length: Length, seed: int, languages: Sequence[str] = (), most: int = 10) -> int:
    """Plan; print and count the faults, `most` at most."""
    draw = random.Random(seed)
    found = count = 0
    for count in length.numbers():
        case = drawn(draw, languages or LANGUAGES_HERE)
        if kind := wrong(case):
            found += 1
            print(f"seed {seed}, text {count}: {kind}\n  shortened: {shortened(case, kind)!a}", flush=True)
            if found == most:
                break
    print(f"{count} texts, {found} of them wrong")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz live", description=__doc__)
    add_length(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", default="", help="only these: en-us,hi ...")
    options = parser.parse_args(arguments)
    return 1 if fuzz(Length.of(options), options.seed, words(options.languages)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

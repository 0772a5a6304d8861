"""How long passages are: shares of the length that an engine speaks best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from speechd.engines.base import Engine

ENOUGH: Final = 2 / 3
"""Share of an engine's `passage_length` from which a passage is long enough. Kokoro's author (VOICES.md of the model):
voices are best on 100 to 200 of about 500 tokens, weak on fewer than 10 or 20, and may rush on more than 400. For a
passage length of 150 this is 100."""

MOST: Final = 4 / 3
"""Share of it up to which sentences are gathered: 200."""

LONGEST: Final = 8 / 3
"""Share of it beyond which a sentence is cut: 400."""

FIRST: Final = 2 / 15
"""Share of it from which the first sentence is a passage of its own, so that its listener soon hears it: 20."""

RUN: Final = 1 / 3
"""Share of it, in seconds of English at speed 1, that a segment has at most of letters that can be no word: a cut does
them no harm, and they are to keep slots no longer than ordinary text does."""

CHARACTERS_PER_S: Final = 15.0
"""Characters of English in a second of speech at speed 1; only where a plan begins, before a segment tells better."""

TOKENS_PER_CHARACTER: Final = 1.0
"""Of English, likewise."""

WHOLE_SHARE: Final = 1.8
"""Of the seconds that a passage of the engine's `passage_length` takes in English at speed 1, how many a segment has at
most, in any voice, script and at any speed, where segments have a limit at all. What a slot holds grows with them
unless it renders them in windows: Kokoro took 15 MB a second, and up to 120 s before there was a limit."""


class Pace(NamedTuple):
    """How text becomes speech: characters in a second of audio, and tokens in a character; of the last segment."""

    characters_per_s: float
    tokens_per_character: float = TOKENS_PER_CHARACTER

    def characters(self, tokens: float) -> int:
        """About how many characters have so many tokens."""
        return max(1, round(tokens / self.tokens_per_character))

    def measured(self, characters: int, duration_s: float, tokens: int) -> Pace:
        """The pace of a segment of so many characters; what cannot be told from it stays."""
        return Pace(
            characters / duration_s if duration_s > 0 else self.characters_per_s,
            tokens / characters if tokens else self.tokens_per_character,
        )


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long the next segment is to be. enough, most, limit: characters of its passage, as for `PassageReader.next`.
    tokens, segment_s: that it has at most; run_s: seconds that it has at most where it is of a run (see `RUN`)."""

    enough: int
    most: int
    limit: int
    tokens: float
    segment_s: float
    run_s: float


def sizes_of(engine: Engine, pace: Pace, longest_s: float, *, is_first: bool) -> Sizes:
    """How long the next segment is to be. longest_s: seconds that it may have, if there is a limit."""
    length = engine.passage_length
    usual_s = WHOLE_SHARE * length / CHARACTERS_PER_S
    segment_s = min(longest_s, usual_s) if math.isfinite(longest_s) else math.inf
    limit = min(engine.passage_limit, pace.characters(LONGEST * length))
    most = min(limit, pace.characters(MOST * length))
    if math.isfinite(segment_s):
        most = max(1, min(most, int(segment_s * pace.characters_per_s)))
    enough = min(most, pace.characters((FIRST if is_first else ENOUGH) * length))
    return Sizes(enough, most, limit, LONGEST * length, segment_s, run_s=RUN * length / CHARACTERS_PER_S)

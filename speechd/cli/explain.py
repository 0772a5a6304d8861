"""`speechd say --explain`: why a text is said as it is: its passages, their spoken form, and their phonemes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from speechd.engines.base import Engine, SynthesisOptions
from speechd.speech.passage_sizes import ENOUGH, LONGEST, MOST
from speechd.text.markup import Pause
from speechd.text.passages import Passage, PassageReader

log = logging.getLogger(__name__)


def explain(text: str, options: SynthesisOptions, engine: Engine) -> Iterator[str]:
    """A line for each passage and pause, and below a passage its phonemes, where the language's reader is installed."""
    phonemes = _phonemes(options.language)
    reader = PassageReader(options.language)
    reader.feed(text)
    reader.finish()
    enough, most, limit = (round(share * engine.passage_length) for share in (ENOUGH, MOST, LONGEST))
    while (piece := reader.next(enough, most, min(limit, engine.passage_limit))) is not None:
        if isinstance(piece, Pause):
            yield f"pause     {piece.duration_s:g} s"
        elif isinstance(piece, Passage):
            yield f"{piece.boundary.name.lower():9} {piece.text}"
            if phonemes is not None:
                yield f"phonemes  {phonemes(piece.text)}"


def _phonemes(language: str) -> Callable[[str], str] | None:
    """Kokoro's phonemes of a text; None where what reads the language is not installed."""
    try:
        from speechd.engines.kokoro.g2p.g2p import G2P

        g2p = G2P(_Everything())
        g2p.check(language)
    except Exception as error:  # many packages of several languages, each with errors of its own
        log.warning("No phonemes are shown: %s", error)
        return None
    return lambda text: g2p.phonemes(text, language)


class _Everything(frozenset[str]):
    """A vocabulary that has every phoneme: what a model lacks is shown, too."""

    def __contains__(self, phoneme: object) -> bool:
        return True

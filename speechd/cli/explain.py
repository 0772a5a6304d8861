"""`speechd say --explain`: why a text is said as it is: its passages, their spoken form, and their phonemes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import InvalidRequest
from speechd.speech.planner import Planned, Planner
from speechd.text.markup import Pause

log = logging.getLogger(__name__)


def explain(text: str, options: SynthesisOptions, engine: Engine) -> Iterator[str]:
    """A line for each passage and pause, and below a passage its phonemes, where the language's reader is installed."""
    phonemes = _phonemes(options.language)
    planner = Planner(text, replace(options, words=True), engine)
    while (planned := planner.next()) is not None:
        if isinstance(planned, Pause):
            yield f"pause     {planned.duration_s:g} s"
        elif isinstance(planned, Planned) and planned.script is not None:
            yield f"{planned.boundary.name.lower():9} {planned.script.text}"
            if phonemes is not None:
                yield f"phonemes  {phonemes(planned.script.text)}"


def _phonemes(language: str) -> Callable[[str], str] | None:
    """Kokoro's phonemes of a text; None where what reads the language is not installed."""
    try:
        from speechd.engines.kokoro.g2p.g2p import G2P

        g2p = G2P(_Everything())
        g2p.check(language)
    except (ImportError, InvalidRequest) as error:
        log.warning("No phonemes are shown: %s", error)
        return None
    return lambda text: g2p.phonemes(text, language)


class _Everything(frozenset[str]):
    """A vocabulary that has every phoneme: what a model lacks is shown, too."""

    def __contains__(self, phoneme: object) -> bool:
        return True

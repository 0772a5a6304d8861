"""The elements of SSML, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SPOKEN: Final = frozenset(("emphasis", "w", "token", "lookup"))
"""Elements that change nothing: the voices here have no emphasis of their own."""

UNSPOKEN: Final = frozenset(("desc", "meta", "metadata"))
"""Elements that are left out with what they hold."""

REFUSED: Final[Mapping[str, str]] = {
    "audio": "plays a recording, and this server has only voices: take it out",
    "lexicon": "names a file, and this server reads none: use <phoneme> or <sub>",
}
"""Elements that cannot be honoured, and why."""

ELEMENTS: Final[Mapping[str, str]] = {
    "speak": "the document",
    "p": "a paragraph",
    "s": "a sentence",
    "break": "a pause: `time` in `s` or `ms`, or `strength`",
    "voice": "another voice or blend: `name`",
    "lang": "another language: `xml:lang`",
    "prosody": "`rate` and `volume`; `pitch`, `contour`, `range` and `duration` are refused",
    "phoneme": "a pronunciation: `ph`, with `alphabet` `ipa` or `x-sampa`",
    "say-as": "`interpret-as`: letters or digits one by one, ordinals; the rest is read as it is written",
    "sub": "what is spoken instead: `alias`",
    "mark": "reported in timestamps: `name`",
    **dict.fromkeys(sorted(SPOKEN), "its text"),
}
"""The elements that are known, and what they are."""

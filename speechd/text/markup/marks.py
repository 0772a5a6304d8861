"""The marks of a document: what it says, and how that is to be spoken. The terms are those of SSML 1.1 (W3C, 2010)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

PAUSE_LIMIT_S: Final = 30.0
"""Seconds. The longest pause that one `[pause:…]` asks for; longer ones are cut to this."""

PRONUNCIATION: Final = re.compile(r"\[(?P<word>[^\[\]\n]{1,60})\]\(/(?P<ipa>[^/()\n]{1,100})/\)")
"""`[word](/ipa/)`: a word with its own pronunciation, in the input and in a passage's text (misaki has the same form).
Bounded, so that it fits a passage whole."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters to speak. They end with "\\n\\n" where a paragraph ends and with "\\n" where a line stands alone (a
    list item, a table row); inside them, a line break is such an end, too."""

    text: str


@dataclass(frozen=True, slots=True)
class Phonemes:
    """A word and how it sounds, in IPA. It belongs to the sentence around it."""

    word: str
    ipa: str

    def __str__(self) -> str:
        """The word as `PRONUNCIATION` finds it."""
        return f"[{self.word}](/{self.ipa}/)"


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence between what comes before and after. duration_s: 0 ... `PAUSE_LIMIT_S`."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class Voice:
    """The voice, or the blend, that speaks from here on; None for the request's own. language: what it then speaks, as
    a BCP 47 tag; None for the request's own."""

    name: str | None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Prosody:
    """The speaking rate and the loudness from here on, as factors on the request's own."""

    rate: float = 1.0
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Tag:
    """`[voice:...]` or `[rate:...]` in a text, which is never spoken. It means something only where tags are allowed
    (`speechd.text.markup.tags`); name: "voice" or "rate"; value: what stands behind the colon."""

    name: str
    value: str


Mark = Text | Phonemes | Pause | Voice | Prosody | Tag


@dataclass(frozen=True, slots=True)
class Style:
    """How a passage is to be spoken, as far as the marks before it say: the fields of `Voice` and `Prosody`."""

    voice: str | None = None
    rate: float = 1.0
    volume: float = 1.0
    language: str | None = None

    def after(self, mark: Voice | Prosody) -> Style:
        """The style from the mark on."""
        if isinstance(mark, Voice):
            return replace(self, voice=mark.name, language=mark.language)
        return replace(self, rate=mark.rate, volume=mark.volume)


NEUTRAL: Final = Style()
"""The style of a passage that no mark is for: the request's own."""


def plain(text: str) -> str:
    """`text` with each `[word](/ipa/)` as its word, for engines that know no IPA."""
    return PRONUNCIATION.sub(r"\g<word>", text)

"""Markup: what a client wrote becomes a document, a sequence of marks."""

from speechd.text.markup.document import DocumentReader, parse
from speechd.text.markup.marks import (
    NEUTRAL,
    PRONUNCIATION,
    Mark,
    Pause,
    Phonemes,
    Prosody,
    Style,
    Tag,
    Text,
    Voice,
    plain,
)

__all__ = [
    "NEUTRAL",
    "PRONUNCIATION",
    "DocumentReader",
    "Mark",
    "Pause",
    "Phonemes",
    "Prosody",
    "Style",
    "Tag",
    "Text",
    "Voice",
    "parse",
    "plain",
]

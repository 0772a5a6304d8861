"""What a client heard, and when it was told that each word sounds; written where `bench.clients.check` reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

TEXT = "Hello there, this costs $3.50 today. It was 1999 when we met! And that is all."
"""What the clients have spoken: numbers are spoken in other words than they are written in."""

KEY = os.environ.get("CLIENTS_KEY", "unused")

FOLDER = Path(os.environ.get("CLIENTS_OUT", "."))


class Record:
    """The audio and the words of one utterance. Words have no end where the client tells none."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text, self.rate = name, text, 24000
        self.pcm = bytearray()
        self.words: list[tuple[str, float, float | None]] = []

    def audio(self, data: bytes, rate: int) -> None:
        self.pcm += data
        self.rate = rate

    def word(self, text: str, start_s: float, end_s: float | None = None) -> None:
        self.words.append((text, start_s, end_s))


def save(record: Record) -> None:
    """Write a record into the folder of this run."""
    (FOLDER / f"{record.name}.pcm").write_bytes(record.pcm)
    told = {"text": record.text, "rate": record.rate, "words": record.words}
    (FOLDER / f"{record.name}.json").write_text(json.dumps(told))

"""Checks what the clients of this folder have heard: all of the text, and each word where it sounds.

python -m bench.clients.check FOLDER
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.engines.tone import decode

SPOKEN: Final = {"$3.50": "threedollarsandfiftycents", "1999": "nineteenninetynine"}
"""How a word is spoken that is not spoken as it is written."""

TOLERANCE_S: Final = 0.03
"""How far a word's time may be off: half of a letter of the tone engine. Clients round to milliseconds."""


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def spoken_form(text: str) -> str:
    """The letters that are spoken of a text."""
    return "".join(SPOKEN.get(word.strip(",.!?\"'"), letters(word)) for word in text.split())


def problems(record: dict[str, Any], samples: Samples) -> list[str]:
    """What is wrong with what a client heard."""
    found = []
    heard, wanted = letters(decode(samples)), spoken_form(record["text"])
    if heard != wanted:
        found.append(f"heard {heard[:80]!r} instead of {wanted[:80]!r}")
    words = [(word.strip(), start_s, end_s) for word, start_s, end_s in record["words"] if word.strip()]
    if words and [word for word, _, _ in words] != record["text"].split():
        found.append(f"words {[word for word, _, _ in words]}")
    ends = [start_s for _, start_s, _ in words[1:]] + [len(samples) / SAMPLE_RATE]
    for (word, start_s, end_s), next_s in zip(words, ends[: len(words)], strict=True):
        start, stop = start_s - TOLERANCE_S, next_s - TOLERANCE_S
        if end_s is not None:  # or where the next word begins, where a client counts the space to the word
            stop = min(end_s + TOLERANCE_S, stop)
        part = samples[max(0, round(start * SAMPLE_RATE)) : round(stop * SAMPLE_RATE)]
        if letters(decode(part)) != spoken_form(word):
            found.append(f"{word!r} at {start_s:.3f} to {end_s}: {decode(part)!r}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    failed = 0
    for path in sorted(parser.parse_args().folder.glob("*.json")):
        record = json.loads(path.read_text())
        samples = np.frombuffer(path.with_suffix(".pcm").read_bytes(), "<i2").astype(np.float32) / np.float32(32767)
        found = problems(record, samples)
        failed += bool(found)
        seconds = len(samples) / SAMPLE_RATE
        print(f"{'FAILED' if found else 'ok':6} {path.stem:40} {seconds:6.2f} s, {len(record['words'])} words")
        for problem in found[:6]:
            print(f"       {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

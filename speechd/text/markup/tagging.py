"""SSML as text with tags: what Kokoro-FastAPI's `/dev/ssml` gives, for clients that write tags."""

from __future__ import annotations

from collections.abc import Iterable

from speechd.text.markup.marks import Mark, Pause, Phonemes, Prosody, Text, Voice


def tagged(marks: Iterable[Mark], voice: str) -> str:
    """The marks as text with `[voice:...]`, `[rate:...]` and `[pause:...]`. voice: the one that speaks what names none;
    empty: voices and rates are left out."""
    pieces = []
    speaking = voice
    for mark in marks:
        match mark:
            case Text(text):
                pieces.append(text)
            case Phonemes():
                pieces.append(str(mark))
            case Pause(duration_s):
                pieces.append(f"[pause:{duration_s:g}s]")
            case Voice(name) if voice:
                if (name or voice) != speaking:
                    speaking = name or voice
                    pieces.append(f"[voice:{speaking}]")
            case Prosody(rate=rate) if voice:
                pieces.append(f"[rate:{rate:g}]")
            case _:
                pass
    return "".join(pieces).strip()

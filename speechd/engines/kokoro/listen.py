"""Pairs of sound files to listen to: passages rendered whole, and the same in windows."""

from __future__ import annotations

import itertools
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from speechd.audio.samples import Samples, pcm16
from speechd.engines.base import Segment, SupportsWindows, SynthesisOptions, synthesize_one
from speechd.engines.kokoro.engine import WindowedKokoroEngine
from speechd.voices import Blend

TEXTS: Final = {
    "short": "It is strange how quickly a small mistake becomes a habit, and how slowly a habit becomes a memory.",
    "long": (
        "The harbour was quiet when we arrived, and the last of the fishing boats had gone out before dawn. An old man "
        "sat on the wall, mending a net with slow, careful hands; he did not look up. Where is everybody, we asked him?"
    ),
}
"""By the name of their files: a sentence, and a passage of about 200 phonemes."""

WINDOWS_S: Final = (1.0, 2.0, 4.0)
"""Seconds of the windows as a listener gets them; the last is that of all further ones."""


def write_pairs(engine: WindowedKokoroEngine, voices: list[Blend], folder: Path) -> Iterator[Path]:
    """Write NAME-VOICE-whole.wav and NAME-VOICE-windows.wav for all `TEXTS` and voices; the files as they are there.

    engine: started. Makes the folder. Raises OSError where nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for blend in voices:
        options = SynthesisOptions(blend, blend.language)
        engine.load_voice(options)
        for name, text in TEXTS.items():
            segment = engine.prepare(text, options)
            assert segment is not None, "these texts can be spoken"
            for kind, samples in (
                ("whole", synthesize_one(engine, segment).samples),
                ("windows", in_windows(engine, segment)),
            ):
                path = folder / f"{name}-{blend}-{kind}.wav"
                _write(path, samples, engine.sample_rate)
                yield path


def in_windows(engine: SupportsWindows, segment: Segment) -> Samples:
    """The samples of a segment in windows of `WINDOWS_S`."""
    parts, state = [], b""
    for wanted_s in itertools.chain(WINDOWS_S, itertools.repeat(WINDOWS_S[-1])):
        window = engine.render_window(segment, state, wanted_s)
        parts.append(window.audio.samples)
        state = window.state
        if not state:
            break
    return np.concatenate(parts)


def _write(path: Path, samples: Samples, rate: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm16(samples))

"""One engine in a process of its own, without a server: `bench.threads` starts it and says when to speak.

    OMP_NUM_THREADS=2 SPEECHD_ENGINE=kokoro SPEECHD_THREADS=2 python -m bench.engine_process RUNS TEXT...

The engine is chosen as the server's is, from the environment. When it has spoken every text once, it prints "ready";
for each line of standard input it then speaks the texts `RUNS` times, and prints a JSON object: seconds of the runs,
and of audio in one run, by the text's number.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence

from speechd.config.settings import Settings
from speechd.engines import registry
from speechd.engines.base import Engine, SynthesisOptions
from speechd.speech.offline import synthesize_file


def main(runs: int, texts: Sequence[str]) -> None:
    """Be that process."""
    settings = Settings.load({}, os.environ)
    engine = registry.create(settings.engine, registry.EngineOptions.of(settings)).engine
    blend = engine.voices().parse("alloy")
    delivery = SynthesisOptions(blend, blend.language)
    engine.start(settings.threads)
    for text in texts:
        speak(engine, delivery, text)
    print("ready", flush=True)
    for _ in sys.stdin:
        timed = [[_timed(engine, delivery, text) for _ in range(runs)] for text in texts]
        result = [{"runs_s": [took_s for took_s, _ in each], "audio_s": each[0][1]} for each in timed]
        print(json.dumps(result), flush=True)


def speak(engine: Engine, delivery: SynthesisOptions, text: str) -> float:
    """Seconds of audio."""
    return max(piece.spoken_s for piece in synthesize_file(text, delivery, engine, "pcm"))


def _timed(engine: Engine, delivery: SynthesisOptions, text: str) -> tuple[float, float]:
    began = time.perf_counter()
    audio_s = speak(engine, delivery, text)
    return time.perf_counter() - began, audio_s


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

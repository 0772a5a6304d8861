"""A process that reads texts for the fuzzer, and may die of them. Requests and answers are lines of JSON.

    python -m bench.fuzz.reader MODEL_DIR [ENGINE ...]

Without engines, all that are installed are used. A request: [engine, language, text]. An answer: {"wrong": the fault or
"", "cpu_s": processor seconds of the slowest step}. The first answer lists the engines and their languages.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from speechd.engines.base import Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.espeak import engine as espeak
from speechd.engines.kokoro.voices import MODEL_IDS, catalogue
from speechd.engines.tone import _HEADER as TONE_HEADER
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest
from speechd.languages.table import LANGUAGES
from speechd.speech.planner import Planned, Planner
from speechd.text.fed_text import FedText
from speechd.text.normalization.normalize import normalize

TOKEN_LIMIT: Final = 510
"""Phonemes in one of Kokoro's segments."""

_BLEND: Final = catalogue().parse("af_heart")


class KokoroReader:
    """Kokoro without its model: a segment is its phonemes."""

    name: Final = "kokoro"
    passage_limit: Final = 400
    passage_length: Final = 150

    def __init__(self, model_dir: Path) -> None:
        from speechd.engines.kokoro.g2p.g2p import G2P

        self._vocabulary = json.loads((model_dir / "config.json").read_text())["vocab"]
        self._g2p = G2P(self._vocabulary)

    def load_voice(self, options: SynthesisOptions) -> None:
        self._g2p.check(options.language)

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        phonemes = self._g2p.phonemes(text, options.language)
        if len(phonemes) > TOKEN_LIMIT:
            raise SegmentTooLong
        assert set(phonemes) <= set(self._vocabulary), "a phoneme that the model does not know"
        return Segment(phonemes.encode(), len(phonemes) / 14, len(phonemes)) if phonemes else None

    def start(self, threads: int) -> None:
        pass

    def speak(self, segment: Segment) -> None:
        pass


def engines(model_dir: Path, names: list[str]) -> dict[str, Any]:
    """The engines of these names, started; without names, all that are installed."""
    made: dict[str, Any] = {}
    if not names or "tone" in names:
        made["tone"] = ToneEngine()
    if not names or "espeak" in names:
        made["espeak"] = espeak.EspeakEngine(catalogue(), MODEL_IDS)
        made["espeak"].start(1)
    if "kokoro" in names or (not names and find_spec("misaki")):
        made["kokoro"] = KokoroReader(model_dir)
    return made


def languages(engine: Any) -> list[str]:
    """The languages that the engine can read here."""
    found = []
    for language in LANGUAGES:
        try:
            engine.load_voice(SynthesisOptions(_BLEND, language))
        except InvalidRequest:
            continue
        found.append(language)
    return found


def read(engine: Any, language: str, text: str) -> dict[str, Any]:
    """Plan the text as one utterance, and have espeak-ng speak it."""
    slowest_s = 0.0
    segments: list[Segment] = []
    try:
        planner = Planner(text, SynthesisOptions(_BLEND, language, 4.0), engine)
        while True:
            began_s = time.process_time()
            planned = planner.next()
            slowest_s = max(slowest_s, time.process_time() - began_s)
            if planned is None:
                break
            if isinstance(planned, Planned):
                segments.append(planned.segment)
                if engine.name == "espeak":
                    engine.speak(planned.segment)
    except InvalidRequest:
        return {"wrong": "", "cpu_s": slowest_s}
    except Exception as error:
        return {"wrong": f"raised {type(error).__name__}: {error}", "cpu_s": slowest_s}
    lost = engine.name == "tone" and spoken(segments) != expected(text, language)
    return {"wrong": "letters are lost" if lost else "", "cpu_s": slowest_s}


def spoken(segments: list[Segment]) -> str:
    """The letters and digits that a tone's segments hold."""
    return letters("".join(segment.payload[TONE_HEADER.size :].decode() for segment in segments))


def expected(text: str, language: str) -> str:
    """The letters and digits of the text in its spoken form, sentence by sentence."""
    fed = FedText(language)
    fed.feed(text)
    fed.finish()
    return letters("".join(normalize(written, language) for written in fed.sentences() if isinstance(written, str)))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr  # packages print
    made = engines(Path(sys.argv[1]), sys.argv[2:])
    known = {name: languages(engine) for name, engine in made.items()}
    for name, of_engine in known.items():
        for language in of_engine:
            read(made[name], language, "Hello zxqv 1 नमस्ते 漢字.")  # what is loaded at first use counts for no text
    print(json.dumps(known), file=answers, flush=True)
    for line in sys.stdin:
        name, language, text = json.loads(line)
        print(json.dumps(read(made[name], language, text)), file=answers, flush=True)


if __name__ == "__main__":
    main()

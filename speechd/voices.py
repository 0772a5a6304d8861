"""Voices: ids with language and gender, weighted blends of them, and OpenAI's voice names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speechd.errors import InvalidRequest
from speechd.languages.table import KOKORO_CODES

MAX_PARTS: Final = 8
"""Voices in one blend. Beyond a handful every blend sounds like the average of all."""

WEIGHTS: Final = (0.001, 1000.0)
"""Least and greatest weight of a voice in a blend: no sum of them overflows, no share vanishes."""

LANGUAGES: Final[Mapping[str, str]] = KOKORO_CODES
"""The first letter of a Kokoro voice's id → BCP 47 in lower case."""

GENDERS: Final[Mapping[str, str]] = {"f": "female", "m": "male"}
"""The second letter of a Kokoro voice's id → gender."""

KOKORO_IDS: Final = (
    *("af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river"),
    *("af_sarah", "af_sky"),
    *("am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx", "am_puck", "am_santa"),
    *("bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis"),
    *(
        "ef_dora",
        "em_alex",
        "em_santa",
        "ff_siwis",
        "hf_alpha",
        "hf_beta",
        "hm_omega",
        "hm_psi",
        "if_sara",
        "im_nicola",
    ),
    *("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo", "pf_dora", "pm_alex", "pm_santa"),
    *("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang"),
)
"""The voices of Kokoro v1.0 (its VOICES.md)."""

OPENAI_NAMES: Final[Mapping[str, str]] = {
    "alloy": "af_alloy",
    "ash": "am_fenrir",
    "ballad": "bm_george",
    "coral": "af_bella",
    "echo": "am_echo",
    "fable": "bm_fable",
    "onyx": "am_onyx",
    "nova": "af_nova",
    "sage": "af_sarah",
    "shimmer": "af_aoede",
    "verse": "am_puck",
    "marin": "af_heart",
    "cedar": "am_michael",
}
"""OpenAI's voices → the Kokoro voice of the same name or, where there is none, of like gender and character."""

_PART = re.compile(r"(?P<id>[^()+\s]+)\s*(?:\(\s*(?P<weight>[^()]{1,20})\))?")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Voice:
    """An id in the catalogue. language: BCP 47 in lower case; gender: "female" or "male"."""

    id: str
    name: str
    language: str
    gender: str

    @classmethod
    def of(cls, id: str) -> Voice:
        """The voice that Kokoro's naming makes of an id, "bm_fable" say; American and female where it says nothing."""
        language, gender, name = "en-us", "female", id
        if id[2:3] == "_" and id[0] in LANGUAGES and id[1] in GENDERS:
            language, gender, name = LANGUAGES[id[0]], GENDERS[id[1]], id[3:]
        return cls(id, name.replace("_", " ").title(), language, gender)


@dataclass(frozen=True, slots=True)
class Blend:
    """One voice, or several with weights that sum to 1. `parts` is never empty and its voices are distinct."""

    parts: tuple[tuple[Voice, float], ...]

    @property
    def language(self) -> str:
        """The language of the heaviest voice (the first of equals)."""
        return self.heaviest.language

    @property
    def heaviest(self) -> Voice:
        """The voice with the greatest weight (the first of equals)."""
        return max(self.parts, key=lambda part: part[1])[0]

    def __str__(self) -> str:
        """Canonical form: equal blends have equal strings, e.g. "af_bella(0.6667)+af_sky(0.3333)" or "af_heart"."""
        if len(self.parts) == 1:
            return self.parts[0][0].id
        return "+".join(f"{voice.id}({weight:.4f})" for voice, weight in self.parts)


class Catalogue:
    """The voices that can be asked for: Kokoro's, and further packs in `model_dir/voices`, in order of id."""

    def __init__(self, model_dir: Path | None = None) -> None:
        packs = model_dir.glob("voices/*.pt") if model_dir is not None else ()
        own = {path.stem for path in packs if _ID.fullmatch(path.stem)}
        self._voices = {id: Voice.of(id) for id in sorted(own | set(KOKORO_IDS))}

    def __iter__(self) -> Iterator[Voice]:
        return iter(self._voices.values())

    def parse(self, text: str) -> Blend:
        """The blend that `text` names: "af_heart", "alloy", "af_bella(2)+af_sky(1)", "af_bella + af_sky".

        Weights are relative, 1 where absent; a voice named twice has the sum of its weights. Raises `InvalidRequest`.
        """
        texts = text.split("+")
        if len(texts) > MAX_PARTS:
            raise _invalid(f"a blend has at most {MAX_PARTS} voices, and this one has {len(texts)}")
        weights: dict[str, float] = {}
        for part in texts:
            voice, weight = self._part(part.strip())
            weights[voice.id] = weights.get(voice.id, 0.0) + weight
        total = sum(weights.values())
        return Blend(tuple((self._voices[id], weight / total) for id, weight in sorted(weights.items())))

    def _part(self, text: str) -> tuple[Voice, float]:
        match = _PART.fullmatch(text)
        if match is None:
            raise _invalid(f"{text[:64]!r} is no voice; a voice is written 'af_heart', a blend 'af_bella(2)+af_sky(1)'")
        return self._voice(match["id"]), 1.0 if match["weight"] is None else _weight(match["weight"])

    def _voice(self, id: str) -> Voice:
        voice = self._voices.get(OPENAI_NAMES.get(id, id))
        if voice is None:
            # People leave the prefix out ("bela"), so names count as ids do.
            known = {voice.name.lower(): voice.id for voice in self} | {
                name: name for name in (*self._voices, *OPENAI_NAMES)
            }
            near = [known[key] for key in difflib.get_close_matches(id[:64].lower(), known, n=3, cutoff=0.5)]
            names = " or ".join(f"'{name}'" for name in dict.fromkeys(near or ("af_heart", "alloy")))
            raise _invalid(
                f"there is no voice '{id[:64]}'. Did you mean {names}? GET /v1/audio/voices lists all",
                code="voice_not_found",
            )
        return voice


def _weight(text: str) -> float:
    low, high = WEIGHTS
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not low <= weight <= high:  # false for nan too
        raise _invalid(f"the weight {text.strip()!r} is not a number from {low:g} to {high:g}")
    return weight


def _invalid(reason: str, code: str = "invalid_value") -> InvalidRequest:
    return InvalidRequest(f"Invalid 'voice': {reason}.", param="voice", code=code)

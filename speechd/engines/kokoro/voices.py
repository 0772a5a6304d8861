"""Kokoro's voices: their ids, what the naming says of each, and OpenAI's names for some of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Final

from speechd.languages.table import KOKORO_CODES, find_language
from speechd.voices import Catalogue, Voice

MODEL_IDS: Final[Mapping[str, str]] = {"kokoro": "hexgrad"}
"""The model's id, and whose it is."""

GENDERS: Final[Mapping[str, str]] = {"f": "female", "m": "male"}
"""The second letter of a Kokoro voice's id → gender."""

IDS: Final = (
    *("af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river"),
    *("af_sarah", "af_sky"),
    *("am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx", "am_puck", "am_santa"),
    *("bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis"),
    *("ef_dora", "em_alex", "em_santa", "ff_siwis", "hf_alpha", "hf_beta", "hm_omega", "hm_psi"),
    *("if_sara", "im_nicola", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo"),
    *("pf_dora", "pm_alex", "pm_santa"),
    *("zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang"),
)
"""The voices of Kokoro v1.0 (VOICES.md of hexgrad/Kokoro-82M)."""

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
"""OpenAI's voices → the Kokoro voice of the same name or, where there is none, of similar gender and character."""

EXAMPLES: Final = ("af_heart", "af_bella")
"""Voices that messages name: the release's best two (VOICES.md)."""

GRADES: Final[Mapping[str, str]] = {
    id: grade
    for grade, ids in {
        "A": "af_heart",
        "A-": "af_bella",
        "B-": "af_nicole bf_emma ff_siwis",
        "C+": "af_aoede af_kore af_sarah am_fenrir am_michael am_puck jf_alpha",
        "C": "af_alloy af_nova bf_isabella bm_fable bm_george hf_alpha hf_beta hm_omega hm_psi if_sara im_nicola "
        "jf_gongitsune jf_tebukuro",
        "C-": "af_sky jf_nezumi jm_kumo",
        "D+": "bm_lewis",
        "D": "af_jessica af_river am_echo am_eric am_liam am_onyx bf_alice bf_lily bm_daniel zf_xiaobei zf_xiaoni "
        "zf_xiaoxiao zf_xiaoyi zm_yunjian zm_yunxi zm_yunxia zm_yunyang",
        "D-": "am_santa",
        "F+": "am_adam",
    }.items()
    for id in ids.split()
}
"""Id → the overall grade that the release gives a voice (VOICES.md); it gives none to Spanish and Portuguese ones."""

_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)

log = logging.getLogger(__name__)


def catalogue(
    model_dir: Path | None = None, *, graded: bool = True, lacks: Callable[[Voice], bool] = lambda voice: False
) -> Catalogue:
    """The release's voices, and further packs in `model_dir/voices`, in order of id.

    graded: whether they sound as the release's grades have it. lacks: whether something is not here that a voice takes,
    which is then not listed.
    """
    found = [voice(id) for id in sorted(own_ids(model_dir) | set(IDS))]
    if not graded:
        found = [replace(each, quality=None) for each in found]
    unlisted = {each.id for each in found if lacks(each)}
    return Catalogue(found, OPENAI_NAMES, EXAMPLES, unlisted=unlisted)


def own_ids(model_dir: Path | None) -> set[str]:
    """The ids of all packs in `model_dir/voices`. The log has those whose name no request could write."""
    ids = {path.stem for path in model_dir.glob("voices/*.pt")} if model_dir is not None else set()
    for id in sorted(ids):
        if not _ID.fullmatch(id):
            log.warning("the voice pack %r is left out: its name may have letters, digits, '_', '-' and '.' only", id)
    return set(filter(_ID.fullmatch, ids))


def is_readable(tag: str) -> bool:
    """Whether the packages are installed with which Kokoro's G2P reads this language."""
    try:
        for name in find_language(tag).misaki_packages.split():
            metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def voice(id: str) -> Voice:
    """The voice that Kokoro's naming makes of an id such as "bm_fable"; American and female where it says nothing."""
    language, gender, name = "en-us", "female", id
    if id[2:3] == "_" and id[0] in KOKORO_CODES and id[1] in GENDERS:
        language, gender, name = KOKORO_CODES[id[0]], GENDERS[id[1]], id[3:]
    return Voice(id, name.replace("_", " ").title(), language, gender, GRADES.get(id))

"""What a Wyoming client is told of this server's voices, and which of them it means."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from wyoming.info import Attribution, Info, TtsProgram, TtsVoice
from wyoming.tts import SynthesizeVoice

from speechd.api.available import Available
from speechd.api.languages import LanguageCode

PROGRAM: Final = "speechd"

ATTRIBUTION: Final = Attribution(name=PROGRAM, url="")


def info(available: Available) -> Info:
    """All voices, those of the names file first, and their languages."""
    named = [
        _voice(name, name, available.catalogue.parse(meant.voice).language) for name, meant in available.named.items()
    ]
    voices = [_voice(voice.id, voice.name, voice.language) for voice in available.catalogue]
    program = TtsProgram(
        name=PROGRAM,
        attribution=ATTRIBUTION,
        installed=True,
        description=PROGRAM,
        version=_version(),
        voices=[*named, *voices],
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


def voice_for(wanted: SynthesizeVoice, available: Available) -> tuple[str | None, str | None]:
    """The voice that a client means, None for the default one, and the language that it is to speak, None for its own.

    A language alone is that of the default voice, if it speaks that; else of the first voice that does. Raises
    `InvalidRequest`.
    """
    if wanted.name or not wanted.language:
        return wanted.name or None, None
    tag = LanguageCode().read("language", wanted.language)
    if tag is None or available.blend(None).language.startswith(tag):
        return None, tag
    speakers = [voice.id for voice in available.catalogue if voice.language.startswith(tag)]
    return (speakers[0] if speakers else None), tag


def tag_of(language: str) -> str:
    """A language's tag as Home Assistant compares it, with its region in capitals (RFC 5646, section 2.1.1)."""
    first, *rest = language.split("-")
    return "-".join((first, *(part.upper() if len(part) == 2 else part for part in rest)))


def _voice(id: str, name: str, *languages: str) -> TtsVoice:
    tags: Sequence[str] = [tag_of(language) for language in languages]
    return TtsVoice(
        name=id, attribution=ATTRIBUTION, installed=True, description=name, version=None, languages=list(tags)
    )


def _version() -> str | None:
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return None

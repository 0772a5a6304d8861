"""The names file: how words are said, and what voices are called, by the operator's wish. TOML:

[pronunciations.en-us]
"nginx" = "engine x"
"Kokoro" = "/kˈoʊkəɹoʊ/"

[voices]
alloy = "af_bella"
storyteller = { voice = "bf_emma(2)+bm_george(1)", speed = 0.9 }
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from speechd.languages.table import LANGUAGES

SPEEDS: Final = (0.25, 4.0)
"""Least and greatest speed of a named voice, as of a request's."""

_SECTIONS: Final = ("pronunciations", "voices")
_VOICE_KEYS: Final = ("voice", "speed")
_NAME = re.compile(r"[\w.-]{1,64}")


class InvalidNames(ValueError):
    """What is wrong with a names file: the file, the line, and the nearest right name."""


@dataclass(frozen=True, slots=True)
class NamedVoice:
    """A voice or a blend as requests write it, and the factor on the request's speed."""

    voice: str
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Names:
    """What is in a names file.

    pronunciations: language → word or phrase → spelling, or "/ipa/". voices: name → voice.
    """

    path: Path | None = None
    pronunciations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    voices: Mapping[str, NamedVoice] = field(default_factory=dict)
    text: str = field(default="", repr=False)

    def error(self, key: str, reason: str, after: str = "") -> InvalidNames:
        """An error that names the line on which `key` stands, behind the line of the section `after`."""
        return InvalidNames(f"{self.path}, line {_line_of(self.text, key, after)}: {reason}")


def read(path: Path) -> Names:
    """The names in a file. Raises `InvalidNames`, also where the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidNames(f"{path} cannot be read: {error}") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidNames(f"{path}: {error}") from None
    names = Names(path, text=text)
    for section, entries in content.items():
        if section not in _SECTIONS or not isinstance(entries, dict):
            raise names.error(section, f"there is no section '{section}'{nearest(section, _SECTIONS)}")
    pronunciations = {
        language: _pronunciations(names, language, entries)
        for language, entries in content.get("pronunciations", {}).items()
    }
    voices = {name: _voice(names, name, entry) for name, entry in content.get("voices", {}).items()}
    return Names(path, pronunciations, voices, text)


def nearest(name: str, known: Iterable[str]) -> str:
    """What a message says behind a name that is not known: the one that was meant, or else all."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f". Did you mean '{near[0]}'?" if near else f"; there are {', '.join(known)}"


def _pronunciations(names: Names, language: str, entries: object) -> dict[str, str]:
    if language not in LANGUAGES or not isinstance(entries, dict):
        reason = f"there is no language '{language}'{nearest(language, LANGUAGES)}"
        raise names.error(language, reason)
    for phrase, said in entries.items():
        if not isinstance(said, str):
            raise names.error(phrase, f"what is said for '{phrase}' is a text in quotes", after=language)
    return entries


def _voice(names: Names, name: str, entry: object) -> NamedVoice:
    if not _NAME.fullmatch(name):
        raise names.error(name, f"'{name}' is no name for a voice: letters, digits, '.', '_' and '-'", after="voices")
    if isinstance(entry, str):
        return NamedVoice(entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("voice"), str):
        raise names.error(name, f"'{name}' is a voice in quotes, or {{ voice = \"…\", speed = 1.0 }}", after="voices")
    _check_keys(names, name, entry)
    return NamedVoice(entry["voice"], _speed(names, name, entry.get("speed", 1.0)))


def _check_keys(names: Names, name: str, entry: Mapping[str, Any]) -> None:
    for key in entry:
        if key not in _VOICE_KEYS:
            raise names.error(name, f"a voice has no '{key}'{nearest(key, _VOICE_KEYS)}", after="voices")


def _speed(names: Names, name: str, value: object) -> float:
    low, high = SPEEDS
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise names.error(name, f"the speed of '{name}' is a number from {low:g} to {high:g}", after="voices")
    return float(value)


def _line_of(text: str, key: str, after: str) -> int:
    """The line on which a key or a section's name stands."""
    lines = text.splitlines()
    section = _first(lines, re.compile(rf"\s*\[[^\]]*{re.escape(after)}"), 0) if after else 0
    quoted = re.escape(key)
    for pattern in (rf"\s*[\"']?{quoted}[\"']?\s*=", rf"\s*\[[^\]]*{quoted}", rf".*{quoted}"):
        if (found := _first(lines, re.compile(pattern), section)) < len(lines):
            return found + 1
    return section + 1


def _first(lines: Collection[str], pattern: re.Pattern[str], start: int) -> int:
    return next((at for at, line in enumerate(lines) if at >= start and pattern.match(line)), len(lines))

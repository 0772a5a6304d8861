"""The names file at work: its pronunciations are used for all text, and its voices are there to be asked for."""

from __future__ import annotations

from pathlib import Path

from speechd.config import names as names_file
from speechd.config.names import InvalidNames, NamedVoice, Names
from speechd.config.settings import InvalidSetting
from speechd.errors import InvalidRequest
from speechd.text import lexicon
from speechd.text.lexicon import MAX_ENTRIES, InvalidPronunciation, Lexicon
from speechd.voices import Catalogue


def use(path: Path | None, catalogue: Catalogue) -> Names:
    """The names of a file, in use from here on; without a file, none. Before the first fork.

    catalogue: the engine's voices, which those of the file are made of. Raises `InvalidSetting`, with the line.
    """
    if path is None:
        lexicon.install({})
        return Names()
    try:
        names = names_file.read(path)
        lexicons = {language: _lexicon(names, language) for language in names.pronunciations}
        for name, voice in names.voices.items():
            _check_voice(names, name, voice, catalogue)
    except InvalidNames as error:
        raise InvalidSetting(f"--names (SPEECHD_NAMES): {error}") from None
    lexicon.install(lexicons)
    return names


def voice_of(names: Names, text: str) -> NamedVoice:
    """The voice that a request's `voice` means: that of the file by this name, else the text itself."""
    return names.voices.get(text.strip()) or NamedVoice(text)


def _lexicon(names: Names, language: str) -> Lexicon:
    entries = names.pronunciations[language]
    if len(entries) > MAX_ENTRIES:
        reason = f"'{language}' has {len(entries)} entries, and {MAX_ENTRIES} are the most"
        raise names.error(language, reason)
    for phrase, said in entries.items():
        try:
            lexicon.check(phrase, said)
        except InvalidPronunciation as error:
            raise names.error(phrase, f"'{phrase}': {error}", after=language) from None
    return Lexicon(entries)


def _check_voice(names: Names, name: str, voice: NamedVoice, catalogue: Catalogue) -> None:
    try:
        catalogue.parse(voice.voice)
    except InvalidRequest as error:
        raise names.error(name, f"'{name}': {error}", after="voices") from None

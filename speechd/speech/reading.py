"""How an input is to be read: as text, with tags, as SSML, or as phonemes; and the marks that it then is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import InvalidRequest
from speechd.text.markup.document import parse
from speechd.text.markup.marks import Mark, Voice
from speechd.text.markup.ssml import parse_ssml
from speechd.text.markup.tags import Alias, with_tags
from speechd.voices import Catalogue


class Form(StrEnum):
    """What an input is written in."""

    TEXT = "text"
    """Text, in which tags and elements that would change the voice are nothing."""
    TAGS = "tags"
    """Text with `[voice:...]` and `[rate:...]`."""
    SSML = "ssml"
    """A document of SSML."""
    PHONEMES = "phonemes"
    """Kokoro's phonemes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How an input is to be read. aliases: further names of voices, in lower case, for tags and SSML. pronunciations:
    words and phrases that are to be read otherwise (see `Lexicon`)."""

    form: Form = Form.TEXT
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    pronunciations: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_marks(self) -> bool:
        """Whether the input may change the voice."""
        return self.form in (Form.TAGS, Form.SSML)


AS_TEXT: Final = Reading()
"""How an input is read that asks for nothing else."""


def marks_of(input: str, reading: Reading, options: SynthesisOptions, engine: Engine) -> list[Mark]:
    """The marks of an input with tags, or of SSML. options: of the request.

    Raises `InvalidRequest` for what is no SSML, and for a voice that there is not, or that cannot be spoken here.
    """
    if reading.form is Form.SSML:
        marks: Iterable[Mark] = parse_ssml(input, options.language, reading.aliases).marks
    else:
        marks = with_tags(parse(input), reading.aliases)
    return list(_voiced(marks, options, engine))


def _voiced(marks: Iterable[Mark], options: SynthesisOptions, engine: Engine) -> Iterator[Mark]:
    """The marks with the language of each voice. A voice speaks its own, unless the request or the text names another:
    one that the request asks for is the one that its own voice does not have."""
    catalogue = engine.voices()
    known: dict[Voice, Voice] = {}  # for there may be thousands
    for mark in marks:
        if isinstance(mark, Voice):
            if mark not in known:
                known[mark] = _with_language(mark, catalogue, options, engine)
            yield known[mark]
        else:
            yield mark


def _with_language(mark: Voice, catalogue: Catalogue, options: SynthesisOptions, engine: Engine) -> Voice:
    blend = catalogue.parse(mark.name) if mark.name is not None else options.blend
    is_given = options.language != options.blend.language
    language = mark.language or (options.language if is_given else blend.language)
    require(language, engine)
    engine.load_voice(replace(options, blend=blend, language=language))
    is_own = mark.name is None and language == options.language
    return Voice(mark.name, None if is_own else language)


def require(language: str, engine: Engine) -> None:
    """Raise `InvalidRequest` for a language that the engine does not have at all."""
    if language not in engine.languages():
        known = ", ".join(engine.languages())
        raise InvalidRequest(
            f"This server does not speak '{language[:40]}', only {known}.", param="input", code="unsupported_language"
        )

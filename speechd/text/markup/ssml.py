"""SSML 1.1 (W3C, 2010) into marks: https://www.w3.org/TR/speech-synthesis11/.

What changes the sound is honoured or refused, with the line and the element; nothing is passed over. There is no DTD,
and so there are no entities but XML's five. Elements with a prefix ("amazon:effect") are their makers' own: what they
hold is spoken as if they were not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat

from speechd.errors import InvalidRequest, shorten
from speechd.text.markup import ssml_values as values
from speechd.text.markup.characters import without_unspoken
from speechd.text.markup.marks import PRONUNCIATION, Mark, Pause, Phonemes, Prosody, Text, Voice
from speechd.text.markup.ssml_elements import ELEMENTS, REFUSED, UNSPOKEN
from speechd.text.markup.tags import Alias, resolved
from speechd.text.markup.xsampa import ipa_of

MAX_DEPTH: Final = 32
"""Elements within elements. People write half a dozen."""

PARAGRAPH: Final = "\n\n"
SENTENCE: Final = "\n"

_START = re.compile(r"\s*(?:<\?xml[^<>]{0,300}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?<speak[\s>]", re.DOTALL)
_END = re.compile(r"</speak\s*>\s*\Z")


class Bookmark(NamedTuple):
    """A `<mark>`. offset: the character of the input at which it stands."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Document:
    """What an SSML document says."""

    marks: tuple[Mark, ...]
    bookmarks: tuple[Bookmark, ...]


NEUTRAL_PROSODY: Final = Prosody()


@dataclass(frozen=True, slots=True)
class _Scope:
    """What holds within an element. replaced: its text is kept for the end of it (`text`)."""

    element: str
    voice: str | None = None
    language: str | None = None
    prosody: Prosody = NEUTRAL_PROSODY
    own_rate: float = 1.0
    attributes: Mapping[str, str] = field(default_factory=dict)
    is_replaced: bool = False
    is_silent: bool = False


def is_ssml(text: str) -> bool:
    """Whether the text is a document of SSML from its beginning to its end."""
    return _START.match(text) is not None and _END.search(text[-200:]) is not None


def parse_ssml(text: str, language: str, aliases: Mapping[str, Alias] | None = None) -> Document:
    """The marks of a document. language: that of the request, a BCP 47 tag in lower case.

    Raises `InvalidRequest`, which names the line and the element.
    """
    return _Reader(text, language, aliases or {}).read()


class _Reader:
    """Reads one document."""

    def __init__(self, text: str, language: str, aliases: Mapping[str, Alias]) -> None:
        self._bytes = text.encode(errors="replace")
        self._language, self._aliases = language, aliases
        self._scopes: list[_Scope] = []
        self._marks: list[Mark] = []
        self._bookmarks: list[Bookmark] = []
        self._kept: list[str] = []  # the text of an element whose text is replaced
        self._in_sentence = False
        self._counted = (0, 0)  # bytes, and the characters that they are
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def read(self) -> Document:
        try:
            self._parser.Parse(self._bytes, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise _invalid(error.lineno, f"no well-formed XML: {reason}") from None
        return Document(tuple(self._marks), tuple(self._bookmarks))

    def _doctype(self, *_: object) -> None:
        self._fail("a document type is not read: take <!DOCTYPE> out")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if not self._scopes:
            if element != "speak":
                self._fail("the document begins with <speak>", element)
            self._scopes.append(_Scope(""))
        outer = self._scopes[-1]
        if len(self._scopes) > MAX_DEPTH:
            self._fail(f"elements are nested more than {MAX_DEPTH} deep", element)
        if outer.is_replaced and element not in UNSPOKEN:
            self._fail(f"<{outer.element}> holds text alone", element)
        inner = replace(outer, element=element, attributes=attributes)
        self._scopes.append(inner if outer.is_silent else self._entered(inner))
        self._change(outer, self._scopes[-1])

    def _entered(self, scope: _Scope) -> _Scope:
        element, attributes = scope.element, scope.attributes
        if element in REFUSED:
            self._fail(REFUSED[element], element)
        if element in UNSPOKEN:
            return replace(scope, is_silent=True)
        if element not in ELEMENTS and ":" not in element:
            self._fail(f"is no element of SSML that is known here: {', '.join(ELEMENTS)}", element)
        scope = self._in_language(scope)
        match element:
            case "p" | "s":
                self._end_sentence(PARAGRAPH if element == "p" else SENTENCE)
            case "break":
                self._pause(attributes)
            case "mark":
                self._bookmark(attributes)
            case "voice":
                return self._in_voice(scope)
            case "prosody":
                return self._in_prosody(scope)
            case "lang" if "xml:lang" not in attributes:
                self._fail("lacks its attribute xml:lang", element)
            case "sub" | "phoneme" | "say-as":
                self._kept = []
                return replace(scope, is_replaced=True)
        return scope

    def _end(self, element: str) -> None:
        inner = self._scopes.pop()
        outer = self._scopes[-1]
        if inner.is_replaced and not outer.is_replaced:
            self._say_instead(inner)
        elif element in ("p", "s", "speak") and not inner.is_silent:
            self._end_sentence(SENTENCE if element == "s" else PARAGRAPH)
        self._change(inner, outer)

    def _text(self, text: str) -> None:
        scope = self._scopes[-1]
        if scope.is_silent:
            return
        if scope.is_replaced:
            self._kept.append(text)
        else:
            self._say(text)

    def _say(self, text: str) -> None:
        """Speak text, in which white space of any kind is a space."""
        clean = without_unspoken(text)
        words = " ".join(clean.split())
        if not words and not self._in_sentence:
            return
        before = " " if clean[:1].isspace() and self._in_sentence else ""
        after = " " if words and clean[-1:].isspace() else ""
        self._marks.append(Text(f"{before}{words}{after}"))
        self._in_sentence = True

    def _say_instead(self, scope: _Scope) -> None:
        """Speak what takes the place of the text of an element."""
        text = " ".join("".join(self._kept).split())
        match scope.element:
            case "sub":
                self._say(self._attribute(scope, "alias"))
            case "say-as":
                kind = self._attribute(scope, "interpret-as")
                said = values.said_as(text, kind, scope.language or self._language)
                if said is None:
                    self._fail(f"interpret-as is one of {', '.join(values.KINDS)}", scope.element)
                self._say(said)
            case _:
                self._say_phonemes(text, scope)

    def _say_phonemes(self, text: str, scope: _Scope) -> None:
        sounds = self._attribute(scope, "ph").strip()
        alphabet = scope.attributes.get("alphabet", "ipa").lower()
        if alphabet not in ("ipa", "x-sampa"):
            self._fail("has an alphabet other than ipa and x-sampa", scope.element)
        ipa = sounds if alphabet == "ipa" else ipa_of(sounds)
        if not ipa:
            self._fail("has a sign in ph that X-SAMPA does not have", scope.element)
        phonemes = Phonemes(text or "-", ipa)
        if not PRONUNCIATION.fullmatch(str(phonemes)):
            self._fail(
                "holds a word of at most 60 characters without brackets, and ph at most 100 without / and ()",
                scope.element,
            )
        self._marks.append(phonemes)
        self._in_sentence = True

    def _pause(self, attributes: Mapping[str, str]) -> None:
        seconds = values.pause_s(attributes.get("time"), attributes.get("strength"))
        if seconds is None:
            self._fail(values.BREAK_RULE, "break")
        self._marks.append(Pause(seconds))

    def _bookmark(self, attributes: Mapping[str, str]) -> None:
        name = attributes.get("name")
        if not name:
            self._fail("lacks its attribute name", "mark")
        done, characters = self._counted
        at = self._parser.CurrentByteIndex
        self._counted = at, characters + len(self._bytes[done:at].decode(errors="replace"))
        self._bookmarks.append(Bookmark(name, self._counted[1]))

    def _in_voice(self, scope: _Scope) -> _Scope:
        alias = resolved(self._attribute(scope, "name").strip(), self._aliases)
        prosody = replace(scope.prosody, rate=scope.prosody.rate / scope.own_rate * alias.rate)
        # Its own language, unless the element names another.
        language = values.language(scope.attributes["xml:lang"]) if "xml:lang" in scope.attributes else None
        return replace(scope, voice=alias.voice, language=language, prosody=prosody, own_rate=alias.rate)

    def _in_language(self, scope: _Scope) -> _Scope:
        if "xml:lang" not in scope.attributes:
            return scope
        language = values.language(scope.attributes["xml:lang"])
        if scope.element == "speak" and language.partition("-")[0] == self._language.partition("-")[0]:
            return scope  # what every document begins with; a British voice stays British
        return replace(scope, language=language)

    def _in_prosody(self, scope: _Scope) -> _Scope:
        for name in ("pitch", "contour", "range", "duration"):
            if scope.attributes.get(name, "default") not in ("default", "medium", "+0%", "0%", "+0Hz", "+0st"):
                self._fail(f"asks for another {name}, which the voices here cannot change: take it out", "prosody")
        rate = values.rate(scope.attributes.get("rate"), scope.prosody.rate)
        if rate is None:
            self._fail(values.RATE_RULE, "prosody")
        volume = values.volume(scope.attributes.get("volume"), scope.prosody.volume)
        if volume is None:
            self._fail(values.VOLUME_RULE, "prosody")
        return replace(scope, prosody=Prosody(rate, volume))

    def _change(self, before: _Scope, after: _Scope) -> None:
        """Emit what is different after the beginning or the end of an element."""
        if (before.voice, before.language) != (after.voice, after.language):
            self._marks.append(Voice(after.voice, after.language))
        if before.prosody != after.prosody:
            self._marks.append(after.prosody)

    def _end_sentence(self, end: str) -> None:
        if self._in_sentence:
            self._marks.append(Text(end))
            self._in_sentence = False

    def _attribute(self, scope: _Scope, name: str) -> str:
        value = scope.attributes.get(name)
        if not value:
            self._fail(f"lacks its attribute {name}", scope.element)
        return value

    def _fail(self, reason: str, element: str = "") -> NoReturn:
        raise _invalid(self._parser.CurrentLineNumber, f"<{shorten(element)}> {reason}" if element else reason)


def _invalid(line: int, reason: str) -> InvalidRequest:
    return InvalidRequest(f"SSML, line {line}: {reason}.", param="input", code="invalid_ssml")

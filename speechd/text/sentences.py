"""Where text may be cut: sentences, and heads of at most so many characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from speechd.text.markup import PRONUNCIATION

SENTENCE_LIMIT: Final = 1000
"""Characters. A longer "sentence" (text without punctuation) is cut at a clause or white space."""

SHORTEST_HEAD: Final = 0.4
"""Share of the limit. A better boundary before this point is not worth the shorter head."""

TOLERANCE: Final = 0.4
"""Share of the target by which a head may be shorter or longer, so that it ends with a clause."""

SHORTEST_TAIL: Final = 12
"""Characters. A shorter rest is not worth a segment of its own."""

LONGEST_WORD: Final = 80
"""Characters. What has no boundary for longer is no word that must stay whole, and would be a segment of any length."""

_CONTEXT: Final = 24
"""Characters before and after a stop that tell whether it ends a sentence."""

_MARKED: Final = 170
"""Characters. The longest `[word](/ipa/)` is a little shorter."""

_ABBREVIATIONS: Final = frozenset(
    # Never the end of a sentence: something follows.
    "dr mr mrs ms prof gen col sgt capt cpt lt cmdr adm maj rev hon gov sen rep pres supt mt ft messrs fr br no nos "
    "fig figs eq eqs vs v cf ca approx pp vol vols ch sec art ed eds op al viz resp est dept incl excl esp misc temp "
    "avg assn univ e.g i.e "
    "sr sra srta dra ud uds d.ª mme mlle mm sig dott dott.ssa ing avv av pág págs núm nº art.º prof.ª "
    "z.b bzw usw".split()
)
_OPEN_ABBREVIATIONS: Final = frozenset(
    # The end of a sentence only where one visibly starts after it.
    "etc inc ltd co corp jr bros a.m p.m ph.d m.d b.a m.a b.c a.d u.s u.k u.n e.u d.c u.s.a l.a n.y a.k.a "
    "st ave blvd rd jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "min max hr hrs oz lb lbs in ext tel p".split()
)
_STARTERS: Final = frozenset(
    "the a an this that these those he she it we they i you his her its our their my your there here then now but and "
    "or so if "
    "when while what who where why how in on at as for from to after before although because since "
    "however yet no not".split()
)

_OPENERS: Final = "\"'“‘«„([¿¡*"
_STOP = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s)\s*+"  # a stop, what closes after it, white space
    r"|[。！？｡]++[」』”’）】\"']*+\s*+"
    r"|[।॥؟۔]++[\"'”’»)\]]*+\s*+"
    r"|(?<!\s)[^\S\n]*+\n\s*+"
)
_WORD_BEFORE = re.compile(r"[\w.'’ªº-]{1,24}$")
_CLAUSE = re.compile(
    r"[,;:—–][\"'”’»)\]]*+\s++|[)\]”»]\s++|\s—\s*|—|[，、；：]"
    r"|(?<!\s)\s++(?=(?:and|or|but|because|which|while|although|when|where|who|that|so|"
    r"y|o|pero|porque|que|et|ou|mais|qui|e|ma|però|mas)\s)"
)
# Words that lean on the next one: a cut after them is heard.
_LEANING: Final = (
    "the a an to of in on at by for with from and or but as is are was were be not no my your his her its our their "
    "point minus degrees hundred thousand million billion el la los las un una de del en y o que con por le les des du "
    "une et à au il lo gli di da che per os um uma do"
).split()
_PHRASE = re.compile(r"(?<!\s)" + "".join(rf"(?<!\b{word})" for word in _LEANING) + r"(?:(?<!\d)\s++|\s++(?!\d))")
_SPACE = re.compile(r"(?<![\d\s])\s++|(?<!\s)\s++(?!\d)")
_ENDS_SENTENCE = re.compile(r"[.!?…。！？｡।॥؟۔][\"'”’»)\]」』）】]*$")
_ENDS_CLAUSE = re.compile(r"[,;:—–，、；：)\]][\"'”’»)\]」』）】]*$")
_TRAILING_NUMBER = re.compile(r"\d(?:[.,:/\u00a0 -]?\d){0,40}$")
_VIRAMAS_AND_JOINERS: Final = "\u200d\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d"


def sentences(text: str) -> Iterator[str]:
    """The sentences of `text`, lazily, each with the white space after it: joined they are `text` itself.

    A line break ends a sentence. None is longer than `SENTENCE_LIMIT`.
    """
    start = 0
    for match in _STOP.finditer(text):
        if match.end() < len(text) and not _ends(text, start, match):
            continue
        yield from _bounded(text[start : match.end()])
        start = match.end()
    if start < len(text):
        yield from _bounded(text[start:])


def ends_sentence(text: str, after: str = "") -> bool:
    """Whether `text` ends with a mark that ends sentences, and what closes after it; `after` follows."""
    text = text[-_CONTEXT:]
    if not _ENDS_SENTENCE.search(text):
        return False
    joined = f"{text} {after[:_CONTEXT]}"
    stops = (match for match in _STOP.finditer(joined) if match.end() >= len(text))
    return not after or all(_ends(joined, 0, match) for match in list(stops)[:1])


def ends_clause(text: str) -> bool:
    """Whether `text` ends with a mark that ends clauses, and what closes after it."""
    return _ENDS_CLAUSE.search(text[-_CONTEXT:]) is not None


def split(text: str, limit: int) -> tuple[str, str]:
    """A head of at most `limit` (>= 1) characters at the best boundary, and the rest; white space between them goes.

    Sentence before clause before phrase before word. A word is cut
    only where it is longer than `limit` by itself, between graphemes.
    """
    at = _cut(text, limit)
    return text[:at].rstrip(), text[at:].lstrip()


def split_near(text: str, target: int, limit: int) -> tuple[str, str]:
    """As `split`, but the head has about `target` characters: the sentence, clause, phrase or word ending nearest, or
    where none does, at most `LONGEST_WORD`."""
    least, most = round(target * (1 - TOLERANCE)), min(limit, round(target * (1 + TOLERANCE)))
    if len(text) <= most:
        return text, ""
    for positions in _boundaries(text[: most + _MARKED], most):
        near = [at for at in positions if least <= len(text[:at].rstrip()) <= most and len(text) - at >= SHORTEST_TAIL]
        if near:
            at = min(near, key=lambda at: abs(len(text[:at].rstrip()) - target))
            return text[:at].rstrip(), text[at:].lstrip()
    return split(text, min(limit, max(most, LONGEST_WORD)))


def _bounded(sentence: str) -> Iterator[str]:
    start = 0
    while len(sentence) - start > SENTENCE_LIMIT:
        at = start + _cut(sentence[start : start + SENTENCE_LIMIT + _MARKED], SENTENCE_LIMIT)
        yield sentence[start:at]
        start = at
    if start < len(sentence):
        yield sentence[start:]


def _ends(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether the stop ends a sentence that began at `start`: what stands before and after it decides."""
    mark = stop[0].strip()
    if not mark or "\n" in stop[0] or mark[0] not in ".!?…":
        return True
    after = text[stop.end() : stop.end() + _CONTEXT].lstrip(_OPENERS)
    lower = after[:1].islower()
    if mark[0] != ".":
        return not (lower and (mark[0] == "…" or mark[-1] in "\"'”’»)]"))
    if len(mark) > 1 and mark[1] == ".":
        return not lower
    if mark != ".":
        return not lower
    before = _WORD_BEFORE.search(text, max(start, stop.start() - _CONTEXT), stop.start())
    return before is None or _word_ends(
        before[0], after, alone=before.start() - start < 8 and not text[start : before.start()].strip()
    )


def _word_ends(word: str, after: str, *, alone: bool) -> bool:
    """Whether `word` with its full stop ends a sentence before `after`. alone: nothing else is in the sentence."""
    key = word.lower().strip("'’-")
    starts = (re.match(r"[^\W\d_]+(?:['’][a-z]+)?", after) or [""])[0]
    if alone and ((key.isdecimal() and len(key) <= 3) or len(key) == 1):
        return False  # "1. First", "A. Smith"
    if not any(map(str.isalpha, key)):
        return True
    if key in _ABBREVIATIONS:
        # "Is it a no. The ..." and "He said no. Then": a number follows where "No." is short for number.
        return key in ("no", "nos", "art", "fig", "sec", "al", "ed") and not after[:1].isdecimal() and key != "al"
    if key in _OPEN_ABBREVIATIONS or "." in key or (len(key) == 1 and key.isalpha() and word.isupper()):
        if key in ("in", "max", "sun", "sat", "mar") and not after[:1].isdecimal():
            return not after[:1].islower()
        return (starts.lower() in _STARTERS and starts[:1].isupper()) or after[:1] == "" or starts == "I"
    return True


def _cut(text: str, limit: int) -> int:
    """The best position at which to cut `text` so that at most `limit` characters and white space stand before it."""
    if len(text) <= limit:
        return len(text)
    text = text[: limit + _MARKED]
    least = int(limit * SHORTEST_HEAD)
    for positions, shortest in zip(_boundaries(text, limit), (least, least, least, 1), strict=True):
        for at in reversed(positions):
            if max(1, shortest) <= len(text[:at].rstrip()) <= limit:
                return at
    return _hard_cut(text, limit)


def _boundaries(text: str, limit: int) -> Iterator[list[int]]:
    """Positions after which `text[: limit + 1]` can be cut: ends of sentences, of clauses, of phrases, of words."""
    window = text[: limit + 1]
    spans = [match.span() for match in PRONUNCIATION.finditer(text)] if "](/" in text else []
    for ends in (
        (match.end() for match in _STOP.finditer(window) if _ends(text, 0, match)),
        (match.end() for match in _CLAUSE.finditer(window)),
        (match.end() for match in _PHRASE.finditer(window)),
        (match.end() for match in _SPACE.finditer(window)),
    ):
        yield [at for at in ends if not any(start < at < end for start, end in spans)]


def _hard_cut(text: str, limit: int) -> int:
    """A cut inside a word: before a `[word](/ipa/)` or number that would be torn, else between graphemes."""
    torn = text[:limit].rfind("[")
    if torn > 0 and "](/" in text[torn:] and not PRONUNCIATION.match(text[:limit], torn):
        return torn
    number = _TRAILING_NUMBER.search(text[max(0, limit - 82) : limit])
    if number and text[limit].isdecimal() and (start := limit - len(number[0])) > 0:
        return start
    at = limit
    while at > 1 and (
        unicodedata.category(text[at])[0] == "M" or text[at] == "\u200d" or text[at - 1] in _VIRAMAS_AND_JOINERS
    ):
        at -= 1
    return at if at > 1 else limit

"""Spans: which words a text has, and which characters of the input each word of spoken text comes from.

    input ── markup ──▶ document ── sentences ──▶ written sentence ── normalisation ──▶ spoken text
      └───────── SourceMap ────────┘                      └─────────── spoken_spans ─────┘

Nothing of that keeps positions. So the words of both ends are aligned: equal words are each other's, and what lies
between two of them comes from what lies between them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from speechd.text.alignment import Block, Range, assignment
from speechd.text.markup.marks import PRONUNCIATION

REREAD_WORDS: Final = 16
"""Written words between two anchors that are normalised one by one, at most, to find out what each has become."""

REREAD_CHARACTERS: Final = 400
"""Characters of words between two anchors that are compared one by one, at most, where words are parted or joined."""

_HAN: Final = r"\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HIRAGANA: Final = r"\u3041-\u309f"
_KATAKANA: Final = r"\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_KANA = re.compile(f"[{_HIRAGANA}{_KATAKANA}]")

_MARKS: Final = r"\u3001-\u3004\u3006-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
"""Punctuation of East Asia, full-width forms included."""

_SPACED: Final = rf"{PRONUNCIATION.pattern}|[^\s{_HAN}{_HIRAGANA}{_KATAKANA}{_MARKS}]+"
_CHINESE = re.compile(rf"{_SPACED}|[{_HAN}]")
_JAPANESE = re.compile(rf"{_SPACED}|[{_HAN}]{{1,20}}[{_HIRAGANA}]{{0,20}}|[{_KATAKANA}]{{1,40}}|[{_HIRAGANA}]{{1,20}}")
"""What is a word where no spaces part them: a character with Mandarin's, a stem with its endings with Japanese's."""

_EDGES: Final = ".,;:!?…\"'“”‘’‚„«»‹›()[]{}<>—–-*_~`|\\^।॥؟۔،¿¡#"
"""Characters that stand before and after words, and are not of them."""

_SIGN = re.compile(r"[-−+.#](?=\d)|#(?=\w)")

_UNSPOKEN = re.compile(
    r"<[/!?A-Za-z][^<>]{0,2000}>|\[(?:voice|rate|pause):[^\[\]\n]{0,200}\]|(?<=\])\((?!/)[^()\s]{0,2000}\)",
    re.IGNORECASE,
)
"""Tags and the targets of links: what of an input is surely not spoken."""


class Span(NamedTuple):
    """A word: the characters from `start` to before `stop` of a text come from those from `source_start` to before
    `source_stop` of the input, which are none where the input has nothing of it."""

    start: int
    stop: int
    source_start: int
    source_stop: int


def words(text: str) -> list[Range]:
    """Where the words of a text stand, without the punctuation around them. Of `[word](/ipa/)` it is the word."""
    pattern = _JAPANESE if _KANA.search(text) else _CHINESE
    return [core for match in pattern.finditer(text) if (core := _core(match))]


def spoken_spans(
    written: str, spans: Sequence[Span], spoken: str, normalize: Callable[[str], str], reached: int = 0
) -> tuple[Span, ...]:
    """The words of `spoken`, what `normalize` has made of `written`, with their places in the input.

    spans: the words of `written` with theirs. reached: where the word before them begins in the input. The places come
    in order.
    """
    places = words(spoken)

    def refine(block: Block) -> Sequence[Range] | None:
        parts = spans[block.other_start : block.other_stop]
        if len(parts) > REREAD_WORDS:
            return None
        heard = [_keys(normalize(written[part.start : part.stop])) for part in parts]
        said = _words_of(spoken, places[block.one_start : block.one_stop])
        return [(block.other_start + start, block.other_start + stop) for start, stop in _owners(said, heard)]

    sources = [key(written[span.start : span.stop]) for span in spans]
    ranges = assignment(_words_of(spoken, places), sources, refine)
    found = []
    for place, range in zip(places, ranges, strict=True):
        start, stop = _extent(spans, range, reached)
        reached = max(reached, start)
        found.append(Span(*place, reached, max(reached, stop)))
    return tuple(found)


class SourceMap:
    """Where the words of a document stand in the input that it was made of."""

    def __init__(self, blocks: Sequence[str], input: str) -> None:
        """blocks: of the document, which they are when they are joined. No word goes on from one to the next."""
        document = "".join(blocks)
        # As long as it was, so that positions hold.
        visible = _UNSPOKEN.sub(lambda match: " " * len(match[0]), input)
        places, sources = list(_words_of_blocks(blocks)), words(visible)
        said, seen = _words_of(document, places), _words_of(visible, sources)
        ranges = assignment(said, seen, lambda block: _by_characters(block, said, seen))
        written = [Span(*source, *source) for source in sources]
        self._spans = list[Span]()
        reached = 0
        for place, range in zip(places, ranges, strict=True):
            span = _narrowed(document, visible, Span(*place, *_extent(written, range)), reached)
            reached = span.source_start
            self._spans.append(span)
        self._stops = [span.stop for span in self._spans]

    def of(self, start: int, text: str) -> list[Span]:
        """The words of `text`, which stands in the document from `start` on; the spans begin with 0."""
        return [Span(*place, *self._source(start + place[0], start + place[1])) for place in words(text)]

    def _source(self, start: int, stop: int) -> Range:
        first = bisect_left(self._stops, start + 1)
        last = first
        while last < len(self._spans) and self._spans[last].start < stop:
            last += 1
        return _extent(self._spans, (first, last))


def shifted(spans: Iterable[Span], by: int) -> tuple[Span, ...]:
    """The spans of words that stand `by` characters later in the text; of those that then begin before it, the rest."""
    return tuple(
        span._replace(start=max(0, span.start + by), stop=span.stop + by) for span in spans if span.stop + by > 0
    )


def before(spans: Iterable[Span], stop: int) -> tuple[Span, ...]:
    """The spans of words in the first `stop` characters; of those that end behind them, the beginning."""
    return tuple(span._replace(stop=min(span.stop, stop)) for span in spans if span.start < stop)


def key(word: str) -> str:
    """What equal words have in common, however they are written: letters and digits, without letter case."""
    plain = unicodedata.normalize("NFKC", html.unescape(word) if "&" in word else word).casefold()
    return "".join(filter(str.isalnum, plain)) or plain


def _words_of_blocks(blocks: Sequence[str]) -> Iterator[Range]:
    offset = 0
    for block in blocks:
        yield from ((offset + start, offset + stop) for start, stop in words(block))
        offset += len(block)


def _keys(text: str) -> list[str]:
    return _words_of(text, words(text))


def _words_of(text: str, places: Sequence[Range]) -> list[str]:
    return [key(text[start:stop]) for start, stop in places]


def _by_characters(block: Block, targets: Sequence[str], sources: Sequence[str]) -> Sequence[Range] | None:
    """Which sources each target of a block is of, by their characters: "A B C" and "World Wide" of "abc" and "WW"."""
    said, seen = targets[block.one_start : block.one_stop], sources[block.other_start : block.other_stop]
    if max(sum(map(len, said)), sum(map(len, seen))) > REREAD_CHARACTERS:
        return None
    owners = [owner for owner, word in enumerate(seen, block.other_start) for _ in word]
    ranges = assignment([*"".join(said)], [*"".join(seen)])
    spread = []
    at = 0
    for word in said:
        first, last = ranges[at][0], ranges[at + len(word) - 1][1]
        at += len(word)
        start = owners[min(first, len(owners) - 1)]
        spread.append((start, max(start, owners[max(last - 1, 0)]) + 1))
    return spread


def _core(match: re.Match[str]) -> Range | None:
    if match["word"] is not None:
        return match.span("word")
    text = match[0]
    inner = text.lstrip(_EDGES)
    start = match.end() - len(inner)
    if start > match.start() and _SIGN.match(match.string, start - 1):
        start -= 1
    stop = start + len(match.string[start : match.end()].rstrip(_EDGES))
    return (start, stop) if inner else None


def _owners(said: Sequence[str], heard: Sequence[Sequence[str]]) -> Iterator[Range]:
    """Which of several words each of `said` is of. heard: what each is when it is said alone."""
    owners = [owner for owner, parts in enumerate(heard) for _ in parts]
    for start, stop in assignment(said, [part for parts in heard for part in parts]):
        if start < stop:
            yield owners[start], owners[stop - 1] + 1
        else:
            owner = owners[min(start, len(owners)) - 1] if start and owners else 0
            yield owner, owner + 1


def _extent(spans: Sequence[Span], range: Range, reached: int = 0) -> Range:
    """The characters of the input from the first to the last of these words; none, behind the word before, for none."""
    first, last = range
    if first < last:
        return spans[first].source_start, max(spans[first].source_start, spans[last - 1].source_stop)
    at = spans[first - 1].source_stop if first and spans else reached
    return at, at


def _narrowed(document: str, visible: str, span: Span, reached: int) -> Span:
    """The span with the word alone where it stands in its part of the input as it is. It begins at `reached`, where the
    word before begins, or later."""
    start = max(span.source_start, reached)
    stop = max(span.source_stop, start)
    word = document[span.start : span.stop]
    at = visible.find(word, start, stop)
    if at >= 0:
        start, stop = at, at + len(word)
    return span._replace(source_start=start, source_stop=stop)

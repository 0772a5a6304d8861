"""What a language model writes, how clients have it spoken, and the figures of what they heard."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from bench.language_model import TOKEN_LENGTH, first_sentence, tokens_of, written
from bench.live import figures, rows_of
from bench.live_client import Turn, Writer, cut
from bench.passages import UNKNOWN
from bench.playback import Playback
from bench.texts import varied

TEXT = 'He said "No." Then he left, for $3.50 an hour. Nobody saw him!'


def turn(began_s: float, sentence_s: float, ttfa_s: float, underrun_s: float | None = 0.0) -> Turn:
    return Turn(began_s, sentence_s, Playback(ttfa_s, 9.0, [(began_s + ttfa_s, 1.0)], underrun_s))


def test_tokens_make_the_text_and_are_short() -> None:
    for text in (TEXT, *itertools.islice(varied(0), 20)):
        tokens = tokens_of(text)
        assert "".join(tokens) == text
        assert max(map(len, tokens)) <= TOKEN_LENGTH + 1  # a space before it


def test_tokens_are_written_at_their_rate_whoever_is_slow_to_take_them() -> None:
    async def moments() -> list[float]:
        began_s, taken = time.monotonic(), []
        async for _ in written(TEXT[:40], rate=100.0):
            taken.append(time.monotonic() - began_s)
            await asyncio.sleep(0.002)
        return taken

    for number, at_s in enumerate(asyncio.run(moments())):
        assert at_s >= number / 100 - 0.001


def test_first_sentence_ends_with_its_mark_and_what_closes_it() -> None:
    assert first_sentence(TEXT) == 'He said "No."'
    assert first_sentence("No end") == "No end"


def test_client_cuts_sentences_once_something_follows_them() -> None:
    async def sentences() -> list[str | None]:
        found: asyncio.Queue[str | None] = asyncio.Queue()
        await cut(Writer(TEXT, rate=10_000.0), found)
        return [found.get_nowait() for _ in range(found.qsize())]

    assert asyncio.run(sentences()) == ['He said "No."', "Then he left, for $3.50 an hour.", "Nobody saw him!", None]


def test_audio_is_waited_for_since_the_first_sentence_was_whole() -> None:
    assert turn(10.0, 10.5, 0.75).sentence_to_audio_s == pytest.approx(0.25)
    assert Turn(10.0).sentence_to_audio_s is None


def test_figures_tell_how_ways_compare() -> None:
    of_ways = {
        "live": ([turn(0.0, 0.5, 0.8), turn(0.0, 0.5, 0.8, 0.3)], UNKNOWN),
        "cut": ([turn(0.0, 0.5, 1.1)], UNKNOWN),
        "plain": ([turn(0.0, 0.0, 0.15)], None),
    }
    live, cut, plain = rows_of(of_ways)
    assert (live["to_plain"], live["to_cut"], live["c100"]) == (pytest.approx(2.0), pytest.approx(0.5), 50.0)
    assert (cut["to_cut"], plain["to_plain"], plain["joins"]) == (1.0, 1.0, None)


def test_figures_of_nothing_are_none() -> None:
    nothing = figures([])
    assert (nothing["turns"], nothing["sentence_to_audio_p50_s"], nothing["c100"], nothing["requests"]) == (
        0,
        None,
        None,
        None,
    )
    assert figures([Turn(0.0, error="no")])["errors"] == {"no": 1}

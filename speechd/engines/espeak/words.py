"""Words by espeak-ng's own events: when each sounds, and which word of a text each is of.

An event names a character of the text that espeak-ng was given. So that is what a token is here.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from speechd.audio.samples import TokenTime
from speechd.engines.base import WordTokens
from speechd.text.spans import words

_TERMINATED: Final = 0
_WORD: Final = 1
_WRITTEN = re.compile(r"\[\[.{0,400}?\]\]|\w[\w\u0300-\u036f\u0900-\u0903\u093a-\u094f'’-]*")
"""A word, or phonemes."""

_SOUND: Final = 33
"""The loudest that silence is, of 16 bits: a thousandth."""


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h. text_position: of a character, from 1; sample: of all that was spoken so far."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


class WordEvent(NamedTuple):
    """A word begins: the character of the text, from 0, and the sample."""

    character: int
    sample: int


def word_events(address: int | None) -> list[WordEvent]:
    """The words among the events that espeak-ng gives a callback, by the address of the first."""
    events: list[WordEvent] = []
    while address:
        event = Event.from_address(address)
        if event.type == _TERMINATED:
            break
        if event.type == _WORD:
            events.append(WordEvent(event.text_position - 1, event.sample))
        address += ctypes.sizeof(Event)
    return events


def alignment(
    events: Sequence[WordEvent], samples: npt.NDArray[np.int16], sample_rate: int, given: str
) -> tuple[TokenTime, ...]:
    """When each word sounds: from its event to its last sound before the next one.

    given: the text that espeak-ng was given. Of words that it joins ("of the") there is one event. They share its time
    by their letters.
    """
    times: list[TokenTime] = []
    for event, end in zip(events, [*events[1:], WordEvent(len(given), len(samples))], strict=False):
        stop = _last_sound(samples, event.sample, end.sample)
        written = _written(given, event.character, end.character)
        done = list(accumulate((letters for _, letters in written), initial=0))
        moments = [(event.sample + (stop - event.sample) * part / done[-1]) / sample_rate for part in done]
        starts = (character for character, _ in written)
        times += [TokenTime(start, *moment) for start, moment in zip(starts, pairwise(moments), strict=True)]
    return tuple(times)


def _written(given: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Where the words of one event begin, and their letters; the first begins where the event says."""
    found = [match.span() for match in _WRITTEN.finditer(given, start, max(start, stop))]
    places = [(first, last - first) for first, last in found[1:]]
    return [(start, found[0][1] - found[0][0] if found else 1), *places]


def word_tokens(text: str, pieces: Sequence[tuple[int, str]]) -> tuple[WordTokens, ...]:
    """The words of `text`. pieces: what espeak-ng was given for it, joined, each with the character of `text` at which
    it begins; the characters of what it was given are the tokens."""
    places = words(text)
    starts = list(_starts(text, places, pieces))
    stops = [*starts[1:], sum(len(given) for _, given in pieces)]
    return tuple(WordTokens(*place, start, stop) for place, start, stop in zip(places, starts, stops, strict=True))


def _starts(text: str, places: Sequence[tuple[int, int]], pieces: Sequence[tuple[int, str]]) -> Iterator[int]:
    """Where each word begins in what was given, in order; what is not found there, where the one before ends."""
    offset = 0
    ends = [*(start for start, _ in pieces[1:]), len(text)]
    for (first, given), end in zip(pieces, ends, strict=True):
        reached = 0
        for start, stop in places:
            if first <= start < end:
                at, reached = _found(text[start:stop], given, reached)
                yield offset + at
        offset += len(given)


def _found(word: str, given: str, reached: int) -> tuple[int, int]:
    """Where the word begins and ends, from `reached` on. Of a word that was changed, its first letter is looked for."""
    at = given.find(word, reached)
    if at >= 0:
        return at, at + len(word)
    at = given.find(word[0], reached)
    return (at, at + 1) if at >= 0 else (reached, reached)


def _last_sound(samples: npt.NDArray[np.int16], start: int, stop: int) -> int:
    loud = np.flatnonzero(np.abs(samples[start:stop].astype(np.int32)) > _SOUND)
    return start + int(loud[-1]) + 1 if len(loud) else stop

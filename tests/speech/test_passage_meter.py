"""What is told of a plan's passages."""

from __future__ import annotations

import pytest

from speechd.engines.base import Segment
from speechd.speech.passage_meter import JOINS, Join, Met, PassageMeter
from speechd.speech.planner import Planned
from speechd.text.markup import Pause
from speechd.text.passages import Boundary


def planned(tokens: int, boundary: Boundary = Boundary.SENTENCE, *, is_one: bool = False) -> Planned:
    return Planned(Segment(b"", 1.0, tokens), 0.0, boundary=boundary, is_one=is_one)


def met(*items: Planned | Pause) -> list[Met]:
    meter = PassageMeter()
    return [each for item in (*items, None) if (each := meter.add(item)) is not None]


def test_joins_lie_between_passages() -> None:
    ends = [planned(120, boundary) for boundary in Boundary]
    assert [each.join for each in met(*ends, planned(120))] == [JOINS[boundary] for boundary in Boundary] + [None]
    assert [each.join for each in met(Pause(1.0), planned(1), Pause(1.0), Pause(1.0), planned(1))] == [Join.PAUSE, None]
    assert met() == met(Pause(1.0)) == []


@pytest.mark.parametrize(
    ("tokens", "boundary", "next_item", "had_text"),
    [
        (120, Boundary.SENTENCE, planned(1), True),
        (120, Boundary.PARAGRAPH, planned(1), True),
        (99, Boundary.SENTENCE, planned(1), True),
        (99, Boundary.WORD, planned(1), True),
        (250, Boundary.CLAUSE, planned(1), True),
        (99, Boundary.PARAGRAPH, planned(1), False),
        (99, Boundary.SENTENCE, Pause(1.0), False),
        (99, Boundary.SENTENCE, None, False),
    ],
)
def test_passage_had_the_text_unless_it_is_all_that_was_left(
    tokens: int, boundary: Boundary, next_item: Planned | Pause | None, had_text: bool
) -> None:
    items = [planned(30), planned(tokens, boundary), *([next_item] if next_item else []), planned(1)]
    if next_item is None:
        items.pop()
    assert met(*items)[1][::2] == (tokens, had_text)


def test_first_passage_is_to_be_short_and_does_not_count() -> None:
    assert [each.had_text for each in met(planned(30), planned(30), planned(30))] == [False, True, False]


@pytest.mark.parametrize(("tokens", "is_one", "had_text"), [(200, True, True), (201, True, False), (201, False, True)])
def test_one_sentence_that_is_too_long_could_not_be_shorter(tokens: int, is_one: bool, had_text: bool) -> None:
    assert met(planned(30), planned(tokens, is_one=is_one), planned(1))[1].had_text is had_text


def test_no_boundary_lacks_a_join() -> None:
    assert set(JOINS) == set(Boundary)
    assert len(set(JOINS.values())) == len(JOINS)

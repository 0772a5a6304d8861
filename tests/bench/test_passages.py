"""Joins and tokens of passages, of a plan and of a server's metrics."""

from __future__ import annotations

from bench import passages
from bench.natural_texts import LEGAL, TEXTS
from speechd.engines.tone import ToneEngine
from speechd.metrics import recording
from speechd.metrics.exposition import Metrics
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from speechd.speech.passage_meter import Join
from speechd.text.passages import Boundary
from tests.speech.test_passage_meter import planned

LIMITS = Limits(
    max_in_flight=8, max_in_flight_per_key=0, max_wait_s=10.0, segments_per_request=4, synthesis_timeout_s=5.0
)


def test_no_join_of_natural_texts_is_inside_a_clause_and_most_passages_are_of_a_good_length() -> None:
    row = passages.planned(TEXTS.values(), ToneEngine()).row()
    assert row["joins"] > 20
    assert row["inside_percent"] == 0
    assert row["good_percent"] >= 80


def test_only_a_sentence_that_is_too_long_is_cut() -> None:
    assert passages.planned([LEGAL], ToneEngine()).joins.keys() == {Join.CLAUSE}
    others = [text for text in TEXTS.values() if text is not LEGAL]
    assert Join.CLAUSE not in passages.planned(others, ToneEngine()).joins


def test_passages_are_parted_by_whether_they_had_the_text() -> None:
    sentence = f"The{' sea' * 14}."
    plan = passages.planned([f"{' '.join([sentence] * 4)}\n\n{sentence}"], ToneEngine())
    assert (plan.first, plan.tokens, plan.others) == ([60], [121], [60, 60])
    assert plan.joins == {Join.SENTENCE: 2, Join.PARAGRAPH: 1}


def test_shape_is_read_from_what_the_server_counts() -> None:
    board = Scoreboard(1, LIMITS)
    metrics = Metrics(board, "tone")
    before = passages._told(metrics.render().decode())
    meter = recording.StreamMeter(metrics.counts.row(0), "pcm", whole=False)
    for item in (*map(planned, (30, 99, 100, 200, 201)), planned(40, Boundary.PARAGRAPH), planned(9), None):
        meter.record_planned(item)
    row = passages.row_since(before, passages._told(metrics.render().decode()))
    assert row["joins_by_kind"] == {Join.SENTENCE: 5, Join.PARAGRAPH: 1}
    assert (row["joins"], row["inside_percent"], row["good_percent"]) == (6, 0.0, 50.0)
    board.close()


def test_server_that_does_not_tell_has_no_figures() -> None:
    assert passages._told("# HELP up Up.\nup 1\n") is None
    assert passages._told("<html>") is None
    assert set(passages.row_since(None, passages.UNKNOWN).values()) == {None}

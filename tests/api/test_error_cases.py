"""The table of errors has every error that the code can raise."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import speechd
from speechd.api.error_cases import CASES, ErrorCase, Where, cases_of
from speechd.errors import SpeechdError, Unavailable

SOURCES = sorted(Path(speechd.__file__).parent.rglob("*.py"))


CODE = re.compile(r'\bcode(?:: str)? ?= ?"(\w+)"')
"""A code that is passed on, is a parameter's default, or belongs to a class."""


def kinds(of: type[SpeechdError] = SpeechdError) -> Iterator[type[SpeechdError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


def test_every_code_of_the_sources_is_in_the_table() -> None:
    found = {code for path in SOURCES for code in CODE.findall(path.read_text())}
    assert found >= {"invalid_type", "voice_not_found", "synthesis_failed"}  # one of each kind is found
    assert found <= {case.code for case in CASES}


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind is not Unavailable], ids=lambda kind: kind.__name__)
def test_every_class_of_errors_is_in_the_table(kind: type[SpeechdError]) -> None:
    assert [case for case in CASES if case.error is kind]


def test_no_case_is_there_twice_and_all_are_in_order() -> None:
    keys = [(case.status, case.code) for case in CASES]
    assert len(set(keys)) == len(keys)
    assert [status for status, _ in keys] == sorted(status for status, _ in keys)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.status} {case.code}")
def test_case_is_a_phrase(case: ErrorCase) -> None:
    assert not case.when.endswith(".")
    assert "|" not in case.when  # it is a cell of a table


def test_paths_have_the_errors_of_any_path_and_their_own() -> None:
    of_ready, of_speech = cases_of(Where.READY), cases_of(Where.SPEECH)
    assert {case.code for case in of_ready} >= {"server_not_ready", "host_not_allowed", "method_not_allowed"}
    assert "invalid_type" not in {case.code for case in of_ready}
    elsewhere = ("not_found", "no_voice_packs", "range_not_satisfiable")
    others = {case for case in CASES if case.code in elsewhere or case.where is Where.LIVE}
    assert set(CASES) - set(of_speech) == others

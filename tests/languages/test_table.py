from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from speechd import languages
from speechd.languages.base import Language
from speechd.languages.table import CODES, KOKORO_CODES, LANGUAGES, find_language
from speechd.text.normalization.normalize import normalize

ALL = pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)


FILES = [path for path in Path(languages.__path__[0]).glob("*.py") if path.stem not in ("__init__", "base", "table")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_of_a_language_holds_data_alone(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    imports = {node.module for node in body if isinstance(node, ast.ImportFrom)}
    assert imports == {"__future__", "typing", "speechd.languages.base"}
    assert {type(node) for node in body} <= {ast.Expr, ast.ImportFrom, ast.AnnAssign}


def test_codes_and_names_are_distinct() -> None:
    assert len({language.name for language in LANGUAGES.values()}) == len(LANGUAGES)
    assert len(KOKORO_CODES) == len(LANGUAGES)
    assert len(CODES) == sum(1 + len(language.codes) for language in LANGUAGES.values())
    assert CODES.keys().isdisjoint(LANGUAGES)


@pytest.mark.parametrize(
    ("code", "tag"), [("a", "en-us"), ("en", "en-us"), ("b", "en-gb"), ("pt", "pt-br"), ("z", "zh")]
)
def test_code_stands_for_its_language(code: str, tag: str) -> None:
    assert CODES[code] == tag


@ALL
def test_tag_is_bcp_47_in_lower_case(language: Language) -> None:
    assert re.fullmatch(r"[a-z]{2,3}(-[a-z]{2})?", language.tag)


@ALL
def test_warm_up_needs_the_rules_of_its_language(language: Language) -> None:
    if language.normalization == "mandarin":
        pytest.importorskip("wetext", reason="the extra `zh` is not installed")
    assert any(map(str.isdigit, language.warm_up))
    assert any(map(str.isdigit, normalize(language.warm_up, language.tag))) is not bool(language.normalization)


@ALL
def test_rules_have_the_words_that_they_need(language: Language) -> None:
    assert (language.numbers is not None) is (language.normalization in ("english", "romance"))
    assert (language.agreement is not None) is (language.normalization == "romance")
    assert (language.written is not None) is (language.normalization == "romance")


@ALL
def test_words_are_written_as_they_are_looked_up(language: Language) -> None:
    words = language.segmentation
    assert words.ambiguous <= words.abbreviations | words.open_abbreviations
    for word in words.abbreviations | words.open_abbreviations:
        assert word in (word.lower(), word.upper())
        assert not word.endswith(".")
    for word in words.starters | words.conjunctions | words.proclitics:
        assert re.fullmatch(r"[^\W\d_]\S*", word)


@ALL
def test_abbreviation_that_is_written_out_does_not_end_a_sentence(language: Language) -> None:
    words = language.segmentation
    last = {written.split()[-1] for written in (language.written.abbreviations if language.written else ())}
    abbreviated = {word.removesuffix(".") for word in last if word.endswith(".") and len(word) > 2}
    missing = {word for word in abbreviated if "." not in word and word not in words.abbreviations}
    assert {word.lower() for word in missing} <= words.abbreviations | words.open_abbreviations


@ALL
def test_latin_letters_are_read_as_a_language_of_the_table(language: Language) -> None:
    assert language.latin in ("", *LANGUAGES)


def test_nothing_is_known_of_a_language_that_the_table_lacks() -> None:
    unknown = find_language("xx")
    assert (unknown.tag, unknown.numbers, unknown.espeak_voice) == ("xx", None, None)
    assert find_language("it") is LANGUAGES["it"]

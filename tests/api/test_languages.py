"""The language of a request."""

import pytest

from speechd.api.languages import MEANINGS, LanguageCode, spoken, spoken_names
from speechd.errors import InvalidRequest
from speechd.languages.table import LANGUAGES


@pytest.mark.parametrize(
    ("written", "of_voice", "language"),
    [
        ("a", "en-gb", "en-us"),
        ("FR", "en-us", "fr-fr"),
        ("pt_BR", "en-us", "pt-br"),
        ("es-MX", "en-us", "es"),
        ("zh-Hans-CN", "en-us", "zh"),
        ("Japanese", "en-us", "ja"),
        ("Chinese", "en-us", "zh"),
        ("British English", "en-us", "en-gb"),
        ("English", "en-gb", "en-gb"),
        ("en", "en-gb", "en-gb"),
        ("en-AU", "en-gb", "en-gb"),
        ("en", "fr-fr", "en-us"),
        ("auto", "hi", "hi"),
        ("", "hi", "hi"),
    ],
)
def test_language_is_told_by_tag_code_or_name(written: str, of_voice: str, language: str) -> None:
    assert spoken(LanguageCode().read("lang_code", written), of_voice) == language


@pytest.mark.parametrize("written", ["xx", "German", "e s", "-", "x-a", "e" * 40])
def test_other_languages_are_refused(written: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        LanguageCode().read("language", written)
    assert refused.value.param == "language"


def test_only_what_is_spoken_is_among_the_names_of_a_server() -> None:
    assert set(MEANINGS) - set(spoken_names({"en-us", "fr-fr", "zh"})) >= {"ja", "Japanese".lower(), "j", "en-gb", "hi"}
    assert {"fr", "french", "f", "fr-fr", "en", "", "auto"} <= set(spoken_names({"en-us", "fr-fr"}))


def test_everything_that_may_be_written_names_a_language() -> None:
    assert {spoken(language or None, "fr-fr") for language in MEANINGS.values()} == set(LANGUAGES)

"""Fields of other servers that would change what is spoken."""

import pytest

from speechd.api.schema import FIELDS
from speechd.api.unsupported import UNSUPPORTED
from speechd.errors import InvalidRequest
from tests.harness.requests import speech_request

NAMES = sorted(set(UNSUPPORTED) - {name for field in FIELDS for name in (field.name, *field.aliases)})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [True, "true", "x", ["x"], {"a": 1}, 1])
def test_field_that_asks_for_something_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidRequest, match=f"'{name}' is not supported: ") as refused:
        speech_request(**{name: value})
    assert (refused.value.param, refused.value.code) == (name, "unsupported_parameter")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [None, False, "false", "", [], {}])
def test_field_that_asks_for_nothing_is_no_matter(name: str, value: object) -> None:
    assert speech_request(**{name: value}) == speech_request()


def test_what_is_kept_has_the_format_of_the_reply() -> None:
    assert speech_request(response_format="wav", download_format="wav").format == "wav"
    with pytest.raises(InvalidRequest, match=r"'download_format' is not supported: .*'wav'"):
        speech_request(response_format="wav", download_format="mp3")


@pytest.mark.parametrize(("task", "is_refused"), [("CustomVoice", False), ("Base", True), ("VoiceDesign", True)])
def test_task_is_to_speak_in_a_voice_by_name(task: str, is_refused: bool) -> None:
    if not is_refused:
        assert speech_request(task_type=task) == speech_request()
        return
    with pytest.raises(InvalidRequest, match="'task_type'"):
        speech_request(task_type=task)

"""Lines of the log: whole, plain, and of a bounded length."""

import json
import logging
import unicodedata
from types import TracebackType

import pytest

from speechd.log import Fields

MEAN = {
    "line end": "a\nforged",
    "return": "a\rforged",
    "escape": "a\x1b[31mred",
    "CSI": "a\x9b31mred",
    "NEL": "a\x85forged",
    "line separator": "a\u2028forged",
    "paragraph separator": "a\u2029forged",
    "right to left": "a\u202eforged",
    "isolate": "a\u2066forged",
    "zero width": "a\u200bforged",
    "byte order mark": "a\ufefforged",
    "language tag": "a\U000e0041forged",
    "lone surrogate": "a\udc9bforged",
}


def record(message: str = "request", **extra: object) -> logging.LogRecord:
    return logging.makeLogRecord({"levelname": "INFO", "process": 7, "created": 0.0, "msg": message} | extra)


def is_plain(text: str) -> bool:
    return all(unicodedata.category(each)[0] not in "C" and each not in "\u2028\u2029" for each in text)


@pytest.mark.parametrize("text", MEAN.values(), ids=MEAN)
@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_terminal_would_obey_is_escaped(text: str, as_json: bool) -> None:
    formatter = Fields(json=as_json)
    assert is_plain(formatter.format(record(fields={"path": text})))
    assert is_plain(formatter.format(record(text)))


@pytest.mark.parametrize("text", [text for text in MEAN.values() if "\udc9b" not in text])
def test_escaped_json_has_the_text(text: str) -> None:
    assert json.loads(Fields(json=True).format(record(fields={"path": text})))["path"] == text


def test_letters_of_any_language_stay() -> None:
    assert Fields(json=False).format(record("größer", fields={"path": "/日本 é"})).endswith('größer path="/日本 é"')


@pytest.mark.parametrize("as_json", [False, True])
def test_long_value_is_cut_and_says_so(as_json: bool) -> None:
    line = Fields(json=as_json).format(record(fields={"path": "/" + "a" * 30_000, "status": 404}))
    assert len(line) < 600
    assert "... (30001 characters)" in line
    assert "status" in line


def raised(message: str) -> tuple[type[ValueError], ValueError, TracebackType | None]:
    try:
        raise ValueError(message)
    except ValueError as error:
        return (type(error), error, error.__traceback__)


def test_no_line_of_a_traceback_can_pass_for_a_line_of_the_log() -> None:
    forged = "2026-01-01T00:00:00.000Z info    [1] forged"
    first, *rest = Fields(json=False).format(record(exc_info=raised(f"x\n{forged}\x9b"))).split("\n")
    assert first.endswith("request")
    assert all(line.startswith("  ") for line in rest)
    assert is_plain("".join(rest))
    assert forged in rest[-1]


def test_traceback_is_in_the_message_of_json() -> None:
    line = json.loads(Fields(json=True).format(record(exc_info=raised("why"))))
    assert line["message"].splitlines()[-1] == "ValueError: why"

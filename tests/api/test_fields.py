"""Types of fields: what they read, what they refuse, and what they say of themselves."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.api.fields import REQUIRED, Boolean, Choice, Field, Integer, IntegerRange, Number, Reader, Text, nullable
from speechd.api.schema import SPEED, VOLUME_MULTIPLIER
from speechd.errors import InvalidRequest

READERS: list[Reader[Any]] = [
    *(Text(), Text(5), Choice(("a", "b")), Number(0.5, 2.0), Boolean(), Integer(), IntegerRange(1, 2, written="[12]")),
    Number(0.5, 2.0, written="1"),
]
VALUES: list[object] = [
    "",
    "a",
    "abc",
    "abcdef",
    0,
    1,
    2,
    2**70,
    0.5,
    1.5,
    2.5,
    -1.5,
    True,
    False,
    [],
    ["a"],
    {},
    {"a": 1},
    "1",
    "0",
    "true",
    "-7",
]

MEANT: dict[object, list[object]] = {
    "1": ["1", 1, 1.0, True],
    "0": ["0", 0, False],
    "true": ["true", True],
    "-7": ["-7", -7],
}
"""What strings are read as, by one reader or another."""


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("reader", READERS, ids=repr)
def test_reader_takes_what_its_schema_allows_and_nothing_else(reader: Reader[Any], value: object) -> None:
    jsonschema.Draft202012Validator.check_schema(reader.schema())
    if jsonschema.Draft202012Validator(reader.schema()).is_valid(value):
        read = reader.read("x", value)
        assert read in (MEANT[value] if isinstance(value, str) and value in MEANT else [value])
    else:
        with pytest.raises(InvalidRequest) as refused:
            reader.read("x", value)
        assert refused.value.param == "x"
        assert "'x'" in str(refused.value) or "Supported values are: 'a', 'b'" in str(refused.value)


@pytest.mark.parametrize("reader", [SPEED.reader, VOLUME_MULTIPLIER.reader], ids=repr)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(whole=st.sampled_from(["", "0", "00", "1", "3", "4", "5", "14"]), part=st.none() | st.from_regex(r"[0-9]{0,6}"))
def test_decimal_as_a_string_is_in_the_schema_if_it_is_in_the_range(
    reader: Number, whole: str, part: str | None
) -> None:
    written = whole if part is None else f"{whole}.{part.strip()}"
    try:
        read = reader.read("x", written)
    except InvalidRequest:
        read = None
    assert (read is not None) is jsonschema.Draft202012Validator(reader.schema()).is_valid(written)
    assert read is None or read == float(written)


@pytest.mark.parametrize(
    ("reader", "value", "code"),
    [
        (Text(5), "abcdef", "string_above_max_length"),
        (Text(5), 1, "invalid_type"),
        (Choice(("a",)), "b", "invalid_value"),
        (Choice(("a",)), "b" * 65, "string_above_max_length"),
        (Number(0.5, 2.0), 0.4, "decimal_below_min_value"),
        (Number(0.5, 2.0), 2.1, "decimal_above_max_value"),
        (Number(0.5, 2.0), float("nan"), "decimal_below_min_value"),
        (Number(0.5, 2.0), float("inf"), "decimal_above_max_value"),
        (Integer(), 1.0, "invalid_type"),
    ],
)
def test_each_refusal_has_openai_s_code(reader: Reader[Any], value: object, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        reader.read("x", value)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("value", "kind"), [(None, "null"), (True, "a boolean"), (1, "an integer"), ([], "an array"), ({}, "an object")]
)
def test_value_of_another_type_is_told_by_its_name_in_json(value: object, kind: str) -> None:
    with pytest.raises(InvalidRequest, match=f"expected a string, but got {kind} instead"):
        Text().read("x", value)


@pytest.mark.parametrize("reader", READERS, ids=repr)
def test_values_are_told_in_words(reader: Reader[Any]) -> None:
    assert reader.values()


def test_absent_field_and_null_have_the_default() -> None:
    field = Field("x", Number(0.0, 1.0), "a number", 0.5)
    assert [field.read({}), field.read({"x": None}), field.read({"x": 1})] == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("body", [{}, {"x": None}, {"y": 1}])
def test_required_field_is_missed(body: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="Missing required parameter: 'x'") as refused:
        Field("x", Text(), "a text", REQUIRED).read(body)
    assert (refused.value.param, refused.value.code) == ("x", "missing_required_parameter")


@pytest.mark.parametrize("reader", READERS, ids=repr)
def test_schema_with_null_takes_the_same_values_and_null(reader: Reader[Any]) -> None:
    before = jsonschema.Draft202012Validator(reader.schema())
    after = jsonschema.Draft202012Validator(nullable(reader.schema()))
    assert [after.is_valid(value) for value in VALUES] == [before.is_valid(value) for value in VALUES]
    assert after.is_valid(None)


def test_schema_of_a_field_has_its_meaning_and_default() -> None:
    assert Field("x", Boolean(), "whether", True).schema() == {
        "anyOf": [*Boolean().schema()["anyOf"], {"type": "null"}],
        "description": "whether.",
        "default": True,
    }
    follows = Field("x", Integer(), "a seed", None, default_meaning="from the text").schema()
    assert follows["description"] == "a seed. Default: from the text."
    assert "default" not in follows
    assert "default" not in Field("x", Text(), "a text", REQUIRED).schema()

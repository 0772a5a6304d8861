"""Fields of a JSON object: their types and ranges, how they are read, and the errors for what does not fit.

The wording and the codes of the errors are those of OpenAI's API. `schema` gives JSON Schema (draft 2020-12). Numbers
and booleans may be written as strings, as forms, shells and some programs send them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from speechd.errors import InvalidRequest

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

JsonSchema = dict[str, Any]

BOOLEANS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
"""What strings mean as booleans, in lower case."""

INTEGER_CHARS: Final = 300
"""Longest string that is read as an integer: Python takes quadratic time for very long ones."""

CHOICE_CHARS: Final = 64
"""Longest value that is compared with the values of a choice; a longer one is not repeated in the error."""

_DECIMAL: Final = re.compile(r"[0-9]{1,20}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}")
_INTEGER: Final = re.compile(rf"-?[0-9]{{1,{INTEGER_CHARS}}}")


class Required(Enum):
    """The default of a field that has none."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


class Reader(Protocol[T_co]):
    """A type of JSON values, with its range."""

    def read(self, name: str, value: object) -> T_co:
        """The value of the field `name`; raises `InvalidRequest` if it is of another type or out of range."""
        ...

    def schema(self) -> JsonSchema:
        """The JSON Schema of its values."""
        ...

    def values(self) -> str:
        """Its values in words, as Markdown."""
        ...


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field of a JSON object. `null` is read as if it were absent.

    meaning: a phrase, as Markdown. default: `REQUIRED` if there is none. default_meaning: the default in words, where
    it follows from other fields. is_extension: it is not OpenAI's. aliases: names that other servers have for it.
    """

    name: str
    reader: Reader[T]
    meaning: str
    default: T | Literal[Required.REQUIRED]
    default_meaning: str = ""
    is_extension: bool = False
    aliases: tuple[str, ...] = ()

    def read(self, body: Mapping[str, object]) -> T:
        """Its value in this object; raises `InvalidRequest`."""
        value = body.get(self.name)
        if self.aliases:
            return self._read_any(body)
        if value is not None:
            return self.reader.read(self.name, value)
        return self._absent()

    def _read_any(self, body: Mapping[str, object]) -> T:
        """Its value under whichever name it has; under several it must be the same."""
        given = [name for name in (self.name, *self.aliases) if body.get(name) is not None]
        if not given:
            return self._absent()
        values = [self.reader.read(name, body[name]) for name in given]
        if any(value != values[0] for value in values):
            raise InvalidRequest(
                f"'{given[0]}' and '{given[1]}' mean the same, and differ: send one of them.",
                param=given[1],
                code="invalid_value",
            )
        return values[0]

    def _absent(self) -> T:
        if self.default is REQUIRED:
            raise missing(self.name)
        return self.default

    def schema(self) -> JsonSchema:
        """The JSON Schema of its values, with its meaning and default."""
        meaning = f"{self.meaning}. Default: {self.default_meaning}." if self.default_meaning else f"{self.meaning}."
        schema = self.reader.schema()
        if self.default is not REQUIRED:
            schema = nullable(schema)
        schema |= {"description": meaning}
        if self.default is not REQUIRED and not self.default_meaning:
            schema["default"] = self.default
        return schema


@dataclass(frozen=True, slots=True)
class Text:
    """A string of at most `max_length` characters; of any length where that is None."""

    max_length: int | None = None

    def read(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise wrong_type(name, "a string", value)
        if self.max_length is not None and len(value) > self.max_length:
            raise InvalidRequest(
                f"Invalid '{name}': string too long. Expected a string with maximum length {self.max_length}, "
                f"but got a string with length {len(value)} instead.",
                param=name,
                code="string_above_max_length",
            )
        return value

    def schema(self) -> JsonSchema:
        return {"type": "string"} | ({} if self.max_length is None else {"maxLength": self.max_length})

    def values(self) -> str:
        return "text" if self.max_length is None else f"text of at most {self.max_length} characters"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several strings."""

    choices: tuple[str, ...]

    def read(self, name: str, value: object) -> str:
        chosen = Text(CHOICE_CHARS).read(name, value)
        if chosen not in self.choices:
            supported = ", ".join(f"'{choice}'" for choice in self.choices)
            raise InvalidRequest(
                f"Invalid value: '{chosen}'. Supported values are: {supported}.", param=name, code="invalid_value"
            )
        return chosen

    def schema(self) -> JsonSchema:
        return {"type": "string", "enum": list(self.choices)}

    def values(self) -> str:
        return ", ".join(f"`{choice}`" for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number from `low` to `high`, both included. written: a regular expression of all strings that are read
    as one of them; "" if none are."""

    low: float
    high: float
    written: str = ""

    def read(self, name: str, value: object) -> float:
        if isinstance(value, str) and self.written and _DECIMAL.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise wrong_type(name, "a decimal", value)
        if value > self.high:
            raise self._out_of_range(name, value, "above maximum", f"<= {self.high}", "decimal_above_max_value")
        if math.isnan(value) or value < self.low:
            raise self._out_of_range(name, value, "below minimum", f">= {self.low}", "decimal_below_min_value")
        return float(value)

    def schema(self) -> JsonSchema:
        schema = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [schema, {"type": "string", "pattern": f"^({self.written})$"}]} if self.written else schema

    def values(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    @staticmethod
    def _out_of_range(name: str, value: float, side: str, expected: str, code: str) -> InvalidRequest:
        return InvalidRequest(
            f"Invalid '{name}': decimal {side} value. Expected a value {expected}, but got {value} instead.",
            param=name,
            code=code,
        )


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    def read(self, name: str, value: object) -> bool:
        if isinstance(value, str) and (meant := BOOLEANS.get(value.lower())) is not None:
            return meant
        if not isinstance(value, bool):
            raise wrong_type(name, "a boolean", value)
        return value

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "boolean"}, {"enum": list(BOOLEANS)}]}

    def values(self) -> str:
        return "`true`, `false`"


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer of any size."""

    def read(self, name: str, value: object) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(name, "an integer", value)
        return value

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": f"^{_INTEGER.pattern}$"}]}

    def values(self) -> str:
        return "an integer"


@dataclass(frozen=True, slots=True)
class IntegerRange:
    """An integer from `low` to `high`, both included. written: a regular expression of all strings that are read as one
    of them."""

    low: int
    high: int
    written: str

    def read(self, name: str, value: object) -> int:
        chosen = Integer().read(name, value)
        if not self.low <= chosen <= self.high:
            raise InvalidRequest(
                f"Invalid '{name}': {str(chosen)[:CHOICE_CHARS]}. Expected an integer from {self.low} to {self.high}.",
                param=name,
                code="invalid_value",
            )
        return chosen

    def schema(self) -> JsonSchema:
        integer = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [integer, {"type": "string", "pattern": f"^({self.written})$"}]}

    def values(self) -> str:
        return f"{self.low} to {self.high}"


def nullable(schema: JsonSchema) -> JsonSchema:
    """The schema of the same values and `null`."""
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        schema = schema | {"enum": [*schema["enum"], None]}
    return schema | ({"type": [schema["type"], "null"]} if "type" in schema else {})


def missing(name: str) -> InvalidRequest:
    """The error for a required field that is absent."""
    return InvalidRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")


def wrong_type(name: str, expected: str, value: object) -> InvalidRequest:
    """The error for a value of another type; expected: the type in words, with its article."""
    kinds = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal", list: "an array"}
    kind = "null" if value is None else kinds.get(type(value), "an object")
    return InvalidRequest(
        f"Invalid type for '{name}': expected {expected}, but got {kind} instead.", param=name, code="invalid_type"
    )

"""Options: how text becomes values, and how flags, variables and former names are read."""

import argparse
from dataclasses import dataclass

import pytest

from speechd.config import options
from speechd.config.options import Option, option


@dataclass(frozen=True)
class Lamp:
    """Settings of two options."""

    watts: int = option(5, "light", "power", 1, 100, former="strength")
    colour: str = option("white", "looks", "of the light", choices=("white", "red"))


KNOWN = options.options_of(Lamp)


def parsed(*line: str) -> dict[str, str]:
    parser = argparse.ArgumentParser()
    options.add_flags(parser, KNOWN)
    return options.given(parser.parse_args(line), KNOWN)


def test_option_takes_name_type_and_default_from_its_field() -> None:
    assert [(each.name, each.type, each.default) for each in KNOWN] == [("watts", int, 5), ("colour", str, "white")]


def test_flag_that_is_not_given_is_absent() -> None:
    assert parsed("--watts", "7") == {"watts": "7"}


def test_former_flag_is_read_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed("--strength", "7") == {"strength": "7"}
    with pytest.raises(SystemExit):
        parsed("--help")
    assert "--strength" not in capsys.readouterr().out


def test_empty_variable_is_an_unset_one() -> None:
    assert options.found({"SPEECHD_WATTS": "", "SPEECHD_COLOUR": "red"}, KNOWN) == {"colour": "red"}


def test_former_variable_is_read() -> None:
    assert options.found({"SPEECHD_STRENGTH": "7"}, KNOWN) == {"strength": "7"}


@pytest.mark.parametrize("texts", [{"strength": "7"}, {"watts": "7"}, {"watts": "7", "strength": "8"}])
def test_present_name_counts_where_both_are_used(texts: dict[str, str]) -> None:
    assert options.by_present_name(texts, KNOWN) == {"watts": "7"}


def test_former_name_is_said_to_be_deprecated() -> None:
    [message] = options.deprecations({"strength": "7", "colour": "red"}, KNOWN, options.variable)
    assert message.startswith("SPEECHD_STRENGTH is deprecated")
    assert message.endswith("use SPEECHD_WATTS")


@pytest.mark.parametrize(
    ("default", "expected"), [(None, "none"), ((), "none"), ("", "none"), (("a", "b"), "a, b"), (2.50, "2.5"), (3, "3")]
)
def test_default_is_written_as_people_write_it(default: object, expected: str) -> None:
    assert Option("group", "meaning", default=default).default_text == expected


@pytest.mark.parametrize(
    ("declared", "metavar"),
    [
        (Option("", "", choices=("a", "b")), "a|b"),
        (Option("", "", name="wait_s", type=float), "SECONDS"),
        (Option("", "", name="body_bytes", type=int), "BYTES"),
        (Option("", "", name="port", type=int), "N"),
    ],
)
def test_help_states_the_kind_of_value(declared: Option, metavar: str) -> None:
    assert declared.metavar == metavar


def test_auto_is_a_value_where_it_is_allowed() -> None:
    assert Option("", "", type=int, auto=True).parse("auto") == options.AUTO
    with pytest.raises(ValueError, match="whole number"):
        Option("", "", type=int).parse("auto")


@pytest.mark.parametrize("value", [float("nan"), 0.5, 4.5])
def test_value_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"is (under|over)"):
        Option("", "", low=1, high=4).check(value)


@pytest.mark.parametrize("value", [1, 4])
def test_ends_of_the_range_are_allowed(value: float) -> None:
    Option("", "", low=1, high=4).check(value)

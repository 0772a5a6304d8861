"""Command-line arguments that several benchmarks have."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from bench.loadgen import Target
from speechd.encoders import FORMATS


def words(text: str) -> list[str]:
    """The words of "a,b,c"; none of an empty text."""
    return [word for word in text.split(",") if word]


def whole_numbers(text: str) -> list[int]:
    """The numbers of "1,2,4"."""
    return list(map(int, words(text)))


def numbers(text: str) -> list[float]:
    """The numbers of "0.5,2"."""
    return list(map(float, words(text)))


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """A parser whose help is the benchmark's own text, as it is."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what requests ask for; see `target_of`."""
    parser.add_argument("--api-key", help="sent as a bearer token")
    parser.add_argument("--model", default="tts-1")
    parser.add_argument("--voice", default="alloy")
    parser.add_argument("--format", default="pcm", choices=list(FORMATS))


def target_of(url: str, arguments: argparse.Namespace) -> Target:
    """The server, asked as `add_request_arguments` says."""
    return Target(url, arguments.format, arguments.voice, arguments.model, arguments.api_key)


def parsed(parser: argparse.ArgumentParser, quick: Mapping[str, object], meaning: str) -> argparse.Namespace:
    """The command line's arguments; with `--quick`, which means `meaning`, those of `quick` in their place."""
    parser.add_argument("--quick", action="store_true", help=meaning)
    arguments = parser.parse_args()
    if arguments.quick:
        vars(arguments).update(quick)
    return arguments

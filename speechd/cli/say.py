"""`speechd say`: speaks a text into a file, without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from speechd.api.schema import SPEEDS
from speechd.cli import say_output
from speechd.cli.exit_status import INTERRUPTED
from speechd.cli.explain import explain
from speechd.cli.say_input import read_text
from speechd.cli.say_output import STANDARD_OUTPUT, Interrupted, clock
from speechd.config import settings
from speechd.config.settings import Settings
from speechd.encoders import FORMATS
from speechd.engines import registry
from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import InvalidRequest
from speechd.speech import names
from speechd.speech.offline import Piece, synthesize_file

SUFFIXES: Final[Mapping[str, str]] = {"ogg": "opus"}
"""Formats by further suffixes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    low, high = SPEEDS
    parser.add_argument(
        "text",
        nargs="*",
        metavar="TEXT|FILE",
        help="text to speak, or one file that holds it (default: standard input)",
    )
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="file to speak, in place of a text")
    parser.add_argument(
        "-o", "--output", type=Path, help="audio file, whose suffix is the format; - for standard output"
    )
    parser.add_argument(
        "--explain", action="store_true", help="show the passages, what is said for them, and its phonemes; no audio"
    )
    parser.add_argument("--format", choices=list(FORMATS), help="audio format (default: the file's suffix)")
    parser.add_argument("--voice", default="af_heart", help="voice or blend (default: af_heart)")
    parser.add_argument("--speed", type=float, default=1.0, help=f"speaking rate, {low:g} to {high:g} (default: 1)")
    settings.add_flags(parser, groups=("engine", "log"))


def run(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Speak; the exit status. Raises `InvalidRequest`, or what the engine raises."""
    _check(arguments)
    format = "" if arguments.explain else _format(arguments)
    text = read_text(arguments.text, arguments.file)
    engine = registry.create(loaded.engine, registry.EngineOptions.of(loaded)).engine
    options = _options(arguments, loaded, engine)
    if arguments.explain:
        for line in explain(text, options, engine):
            print(line)
        return 0
    engine.start(loaded.threads * loaded.workers)
    synthesis = partial(synthesize_file, text, options, engine, format)
    try:
        with _progress() as show:
            say_output.write(synthesis, arguments.output, show)
    except Interrupted:
        return INTERRUPTED
    return 0


def _options(arguments: argparse.Namespace, loaded: Settings, engine: Engine) -> SynthesisOptions:
    """How to speak, by the names file too."""
    catalogue = engine.voices()
    voice = names.voice_of(names.use(loaded.names, catalogue), arguments.voice)
    blend = catalogue.parse(voice.voice)
    low, high = SPEEDS
    return SynthesisOptions(blend, blend.language, min(max(arguments.speed * voice.speed, low), high))


def _format(arguments: argparse.Namespace) -> str:
    suffix = arguments.output.suffix.removeprefix(".").lower()
    format: str = arguments.format or SUFFIXES.get(suffix, suffix)
    if format not in FORMATS:
        raise InvalidRequest(f"--format is one of {', '.join(FORMATS)}; {str(arguments.output)!r} does not name one")
    return format


def _check(arguments: argparse.Namespace) -> None:
    low, high = SPEEDS
    if not low <= arguments.speed <= high:
        raise InvalidRequest(f"--speed is {low:g} ... {high:g}, not {arguments.speed:g}")
    if arguments.explain:
        return
    if arguments.output is None:
        raise InvalidRequest("--output is needed: -o speech.wav, or -o - for standard output; or --explain")
    if arguments.output.is_dir() or not arguments.output.parent.is_dir():
        raise InvalidRequest(f"--output names no file in a folder that exists: {str(arguments.output)!r}")
    if (
        arguments.output != STANDARD_OUTPUT
        and arguments.file
        and arguments.output.resolve() == arguments.file.resolve()
    ):
        raise InvalidRequest("--output is the file to be spoken")


@contextmanager
def _progress() -> Iterator[Callable[[Piece], object]]:
    """Shows how much of the text is spoken, and the time that the rest takes, where somebody watches."""
    from tqdm import tqdm

    look = "{percentage:3.0f} % of the text{postfix} of audio, {elapsed} so far, {remaining} left"
    with tqdm(total=1.0, disable=not sys.stderr.isatty(), bar_format=look, leave=False, postfix="0:00") as bar:

        def show(piece: Piece) -> None:
            bar.set_postfix_str(clock(piece.spoken_s), refresh=False)
            bar.update(piece.share - bar.n)

        yield show

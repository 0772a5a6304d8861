"""`speechd say`: speaks a text into a file, without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from speechd.api.schema import SPEEDS
from speechd.cli.explain import explain
from speechd.config import settings
from speechd.config.settings import Settings
from speechd.encoders import FORMATS
from speechd.engines import registry
from speechd.engines.base import Engine, SynthesisOptions
from speechd.errors import InvalidRequest
from speechd.speech import names
from speechd.speech.offline import synthesize_file

STANDARD_OUTPUT: Final = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    low, high = SPEEDS
    parser.add_argument("text", nargs="*", help="text to speak (default: standard input)")
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
    text = " ".join(arguments.text) or sys.stdin.read()
    engine = registry.create(loaded.engine, registry.EngineOptions.of(loaded)).engine
    options = _options(arguments, loaded, engine)
    if arguments.explain:
        for line in explain(text, options, engine):
            print(line)
        return 0
    engine.start(loaded.threads * loaded.workers)
    content = bytearray()
    with _progress() as show:
        for data, audio_s in synthesize_file(text, options, engine, format):
            content += data
            show(audio_s)
    # Written when it is complete: a failure leaves no file that looks like speech.
    if arguments.output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
    else:
        arguments.output.write_bytes(content)
    return 0


def _options(arguments: argparse.Namespace, loaded: Settings, engine: Engine) -> SynthesisOptions:
    """How to speak, by the names file too."""
    catalogue = engine.voices()
    voice = names.voice_of(names.use(loaded.names, catalogue), arguments.voice)
    blend = catalogue.parse(voice.voice)
    low, high = SPEEDS
    return SynthesisOptions(blend, blend.language, min(max(arguments.speed * voice.speed, low), high))


def _format(arguments: argparse.Namespace) -> str:
    format: str = arguments.format or arguments.output.suffix.removeprefix(".").lower()
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


@contextmanager
def _progress() -> Iterator[Callable[[float], object]]:
    """Shows the seconds of audio so far, where somebody watches."""
    from tqdm import tqdm

    with tqdm(unit=" s of audio", disable=not sys.stderr.isatty(), bar_format="{n:.0f}{unit}, {elapsed}") as bar:
        yield lambda audio_s: bar.update(audio_s - bar.n)

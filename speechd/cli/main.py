"""The command line: its commands, and what their failures look like."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import speechd
from speechd import __version__
from speechd import log as logs
from speechd.cli import completion, say, weights
from speechd.cli.arguments import Parser
from speechd.cli.exit_status import INTERRUPTED, WRONG_CALL
from speechd.cli.pipes import quietly
from speechd.cli.tune import command as tune
from speechd.config import environment, settings
from speechd.config.options import by_present_name, names_of, options_of, variable
from speechd.config.settings import InvalidSetting, Settings
from speechd.engines import registry
from speechd.errors import EngineUnavailable, InvalidRequest, SpeechdError

SERVE_DESCRIPTION: Final = (
    "Serve POST /v1/audio/speech. Every option is also an environment variable (--max-in-flight is "
    "SPEECHD_MAX_IN_FLIGHT) and a line of the settings file (max_in_flight = 8). The command line takes precedence "
    "over the environment, and that over the file. The file is ~/.config/speechd/config.toml, or what SPEECHD_CONFIG "
    "names."
)

SERVE_EPILOG: Final = (
    "Memory: unless the environment sets them (empty: the system's default), the server runs with MALLOC_ARENA_MAX=2, "
    "MALLOC_MMAP_THRESHOLD_=1048576, MALLOC_TRIM_THRESHOLD_=8388608 and ONEDNN_PRIMITIVE_CACHE_CAPACITY=64."
)

log = logging.getLogger("speechd")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status: 0, 1 if it failed, 2 if it was called wrongly, 130 if it was interrupted, 141 if
    nobody reads what it prints."""
    return quietly(lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        loaded = Settings.load(settings.given(arguments), os.environ)
        logs.configure(loaded.log_level, json=loaded.log_format == "json")
        variables = [variable(name) for name in names_of(options_of(Settings))]
        for message in (*loaded.deprecations, *environment.unknown(os.environ, variables), *_namesakes()):
            log.warning("%s", message)
        status: int = arguments.run(arguments, loaded)
    except (InvalidSetting, EngineUnavailable, SpeechdError) as error:
        print(f"speechd: {error}", file=sys.stderr)
        return WRONG_CALL if isinstance(error, InvalidSetting | InvalidRequest) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _namesakes() -> list[str]:
    """What to say where our package lies beside another of its name."""
    others = [folder for folder in speechd.__path__ if Path(folder) != Path(__file__).parents[1]]
    if not others:
        return []
    message = (
        f"Speech Dispatcher's Python package of the same name lies in {', '.join(others)}. Both work; but install "
        "speechd-server into an environment of its own (pipx, or python3 -m venv)"
    )
    return [message]


def _parser() -> Parser:
    parser = Parser(prog="speechd", description="Text-to-speech server with OpenAI's speech endpoint.")
    parser.add_argument("--version", action="version", version=f"speechd {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve", help="serve POST /v1/audio/speech", description=SERVE_DESCRIPTION, epilog=SERVE_EPILOG
    )
    settings.add_flags(serve)
    serve.set_defaults(run=_serve)

    speak = commands.add_parser("say", help="speak a text into a file")
    say.add_arguments(speak)
    speak.set_defaults(run=say.run)

    voices = commands.add_parser("voices", help="list the voices")
    settings.add_flags(voices, groups=("engine",))
    voices.set_defaults(run=_voices)

    measure = commands.add_parser("tune", help="measure this machine, and recommend workers and threads")
    tune.add_arguments(measure)
    measure.set_defaults(run=tune.run)

    download = commands.add_parser("download", help="download and verify Kokoro's weights")
    weights.add_arguments(download)
    download.set_defaults(run=weights.download)

    verify = commands.add_parser("verify", help="compare this server's model with the stock kokoro package")
    weights.add_verify_arguments(verify)
    verify.set_defaults(run=weights.verify)

    complete = commands.add_parser(
        "completion", description=completion.ADVICE, help="print what completes commands and options in a shell"
    )
    completion.add_arguments(complete)
    complete.set_defaults(run=lambda arguments, loaded: _complete(parser, arguments.shell))

    for command in parser.commands().values():
        command.set_defaults(parser=command)
    return parser


def _serve(arguments: argparse.Namespace, loaded: Settings) -> int:
    try:
        os.getcwd()
    except FileNotFoundError:  # The current folder has been deleted, and gunicorn asks for it when it is imported.
        os.chdir("/")
    from speechd.server import address
    from speechd.server.launch import launch

    for option in ("port", "wyoming_port"):
        if port := getattr(loaded, option):
            address.check(loaded.host, port, option)
    launch(by_present_name(settings.given(arguments), options_of(Settings)))


def _complete(parser: Parser, shell: str) -> int:
    print(completion.script(parser, shell), end="")
    return 0


def _voices(arguments: argparse.Namespace, loaded: Settings) -> int:
    for voice in registry.voices(loaded.engine, registry.EngineOptions.of(loaded)):
        print(f"{voice.id:16} {voice.language:6} {voice.gender:7} {voice.name}")
    return 0

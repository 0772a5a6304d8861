"""The command line: flags over settings, nothing else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from speechd import __version__, log
from speechd.api.schema import SPEEDS
from speechd.config import settings
from speechd.config.settings import InvalidSetting, Settings
from speechd.encoders import FORMATS
from speechd.engines import registry
from speechd.engines.base import SynthesisOptions
from speechd.errors import EngineUnavailable, InvalidRequest, SpeechdError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status: 0, 1 when it failed, 2 when it was called wrongly."""
    arguments = _parser().parse_args(argv)
    try:
        loaded = Settings.load(settings.given(arguments), os.environ)
        log.configure(loaded.log_level, json=loaded.log_format == "json")
        status: int = arguments.run(arguments, loaded)
    except (InvalidSetting, EngineUnavailable, SpeechdError) as error:
        print(f"speechd: {error}", file=sys.stderr)
        return 2 if isinstance(error, InvalidSetting | InvalidRequest) else 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="speechd", description="A speech server with OpenAI's contract.")
    parser.add_argument("--version", action="version", version=f"speechd {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="serve POST /v1/audio/speech",
        description="Serve POST /v1/audio/speech. Every option is also an environment variable: --max-in-flight is "
        "SPEECHD_MAX_IN_FLIGHT; the command line goes first. Both go before the settings file, "
        "~/.config/speechd/config.toml or SPEECHD_CONFIG, which 'speechd tune --write' makes.",
        epilog="Memory: unless the environment says otherwise (empty: the system's default), the server runs with "
        "MALLOC_ARENA_MAX=2, MALLOC_MMAP_THRESHOLD_=1048576, MALLOC_TRIM_THRESHOLD_=8388608 and "
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY=64; bench/memory.py measures what others take, jemalloc included, and cost.",
    )
    settings.add_arguments(serve)
    serve.set_defaults(run=_serve)

    _add_say(commands.add_parser("say", help="speak a text into a file"))

    voices = commands.add_parser("voices", help="list the voices")
    settings.add_arguments(voices, groups=("engine",))
    voices.set_defaults(run=_voices)

    _add_tune(commands.add_parser("tune", help="measure this machine and recommend workers and threads"))

    download = commands.add_parser("download", help="fetch and verify Kokoro's weights ahead of time")
    settings.add_arguments(download, groups=("engine", "log"))
    download.set_defaults(run=_download)

    verify = commands.add_parser("verify", help="compare the fast model with the stock kokoro package on your weights")
    settings.add_arguments(verify, groups=("engine", "log"))
    verify.set_defaults(run=_verify)
    return parser


def _add_tune(tune: argparse.ArgumentParser) -> None:
    tune.add_argument(
        "--write",
        nargs="?",
        const="throughput",
        choices=("throughput", "latency"),
        help="put that recommendation into the settings file, which serve reads",
    )
    tune.add_argument("--seconds", type=float, default=4.0, help="for each text and setting (default: 4)")
    settings.add_arguments(tune, groups=("engine", "log"))
    tune.set_defaults(run=_tune)


def _add_say(synthesize_file: argparse.ArgumentParser) -> None:
    synthesize_file.add_argument("text", nargs="*", help="what to say; standard input where it is absent")
    synthesize_file.add_argument(
        "-o", "--output", type=Path, required=True, help="file; its suffix is the format, - is standard output"
    )
    synthesize_file.add_argument("--format", choices=list(FORMATS), help="format, where the file's suffix does not say")
    synthesize_file.add_argument("--voice", default="af_heart", help="a voice or blend (default: af_heart)")
    synthesize_file.add_argument("--speed", type=float, default=1.0, help="0.25 ... 4 (default: 1)")
    settings.add_arguments(synthesize_file, groups=("engine", "log"))
    synthesize_file.set_defaults(run=_say)


def _serve(arguments: argparse.Namespace, loaded: Settings) -> int:
    try:
        os.getcwd()
    except FileNotFoundError:  # The current folder has been deleted, and gunicorn asks for it when it is imported.
        os.chdir("/")
    from speechd.server.launch import launch  # gunicorn is not needed by the other commands

    launch(settings.given(arguments))


def _say(arguments: argparse.Namespace, loaded: Settings) -> int:
    from tqdm import tqdm

    from speechd.speech.offline import synthesize_file

    format = arguments.format or arguments.output.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise InvalidRequest(f"--format is one of {', '.join(FORMATS)}; {str(arguments.output)!r} does not name one")
    low, high = SPEEDS
    if not low <= arguments.speed <= high:
        raise InvalidRequest(f"--speed is {low:g} ... {high:g}, not {arguments.speed:g}")
    if arguments.output.is_dir() or not arguments.output.parent.is_dir():
        raise InvalidRequest(f"--output names no file in a folder that exists: {str(arguments.output)!r}")
    text = " ".join(arguments.text) or sys.stdin.read()
    choice = registry.create(loaded.engine, registry.EngineOptions.of(loaded))
    blend = choice.engine.voices().parse(arguments.voice)
    delivery = SynthesisOptions(blend, blend.language, arguments.speed)
    choice.engine.start(loaded.threads * loaded.workers)
    content = bytearray()
    with tqdm(unit=" s of audio", disable=not sys.stderr.isatty(), bar_format="{n:.0f}{unit}, {elapsed}") as bar:
        for data, spoken_s in synthesize_file(text, delivery, choice.engine, format):
            content += data
            bar.update(spoken_s - bar.n)
    # Written when it is complete: a failure leaves no file that looks like speech.
    if str(arguments.output) == "-":
        sys.stdout.buffer.write(content)
    else:
        arguments.output.write_bytes(content)
    return 0


def _voices(arguments: argparse.Namespace, loaded: Settings) -> int:
    for voice in registry.voices(loaded.engine, registry.EngineOptions.of(loaded)):
        print(f"{voice.id:16} {voice.language:6} {voice.gender:7} {voice.name}")
    return 0


def _tune(arguments: argparse.Namespace, loaded: Settings) -> int:
    from tqdm import tqdm

    from speechd.cli.tune import command as tune
    from speechd.cli.tune import recommend
    from speechd.config import file as settings_file
    from speechd.machine import available_cores

    cores = available_cores()
    rows: list[recommend.Measurement] = []
    interrupted = False
    with tqdm(total=tune.STEPS * len(tune.plans(cores)), bar_format="{l_bar}{bar}| {elapsed}<{remaining}") as bar:

        def step(what: str) -> None:
            bar.set_description(what)
            bar.update()

        try:
            for row in tune.measure(loaded, settings.given(arguments), cores, arguments.seconds, step):
                rows.append(row)
        except KeyboardInterrupt:  # What was measured is kept.
            interrupted = True
    if rows:
        print("\n".join([*recommend.table(rows), "", *recommend.reasons(rows)]))
    if interrupted:
        return 130
    path = settings_file.locate(os.environ)
    if arguments.write and path:
        chosen = recommend.for_latency(rows) if arguments.write == "latency" else recommend.for_throughput(rows)
        settings_file.write(path, chosen.settings)
        print(f"{path}: {', '.join(f'{name} = {value}' for name, value in chosen.settings.items())}")
    return 0


def _download(arguments: argparse.Namespace, loaded: Settings) -> int:
    from speechd.engines.kokoro.download import download

    print(download(loaded.model_dir))
    return 0


def _verify(arguments: argparse.Namespace, loaded: Settings) -> int:
    from speechd.engines.kokoro.checkpoint import MODEL
    from speechd.engines.kokoro.download import locate
    from speechd.engines.kokoro.verify import exactness_db, verify

    weights = locate(loaded.model_dir)
    exact = True
    for comparison in verify(weights.config(), weights.folder / MODEL, weights.packs(4), loaded.dtype):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(loaded.dtype))
    print(f"The fast model {'is' if exact else 'is NOT'} the same function as the stock package, in {loaded.dtype}.")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())

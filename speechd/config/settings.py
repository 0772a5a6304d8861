"""Every option, once: name, type, default and meaning.

The command line (`--max-in-flight 8`) takes precedence over the environment (`SPEECHD_MAX_IN_FLIGHT=8`), that over the
settings file (`max_in_flight = 8`), and that over the default.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speechd.config import automatic, options
from speechd.config import file as settings_file
from speechd.config.key_files import InvalidKeys, check_texts, with_keys
from speechd.config.options import AUTO, Option, option
from speechd.machine import available_cores


class InvalidSetting(Exception):
    """An option has a value it cannot have; the message names the option, the value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Values of all options: in range, and with no "auto" left. Durations are in seconds, sizes in bytes.

    deprecations: messages for the operator about former names that were used.
    """

    host: str = option("127.0.0.1", "server", "address to listen on; 0.0.0.0 for all")
    port: int = option(8880, "server", "TCP port to listen on", 1, 65_535)
    wyoming_port: int = option(
        0, "server", "TCP port for Wyoming, Home Assistant's protocol, which has no keys; 0: none", 0, 65_535
    )
    wyoming_name: str = option(
        "",
        "server",
        "name under which that port is announced on the network (mDNS); empty: it is not; needs the extra zeroconf",
        valid=options.check_service_name,
    )
    workers: int = option(
        AUTO,
        "server",
        "worker processes; auto: cores / threads, or cores / 2 if threads is auto too (two on two or three cores)",
        1,
        1024,
        auto=True,
    )
    threads: int = option(AUTO, "server", "torch threads of each worker; auto: cores / workers", 1, 1024, auto=True)
    slots: int = option(
        AUTO,
        "server",
        "processes that only synthesise, beside the workers, which then listen, read and encode; auto: one for an "
        "engine that speaks batches (Kokoro on a GPU), else none, and each worker synthesises itself",
        1,
        64,
        auto=True,
    )

    engine: str = option(
        "auto", "engine", "kokoro, espeak, tone, package.module:factory, or auto: kokoro if it can run, else espeak"
    )
    engine_path: Path | None = option(None, "engine", "folder to import package.module from, in addition to PYTHONPATH")
    model_dir: Path | None = option(None, "engine", "folder with config.json, kokoro-v1_0.pth and voices/*.pt")
    device: str = option("auto", "engine", "device that Kokoro runs on", choices=("auto", "cpu", "cuda", "mps"))
    dtype: str = option(
        "float32",
        "engine",
        "precision of Kokoro's convolutions; faster: bfloat16 on CPUs that support it (SNR 44 dB, or 75 dB with AMX), "
        "float16 on CUDA (its error is not measured)",
        choices=("float32", "bfloat16", "float16"),
    )
    windows: str = option(
        "auto",
        "engine",
        "auto: a passage is rendered in stretches, the first of about a second, where the engine can do so; off: whole",
        choices=("auto", "off"),
    )
    names: Path | None = option(
        None, "engine", "file (TOML) with pronunciations of words, and names for voices and blends"
    )

    default_voice: str = option(
        "auto", "speech", "voice or blend of requests that name none; auto: Kokoro's af_heart, or the engine's first"
    )
    model_aliases: tuple[str, ...] = option(
        (), "speech", "comma-separated further ids by which requests name the model"
    )
    download_max_bytes: int = option(
        64 << 20, "speech", "disk for replies that are kept to be downloaded again; 0: none is", 0, 1 << 40
    )
    download_age_s: float = option(3600.0, "speech", "time for which such a reply is kept", 1, 86_400)

    api_keys: tuple[str, ...] = option(
        (),
        "access",
        "comma-separated keys, one of which every request must send; other users can see the command line, so use the "
        "environment or a file",
        secret=True,
    )
    api_keys_file: Path | None = option(None, "access", "file with further keys, one per line")
    key_for_lists: str = option(
        "yes",
        "access",
        "whether models and voices are listed only with a key; Open WebUI sends none",
        choices=("yes", "no"),
    )
    cors_origins: tuple[str, ...] = option(
        (), "access", "comma-separated origins of web pages that may call the server; * for all"
    )
    allowed_hosts: tuple[str, ...] = option(
        (),
        "access",
        "comma-separated host names, without a port, that browsers may call the server by; * for any. Default: any, "
        "but only localhost and IP addresses if the server listens on localhost and has no keys",
        valid=options.check_host_names,
    )
    page: str = option("yes", "access", "whether / is a page to try the voices on", choices=("yes", "no"))

    max_input_chars: int = option(50_000, "limits", "longest input, in characters (OpenAI: 4096)", 1, 10_000_000)
    max_body_bytes: int = option(1 << 20, "limits", "largest request body", 1024, 1 << 30)
    max_header_bytes: int = option(32 << 10, "limits", "largest request line and headers together", 1024, 1 << 20)
    request_timeout_s: float = option(
        10.0, "limits", "time for a request to arrive completely", 0.1, 3600, former="receipt_timeout_s"
    )
    # Over 65 s: the pools of clients and of load balancers (AWS: 60 s) must let go of a connection before we do.
    keep_alive_s: float = option(75.0, "limits", "time before an idle connection is closed", 1, 86_400)
    write_timeout_s: float = option(30.0, "limits", "time a client may leave its audio unread", 0.1, 86_400)
    session_idle_s: float = option(
        600.0, "limits", "time without a message before a WebSocket or Wyoming connection is closed", 1, 86_400
    )
    synthesis_timeout_s: float = option(
        60.0, "limits", "time limit for the synthesis of one window or segment", 0.1, 86_400
    )
    text_timeout_s: float = option(2.0, "limits", "processor time limit for reading one passage of a text", 0.1, 3600)
    max_whole_s: float = option(7200.0, "limits", "longest audio of a response that is not streamed", 1, 86_400)
    max_whole_bytes: int = option(192 << 20, "limits", "largest response that is not streamed", 1 << 20, 1 << 34)
    max_whole_total_bytes: int = option(
        512 << 20, "limits", "memory of all responses together that are not streamed", 1 << 20, 1 << 40
    )

    max_in_flight: int = option(
        AUTO, "admission", "requests served at once; auto: 8 per worker, 64 with --device cuda", 1, 65_535, auto=True
    )
    max_in_flight_per_key: int = option(0, "admission", "requests served at once per API key; 0: no limit", 0)
    max_wait_s: float = option(10.0, "admission", "longest expected wait; requests beyond it are refused", 0.1, 3600)
    max_sessions: int = option(
        1024, "admission", "WebSockets and Wyoming connections at once, idle or not, of all workers together", 1, 65_535
    )
    look_ahead_s: float = option(20.0, "admission", "audio synthesised ahead of what a client has read", 1, 3600)

    overflow_url: str = option(
        "",
        "overflow",
        "base URL of another server with OpenAI's speech endpoint, for requests that would be refused for load",
        valid=options.check_url,
    )
    overflow_api_key: str = option(
        "",
        "overflow",
        "API key of the overflow server; other users can see the command line, so use the environment or a file",
        secret=True,
    )
    overflow_api_key_file: Path | None = option(None, "overflow", "file with that key; takes precedence over the key")
    overflow_after_s: float = option(
        15.0, "overflow", "expected wait beyond which requests go to the overflow server", 0, 3600
    )
    overflow_connect_s: float = option(5.0, "overflow", "time limit for connecting to the overflow server", 0.1, 3600)
    overflow_first_audio_s: float = option(
        25.0, "overflow", "time limit for the overflow server's first audio; then the request is served here", 0.1, 3600
    )
    overflow_idle_s: float = option(
        10.0, "overflow", "longest silence from the overflow server once it has started", 0.1, 3600
    )
    overflow_retry_s: float = option(
        5.0,
        "overflow",
        "wait before the overflow server is tried again after it did not answer",
        0,
        3600,
        former="overflow_rest_s",
    )
    overflow_max_in_flight: int = option(64, "overflow", "requests at the overflow server at once", 1, 65_535)

    drain_wait_s: float = option(
        0.0, "processes", "time to go on serving after SIGTERM, while /ready is already 503", 0, 3600
    )
    grace_s: float = option(600.0, "processes", "time for requests in flight to finish after that", 0, 86_400)
    worker_timeout_s: int = option(30, "processes", "seconds without a sign of life before a worker is killed", 1, 3600)
    boot_timeout_s: float = option(120.0, "processes", "time limit for a worker to start", 0.1, 86_400)
    warm_up: tuple[str, ...] = option(
        ("auto",),
        "processes",
        "comma-separated voices to load before the first request; auto: those behind OpenAI's names",
    )
    respawn_delay_s: float = option(
        0.5, "processes", "wait before a worker that failed to start is tried again; doubles each time", 0.001, 3600
    )
    respawn_limit_s: float = option(30.0, "processes", "longest such wait", 0.001, 3600)
    idle_unload_s: float = option(0.0, "processes", "time without requests before the model is unloaded; 0: never", 0)
    recycle_after_s: float = option(0.0, "processes", "age at which a worker is replaced; 0: never", 0)
    recycle_over_bytes: int = option(
        0, "processes", "memory that only this worker uses, at which it is replaced; 0: never", 0
    )

    log_level: str = option("info", "log", "minimum level", choices=("debug", "info", "warning", "error"))
    log_format: str = option("logfmt", "log", "logfmt for people, json for machines", choices=("logfmt", "json"))

    deprecations: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        for each in options.options_of(type(self)):
            _check(each, getattr(self, each.name))
        if self.max_whole_bytes > self.max_whole_total_bytes:
            raise _invalid("max_whole_total_bytes", self.max_whole_total_bytes, "is under max_whole_bytes")
        if self.wyoming_port == self.port:
            raise _invalid("wyoming_port", self.wyoming_port, "is the port of HTTP, too")
        workers, threads = automatic.workers_and_threads(self.workers, self.threads, available_cores())
        object.__setattr__(self, "workers", workers)
        object.__setattr__(self, "threads", threads)
        in_flight = self.max_in_flight or automatic.max_in_flight(workers, self.device)
        object.__setattr__(self, "max_in_flight", in_flight)

    @property
    def rows(self) -> int:
        """Most workers at a time.

        There is room for one that comes before another leaves; or for those that listen without the model, those that
        come with it, and those before them, which may still be speaking.
        """
        if self.idle_unload_s:
            return 2 * self.workers + 1
        return self.workers + bool(self.recycle_after_s or self.recycle_over_bytes)

    @classmethod
    def load(cls, overrides: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
        """Settings from the command line's texts (see `given`), the environment and the settings file.

        Raises `InvalidSetting`.
        """
        known = options.options_of(cls)
        in_environ = options.found(environ, known)
        try:
            in_file = settings_file.read(environ, set(options.names_of(known)))
        except ValueError as error:
            raise InvalidSetting(str(error)) from None
        texts = {
            name: text
            for source in (in_file, in_environ, overrides)
            for name, text in options.by_present_name(source, known).items()
        }
        values = {each.name: _parsed(each, text) for each in known if (text := texts.get(each.name))}
        values["deprecations"] = (
            *options.deprecations(overrides, known, options.flag),
            *options.deprecations(in_environ, known, options.variable),
            *options.deprecations(in_file, known, "{} in the settings file".format),
        )
        try:
            check_texts(texts)
            return cls(**with_keys(values))
        except InvalidKeys as error:
            raise _invalid(*error.args) from None


def add_flags(parser: argparse.ArgumentParser, groups: Collection[str] = ()) -> None:
    """Add a flag for every option, or for those of some groups."""
    known = options.options_of(Settings)
    options.add_flags(parser, [each for each in known if not groups or each.group in groups])


def given(arguments: argparse.Namespace) -> dict[str, str]:
    """The texts that the command line gave, by option name or former name, as `Settings.load` takes them."""
    return options.given(arguments, options.options_of(Settings))


def _parsed(option: Option, text: str) -> Any:
    try:
        return option.parse(text)
    except ValueError as error:
        raise _invalid(option.name, text, error) from None


def _check(option: Option, value: Any) -> None:
    try:
        option.check(value)
    except ValueError as error:
        raise _invalid(option.name, value, error) from None


def _invalid(name: str, value: object, reason: object) -> InvalidSetting:
    return InvalidSetting(f"{options.flag(name)} ({options.variable(name)}): {str(value)!r} {reason}")

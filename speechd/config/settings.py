"""Every option, once: name, type, default and meaning. This is the only place that knows their names.

The command line (`--max-in-flight`) goes before the environment (`SPEECHD_MAX_IN_FLIGHT`), that before the
settings file (`max_in_flight = 8`), and all before the default.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, get_type_hints
from urllib.parse import urlsplit

from speechd.config import file as settings_file
from speechd.machine import available_cores

PREFIX: Final = "SPEECHD_"
"""What the environment's name of an option begins with."""

AUTO: Final = 0
"""The value of a whole number that is worked out from the machine; written "auto"."""

BARE_NAME: Final = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
"""A name of a host, as browsers send it: other letters than these in the form that begins with xn--."""

IN_FLIGHT_PER_WORKER: Final = 8
"""Requests. A worker of two threads speaks about ten times faster than its listeners listen."""


class InvalidSetting(Exception):
    """An option has a value it cannot have; the message names the option, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Option:
    """What is known of an option beside its name, type and default. `low` and `high` are allowed themselves; `url`: it
    is an address on the web, or empty; `names`: they are names of hosts, or "*"."""

    group: str
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    auto: bool = False
    url: bool = False
    names: bool = False

    def check(self, value: Any) -> None:
        """Raise `ValueError` if the value is out of range."""
        if self.choices and value not in self.choices:
            raise ValueError(f"is none of {', '.join(self.choices)}")
        if self.url and value:
            _check_url(value)
        if self.names:
            _check_names(value)
        if self.auto and value == AUTO:
            return
        # Written so that nan, which compares false with everything, is out of range.
        if self.low is not None and not value >= self.low:
            raise ValueError(f"is under {self.low:g}")
        if self.high is not None and not value <= self.high:
            raise ValueError(f"is over {self.high:g}")


def _about(
    group: str, meaning: str, low: float | None = None, high: float | None = None, **rest: Any
) -> dict[str, Option]:
    return {"option": Option(group, meaning, low, high, **rest)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Values of all options: in range, and with no "auto" left. Durations are in seconds, sizes in bytes."""

    host: str = field(default="127.0.0.1", metadata=_about("server", "address to listen on; 0.0.0.0 for all"))
    port: int = field(default=8880, metadata=_about("server", "TCP port to listen on", 1, 65_535))
    workers: int = field(
        default=AUTO,
        metadata=_about(
            "server",
            "processes, each with its slot; auto: cores / threads; without these, cores / 2, or 2 if that is more",
            1,
            1024,
            auto=True,
        ),
    )
    threads: int = field(
        default=AUTO,
        metadata=_about(
            "server", "torch threads per worker when all are at work; auto: cores / workers", 1, 1024, auto=True
        ),
    )

    engine: str = field(
        default="auto",
        metadata=_about("engine", "kokoro, espeak, tone, package.module:factory, or auto: kokoro if it can run"),
    )
    engine_path: Path | None = field(
        default=None, metadata=_about("engine", "folder with the module of package.module:factory; or PYTHONPATH")
    )
    model_dir: Path | None = field(
        default=None, metadata=_about("engine", "folder with config.json, kokoro-v1_0.pth and voices/*.pt")
    )
    device: str = field(
        default="auto", metadata=_about("engine", "where Kokoro runs", choices=("auto", "cpu", "cuda", "mps"))
    )
    dtype: str = field(
        default="float32",
        metadata=_about(
            "engine",
            "of Kokoro's convolutions on the CPU; bfloat16, where it has that, is faster (44 dB SNR; 75 with AMX)",
            choices=("float32", "bfloat16"),
        ),
    )

    api_keys: tuple[str, ...] = field(
        default=(),
        repr=False,
        metadata=_about(
            "access", "comma-separated keys, one of which a request must bear; better not given on the command line"
        ),
    )
    api_keys_file: Path | None = field(default=None, metadata=_about("access", "file with further keys, one a line"))
    cors_origins: tuple[str, ...] = field(
        default=(), metadata=_about("access", "comma-separated origins of web pages that may call; * for all")
    )
    allowed_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_about(
            "access",
            "comma-separated names, without a port, by which browsers may call; * for any. By default any, but "
            "localhost and addresses alone where host is localhost and no key is asked for",
            names=True,
        ),
    )

    max_input_chars: int = field(
        default=50_000, metadata=_about("limits", "longest input; OpenAI's limit is 4096", 1, 10_000_000)
    )
    max_body_bytes: int = field(default=1 << 20, metadata=_about("limits", "largest request body", 1024, 1 << 30))
    max_header_bytes: int = field(
        default=32 << 10, metadata=_about("limits", "largest request line and headers together", 1024, 1 << 20)
    )
    receipt_timeout_s: float = field(
        default=10.0, metadata=_about("limits", "time a request may take to arrive", 0.1, 3600)
    )
    # Over 65 s: the pools of clients and of load balancers (AWS: 60 s) must let go of a connection before we do.
    keep_alive_s: float = field(
        default=75.0, metadata=_about("limits", "time an idle connection is kept open", 1, 86_400)
    )
    write_timeout_s: float = field(
        default=30.0, metadata=_about("limits", "time a client may leave its audio unread", 0.1, 86_400)
    )
    synthesis_timeout_s: float = field(
        default=60.0, metadata=_about("limits", "time the synthesis of one segment may take", 0.1, 86_400)
    )
    text_timeout_s: float = field(
        default=2.0, metadata=_about("limits", "processor time that reading one passage of a text may take", 0.1, 3600)
    )
    max_whole_s: float = field(
        default=7200.0, metadata=_about("limits", "longest audio of a reply that is not streamed", 1, 86_400)
    )
    max_whole_bytes: int = field(
        default=192 << 20, metadata=_about("limits", "largest reply that is not streamed", 1 << 20, 1 << 34)
    )
    max_whole_total_bytes: int = field(
        default=512 << 20,
        metadata=_about("limits", "memory of all replies together that are not streamed", 1 << 20, 1 << 40),
    )

    max_in_flight: int = field(
        default=AUTO, metadata=_about("admission", "requests served at once; auto: 8 per worker", 1, 65_535, auto=True)
    )
    max_in_flight_per_key: int = field(
        default=0, metadata=_about("admission", "requests served at once for one API key; 0: no limit", 0)
    )
    max_wait_s: float = field(
        default=10.0, metadata=_about("admission", "expected wait beyond which a request is refused", 0.1, 3600)
    )
    look_ahead_s: float = field(
        default=20.0, metadata=_about("admission", "audio made for a stream ahead of its client", 1, 3600)
    )

    overflow_url: str = field(
        default="",
        metadata=_about(
            "overflow",
            "base URL, as clients write it, of another server of OpenAI's contract, which speaks what would be refused "
            "here for load (not for its key)",
            url=True,
        ),
    )
    overflow_api_key: str = field(
        default="",
        repr=False,
        metadata=_about("overflow", "key that it asks for; better not given on the command line"),
    )
    overflow_api_key_file: Path | None = field(
        default=None, metadata=_about("overflow", "file with that key, which goes before the other option")
    )
    overflow_after_s: float = field(
        default=15.0,
        metadata=_about("overflow", "expected wait beyond which it speaks what would be taken here, too", 0, 3600),
    )
    overflow_connect_s: float = field(
        default=5.0, metadata=_about("overflow", "time that a connection to it may take", 0.1, 3600)
    )
    overflow_first_audio_s: float = field(
        default=25.0,
        metadata=_about("overflow", "time until its first audio, after which the request comes back", 0.1, 3600),
    )
    overflow_idle_s: float = field(
        default=10.0, metadata=_about("overflow", "time that it may send nothing for, after that", 0.1, 3600)
    )
    overflow_rest_s: float = field(
        default=5.0, metadata=_about("overflow", "time it is left alone for when it has not answered", 0, 3600)
    )
    overflow_max_in_flight: int = field(
        default=64, metadata=_about("overflow", "requests that it speaks at once", 1, 65_535)
    )

    drain_wait_s: float = field(
        default=0.0,
        metadata=_about("processes", "time between /ready turning 503 on SIGTERM and the end of listening", 0, 3600),
    )
    grace_s: float = field(
        default=600.0, metadata=_about("processes", "time that requests in flight have to finish after that", 0, 86_400)
    )
    worker_timeout_s: int = field(
        default=30, metadata=_about("processes", "silence after which a worker is taken to hang", 1, 3600)
    )
    boot_timeout_s: float = field(
        default=120.0, metadata=_about("processes", "time a worker may take to start", 0.1, 86_400)
    )
    warm_up: tuple[str, ...] = field(
        default=("auto",),
        metadata=_about(
            "processes", "comma-separated voices loaded, with their languages, before the first request; auto: OpenAI's"
        ),
    )
    respawn_delay_s: float = field(
        default=0.5,
        metadata=_about("processes", "wait before a worker that failed to start is tried again; doubles", 0.001, 3600),
    )
    respawn_limit_s: float = field(default=30.0, metadata=_about("processes", "longest such wait", 0.001, 3600))
    idle_unload_s: float = field(
        default=0.0,
        metadata=_about("processes", "time without a request after which the model is unloaded; 0: never", 0),
    )
    recycle_after_s: float = field(
        default=0.0,
        metadata=_about("processes", "time after which another worker takes the place of one; 0: never", 0),
    )
    recycle_over_bytes: int = field(
        default=0,
        metadata=_about("processes", "memory of its own, shared with no other, from which on it does; 0: any", 0),
    )

    log_level: str = field(
        default="info",
        metadata=_about("log", "least severe lines shown", choices=("debug", "info", "warning", "error")),
    )
    log_format: str = field(
        default="logfmt", metadata=_about("log", "logfmt for people, json for machines", choices=("logfmt", "json"))
    )

    def __post_init__(self) -> None:
        for row in _rows():
            value = getattr(self, row.name)
            try:
                _of(row).check(value)
            except ValueError as error:
                raise InvalidSetting(_message(row.name, value, error)) from None
        if self.max_whole_bytes > self.max_whole_total_bytes:
            wrong = ValueError("is under max_whole_bytes")
            raise InvalidSetting(_message("max_whole_total_bytes", self.max_whole_total_bytes, wrong))
        cores = available_cores()
        # Two workers at least where there are two cores: one goes on while the other is replaced. Beyond, two threads
        # each: a synthesis gains little from a third, and many small workers speak the most in sum.
        workers = self.workers or max(1, cores // self.threads if self.threads else max(min(cores, 2), cores // 2))
        object.__setattr__(self, "workers", workers)
        object.__setattr__(self, "threads", self.threads or max(1, cores // workers))
        object.__setattr__(self, "max_in_flight", self.max_in_flight or IN_FLIGHT_PER_WORKER * workers)

    @property
    def rows(self) -> int:
        """How many workers there may be at a time: with room for one that comes before another leaves; for those who
        listen without the model, for those who come with it, and for those before them, who may still be speaking."""
        if self.idle_unload_s:
            return 2 * self.workers + 1
        return self.workers + bool(self.recycle_after_s or self.recycle_over_bytes)

    @classmethod
    def load(cls, overrides: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
        """Settings from the command line's values (by field name), environment and file. Raises `InvalidSetting`."""
        types = get_type_hints(cls)
        try:
            stored = settings_file.read(environ, types)
        except ValueError as error:
            raise InvalidSetting(str(error)) from None
        values: dict[str, Any] = {}
        for row in _rows():
            text = overrides.get(row.name, environ.get(variable(row.name)) or stored.get(row.name, ""))
            if not text:  # An empty variable is an unset one: compose files cannot leave one out.
                continue
            try:
                if not text.strip():  # No way to say "none": a blank name of a key would open the server to everybody.
                    raise ValueError("is blank")
                values[row.name] = AUTO if _of(row).auto and text == "auto" else _PARSERS[types[row.name]](text)
            except ValueError as error:
                raise InvalidSetting(_message(row.name, text, error)) from None
        if values.get("api_keys") == ():
            raise InvalidSetting(_message("api_keys", ",", ValueError("holds no key")))
        if path := values.get("api_keys_file"):
            values["api_keys"] = (*values.get("api_keys", ()), *_keys_in("api_keys_file", path))
        if path := values.get("overflow_api_key_file"):
            values["overflow_api_key"] = "".join(_keys_in("overflow_api_key_file", path)[:1])
        return cls(**values)


def add_arguments(parser: argparse.ArgumentParser, groups: Collection[str] = ()) -> None:
    """Add a flag for every option (of `groups`); flags not given are absent from the result (see `given`)."""
    sections: dict[str, Any] = {}
    for row in _rows():
        option = _of(row)
        if groups and option.group not in groups:
            continue
        if option.group not in sections:
            sections[option.group] = parser.add_argument_group(option.group)
        sections[option.group].add_argument(
            _flag(row.name),
            dest=row.name,
            default=argparse.SUPPRESS,
            metavar="|".join(option.choices) or _METAVARS.get(str(row.type), "TEXT"),
            help=f"{option.meaning} (default: {_default(row)})".replace("%", "%%"),
        )


def given(arguments: argparse.Namespace) -> dict[str, str]:
    """The options that the command line named, by field name, as `Settings.load` takes them."""
    return {row.name: getattr(arguments, row.name) for row in _rows() if hasattr(arguments, row.name)}


def variable(name: str) -> str:
    """The environment's name of an option."""
    return PREFIX + name.upper()


def _rows() -> tuple[Field[Any], ...]:
    return fields(Settings)


def _of(row: Field[Any]) -> Option:
    option = row.metadata["option"]
    assert isinstance(option, Option)
    return option


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _default(row: Field[Any]) -> str:
    if _of(row).auto:
        return "auto"
    if row.default in (None, (), ""):
        return "none"
    if isinstance(row.default, tuple):
        return ", ".join(row.default)
    return f"{row.default:g}" if isinstance(row.default, float) else str(row.default)


def _message(name: str, value: object, error: ValueError) -> str:
    return f"{_flag(name)} ({variable(name)}): {str(value)!r} {error}"


def _keys_in(name: str, path: Path) -> list[str]:
    try:
        keys = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise InvalidSetting(_message(name, path, ValueError(f"cannot be read: {error}"))) from None
    if not keys:  # else a file that was emptied by mistake would open the server to everybody
        raise InvalidSetting(_message(name, path, ValueError("holds no key")))
    return keys


def _check_url(text: str) -> None:
    parts = urlsplit(text)  # this and `port` raise `ValueError`, too
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("is no http:// or https:// address of a server")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("has more than a server and a path")


def _check_names(names: Collection[str]) -> None:
    """What is no name would never be found in a request, and so refuse all browsers."""
    for name in names:
        if name == "*" or BARE_NAME.fullmatch(name):
            continue
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            raise ValueError(
                f"has {name!r}, which is no bare name such as speech.example.com, without scheme, port, path and *"
            ) from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is not a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("is not a number") from None


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in (part.strip() for part in text.split(",")) if part)


_PARSERS: Final[Mapping[object, Callable[[str], object]]] = {
    str: str,
    int: _whole_number,
    float: _number,
    Path | None: Path,
    tuple[str, ...]: _list,
}

_METAVARS: Final = {"int": "N", "float": "SECONDS", "Path | None": "PATH", "tuple[str, ...]": "LIST"}

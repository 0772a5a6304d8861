"""Options: what is declared of each, and how text becomes a value.

Text comes from the command line, the environment and the settings file, and is read in the same way from all three.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, get_type_hints
from urllib.parse import urlsplit

PREFIX: Final = "SPEECHD_"
"""Prefix of an option's environment variable."""

AUTO: Final = 0
"""Value of a whole number that is to be worked out from the machine; written "auto"."""

HOST_NAME: Final = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)
"""A host name as browsers send it: other letters in the form that begins with xn-- (RFC 5890)."""


SERVICE_NAME_BYTES: Final = 63
"""The longest name of a service (RFC 6763, section 4.1.1)."""


@dataclass(frozen=True, slots=True)
class Option:
    """Declaration of an option.

    group: heading in `--help`. meaning: a phrase for people, with the unit where the name does not say it. low, high:
    least and greatest value, both allowed. choices: allowed values, any if empty. auto: whether "auto" is allowed.
    valid: a further check, which raises `ValueError`. former: the name before, an alias for one release.
    """

    group: str
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    auto: bool = False
    valid: Callable[[Any], None] | None = None
    former: str = ""
    name: str = ""
    type: object = str
    default: Any = None

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return flag(self.name)

    @property
    def variable(self) -> str:
        """The option's environment variable."""
        return variable(self.name)

    @property
    def metavar(self) -> str:
        """The kind of value in `--help`."""
        if self.choices:
            return "|".join(self.choices)
        return "BYTES" if self.name.endswith("_bytes") else _METAVARS[self.type]

    @property
    def default_text(self) -> str:
        """The default as people write it; "none" for an empty one."""
        if self.auto:
            return "auto"
        if self.default in (None, (), ""):
            return "none"
        if isinstance(self.default, tuple):
            return ", ".join(self.default)
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    def parse(self, text: str) -> Any:
        """The value that `text` writes, unchecked. Raises `ValueError`."""
        if not text.strip():  # No way to say "none": a blank key would open the server to everybody.
            raise ValueError("is blank")
        return AUTO if self.auto and text == "auto" else _PARSERS[self.type](text)

    def check(self, value: Any) -> None:
        """Raise `ValueError` if the value is not allowed."""
        if self.choices and value not in self.choices:
            raise ValueError(f"is none of {', '.join(self.choices)}")
        if self.valid is not None:
            self.valid(value)
        if self.auto and value == AUTO:
            return
        # Written so that nan, which compares false with everything, is out of range.
        if self.low is not None and not value >= self.low:
            raise ValueError(f"is under {self.low:g}")
        if self.high is not None and not value <= self.high:
            raise ValueError(f"is over {self.high:g}")


def option(
    default: Any, group: str, meaning: str, low: float | None = None, high: float | None = None, **rest: Any
) -> Any:
    """A dataclass field that is an option. `rest`: further members of `Option`, or `secret`, which keeps the value out
    of the settings' representation."""
    secret = rest.pop("secret", False)
    return field(default=default, repr=not secret, metadata={"option": Option(group, meaning, low, high, **rest)})


def options_of(settings: type[Any]) -> tuple[Option, ...]:
    """The options among a dataclass's fields, in order."""
    types = get_type_hints(settings)
    return tuple(
        replace(declared, name=row.name, type=types[row.name], default=None if row.default is MISSING else row.default)
        for row in fields(settings)
        if (declared := row.metadata.get("option"))
    )


def flag(name: str) -> str:
    """An option's flag on the command line."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """An option's environment variable."""
    return PREFIX + name.upper()


def add_flags(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add a flag for every option. Flags that are not given are absent from the result (see `given`)."""
    for name, members in groupby(options, lambda each: each.group):
        group = parser.add_argument_group(name)
        for each in members:
            meaning = f"{each.meaning} (default: {each.default_text})".replace("%", "%%")
            group.add_argument(each.flag, dest=each.name, default=argparse.SUPPRESS, metavar=each.metavar, help=meaning)
            if each.former:
                hidden = argparse.SUPPRESS
                group.add_argument(flag(each.former), dest=each.former, default=hidden, help=hidden)


def given(arguments: argparse.Namespace, options: Iterable[Option]) -> dict[str, str]:
    """The texts that a command line gave, by option name or former name."""
    return {name: getattr(arguments, name) for name in names_of(options) if hasattr(arguments, name)}


def found(environ: Mapping[str, str], options: Iterable[Option]) -> dict[str, str]:
    """The texts that the environment has, by option name or former name. An empty variable is an unset one, because
    compose files cannot leave one out."""
    return {name: text for name in names_of(options) if (text := environ.get(variable(name)))}


def names_of(options: Iterable[Option]) -> Iterator[str]:
    """All names by which options are known, former ones included."""
    for each in options:
        yield each.name
        if each.former:
            yield each.former


def by_present_name(texts: Mapping[str, str], options: Iterable[Option]) -> dict[str, str]:
    """Texts by the options' present names. Where both names are used, the present one counts."""
    present = {each.former: each.name for each in options if each.former}
    renamed = {present[name]: text for name, text in texts.items() if name in present}
    return renamed | {name: text for name, text in texts.items() if name not in present}


def deprecations(texts: Mapping[str, str], options: Iterable[Option], written: Callable[[str], str]) -> Iterator[str]:
    """A message for each former name in use. written: how the source of the texts writes a name."""
    for each in options:
        if each.former in texts:
            yield f"{written(each.former)} is deprecated and will go in the next release: use {written(each.name)}"


def check_url(text: str) -> None:
    """Raise `ValueError` unless `text` is empty or the base URL of a server."""
    if not text:
        return
    parts = urlsplit(text)  # this and `port` raise `ValueError`, too
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("is no http:// or https:// address of a server")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("has more than a server and a path")


def check_host_names(names: Collection[str]) -> None:
    """Raise `ValueError` unless each is a host name, an IP address or "*". Anything else would match no request, and so
    refuse all browsers."""
    for name in names:
        if name == "*" or HOST_NAME.fullmatch(name):
            continue
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            raise ValueError(
                f"has {name!r}, which is no bare name such as speech.example.com, without scheme, port, path and *"
            ) from None


def check_service_name(name: str) -> None:
    """Raise `ValueError` unless a service can have this name (RFC 6763, section 4.1.1)."""
    if len(name.encode()) > SERVICE_NAME_BYTES or not (name.isprintable() or not name):
        raise ValueError(f"has more than {SERVICE_NAME_BYTES} bytes, or characters that cannot be seen")


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

_METAVARS: Final[Mapping[object, str]] = {
    str: "TEXT",
    int: "N",
    float: "SECONDS",
    Path | None: "PATH",
    tuple[str, ...]: "LIST",
}

"""Logs: one line per event with its fields, as logfmt for people or JSON for machines. The text spoken is never one.

A line may have what clients send, for example a path. It is cut, and what a terminal would obey or hide is escaped.
"""

from __future__ import annotations

import json as standard_json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import orjson

from speechd import stderr

LONGEST_VALUE: Final = 300
"""How many characters of a field are logged, and then how many there were: a path may have 32 KiB."""

LONGEST_MESSAGE: Final = 4000
"""How many characters of a message are logged. Tracebacks are whole."""

BUSY: Final = ("httpx2", "httpcore2")
"""Loggers with a line for every request that they send."""


class Fields(logging.Formatter):
    """A formatter: `time level message key=value ...`, or the same as one JSON object.

    A record's `extra` may have `fields`, by their names, and `trace`, several lines that say where it happened.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self, *, json: bool) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self._json = json

    def format(self, record: logging.LogRecord) -> str:
        stamp = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d}Z"
        fields: Mapping[str, object] = getattr(record, "fields", {})
        message = cut(record.getMessage(), LONGEST_MESSAGE)
        trace = getattr(record, "trace", "")
        more = self.formatException(record.exc_info) if record.exc_info else trace
        if self._json:
            line = {
                "time": stamp,
                "level": record.levelname.lower(),
                "pid": record.process,
                "message": _encodable(f"{message}\n{more}" if more else message),
                **{name: _encodable(cut(value)) if isinstance(value, str) else value for name, value in fields.items()},
            }
            return escape(orjson.dumps(line, default=str).decode())
        pairs = "".join(f" {name}={_logfmt(value)}" for name, value in fields.items())
        # Indented, so that no line of it can pass for a line of the log.
        traceback = "".join(f"\n  {escape(row)}" for row in more.split("\n")) if more else ""
        return f"{stamp} {record.levelname.lower():7} [{record.process}] {escape(message)}{pairs}{traceback}"


def cut(text: str, longest: int = LONGEST_VALUE) -> str:
    """The text; if it is long, its beginning and its length."""
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


def escape(text: str) -> str:
    r"""The text with everything that is not a visible character (ESC, CSI, line ends, marks of direction, lone
    surrogates) as `\uXXXX`, as in JSON."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else standard_json.dumps(each)[1:-1] for each in text)


def configure(level: str, *, json: bool) -> None:
    """Send the logs of this process to standard error."""
    _install(logging.StreamHandler(sys.stderr), level, json=json)


def configure_server(level: str, *, json: bool) -> None:
    """Send the logs of a server, of its workers, and all that they print, to standard error, and wait for no reader.

    See `stderr`.
    """
    formatter = Fields(json=json)
    lines = stderr.make_nonblocking(lambda lost: formatter.format(_record("lines of the log were lost", lost=lost)))
    handler = Handler(lines)
    stderr.redirect_prints(lambda line: handler.handle(_record(line)))
    _install(handler, level, json=json)


class Handler(logging.Handler):
    """A handler whose lines nobody waits for."""

    def __init__(self, lines: stderr.Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.write(self.format(record))
        except Exception:  # a record that cannot be formatted: Python says so, once
            self.handleError(record)

    def flush(self) -> None:
        self._lines.flush()


def _install(handler: logging.Handler, level: str, *, json: bool) -> None:
    handler.setFormatter(Fields(json=json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in BUSY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _record(message: str, **fields: object) -> logging.LogRecord:
    known = {"name": "speechd", "levelno": logging.WARNING, "levelname": "WARNING", "msg": message, "fields": fields}
    return logging.makeLogRecord(known)


def _logfmt(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else cut(str(value))
    if text and all(32 < ord(character) < 127 and character not in '"=' for character in text):
        return text
    return escape(standard_json.dumps(text, ensure_ascii=False))


def _encodable(text: str) -> Any:
    """The text without lone surrogates, which orjson refuses."""
    return text if text.isprintable() else text.encode(errors="backslashreplace").decode()

"""Logs: one line per event with its fields, as logfmt for people or JSON for machines. The text spoken is never one."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping

import orjson


class Fields(logging.Formatter):
    """`time level message key=value ...`, or the same as one JSON object."""

    converter = staticmethod(time.gmtime)

    def __init__(self, *, json: bool) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")
        self._json = json

    def format(self, record: logging.LogRecord) -> str:
        stamp = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03d}Z"
        fields: Mapping[str, object] = getattr(record, "fields", {})
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        if self._json:
            line = {
                "time": stamp,
                "level": record.levelname.lower(),
                "pid": record.process,
                "message": message,
                **fields,
            }
            return orjson.dumps(line, default=str).decode()
        pairs = "".join(f" {name}={_logfmt(value)}" for name, value in fields.items())
        return f"{stamp} {record.levelname.lower():7} [{record.process}] {message}{pairs}"


def _logfmt(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    if text and all(32 < ord(character) < 127 and character not in '"=' for character in text):
        return text
    return orjson.dumps(text).decode()


def configure(level: str, *, json: bool) -> None:
    """Send the logs of this process to standard error."""
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(Fields(json=json))
    root = logging.getLogger()
    root.handlers[:] = [stderr]
    root.setLevel(level.upper())
    for client in ("httpx", "httpcore"):  # They tell of every request that they send.
        logging.getLogger(client).setLevel(logging.WARNING)

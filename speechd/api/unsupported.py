"""Fields of other servers that change what is spoken, and that this one cannot honour: they are refused, because a
reply without them would be the wrong speech, and look like the right one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from speechd.errors import InvalidRequest

CLONING: Final = "this server has its own voices, and copies none from a recording"

UNSUPPORTED: Final[Mapping[str, str]] = {
    "ref_audio": CLONING,
    "ref_text": CLONING,
    "reference_audio": CLONING,
    "reference_text": CLONING,
    "references": CLONING,
    "speaker_embedding": CLONING,
    "x_vector_only_mode": CLONING,
}
"""Name → why it is refused, as the end of a sentence. A name that is declared in `FIELDS` is not looked up here."""

TASK_TYPE: Final = "task_type"
"""vllm-omni's field for what is to be done with the voice."""

TASKS: Final = ("customvoice",)
"""Its values, in lower case, that ask for no more than a voice by name."""


DOWNLOAD_FORMAT: Final = "download_format"
"""Kokoro-FastAPI's field for the format of what is kept of a reply."""


def refuse_unsupported(fields: Mapping[str, object], names: Collection[str], format: str) -> None:
    """Raise `InvalidRequest` if one of these fields asks for what cannot be honoured. format: of the reply."""
    for name in names:
        if name == DOWNLOAD_FORMAT and _asks(fields[name]) and fields[name] != format:
            raise _refused(name, f"what is kept of a reply has the reply's format, '{format}'")
        if name in UNSUPPORTED and _asks(fields[name]):
            raise _refused(name, UNSUPPORTED[name])
        if name == TASK_TYPE and _asks(fields[name]) and str(fields[name]).lower() not in TASKS:
            raise _refused(name, CLONING)


def _asks(value: object) -> bool:
    """Whether a value says more than that nothing is wanted."""
    return bool(value) and not (isinstance(value, str) and value.lower() in ("false", "none", "null"))


def _refused(name: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"'{name}' is not supported: {reason}.", param=name, code="unsupported_parameter")

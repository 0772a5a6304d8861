"""Every error that a client can get: its status, its code, and when. OpenAPI and the documents are made from this."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

from speechd import errors
from speechd.errors import SpeechdError


class Where(Flag):
    """Requests that can get an error."""

    SPEECH = auto()
    """`POST /v1/audio/speech`."""
    MODELS = auto()
    """Models and voices."""
    COMBINE = auto()
    """`POST /v1/audio/voices/combine`."""
    DOWNLOAD = auto()
    """`GET /v1/download/{name}`."""
    READY = auto()
    """`GET /ready`."""
    OTHER = auto()
    """All other paths."""
    LIVE = auto()
    """WebSockets, before they are accepted; and messages on them, which are answered by a message."""

    POSTS = SPEECH | COMBINE
    API = POSTS | MODELS | DOWNLOAD
    ANY = API | READY | OTHER


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """An error of a class, with this code in its envelope. when: a phrase, as Markdown."""

    error: type[SpeechdError]
    code: str | None
    when: str
    where: Where

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return self.error.status


def _case(error: type[SpeechdError], when: str, where: Where, code: str | None = None) -> ErrorCase:
    return ErrorCase(error, code or error.code, when, where)


CASES: Final = (
    _case(errors.InvalidRequest, "the body is not a JSON object", Where.POSTS, "invalid_json"),
    _case(errors.InvalidRequest, "a required field is absent", Where.SPEECH, "missing_required_parameter"),
    _case(errors.InvalidRequest, "a field has another type", Where.POSTS | Where.MODELS, "invalid_type"),
    _case(errors.InvalidRequest, "a field has a value that is not among those supported", Where.POSTS, "invalid_value"),
    _case(
        errors.InvalidRequest,
        "a field of another server would change what is spoken, and is not supported here",
        Where.SPEECH,
        "unsupported_parameter",
    ),
    _case(errors.InvalidRequest, "a text is too long", Where.POSTS, "string_above_max_length"),
    _case(errors.InvalidRequest, "a number is too small", Where.SPEECH, "decimal_below_min_value"),
    _case(errors.InvalidRequest, "a number is too large", Where.SPEECH, "decimal_above_max_value"),
    _case(errors.InvalidRequest, "`input` has nothing but white space", Where.SPEECH, "empty_input"),
    _case(
        errors.InvalidRequest, "there is no such voice; the message names similar ones", Where.POSTS, "voice_not_found"
    ),
    _case(errors.InvalidRequest, "the engine does not speak the language", Where.SPEECH, "unsupported_language"),
    _case(
        errors.InvalidRequest, "`input` is no SSML; the message names line and element", Where.SPEECH, "invalid_ssml"
    ),
    _case(
        errors.InvalidRequest,
        "a part of the input crashed what reads it, or took too long, twice",
        Where.SPEECH,
        "unreadable_input",
    ),
    _case(errors.InvalidRequest, "an event of Wyoming that cannot be read", Where.LIVE, "invalid_event"),
    _case(errors.InvalidRequest, "text for a context that was to get no more", Where.LIVE, "context_closed"),
    _case(
        errors.InvalidRequest,
        "`response.create` while the conversation has a response that is being spoken",
        Where.LIVE,
        "conversation_already_has_active_response",
    ),
    _case(
        errors.InvalidRequest,
        "`response.cancel` of a response that is not being spoken",
        Where.LIVE,
        "response_cancel_not_active",
    ),
    _case(
        errors.InvalidRequest,
        "a conversation of the Realtime API has too much text that was not read yet",
        Where.LIVE,
        "conversation_full",
    ),
    _case(errors.ReplyTooLong, "a reply that is not streamed would be too long: stream it", Where.SPEECH),
    _case(
        errors.InvalidRequest,
        "`stream` is `false` with `stream_format` `sse`, or the request is not valid HTTP",
        Where.ANY,
    ),
    _case(errors.Unauthorized, "API keys are set (`api_keys`), and the request has none of them", Where.API),
    _case(errors.Forbidden, "a web page calls whose origin is not in `cors_origins`", Where.API, "origin_not_allowed"),
    _case(
        errors.Forbidden,
        "a browser calls the server by a name that is not in `allowed_hosts`",
        Where.ANY,
        "host_not_allowed",
    ),
    _case(errors.NotFound, "there is no such model", Where.SPEECH | Where.MODELS, "model_not_found"),
    _case(errors.NotFound, "the engine's voices are no files that could be combined", Where.COMBINE, "no_voice_packs"),
    _case(errors.NotFound, "an item that a conversation does not have", Where.LIVE, "item_not_found"),
    _case(errors.NotFound, "there is no such path", Where.OTHER | Where.DOWNLOAD),
    _case(errors.MethodNotAllowed, "the path has other methods, which `Allow` names", Where.ANY),
    _case(errors.RequestTimeout, "the request did not arrive in time", Where.ANY),
    _case(errors.ContentTooLarge, "the body is larger than `max_body_bytes`", Where.ANY),
    _case(
        errors.UnsupportedMediaType, "`Content-Type` is not `application/json`, or the body is compressed", Where.POSTS
    ),
    _case(errors.RangeNotSatisfiable, "`Range` begins after the end of the file", Where.DOWNLOAD),
    _case(errors.UpgradeRequired, "a WebSocket's path is asked for without an upgrade", Where.LIVE),
    _case(errors.HeaderFieldsTooLarge, "the request line and headers are larger than `max_header_bytes`", Where.ANY),
    _case(errors.SpeechdError, "the server has a bug; its log has the reason", Where.ANY),
    _case(
        errors.SynthesisFailed,
        "the engine failed before the first audio; after it, the transfer is broken off",
        Where.SPEECH,
    ),
    _case(errors.UnknownCoding, "`Transfer-Encoding` is not `chunked`", Where.ANY),
    _case(
        errors.Overloaded,
        "there is no place, too long a wait, or no memory; `Retry-After` says when to come back",
        Where.ANY,
    ),
    _case(errors.NotReady, "no worker has loaded the model, or the server is draining", Where.SPEECH | Where.READY),
    _case(errors.UnknownVersion, "the request is not HTTP/1", Where.ANY),
)
"""All errors, by status."""


def cases_of(where: Where) -> tuple[ErrorCase, ...]:
    """The errors of these requests, by status."""
    return tuple(case for case in CASES if case.where & where)

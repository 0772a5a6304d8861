"""Every error that a client can see, as one tree.

    SpeechdError
    ├── InvalidRequest        400  the request is wrong; the message says what to do
    │   └── ReplyTooLong      400  the reply cannot be sent whole
    ├── Unauthorized          401
    ├── Forbidden             403  a web page that may not call, or that calls the server by a name that it may not
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── RequestTimeout        408  the request did not arrive in time
    ├── ContentTooLarge       413
    ├── UnsupportedMediaType  415
    ├── RangeNotSatisfiable   416
    ├── UpgradeRequired       426  a WebSocket of another version than 13
    ├── HeaderFieldsTooLarge  431
    ├── UnknownCoding         501  a transfer coding other than chunked
    ├── UnknownVersion        505  a version of HTTP other than 1
    ├── SynthesisFailed       500  the engine raised, died twice, or ran out of time
    └── Unavailable           503  retry later
        ├── Overloaded        503  refused by admission
        └── NotReady          503  loading or draining
    EngineUnavailable              at start-up: an engine cannot run here; the message says what to do
    TransferAborted                after the status line: nothing is left but to break the transfer off

Each class knows its status (RFC 9110, section 15; RFC 6585, section 5), its type and its code. `envelope` is OpenAI's
error object with all four keys.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar, Final, Literal

Reason = Literal["count", "key", "wait", "queue", "patience", "memory", "not ready"]
"""Why a request is refused with a 503.

count: too many requests are in flight. key: too many with its API key. wait: the expected wait is too long. queue: it
has no free row. patience: no audio within the time for which the client waits. memory: too many bytes are held already.
not ready: no slot works.
"""

QUOTED: Final = 100
"""How many characters of what a client sent a message repeats."""


def shorten(text: str) -> str:
    """The text, or its beginning if it is long."""
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}..."


class EngineUnavailable(Exception):
    """An engine cannot run on this machine; the message tells the operator what to do."""


class TransferAborted(Exception):
    """Raised to the server after the status line: it closes the connection without ending the body."""


class SpeechdError(Exception):
    """An error a client sees, with the HTTP status and the `type`, `code` and `param` of OpenAI's envelope."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "server_error"
    code: str | None = None

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        # Unchanged between processes: by default an exception is made again by calling its class with its message.
        return _restored, (type(self), self.args, self.__dict__)

    @property
    def headers(self) -> dict[str, str]:
        """Response headers beyond the content type."""
        return {}

    def envelope(self) -> dict[str, dict[str, str | None]]:
        """`{"error": {"message", "type", "param", "code"}}`, all four keys always."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def _restored(kind: type[SpeechdError], args: tuple[Any, ...], state: dict[str, Any]) -> SpeechdError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class InvalidRequest(SpeechdError):
    status = 400
    type = "invalid_request_error"


class ReplyTooLong(InvalidRequest):
    """A reply that is not streamed, and that exceeds `limit` ("7200 s", "192 MiB")."""

    code = "reply_too_long"

    def __init__(self, limit: str) -> None:
        super().__init__(
            f"The audio is longer than {limit}, the most that is sent whole. Stream it (HTTP/1.1 and not 'stream': "
            "false), choose mp3 or opus, or send less text.",
            param="input",
        )


class Unauthorized(SpeechdError):
    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"

    @property
    def headers(self) -> dict[str, str]:
        return {"www-authenticate": "Bearer"}


class Forbidden(SpeechdError):
    status = 403
    type = "invalid_request_error"


class NotFound(SpeechdError):
    status = 404
    type = "invalid_request_error"
    code = "not_found"


class MethodNotAllowed(SpeechdError):
    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow

    @property
    def headers(self) -> dict[str, str]:
        return {"allow": self.allow}


class RequestTimeout(SpeechdError):
    status = 408
    type = "invalid_request_error"
    code = "request_timeout"


class ContentTooLarge(SpeechdError):
    status = 413
    type = "invalid_request_error"
    code = "request_too_large"


class UnsupportedMediaType(SpeechdError):
    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"


class RangeNotSatisfiable(SpeechdError):
    """size: of the file, in bytes."""

    status = 416
    type = "invalid_request_error"
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"The requested range lies outside the {size} bytes of the file.")
        self.size = size

    @property
    def headers(self) -> dict[str, str]:
        return {"content-range": f"bytes */{self.size}"}


class UpgradeRequired(SpeechdError):
    """The version of the protocol is told as RFC 6455, section 4.4, has it."""

    status = 426
    type = "invalid_request_error"
    code = "upgrade_required"

    @property
    def headers(self) -> dict[str, str]:
        return {"upgrade": "websocket", "sec-websocket-version": "13"}


class HeaderFieldsTooLarge(SpeechdError):
    status = 431
    type = "invalid_request_error"
    code = "headers_too_large"


class UnknownCoding(SpeechdError):
    status = 501
    type = "invalid_request_error"
    code = "unknown_transfer_encoding"


class UnknownVersion(SpeechdError):
    status = 505
    type = "invalid_request_error"
    code = "unknown_http_version"


class SynthesisFailed(SpeechdError):
    code = "synthesis_failed"


RETRY_AFTER_S: Final = (1.0, 60.0)
"""The least and the greatest time after which a client is to come back, in seconds."""

JITTER: Final = 1.5
"""The multiple of a wait that it becomes at most."""


def with_jitter(wait_s: float) -> float:
    """A random time between a wait and one and a half of it, in seconds; within `RETRY_AFTER_S`, whatever the wait.

    For `retry_after_s`: OpenAI's SDKs sleep that time exactly, so that clients refused together would return together.
    """
    least, most = RETRY_AFTER_S
    return min(most / JITTER, max(least, wait_s)) * random.uniform(1.0, JITTER)


class Unavailable(SpeechdError):
    """503 with `Retry-After` (RFC 9110, section 10.2.3): `retry_after_s` seconds, within `RETRY_AFTER_S`."""

    status = 503
    type = "service_unavailable_error"

    def __init__(self, message: str, *, reason: Reason, retry_after_s: float) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        least, most = RETRY_AFTER_S
        self.retry_after_s = min(most, max(least, retry_after_s))

    @property
    def headers(self) -> dict[str, str]:
        # Whole seconds are rounded up, so that neither header invites a client before the other.
        return {
            "retry-after": str(int(-(-self.retry_after_s // 1))),
            "retry-after-ms": str(int(self.retry_after_s * 1000)),
        }


class Overloaded(Unavailable):
    code = "server_is_overloaded"


class NotReady(Unavailable):
    code = "server_not_ready"

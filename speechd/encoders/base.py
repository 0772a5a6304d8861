"""The interface of an encoder: samples in, bytes of a format out."""

from __future__ import annotations

from typing import Protocol

from speechd.audio.samples import Samples


class Sink(Protocol):
    """A file that can be written, as far as a muxer needs it."""

    def write(self, data: bytes, /) -> int: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...


class Encoder(Protocol):
    """The encoder of one response. Called by one thread at a time; `close` may be called at any moment, and twice."""

    def encode(self, samples: Samples) -> bytes:
        """The bytes that are ready after these samples (possibly none yet)."""
        ...

    def finish(self) -> bytes:
        """The tail: everything that is still held back. No sample is lost."""
        ...

    def close(self) -> None:
        """Give native resources back, finished or not."""
        ...

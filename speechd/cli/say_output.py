"""Where `speechd say` writes: a file that has its name once it is complete, or standard output, as the audio is made.

Of a file that does not become complete, what was spoken is kept beside it: `book.part.mp3` for `book.mp3`.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Final, Protocol

from speechd.encoders.base import Sink
from speechd.speech.offline import Piece

STANDARD_OUTPUT: Final = Path("-")


class Synthesis(Protocol):
    """Makes the pieces of a file: see `speechd.speech.offline.synthesize_file`."""

    def __call__(
        self, *, whole: bool, sink: Sink | None, is_stopped: Callable[[], bool]
    ) -> Generator[Piece, None, None]: ...


class Interrupted(Exception):
    """Speaking was ended by Ctrl-C; the message says what there is of it."""


def write(synthesis: Synthesis, output: Path, show: Callable[[Piece], object]) -> None:
    """Speak into `output`. show: called with each piece.

    Raises `Interrupted`, or what the synthesis raises.
    """
    with _interrupts() as is_stopped:
        if output == STANDARD_OUTPUT:
            _stream(synthesis, sys.stdout.buffer, show, is_stopped)
        elif output.exists() and not output.is_file():  # a pipe or a device
            with output.open("wb") as file:
                _stream(synthesis, file, show, is_stopped)
        else:
            _save(synthesis, output, show, is_stopped)


def _stream(
    synthesis: Synthesis, file: BinaryIO, show: Callable[[Piece], object], is_stopped: Callable[[], bool]
) -> None:
    """Write as one goes: a player at the other end may have begun."""
    whole = _can_be_patched(file)
    with closing(synthesis(whole=whole, sink=file if whole else None, is_stopped=is_stopped)) as pieces:
        for piece in pieces:
            file.write(piece.data)
            file.flush()
            show(piece)
    if is_stopped():
        raise Interrupted("interrupted")


def _save(synthesis: Synthesis, output: Path, show: Callable[[Piece], object], is_stopped: Callable[[], bool]) -> None:
    draft = output.with_name(f"{output.stem}.part{output.suffix}")
    last = Piece(b"", 0.0, 0.0)
    try:
        with draft.open("wb") as file, closing(synthesis(whole=True, sink=file, is_stopped=is_stopped)) as pieces:
            for piece in pieces:
                file.write(piece.data)
                last = piece
                show(piece)
    except BaseException:
        _keep(draft, last)
        raise
    if is_stopped():
        _keep(draft, last)
        raise Interrupted("interrupted")
    draft.replace(output)


def _keep(draft: Path, last: Piece) -> None:
    """Say what there is, or remove what holds nothing."""
    if last.spoken_s:
        print(
            f"speechd: the first {clock(last.spoken_s)} ({last.share:.0%} of the text) are kept in {draft}",
            file=sys.stderr,
        )
    else:
        draft.unlink(missing_ok=True)


def clock(seconds: float) -> str:
    """A duration as players show it."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _can_be_patched(file: BinaryIO) -> bool:
    """Whether a header can be written anew at the end: into a file of our own, not into a pipe or behind other data."""
    if not file.seekable() or file.tell():
        return False
    return not fcntl.fcntl(file.fileno(), fcntl.F_GETFL) & os.O_APPEND


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: the segment in hand is finished, and the file ends there. A second one ends at
    once."""
    pressed: list[int] = []

    def press(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)

"""espeak-ng's library as phonemizer loads it: a copy for each of its objects, for its state is in globals."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import TypeVar

from phonemizer.backend.espeak.api import EspeakAPI

T = TypeVar("T")


def _delete(library: object, folder: str) -> None:
    """Delete nothing: phonemizer calls this as the interpreter ends, and by then there is nothing left."""


EspeakAPI._delete = staticmethod(_delete)


def without_copies(make: Callable[[], T]) -> T:
    """The object that `make` makes with phonemizer, whose copies are gone from the disk by then.

    Once loaded, a library needs no file. Phonemizer removes its copies (0.7 MB each) as the interpreter ends, which one
    that is killed never reaches.
    """
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            return make()
        finally:
            tempfile.tempdir = usual

"""Replies that are kept to be downloaded again: `return_download_link`, and `GET /v1/download/{name}`."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from speechd.context import Outcome, RequestContext
from speechd.encoders import FORMATS
from speechd.errors import NotFound, RangeNotSatisfiable, TransferAborted

MAX_FILES: Final = 1000
"""Files that are kept at most, however small: to look through them all is to take milliseconds."""

STEP_BYTES: Final = 1 << 20
"""Bytes of a reply after which it is seen again whether there is room for it."""

SWEEP_S: Final = 30.0
"""Seconds between two looks for files that are too old."""

_TIMES: Final = ".json"
_NAME: Final = re.compile(rf"[\w-]{{24}}\.({'|'.join(FORMATS)})({re.escape(_TIMES)})?", re.ASCII)
_PART: Final = ".part"


class Downloads:
    """The replies that are kept, in a folder of this server's own: all workers write into it, and the arbiter clears it
    up. Nobody can guess their names. Used by several threads.

    Together they have at most `max_bytes`, and none is older than `max_age_s` seconds; the oldest go first.
    """

    def __init__(self, max_bytes: int, max_age_s: float) -> None:
        self.max_bytes, self.max_age_s = max_bytes, max_age_s
        # Named before the fork, for all workers, and made by the first that needs it.
        self._folder = Path(tempfile.gettempdir(), f"speechd-{os.getpid()}-{secrets.token_hex(8)}")
        self._swept = 0.0

    def begin(self, format: str) -> Download | None:
        """A file for a reply in this format; None if none can be kept."""
        if not self.max_bytes:
            return None
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self.make_room()
            return Download(self, self._folder / f"{secrets.token_urlsafe(18)}.{format}")
        except OSError:
            return None

    def find(self, name: str) -> tuple[Path, os.stat_result]:
        """The file of this name, complete and young enough. Raises `NotFound`."""
        path = self._folder / name
        try:
            if _NAME.fullmatch(name) and not self._is_old(known := path.stat()):
                return path, known
        except OSError:
            pass
        raise NotFound("There is no such download, or not any more.")

    def make_room(self) -> bool:
        """Delete what is too old or too much. Returns whether what is being written is not too much itself."""
        kept: list[tuple[float, int, Path]] = []
        for path, known in self._files():
            if self._is_old(known):
                path.unlink(missing_ok=True)
            else:
                kept.append((known.st_mtime, known.st_size, path))
        total = sum(size for _, size, _ in kept)
        complete = [file for file in sorted(kept) if file[2].suffix != _PART]
        for _, size, path in complete:
            if total <= self.max_bytes and len(kept) <= MAX_FILES:
                break
            path.unlink(missing_ok=True)
            total -= size
            kept.pop()
        return total <= self.max_bytes and len(kept) <= MAX_FILES

    def sweep(self) -> None:
        """Delete what is too old, if it is time to look again."""
        if (now := time.monotonic()) >= self._swept + SWEEP_S and self._folder.exists():
            self._swept = now
            self.make_room()

    def close(self) -> None:
        """Delete everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    yield Path(entry.path), entry.stat()
                except FileNotFoundError:  # another worker has deleted it
                    continue

    def _is_old(self, known: os.stat_result) -> bool:
        return time.time() - known.st_mtime > self.max_age_s


class Download:
    """One reply while it is written. It is found by its name once it is complete. Used by one thread at a time."""

    def __init__(self, downloads: Downloads, path: Path) -> None:
        self._downloads, self._path = downloads, path
        self._part = path.with_name(path.name + _PART)
        self._file: BinaryIO | None = self._part.open("xb")
        self._size = self._checked = 0

    @property
    def link(self) -> str:
        """Its path below `/v1`."""
        return f"/download/{self._path.name}"

    def beside(self) -> Download | None:
        """A file beside it, for when its sentences sound; None if there can be none."""
        try:
            return Download(self._downloads, self._path.with_name(self._path.name + _TIMES))
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        """Write bytes; without effect once there is no room for them."""
        if self._file is None:
            return
        try:
            self._file.write(data)
            self._size += len(data)
            if self._size >= self._checked + STEP_BYTES:
                self._file.flush()
                self._checked = self._size
                if not self._downloads.make_room():
                    self.discard()
        except OSError:  # the disk is full
            self.discard()

    def complete(self) -> None:
        """Have it found by its name from now on."""
        if self._file is None:
            return
        try:
            self._file.close()
            self._part.rename(self._path)
            self._file = None
            self._downloads.make_room()
        except OSError:
            self.discard()

    def discard(self) -> None:
        """Delete it, unless it is complete."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class DownloadEndpoint:
    """`GET /v1/download/{name}`. write_s: for how long a client may leave unread what it is sent."""

    downloads: Downloads
    write_s: float

    async def download(self, request: Request) -> FileResponse:
        """The file, or the ranges of it that are asked for. Raises `NotFound`."""
        path, known = self.downloads.find(request.path_params["name"])
        return LimitedFile(
            path,
            media_type=media_type_of(path),
            filename=request.query_params.get("name") or path.name,
            stat_result=known,
            headers={"cache-control": "no-cache"},
            write_s=self.write_s,
        )


def media_type_of(path: Path) -> str:
    """The media type of a file that is kept."""
    return "application/json" if path.suffix == _TIMES else FORMATS[path.suffix.removeprefix(".")].media_type


class LimitedFile(FileResponse):
    """A file as a response, whose client is not waited for without end. A malformed `Range` is ignored (RFC 9110,
    section 14.2)."""

    def __init__(self, path: Path, *, stat_result: os.stat_result, write_s: float, **more: object) -> None:
        super().__init__(path, stat_result=stat_result, **more)  # type: ignore[arg-type]
        self._size, self._write_s = stat_result.st_size, write_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limited = partial(self._send, RequestContext.of(scope), send)
        try:
            await super().__call__(scope, receive, limited)
        except _MalformedRange:
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, limited)

    async def _send(self, context: RequestContext, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._check(message["status"])
        try:
            async with asyncio.timeout(self._write_s):
                await send(message)
        except TimeoutError:
            context.abort()
            raise TransferAborted(Outcome.CLIENT_TOO_SLOW) from None

    def _check(self, status: int) -> None:
        """Raise where Starlette would answer with an error of its own."""
        if status == 400:
            raise _MalformedRange
        if status == 416:
            raise RangeNotSatisfiable(self._size)


class _MalformedRange(Exception):
    """A `Range` that is malformed, or of another unit than bytes."""

"""Replies that are kept to be downloaded again."""

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api import downloads as module
from speechd.api.downloads import DownloadEndpoint, Downloads
from speechd.api.error_handlers import HANDLERS
from speechd.errors import NotFound
from tests.harness.asgi import Answer, answer, scope, with_context


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    downloads = Downloads(max_bytes=1000, max_age_s=60.0)
    yield downloads
    downloads.close()
    assert not list(tmp_path.iterdir())


def keep(downloads: Downloads, data: bytes, format: str = "mp3") -> str:
    """Keep this as a reply, and return its name."""
    download = downloads.begin(format)
    assert download is not None
    download.write(data)
    download.complete()
    download.discard()
    return download.link.removeprefix("/download/")


def is_kept(downloads: Downloads, name: str) -> bool:
    try:
        downloads.find(name)
    except NotFound:
        return False
    return True


def get(downloads: Downloads, path: str, **headers: str) -> Answer:
    endpoint = DownloadEndpoint(downloads, write_s=30.0)
    app = Starlette(routes=[Route("/download/{name}", endpoint.download)], exception_handlers=HANDLERS)
    made = scope(path=f"/download/{path}", headers=headers)
    with_context(made)
    return answer(app, made)


def test_reply_is_found_once_it_is_complete(kept: Downloads) -> None:
    download = kept.begin("wav")
    assert download is not None
    name = download.link.removeprefix("/download/")
    download.write(b"RIFF")
    assert not is_kept(kept, name)
    download.complete()
    answered = get(kept, name)
    assert (answered.status, answered.body, answered.headers["content-type"]) == (200, b"RIFF", "audio/wav")
    assert answered.headers["cache-control"] == "no-cache"
    path, known = kept.find(name)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert known.st_size == 4


def test_ranges_can_be_downloaded(kept: Downloads) -> None:
    answered = get(kept, keep(kept, b"0123456789"), range="bytes=2-4")
    assert (answered.status, answered.body) == (206, b"234")


@pytest.mark.parametrize("range", ["lines=1-2", "bytes", "bytes=", "bytes=a-b", "bytes=4-2", f"bytes=0-{'1' * 5000}x"])
def test_range_that_is_none_is_ignored(kept: Downloads, range: str) -> None:
    answered = get(kept, keep(kept, b"0123456789"), range=range)
    assert (answered.status, answered.body) == (200, b"0123456789")


@pytest.mark.parametrize("range", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_range_that_there_is_not_is_refused_in_the_envelope(kept: Downloads, range: str) -> None:
    answered = get(kept, keep(kept, b"0123456789"), range=range)
    assert (answered.status, answered.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert answered.headers["content-range"] == "bytes */10"


@pytest.mark.parametrize("name", ["x.mp3", "..%2F..%2Fetc%2Fpasswd", "A" * 24 + ".mp3", "A" * 24 + ".txt", "%00"])
def test_what_is_not_kept_is_not_found(kept: Downloads, name: str) -> None:
    keep(kept, b"x")
    answered = get(kept, name)
    assert (answered.status, answered.json()["error"]["code"]) == (404, "not_found")


def test_oldest_go_when_there_is_too_much(kept: Downloads) -> None:
    names = [keep(kept, bytes(400)) for _ in range(2)]
    path, _ = kept.find(names[1])
    os.utime(path, (time.time() - 5, time.time() - 5))
    names.append(keep(kept, bytes(400)))
    assert [is_kept(kept, name) for name in names] == [True, False, True]


def test_no_more_files_than_can_be_looked_through(kept: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    names = [keep(kept, b"x") for _ in range(5)]
    assert sum(is_kept(kept, name) for name in names) == 3


def test_reply_that_is_too_large_is_not_kept(kept: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_BYTES", 100)
    before = keep(kept, bytes(900))
    name = keep(kept, bytes(1001))
    assert not is_kept(kept, name)
    assert not is_kept(kept, before)


def test_old_replies_are_gone(kept: Downloads) -> None:
    name = keep(kept, b"x")
    path, _ = kept.find(name)
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert not is_kept(kept, name)
    kept.sweep()
    assert not path.exists()


def test_reply_that_breaks_off_leaves_nothing(kept: Downloads, tmp_path: Path) -> None:
    download = kept.begin("mp3")
    assert download is not None
    download.write(b"half")
    download.discard()
    download.write(b"more")
    download.complete()
    assert not list(tmp_path.glob("*/*"))


def test_nothing_is_kept_where_nothing_may_be_or_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Downloads(0, 60.0).begin("mp3") is None
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "missing"))
    assert Downloads(1000, 60.0).begin("mp3") is None

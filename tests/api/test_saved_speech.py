"""Speech that is kept as it is read."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from speechd.api.downloads import Downloads
from speechd.api.saved_speech import SavedFiles, SavedSpeech, SavedTimes
from speechd.context import Timings
from speechd.errors import NotFound
from speechd.speech.captions import WordTime
from speechd.speech.cues import CueBuilder
from speechd.speech.sentence_times import SentenceTimes
from speechd.speech.source import Chunk
from speechd.speech.spool import Spool
from tests.harness.account import Account

AUDIO = "x-download-path"
TIMES = "x-timing-path"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    downloads = Downloads(max_bytes=1000, max_age_s=60.0)
    yield downloads
    downloads.close()
    assert not list(tmp_path.iterdir())


def found(downloads: Downloads, link: str) -> bytes | None:
    """What is kept under this link."""
    try:
        return downloads.find(link.removeprefix("/download/"))[0].read_bytes()
    except NotFound:
        return None


class Source:
    """Speech that is made up; closed: whether it was closed."""

    def __init__(self) -> None:
        self.timings = Timings()
        self._chunks = iter([Chunk(b"one", words=(WordTime("Hi", 0.0, 0.5, 0, 2, "nova"),)), Chunk(b"two")])
        self.closed = False

    async def open(self) -> None:
        """Do nothing."""

    async def read(self) -> Chunk | None:
        return next(self._chunks, None)

    async def close(self) -> None:
        self.closed = True


class Keeper:
    """Begins files. timed: also for times. threads: in which it was called."""

    def __init__(self, downloads: Downloads, *, timed: bool = False) -> None:
        self._downloads, self._timed = downloads, timed
        self.threads: set[int] = set()

    def __call__(self) -> SavedFiles | None:
        self.threads.add(threading.get_ident())
        audio = self._downloads.begin("pcm")
        assert audio is not None
        beside = audio.beside() if self._timed else None
        if beside is None:
            return SavedFiles(audio)
        return SavedFiles(audio, SavedTimes(SentenceTimes(CueBuilder("Hi.", "en-us"), voices=False), beside))


@pytest.mark.parametrize("whole", [False, True])
def test_speech_is_found_once_it_is_read_to_its_end(kept: Downloads, whole: bool) -> None:
    async def scenario() -> None:
        spool = Spool(1000, Account()) if whole else None
        source = Source()
        saved = SavedSpeech(source, Keeper(kept), spool)
        await saved.open()
        link = saved.headers()[AUDIO]
        while (chunk := await saved.read()) is not None:
            assert found(kept, link) is None
            if spool is not None:
                spool.write(chunk.data)
        assert found(kept, link) == b"onetwo"
        await saved.close()
        await saved.close()
        assert source.closed
        assert found(kept, link) == b"onetwo"
        if spool is not None:
            spool.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("opened", [False, True])
def test_speech_that_is_not_read_to_its_end_leaves_nothing(
    kept: Downloads, tmp_path: Path, opened: bool, timed: bool
) -> None:
    async def scenario() -> None:
        saved = SavedSpeech(Source(), Keeper(kept, timed=timed), None)
        if opened:
            await saved.open()
            await saved.read()
        await saved.close()

    asyncio.run(scenario())
    assert not list(tmp_path.glob("*/*"))


def test_client_that_leaves_while_files_are_begun_leaves_nothing(kept: Downloads, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Keeper):
        def __call__(self) -> SavedFiles | None:
            files = super().__call__()
            begun.set()
            assert go_on.wait(10)
            return files

    async def scenario() -> None:
        source = Source()
        saved = SavedSpeech(source, Slow(kept), None)
        opening = asyncio.create_task(saved.open())
        assert await asyncio.to_thread(begun.wait, 10)
        opening.cancel()
        await asyncio.wait((opening,))
        closing = asyncio.create_task(saved.close())
        go_on.set()
        await closing
        assert source.closed

    asyncio.run(scenario())
    assert not list(tmp_path.glob("*/*"))


def test_files_are_never_touched_on_the_event_loop(kept: Downloads, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    class Recorded(SavedFiles):
        def complete(self, spool: Spool | None) -> None:
            threads.add(threading.get_ident())
            super().complete(spool)

        def discard(self) -> None:
            threads.add(threading.get_ident())
            super().discard()

    async def scenario() -> None:
        keeper = Keeper(kept)

        def keep() -> SavedFiles | None:
            files = keeper()
            assert files is not None
            return Recorded(files.audio)

        saved = SavedSpeech(Source(), keep, None)
        await saved.open()
        while await saved.read() is not None:
            pass
        await saved.close()
        assert keeper.threads
        assert threads
        assert threading.get_ident() not in threads | keeper.threads

    asyncio.run(scenario())


def test_times_are_kept_beside_the_speech(kept: Downloads) -> None:
    async def scenario() -> dict[str, str]:
        speech = SavedSpeech(Source(), Keeper(kept, timed=True), None)
        await speech.open()
        headers = speech.headers()
        while await speech.read() is not None:
            assert found(kept, headers[TIMES]) is None
        await speech.close()
        return headers

    headers = asyncio.run(scenario())
    assert headers[TIMES] == headers[AUDIO] + ".json"
    times = found(kept, headers[TIMES])
    assert times is not None
    assert orjson.loads(times) == {"chunks": [{"text": "Hi.", "start": 0.0, "end": 0.5}]}


def test_speech_that_cannot_be_kept_is_spoken_all_the_same() -> None:
    async def scenario() -> None:
        saved = SavedSpeech(Source(), lambda: None, None)
        await saved.open()
        assert saved.headers() == {"x-download-status": "unavailable"}
        first = await saved.read()
        assert first is not None
        assert first.data == b"one"
        await saved.close()

    asyncio.run(scenario())

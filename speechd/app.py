"""The composition root: what the arbiter prepares before the fork, and the app that a worker builds after it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from speechd.api.middleware import HANDLERS, RequestScope, middleware
from speechd.api.overflow.overflow import Overflow
from speechd.api.routes import Api
from speechd.config.settings import Settings
from speechd.engines import registry
from speechd.engines.base import Engine, Isolated, SupportsUnload, Synthesizer
from speechd.lifecycle import warm_up
from speechd.lifecycle.unloader import ModelUnloader
from speechd.metrics import recording
from speechd.metrics.exposition import TEXT_DEATHS, Metrics
from speechd.pool import isolated
from speechd.pool.admission import Admission
from speechd.pool.client import PoolClient
from speechd.pool.fork_server import ForkServer
from speechd.pool.isolated import IsolatedEngine
from speechd.pool.scoreboard import Limits, Scoreboard
from speechd.pool.slot import Slot
from speechd.server.recycling import DesiredWorkers
from speechd.speech import reading
from speechd.speech.reading import Readers
from speechd.speech.stream import SEGMENTS_AHEAD
from speechd.voices import Catalogue

log = logging.getLogger("speechd")


def prepare(settings: Settings) -> SpeechApplication:
    """Everything that is shared, in the arbiter: the engine is loaded here, once.

    Raises `EngineUnavailable`, and `InvalidSetting` for a voice to warm up that does not exist.
    """
    choice = registry.create(settings.engine, registry.EngineOptions.of(settings))
    return SpeechApplication(settings, choice, choice.engine.voices())


class SpeechApplication:
    """What the arbiter makes and its workers share: the engine's weights by copy-on-write, the scoreboard by shared
    memory. Its methods are the server's hooks (see `server.Hooks`)."""

    def __init__(self, settings: Settings, choice: registry.LoadedEngine, catalogue: Catalogue) -> None:
        limits = Limits(
            max_in_flight=settings.max_in_flight,
            max_in_flight_per_key=settings.max_in_flight_per_key,
            max_wait_s=settings.max_wait_s,
            segments_per_request=SEGMENTS_AHEAD,
            synthesis_timeout_s=settings.synthesis_timeout_s,
            max_overflow_in_flight=settings.overflow_max_in_flight,
            max_held_bytes=settings.max_whole_total_bytes,
        )
        self.settings = settings
        self.choice = choice
        self.catalogue = catalogue
        spare = settings.rows - settings.workers
        self.board = Scoreboard(settings.workers, limits, keys=len(settings.api_keys), spare=spare)
        self.metrics = Metrics(self.board, choice.engine.name)
        self._segments = warm_up.plan(choice.engine, warm_up.share(choice.engine, catalogue, settings.warm_up))
        self._readers: Readers | None = None
        self._speaker: Synthesizer = choice.engine
        self._sleep = _sleep(settings, choice.engine, self.board)
        self._slot: Slot | None = None
        self._boot_s = 0.0
        self._replacing = False

    def crew(self, *, settled: bool) -> DesiredWorkers:
        if self._sleep is None:
            return DesiredWorkers(self.settings.workers)
        crew = self._sleep.crew(settled=settled)
        self._replacing = self._replacing or crew.generation != 0
        return crew

    def forking(self, index: int) -> None:
        self.board.claim(index)

    def forked(self, index: int) -> None:
        self.board.adopt(index)
        engine, settings = self.choice.engine, self.settings
        row = self.metrics.counts.row(index)
        server = ForkServer(lambda: reading.serve(engine, settings.text_timeout_s))
        self._readers = Readers(server, settings.text_timeout_s, lambda: row.count(TEXT_DEATHS))
        if isinstance(engine, Isolated) and engine.isolated and not self._has_no_model:
            server = ForkServer(lambda: isolated.serve(engine, settings.threads))
            self._speaker = IsolatedEngine(engine, server, settings.synthesis_timeout_s)

    def build(self, index: int) -> ASGIApp:
        assert self._readers is not None
        self._slot = Slot(self._speaker, self.board, index, self.settings.threads)
        return build(self, self._slot, self._readers, index)

    async def boot(self, index: int) -> None:
        assert self._readers is not None
        began = time.monotonic()
        speaker, threads = self._speaker, self.settings.threads
        loop = asyncio.get_running_loop()
        if self._has_no_model:
            await self._readers.open()
            return
        # In a thread that ends. OpenMP counts the threads of idle teams, too: with another one beside the slot's, a
        # worker that has all cores has more threads than cores, and they sleep at every wait (a fifth slower).
        starter = ThreadPoolExecutor(1, "start")
        try:
            await asyncio.gather(self._readers.open(), loop.run_in_executor(starter, speaker.start, threads))
            if not self._replacing or self.board.slots >= self.settings.workers:
                tried = await loop.run_in_executor(starter, warm_up.speak, speaker, self._segments)
                self.board.expect(index, *tried)
        finally:
            starter.shutdown(wait=False)
        self._boot_s = time.monotonic() - began

    def ready(self, index: int) -> None:
        assert self._slot is not None
        if self._has_no_model:
            self.board.set_asleep(index)
            return
        self._slot.start()
        name, threads = self.choice.engine.name, self.settings.threads
        log.info("ready", extra={"fields": {"worker": index, "engine": name, "threads": threads, "s": self._boot_s}})

    def refused(self, index: int, status: int) -> None:
        recording.refuse(self.metrics.counts.row(index), status)

    def retiring(self, index: int) -> None:
        assert self._slot is not None
        self._slot.retire()

    def draining(self, index: int) -> None:
        self.board.drain(index)

    def ended(self, index: int, failures: int) -> None:
        self._replacing = True  # from now on a worker takes the place of another, which listeners may be waiting for
        self.board.clear(index, failures)
        if self._sleep is not None:
            self._sleep.ended(failures)
        recording.bury(self.metrics.counts.row(index))

    def hurry(self) -> None:
        if self._sleep is not None:
            self._sleep.hurry()

    def stopping(self) -> None:
        if self._sleep is not None:
            self._sleep.stop()

    @property
    def _has_no_model(self) -> bool:
        """In the worker: whether it was forked without."""
        return self._sleep is not None and self._sleep.is_unloaded


def _sleep(settings: Settings, engine: Engine, board: Scoreboard) -> ModelUnloader | None:
    if not settings.idle_unload_s:
        return None
    if not isinstance(engine, SupportsUnload):
        log.info("idle_unload_s does nothing: the engine %s has no model to unload", engine.name)
        return None
    return ModelUnloader(engine, board, settings)


def build(shared: SpeechApplication, slot: Slot, readers: Readers, index: int) -> ASGIApp:
    """The app of worker `index`."""
    row = shared.metrics.counts.row(index)
    settings = shared.settings
    pool = PoolClient(shared.board, index)
    admission = Admission(shared.board, index)
    overflow = Overflow(settings, admission, row) if settings.overflow_url else None
    api = Api(
        settings,
        shared.choice,
        shared.catalogue,
        shared.board,
        admission,
        overflow,
        pool,
        readers,
        ThreadPoolExecutor(1, "encode"),
        shared.metrics,
        row,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool.open()
        if overflow is not None:
            overflow.open()
        yield
        if overflow is not None:
            await overflow.close()
        if slot.has_begun:
            await asyncio.get_running_loop().run_in_executor(None, slot.stop)
        else:  # Nothing to wait for; and if it was for want of threads, there is none for waiting either.
            slot.stop()
        readers.close()
        pool.close()

    app = Starlette(
        routes=api.routes(),
        middleware=middleware(settings),
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return RequestScope(app, row, warning=shared.choice.warning)

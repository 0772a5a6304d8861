"""The composition root: what the arbiter prepares before the fork, and the app that a worker builds after it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from speechd import sizing
from speechd.api import openapi
from speechd.api.available import Available
from speechd.api.downloads import DownloadEndpoint, Downloads
from speechd.api.error_handlers import HANDLERS, not_found
from speechd.api.health import HealthEndpoints
from speechd.api.live.session import LiveSpeech
from speechd.api.live.wyoming_app import check, with_wyoming
from speechd.api.local_speech import LocalSpeech
from speechd.api.middleware import RequestScope, middleware
from speechd.api.models import ModelEndpoints
from speechd.api.overflow.overflow import Overflow
from speechd.api.routes import routes
from speechd.api.speech import SpeechEndpoint
from speechd.api.voices import VoiceEndpoints
from speechd.config.settings import Settings
from speechd.engines import registry
from speechd.engines.base import Engine, Isolated, SupportsUnload, Synthesizer
from speechd.lifecycle import warm_up
from speechd.lifecycle.ready_line import ready_line
from speechd.lifecycle.unloader import UNLOADED, ModelUnloader
from speechd.metrics import recording
from speechd.metrics.declarations import TEXT_DEATHS
from speechd.metrics.exposition import Metrics
from speechd.pool import isolated
from speechd.pool.admission import Admission
from speechd.pool.client import PoolClient
from speechd.pool.fork_server import ForkServer
from speechd.pool.isolated import IsolatedEngine
from speechd.pool.recovery import recover
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.server.hooks import DesiredWorkers
from speechd.server.worker_table import Event, Role
from speechd.shared_memory import anonymous_file
from speechd.speech import names
from speechd.speech.reader.pool import ReaderPool
from speechd.speech.reader.serve import serve
from speechd.voices import Catalogue

log = logging.getLogger("speechd")


def prepare(settings: Settings) -> SpeechApplication:
    """Everything that is shared, in the arbiter: the engine is loaded here, once.

    Raises `EngineUnavailable`, and `InvalidSetting` for a voice of the settings that does not exist, and for what takes
    a package that is not here.
    """
    check(settings)
    choice = registry.create(settings.engine, registry.EngineOptions.of(settings))
    catalogue = choice.engine.voices()
    named = names.use(settings.names, catalogue).voices
    return SpeechApplication(settings, choice, catalogue, Available.of(choice.engine, catalogue, settings, named))


class SpeechApplication:
    """The application as the arbiter makes it and its workers share it: the engine's weights by copy-on-write, the
    scoreboard by shared memory. Its methods are the server's hooks (see `server.hooks.Hooks`)."""

    def __init__(
        self, settings: Settings, choice: registry.LoadedEngine, catalogue: Catalogue, available: Available
    ) -> None:
        self.settings = settings
        self.choice = choice
        self.catalogue = catalogue
        self.available = available
        self.desired = sizing.desired_workers(settings, choice.engine)
        back_ends, spare = self.desired.back_ends, settings.rows - settings.workers
        if settings.idle_unload_s:  # All are replaced at once.
            spare += back_ends
        self.board = Scoreboard(
            settings.workers + back_ends,
            sizing.limits(settings),
            keys=len(settings.api_keys),
            spare=spare,
            window_state_limit=sizing.window_state_limit(settings, choice.engine),
        )
        self.table = self.board.table
        self.files = sizing.file_demand(settings)
        self.metrics = Metrics(self.board, choice.engine.name)
        self.segments = warm_up.plan(choice.engine, warm_up.load_voices(choice.engine, catalogue, settings.warm_up))
        self.downloads = Downloads(settings.download_max_bytes, settings.download_age_s)
        self.announcing = anonymous_file()  # has the lock of the worker that announces the server
        self._stopping = self._is_announced = False
        self._unloader = _unloader(settings, choice.engine, self.board, self.desired)

    @property
    def slots(self) -> int:
        """Slots that there are to be."""
        return self.desired.back_ends or self.desired.count

    def reconcile(self, *, settled: bool) -> DesiredWorkers:
        if settled and not self._is_announced:
            self._is_announced = True
            voices = len(list(self.catalogue))
            log.info("%s", ready_line(self.settings, self.choice.engine.name, self.slots, voices))
        self.downloads.sweep()
        if self._unloader is None:
            return self.desired
        return self._unloader.reconcile(settled=settled)

    def build(self, index: int) -> WorkerApplication:
        return WorkerApplication(self, index)

    def ended(self, index: int) -> bool:
        recording.worker_died(self.metrics.counts.row(index))
        if self._stopping:  # it may have begun a download since
            self.downloads.close()
        return recover(self.board, index)

    def interrupt(self) -> None:
        if self._unloader is not None:
            self._unloader.interrupt()

    def stop(self) -> None:
        self._stopping = True
        self.downloads.close()
        if self._unloader is not None:
            self._unloader.stop()


class WorkerApplication:
    """The application in worker `index`, made after the fork (see `server.hooks.WorkerHooks`)."""

    def __init__(self, shared: SpeechApplication, index: int) -> None:
        settings, engine, counters = shared.settings, shared.choice.engine, shared.metrics.counts.row(index)
        self._shared, self._index, self._counters = shared, index, counters
        rows = shared.table.rows()
        self._role = rows[index].role
        self._works = rows[index].generation != UNLOADED.generation and self._role is not Role.FRONT_END
        # Where a worker takes the place of another, listeners may be waiting for it.
        self._is_replacement = rows[index].generation != 0 or any(row.deaths + row.recycled for row in rows)
        server = ForkServer(lambda: serve(engine, settings.text_timeout_s))
        self._readers = ReaderPool(server, settings.text_timeout_s, lambda: counters.count(TEXT_DEATHS))
        self._speaker: Synthesizer = engine
        if isinstance(engine, Isolated) and engine.isolated and self._works:
            server = ForkServer(lambda: isolated.serve(engine, settings.threads))
            self._speaker = IsolatedEngine(engine, server, settings.synthesis_timeout_s)
        self._slot = Slot(self._speaker, shared.board, index, settings.threads)
        self._boot_s = 0.0
        self.app = asgi_app(shared, self._slot, self._readers, index)

    async def boot(self) -> None:
        began, settings = time.monotonic(), self._shared.settings
        if not self._works:
            await self._readers.open()
            return
        # In a thread that ends. OpenMP counts the threads of idle teams, too: with another one beside the slot's, a
        # worker that has all cores has more threads than cores, and they sleep at every wait (a fifth slower).
        starter = ThreadPoolExecutor(1, "start")
        try:
            start = asyncio.get_running_loop().run_in_executor(starter, self._speaker.start, settings.threads)
            await asyncio.gather(self._readers.open(), start)
            if not self._is_replacement or self._shared.board.slots >= self._shared.slots:
                await self._try_out(starter)
        finally:
            starter.shutdown(wait=False)
        self._boot_s = time.monotonic() - began

    def ready(self) -> Event:
        if not self._works:
            return Event.IDLE
        self._slot.start()
        name, threads = self._shared.choice.engine.name, self._shared.settings.threads
        fields = {"worker": self._index, "engine": name, "threads": threads, "s": self._boot_s}
        # The first ones are announced together.
        log.log(logging.INFO if self._is_replacement else logging.DEBUG, "worker is ready", extra={"fields": fields})
        return Event.WORK if self._role is Role.BACK_END else Event.READY

    def rejected(self, status: int) -> None:
        recording.rejected(self._counters, status)

    async def _try_out(self, starter: ThreadPoolExecutor) -> None:
        """Synthesise first segments, and take their throughput for the slot's."""
        loop = asyncio.get_running_loop()
        audio_s, busy_s = await loop.run_in_executor(starter, warm_up.try_out, self._speaker, self._shared.segments)
        self._shared.board.throughput.seed_estimate(self._index, audio_s, busy_s)


def _unloader(settings: Settings, engine: Engine, board: Scoreboard, desired: DesiredWorkers) -> ModelUnloader | None:
    if not settings.idle_unload_s:
        return None
    if not isinstance(engine, SupportsUnload):
        log.info("idle_unload_s does nothing: the engine %s has no model to unload", engine.name)
        return None
    return ModelUnloader(engine, board, settings, desired)


def asgi_app(shared: SpeechApplication, slot: Slot, readers: ReaderPool, index: int) -> ASGIApp:
    """The app of worker `index`."""
    counters, settings = shared.metrics.counts.row(index), shared.settings
    pool = PoolClient(shared.board, index)
    admission = Admission(shared.board, index)
    overflow = Overflow(settings, admission, counters) if settings.overflow_url else None
    local = LocalSpeech(
        settings=settings,
        engine_name=shared.choice.engine.name,
        admission=admission,
        pool=pool,
        readers=readers,
        encoding=ThreadPoolExecutor(1, "encode"),
        counters=counters,
        downloads=shared.downloads,
    )

    live = LiveSpeech(local, shared.available)
    app = Starlette(
        routes=_routes(shared, live, overflow),
        middleware=middleware(settings),
        exception_handlers=HANDLERS,
        lifespan=lambda app: _running(pool, overflow, slot, readers),
    )
    app.router.redirect_slashes = False
    app.router.default = not_found
    requests = RequestScope(app, counters, warning=shared.choice.warning)
    return with_wyoming(requests, live, shared.announcing)


@asynccontextmanager
async def _running(pool: PoolClient, overflow: Overflow | None, slot: Slot, readers: ReaderPool) -> AsyncIterator[None]:
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


def _routes(shared: SpeechApplication, live: LiveSpeech, overflow: Overflow | None) -> list[BaseRoute]:
    settings, available = shared.settings, shared.available
    has_keys = bool(settings.api_keys)
    return routes(
        live=live,
        speech=SpeechEndpoint(settings=settings, available=available, local=live.local, overflow=overflow),
        models=ModelEndpoints(available),
        voices=VoiceEndpoints(shared.choice.engine, shared.catalogue, shared.available.named),
        downloads=DownloadEndpoint(shared.downloads, settings.write_timeout_s),
        health=HealthEndpoints(engine=shared.choice, board=shared.board, metrics=shared.metrics, has_keys=has_keys),
        page=settings.page,
        description=openapi.document(available, has_keys=has_keys),
    )

"""A server that sleeps while nobody asks for speech: its model is not in memory, and one worker listens.

    LOADED ── nobody asks ──▶ UNLOADED ── a request comes ──▶ LOADING ── a slot works ──▶ LOADED
                                 ▲ ◀────── it fails, or takes too long: those who wait get a 503

The arbiter does it, between two looks at its workers. Of what it unloads, workers have copies: they are replaced. One
that is forked without the model listens and does all that takes no model, but has no slot.
"""

from __future__ import annotations

import gc
import logging
import math
import time
from typing import Final

from speechd.config.settings import Settings
from speechd.engines.base import SupportsUnload
from speechd.lifecycle.alarm import TimeLimit
from speechd.lifecycle.unload_policy import Step, UnloadPolicy
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard
from speechd.server.recycling import DesiredWorkers

SLEEPERS: Final = DesiredWorkers(1, generation=-1)
"""Who there is while the model is unloaded. Other generations are counted from 0, by loads."""

log = logging.getLogger("speechd")


class ModelUnloader:
    """The arbiter's hold on the model, from when it was first loaded."""

    def __init__(self, engine: SupportsUnload, board: Scoreboard, settings: Settings) -> None:
        self._engine, self._board = engine, board
        self._workers = settings.workers
        self._limit = TimeLimit(settings.boot_timeout_s)
        self._loads = 0
        self._ends = False
        self._idle = UnloadPolicy(
            after_s=settings.idle_unload_s,
            timeout_s=settings.boot_timeout_s,
            delay_s=settings.respawn_delay_s,
            limit_s=settings.respawn_limit_s,
        )

    @property
    def is_unloaded(self) -> bool:
        """Whether a worker that is forked now has no model."""
        return self._idle.presence is ModelState.UNLOADED

    def crew(self, *, settled: bool) -> DesiredWorkers:
        """The workers that there are to be now, after doing for it what is due: loading takes seconds.

        settled: no worker comes or goes.
        """
        board = self._board
        step = self._idle.step(
            time.monotonic(),
            idle_s=board.idle_s,
            settled=settled,
            wanted=bool(board.in_flight.any()),
            works=board.slots > 0,
        )
        if step is Step.UNLOAD:
            self._unload()
            log.info("the model is unloaded: nobody has asked for speech")
        elif step is Step.LOAD:
            self._load()
        elif step is Step.GIVE_UP:
            self._fail("no slot works in time")
        self._tell()
        return SLEEPERS if self.is_unloaded else DesiredWorkers(self._workers, self._loads)

    def ended(self, failures: int) -> None:
        """A worker has ended, and so many in a row have before they were ready."""
        waits = self._idle.presence is ModelState.LOADING and not self._board.slots
        if failures and waits and not self._board.is_booting and not self._ends:
            self._fail("no worker could start with it")

    def hurry(self) -> None:
        """The server is to end: cut short what takes long. May be called by a signal's handler."""
        self._limit.cut()

    def stop(self) -> None:
        """The server ends: who waits for the model, or comes, is refused."""
        self._ends = True
        if self._idle.presence is not ModelState.LOADED:
            self._board.model.set(self._idle.presence, math.inf)
            self._refuse()

    def _load(self) -> None:
        self._tell()
        began = time.monotonic()
        try:
            with self._limit:
                self._engine.load()
        except Exception as error:  # whatever an engine raises, the server goes on
            self._fail(str(error) or repr(error))
            return
        self._loads += 1
        gc.collect()
        gc.freeze()  # as before the first fork
        log.info("the model is loaded again", extra={"fields": {"s": time.monotonic() - began}})

    def _unload(self) -> None:
        gc.unfreeze()
        self._engine.unload()
        gc.freeze()

    def _fail(self, reason: str) -> None:
        self._idle.fail(time.monotonic())
        log.error("the model could not be loaded: %s", reason)
        self._tell()
        self._unload()
        self._refuse()

    def _refuse(self) -> None:
        if not self._board.slots:
            self._board.refuse_waiting()

    def _tell(self) -> None:
        self._board.model.set(self._idle.presence, self._idle.rests_until)

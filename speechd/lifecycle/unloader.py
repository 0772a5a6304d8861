"""Unloading the model while nobody asks for speech: it is not in memory then, and one worker listens.

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
from dataclasses import replace
from typing import Final

from speechd.config.settings import Settings
from speechd.engines.base import SupportsUnload
from speechd.lifecycle.alarm import Alarm
from speechd.lifecycle.unload_policy import Observation, Step, UnloadPolicy
from speechd.pool import recovery
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard
from speechd.server.hooks import DesiredWorkers
from speechd.server.worker_table import State

UNLOADED: Final = DesiredWorkers(1, generation=-1)
"""The workers that there are while the model is unloaded. Other generations are counted from 0, by loads."""

log = logging.getLogger("speechd")


class ModelUnloader:
    """The arbiter's hold on the model, from when it was first loaded."""

    def __init__(self, engine: SupportsUnload, board: Scoreboard, settings: Settings, desired: DesiredWorkers) -> None:
        """desired: the workers that there are to be while the model is loaded."""
        self._engine, self._board = engine, board
        self._desired = desired
        self._alarm = Alarm(settings.boot_timeout_s)
        self._loads = 0
        self._policy = UnloadPolicy(
            after_s=settings.idle_unload_s,
            timeout_s=settings.boot_timeout_s,
            delay_s=settings.respawn_delay_s,
            limit_s=settings.respawn_limit_s,
        )

    def reconcile(self, *, settled: bool) -> DesiredWorkers:
        """Load or unload the model if that is due (loading takes seconds), and return the workers that there are to be.

        settled: no worker comes or goes.
        """
        step = self._policy.step(time.monotonic(), self._observe(settled))
        if step is Step.UNLOAD:
            self._unload()
            log.info("the model is unloaded: nobody has asked for speech")
        elif step is Step.LOAD:
            self._load()
        elif step is Step.TIME_OUT:
            self._fail("no slot works in time")
        elif step is Step.GIVE_UP:
            self._fail("no worker could start with it")
        self._publish()
        is_unloaded = self._policy.state is ModelState.UNLOADED
        return UNLOADED if is_unloaded else replace(self._desired, generation=self._loads)

    def interrupt(self) -> None:
        """Cut `reconcile` short: the server is to end. May be called by a signal's handler."""
        self._alarm.expire_now()

    def stop(self) -> None:
        """Refuse those who wait for the model, or still come: the server ends."""
        if self._policy.state is not ModelState.LOADED:
            self._board.model.set(self._policy.state, math.inf)
            self._refuse_waiting()

    def _observe(self, settled: bool) -> Observation:
        board = self._board
        rows = board.table.rows()
        return Observation(
            idle_s=board.idle_s,
            settled=settled,
            wanted=bool(board.in_flight.any()),
            works=board.slots > 0,
            failed=any(row.failures for row in rows) and not any(row.state is State.BOOTING for row in rows),
        )

    def _load(self) -> None:
        self._publish()
        began = time.monotonic()
        try:
            with self._alarm:
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
        self._policy.fail(time.monotonic())
        log.error("the model could not be loaded: %s", reason)
        self._publish()
        self._unload()
        self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        if not self._board.slots:
            recovery.refuse_waiting(self._board)

    def _publish(self) -> None:
        self._board.model.set(self._policy.state, self._policy.retry_at)

"""What the server asks of the application that it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from speechd.server.descriptors import FileDemand
from speechd.server.exchange import ASGIApp
from speechd.server.worker_table import Event, Role, WorkerTable


@dataclass(frozen=True, slots=True)
class DesiredWorkers:
    """The workers that there are to be.

    count: those that accept requests; back_ends: those beside them that only work (0: all do both); generation: of all,
    workers of another are replaced.
    """

    count: int
    generation: int = 0
    back_ends: int = 0

    @property
    def counts(self) -> dict[Role, int]:
        """How many there are to be of each role. Back ends come first, for they take longest to get ready."""
        if not self.back_ends:
            return {Role.COMPLETE: self.count}
        return {Role.BACK_END: self.back_ends, Role.FRONT_END: self.count}


class WorkerHooks(Protocol):
    """The application in one worker."""

    @property
    def app(self) -> ASGIApp:
        """The ASGI application that answers requests. Its lifespan is run before connections are accepted."""

    async def boot(self) -> None:
        """Get ready. Raising ends the worker; so does `boot_timeout_s`. It accepts connections meanwhile if no other
        worker is ready, so that somebody answers."""

    def ready(self) -> Event:
        """Begin to work: the worker has booted and accepts connections, and `boot_timeout_s` is over. Returns
        `Event.READY`, or `Event.IDLE` where it cannot work on what it accepts, or `Event.WORK` in a back end."""

    def rejected(self, status: int) -> None:
        """Count a request that the server has answered with this status by itself."""


class Hooks(Protocol):
    """The application in the arbiter, where it is made, with all that is shared, before the first fork.

    table: the workers' rows, which the server writes; files: what the application opens in a worker.
    """

    table: WorkerTable
    files: FileDemand

    def reconcile(self, *, settled: bool) -> DesiredWorkers:
        """Do what is due, about once a second, and return the workers that there are to be. It may take its time.

        settled: these are the workers that there are, all ready, and no other.
        """

    def build(self, index: int) -> WorkerHooks:
        """Make the application of worker `index`, right after its fork: the process has a single thread still, and may
        itself fork."""

    def ended(self, index: int) -> bool:
        """Give back, in the arbiter, all that worker `index` held when it died; its row is freed afterwards. Returns
        whether requests ended with it."""

    def interrupt(self) -> None:
        """Cut `reconcile` short, from a signal's handler: the server is to end."""

    def stop(self) -> None:
        """Prepare for the end of the server: its workers are about to be told."""

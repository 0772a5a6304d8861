"""Functions captured once for each size of batch, and replayed for every batch that fits.

A launch costs a CPU several times as long as the GPU needs for a small kernel; a captured graph has none of that. What
is captured reads the sizes of the batch from device memory, which is written before a replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import torch

Inputs = TypeVar("Inputs")
Outputs = TypeVar("Outputs")

WARM_UPS: Final = 2
"""Runs before a capture: kernels are compiled and libraries make their workspaces then."""


class Event(Protocol):
    """A point in the work of a queue."""

    def synchronize(self) -> None:
        """Return once the device has reached it."""
        ...


class Queue(Protocol):
    """Work that a device does in order."""

    def active(self) -> Any:
        """A context in which work goes to this queue."""
        ...

    def capture(self, function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        """What replays the function, and its result, which every replay overwrites."""
        ...

    def record(self) -> Event:
        """The point behind all work so far."""
        ...

    def wait(self, event: Event) -> None:
        """Do what follows only after `event`, of whatever queue."""
        ...


class CudaQueue:
    """A stream, and the memory that its graphs share: one of them runs at a time. See `Queue`."""

    def __init__(self, *, urgent: bool = False) -> None:
        """urgent: whether its kernels go before those of other queues, and a thread that waits for it stays awake."""
        self._urgent = urgent
        self._stream = torch.cuda.Stream(priority=-1 if urgent else 0)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def active(self) -> Iterator[None]:
        with torch.cuda.stream(self._stream):
            yield

    def capture(self, function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        # What the function reads was made on the stream that is current here, and need not be there yet.
        self._stream.wait_stream(torch.cuda.current_stream())
        with self.active():
            for _ in range(WARM_UPS):
                function()
        self._stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            outputs = function()
        return graph.replay, outputs

    def record(self) -> torch.cuda.Event:
        event = torch.cuda.Event(blocking=not self._urgent)  # type: ignore[no-untyped-call]
        event.record(self._stream)
        return event

    def wait(self, event: Event) -> None:
        assert isinstance(event, torch.cuda.Event)
        self._stream.wait_event(event)


@dataclass(frozen=True, slots=True)
class Captured(Generic[Inputs, Outputs]):
    """A function of `inputs`, captured: `replay` computes `outputs` from what is in the inputs then."""

    inputs: Inputs
    replay: Callable[[], None]
    outputs: Outputs


class CapturedSizes(Generic[Inputs, Outputs]):
    """One function, captured for several sizes."""

    def __init__(
        self,
        queue: Queue,
        sizes: Sequence[int],
        inputs: Callable[[int], Inputs],
        function: Callable[[Inputs], Outputs],
    ) -> None:
        self._sizes = sorted(sizes)
        # The largest first: what it needs serves all others.
        self._captured = {size: _captured(queue, inputs(size), function) for size in reversed(self._sizes)}

    def at_least(self, size: int) -> Captured[Inputs, Outputs] | None:
        """The smallest that has room for so much; None where none has."""
        fitting = next((each for each in self._sizes if each >= size), None)
        return None if fitting is None else self._captured[fitting]


def _captured(queue: Queue, inputs: Inputs, function: Callable[[Inputs], Outputs]) -> Captured[Inputs, Outputs]:
    replay, outputs = queue.capture(lambda: function(inputs))
    return Captured(inputs, replay, outputs)

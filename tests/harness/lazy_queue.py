"""Queues for tests whose work is done late and by turns, as that of a GPU's streams, in whatever order is allowed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from speechd.engines.kokoro.gpu.graphs import Event
from tests.harness.host_queue import tensors

Outputs = TypeVar("Outputs")

Work = Callable[[], object]


class LazyDevice:
    """Has queues, and takes the next piece of work from any that need not wait."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._queues: list[LazyQueue] = []

    def queue(self) -> LazyQueue:
        """A new one."""
        self._queues.append(LazyQueue(self))
        return self._queues[-1]

    def run_until(self, event: LazyEvent) -> None:
        """Work until the event is reached. What else is done by then is chance."""
        while not event.reached:
            ready = [queue for queue in self._queues if queue.is_ready]
            assert ready, "all queues wait for each other"
            work = self._random.choice(ready).work.popleft()
            assert not isinstance(work, LazyEvent)
            work()


class LazyEvent:
    """See `graphs.Event`."""

    def __init__(self, device: LazyDevice) -> None:
        self._device = device
        self.reached = False

    def reach(self) -> None:
        self.reached = True

    def synchronize(self) -> None:
        self._device.run_until(self)


class LazyQueue:
    """See `graphs.Queue`. A replay spoils the outputs of all that the queue captured, for these share their memory."""

    def __init__(self, device: LazyDevice) -> None:
        self._device = device
        self._outputs: list[torch.Tensor] = []
        self.work: deque[Work | LazyEvent] = deque()

    @property
    def is_ready(self) -> bool:
        """Whether there is work that waits for no other queue."""
        while self.work and isinstance(self.work[0], LazyEvent) and self.work[0].reached:
            self.work.popleft()
        return bool(self.work) and not isinstance(self.work[0], LazyEvent)

    def active(self) -> Any:
        return _Copies(self)

    def capture(self, function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        outputs = function()
        self._outputs += tensors(outputs)

        def compute() -> None:
            with torch.inference_mode():
                for old, new in zip(tensors(outputs), tensors(function()), strict=True):
                    old.copy_(new)

        return lambda: self.work.extend((self._spoil, compute)), outputs

    @torch.inference_mode()
    def _spoil(self) -> None:
        for output in self._outputs:
            output.fill_(1 << 20)

    def record(self) -> LazyEvent:
        event = LazyEvent(self._device)
        self.work.append(event.reach)
        return event

    def wait(self, event: Event) -> None:
        assert isinstance(event, LazyEvent)
        self.work.append(event)


class _Copies(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Puts copies into a queue instead of doing them."""

    def __init__(self, queue: LazyQueue) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._queue = queue

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is torch.ops.aten.copy_.default:
            self._queue.work.append(partial(function, *args, **(kwargs or {})))
            return args[0]
        return function(*args, **(kwargs or {}))

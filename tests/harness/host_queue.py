"""A queue for tests: runs on the CPU what a GPU would, and refuses in a capture what a GPU would refuse."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

from speechd.engines.kokoro.gpu.graphs import Event

Outputs = TypeVar("Outputs")

WAITS: Final = {
    "_local_scalar_dense",
    "equal",
    "is_nonzero",
    "lift_fresh",
    "masked_select",
    "nonzero",
    "repeat_interleave",
    "unique",
}
"""Operations that wait for the device, or that take data of the host."""


class HostAsked(RuntimeError):
    """A function that is captured waits for the device, or makes a tensor of the host's data."""


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that a GPU would launch. Raises `HostAsked` where a capture would fail."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.launches = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function._schema.name.split("::")[1]
        kwargs = kwargs or {}
        if name in WAITS or (name == "index" and _by_mask(args[1])):
            raise HostAsked(name)
        results = function(*args, **kwargs)
        self.launches += not (_is_view(function, args, results) or name.startswith(("empty", "new_empty")))
        return results


def _by_mask(indices: list[Tensor | None]) -> bool:
    return any(index is not None and index.dtype is torch.bool for index in indices)


def _is_view(function: Any, args: Any, results: Any) -> bool:
    made = [each for each in torch.utils._pytree.tree_leaves(results) if isinstance(each, Tensor)]
    given = {
        each.untyped_storage().data_ptr() for each in torch.utils._pytree.tree_leaves(args) if isinstance(each, Tensor)
    }
    shared = all(each.untyped_storage().data_ptr() in given for each in made)
    return bool(made) and shared and not function._schema.is_mutable


class HostQueue:
    """See `graphs.Queue`. A replay runs the function again, into the tensors that it gave at first."""

    def __init__(self) -> None:
        self.launches: list[int] = []
        self.replays = 0

    def active(self) -> Any:
        return nullcontext()

    def capture(self, function: Callable[[], Outputs]) -> tuple[Callable[[], None], Outputs]:
        function()
        with Watch() as watch:
            outputs = function()
        self.launches.append(watch.launches)

        def replay() -> None:
            self.replays += 1
            with torch.inference_mode():
                for old, new in zip(tensors(outputs), tensors(function()), strict=True):
                    old.copy_(new)

        return replay, outputs

    def record(self) -> Event:
        return Done()

    def wait(self, event: Event) -> None:
        assert isinstance(event, Done)


class Done:
    def synchronize(self) -> None:
        pass


def tensors(outputs: Any) -> list[Tensor]:
    """Those in the result of a function that is captured."""
    if isinstance(outputs, Tensor):
        return [outputs]
    return [getattr(outputs, name) for name in outputs.__dataclass_fields__]


def unwatched_lstm(monkeypatch: Any) -> None:
    """Have LSTMs run unseen: on the CPU PyTorch computes them step by step, by way of the host."""
    forward = nn.LSTM.forward

    def unseen(self: nn.LSTM, rows: Tensor) -> Any:
        with _disable_current_modes():
            return forward(self, rows)

    monkeypatch.setattr(nn.LSTM, "forward", unseen)

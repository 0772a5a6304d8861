"""The kokoro package's own model, for GPUs that have no better one."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Sequence
from typing import Any, Final

import torch

from speechd.engines.kokoro.checkpoint import State
from speechd.engines.kokoro.gpu.precision import without_tf32
from speechd.engines.kokoro.model import ModelInput, Rendered
from speechd.engines.kokoro.stock_package import stock_model_class
from speechd.errors import EngineUnavailable

log = logging.getLogger(__name__)


class StockModel:
    """Kokoro by the stock package, one input at a time; see `Model`."""

    batch_limit: Final = 1
    batch_limit_s: Final = math.inf

    def __init__(self, config: dict[str, Any], state: State, device: str, *, required: bool) -> None:
        """On the CPU, until the first call moves it to `device`; where that is missing and not `required`, it stays.

        Raises `KeyError` where `state` lacks a tensor, `EngineUnavailable` where the package is not installed.
        """
        # Given nothing to load: its own loading passes over names that do not match, without a word.
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)
        self._model = stock_model_class()(repo_id="", config=config, model=nothing).eval()
        for part, tensors in state.items():
            module = getattr(self._model, part)
            missing = set(module.load_state_dict(tensors, strict=False).missing_keys) - _neutral(module)
            if missing:
                raise KeyError(f"{part} lacks {min(missing)}")
        self._device = device
        self._required = required
        self._moved = False

    def plan(self, inputs: Sequence[ModelInput]) -> list[ModelInput]:
        """See `Model`: this one has no such step."""
        return [*inputs]

    def render(self, prosodies: Sequence[ModelInput]) -> list[Rendered]:
        """See `Model`."""
        return [self._speak(input) for input in prosodies]

    def _speak(self, input: ModelInput) -> Rendered:
        if not self._moved:
            self._move()
        device = self._model.device
        torch.manual_seed(input.seed)
        with torch.inference_mode():
            samples, durations = self._model.forward_with_tokens(
                input.input_ids[None].to(device), input.ref_s.to(device), input.speed
            )
        return Rendered(samples.reshape(-1).float().cpu(), durations.reshape(-1).cpu())

    def _move(self) -> None:
        available = torch.cuda.is_available() if self._device == "cuda" else torch.backends.mps.is_available()
        if available:
            without_tf32()
            self._model.to(self._device)
        elif self._required:
            raise EngineUnavailable(f"torch finds no {self._device} device: install its driver, or use --device cpu.")
        else:
            log.warning(
                "torch finds no %s device after all: speaking on the CPU, slowly; use --device cpu", self._device
            )
        self._moved = True


def _neutral(module: torch.nn.Module) -> set[str]:
    """Scales and shifts of instance norms: the release was trained without, and they begin as no change at all."""
    return {
        f"{name}.{parameter}"
        for name, norm in module.named_modules()
        if isinstance(norm, torch.nn.InstanceNorm1d)
        for parameter in ("weight", "bias")
    }

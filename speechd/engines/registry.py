"""Engines, by name: what `--engine` means."""

from __future__ import annotations

import importlib
import logging
import sys
from dataclasses import dataclass

from speechd.engines.base import Engine, EngineOptions
from speechd.errors import EngineUnavailable
from speechd.voices import Catalogue

__all__ = ["EngineOptions", "LoadedEngine", "create", "voices"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """An engine, and what the operator and every client must be told about it: ASCII, one line."""

    engine: Engine
    warning: str | None = None


def create(name: str, options: EngineOptions) -> LoadedEngine:
    """The engine `name`: "kokoro", "espeak", "tone", "package.module:factory", or "auto".

    "auto" is Kokoro where it can run, otherwise espeak with a warning. A factory is called with the options.
    Engines are built here and started in the workers. Raises `EngineUnavailable`.
    """
    if name == "auto":
        try:
            return LoadedEngine(_kokoro(options))
        except EngineUnavailable as error:
            warning = f"Speaking with espeak-ng, not with Kokoro. {error}"
            log.warning(warning)
            return LoadedEngine(_espeak(options), " ".join(warning.encode("ascii", "replace").decode().split()))
    if ":" in name:
        return LoadedEngine(_custom(name, options))
    if name not in _FACTORIES:
        known = ", ".join(_FACTORIES)
        raise EngineUnavailable(f"There is no engine '{name}': use auto, {known} or package.module:factory.")
    return LoadedEngine(_FACTORIES[name](options))


def voices(name: str, options: EngineOptions) -> Catalogue:
    """The voices of the engine `name`, without loading a model: all that are built in have Kokoro's.

    Raises `EngineUnavailable`.
    """
    if ":" in name:
        return _custom(name, options).voices()
    if name == "espeak":
        return _espeak(options).voices()
    from speechd.engines.kokoro.voices import catalogue

    return catalogue(options.model_dir)


# Each engine is imported when it is asked for: torch alone takes seconds, and espeak and tone work without it.


def _kokoro(options: EngineOptions) -> Engine:
    try:
        from speechd.engines.kokoro.download import locate

        weights = locate(options.model_dir)  # before the imports that take seconds, in case there are none
        from speechd.engines.kokoro.engine import engine_of
    except ImportError as error:
        # Misaki bars Python 3.13 in its metadata only.
        install = "pip install --no-deps --ignore-requires-python misaki==0.9.4"
        raise EngineUnavailable(f"Kokoro's packages are not installed ({error}). Run: {install}") from error
    return engine_of(weights, options)


def _espeak(options: EngineOptions) -> Engine:
    from speechd.engines.espeak.engine import LANGUAGES, EspeakEngine
    from speechd.engines.kokoro.voices import MODEL_IDS, catalogue

    voices = catalogue(options.model_dir, graded=False, lacks=lambda voice: voice.language not in LANGUAGES)
    return EspeakEngine(voices, MODEL_IDS)


def _tone(options: EngineOptions) -> Engine:
    from speechd.engines.tone import ToneEngine

    return ToneEngine()


_FACTORIES = {"kokoro": _kokoro, "espeak": _espeak, "tone": _tone}


def _custom(name: str, options: EngineOptions) -> Engine:
    module, _, factory = name.partition(":")
    if options.engine_path is not None:
        # Last, so that no file there is taken for a module of Python's; and for good, as it may import more later.
        sys.path.append(str(options.engine_path.resolve()))
    try:
        engine: object = getattr(importlib.import_module(module), factory)(options)
    except EngineUnavailable:
        raise
    except (ImportError, AttributeError) as error:
        raise EngineUnavailable(
            f"The engine '{name}' cannot be imported: {error}. Name the folder of its module with --engine-path."
        ) from error
    except (Exception, SystemExit) as error:  # whatever it does, it is no engine
        log.debug("the engine's factory failed", exc_info=True)
        raise EngineUnavailable(f"The engine '{name}' cannot be made: {error!r}.") from error
    if not isinstance(engine, Engine):
        raise EngineUnavailable(f"The engine '{name}' is none: its factory made {engine!r}.")
    return engine

"""What a server has to speak with, and what the names in a request mean there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from speechd.config.names import NamedVoice
from speechd.config.settings import InvalidSetting, Settings
from speechd.engines.base import Engine, SupportsPhonemes
from speechd.errors import InvalidRequest, NotFound, shorten
from speechd.text.markup.tags import Alias
from speechd.voices import Blend, Catalogue

OPENAI_MODELS: Final[Mapping[str, str]] = {
    # OpenAI shuts them down on 2027-01-06; clients written for them will remain in use.
    "tts-1": "openai",
    "tts-1-hd": "openai",
    "tts-1-1106": "openai",
    "tts-1-hd-1106": "openai",
    "gpt-4o-mini-tts": "openai",
    "gpt-4o-mini-tts-2025-03-20": "openai",
    "gpt-4o-mini-tts-2025-12-15": "openai",
}
"""OpenAI's model ids and their owner. All of them name the one model that a server has."""

KOKORO: Final = "kokoro"
"""Kokoro's id. Other servers have "Kokoro", "hexgrad/Kokoro-82M", "speaches-ai/Kokoro-82M-v1.0-ONNX" and more."""

PREFIX: Final = "openai/"
"""What routers of several providers put before OpenAI's ids."""

ALIAS_OWNER: Final = "alias"
"""`owned_by` of ids that the operator has added."""

AUTO: Final = "auto"
"""The setting for the default voice that stands for the engine's own, and a name for the default voice in requests."""

DEFAULT_NAMES: Final = (AUTO, "default")
"""Names of the default voice in requests, where no voice has them."""


@dataclass(frozen=True, slots=True)
class Available:
    """What a server has to speak with. models: ids, the engine's before OpenAI's, and their owners. default_voice: a
    voice or blend for requests that name none; "" for the catalogue's. has_phonemes: its engine can be given phonemes,
    and times them. named: voices of the names file, by their names in lower case."""

    models: Mapping[str, str]
    catalogue: Catalogue
    max_input_chars: int
    default_voice: str = ""
    has_phonemes: bool = False
    named: Mapping[str, Alias] = field(default_factory=dict)

    @classmethod
    def of(
        cls, engine: Engine, catalogue: Catalogue, settings: Settings, named: Mapping[str, NamedVoice] | None = None
    ) -> Available:
        """What a server with this engine and these settings has. named: the voices of its names file, which are valid.

        Raises `InvalidSetting` for a voice that is none."""
        more_models = dict.fromkeys(settings.model_aliases, ALIAS_OWNER)
        default = "" if settings.default_voice == AUTO else settings.default_voice
        models = {**engine.model_ids, **OPENAI_MODELS, **more_models}
        has_phonemes = isinstance(engine, SupportsPhonemes)
        aliases = {name.lower(): Alias(meant.voice, meant.speed) for name, meant in (named or {}).items()}
        available = cls(models, catalogue, settings.max_input_chars, default, has_phonemes, aliases)
        try:
            available.blend(None)
        except InvalidRequest as error:
            raise InvalidSetting(f"--default-voice (SPEECHD_DEFAULT_VOICE): {error}") from None
        return available

    @property
    def default_model(self) -> str:
        """The id of the model of requests that name none."""
        return next(iter(self.models))

    def require_phonemes(self, param: str) -> None:
        """Raise `InvalidRequest` where the engine has no phonemes."""
        if not self.has_phonemes:
            raise InvalidRequest(
                f"'{param}' asks for phonemes, which this server's engine does not have: Kokoro has.",
                param=param,
                code="invalid_value",
            )

    def has_model(self, id: str) -> bool:
        """Whether the id names the model: as it is listed, in other letter case, or in another server's spelling."""
        if id in self.models:
            return True
        folded = id.casefold().removeprefix(PREFIX)
        is_kokoro = KOKORO in folded and KOKORO in self.models
        return is_kokoro or any(folded == known.casefold() for known in self.models)

    def resolve(self, model: str | None, voice: str | None) -> tuple[str, Blend]:
        """The model and the voice of a request that names these. Raises `NotFound`, and `InvalidRequest`."""
        if not model:
            model = self.default_model
        elif not self.has_model(model):
            # Some servers have a model for each voice, and their clients name no other voice.
            if voice is not None or not self.catalogue.has(model):
                raise self.not_found(model)
            model, voice = self.default_model, model
        return model, self.blend(voice)

    def meant(self, voice: str | None, aliases: Mapping[str, Alias] | None = None) -> Alias:
        """The voice or blend that a request's `voice` stands for, by its own aliases and the names file, and its rate.
        None: the default one, "" where there is no other than the engine's."""
        name = (self.default_voice if voice is None else voice).strip()
        return (aliases or self.named).get(name.lower()) or Alias(name)

    def blend(self, voice: str | None) -> Blend:
        """The voice or blend of this name; the default one for None. Raises `InvalidRequest`."""
        if voice is None or (voice.lower() in DEFAULT_NAMES and not self.catalogue.has(voice)):
            voice = self.meant(None).voice or self.catalogue.default
        return self.catalogue.parse(voice)

    def not_found(self, id: str) -> NotFound:
        """The error for a model that does not exist."""
        known: Sequence[str] = list(self.models)
        return NotFound(
            f"The model '{shorten(id)}' does not exist here. Available: {', '.join(known)}.",
            param="model",
            code="model_not_found",
        )

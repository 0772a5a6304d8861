"""The state of a Realtime session: its settings, its conversation, and the text that a response is to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Text, wrong_type
from speechd.api.live.live_options import live_options
from speechd.api.live.realtime_events import Event, new_id, new_session
from speechd.errors import InvalidRequest, NotFound
from speechd.speech.live.options import LiveOptions

FORMATS: Final[Mapping[str, str]] = {"audio/pcm": "pcm", "audio/pcmu": "ulaw", "audio/pcma": "alaw"}
"""OpenAI's name of a format → a format of `encoders.FORMATS`."""

PCM_RATE: Final = 24_000

MAX_ITEMS: Final = 256
"""Items that a conversation keeps; the oldest that were read are forgotten."""

MAX_CHARS: Final = 1 << 18
"""Characters that these may have together."""

UNSUPPORTED: Final = "unsupported_parameter"

TEXT_PARTS: Final = ("input_text", "output_text", "text")
"""Types of content that are text."""


@dataclass(slots=True)
class RealtimeSession:
    """A session. settings: as the client sees them. items: texts of the conversation, by their ids; unread: the ids of
    those that no response has read yet."""

    available: Available
    settings: Event
    conversation_id: str = field(default_factory=lambda: new_id("conv"))
    items: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, available: Available, model: str) -> RealtimeSession:
        """A session as it begins. model: as the client named it."""
        return cls(available, new_session(model, str(available.blend(None))))

    def update(self, changes: object) -> None:
        """Change settings, all or none of them. Raises `InvalidRequest`."""
        given = _object("session", changes)
        if given.get("type", "realtime") != "realtime":
            raise _unsupported("session.type", "this server reads text aloud, and transcribes nothing")
        _refuse_thought("session", given)
        audio = _object("session.audio", given.get("audio", {}))
        output = self.settings["audio"]["output"] | _object("session.audio.output", audio.get("output", {}))
        heard = self.settings["audio"]["input"] | _object("session.audio.input", audio.get("input", {}))
        self._options(output)
        kept = {name: value for name, value in given.items() if name in self.settings and name != "id"}
        self.settings = self.settings | kept | {"audio": {"input": heard, "output": output}}

    def add(self, item: object) -> Event:
        """Add an item to the conversation, and return it as it is told. Raises `InvalidRequest`."""
        given = _object("item", item)
        text = text_of_item("item", given)
        id = Text(64).read("item.id", given["id"]) if given.get("id") is not None else new_id("item")
        if id in self.items:
            self.delete(id)
        self._make_room(text)
        self.items[id] = text
        if given.get("role") == "user":
            self.unread.append(id)
        return {**given, "id": id, "object": "realtime.item", "status": "completed"}

    def _make_room(self, text: str) -> None:
        """Forget what is too much beside this text, of what was read. Raises `InvalidRequest`: that is not enough."""
        size = len(text) + sum(map(len, self.items.values()))
        for oldest in [id for id in self.items if id not in self.unread]:
            if len(self.items) < MAX_ITEMS and size <= MAX_CHARS:
                return
            size -= len(self.items.pop(oldest))
        if len(self.items) >= MAX_ITEMS or size > MAX_CHARS:
            raise InvalidRequest(
                f"The conversation has {MAX_ITEMS} items or {MAX_CHARS} characters that were not read yet: "
                "have them read by a 'response.create' first.",
                param="item",
                code="conversation_full",
            )

    def delete(self, id: object) -> None:
        """Take an item out of the conversation. Raises `NotFound`."""
        if not isinstance(id, str) or id not in self.items:
            raise NotFound("There is no such item in the conversation.", param="item_id", code="item_not_found")
        del self.items[id]
        self.unread = [other for other in self.unread if other != id]

    def text_for(self, response: Mapping[str, Any]) -> str:
        """The text that a response is to read: its own input, or what the user has added since the last response, or
        without either its instructions. Raises `InvalidRequest`: there is none, or it asks for more than reading."""
        _refuse_thought("response", response)
        given = response.get("input")
        if given is not None:
            if not isinstance(given, list):
                raise wrong_type("response.input", "an array", given)
            texts = [self._input(f"response.input[{index}]", item) for index, item in enumerate(given)]
        else:
            texts = [self.items[id] for id in self.unread]
        instructions = response.get("instructions")
        if not texts and instructions:
            texts = [Text().read("response.instructions", instructions)]
        text = "\n\n".join(filter(str.strip, texts))
        if not text:
            raise InvalidRequest(
                "There is nothing to read: send the text as 'input_text' in 'response.input', or as a user's item.",
                param="response.input",
                code="empty_input",
            )
        return text

    def was_read(self, response: Mapping[str, Any]) -> None:
        """Note that the text of this response is being read."""
        if response.get("input") is None:
            self.unread = []

    def options_for(self, response: Mapping[str, Any]) -> tuple[LiveOptions, Event]:
        """How a response is to be spoken, and its `audio.output`. Raises `InvalidRequest`."""
        audio = _object("response.audio", response.get("audio", {}))
        output = self.settings["audio"]["output"] | _object("response.audio.output", audio.get("output", {}))
        return self._options(output), output

    def _input(self, name: str, item: object) -> str:
        given = _object(name, item)
        if given.get("type") == "item_reference":
            id = given.get("id")
            if not isinstance(id, str) or id not in self.items:
                raise NotFound("There is no such item in the conversation.", param=name, code="item_not_found")
            return self.items[id]
        return text_of_item(name, given) if given.get("role", "user") == "user" else ""

    def _options(self, output: Mapping[str, Any]) -> LiveOptions:
        format = _object("audio.output.format", output.get("format"))
        type = format.get("type")
        if (
            not isinstance(type, str)
            or type not in FORMATS
            or (type == "audio/pcm" and format.get("rate", PCM_RATE) != PCM_RATE)
        ):
            supported = ", ".join(f"'{known}'" for known in FORMATS)
            raise InvalidRequest(
                f"Invalid value for 'audio.output.format'. Supported values are: {supported}; the rate of 'audio/pcm' "
                f"is {PCM_RATE}.",
                param="session.audio.output.format",
                code="invalid_value",
            )
        return live_options(
            self.available, voice=output.get("voice"), speed=output.get("speed"), format=FORMATS[type], words=True
        )


def text_of_item(name: str, item: Mapping[str, Any]) -> str:
    """The text of an item. Raises `InvalidRequest` for one that is more than text."""
    if item.get("type") != "message":
        raise _unsupported(f"{name}.type", "this server reads messages aloud, and calls no functions")
    content = item.get("content")
    if not isinstance(content, Sequence) or isinstance(content, str):
        raise wrong_type(f"{name}.content", "an array", content)
    texts = []
    for index, part in enumerate(content):
        place = f"{name}.content[{index}]"
        given = _object(place, part)
        if given.get("type") not in TEXT_PARTS:
            raise _unsupported(f"{place}.type", "this server reads text, and hears and sees nothing")
        texts.append(Text().read(f"{place}.text", given.get("text")))
    return "\n".join(texts)


def _refuse_thought(name: str, given: Mapping[str, Any]) -> None:
    """Raise `InvalidRequest` for settings that need a model that answers."""
    if given.get("tools"):
        raise _unsupported(f"{name}.tools", "this server reads text aloud, and calls no functions")
    modalities = given.get("output_modalities")
    if modalities is not None and (not isinstance(modalities, list) or "audio" not in modalities):
        raise _unsupported(f"{name}.output_modalities", "this server answers with audio, and writes no text")
    if given.get("prompt"):
        raise _unsupported(f"{name}.prompt", "prompts are kept at OpenAI")


def _object(name: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise wrong_type(name, "an object", value)
    return value


def _unsupported(param: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"'{param}' is not supported: {reason}.", param=param, code=UNSUPPORTED)

"""Events of OpenAI's Realtime API: those of a server that reads a given text aloud.

Names and shapes follow OpenAI's API reference ("Realtime") and the types of its SDKs.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from speechd.errors import SpeechdError
from speechd.speech.framing import AUDIO_TOKENS_PER_S, CHARACTERS_PER_TOKEN

PCM: Final[Mapping[str, object]] = {"type": "audio/pcm", "rate": 24_000}
"""OpenAI's default format of audio, and the only rate of its PCM."""

Event = dict[str, Any]


def new_id(prefix: str) -> str:
    """An id as OpenAI's look: "resp_", "item_", "event_" and so on, and something that no other has."""
    return f"{prefix}_{secrets.token_hex(12)}"


def event(type: str, **fields: object) -> Event:
    """An event of the server."""
    return {"type": type, "event_id": new_id("event"), **fields}


def error_event(error: SpeechdError, cause: object) -> Event:
    """Something that the client sent cannot be done. cause: the `event_id` that the client gave it, if any."""
    told = error.envelope()["error"] | {"event_id": cause if isinstance(cause, str) else None}
    return event("error", error=told)


def new_session(model: str, voice: str) -> Event:
    """A session as it begins."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": new_id("sess"),
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "none",
        "max_output_tokens": "inf",
        "audio": {
            "input": {"format": dict(PCM), "transcription": None, "noise_reduction": None, "turn_detection": None},
            "output": {"format": dict(PCM), "voice": voice, "speed": 1.0},
        },
    }


@dataclass(frozen=True, slots=True)
class ResponseEvents:
    """The events of one response, whose only item is a message that says a text.

    conversation: the id of the one that it belongs to, None for one out of band. audio: its output's format and voice.
    metadata: the client's.
    """

    id: str
    item_id: str
    conversation: str | None
    audio: Mapping[str, object]
    metadata: object

    def begin(self) -> list[Event]:
        """What comes before any audio."""
        item, part = self._item("in_progress", None), {"type": "audio", "transcript": ""}
        added = event("conversation.item.added", item=item, previous_item_id=None)
        return [
            event("response.created", response=self._response("in_progress", [])),
            event("response.output_item.added", response_id=self.id, output_index=0, item=item),
            *([added] if self.conversation is not None else []),
            self._of_content("response.content_part.added", part=part),
        ]

    def audio_delta(self, data: bytes) -> Event:
        """Audio."""
        return self._of_content("response.output_audio.delta", delta=base64.b64encode(data).decode())

    def transcript_delta(self, text: str) -> Event:
        """Text whose audio has been sent, or will be next."""
        return self._of_content("response.output_audio_transcript.delta", delta=text)

    def end(self, status: str, details: object, text: str, input_characters: int, audio_s: float) -> list[Event]:
        """What comes after all audio. status: "completed", "cancelled" or "failed". text: that was spoken."""
        item_status = "completed" if status == "completed" else "incomplete"
        item = self._item(item_status, text)
        done = event("conversation.item.done", item=item, previous_item_id=None)
        response = self._response(status, [item]) | {
            "status_details": details,
            "usage": _usage(input_characters, audio_s),
        }
        return [
            self._of_content("response.output_audio.done"),
            self._of_content("response.output_audio_transcript.done", transcript=text),
            self._of_content("response.content_part.done", part={"type": "audio", "transcript": text}),
            *([done] if self.conversation is not None else []),
            event("response.output_item.done", response_id=self.id, output_index=0, item=item),
            event("response.done", response=response),
        ]

    def _of_content(self, type: str, **fields: object) -> Event:
        place = {"response_id": self.id, "item_id": self.item_id, "output_index": 0, "content_index": 0}
        return event(type, **place, **fields)

    def _item(self, status: str, text: str | None) -> Event:
        content = [] if text is None else [{"type": "output_audio", "transcript": text}]
        return {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def _response(self, status: str, output: list[Event]) -> Event:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": output,
            "conversation_id": self.conversation,
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "audio": {"output": dict(self.audio)},
            "usage": None,
            "metadata": self.metadata,
        }


def _usage(input_characters: int, audio_s: float) -> Event:
    tokens, audio = -(-input_characters // CHARACTERS_PER_TOKEN), round(audio_s * AUDIO_TOKENS_PER_S)
    return {
        "total_tokens": tokens + audio,
        "input_tokens": tokens,
        "output_tokens": audio,
        "input_token_details": {"text_tokens": tokens, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0},
        "output_token_details": {"text_tokens": 0, "audio_tokens": audio},
    }

"""vllm-omni's messages: what `session.config` asks for, and the events that answer a text.

Names and shapes follow vllm-omni's `serving_speech_stream.py` and `protocol/audio.py`.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Boolean, Choice, Text
from speechd.api.live.cartesia_messages import optional
from speechd.api.live.live_options import live_options
from speechd.api.schema import sample_rate
from speechd.audio.samples import SAMPLE_RATE
from speechd.encoders import OPENAI_FORMATS
from speechd.errors import InvalidRequest
from speechd.speech.live.events import LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.sent_text import SentWord

CLAUSE_DELAY_S: Final = 0.25
"""With `split_granularity` "clause": how long text waits that ends no sentence, while nothing is heard."""

GRANULARITIES: Final = ("none", "sentence", "clause")

UNSUPPORTED: Final = ("ref_audio", "ref_text", "speaker_embedding")
"""Fields that would make another voice of the model."""

SAMPLE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """How the texts of a session are to be spoken. format: of what is sent; options have "pcm" for WAV that is sent
    whole. is_streamed: whether audio is sent as it is made. has_words: as JSON, and at the end when words sound."""

    options: LiveOptions
    format: str
    is_streamed: bool
    has_words: bool

    @classmethod
    def read(cls, fields: Mapping[str, Any], available: Available) -> SessionConfig:
        """The configuration in a message. Raises `InvalidRequest`, and `NotFound` for the model."""
        for name in UNSUPPORTED:
            if fields.get(name):
                raise InvalidRequest(
                    f"'{name}' is not supported: the voices are those of /v1/audio/voices.", param=name
                )
        if (model := optional(fields, "model", Text(256), None)) and not available.has_model(model):
            raise available.not_found(model)
        format = optional(fields, "response_format", Choice(OPENAI_FORMATS), "wav")
        is_streamed = optional(fields, "stream_audio", Boolean(), False)
        has_words = optional(fields, "word_timestamps", Boolean(), False)
        if has_words and not (is_streamed and format == "pcm"):
            raise InvalidRequest(
                "'word_timestamps' needs 'stream_audio' and the response_format 'pcm'.", param="word_timestamps"
            )
        granularity = optional(fields, "split_granularity", Choice(GRANULARITIES), "none")
        voice = fields.get("voice")
        options = live_options(
            available,
            voice=fields.get("speaker") if voice is None else voice,
            language=fields.get("language"),
            speed=fields.get("speed"),
            format="pcm" if format == "wav" and not is_streamed else format,
            sample_rate=sample_rate(fields, format),
            words=has_words,
            buffer_delay_s=CLAUSE_DELAY_S if granularity == "clause" else None,
        )
        return cls(options, format, is_streamed, has_words)

    @property
    def sample_rate(self) -> int:
        """Of the audio, in Hz."""
        return self.options.sample_rate or SAMPLE_RATE

    def whole(self, audio: bytes) -> bytes:
        """What is sent of audio that is not streamed: a file."""
        return wav_header(len(audio), self.sample_rate) + audio if self.format == "wav" else audio


@dataclass(frozen=True, slots=True)
class Unit:
    """One text of a session, from a first `input.text` to `input.done`. It is spoken as one, hence one of vllm-omni's
    "sentences", whatever `split_granularity` says."""

    number: int
    config: SessionConfig

    @property
    def place(self) -> dict[str, object]:
        """The fields by which events say what they belong to."""
        return {"utterance_index": self.number, "sentence_index": 0}

    def start_event(self, text: str) -> dict[str, object]:
        """Audio begins. text: as much as is known of it."""
        event = {"type": "audio.start", **self.place, "sentence_text": text, "format": self.config.format}
        if self.config.has_words:
            event["word_timestamps"] = True
        if self.config.is_streamed and self.config.format == "pcm":
            event |= {"sample_rate": self.config.sample_rate, "channels": 1}
        return event

    def chunk_event(self, number: int, chunk: LiveChunk) -> dict[str, object]:
        """Audio, as JSON."""
        return self._chunk_event(number, chunk.data, (chunk.start_s, chunk.start_s + chunk.audio_s), None)

    def words_event(self, number: int, words: Sequence[SentWord], end_s: float) -> dict[str, object]:
        """When the words sounded, after all audio."""
        timestamps = [
            {"word": word.text, "start_ms": round(word.start_s * 1000), "end_ms": round(word.end_s * 1000)}
            for word in words
        ]
        return self._chunk_event(number, b"", (0.0, end_s), timestamps)

    def done_event(self, total_bytes: int, *, failed: bool) -> dict[str, object]:
        """All audio has been sent."""
        return {"type": "audio.done", **self.place, "total_bytes": total_bytes, "error": failed}

    def session_done_event(self, *, sentences: int = 1) -> dict[str, object]:
        """The text has been spoken; another may follow."""
        return {"type": "session.done", "utterance_index": self.number, "total_sentences": sentences}

    def _chunk_event(
        self, number: int, data: bytes, span_s: tuple[float, float], timestamps: list[dict[str, object]] | None
    ) -> dict[str, object]:
        start_s, end_s = span_s
        return {
            "type": "audio.chunk",
            **self.place,
            "chunk_id": number,
            "chunk_start_ms": round(start_s * 1000),
            "chunk_end_ms": round(end_s * 1000),
            "sample_rate": self.config.sample_rate,
            "channels": 1,
            "audio_b64": base64.b64encode(data).decode(),
            "timestamps": timestamps,
        }


def error_event(message: str, *, partial_audio: bool = False) -> dict[str, object]:
    """What is wrong. partial_audio: audio was sent that is not to be used."""
    return {"type": "error", "message": message} | (
        {"partial_audio": True, "action": "discard"} if partial_audio else {}
    )


def wav_header(size: int, rate: int) -> bytes:
    """The header of a WAV file with so many bytes of 16-bit mono samples (RIFF, "WAVE form")."""
    layout = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + layout + b"data" + struct.pack("<I", size)

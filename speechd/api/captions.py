"""How the body of a reply says when its words sound, as far as that was asked for."""

from __future__ import annotations

from typing import Final

from speechd.api.extensions import Reply
from speechd.api.schema import SpeechRequest
from speechd.encoders import FORMATS
from speechd.speech.alignment_framing import AlignedLines, AlignedObject, FloatFraming, SentWordEvents
from speechd.speech.caption_framing import (
    CaptionedEvents,
    CaptionedJson,
    Captions,
    KokoroFastApiLines,
    KokoroFastApiObject,
    Subtitles,
    WordHeader,
)
from speechd.speech.framing import Framing, RawFraming, ServerSentEvents
from speechd.speech.reading import Form

FLOATS_TYPE: Final = "audio/pcm; rate={rate}; channels=1; encoding=float"
"""`Content-Type` of samples that are floats."""


def framing(wanted: SpeechRequest, *, whole: bool = False) -> Framing:
    """How the audio becomes the body of the reply. whole: nothing of it is sent before all of it is here."""
    asked = wanted.extension
    audio_type = FORMATS[wanted.format].media_type_at(wanted.sample_rate)
    has_voices = asked.reading.form in (Form.TAGS, Form.SSML)
    captions = Captions(asked.granularities, asked.bookmarks, voices=has_voices)
    match asked.reply:
        case Reply.EVENTS if asked.is_timed:
            return CaptionedEvents(len(wanted.input), captions)
        case Reply.EVENTS:
            return ServerSentEvents(len(wanted.input))
        case Reply.JSON:
            return CaptionedJson(wanted.format, captions, asked.granularities)
        case Reply.VTT:
            return Subtitles(wanted.input, wanted.language, "vtt")
        case Reply.SRT:
            return Subtitles(wanted.input, wanted.language, "srt")
        case Reply.HEADER:
            return WordHeader(audio_type)
        case Reply.KOKORO_FASTAPI:
            kind = KokoroFastApiObject if whole else KokoroFastApiLines
            return kind(audio_type, is_timed=asked.is_timed, voices=has_voices)
        case Reply.ELEVENLABS:
            return (AlignedObject if whole else AlignedLines)(wanted.input, wanted.language)
        case Reply.CARTESIA | Reply.CARTESIA_FLOATS:
            floats = asked.reply is Reply.CARTESIA_FLOATS
            return SentWordEvents(wanted.input, wanted.language, is_timed=asked.is_timed, floats=floats)
        case Reply.FLOATS:
            return FloatFraming(FLOATS_TYPE.format(rate=wanted.sample_rate))
    return RawFraming(audio_type)


def caption_headers(framing: Framing) -> dict[str, str]:
    """The headers that say when words sound, once all of the audio is here."""
    return framing.headers() if isinstance(framing, WordHeader) else {}

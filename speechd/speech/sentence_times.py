"""When the sentences of a response sound, as Kokoro-FastAPI's `return_timing` has it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from speechd.speech.captions import rounded
from speechd.speech.cues import Cue, CueBuilder
from speechd.speech.source import Chunk


class SentenceTimes:
    """Gathers the words of a response to sentences, or to parts of long ones, that one voice speaks."""

    def __init__(self, cues: CueBuilder, *, voices: bool) -> None:
        """cues: for its input. voices: sentences say whose they are."""
        self._cues, self._voices = cues, voices
        self._voice = ""
        self._sentences: list[dict[str, object]] = []

    def take(self, chunk: Chunk) -> None:
        """Take the words of a chunk."""
        for word in chunk.words:
            if word.voice != self._voice:
                self._add(self._cues.flush())
                self._voice = word.voice
            self._add(self._cues.add(word))

    def written(self) -> bytes:
        """The sentences of all chunks, as JSON: `{"chunks": [{"text", "start", "end"}, …]}`, in seconds."""
        self._add(self._cues.flush())
        return orjson.dumps({"chunks": self._sentences})

    def _add(self, cues: Iterable[Cue]) -> None:
        for cue in cues:
            start_s, end_s = rounded(cue.start_s), rounded(cue.end_s)
            sentence: dict[str, object] = {"text": cue.text, "start": start_s, "end": end_s}
            self._sentences.append(sentence | ({"voice": self._voice} if self._voices else {}))

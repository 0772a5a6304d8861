"""Words of segments that come in windows: the same as of whole ones."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from speechd.audio.joiner import SegmentJoiner
from speechd.encoders import open_encoder
from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.speech.captions import WordTime
from speechd.speech.encoding import EncodingStage
from speechd.speech.planner import Planned, Planner

TEXT = "One two, three. Pay $5 now or later! The end of it comes here, as it must."


def timed(window_s: float) -> list[WordTime]:
    """The words of a text whose segments come in windows of this length."""
    voice = catalogue().parse("af_heart")
    engine = ToneEngine()
    planner = Planner(TEXT, SynthesisOptions(voice, "en-us", words=True), engine)

    async def join(executor: ThreadPoolExecutor) -> list[WordTime]:
        encoding = EncodingStage(lambda: open_encoder("pcm", whole=False), SegmentJoiner(), executor)
        while isinstance(planned := planner.next(), Planned):
            state, left_s = b"", math.inf
            while left_s:
                window = engine.render_window(planned.segment, state, window_s)
                state, left_s = window.state, window.left_s
                _, rest = await encoding.join(
                    window.audio, planned.gap_s, planned.volume, planned.script, is_last=not left_s
                )
                await encoding.encode(rest)
        await encoding.finish()
        encoding.end()
        found: list[WordTime] = []
        while (chunk := encoding.chunks.get_nowait()) is not None:
            found += chunk.words
        return found

    with ThreadPoolExecutor(1) as executor:
        return asyncio.run(join(executor))


@pytest.mark.parametrize("window_s", [0.05, 0.31, 1.0])
def test_words_are_the_same_however_their_segments_are_cut_into_windows(window_s: float) -> None:
    whole = timed(math.inf)
    assert len(whole) == 18
    assert [word[0] for word in timed(window_s)] == [word[0] for word in whole]
    for word, expected in zip(timed(window_s), whole, strict=True):
        assert word[1:3] == pytest.approx(expected[1:3], abs=1e-9)

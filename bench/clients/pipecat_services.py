"""pipecat's services for Cartesia and ElevenLabs, unmodified, against a server of the tone engine.

Run with an environment of `pipecat-ai[cartesia,elevenlabs]`; see `bench/clients/__init__.py`.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.cartesia.tts import CartesiaHttpTTSService, CartesiaTTSService
from pipecat.services.elevenlabs.tts import ElevenLabsHttpTTSService, ElevenLabsTTSService
from pipecat.services.tts_service import TextAggregationMode
from record import KEY, TEXT, Record, save

logger.remove()
logger.add(sys.stderr, level="ERROR")


class Sink(FrameProcessor):
    """Takes down what comes out of a service. Words have the time at which they are to be shown."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record, self.errors = record, []
        self.sounding, self.stopped = asyncio.Event(), asyncio.Event()
        self.began = None

    async def process_frame(self, frame, direction) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame):
            self.record.audio(frame.audio, frame.sample_rate)
            self.sounding.set()
        elif isinstance(frame, TTSTextFrame) and frame.pts is not None:
            if self.began is None:  # the first word's time, which is not 0, comes off the clock of the pipeline
                self.began = frame.pts
            self.record.word(frame.text, (frame.pts - self.began) / 1e9)
        elif isinstance(frame, ErrorFrame):
            self.errors.append(str(frame.error)[:200])
        elif isinstance(frame, TTSStoppedFrame):
            self.stopped.set()
        await self.push_frame(frame, direction)


async def run(name: str, tts, *, interrupt: bool = False) -> Sink:
    """Speak the text, word by word, as a language model would."""
    sink = Sink(Record(name, TEXT))
    params = PipelineParams(audio_out_sample_rate=24000)

    @tts.event_handler("on_error")
    async def on_error(_, frame) -> None:  # which goes the other way than sound
        sink.errors.append(str(frame.error)[:200])

    task = PipelineTask(Pipeline([tts, sink]), params=params, idle_timeout_secs=30, cancel_on_idle_timeout=True)

    async def say(text: str) -> None:
        await task.queue_frame(LLMFullResponseStartFrame())
        for word in text.split(" "):
            await task.queue_frame(LLMTextFrame(word + " "))
        await task.queue_frame(LLMFullResponseEndFrame())

    async def talk() -> None:
        await asyncio.sleep(0.5)
        if interrupt:
            await say(" ".join([TEXT] * 10))
            await sink.sounding.wait()
            await task.queue_frame(InterruptionFrame())
            await asyncio.sleep(0.5)
            sink.record, sink.began = Record(name, TEXT), None
            sink.stopped.clear()
        await say(TEXT)
        try:
            async with asyncio.timeout(15):
                await sink.stopped.wait()
        except TimeoutError:
            sink.errors.append("never stopped")
        await asyncio.sleep(0.5)
        await task.queue_frame(EndFrame())

    talking = asyncio.create_task(talk())
    await asyncio.wait_for(PipelineRunner(handle_sigint=False).run(task), 45)
    await talking
    return sink


def services(base: str, session: aiohttp.ClientSession, key: str = KEY) -> dict[str, object]:
    ws = base.replace("http", "ws", 1)
    by_token = {"text_aggregation_mode": TextAggregationMode.TOKEN}
    cartesia, eleven = CartesiaTTSService.Settings(voice="af_heart"), ElevenLabsTTSService.Settings(voice="af_heart")
    return {
        "pipecat-cartesia": CartesiaTTSService(api_key=key, url=f"{ws}/tts/websocket", settings=cartesia),
        "pipecat-cartesia-tokens": CartesiaTTSService(
            api_key=key, url=f"{ws}/tts/websocket", settings=cartesia, **by_token
        ),
        "pipecat-elevenlabs": ElevenLabsTTSService(api_key=key, url=ws, settings=eleven),
        "pipecat-elevenlabs-tokens": ElevenLabsTTSService(api_key=key, url=ws, settings=eleven, **by_token),
        "pipecat-cartesia-http": CartesiaHttpTTSService(
            api_key=key,
            base_url=base,
            aiohttp_session=session,
            settings=CartesiaHttpTTSService.Settings(voice="af_heart"),
        ),
        "pipecat-elevenlabs-http": ElevenLabsHttpTTSService(
            api_key=key,
            base_url=base,
            aiohttp_session=session,
            settings=ElevenLabsHttpTTSService.Settings(voice="af_heart"),
        ),
    }


async def main(base: str, scenario: str) -> None:
    async with aiohttp.ClientSession() as session:
        if scenario == "refused":
            key = sys.argv[3] if len(sys.argv) > 3 else "wrong"
            for name, tts in services(base, session, key).items():
                sink = await run(name, tts)
                print({"name": name, "bytes": len(sink.record.pcm), "errors": sink.errors})
            return
        for name in services(base, session):
            for interrupt in (False, True):
                sink = await run(
                    name + "-after-interruption" * interrupt, services(base, session)[name], interrupt=interrupt
                )
                save(sink.record)
                print(sink.record.name, "errors", sink.errors)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "speak"))

"""wyoming_openai, from Home Assistant to OpenAI's Realtime API, unmodified, against a server of the tone engine.

    python bench/clients/wyoming_bridge.py HTTP_URL PORT

Run with an environment of `wyoming-openai`; see `bench/clients/__init__.py`.
"""

from __future__ import annotations

import asyncio
import sys

from record import KEY, TEXT, Record, save
from wyoming.audio import AudioChunk, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

VOICE = SynthesizeVoice(name="af_heart")


async def hear(client: AsyncTcpClient, record: Record, last: type) -> None:
    while (event := await client.read_event()) is not None:
        if AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            record.audio(chunk.audio, chunk.rate)
        elif Error.is_type(event.type):
            print("error", Error.from_event(event).text)
            break
        elif last.is_type(event.type):
            break
    save(record)


async def talk(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Synthesize(text=TEXT, voice=VOICE).event())
        await hear(client, Record("wyoming-openai-whole", TEXT), AudioStop)
    async with AsyncTcpClient("127.0.0.1", port) as client:  # in Home Assistant's order
        await client.write_event(SynthesizeStart(voice=VOICE).event())
        for word in TEXT.split(" "):
            await client.write_event(SynthesizeChunk(text=word + " ").event())
        await client.write_event(Synthesize(text=TEXT, voice=VOICE).event())
        await client.write_event(SynthesizeStop().event())
        await hear(client, Record("wyoming-openai-streamed", TEXT), SynthesizeStopped)


async def main(base: str, port: int) -> None:
    arguments = ["--uri", f"tcp://127.0.0.1:{port}", "--tts-openai-url", f"{base}/v1", "--tts-openai-key", KEY]
    models = [
        "--tts-models",
        "gpt-realtime",
        "--tts-realtime-models",
        "gpt-realtime",
        "--tts-streaming-models",
        "gpt-realtime",
    ]
    voices = ["--tts-voices", "af_heart", "--tts-backend", "KOKORO_FASTAPI"]
    bridge = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wyoming_openai", *arguments, *models, *voices, "--log-level", "WARNING"
    )
    try:
        for _ in range(100):
            try:
                await talk(port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.2)
    finally:
        bridge.terminate()
        await bridge.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

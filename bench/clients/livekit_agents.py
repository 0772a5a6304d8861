"""LiveKit's plugins for Cartesia and ElevenLabs, unmodified, against a server of the tone engine.

Run with an environment of `livekit-agents`, `livekit-plugins-cartesia` and `livekit-plugins-elevenlabs`; see
`bench/clients/__init__.py`.
"""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
from livekit.agents import APIConnectOptions, APIStatusError
from livekit.plugins import cartesia, elevenlabs
from record import KEY, TEXT, Record, save

ONCE = APIConnectOptions(max_retry=0, timeout=20)


def plugins(session: aiohttp.ClientSession, base: str, key: str = KEY) -> dict[str, object]:
    return {
        "livekit-cartesia": cartesia.TTS(
            api_key=key, base_url=base, voice="af_heart", sample_rate=24000, http_session=session
        ),
        "livekit-elevenlabs": elevenlabs.TTS(
            api_key=key, base_url=f"{base}/v1", voice_id="af_heart", encoding="pcm_24000", http_session=session
        ),
    }


async def speak(tts, name: str, text: str, pause_s: float = 0.02) -> Record:
    """Push the text word by word, as a language model would."""
    record = Record(name, text)
    stream = tts.stream(conn_options=ONCE)

    async def push() -> None:
        for word in text.split(" "):
            stream.push_text(word + " ")
            await asyncio.sleep(pause_s)
        stream.end_input()

    pushing = asyncio.create_task(push())
    async for event in stream:
        record.audio(bytes(event.frame.data), event.frame.sample_rate)
        for word in event.frame.userdata.get("lk.timed_transcripts", []):
            record.word(str(word), word.start_time, word.end_time)
    await pushing
    await stream.aclose()
    return record


async def whole(tts, name: str) -> Record:
    record = Record(name, TEXT)
    async for event in tts.synthesize(TEXT, conn_options=ONCE):
        record.audio(bytes(event.frame.data), event.frame.sample_rate)
    return record


async def interrupt(tts, name: str) -> Record:
    """Leave a stream in the middle, and speak another over the same connection."""
    stream = tts.stream(conn_options=ONCE)
    stream.push_text(" ".join([TEXT] * 20))
    stream.flush()
    async for _ in stream:
        break
    await stream.aclose()
    return await speak(tts, name, TEXT)


async def refused(tts, name: str) -> dict[str, object]:
    stream = tts.stream(conn_options=ONCE)
    stream.push_text(TEXT)
    stream.end_input()
    try:
        async for _ in stream:
            pass
    except APIStatusError as error:
        return {"name": name, "error": type(error).__name__, "status": error.status_code, "retryable": error.retryable}
    except Exception as error:
        return {"name": name, "error": type(error).__name__, "message": str(error)[:200]}
    finally:
        await stream.aclose()
    return {"name": name, "error": None}


async def main(base: str, scenario: str) -> None:
    async with aiohttp.ClientSession() as session:
        if scenario == "refused":
            key = sys.argv[3] if len(sys.argv) > 3 else "wrong"
            for name, tts in plugins(session, base, key).items():
                print(await refused(tts, name))
                await tts.aclose()
            return
        for name, tts in plugins(session, base).items():
            began = time.monotonic()
            save(await speak(tts, name, TEXT))
            save(await whole(tts, f"{name}-synthesize"))
            for record in await asyncio.gather(*(speak(tts, f"{name}-both-{i}", TEXT) for i in range(2))):
                save(record)
            save(await interrupt(tts, f"{name}-after-interruption"))
            print(name, "took", round(time.monotonic() - began, 1), "s")
            await tts.aclose()


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "speak"), 120))

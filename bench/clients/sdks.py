"""Cartesia's, ElevenLabs' and OpenAI's own Python packages, unmodified, against a server of the tone engine.

    python bench/clients/sdks.py HTTP_URL HTTPS_URL

Run with an environment of `cartesia[websockets]`, `elevenlabs` and `openai[realtime]`; see `bench/clients/__init__.py`.
"""

from __future__ import annotations

import asyncio
import base64
import sys

import cartesia
import elevenlabs
import openai
from record import KEY, TEXT, Record, save

RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}
VOICE = {"mode": "id", "id": "af_heart"}
PIECES = [word + " " for word in TEXT.split(" ")]


def cartesia_sync(base: str) -> None:
    client = cartesia.Cartesia(api_key=KEY, base_url=base, websocket_base_url=base.replace("http", "ws", 1))
    asked = {"model_id": "sonic-3", "voice": VOICE, "output_format": RAW, "language": "en"}
    record = Record("sdk-cartesia-bytes", TEXT)
    record.audio(b"".join(client.tts.generate(transcript=TEXT, **asked).iter_bytes()), 24000)
    save(record)
    record = Record("sdk-cartesia-sse", TEXT)
    for event in client.tts.generate_sse(transcript=TEXT, add_timestamps=True, **asked):
        take_cartesia(record, event)
    save(record)
    with client.tts.websocket_connect() as connection:
        record = Record("sdk-cartesia-websocket", TEXT)
        context = connection.context(add_timestamps=True, **asked)
        for piece in PIECES:
            context.push(piece)
        context.no_more_inputs()
        for event in context.receive():
            take_cartesia(record, event)
        save(record)
        context = connection.context(**asked)
        context.push("One. ", flush=True)
        flushed = next(event for event in context.receive() if event.type == "flush_done")
        print("flush_done", flushed.flush_id)
        try:
            context = connection.context(**{**asked, "voice": {"mode": "id", "id": "nobody"}})
            context.push("One. ")
            print("cartesia, unknown voice:", [(event.type, event.error) for event in context.receive()])
        except Exception as error:
            print("cartesia, unknown voice:", type(error).__name__, str(error)[:120])


def take_cartesia(record: Record, event) -> None:
    if event.type == "chunk":
        record.audio(event.audio, 24000)
    elif event.type == "timestamps":
        times = event.word_timestamps
        for word, start_s, end_s in zip(times.words, times.start, times.end, strict=True):
            record.word(word, start_s, end_s)
    elif event.type == "error":
        print("cartesia error", event)


async def cartesia_async(base: str) -> None:
    client = cartesia.AsyncCartesia(api_key=KEY, base_url=base, websocket_base_url=base.replace("http", "ws", 1))
    asked = {"model_id": "sonic-3", "voice": VOICE, "output_format": RAW, "language": "en"}

    async def speak(connection, name: str) -> None:
        record = Record(name, TEXT)
        context = connection.context(add_timestamps=True, **asked)
        for piece in PIECES:
            await context.push(piece)
            await asyncio.sleep(0.01)
        await context.no_more_inputs()
        async for event in context.receive():
            take_cartesia(record, event)
        save(record)

    async with client.tts.websocket_connect() as connection:
        long = connection.context(**asked)
        await long.push(" ".join([TEXT] * 20))
        await long.no_more_inputs()
        async for _ in long.receive():
            break
        await long.cancel()
        await asyncio.gather(*(speak(connection, f"sdk-cartesia-both-{index}") for index in range(2)))


def eleven(base: str, secure: str) -> None:
    client = elevenlabs.ElevenLabs(api_key=KEY, base_url=base)
    speech = client.text_to_speech
    for name, audio in {
        "convert": speech.convert("af_heart", text=TEXT, output_format="pcm_24000"),
        "stream": speech.stream("af_heart", text=TEXT, output_format="pcm_24000"),
    }.items():
        record = Record(f"sdk-elevenlabs-{name}", TEXT)
        record.audio(b"".join(audio), 24000)
        save(record)
    timed = speech.convert_with_timestamps("af_heart", text=TEXT, output_format="pcm_24000")
    record = Record("sdk-elevenlabs-timestamps", TEXT)
    record.audio(base64.b64decode(timed.audio_base_64), 24000)
    words_of(record, [timed.alignment])
    save(record)
    record, alignments = Record("sdk-elevenlabs-stream-timestamps", TEXT), []
    for chunk in speech.stream_with_timestamps("af_heart", text=TEXT, output_format="pcm_24000"):
        record.audio(base64.b64decode(chunk.audio_base_64), 24000)
        alignments.append(chunk.alignment)
    words_of(record, alignments)
    save(record)
    print("elevenlabs, voices:", len(client.voices.search().voices), len(client.voices.get_all().voices))
    print("elevenlabs, mp3:", len(b"".join(speech.convert("af_heart", text=TEXT))), "bytes")
    record = Record("sdk-elevenlabs-realtime", TEXT)
    realtime = elevenlabs.ElevenLabs(api_key=KEY, base_url=secure).text_to_speech
    for data in realtime.convert_realtime("af_heart", text=iter(PIECES), output_format="pcm_24000", model_id="any"):
        record.audio(data, 24000)
    save(record)
    try:
        list(speech.convert("nobody", text=TEXT))
    except elevenlabs.core.ApiError as error:
        print("elevenlabs, unknown voice:", error.status_code, error.body["detail"]["status"])


def words_of(record: Record, alignments) -> None:
    """The words of ElevenLabs' characters."""
    word, start_s, end_s = "", 0.0, 0.0
    for alignment in filter(None, alignments):
        for character, start, end in zip(
            alignment.characters,
            alignment.character_start_times_seconds,
            alignment.character_end_times_seconds,
            strict=True,
        ):
            if character.isspace():
                if word:
                    record.word(word, start_s, end_s)
                word = ""
                continue
            start_s = start_s if word else start
            word, end_s = word + character, end
    if word:
        record.word(word, start_s, end_s)


async def realtime(base: str) -> None:
    client = openai.AsyncOpenAI(api_key=KEY, base_url=f"{base}/v1")
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(
            session={
                "type": "realtime",
                "output_modalities": ["audio"],
                "audio": {"output": {"voice": "marin", "format": {"type": "audio/pcm", "rate": 24000}}},
            }
        )
        await connection.response.create(response={"conversation": "none", "input": [message]})
        await read_aloud(connection, "sdk-openai-out-of-band")
        await connection.conversation.item.create(item=message)
        await connection.response.create()
        await read_aloud(connection, "sdk-openai-conversation")
        await connection.input_audio_buffer.append(audio="AAAA")
        error = await anext(event async for event in connection if event.type == "error")
        print("openai, audio in:", error.error.type, error.error.code)
        message["content"][0]["text"] = " ".join([TEXT] * 500)
        await connection.response.create(response={"input": [message]})
        await anext(
            event async for event in connection if event.type in ("response.output_audio.delta", "response.done")
        )
        await connection.response.cancel()
        done = await anext(event async for event in connection if event.type == "response.done")
        print("openai, cancelled:", done.response.status, done.response.status_details.reason)


async def read_aloud(connection, name: str) -> None:
    record, told, kinds = Record(name, TEXT), "", []
    async for event in connection:
        if not kinds or kinds[-1] != event.type:
            kinds.append(event.type)
        if event.type == "response.output_audio.delta":
            record.audio(base64.b64decode(event.delta), 24000)
        elif event.type == "response.output_audio_transcript.delta":
            told += event.delta
        elif event.type == "response.done":
            assert event.response.status == "completed", event
            break
        elif event.type == "error":
            raise RuntimeError(event.error.message)
    assert told == TEXT, told
    print(name, len(kinds), "kinds of events in turn; the transcript is the text")
    save(record)


async def refused(base: str) -> None:
    """What each package raises for a key or a server that refuses."""
    ws = base.replace("http", "ws", 1)
    for name, attempt in {
        "openai": lambda: openai.AsyncOpenAI(api_key=KEY, base_url=f"{base}/v1", max_retries=0).realtime.connect(
            model="m"
        ),
        "cartesia": cartesia.AsyncCartesia(api_key=KEY, base_url=base, websocket_base_url=ws).tts.websocket_connect,
    }.items():
        try:
            async with attempt() as connection:
                print({"name": name, "event": await connection.recv()})
        except Exception as error:
            print({"name": name, "error": type(error).__name__, "message": str(error)[:100]})
    for name, call in {
        "elevenlabs": lambda: list(
            elevenlabs.ElevenLabs(api_key=KEY, base_url=base).text_to_speech.convert("af_heart", text="x")
        ),
        "cartesia": lambda: cartesia.Cartesia(api_key=KEY, base_url=base, max_retries=0).tts.generate(
            transcript="x", model_id="sonic-3", voice=VOICE, output_format=RAW
        ),
    }.items():
        try:
            call()
            print({"name": f"{name} http", "error": None})
        except Exception as error:
            status = getattr(error, "status_code", None)
            print({"name": f"{name} http", "error": type(error).__name__, "status": status})


if __name__ == "__main__":
    if sys.argv[2] == "refused":
        asyncio.run(refused(sys.argv[1]))
        sys.exit()
    cartesia_sync(sys.argv[1])
    asyncio.run(cartesia_async(sys.argv[1]))
    eleven(sys.argv[1], sys.argv[2])
    asyncio.run(realtime(sys.argv[1]))

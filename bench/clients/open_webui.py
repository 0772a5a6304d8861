"""Open WebUI's engine "openai-realtime", its own function out of the installed package, against the tone engine.

    python bench/clients/open_webui.py PACKAGE_FOLDER HTTP_URL

PACKAGE_FOLDER has `open_webui/routers/audio/__init__.py`; of the rest only aiohttp, aiofiles and fastapi are needed.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import io
import json
import os
import sys
import tempfile
import uuid
import wave
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiofiles
import aiohttp
from fastapi import HTTPException
from record import KEY, TEXT, Record, save

NAME = "_tts_openai_realtime"


async def main(folder: Path, base: str) -> None:
    source = (folder / "open_webui/routers/audio/__init__.py").read_text()
    function = next(node for node in ast.parse(source).body if getattr(node, "name", None) == NAME)
    async with aiohttp.ClientSession() as session:

        async def get(_: str) -> str:
            return KEY

        async def get_session() -> aiohttp.ClientSession:
            return session

        known = {
            "aiofiles": aiofiles, "aiohttp": aiohttp, "asyncio": asyncio, "base64": base64, "io": io, "json": json,
            "os": os, "uuid": uuid, "wave": wave, "urlsplit": urlsplit, "urlunsplit": urlunsplit,
            "urlencode": urlencode, "HTTPException": HTTPException, "Config": SimpleNamespace(get=get),
            "get_session": get_session,
            "ENABLE_FORWARD_USER_INFO_HEADERS": False, "AIOHTTP_CLIENT_SESSION_SSL": None,
        }  # fmt: skip
        exec(compile(ast.Module([function], []), NAME, "exec"), known)
        with tempfile.TemporaryDirectory() as made:
            path = Path(made) / "speech.wav"
            payload = {
                "api_base_url": f"{base}/v1",
                "model": "gpt-realtime",
                "voice": "af_heart",
                "input": TEXT,
                "instructions": "Read this aloud.",
            }
            try:
                await known[NAME](None, payload, path, Path(made) / "speech.json", None)
            except NameError as error:
                if not path.exists():  # what comes after the file, and needs the whole application
                    raise
                print("after the audio:", error)
            with wave.open(str(path)) as audio:
                record = Record("open-webui", TEXT)
                record.audio(audio.readframes(audio.getnframes()), audio.getframerate())
                save(record)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))

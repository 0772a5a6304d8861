"""TLS before a server, for clients that speak WebSockets over nothing else.

    python bench/clients/tls.py PORT TARGET_PORT FOLDER

A certificate for 127.0.0.1 and localhost is made in FOLDER (cert.pem), with openssl. Clients trust it by SSL_CERT_FILE
or NODE_EXTRA_CA_CERTS.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert]
    subprocess.run([*map(str, made), *subject], check=True, capture_output=True)
    return cert, key


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, up to the end."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(port: int, target: int, folder: Path) -> None:
    """Accept connections until it is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(copy(reader, behind[1]), copy(behind[0], writer))

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=context)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

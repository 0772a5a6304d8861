"""Other projects' clients, as they are, against a running server: all of the text heard, each word where it sounds.

Each script but `check` runs in an environment of its client's, which this project does not depend on, and writes what
it heard into the folder CLIENTS_OUT. `check` decodes that, so the server's engine is `tone`:

    python -m speechd serve --engine tone --port 9650
    mkdir out; export CLIENTS_OUT=$PWD/out PYTHONPATH=bench/clients
    LIVEKIT_ENV/bin/python bench/clients/livekit_agents.py http://127.0.0.1:9650
    PIPECAT_ENV/bin/python bench/clients/pipecat_services.py http://127.0.0.1:9650
    python -m bench.clients.check out

| script | packages |
|---|---|
| livekit_agents.py | livekit-agents, livekit-plugins-cartesia, livekit-plugins-elevenlabs (1.8.9) |
| pipecat_services.py | pipecat-ai[cartesia,elevenlabs] (1.14.0) |
| sdks.py | cartesia[websockets] (4.2.0), elevenlabs (2.78.0), openai[realtime] (3.57.0) |
| node_sdks.mjs | @cartesia/cartesia-js (4.2.0), @elevenlabs/elevenlabs-js (2.73.0), openai (6.49.0), ws |
| wyoming_bridge.py | wyoming-openai (0.8.0) |
| open_webui.py | open-webui (0.12.4), of which one function is taken |

`livekit_agents.py`, `pipecat_services.py` and `sdks.py` take `refused` behind the address (and a key): they then print
what the client makes of a server that refuses it. Some clients speak WebSockets over TLS alone: `tls.py` is before a
server what a proxy would be.
"""

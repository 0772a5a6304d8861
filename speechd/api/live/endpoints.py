"""The WebSockets of other services' protocols, at their paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from speechd.api.available import Available
from speechd.api.live.cartesia import CartesiaConversation
from speechd.api.live.connection import LiveConnection
from speechd.api.live.elevenlabs import Address, MultiConversation, SingleConversation
from speechd.api.live.realtime import RealtimeConversation
from speechd.api.live.session import LiveSession, LiveSpeech
from speechd.api.live.vllm_stream import VllmConversation
from speechd.server.session import ClientDisconnected

REALTIME_SUBPROTOCOL: Final = "realtime"
"""The subprotocol under which pages speak OpenAI's Realtime API."""


class Conversation(Protocol):
    """What one client says, in a protocol."""

    async def run(self) -> None:
        """Return once it is over."""
        ...


@dataclass(frozen=True, slots=True)
class LiveEndpoints:
    """The WebSockets of one worker. What is wrong before one is accepted is answered as to any request."""

    live: LiveSpeech

    @property
    def available(self) -> Available:
        """What can be asked for."""
        return self.live.available

    async def cartesia(self, websocket: WebSocket) -> None:
        """`/tts/websocket`."""
        await self._converse(websocket, lambda link, session: CartesiaConversation(link, session, self.available))

    async def elevenlabs(self, websocket: WebSocket) -> None:
        """`/v1/text-to-speech/{voice}/stream-input`."""
        asked = self._address(websocket)
        await self._converse(websocket, lambda link, session: SingleConversation(link, session, asked))

    async def elevenlabs_multi(self, websocket: WebSocket) -> None:
        """`/v1/text-to-speech/{voice}/multi-stream-input`."""
        asked = self._address(websocket)
        await self._converse(websocket, lambda link, session: MultiConversation(link, session, asked))

    async def realtime(self, websocket: WebSocket) -> None:
        """`/v1/realtime`."""
        model = websocket.query_params.get("model") or self.available.default_model
        offered = websocket.scope.get("subprotocols", ())
        await self._converse(
            websocket,
            lambda link, session: RealtimeConversation(link, session, self.available, model),
            REALTIME_SUBPROTOCOL if REALTIME_SUBPROTOCOL in offered else None,
        )

    async def vllm(self, websocket: WebSocket) -> None:
        """`/v1/audio/speech/stream`."""
        account = self.live.local.admission
        await self._converse(websocket, lambda link, session: VllmConversation(link, session, self.available, account))

    def _address(self, websocket: WebSocket) -> Address:
        return Address.read(websocket.path_params["voice"], websocket.query_params, self.available)

    async def _converse(
        self,
        websocket: WebSocket,
        begin: Callable[[LiveConnection, LiveSession], Conversation],
        subprotocol: str | None = None,
    ) -> None:
        session = self.live.begin_websocket(websocket.scope)
        connection = LiveConnection(websocket)
        try:
            await websocket.accept(subprotocol)
            await begin(connection, session).run()
        except (WebSocketDisconnect, ClientDisconnected):
            pass  # the client left while it was being told something
        finally:
            await connection.stop()
            await session.close()

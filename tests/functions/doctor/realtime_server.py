"""Realtime's joins of private topics, as a hosted project would answer them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import jwt
from aiohttp import WSMsgType, web

from tests.stacks import free_port_base


class Realtime:
    """``lets_in`` are the users who may join, None everybody. Their tokens are signed with this
    secret."""

    def __init__(self, lets_in: set[str] | None, jwt_secret: str) -> None:
        self.lets_in = lets_in
        self.jwt_secret = jwt_secret
        self.joined: list[tuple[str, bool]] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query["apikey"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            assert message.type == WSMsgType.TEXT
            said = message.json()
            payload = said["payload"]
            user = jwt.decode(
                payload["access_token"], self.jwt_secret, ["HS256"], audience="authenticated"
            )["sub"]
            self.joined.append((said["topic"], payload["config"]["private"]))
            good = self.lets_in is None or user in self.lets_in
            reason = "Unauthorized: You do not have permissions to read from this Channel topic"
            # Realtime sends other messages in between.
            await socket.send_json({"event": "system", "payload": {}, "ref": None})
            await socket.send_json(
                {
                    "event": "phx_reply",
                    "ref": said["ref"],
                    "topic": said["topic"],
                    "payload": {
                        "status": "ok" if good else "error",
                        "response": {} if good else {"reason": reason},
                    },
                }
            )
        return socket


@contextmanager
def realtime_at(server: Realtime) -> Iterator[str]:
    """The address of a project that has this Realtime and nothing else."""
    port = free_port_base()
    loop = asyncio.new_event_loop()
    app = web.Application()
    app.router.add_get("/realtime/v1/websocket", server.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", port).start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()

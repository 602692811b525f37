"""Runs Firefox so that Playwright can drive it: ``firefox_driver.py TIED FIREFOX [ARGUMENT…]``.
``TIED`` is the path of `stack/tied.py`.

Playwright drives Firefox by WebDriver BiDi, at the address that Firefox prints. Firefox ESR lacks
one command, without which Playwright opens no tab. So this program prints an address of its own,
passes all messages on, and answers that command itself.

Firefox ends with this program, also if it is killed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

from aiohttp import ClientSession, ClientWebSocketResponse, web

_SAYS_WHERE = b"WebDriver BiDi listening on "
# It chooses between light and dark.
_LACKING = "emulation.setMediaFeaturesOverride"


async def main(tied: str, *firefox_and_arguments: str) -> int:
    """Runs Firefox until it ends, or until we are asked to. Returns its exit status."""
    tie = [sys.executable, "-IS", tied, str(int(signal.SIGKILL)), str(os.getpid())]
    firefox = await asyncio.create_subprocess_exec(
        *tie, *firefox_and_arguments, stderr=asyncio.subprocess.PIPE
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, firefox.kill)
    assert firefox.stderr is not None
    async for line in firefox.stderr:
        if line.startswith(_SAYS_WHERE):
            ours = await _serve(line.removeprefix(_SAYS_WHERE).decode().strip())
            line = _SAYS_WHERE + ours.encode() + b"\n"
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
    return await firefox.wait()


async def _serve(address: str) -> str:
    """The address at which we take the messages for Firefox's ``address``."""

    async def pass_on(request: web.Request) -> web.WebSocketResponse:
        ours = web.WebSocketResponse(max_msg_size=0)
        await ours.prepare(request)
        async with (
            ClientSession() as http,
            http.ws_connect(address + request.path, max_msg_size=0) as firefox,
        ):
            answers = asyncio.create_task(_copy(firefox, ours))
            async for message in ours:
                command = json.loads(message.data)
                if command["method"] == _LACKING:
                    await ours.send_json({"type": "success", "id": command["id"], "result": {}})
                else:
                    await firefox.send_str(message.data)
            await firefox.close()
            await answers
        return ours

    app = web.Application()
    app.router.add_get("/session", pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"ws://127.0.0.1:{runner.addresses[0][1]}"


async def _copy(firefox: ClientWebSocketResponse, ours: web.WebSocketResponse) -> None:
    async for message in firefox:
        await ours.send_str(message.data)
    await ours.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))

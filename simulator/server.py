"""The simulator's one port: signalling of browsers, Twilio's REST API, the control API."""

from __future__ import annotations

from aiohttp import web

from simulator.browsers.signalling import Signalling
from simulator.calls.network import PhoneNetwork
from simulator.control import (
    account,
    browsers,
    callees,
    calls,
    clients,
    conditions,
    faults,
    recordings,
)
from simulator.control.frame import API, NETWORK, SIGNALLING, errors_as_json
from simulator.rest.api import RestApi
from simulator.rest.recording_media import MEDIA_HOST, MediaHost


def make_app(network: PhoneNetwork, signalling: Signalling | None = None) -> web.Application:
    """The application over ``network``. The caller closes ``network``."""
    signalling = signalling or Signalling(network)
    api = RestApi(network)
    app = web.Application(middlewares=[errors_as_json])
    app[NETWORK] = network
    app[SIGNALLING] = signalling
    app[API] = api
    app[MEDIA_HOST] = MediaHost(network.recordings)
    app.on_shutdown.append(_close)
    app.router.add_get("/signal", signalling.handle)
    app.router.add_get("/health", _health)
    api.add_routes(app.router)
    for part in (account, browsers, callees, calls, clients, conditions, faults, recordings):
        app.router.add_routes(part.ROUTES)
    return app


async def _close(app: web.Application) -> None:
    await app[SIGNALLING].close()
    await app[MEDIA_HOST].close()


async def _health(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    return web.json_response(
        {
            "status": "ok",
            "accountSid": network.account.sid,
            "activeCalls": network.active,
            "keptCalls": len(network.calls),
            "timeScale": network.clock.time_scale,
            "browsers": len(request.app[SIGNALLING].sockets),
        }
    )

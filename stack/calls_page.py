"""Serves the Calls page, its client library, the sounds of the Voice SDK, and the API's
description, on one port.

    SUPABASE_URL=… SUPABASE_PUBLISHABLE_KEY=… FUNCTIONS_URL=… python -m stack.calls_page --port 8084

Optional variables: `SIMULATOR_SIGNALLING` (for example `localhost:8083`; calls go to the simulated
phone network there, and the page does not contact Twilio), `SUPABASE_REALTIME` (`off` if the
project has no Realtime), `DEMO_EMAIL` (filled into the sign-in form).
"""

import argparse
import base64
import hashlib
import io
import math
import os
import struct
import sys
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from stack import api_description
from stack.errors import StackError
from stack.settings import CHECKOUT

_WEB = CHECKOUT / "web"
_NODE_MODULES = CHECKOUT / "node_modules"
_VENDOR = {
    "twilio.min.js": _NODE_MODULES / "@twilio/voice-sdk/dist/twilio.min.js",
    "supabase.js": _NODE_MODULES / "@supabase/supabase-js/dist/umd/supabase.js",
    "d3.js": _NODE_MODULES / "d3/dist/d3.min.js",
    "plot.js": _NODE_MODULES / "@observablehq/plot/dist/plot.umd.min.js",
    "swagger-ui-bundle.js": _NODE_MODULES / "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": _NODE_MODULES / "swagger-ui-dist/swagger-ui.css",
}
# For signalling at any edge, sounds, and metrics about the quality of calls.
_TWILIO_HOSTS = (
    "wss://*.twilio.com",
    "https://sdk.twilio.com",
    "https://eventgw.twilio.com",
    "https://eventgw.us1.twilio.com",
)

_SAMPLE_RATE = 8000
_DTMF_ROWS, _DTMF_COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
_DTMF_KEYS = ("123", "456", "789", "*0#")


@dataclass(frozen=True)
class PageSettings:
    """The servers that the page uses."""

    supabase_url: str
    supabase_publishable_key: str
    functions_url: str
    simulator_signalling: str | None
    realtime: bool
    demo_email: str | None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "PageSettings":
        """Raises StackError, which names every missing variable."""
        required = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "FUNCTIONS_URL")
        missing = [name for name in required if not environ.get(name)]
        if missing:
            raise StackError(f"The Calls page lacks {', '.join(missing)}.")
        return cls(
            supabase_url=environ["SUPABASE_URL"].rstrip("/"),
            supabase_publishable_key=environ["SUPABASE_PUBLISHABLE_KEY"],
            functions_url=environ["FUNCTIONS_URL"].rstrip("/"),
            simulator_signalling=environ.get("SIMULATOR_SIGNALLING") or None,
            realtime=environ.get("SUPABASE_REALTIME", "on") != "off",
            demo_email=environ.get("DEMO_EMAIL") or None,
        )

    def config(self) -> dict[str, object]:
        """The content of `/config.json`. Nothing in it is secret."""
        return {
            "supabaseUrl": self.supabase_url,
            "supabasePublishableKey": self.supabase_publishable_key,
            "functionsUrl": f"{self.functions_url}/api/twilio",
            "realtime": self.realtime,
            "simulatorSignalling": self.simulator_signalling,
            "demoEmail": self.demo_email,
        }

    def content_security_policy(self) -> str:
        """Allows the page's own host and the servers above, and no others."""
        supabase = urlsplit(self.supabase_url)
        socket = f"{'wss' if supabase.scheme == 'https' else 'ws'}://{supabase.netloc}"
        telephony = (
            (f"ws://{self.simulator_signalling}",) if self.simulator_signalling else _TWILIO_HOSTS
        )
        hosts = (_origin(self.supabase_url), socket, _origin(self.functions_url), *telephony)
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {_hash_of_inline_script()}",
                "style-src 'self'",
                # Swagger UI has its arrows and locks as `data:` addresses.
                "img-src 'self' data:",
                # Recordings are played from Supabase Storage.
                f"media-src 'self' blob: {_origin(self.supabase_url)}",
                f"connect-src 'self' {' '.join(hosts)}",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )


def make_app(settings: PageSettings, files_stay: bool = False) -> web.Application:
    """Makes the web application. With ``files_stay`` browsers keep what they have loaded.

    Raises StackError if the Node packages are not installed.
    """
    absent = [str(path.relative_to(CHECKOUT)) for path in _VENDOR.values() if not path.exists()]
    if absent:
        raise StackError(f"{', '.join(absent)} is not installed: run `npm ci --ignore-scripts`.")
    policy = settings.content_security_policy()

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Browsers ask each time, because files of different versions would not fit together.
        kept = "max-age=86400" if files_stay else "no-cache"
        response.headers.setdefault("Cache-Control", kept)

    async def config(request: web.Request) -> web.StreamResponse:
        return web.json_response(settings.config(), headers={"Cache-Control": "no-store"})

    async def description(request: web.Request) -> web.StreamResponse:
        document = api_description.read()
        here = {"url": settings.functions_url, "description": "Where this page's calls go."}
        return web.json_response(document | {"servers": [here]})

    app = web.Application()
    app.on_response_prepare.append(protect)
    app.router.add_get("/health", _health)
    app.router.add_get("/config.json", config)
    app.router.add_get("/vendor/{name}", _vendor)
    app.router.add_get("/sounds/{name}.wav", _sound)
    app.router.add_get("/", _index)
    app.router.add_get("/api-docs/", _api_docs)
    app.router.add_get("/api-docs/openapi.json", description)
    app.router.add_static("/henk-voice/", _WEB / "henk-voice")
    app.router.add_static("/api-docs/", _WEB / "api-docs")
    app.router.add_static("/", _WEB / "app")
    return app


async def _health(request: web.Request) -> web.StreamResponse:
    return web.json_response({"status": "ok"})


async def _index(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(_WEB / "app" / "index.html")


async def _api_docs(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(_WEB / "api-docs" / "index.html")


async def _vendor(request: web.Request) -> web.StreamResponse:
    path = _VENDOR.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path)


async def _sound(request: web.Request) -> web.StreamResponse:
    tones = _SOUNDS.get(request.match_info["name"])
    if tones is None:
        raise web.HTTPNotFound
    return web.Response(
        body=_wave(tones), content_type="audio/wav", headers={"Cache-Control": "max-age=86400"}
    )


Tones = tuple[tuple[float, tuple[int, ...]], ...]
"""Each tone: its seconds, and its frequencies in Hz, which sound together. No frequencies mean
silence."""


def _sounds() -> dict[str, Tones]:
    """The sounds by their names, instead of the recordings that the SDK fetches from Twilio."""
    sounds: dict[str, Tones] = {
        "incoming": ((0.4, (440, 480)), (0.8, ())),
        "outgoing": ((0.1, (587,)), (0.15, (784,))),
        "disconnect": ((0.12, (480,)), (0.06, ()), (0.12, (480,))),
    }
    names = {"*": "dtmfs", "#": "dtmfh"}
    for row, keys in zip(_DTMF_ROWS, _DTMF_KEYS, strict=True):
        for column, key in zip(_DTMF_COLUMNS, keys, strict=True):
            sounds[names.get(key, f"dtmf{key}")] = ((0.15, (row, column)),)
    return sounds


_SOUNDS = _sounds()


def _wave(tones: Tones) -> bytes:
    samples = bytearray()
    for seconds, frequencies in tones:
        count = int(seconds * _SAMPLE_RATE)
        for index in range(count):
            angle = 2 * math.pi * index / _SAMPLE_RATE
            level = sum(math.sin(angle * frequency) for frequency in frequencies)
            # Faded in and out, because a tone that starts at full level clicks.
            fade = min(1.0, index / 80, (count - index) / 80)
            samples += struct.pack("<h", int(4000 * level * fade))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLE_RATE)
        sound.writeframes(samples)
    return file.getvalue()


def _hash_of_inline_script() -> str:
    """The only script that stands in the page itself starts it."""
    page = (_WEB / "app" / "index.html").read_text(encoding="utf-8")
    script = page.split("<script>", 1)[1].split("</script>", 1)[0]
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def main() -> None:
    """Serves until it gets a signal to stop."""
    parser = argparse.ArgumentParser(prog="python -m stack.calls_page", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8084)
    parser.add_argument(
        "--files-stay",
        action="store_true",
        help="no file changes while this runs, so browsers need not ask again (for tests)",
    )
    arguments = parser.parse_args()
    try:
        app = make_app(PageSettings.read(os.environ), arguments.files_stay)
    except StackError as error:
        sys.exit(str(error))
    web.run_app(app, host=arguments.host, port=arguments.port, print=None)


if __name__ == "__main__":
    main()

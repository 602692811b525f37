"""Serves the Calls page, its client library, the sounds of the Voice SDK, and the API's
description, on one port.

    SUPABASE_URL=… SUPABASE_PUBLISHABLE_KEY=… FUNCTIONS_URL=… python -m stack.calls_page --port 8084

Optional variables: `SIMULATOR_SIGNALLING` (for example `localhost:8083`; calls go to the simulated
phone network there, and the page does not contact Twilio), `SUPABASE_REALTIME` (`off` if the
project has no Realtime), `DEMO_EMAIL` (filled into the sign-in form), `HENK_HIDDEN_VIEWS`.
`/packed/` is the same page, packed as deploy.sh does it.
"""

import argparse
import io
import math
import mimetypes
import os
import struct
import sys
import wave
from collections.abc import Mapping

from aiohttp import web

from functions.page_packer import VENDOR, PackedPage, pack_page
from shared.page_scripts import script_hashes
from shared.page_settings import PageSettings, read_hidden_views
from shared.settings import reading
from shared.static_site import ASKED_EACH_TIME, KEPT
from stack import api_description, one_file
from stack.errors import StackError
from stack.settings import CHECKOUT

_WEB = CHECKOUT / "web"
_NODE_MODULES = CHECKOUT / "node_modules"
_VENDOR = {name: _NODE_MODULES / file for name, file in VENDOR.items()} | {
    "swagger-ui-bundle.js": _NODE_MODULES / "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": _NODE_MODULES / "swagger-ui-dist/swagger-ui.css",
}

_SAMPLE_RATE = 8000
_DTMF_ROWS, _DTMF_COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
_DTMF_KEYS = ("123", "456", "789", "*0#")


def read_settings(environ: Mapping[str, str]) -> PageSettings:
    """Raises StackError, which names every missing variable."""
    required = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "FUNCTIONS_URL")
    missing = [name for name in required if not environ.get(name)]
    if missing:
        raise StackError(f"The Calls page lacks {', '.join(missing)}.")
    with reading(environ) as env:
        hidden_views = read_hidden_views(env)
    return PageSettings(
        environ["SUPABASE_URL"].rstrip("/"),
        environ["SUPABASE_PUBLISHABLE_KEY"],
        f"{environ['FUNCTIONS_URL'].rstrip('/')}/api/twilio",
        hidden_views,
        realtime=environ.get("SUPABASE_REALTIME", "on") != "off",
        simulator_signalling=environ.get("SIMULATOR_SIGNALLING") or None,
        demo_email=environ.get("DEMO_EMAIL") or None,
    )


def make_app(settings: PageSettings, files_stay: bool = False) -> web.Application:
    """Makes the web application. With ``files_stay`` browsers keep what they have loaded.

    Raises StackError if the Node packages are not installed.
    """
    absent = [str(path.relative_to(CHECKOUT)) for path in _VENDOR.values() if not path.exists()]
    if absent:
        raise StackError(f"{', '.join(absent)} is not installed: run `npm ci --ignore-scripts`.")
    html = (_WEB / "app" / "index.html").read_text(encoding="utf-8")
    headers = settings.headers(script_hashes(html))

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        # Browsers ask each time, because files of different versions would not fit together.
        kept = "max-age=86400" if files_stay else "no-cache"
        response.headers.setdefault("Cache-Control", kept)

    async def config(request: web.Request) -> web.StreamResponse:
        return web.json_response(settings.config(), headers={"Cache-Control": "no-store"})

    async def description(request: web.Request) -> web.StreamResponse:
        document = api_description.read()
        root = settings.functions_url.removesuffix("/api/twilio")
        here = {"url": root, "description": "Where this page's calls go."}
        return web.json_response(document | {"servers": [here]})

    app = web.Application()
    app.on_response_prepare.append(protect)
    app.router.add_get("/health", _health)
    app.router.add_get("/config.json", config)
    if files_stay:
        _add_one_file(app)
    app.router.add_get("/vendor/{name}", _vendor)
    app.router.add_get("/sounds/{name}.wav", _sound)
    app.router.add_get("/", _index)
    # The same page as deploy.sh packs it.
    app.router.add_get("/packed/config.json", config)
    app.router.add_get("/packed/sounds/{name}.wav", _sound)
    app.router.add_get("/packed/{path:.*}", Packed(settings).answer)
    app.router.add_get("/api-docs/", _api_docs)
    app.router.add_get("/api-docs/openapi.json", description)
    app.router.add_static("/henk-voice/", _WEB / "henk-voice")
    app.router.add_static("/api-docs/", _WEB / "api-docs")
    app.router.add_static("/", _WEB / "app")
    return app


def _add_one_file(app: web.Application) -> None:
    """The page at ``/`` loads one script and one style sheet. Their parts are there as well."""
    html = (_WEB / "app" / "index.html").read_text(encoding="utf-8")
    for path, text, kind in (
        ("/", one_file.with_one_style(html), "text/html"),
        (one_file.MAIN, one_file.script(one_file.modules_of(_WEB)), "text/javascript"),
        (one_file.STYLE, one_file.style(_WEB), "text/css"),
    ):
        app.router.add_get(path, _Text(text, kind).answer)


class _Text:
    """A file that is made when the server starts."""

    def __init__(self, text: str, kind: str) -> None:
        self._text, self._kind = text, kind

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=self._text, content_type=self._kind)


class Packed:
    """The packed page, packed again whenever its HTML is asked for: files may have changed."""

    def __init__(self, settings: PageSettings) -> None:
        self._settings = settings
        self._page: PackedPage | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any of its files."""
        path = request.match_info["path"] or "index.html"
        if path == "index.html" or self._page is None:
            self._page = pack_page()
        content = self._page.files.get(path)
        if content is None:
            raise web.HTTPNotFound
        kept = KEPT if path.startswith("v/") else ASKED_EACH_TIME
        headers = self._settings.headers(self._page.scripts) | {"Cache-Control": kept}
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return web.Response(body=content, content_type=kind, headers=headers)


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
        app = make_app(read_settings(os.environ), arguments.files_stay)
    except StackError as error:
        sys.exit(str(error))
    web.run_app(app, host=arguments.host, port=arguments.port, print=None)


if __name__ == "__main__":
    main()

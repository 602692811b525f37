"""The files of recordings, and the other host on which they may be.

Source: twilio.com/docs/voice/api/recording, "Fetch a Recording's media file".
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import cast

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.calls.recordings import Format, Recording, Recordings
from simulator.rest.frame import ACCOUNT, ApiError, Routes, not_found
from simulator.rest.recordings import found_in

CANNOT_SEPARATE = 16113
"""A mono recording has no two channels (twilio.com/docs/api/errors/16113)."""
_TYPES = {"mp3": "audio/mpeg", "wav": "audio/x-wav"}


@dataclass
class MediaHost:
    """A host with files at addresses that nobody can guess. It asks for no credentials, and counts
    those that it is sent. It starts with the first file."""

    recordings: Recordings
    _files: dict[str, tuple[Recording, Format, int]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    async def address_of(self, recording: Recording, format_: Format, channels: int) -> str:
        """The address of a file."""
        if self._runner is None:
            app = web.Application()
            app.router.add_get("/{name}", self._serve)
            runner = self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        name = f"{secrets.token_hex(16)}.{format_}"
        self._files[name] = (recording, format_, channels)
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/{name}"

    async def close(self) -> None:
        """Stop the host."""
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        self.recordings.credentials_seen += "Authorization" in request.headers
        found = self._files.get(request.match_info["name"])
        if found is None or found[0].status != "completed":
            raise web.HTTPNotFound
        return await _file(*found)


async def media_of(network: PhoneNetwork, request: web.Request) -> web.Response:
    """The file that the path names, or where it is. Raises ApiError."""
    recording, format_ = found_in(network, request), _format_of(request)
    if recording.status != "completed":
        raise not_found(request)
    asked = request.query.get("RequestedChannels", str(recording.channels))
    if asked not in ("1", "2"):
        raise ApiError(400, 20001, "RequestedChannels must be 1 or 2")
    if asked == "2" and recording.channels == 1:
        raise ApiError(
            400,
            CANNOT_SEPARATE,
            "Cannot download a dual-channel presentation of a mono recording",
        )
    if address := network.recordings.rules.redirect_media:
        if not isinstance(address, str):
            address = await request.app[MEDIA_HOST].address_of(recording, format_, int(asked))
        return web.Response(status=302, headers={"Location": address})
    return await _file(recording, format_, int(asked))


async def _file(recording: Recording, format_: Format, channels: int) -> web.Response:
    wrong = recording.recordings.rules.media_type
    body = await recording.media(format_, channels)
    if wrong and not wrong.startswith("audio/"):
        body = b"<html><body>Please wait</body></html>"
    return web.Response(body=body, content_type=wrong or _TYPES[format_])


def _format_of(request: web.Request) -> Format:
    """WAV unless the path says something else."""
    return cast("Format", request.match_info.get("format", "wav"))


MEDIA_HOST = web.AppKey("media_host", MediaHost)
_RECORDING = f"{ACCOUNT}/Recordings/{{sid:RE[0-9a-f]+}}"
ROUTES: Routes = (
    ("GET", f"{_RECORDING}.{{format:mp3|wav}}", media_of),
    ("GET", _RECORDING, media_of),
)

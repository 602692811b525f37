"""The page's files, and how they are answered.

Cloud Run does not compress, so this does: each file once, when it is first asked for.
Caching: https://www.rfc-editor.org/rfc/rfc9111, conditional requests: RFC 9110, 13.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from flask import Request, Response

from shared import logs, parsing
from shared.page_scripts import script_hashes
from shared.page_settings import PageSettings

KEPT = "public, max-age=31536000, immutable"
ASKED_EACH_TIME = "no-cache"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class _File:
    content: bytes
    content_type: str
    cache_control: str

    @functools.cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:32]

    @functools.cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, 6, mtime=0)


@dataclass(frozen=True)
class Site:
    """Every file by its path, which begins with a slash."""

    files: Mapping[str, _File] = field(repr=False)
    headers: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path, settings: PageSettings, version: str | None = None) -> Self:
        """Reads all files of a packed page. ``version``: what X-Henk-Version says. Raises OSError
        if there are none."""
        files = {}
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                path = f"/{file.relative_to(folder).as_posix()}"
                kept = KEPT if path.startswith("/v/") else ASKED_EACH_TIME
                kind = _TYPES.get(file.suffix, "application/octet-stream")
                files[path] = _File(file.read_bytes(), kind, kept)
        if "/index.html" not in files:
            raise FileNotFoundError(f"{folder} has no index.html: pack the page first")
        files["/"] = files["/index.html"]
        config = json.dumps(settings.config()).encode()
        files["/config.json"] = _File(config, _TYPES[".json"], "no-store")
        headers = settings.headers(script_hashes(files["/"].content.decode()))
        return cls(files, headers | ({"X-Henk-Version": version} if version else {}))

    def answer(self, request: Request) -> Response:
        """A file, 304 if the browser has it, 404 or 405. Writes one line to the log for each
        answer that is not a file."""
        started = time.monotonic()
        response = self._find(request)
        response.headers.extend(self.headers)
        if response.status_code >= 400:
            milliseconds = round((time.monotonic() - started) * 1000, 1)
            logs.write(
                "WARNING",
                f"{'GET' if request.method in _METHODS else 'OTHER'} {response.status_code}",
                {"status": response.status_code, "milliseconds": milliseconds},
            )
        parsing.drain(request)
        return response

    def _find(self, request: Request) -> Response:
        if request.method not in _METHODS:
            return _refuse(405, "This address answers GET.", {"Allow": "GET, HEAD"})
        file = self.files.get(request.path)
        if file is None:
            return _refuse(404, "There is nothing at this address.")
        response = Response(content_type=file.content_type)
        response.headers["Cache-Control"] = file.cache_control
        response.vary.add("Accept-Encoding")
        response.set_etag(file.etag, weak=True)
        if request.accept_encodings["gzip"] > 0:
            response.headers["Content-Encoding"] = "gzip"
            response.set_data(file.compressed)
        else:
            response.set_data(file.content)
        response.make_conditional(request)
        return response


def _refuse(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(f"{words}\n", status, content_type=_TYPES[".txt"])
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(headers or {})
    return response

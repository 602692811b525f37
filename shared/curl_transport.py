"""Lets `httpx`, which Supabase's own clients use, send its requests over our own HTTP client: one
time limit for the whole request, whatever the server does.

https://www.python-httpx.org/advanced/transports/#custom-transports
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from shared import time_limit
from shared.http_client import HttpClient, NoAnswer, Upload

# httpx sends more headers, about connections and compression. libcurl has its own.
_SENT = ("authorization", "apikey", "content-type", "x-client-info")


class CurlTransport(httpx.BaseTransport):
    """Sends each request within ``seconds``, or what is left of a ``time_limit``. Raises
    httpx.TransportError if the answer is missing or cut off; ``str(error)`` is safe to log."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._http = HttpClient()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = [f"{name}: {request.headers[name]}" for name in _SENT if name in request.headers]
        # httpx counts a body that it knows, also one that it reads piece by piece.
        size = int(request.headers.get("Content-Length", 0))
        assert isinstance(request.stream, httpx.SyncByteStream)
        pieces = iter(request.stream)
        has_body = request.method not in ("GET", "HEAD")
        try:
            answer = self._http.request(
                request.method,
                str(request.url),
                headers=headers,
                body=Upload(_Reader(pieces).read, size) if has_body else None,
                seconds=time_limit.left(self._seconds),
            )
        except NoAnswer as error:
            raise httpx.TransportError(str(error), request=request) from error
        kind = {"Content-Type": answer.content_type} if answer.content_type else {}
        return httpx.Response(answer.status, headers=kind, content=answer.content)


class _Reader:
    """Pieces of any size, read in pieces of the size that is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._left:
            following = next(self._pieces, None)
            if following is None:
                return b""
            self._left = memoryview(following)
        piece, self._left = self._left[:size], self._left[size:]
        return bytes(piece)

"""Requests to other servers, over libcurl: one connection a thread, one time limit for all of a
request, from resolving the name to the last byte of the answer.

libcurl because it is the fastest that Python can be given (docs/decisions.md, "Speed"), and because
its limit is for the whole: others limit each read, so an answer that comes byte by byte never ends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import certifi
import pycurl

CONNECT_SECONDS = 2.0

# In our own words, because libcurl's may quote what the server sent.
# https://curl.se/libcurl/c/libcurl-errors.html
_REASONS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "what answers does not speak HTTP",
    pycurl.E_COULDNT_RESOLVE_HOST: "its name cannot be resolved",
    pycurl.E_COULDNT_CONNECT: "it takes no connection",
    pycurl.E_PARTIAL_FILE: "its answer is cut off",
    pycurl.E_OPERATION_TIMEDOUT: "no answer in time",
    pycurl.E_SSL_CONNECT_ERROR: "TLS fails",
    pycurl.E_GOT_NOTHING: "it hung up without an answer",
    pycurl.E_SEND_ERROR: "the connection broke",
    pycurl.E_RECV_ERROR: "the connection broke",
    pycurl.E_PEER_FAILED_VERIFICATION: "its certificate is not trusted",
}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status. ``retry_after``: seconds, 0 where the header is missing."""

    status: int
    content: bytes
    retry_after: int

    def json(self) -> Any:
        """The body's JSON. Raises ValueError if it is none."""
        return json.loads(self.content)


class NoAnswer(Exception):
    """No whole answer came, for a reason to log. ``timed_out``: not within the time that there was;
    else the connection broke, or there was none."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class HttpClient:
    """Shared by all threads of a function, each of which keeps one connection open.

    Nothing is sent but what is asked for: no redirects, no cookies, no proxies of the environment.
    """

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def request(
        self, url: str, headers: Sequence[str], body: bytes | None = None, *, seconds: float
    ) -> Response:
        """The answer to a GET, or to a POST of ``body``. ``headers``: ``Name: value`` each.

        Raises NoAnswer, after ``seconds`` at the latest. A connection that the other side closed
        while it was idle is replaced, and the request sent again.
        """
        if seconds <= 0:
            raise NoAnswer("no time is left", timed_out=True)
        content: list[bytes] = []
        curl = self._curl()
        if body is None:
            curl.setopt(pycurl.HTTPGET, 1)
        else:
            curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, headers)
        curl.setopt(pycurl.WRITEFUNCTION, content.append)
        # Zero would be no limit.
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
        try:
            curl.perform()
        except pycurl.error as error:
            code = error.args[0]
            reason = _REASONS.get(code, f"libcurl error {code}")
            raise NoAnswer(reason, timed_out=code == pycurl.E_OPERATION_TIMEDOUT) from error
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        # libcurl takes a head that breaks off for an answer without a body.
        if not content and status != 204 and curl.getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD_T) < 0:
            raise NoAnswer(_REASONS[pycurl.E_PARTIAL_FILE])
        return Response(status, b"".join(content), curl.getinfo(pycurl.RETRY_AFTER))

    def _curl(self) -> pycurl.Curl:
        """This thread's handle, and with it the connection."""
        curl: pycurl.Curl | None = getattr(self._of_thread, "curl", None)
        if curl is None:
            curl = self._of_thread.curl = pycurl.Curl()
            curl.setopt(pycurl.CAINFO, certifi.where())
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))
            # One request at a time gains nothing from HTTP/2, and pays for it.
            curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
            # Timeouts by signals are for programs of one thread.
            curl.setopt(pycurl.NOSIGNAL, 1)
            curl.setopt(pycurl.PROXY, "")
        return curl

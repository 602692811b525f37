"""Requests to other servers, over libcurl. Each thread has its own connection. One time limit holds
for the whole request, from the look-up of the name to the last byte of the answer.

Why libcurl: it is the fastest client for Python (docs/decisions/speed.md), and its limit is for
the whole request. Other clients limit each read, so an answer that comes byte by byte never ends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import certifi
import pycurl

CONNECT_SECONDS = 2.0

# Our own words, because libcurl's messages may quote what the server sent.
# https://curl.se/libcurl/c/libcurl-errors.html
_REASONS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "the server does not speak HTTP",
    pycurl.E_COULDNT_RESOLVE_HOST: "its name cannot be resolved",
    pycurl.E_COULDNT_CONNECT: "it does not accept connections",
    pycurl.E_PARTIAL_FILE: "its answer is cut off",
    pycurl.E_OPERATION_TIMEDOUT: "no answer in time",
    pycurl.E_SSL_CONNECT_ERROR: "TLS fails",
    pycurl.E_GOT_NOTHING: "it hung up without an answer",
    pycurl.E_SEND_ERROR: "the connection broke",
    pycurl.E_RECV_ERROR: "the connection broke",
    pycurl.E_PEER_FAILED_VERIFICATION: "its certificate is not trusted",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that is sent piece by piece. ``read`` gives up to so many bytes, b"" at the end."""

    read: Callable[[int], bytes]
    size: int


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with any status. ``retry_after`` is in seconds, and 0 if the header is missing.
    ``redirect_url`` is the whole address that a redirect names, or None."""

    status: int
    content: bytes
    retry_after: int
    content_type: str | None = None
    redirect_url: str | None = None

    def json(self) -> object:
        """The body, parsed. Raises ValueError if it is not JSON."""
        value: object = json.loads(self.content)
        return value


class NoAnswer(Exception):
    """The response is missing or incomplete. ``str(error)`` is safe to log.

    ``timed_out`` is True if the time was over, and False if the connection failed or broke.
    """

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class HttpClient:
    """All threads of a function share it; each keeps one connection open.

    It does not follow redirects, keep cookies, or use the proxies of the environment.
    """

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[str] = (),
        body: bytes | Upload | None = None,
        seconds: float,
        once: bool = False,
        receive: Callable[[bytes], bool] | None = None,
    ) -> Response:
        """Sends a request and returns the answer. Each header is ``Name: value``.

        Raises NoAnswer, after ``seconds`` at the latest. If the server closes a connection that was
        kept open, libcurl opens a new one and sends the request again, even if the server has done
        what it asks for. With ``once`` it is sent on a new connection, and never again. An Upload
        is always sent ``once``: it cannot be read again.

        ``receive`` gets the content of a 2xx answer piece by piece, and ``content`` is then empty.
        If it returns False, the request ends there, and this raises NoAnswer.
        """
        if seconds <= 0:
            raise NoAnswer("no time is left", timed_out=True)
        content = _Content(receive)
        curl = self._open_curl()
        if isinstance(body, Upload):
            # Otherwise libcurl waits for the server's word before it sends the body.
            headers, once = [*headers, "Expect:"], True
        _set_body(curl, body)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        curl.setopt(pycurl.URL, url)
        if headers:
            curl.setopt(pycurl.HTTPHEADER, headers)
        else:
            # An empty list would leave those of the request before, with its credentials.
            curl.unsetopt(pycurl.HTTPHEADER)
        curl.setopt(pycurl.HEADERFUNCTION, content.read_head)
        curl.setopt(pycurl.WRITEFUNCTION, content.take)
        # Zero would mean that there is no limit.
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(seconds * 1000)))
        curl.setopt(pycurl.FRESH_CONNECT, int(once))
        try:
            curl.perform()
        except pycurl.error as error:
            code = error.args[0]
            reason = _REASONS.get(code, f"libcurl error {code}")
            raise NoAnswer(reason, timed_out=code == pycurl.E_OPERATION_TIMEDOUT) from error
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        # If an answer breaks off within its headers, libcurl reports success with an empty body.
        is_empty = not curl.getinfo(pycurl.SIZE_DOWNLOAD_T)
        if is_empty and status != 204 and curl.getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD_T) < 0:
            raise NoAnswer(_REASONS[pycurl.E_PARTIAL_FILE])
        return Response(
            status,
            b"".join(content.pieces),
            curl.getinfo(pycurl.RETRY_AFTER),
            curl.getinfo(pycurl.CONTENT_TYPE),
            curl.getinfo(pycurl.REDIRECT_URL),
        )

    def _open_curl(self) -> pycurl.Curl:
        """This thread's handle, which keeps the connection. It is made at the first request."""
        curl: pycurl.Curl | None = getattr(self._of_thread, "curl", None)
        if curl is None:
            curl = self._of_thread.curl = pycurl.Curl()
            curl.setopt(pycurl.CAINFO, certifi.where())
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_SECONDS * 1000))
            # HTTP/2 costs time, and it does not help where one request follows the other.
            curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
            # libcurl's timeouts by signals work only in programs with one thread.
            curl.setopt(pycurl.NOSIGNAL, 1)
            curl.setopt(pycurl.PROXY, "")
        return curl


class _Content:
    """Takes the content of an answer, or passes it on if the answer is a success and somebody
    receives it."""

    def __init__(self, receive: Callable[[bytes], bool] | None) -> None:
        self.pieces: list[bytes] = []
        self._receive = receive
        self._is_success = False

    def read_head(self, line: bytes) -> None:
        # libcurl does not tell the status while it receives.
        if line.startswith(b"HTTP/"):
            self._is_success = line.partition(b" ")[2].startswith(b"2")

    def take(self, piece: bytes) -> int:
        """How much was taken. Less than the piece ends the request."""
        if self._receive and self._is_success:
            return len(piece) if self._receive(piece) else -1
        self.pieces.append(piece)
        return len(piece)


def _set_body(curl: pycurl.Curl, body: bytes | Upload | None) -> None:
    """What a request sends. The handle forgets an upload of the request before."""
    curl.setopt(pycurl.UPLOAD, 0)
    if isinstance(body, Upload):
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.READFUNCTION, body.read)
        curl.setopt(pycurl.INFILESIZE_LARGE, body.size)
    elif body is None:
        curl.setopt(pycurl.HTTPGET, 1)
    else:
        curl.setopt(pycurl.POSTFIELDS, body)

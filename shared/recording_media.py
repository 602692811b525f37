"""The sound of a recording, as Twilio keeps it: fetched into a file, counted and hashed.

https://www.twilio.com/docs/voice/api/recording#fetch-a-recording-media-file
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared import errors, settings, time_limit
from shared.http_client import HttpClient, NoAnswer, Response
from shared.twilio_client import choose_pause

# The bucket's limit. Four hours are some 58 MB.
MAX_BYTES = 100 * 1024 * 1024
# For one file, whatever is left of the request's time.
SECONDS = 60.0
_MAX_REDIRECTS = 3
# What is needed to tell an mp3 file from other files.
_HEAD = 4


class Unfit(Exception):
    """What Twilio answered cannot be kept, or not yet. ``code`` says why, for the row."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Media:
    """A whole mp3 file. ``sha256`` is in hexadecimal digits. ``file`` ends with its context."""

    file: io.FileIO
    size: int
    sha256: str
    channels: int


class MediaClient:
    """Fetches the media of one account's recordings. All threads of a function share it."""

    def __init__(self, twilio: settings.TwilioRest) -> None:
        self._twilio = twilio
        self._http = HttpClient()

    @contextmanager
    def fetch(self, recording_sid: str) -> Iterator[Media]:
        """The mp3 of a recording, with two channels if Twilio has them.

        Raises Unfit (``media_missing``: 404, which may become a file later; ``not_audio``;
        ``too_large``; ``redirect_refused``), TwilioBusy, TwilioUnavailable if the answer is missing
        or incomplete, and PhoneSystemError if Twilio refuses the API key.
        """
        # It has no name: the system deletes it also if the function is killed.
        with tempfile.TemporaryFile(buffering=0) as file:
            spool = _Spool(file)
            channels = 2
            answer, is_redirected = self._ask(recording_sid, channels, spool)
            if answer.status == 400:
                channels = 1
                answer, is_redirected = self._ask(recording_sid, channels, spool)
            _require_success(answer, is_redirected=is_redirected)
            if not _is_mp3(spool.head):
                raise Unfit("not_audio")
            yield Media(file, spool.size, spool.hash.hexdigest(), channels)

    def _ask(self, recording_sid: str, channels: int, spool: _Spool) -> tuple[Response, bool]:
        """The answer, and whether it is of an address to which Twilio redirected us. Such a host is
        not Twilio's API and gets no credentials: the address itself lets the file be read."""
        twilio = self._twilio
        url = (
            f"{twilio.api_url}/2010-04-01/Accounts/{twilio.account_sid}/Recordings/"
            f"{recording_sid}.mp3?RequestedChannels={channels}"
        )
        key = b64encode(f"{twilio.api_key_sid}:{twilio.api_key_secret}".encode()).decode()
        answer = self._get(url, [f"Authorization: Basic {key}"], spool)
        for hop in range(_MAX_REDIRECTS):
            if not 300 <= answer.status < 400:
                return answer, hop > 0
            if not answer.redirect_url or not self._may_follow(answer.redirect_url):
                raise Unfit("redirect_refused")
            answer = self._get(answer.redirect_url, [], spool)
        return answer, True

    def _get(self, url: str, headers: list[str], spool: _Spool) -> Response:
        spool.clear()
        try:
            return self._http.request(
                "GET",
                url,
                headers=headers,
                seconds=time_limit.left(SECONDS),
                # libcurl would send it again after a part of the answer has come.
                once=True,
                receive=spool.take,
            )
        except NoAnswer as error:
            if spool.problem:
                raise spool.problem from error
            raise errors.TwilioUnavailable(f"the media: {error}") from error

    def _may_follow(self, url: str) -> bool:
        """https to any host. Without TLS only to the host that the API itself is on: it is so on a
        developer's machine alone."""
        try:
            to, api = urlsplit(url), urlsplit(self._twilio.api_url)
            if to.username is not None or to.password is not None:
                return False
        except ValueError:
            return False
        return to.scheme == "https" or (
            to.scheme == api.scheme == "http" and to.hostname == api.hostname
        )


class _Spool:
    """Takes a file piece by piece. Only this is in the memory, and the file."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self.clear()

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.size = 0
        self.head = b""
        self.hash = hashlib.sha256()
        self.problem: Exception | None = None

    def take(self, piece: bytes) -> bool:
        """Whether the rest may come."""
        self.size += len(piece)
        self.head = (self.head + piece[:_HEAD])[:_HEAD]
        if self.size > MAX_BYTES:
            self.problem = Unfit("too_large")
        elif len(self.head) == _HEAD and not _is_mp3(self.head):
            self.problem = Unfit("not_audio")
        if self.problem:
            return False
        self.hash.update(piece)
        try:
            if self._file.write(piece) != len(piece):
                self.problem = errors.PhoneSystemError("no room for a recording")
        except OSError as error:
            self.problem = errors.PhoneSystemError(f"no room for a recording: {error.strerror}")
        return self.problem is None


def _require_success(answer: Response, *, is_redirected: bool) -> None:
    status = answer.status
    if status in (404, 410):
        raise Unfit("media_missing")
    if status == 429:
        raise errors.TwilioBusy(choose_pause(answer.retry_after))
    # An address to which we were redirected may be over.
    if status in (401, 403) and not is_redirected:
        raise errors.PhoneSystemError("Twilio refuses TWILIO_API_KEY_SID and its secret for media")
    if not 200 <= status < 300:
        raise errors.TwilioUnavailable(f"the media: it answered HTTP {status}")


def _is_mp3(head: bytes) -> bool:
    """Whether a file begins as mp3 files do: with an ID3 tag, or with a frame of layer III.

    https://id3.org/id3v2.4.0-structure and ISO/IEC 11172-3, 2.4.2.3
    """
    if head.startswith(b"ID3"):
        return True
    if len(head) < _HEAD or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate != 15 and sample_rate != 3

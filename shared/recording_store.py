"""The bucket `recordings` of Supabase Storage, by Supabase's own client.

https://supabase.com/docs/reference/python/storage-from-upload

Storage answers refusals as HTTP 400 with the status that is meant in the body, as `statusCode`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError

from shared import errors, settings, time_limit
from shared.curl_transport import CurlTransport
from shared.http_client import HttpClient, NoAnswer

BUCKET = "recordings"
CONTENT_TYPE = "audio/mpeg"
# For one request, whatever is left of the time. A file of 58 MB needs some seconds.
SECONDS = 60.0
# No cache may keep what may have to go tomorrow.
_CACHE_SECONDS = "0"


class RecordingStore:
    """The objects of the bucket, as the role of ``jwt`` may use them. All threads share it.

    Each method raises StorageUnavailable if Storage does not answer, or not as it should, and
    PhoneSystemError if it refuses the token.
    """

    def __init__(self, url: str, supabase: settings.Supabase, jwt: str) -> None:
        self._url = url
        self._headers = {"apikey": supabase.publishable_key, "Authorization": f"Bearer {jwt}"}
        client = httpx.Client(transport=CurlTransport(SECONDS), trust_env=False)
        storage = SyncStorageClient(f"{url}/", dict(self._headers), http_client=client)
        self._bucket = storage.from_(BUCKET)
        self._http = HttpClient()

    def put(self, path: str, file: io.FileIO) -> bool:
        """Stores a file. False if there is an object of this path already: it stays as it is."""
        try:
            with _asking("storing"):
                self._bucket.upload(
                    path,
                    file,
                    {"content-type": CONTENT_TYPE, "cache-control": _CACHE_SECONDS},
                )
        except _Refused as refused:
            if refused.meant == 409:
                return False
            raise
        return True

    def measure(self, path: str) -> tuple[int, str] | None:
        """Reads an object: its size in bytes and its SHA-256, in hexadecimal digits. None if the
        object does not exist."""
        digest, size = hashlib.sha256(), 0

        def take(piece: bytes) -> bool:
            nonlocal size
            size += len(piece)
            digest.update(piece)
            return True

        try:
            answer = self._http.request(
                "GET",
                f"{self._url}/object/{BUCKET}/{quote(path)}",
                headers=[f"{name}: {value}" for name, value in self._headers.items()],
                seconds=time_limit.left(SECONDS),
                once=True,
                receive=take,
            )
        except NoAnswer as error:
            raise errors.StorageUnavailable(f"reading: {error}") from error
        if 200 <= answer.status < 300:
            return size, digest.hexdigest()
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise errors.StorageUnavailable(f"reading: it answered HTTP {answer.status}")
        refused = _explain("reading", body.get("statusCode", answer.status), body.get("message"))
        if isinstance(refused, _Refused) and refused.meant == 404:
            return None
        raise refused

    def remove(self, path: str) -> bool:
        """Deletes an object. Whether it is gone: names that the role may not delete are missing
        from Storage's answer, and so are those that do not exist, so this reads afterwards."""
        with _asking("deleting"):
            removed = self._bucket.remove([path])
        if any(isinstance(each, dict) and each.get("name") == path for each in removed):
            return True
        return self.measure(path) is None

    def sign(self, path: str, seconds: int, download_name: str | None) -> str:
        """An address at which everybody can read the object for so many seconds. With
        ``download_name`` browsers save it under that name.

        Raises RecordingGone if there is no such object.
        """
        options = {"download": download_name} if download_name else {}
        try:
            with _asking("signing"):
                signed = self._bucket.create_signed_url(path, seconds, options)  # type: ignore[arg-type]
        except _Refused as refused:
            if refused.meant == 404:
                raise errors.RecordingGone from refused
            raise
        if not signed["signedURL"]:
            raise errors.StorageUnavailable("signing: there is no address in its answer")
        return signed["signedURL"]


class _Refused(errors.StorageUnavailable):
    """Storage refuses a request. ``meant`` is the HTTP status that its answer stands for."""

    def __init__(self, doing: str, meant: int) -> None:
        super().__init__(f"{doing}: it answered {meant}")
        self.meant = meant


@contextmanager
def _asking(doing: str) -> Iterator[None]:
    """Requests to Storage by its client are inside of this."""
    try:
        yield
    except StorageApiError as error:
        raise _explain(doing, error.status, error.message) from error
    except httpx.TransportError as error:
        raise errors.StorageUnavailable(f"{doing}: {error}") from error
    # The client raises these for an answer that does not have the form of Storage's answers.
    except (ValueError, LookupError, TypeError) as error:
        raise errors.StorageUnavailable(f"{doing}: the answer is not one of Storage's") from error


def _explain(doing: str, status: object, message: object) -> errors.RequestError:
    """The error that a refusal stands for. Storage's messages are compared, and not shown."""
    text = str(status)
    meant = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 400
    if meant in (401, 403):
        return errors.PhoneSystemError(f"Storage refuses SUPABASE_RECORDER_JWT ({doing})")
    if meant == 404 and "bucket" in str(message).lower():
        return errors.PhoneSystemError(f"Storage has no bucket {BUCKET}")
    return _Refused(doing, meant)

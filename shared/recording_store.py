"""The bucket `recordings` of Supabase Storage."""

from __future__ import annotations

import hashlib
import io
from urllib.parse import quote

from shared import errors, settings, storage, time_limit
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
        self._access = storage.Access(
            url, BUCKET, supabase, jwt, token_name="SUPABASE_RECORDER_JWT", seconds=SECONDS
        )
        self._http = HttpClient()

    def put(self, path: str, file: io.FileIO) -> bool:
        """Stores a file. False if there is an object of this path already: it stays as it is."""
        try:
            with self._access.asking("storing"):
                self._access.bucket.upload(
                    path,
                    file,
                    {"content-type": CONTENT_TYPE, "cache-control": _CACHE_SECONDS},
                )
        except storage.Refused as refused:
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
                headers=[f"{name}: {value}" for name, value in self._access.headers.items()],
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
        refused = self._access.explain(
            "reading", body.get("statusCode", answer.status), body.get("message")
        )
        if isinstance(refused, storage.Refused) and refused.meant == 404:
            return None
        raise refused

    def remove(self, path: str) -> bool:
        """Deletes an object. Whether it is gone: names that the role may not delete are missing
        from Storage's answer, and so are those that do not exist, so this reads afterwards."""
        with self._access.asking("deleting"):
            removed = self._access.bucket.remove([path])
        if any(isinstance(each, dict) and each.get("name") == path for each in removed):
            return True
        return self.measure(path) is None

    def sign(self, path: str, seconds: int, download_name: str | None) -> str:
        """An address at which everybody can read the object for so many seconds. With
        ``download_name`` browsers save it under that name.

        Raises RecordingGone if there is no such object.
        """
        address = self._access.sign(path, seconds, download_name)
        if address is None:
            raise errors.RecordingGone
        return address

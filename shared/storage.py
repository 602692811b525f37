"""Supabase Storage by its own client, over our own HTTP client.

https://supabase.com/docs/reference/python/storage-from-upload

Storage answers refusals as HTTP 400 with the status that is meant in the body, as `statusCode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError

from shared import errors, settings
from shared.curl_transport import CurlTransport


class Refused(errors.StorageUnavailable):
    """Storage refuses a request. ``meant`` is the HTTP status that its answer stands for."""

    def __init__(self, doing: str, meant: int) -> None:
        super().__init__(f"{doing}: it answered {meant}")
        self.meant = meant


class Access:
    """A bucket of the Storage at ``url``, and how to ask for it with the token ``jwt``.

    ``token_name`` is what the log calls the token if Storage refuses it. ``seconds``: for one
    request, whatever is left of the time.
    """

    def __init__(
        self,
        url: str,
        bucket: str,
        supabase: settings.Supabase,
        jwt: str,
        *,
        token_name: str,
        seconds: float,
    ) -> None:
        self.name = bucket
        self.headers: Mapping[str, str] = {
            "apikey": supabase.publishable_key,
            "Authorization": f"Bearer {jwt}",
        }
        self._token_name = token_name
        client = httpx.Client(transport=CurlTransport(seconds), trust_env=False)
        storage = SyncStorageClient(f"{url}/", dict(self.headers), http_client=client)
        self.bucket = storage.from_(bucket)

    def sign(self, path: str, seconds: int, download_name: str | None = None) -> str | None:
        """An address at which everybody can read an object for so many seconds; None if there is no
        such object. With ``download_name`` browsers save it under that name."""
        options = {"download": download_name} if download_name else {}
        try:
            with self.asking("signing"):
                signed = self.bucket.create_signed_url(path, seconds, options)  # type: ignore[arg-type]
        except Refused as refused:
            if refused.meant == 404:
                return None
            raise
        if not signed["signedURL"]:
            raise errors.StorageUnavailable("signing: there is no address in its answer")
        return signed["signedURL"]

    @contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Requests by Storage's client are inside of this. Raises Refused, StorageUnavailable, and
        PhoneSystemError if Storage refuses the token, or has no such bucket."""
        try:
            yield
        except StorageApiError as error:
            raise self.explain(doing, error.status, error.message) from error
        except httpx.TransportError as error:
            raise errors.StorageUnavailable(f"{doing}: {error}") from error
        # The client raises these for an answer that does not have the form of Storage's answers.
        except (ValueError, LookupError, TypeError) as error:
            raise errors.StorageUnavailable(
                f"{doing}: the answer is not one of Storage's"
            ) from error

    def explain(self, doing: str, status: object, message: object) -> errors.RequestError:
        """The error that a refusal stands for. Storage's messages are compared, and not shown."""
        text = str(status)
        meant = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 400
        if meant in (401, 403):
            return errors.PhoneSystemError(f"Storage refuses {self._token_name} ({doing})")
        if meant == 404 and "bucket" in str(message).lower():
            return errors.PhoneSystemError(f"Storage has no bucket {self.name}")
        return Refused(doing, meant)

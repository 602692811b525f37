"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each call is made by a PostgREST client of its own that carries the caller's token, over a
connection that carries none. (A shared client whose token is switched hands one user's token to
another's request.)
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx
from postgrest import APIError, SyncPostgrestClient

from shared import errors, settings

# Twilio waits 15 s at most, and a person not even that.
TIMEOUT = httpx.Timeout(5.0, connect=2.0)

Row = dict[str, Any]


class Database:
    """A Supabase project's REST API. Shared by all threads of a function, each of which keeps one
    connection open."""

    def __init__(self, supabase: settings.Supabase) -> None:
        self._url = f"{supabase.url}/rest/v1"
        self._publishable_key = supabase.publishable_key
        # 20 ms to make, so it is made once and not per thread.
        self._ssl_context = httpx.create_ssl_context()
        self._of_thread = threading.local()

    def call(self, access_token: str, function: str, parameters: Mapping[str, Any]) -> Row:
        """Calls a database function that answers a JSON object.

        Raises Unauthenticated if the database refuses the token, DatabaseUnavailable if it does not
        answer, and PhoneSystemError if it answers what only a wrong set-up explains.
        """
        try:
            answer = self._client(access_token).rpc(function, dict(parameters)).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise _outage(error) from error
        if not isinstance(answer, dict):
            raise errors.PhoneSystemError(f"{function} answered no JSON object")
        return answer

    def call_as_webhook(
        self,
        webhook_jwt: str,
        function: str,
        parameters: Mapping[str, Any],
        setting: str = "SUPABASE_WEBHOOK_JWT",
    ) -> Row:
        """``call`` with a token of the endpoint's own, from ``setting``: if that is refused, it is
        the setting that is wrong and not the caller."""
        try:
            return self.call(webhook_jwt, function, parameters)
        except errors.Unauthenticated as error:
            raise errors.PhoneSystemError(
                f"the database refuses {setting}: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id, or None if the caller can see none. Raises as ``call`` does."""
        try:
            query = self._client(access_token).from_(table).select(columns).eq("id", row_id)
            rows = query.limit(1).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise _outage(error) from error
        return rows[0] if rows and isinstance(rows[0], dict) else None

    def _client(self, access_token: str) -> SyncPostgrestClient:
        return SyncPostgrestClient(
            self._url,
            headers={"apikey": self._publishable_key, "Authorization": f"Bearer {access_token}"},
            http_client=self._http(),
            # Its retries sleep for seconds; our callers have their own.
            retry_enabled=False,
        )

    def _http(self) -> httpx.Client:
        """This thread's HTTP client. Threads that share one lose requests now and then: its pool
        may close a connection that another thread is using (encode/httpcore#1110)."""
        client: httpx.Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = httpx.Client(
                # HTTP/1.1: one request at a time gains nothing from HTTP/2, and pays for it.
                http2=False,
                verify=self._ssl_context,
                timeout=TIMEOUT,
                event_hooks={"response": [_refuse]},
            )
        return client


def _refuse(response: httpx.Response) -> None:
    """Raises what an answer that is no success means. Here, because the PostgREST client's own
    error forgets the HTTP status, and a gateway's answers have no code."""
    if response.is_success:
        return
    try:
        response.read()
        body = response.json()
    except ValueError:
        body = None
    code = str(body.get("code") or "") if isinstance(body, dict) else ""
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    # The comma keeps a status and an SQLSTATE from looking like a phone number to the log.
    detail = f"the REST API answered HTTP {response.status_code}, {code} {message}".rstrip(", ")

    if response.status_code >= 500 or response.status_code in (408, 429):
        raise errors.DatabaseUnavailable(detail)
    # PGRST3xx: https://docs.postgrest.org/en/v13/references/errors.html. A 401 without it is the
    # gateway's, about the API key.
    if response.status_code == 401 and code.startswith("PGRST3"):
        raise errors.Unauthenticated
    raise errors.PhoneSystemError(detail)


def _outage(error: httpx.HTTPError | APIError) -> errors.DatabaseUnavailable:
    # An APIError after a success is an answer cut off, or none of the REST API's.
    return errors.DatabaseUnavailable(f"{type(error).__name__} while asking the REST API")

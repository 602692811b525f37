"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each call is made by a PostgREST client of its own that carries the caller's token, on one pool of
connections that carries none. (A shared client whose token is switched hands one user's token to
another's request.)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import httpx
from postgrest import APIError, SyncPostgrestClient

from shared import errors, settings

# Twilio waits 15 s at most, and a person not even that.
TIMEOUT = httpx.Timeout(5.0, connect=2.0)

Row = dict[str, Any]


class Database:
    """A Supabase project's REST API. Shared by all threads of a function."""

    def __init__(self, supabase: settings.Supabase) -> None:
        self._url = f"{supabase.url}/rest/v1"
        self._publishable_key = supabase.publishable_key
        threads = int(os.environ.get("THREADS", "16"))
        # HTTP/1.1: measured, HTTP/2 gets slower with the number of threads that share it.
        self._http = httpx.Client(
            http2=False, timeout=TIMEOUT, limits=httpx.Limits(max_connections=threads)
        )

    def call(self, access_token: str, function: str, parameters: Mapping[str, Any]) -> Row:
        """Calls a database function that answers a JSON object.

        Raises Unauthenticated if the database refuses the token, DatabaseUnavailable if it does not
        answer, and PhoneSystemError if it answers what only a wrong set-up explains.
        """
        try:
            answer = self._client(access_token).rpc(function, dict(parameters)).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise _refusal(error) from error
        if not isinstance(answer, dict):
            raise errors.PhoneSystemError(f"{function} answered no JSON object")
        return answer

    def call_as_webhook(
        self, webhook_jwt: str, function: str, parameters: Mapping[str, Any]
    ) -> Row:
        """``call`` with the token of the webhook endpoints: if that is refused, it is a setting
        that is wrong and not the caller."""
        try:
            return self.call(webhook_jwt, function, parameters)
        except errors.Unauthenticated as error:
            raise errors.PhoneSystemError(
                "the database refuses SUPABASE_WEBHOOK_JWT: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id, or None if the caller can see none. Raises as ``call`` does."""
        try:
            query = self._client(access_token).from_(table).select(columns).eq("id", row_id)
            rows = query.limit(1).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise _refusal(error) from error
        return rows[0] if rows and isinstance(rows[0], dict) else None

    def _client(self, access_token: str) -> SyncPostgrestClient:
        return SyncPostgrestClient(
            self._url,
            headers={"apikey": self._publishable_key, "Authorization": f"Bearer {access_token}"},
            http_client=self._http,
            # Its retries sleep for seconds; our callers have their own.
            retry_enabled=False,
        )


# SQLSTATE classes that pass by themselves: connection, rollback (deadlock), resources, operator
# intervention (cancelled, shutting down), lock not available, I/O, and PostgREST's own connection
# errors. https://www.postgresql.org/docs/17/errcodes-appendix.html
_PASSING = ("08", "40", "53", "55", "57", "58", "XX", "PGRST00")
# PostgREST's errors about the token: https://docs.postgrest.org/en/v13/references/errors.html
_TOKEN = ("PGRST3", "401")


def _refusal(error: httpx.HTTPError | APIError) -> errors.RequestError:
    if isinstance(error, httpx.HTTPError):
        return errors.DatabaseUnavailable(f"{type(error).__name__} while asking the REST API")
    code = str(error.code or "")
    if code.startswith(_TOKEN):
        return errors.Unauthenticated()
    # Without a code of its own, the answer's HTTP status stands in.
    if code.startswith(_PASSING) or code in ("", "429") or (len(code) == 3 and code[0] == "5"):
        return errors.DatabaseUnavailable(f"the REST API answered {code}: {error.message}")
    return errors.PhoneSystemError(f"the REST API answered {code}: {error.message}")

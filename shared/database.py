"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each call is made by a PostgREST client of its own that carries the caller's token, over a
connection that carries none. (A shared client whose token is switched hands one user's token to
another's request.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from postgrest import APIError, SyncPostgrestClient

from shared import errors, logs, settings
from shared.deadline import Deadline, Transport

# Twilio waits 15 s at most, and a person not even that. All of a request keeps to this, with every
# further try.
TOTAL_SECONDS = 5.0
TIMEOUT = httpx.Timeout(TOTAL_SECONDS, connect=2.0)

# The connection broke: an idle one that the other side had closed, or a server that ends.
_BROKEN = (httpx.NetworkError, httpx.RemoteProtocolError)

# Seconds between a webhook's tries. Twilio's own follow each other at once, so without these all of
# them would be over in a moment.
PAUSES = (0.25, 0.5, 1.0, 1.0, 1.0)
# What a further try needs to be worth it.
_ENOUGH_SECONDS = 1.0

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
        client = self._client(access_token)
        answer = self._ask(lambda: client.rpc(function, dict(parameters)).execute().data)
        if not isinstance(answer, dict):
            raise errors.PhoneSystemError(f"{function} answered no JSON object")
        return answer

    def call_as_webhook(
        self, webhook_jwt: str, function: str, parameters: Mapping[str, Any]
    ) -> Row:
        """``call`` with the token of the webhook endpoints: if that is refused, it is a setting
        that is wrong and not the caller.

        While the database is not available it is asked again, so that a short outage costs no call:
        what is asked by webhooks may be asked any number of times.
        """
        deadline = self._deadline()
        try:
            with deadline.within(TOTAL_SECONDS):
                for pause in PAUSES:
                    try:
                        return self.call(webhook_jwt, function, parameters)
                    except errors.DatabaseUnavailable as error:
                        if deadline.left < pause + _ENOUGH_SECONDS:
                            raise
                        logs.write("WARNING", f"{function} is asked again: {error.detail}")
                    time.sleep(pause)
                return self.call(webhook_jwt, function, parameters)
        except errors.Unauthenticated as error:
            raise errors.PhoneSystemError(
                "the database refuses SUPABASE_WEBHOOK_JWT: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id, or None if the caller can see none. Raises as ``call`` does."""
        query = self._client(access_token).from_(table).select(columns).eq("id", row_id).limit(1)
        rows = self._ask(lambda: query.execute().data)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise errors.PhoneSystemError(f"{table} answered no JSON objects")
        return rows[0] if rows else None

    def _ask(self, query: Callable[[], object]) -> object:
        """What the query answers within TOTAL_SECONDS. Raises DatabaseUnavailable.

        If the connection breaks it is asked once more, over a new one. That is harmless even where
        the first was heard: what is asked here may be asked twice, as Twilio and browsers do.
        """
        try:
            with self._deadline().within(TOTAL_SECONDS):
                try:
                    return query()
                except _BROKEN:
                    return query()
        except (httpx.HTTPError, APIError) as error:
            raise _outage(error) from error

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
                transport=Transport(self._deadline(), self._ssl_context),
                timeout=TIMEOUT,
                event_hooks={"response": [_refuse]},
            )
        return client

    def _deadline(self) -> Deadline:
        """This thread's: that of the one request which it makes at a time."""
        deadline: Deadline | None = getattr(self._of_thread, "deadline", None)
        if deadline is None:
            deadline = self._of_thread.deadline = Deadline()
        return deadline


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

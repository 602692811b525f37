"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each request carries its caller's token, over a connection that carries none. (A shared client whose
token is switched hands one user's token to another's request.)
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
import httpcore

from shared import errors, settings

# Seconds. Twilio waits 15 s at most, and a person not even that.
TIMEOUT = {"connect": 2.0, "read": 5.0, "write": 5.0, "pool": 5.0}

Row = dict[str, Any]


class Database:
    """A Supabase project's REST API. Shared by all threads of a function, each of which keeps one
    connection open."""

    def __init__(self, supabase: settings.Supabase) -> None:
        self._url = f"{supabase.url}/rest/v1"
        self._host = urlsplit(supabase.url).netloc
        self._publishable_key = supabase.publishable_key
        # 20 ms to make, so it is made once and not per thread.
        self._ssl_context = ssl.create_default_context(cafile=certifi.where())
        self._of_thread = threading.local()

    def call(self, access_token: str, function: str, parameters: Mapping[str, Any]) -> Row:
        """Calls a database function that answers a JSON object.

        Raises Unauthenticated if the database refuses the token, DatabaseUnavailable if it does not
        answer, and PhoneSystemError if it answers what only a wrong set-up explains.
        """
        body = json.dumps(dict(parameters)).encode()
        answer = self._ask("POST", f"rpc/{function}", access_token, body)
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
        query = urlencode({"select": columns, "id": f"eq.{row_id}", "limit": "1"})
        rows = self._ask("GET", f"{table}?{query}", access_token)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise errors.PhoneSystemError(f"{table} answered no rows")
        return rows[0] if rows else None

    def _ask(self, method: str, path: str, access_token: str, body: bytes | None = None) -> Any:
        """The JSON that the REST API answers, None if it answers nothing. Raises as ``call`` does.
        Nothing is tried twice: our callers do that."""
        headers: dict[bytes | str, bytes | str] = {
            "Host": self._host,
            "apikey": self._publishable_key,
            "Authorization": f"Bearer {access_token}",
        }
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        try:
            response = self._connection().request(
                method,
                f"{self._url}/{path}",
                headers=headers,
                content=body,
                extensions={"timeout": TIMEOUT},
            )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise errors.DatabaseUnavailable(
                f"{type(error).__name__} while asking the REST API"
            ) from error
        if not 200 <= response.status < 300:
            raise _refusal(response)
        try:
            return json.loads(response.content) if response.content else None
        except ValueError as error:
            raise errors.DatabaseUnavailable("the REST API answered no JSON") from error

    def _connection(self) -> httpcore.ConnectionPool:
        """This thread's connection. Threads that share a pool lose requests now and then: it may
        close a connection that another thread is using (encode/httpcore#1110)."""
        connection: httpcore.ConnectionPool | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            # HTTP/1.1: one request at a time gains nothing from HTTP/2, and pays for it.
            connection = httpcore.ConnectionPool(self._ssl_context, max_connections=1)
            self._of_thread.connection = connection
        return connection


def _refusal(response: httpcore.Response) -> errors.RequestError:
    """What an answer that is no success means."""
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    code = str(body.get("code") or "") if isinstance(body, dict) else ""
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    # The comma keeps a status and an SQLSTATE from looking like a phone number to the log.
    detail = f"the REST API answered HTTP {response.status}, {code} {message}".rstrip(", ")

    if response.status >= 500 or response.status in (408, 429):
        return errors.DatabaseUnavailable(detail)
    # PGRST3xx: https://docs.postgrest.org/en/v13/references/errors.html. A 401 without it is the
    # gateway's, about the API key.
    if response.status == 401 and code.startswith("PGRST3"):
        return errors.Unauthenticated()
    return errors.PhoneSystemError(detail)

"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each request carries its caller's token, over a connection that carries none. (A shared client whose
token is switched hands one user's token to another's request.)
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
import httpcore

from shared import errors, logs, settings
from shared.deadline import Backend, Deadline

# Twilio waits 15 s at most, and a person not even that. All of a request keeps to this, with every
# further try.
TOTAL_SECONDS = 5.0
TIMEOUT = {
    "connect": 2.0, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS, "pool": TOTAL_SECONDS,
}  # fmt: skip

# The connection broke: an idle one that the other side had closed, or a server that ends.
_BROKEN = (httpcore.NetworkError, httpcore.RemoteProtocolError)

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
        self._origin = httpcore.URL(supabase.url).origin
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
        self,
        webhook_jwt: str,
        function: str,
        parameters: Mapping[str, Any],
        setting: str = "SUPABASE_WEBHOOK_JWT",
    ) -> Row:
        """``call`` with a token of the endpoint's own, from ``setting``: if that is refused, it is
        the setting that is wrong and not the caller.

        While the database is not available it is asked again, so that a short outage costs no call:
        what is asked with these tokens may be asked any number of times.
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
                f"the database refuses {setting}: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id, or None if the caller can see none. Raises as ``call`` does."""
        query = urlencode({"select": columns, "id": f"eq.{row_id}", "limit": "1"})
        rows = self._ask("GET", f"{table}?{query}", access_token)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise errors.PhoneSystemError(f"{table} answered no rows")
        return rows[0] if rows else None

    def _ask(self, method: str, path: str, access_token: str, body: bytes | None = None) -> Any:
        """The JSON that the REST API answers within TOTAL_SECONDS, None if it answers nothing.
        Raises as ``call`` does.

        If the connection breaks it is asked once more, over a new one. That is harmless even where
        the first was heard: what is asked here may be asked twice, as Twilio and browsers do.
        """
        headers: dict[bytes | str, bytes | str] = {
            "Host": self._host,
            "apikey": self._publishable_key,
            "Authorization": f"Bearer {access_token}",
        }
        if body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        request = httpcore.Request(
            method,
            f"{self._url}/{path}",
            headers=headers,
            content=body,
            extensions={"timeout": TIMEOUT},
        )
        try:
            with self._deadline().within(TOTAL_SECONDS):
                try:
                    response = self._answer(request)
                except _BROKEN:
                    response = self._answer(request)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise errors.DatabaseUnavailable(
                f"{type(error).__name__} while asking the REST API"
            ) from error
        if not 200 <= response.status < 300:
            raise _refusal(response, path.partition("?")[0])
        try:
            return json.loads(response.content) if response.content else None
        except ValueError as error:
            raise errors.DatabaseUnavailable("the REST API answered no JSON") from error

    def _answer(self, request: httpcore.Request) -> httpcore.Response:
        response = self._connection().handle_request(request)
        try:
            response.read()
        finally:
            response.close()
        return response

    def _connection(self) -> httpcore.HTTPConnection:
        """This thread's connection. Threads that share a pool lose requests now and then: it may
        close a connection that another thread is using (encode/httpcore#1110)."""
        connection: httpcore.HTTPConnection | None = getattr(self._of_thread, "connection", None)
        if connection is not None:
            if connection.is_available() and not connection.has_expired():
                return connection
            connection.close()
        # HTTP/1.1: one request at a time gains nothing from HTTP/2, and pays for it.
        connection = self._of_thread.connection = httpcore.HTTPConnection(
            self._origin, self._ssl_context, network_backend=Backend(self._deadline())
        )
        return connection

    def _deadline(self) -> Deadline:
        """This thread's: that of the one request which it makes at a time."""
        deadline: Deadline | None = getattr(self._of_thread, "deadline", None)
        if deadline is None:
            deadline = self._of_thread.deadline = Deadline()
        return deadline


def _refusal(response: httpcore.Response, path: str) -> errors.RequestError:
    """What an answer that is no success means."""
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    code = body.get("code") if isinstance(body, dict) else None
    # An SQLSTATE or one of PostgREST's. The message beside it may quote what was sent.
    code = code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9]{5,8}", code) else "no code"
    # The comma keeps a status and an SQLSTATE from looking like a phone number to the log.
    detail = f"/rest/v1/{path} answered HTTP {response.status}, {code}"

    if response.status >= 500 or response.status in (408, 429):
        return errors.DatabaseUnavailable(detail)
    # PGRST3xx: https://docs.postgrest.org/en/v13/references/errors.html
    if response.status == 401:
        if code.startswith("PGRST3"):
            return errors.Unauthenticated()
        return errors.PhoneSystemError(f"{detail}: the gateway refuses SUPABASE_PUBLISHABLE_KEY")
    return errors.PhoneSystemError(detail)

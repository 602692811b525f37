"""The database, over Supabase's REST API: one call for each request, with the caller's own token.

The token is a parameter of each call and not a property of the client. A shared client whose token
is switched can send one user's request with another user's token.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from shared import errors, logs, settings, time_limit
from shared.http_client import HttpClient, NoAnswer, Response

# The limit for a whole call with all its tries. Twilio waits for 15 s, and people for less.
TOTAL_SECONDS = 5.0

# The seconds between the tries of a webhook. Twilio repeats a failed webhook at once: without these
# pauses, all tries would be over in a moment.
PAUSES = (0.25, 0.5, 1.0, 1.0, 1.0)
# If less time than this is left, there are no more tries.
_ENOUGH_SECONDS = 1.0

# query_canceled: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATEMENT_STOPPED = "57014"

Row = dict[str, object]


class Database:
    """The REST API of a Supabase project. All threads of a function share it. A call with all its
    tries takes ``seconds`` at most."""

    def __init__(
        self,
        supabase: settings.Supabase,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._url = f"{supabase.url}/rest/v1"
        self._publishable_key = supabase.publishable_key
        self._http = HttpClient()
        self._clock = clock
        self._sleep = sleep
        self._seconds = seconds

    def call(self, access_token: str, function: str, parameters: Mapping[str, object]) -> Row:
        """Calls an SQL function that answers a JSON object.

        Raises Unauthenticated if the database refuses the token, DatabaseUnavailable if it does not
        answer, and PhoneSystemError for an answer that only a wrong set-up explains.
        """
        return self._call(access_token, function, parameters, self._compute_deadline())

    def read(self, access_token: str, function: str, parameters: Mapping[str, object]) -> object:
        """Calls an SQL function that may answer any JSON. Raises what ``call`` raises."""
        return self._ask(
            f"rpc/{function}", access_token, _encode(parameters), self._compute_deadline()
        )

    def call_as_endpoint(
        self, jwt: str, function: str, parameters: Mapping[str, object], *, setting: str
    ) -> Row:
        """Calls an SQL function with the endpoint's own token, which the setting ``setting`` holds.

        If the database is not available, it is asked again, so that no call is lost in a short
        outage. The SQL functions for these tokens may be called any number of times.

        Raises DatabaseUnavailable (StatementStopped if the statement took longer than its role
        allows) and PhoneSystemError as ``call`` does. If the token is refused,
        the setting is wrong, and not the caller: this raises PhoneSystemError, which names it.
        """
        deadline = self._compute_deadline()
        try:
            for pause in PAUSES:
                try:
                    return self._call(jwt, function, parameters, deadline)
                except errors.DatabaseUnavailable as error:
                    if deadline - self._clock() < pause + _ENOUGH_SECONDS:
                        raise
                    logs.write("WARNING", f"{function} is asked again: {error.detail}")
                self._sleep(pause)
            return self._call(jwt, function, parameters, deadline)
        except errors.Unauthenticated as error:
            raise errors.PhoneSystemError(
                f"the database refuses {setting}: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id; None if it does not exist or the caller may not see it.

        Raises what ``call`` raises.
        """
        query = urlencode({"select": columns, "id": f"eq.{row_id}", "limit": "1"})
        rows = self._ask(f"{table}?{query}", access_token, None, self._compute_deadline())
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise errors.PhoneSystemError(f"{table} did not answer a list of rows")
        return rows[0] if rows else None

    def _compute_deadline(self) -> float:
        return self._clock() + time_limit.left(self._seconds)

    def _call(
        self, access_token: str, function: str, parameters: Mapping[str, object], deadline: float
    ) -> Row:
        answer = self._ask(f"rpc/{function}", access_token, _encode(parameters), deadline)
        if not isinstance(answer, dict):
            raise errors.PhoneSystemError(f"{function} did not answer a JSON object")
        return answer

    def _ask(self, path: str, access_token: str, body: bytes | None, deadline: float) -> object:
        """The JSON that the REST API answers to a GET, or to a POST of ``body``; None if the answer
        has no body. Raises what ``call`` raises.

        If the connection breaks, the request is sent once more, over a new connection. That is
        harmless even if the first one arrived: Twilio and browsers repeat requests, too.
        """
        method = "GET" if body is None else "POST"
        headers = [f"apikey: {self._publishable_key}", f"Authorization: Bearer {access_token}"]
        if body is not None:
            headers.append("Content-Type: application/json")

        def send() -> Response:
            left = deadline - self._clock()
            return self._http.request(
                method, f"{self._url}/{path}", headers=headers, body=body, seconds=left
            )

        try:
            try:
                response = send()
            except NoAnswer as error:
                if error.timed_out:
                    raise
                response = send()
        except NoAnswer as error:
            raise errors.DatabaseUnavailable(f"the REST API: {error}") from error
        if not 200 <= response.status < 300:
            raise _explain_refusal(response, path.partition("?")[0])
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise errors.DatabaseUnavailable("the REST API did not answer JSON") from error


def _encode(parameters: Mapping[str, object]) -> bytes:
    return json.dumps(parameters).encode()


def _explain_refusal(response: Response, path: str) -> errors.RequestError:
    """The error that an answer other than success stands for."""
    try:
        body = response.json()
    except ValueError:
        body = None
    code = body.get("code") if isinstance(body, dict) else None
    # An SQLSTATE, or a code of PostgREST. The message beside it may quote what was sent.
    code = code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9]{5,8}", code) else "no code"
    # Without the comma, the log would mask a status and an SQLSTATE as a phone number.
    detail = f"/rest/v1/{path} answered HTTP {response.status}, {code}"

    if code == _STATEMENT_STOPPED:
        return errors.StatementStopped(detail)
    if response.status >= 500 or response.status in (408, 429):
        return errors.DatabaseUnavailable(detail)
    # PGRST3xx: https://docs.postgrest.org/en/v13/references/errors.html
    if response.status == 401:
        if code.startswith("PGRST3"):
            return errors.Unauthenticated()
        return errors.PhoneSystemError(f"{detail}: the gateway refuses SUPABASE_PUBLISHABLE_KEY")
    return errors.PhoneSystemError(detail)

"""The database, over Supabase's REST API: one call per request, as the caller and no one else.

Each request carries its caller's token, over a connection that carries none. (A shared client whose
token is switched hands one user's token to another's request.)
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from shared import errors, logs, settings
from shared.http_client import HttpClient, NoAnswer, Response

# Twilio waits 15 s at most, and a person not even that. All of a request keeps to this, with every
# further try.
TOTAL_SECONDS = 5.0

# Seconds between a webhook's tries. Twilio's own follow each other at once, so without these all of
# them would be over in a moment.
PAUSES = (0.25, 0.5, 1.0, 1.0, 1.0)
# What a further try needs to be worth it.
_ENOUGH_SECONDS = 1.0

Row = dict[str, Any]


class Database:
    """A Supabase project's REST API. Shared by all threads of a function."""

    def __init__(
        self, supabase: settings.Supabase, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = f"{supabase.url}/rest/v1"
        self._publishable_key = supabase.publishable_key
        self._http = HttpClient()
        self._clock = clock

    def call(self, access_token: str, function: str, parameters: Mapping[str, Any]) -> Row:
        """Calls a database function that answers a JSON object.

        Raises Unauthenticated if the database refuses the token, DatabaseUnavailable if it does not
        answer, and PhoneSystemError if it answers what only a wrong set-up explains.
        """
        return self._call(access_token, function, parameters, self._deadline())

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
            for pause in PAUSES:
                try:
                    return self._call(webhook_jwt, function, parameters, deadline)
                except errors.DatabaseUnavailable as error:
                    if deadline - self._clock() < pause + _ENOUGH_SECONDS:
                        raise
                    logs.write("WARNING", f"{function} is asked again: {error.detail}")
                time.sleep(pause)
            return self._call(webhook_jwt, function, parameters, deadline)
        except errors.Unauthenticated as error:
            raise errors.PhoneSystemError(
                f"the database refuses {setting}: expired, or signed with another key"
            ) from error

    def find(self, access_token: str, table: str, columns: str, row_id: str) -> Row | None:
        """The row with this id, or None if the caller can see none. Raises as ``call`` does."""
        query = urlencode({"select": columns, "id": f"eq.{row_id}", "limit": "1"})
        rows = self._ask(f"{table}?{query}", access_token, None, self._deadline())
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise errors.PhoneSystemError(f"{table} answered no rows")
        return rows[0] if rows else None

    def _deadline(self) -> float:
        return self._clock() + TOTAL_SECONDS

    def _call(
        self, access_token: str, function: str, parameters: Mapping[str, Any], deadline: float
    ) -> Row:
        body = json.dumps(dict(parameters)).encode()
        answer = self._ask(f"rpc/{function}", access_token, body, deadline)
        if not isinstance(answer, dict):
            raise errors.PhoneSystemError(f"{function} answered no JSON object")
        return answer

    def _ask(self, path: str, access_token: str, body: bytes | None, deadline: float) -> Any:
        """Gets, or posts ``body``: the JSON that the REST API answers, None if it answers nothing.
        Raises as ``call`` does.

        If the connection breaks it is asked once more, over a new one. That is harmless even where
        the first was heard: what is asked here may be asked twice, as Twilio and browsers do.
        """
        headers = [f"apikey: {self._publishable_key}", f"Authorization: Bearer {access_token}"]
        if body is not None:
            headers.append("Content-Type: application/json")

        def answer() -> Response:
            left = deadline - self._clock()
            return self._http.request(f"{self._url}/{path}", headers, body, seconds=left)

        try:
            try:
                response = answer()
            except NoAnswer as error:
                if error.timed_out:
                    raise
                response = answer()
        except NoAnswer as error:
            raise errors.DatabaseUnavailable(f"the REST API: {error}") from error
        if not 200 <= response.status < 300:
            raise _refusal(response, path.partition("?")[0])
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise errors.DatabaseUnavailable("the REST API answered no JSON") from error


def _refusal(response: Response, path: str) -> errors.RequestError:
    """What an answer that is no success means."""
    try:
        body = response.json()
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

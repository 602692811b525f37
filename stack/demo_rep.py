"""The demo rep, over HTTP: signs in, reads rows, asks the functions and the simulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from postgrest import APIError
from supabase import Client, ClientOptions, create_client

from stack.errors import StackError
from stack.lines import say

Json = dict[str, Any]


class Failed(StackError):
    """A step of the call was refused or failed."""


@dataclass(frozen=True)
class Rep:
    """A signed-in rep, who reads with the `supabase` package what row-level security shows them."""

    supabase: Client
    access_token: str

    @classmethod
    def sign_in(cls, http: httpx.Client, env: Mapping[str, str], email: str = "") -> "Rep":
        """The demo rep, or another person with the same password. Raises Failed if the Auth server
        refuses."""
        missing = [name for name in ("DEMO_EMAIL", "DEMO_PASSWORD") if not env.get(name)]
        if missing:
            raise Failed(f"To sign in to this project, add {' and '.join(missing)} to .env.")
        email = email or env["DEMO_EMAIL"]
        # Without the `supabase` client, which cannot read the timestamps of the local Auth server.
        answer = request(
            http,
            "POST",
            f"{env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
            headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
            json={"email": email, "password": env["DEMO_PASSWORD"]},
        )
        session = read_json(answer, f"Signing in as {email}")
        say(None, "rep", f"{email} signed in")
        token = str(session["access_token"])
        supabase = create_client(
            env["SUPABASE_URL"],
            env["SUPABASE_PUBLISHABLE_KEY"],
            ClientOptions(headers={"Authorization": f"Bearer {token}"}, httpx_client=http),
        )
        return cls(supabase, token)

    def select(self, table: str, **equal: str) -> list[Json]:
        """The rows of `table` whose columns have these values. Raises Failed."""
        query = self.supabase.table(table).select("*")
        for column, value in equal.items():
            query = query.eq(column, value)
        try:
            rows = query.execute().data
        except (httpx.HTTPError, APIError) as error:
            raise Failed(f"Reading {table}: {error}") from None
        return [row for row in rows if isinstance(row, dict)]

    def change(self, table: str, row_id: str, **columns: object) -> None:
        """Writes columns of one row. Raises Failed, also if the person may not write it."""
        try:
            changed = self.supabase.table(table).update(columns).eq("id", row_id).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise Failed(f"Changing {table}: {error}") from None
        if not changed:
            raise Failed(f"Changing {table}: {row_id} is not there, or may not be changed.")

    def roles(self, call_sid: str) -> dict[str, str]:
        """The role of each leg of a call, by the leg's id. Raises Failed."""
        rows = self.select("conversations", call_sid=call_sid)
        legs = self.select("call_legs", conversation_id=rows[0]["id"]) if rows else []
        return {leg["id"]: leg["role"] for leg in legs}

    def rpc(self, function: str, **parameters: str) -> list[Json]:
        """The rows that an SQL function answers. Raises Failed."""
        try:
            rows = self.supabase.rpc(function, parameters).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise Failed(f"Asking {function}: {error}") from None
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def ask(self, function: str, **parameters: object) -> Json:
        """The answer of an SQL function that answers one object. Raises Failed, also for an error
        in it."""
        try:
            answer = self.supabase.rpc(function, parameters).execute().data
        except (httpx.HTTPError, APIError) as error:
            raise Failed(f"Asking {function}: {error}") from None
        if not isinstance(answer, dict) or "error" in answer:
            raise Failed(f"Asking {function}: it answers {answer}")
        return answer


def request(http: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """Asks once. Raises Failed if nobody answers."""
    try:
        return http.request(method, url, **options)
    except httpx.HTTPError as error:
        raise Failed(f"{url} does not answer: {error}") from None


def read_json(answer: httpx.Response, who: str) -> Any:
    """The JSON of a successful answer. Raises Failed with the error's message otherwise."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success and body is not None:
        return body
    raise Failed(f"{who} answered {answer.status_code}: {_message(body) or answer.text[:200]}")


def _message(body: object) -> str:
    """The message in an error of the functions, the simulator, Auth or REST: each has its form."""
    if not isinstance(body, dict):
        return ""
    error = body.get("error")
    if isinstance(error, dict):
        return f"{error.get('message')} ({error.get('code')})"
    return str(body.get("msg") or body.get("message") or body.get("error_description") or "")

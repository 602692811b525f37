"""Places one call as the demo rep, and checks the conversation row that it leaves."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from postgrest import APIError
from supabase import Client, ClientOptions, create_client

from functions.setup import env_file, proxies
from stack.errors import StackError
from stack.local_dir import is_running
from stack.settings import Settings
from stack.stack import Stack

DEFAULT_TO = "+15005550006"

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# How long the simulator waits for an event before it answers a poll with none.
_POLL_SECONDS = 20
_ROW_COLUMNS = (
    "status", "block_reason", "duration_seconds", "from_number", "to_number", "lead_id",
    "campaign_id", "dialed_at", "ringing_at", "answered_at", "ended_at", "call_sid", "id",
)  # fmt: skip

_LINE_WIDTH = 120
_HEX_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{6})[0-9a-f]{26}(?![0-9a-f])")

Json = dict[str, Any]


class Failed(StackError):
    """A step of the call was refused or failed."""


def main(settings: Settings, to: str, base: str | None) -> int:
    """Places a call to `to` and prints it. Uses the running stack, or starts one for this call.

    `base`: the address of the functions, if not the stack's. Returns 0, or 1 if the rows in the
    database differ from the call. Raises StackError if the call could not be placed.
    """
    if is_running(settings):
        env = env_file.read(settings.stack_env_path)
        return _place_and_check(env, to, base)
    print("No stack is running: starting one for this call …", flush=True)
    with Stack(settings) as stack:
        return _place_and_check(stack.env, to, base)


def _place_and_check(env: Mapping[str, str], to: str, base: str | None) -> int:
    functions_url = base or env["FUNCTIONS_URL"]
    try:
        http = proxies.client(
            env["SUPABASE_URL"], functions_url, env["SIMULATOR_URL"], timeout=_TIMEOUT
        )
    except proxies.ProxyUnusable as error:
        raise Failed(f"{error}.") from None
    with http:
        rep = Rep.sign_in(http, env)
        call_sid = _place(http, env, rep, to, functions_url)
        _print_timeline(http, env["SIMULATOR_URL"], call_sid)
        url = f"{env['SIMULATOR_URL']}/simulator/calls/{call_sid}"
        call = _json(_request(http, "GET", url), "The simulator")
        row, complaints = check(rep, call)
    _print_row(row)
    if complaints:
        print("\nThe rows in the database differ from the call:", file=sys.stderr)
        for complaint in complaints:
            print(f"  - {complaint}", file=sys.stderr)
        return 1
    print("\nThe row matches the call.")
    return 0


@dataclass(frozen=True)
class Rep:
    """A signed-in rep, who reads with the `supabase` package what row-level security shows them."""

    supabase: Client
    access_token: str

    @classmethod
    def sign_in(cls, http: httpx.Client, env: Mapping[str, str]) -> "Rep":
        """The demo rep. Raises Failed if the Auth server refuses."""
        missing = [name for name in ("DEMO_EMAIL", "DEMO_PASSWORD") if not env.get(name)]
        if missing:
            raise Failed(f"To sign in to this project, add {' and '.join(missing)} to .env.")
        # Without the `supabase` client, which cannot read the timestamps of the local Auth server.
        answer = _request(
            http,
            "POST",
            f"{env['SUPABASE_URL']}/auth/v1/token?grant_type=password",
            headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
            json={"email": env["DEMO_EMAIL"], "password": env["DEMO_PASSWORD"]},
        )
        session = _json(answer, f"Signing in as {env['DEMO_EMAIL']}")
        _say(None, "rep", f"{env['DEMO_EMAIL']} signed in")
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


def _place(
    http: httpx.Client, env: Mapping[str, str], rep: Rep, to: str, functions_url: str
) -> str:
    """Gets an access token and dials, as the browser does; returns the CallSid."""
    url = f"{functions_url.rstrip('/')}/api/twilio/token"
    body = {"businessId": env["DEMO_BUSINESS_ID"]} if "DEMO_BUSINESS_ID" in env else {}
    answer = _request(
        http, "POST", url, headers={"Authorization": f"Bearer {rep.access_token}"}, json=body
    )
    grant = _json(answer, "The token function")["data"]
    _say(None, "token", f"{grant['identity']}, until {grant['expiresAt']}")

    params = {"To": to}
    if grant["callerId"]:
        params["CallerId"] = grant["callerId"]
    leads = rep.select("leads", business_id=grant["businessId"], phone_number=to)
    campaigns = rep.select("campaigns", business_id=grant["businessId"])
    if leads:
        params["LeadId"] = leads[0]["id"]
        _say(None, "lead", leads[0]["name"])
        if campaigns:
            campaign = min(campaigns, key=lambda row: str(row["name"]))
            params["CampaignId"] = campaign["id"]
            _say(None, "campaign", campaign["name"])
    answer = _request(
        http,
        "POST",
        f"{env['SIMULATOR_URL']}/simulator/calls",
        json={"accessToken": grant["token"], "params": params},
    )
    return str(_json(answer, "The simulator")["callSid"])


def _print_timeline(http: httpx.Client, simulator_url: str, call_sid: str) -> None:
    seen = 0
    while True:
        answer = _request(
            http,
            "GET",
            f"{simulator_url}/simulator/calls/{call_sid}/events",
            params={"after": str(seen), "wait": str(_POLL_SECONDS)},
        )
        page = _json(answer, "The simulator")
        for event in page["events"]:
            seen = event["n"]
            _say(event["seconds"], event["kind"], event["text"])
        if page["ended"] and not page["events"]:
            return


def check(rep: Rep, call: Json) -> tuple[Json | None, list[str]]:
    """The conversation of `call` (as the simulator shows it), and how it differs from the call."""
    call_sid = call["callSid"]
    rows = rep.select("conversations", call_sid=call_sid)
    if len(rows) != 1:
        return None, [f"there are {len(rows)} conversations of {call_sid}, not 1"]
    row = rows[0]
    complaints: list[str] = []

    def compare(what: str, found: object, expected: object) -> None:
        if found != expected:
            complaints.append(f"{what} is {found!r}, but the call had {expected!r}")

    legs = {leg["callSid"]: leg for leg in call["legs"]}
    status, talk_seconds = _expected_ending(call)
    compare("status", row["status"], status)
    compare("duration_seconds", row["duration_seconds"] or 0, talk_seconds)
    compare("block_reason given", row["block_reason"] is not None, status == "blocked")
    if status != "blocked":
        for column, param in (("lead_id", "LeadId"), ("campaign_id", "CampaignId")):
            if param in call["params"]:
                compare(column, row[column], call["params"][param])

    stored = {leg["call_sid"]: leg for leg in rep.select("call_legs", conversation_id=row["id"])}
    compare("the set of legs", sorted(stored), sorted(legs))
    for sid in stored.keys() & legs.keys():
        leg = legs[sid]
        compare(f"role of leg {sid}", stored[sid]["role"], leg["role"])
        compare(f"status of leg {sid}", stored[sid]["status"], leg["status"])
        compare(
            f"duration_seconds of leg {sid}",
            stored[sid]["duration_seconds"] or 0,
            leg["duration"] or 0,
        )

    events = rep.select("call_events", agent_call_sid=call_sid)
    compare("the number of events", len(events), len(_distinct_callbacks(call)))
    for delivery in call["deliveries"]:
        if not delivery["delivered"]:
            last = delivery["attempts"][-1]["detail"]
            complaints.append(f"the {delivery['kind']} webhook was not accepted: {last}")
    return row, complaints


def _expected_ending(call: Json) -> tuple[str, int]:
    """Status and talk time (seconds) that the conversation must have."""
    lead = next((leg for leg in reversed(call["legs"]) if leg["role"] == "lead"), None)
    if lead is not None:
        return str(lead["status"]), int(lead["duration"] or 0)
    dialled = any(
        "<Dial" in document["body"] for document in call["documents"] if document["kind"] == "voice"
    )
    if not dialled:
        return ("blocked" if call["documents"] else "canceled"), 0
    # The network refused to dial: there is no leg, and the request to Dial's action has the status.
    action = next(
        (delivery for delivery in call["deliveries"] if delivery["kind"] == "action"), None
    )
    return (str(action["params"]["DialCallStatus"]) if action else "canceled"), 0


def _distinct_callbacks(call: Json) -> set[tuple[str, ...]]:
    return {
        (
            "action" if delivery["kind"] == "action" else "status",
            delivery["params"]["CallSid"],
            delivery["params"].get("DialCallStatus", delivery["params"]["CallStatus"]),
            delivery["params"].get("SequenceNumber", ""),
        )
        for delivery in call["deliveries"]
        if delivery["kind"] != "voice" and delivery["delivered"]
    }


def _say(seconds: float | None, what: str, text: str) -> None:
    """Prints one line of the timeline: seconds into the call, kind, text cut to the screen."""
    at = "" if seconds is None else f"{seconds:.1f} s"
    text = _HEX_ID.sub(r"\1…", text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>'))
    if len(text) > _LINE_WIDTH:
        text = f"{text[:_LINE_WIDTH]}…"
    print(f"{at:>8}  {what:<9} {text}", flush=True)


def _print_row(row: Json | None) -> None:
    if row is None:
        return
    print("\nThe conversation:")
    for column in _ROW_COLUMNS:
        if row.get(column) is not None:
            print(f"  {column:<17} {row[column]}")


def _request(http: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    try:
        return http.request(method, url, **options)
    except httpx.HTTPError as error:
        raise Failed(f"{url} does not answer: {error}") from None


def _json(answer: httpx.Response, who: str) -> Any:
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

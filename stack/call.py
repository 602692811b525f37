"""Places one call as the demo rep, and checks the rows that it leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from functions.setup import env_file, proxies
from stack import cycle, placing, record, transfer
from stack.call_check import check
from stack.demo_rep import Failed, Json, Rep
from stack.lines import say
from stack.local_dir import is_running
from stack.settings import Settings
from stack.stack import Stack
from stack.timeline import Timeline

DEFAULT_TO = "+15005550006"

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
# How long the simulator waits for an event before it answers a poll with none.
_POLL_SECONDS = 20
_ROW_COLUMNS = (
    "status", "block_reason", "duration_seconds", "hold_seconds", "recording_state",
    "from_number", "to_number",
    "lead_id", "campaign_id", "dialed_at", "ringing_at", "answered_at", "ended_at", "call_sid",
    "id",
)  # fmt: skip


def main(settings: Settings, to: str, base: str | None, form: str | None = None) -> int:
    """Places a call to `to` and prints it. Uses the running stack, or starts one for this call.

    `base`: the address of the functions, if not the stack's. `form`: one of `transfer.FORMS`,
    `record.FORM` or `cycle.FORM`; None for a plain call. Returns 0, or 1 if the rows in the
    database differ from the call. Raises StackError if a step of the call fails.
    """
    if is_running(settings):
        env = env_file.read(settings.stack_env_path)
        return _place_and_check(env, to, base, form)
    print("No stack is running: starting one for this call …", flush=True)
    with Stack(settings) as stack:
        return _place_and_check(stack.env, to, base, form)


def _place_and_check(env: Mapping[str, str], to: str, base: str | None, form: str | None) -> int:
    functions_url = (base or env["FUNCTIONS_URL"]).rstrip("/")
    try:
        http = proxies.client(
            env["SUPABASE_URL"], functions_url, env["SIMULATOR_URL"], timeout=_TIMEOUT
        )
    except proxies.ProxyUnusable as error:
        raise Failed(f"{error}.") from None
    with http, _rep_ready_for(form, http, env) as rep:
        if form == cycle.FORM:
            return _conclude(cycle.run(http, env, rep, functions_url))
        call_sid = _place(http, env, rep, to, functions_url, form)
        timeline = Timeline(http, env["SIMULATOR_URL"], call_sid, rep.roles)
        if form == record.FORM:
            record.run(rep, functions_url, timeline)
        elif form is not None:
            transfer.run(form, rep, env, functions_url, timeline)
        while not timeline.is_over:
            timeline.read(wait_seconds=_POLL_SECONDS)
        call = timeline.call()
        row, complaints = check(rep, call)
        if form == record.FORM and row is not None:
            complaints += record.check(http, env, rep, functions_url, row)
        elif form is not None and row is not None:
            complaints += transfer.check(form, rep, env, row)
    _print_row(row)
    return _conclude(complaints)


def _conclude(complaints: list[str]) -> int:
    if complaints:
        print("\nThe rows in the database differ from the call:", file=sys.stderr)
        for complaint in complaints:
            print(f"  - {complaint}", file=sys.stderr)
        return 1
    print("\nThe row matches the call.")
    return 0


@contextmanager
def _rep_ready_for(form: str | None, http: httpx.Client, env: Mapping[str, str]) -> Iterator[Rep]:
    """The demo rep, in a business where a call of this form is possible."""
    rep = Rep.sign_in(http, env)
    if form == record.FORM:
        with record.switched_on(http, env, rep):
            yield rep
        return
    if form in transfer.FORMS:
        transfer.wait_for_colleague(rep, env)
    yield rep


def _place(
    http: httpx.Client,
    env: Mapping[str, str],
    rep: Rep,
    to: str,
    functions_url: str,
    form: str | None,
) -> str:
    """Gets an access token and dials, as the browser does; returns the CallSid."""
    grant = placing.grant_token(http, env, rep, functions_url)
    params = {"To": to}
    if grant["callerId"]:
        params["CallerId"] = grant["callerId"]
    leads = rep.select("leads", business_id=grant["businessId"], phone_number=to)
    campaigns = rep.select("campaigns", business_id=grant["businessId"])
    if leads:
        params["LeadId"] = leads[0]["id"]
        say(None, "lead", leads[0]["name"])
        if campaigns:
            campaign = min(campaigns, key=lambda row: str(row["name"]))
            params["CampaignId"] = campaign["id"]
            say(None, "campaign", campaign["name"])
    script = None if form is None else record.LEAD if form == record.FORM else transfer.LEAD
    return placing.place(http, env, grant, params, script)


def _print_row(row: Json | None) -> None:
    if row is None:
        return
    print("\nThe conversation:")
    for column in _ROW_COLUMNS:
        if row.get(column) is not None:
            print(f"  {column:<17} {row[column]}")

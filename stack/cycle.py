"""`make call QUEUE=1`: the next two leads of the demo's queue, one after the other, as a rep's page
calls them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx

from stack import placing
from stack.call_check import check
from stack.demo_rep import Failed, Json, Rep
from stack.lines import say
from stack.timeline import Timeline

# What `stack.call` calls this, beside `transfer.FORMS` and `record.FORM`.
FORM = "queue"
_CAMPAIGN = "Solar autumn"
# What the leads do whoever they are, the outcome that the rep chooses, and why the lead waits then.
_CALLS: tuple[tuple[Json, str | None, str], ...] = (
    ({"ending": "busy", "ringSeconds": 0}, None, "retry"),
    (
        {"ending": "completed", "machine": False, "ringSeconds": 2, "talkSeconds": 5},
        "callback",
        "call_back",
    ),
)
_POLL_SECONDS = 20


def run(http: httpx.Client, env: Mapping[str, str], rep: Rep, functions_url: str) -> list[str]:
    """Calls whom the queue gives. Returns how calls and queue differ from what they should be.
    Raises Failed if a step is refused, or if nobody is to be called now."""
    grant = placing.grant_token(http, env, rep, functions_url)
    campaigns = rep.select("campaigns", business_id=grant["businessId"], name=_CAMPAIGN)
    if not campaigns:
        raise Failed(f"The business has no campaign {_CAMPAIGN}. `make reset` builds the demo.")
    complaints: list[str] = []
    for script, outcome, waits_for in _CALLS:
        entry = _next(rep, campaigns[0])
        call_sid = _place(http, env, grant, rep, entry, script)
        timeline = Timeline(http, env["SIMULATOR_URL"], call_sid, rep.roles)
        while not timeline.is_over:
            timeline.read(wait_seconds=_POLL_SECONDS)
        # First of all: whatever the rows are, the rep does not keep the lead.
        try:
            finished = _finish(rep, entry, outcome)
        except Failed as error:
            # The rows say why: the end of the call may have been lost.
            return [*complaints, *check(rep, timeline.call())[1], str(error)]
        row, differences = check(rep, timeline.call())
        complaints += differences
        if finished["wait_reason"] != waits_for:
            name, status = entry["lead"]["name"], row and row["status"]
            complaints.append(
                f"{name} has {finished}, not {waits_for}, after a call that is {status}"
            )
    return complaints


def _next(rep: Rep, campaign: Json) -> Json:
    told = rep.ask("next_lead", p_campaign_id=campaign["id"])
    entry: Json | None = told["entry"]
    if entry is None:
        when = told["again_at"] or "somebody fills it"
        raise Failed(f"The queue of {campaign['name']} has nobody to call until {when}.")
    lead = entry["lead"]
    if entry["conversation_id"] is not None:
        raise Failed(
            f"{lead['name']} was called, and the call has no outcome yet. Choose one on the Calls"
            f" page: {campaign['name']}, Start."
        )
    say(None, "queue", f"{lead['name']}: {entry['why_now']}, attempt {entry['attempts'] + 1}")
    return entry


def _place(
    http: httpx.Client, env: Mapping[str, str], grant: Json, rep: Rep, entry: Json, script: Json
) -> str:
    """Calls the lead; returns the CallSid. Raises Failed if no call was placed: the lead is back in
    the queue."""
    params = {
        "To": entry["lead"]["phone_number"],
        "LeadId": entry["lead_id"],
        "CampaignId": entry["campaign_id"],
        "LeaseToken": entry["lease_token"],
    }
    try:
        return placing.place(http, env, grant, params, script)
    except Failed:
        lease = {"p_entry_id": entry["id"], "p_lease_token": entry["lease_token"]}
        rep.ask("release_lead", **lease, p_reason="stopped")
        raise


def _finish(rep: Rep, entry: Json, outcome: str | None) -> Json:
    """Ends the lease. An unanswered call needs no outcome."""
    wishes: Json = {"p_entry_id": entry["id"], "p_lease_token": entry["lease_token"]}
    if outcome is not None:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        wishes |= {"p_outcome": outcome, "p_call_back_at": tomorrow.isoformat(timespec="seconds")}
        say(None, "rep", f"outcome: {outcome}, at {wishes['p_call_back_at']}")
    finished: Json = rep.ask("finish_lead", **wishes)["entry"]
    waits = f"{finished['wait_reason']} at {finished['next_at']}"
    say(None, "queue", f"{entry['lead']['name']}: {finished['state']}, {waits}")
    return finished

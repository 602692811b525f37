"""`make call QUEUE=1`: two leads of the demo's queue, one after the other, as a rep's page calls
them."""

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
# Whom the rep calls, with the outcome of the call. Nobody answers the first: it needs none.
_LEADS = (("Ben Busy", None), ("Ada Answers", "callback"))
# They are called before all others.
_PRIORITY = 100
_POLL_SECONDS = 20


def run(http: httpx.Client, env: Mapping[str, str], rep: Rep, functions_url: str) -> list[str]:
    """Puts both leads at the head of the queue, and calls what the queue gives. Returns how calls
    and queue differ from what they should be. Raises Failed if a step is refused."""
    grant = placing.grant_token(http, env, rep, functions_url)
    business_id = str(grant["businessId"])
    campaigns = rep.select("campaigns", business_id=business_id, name=_CAMPAIGN)
    if not campaigns:
        raise Failed(f"The business has no campaign {_CAMPAIGN}: `make reset` builds the demo.")
    campaign = campaigns[0]
    manager = Rep.sign_in(http, env, env["DEMO_MANAGER_EMAIL"])
    complaints: list[str] = []
    for name, outcome in _LEADS:
        leads = rep.select("leads", business_id=business_id, name=name)
        if not leads:
            raise Failed(f"The business has no lead {name}: `make reset` builds the demo.")
        _put_first(rep, manager, campaign["id"], leads[0]["id"])
        say(None, "queue", f"{name} stands first in {campaign['name']}")
        complaints += _call_next(http, env, rep, grant, campaign, name, outcome)
    return complaints


def _put_first(rep: Rep, manager: Rep, campaign_id: str, lead_id: str) -> None:
    """The rep fills the queue. A manager lets a lead in who
    waits, or who is done."""
    rep.ask("enqueue_leads", p_campaign_id=campaign_id, p_lead_ids=[lead_id])
    [entry] = rep.select("queue_entries", campaign_id=campaign_id, lead_id=lead_id)
    for change in ({"remove": True}, {"again": True}, {"priority": _PRIORITY}):
        manager.ask(
            "change_entries",
            p_campaign_id=campaign_id,
            p_entry_ids=[entry["id"]],
            p_change=change,
        )


def _call_next(
    http: httpx.Client,
    env: Mapping[str, str],
    rep: Rep,
    grant: Json,
    campaign: Json,
    name: str,
    outcome: str | None,
) -> list[str]:
    """Calls the lead that the queue gives: it should be the one with this name."""
    told = rep.ask("next_lead", p_campaign_id=campaign["id"])
    entry = told["entry"]
    if entry is None:
        raise Failed(f"The queue gives nobody: {told['why']}.")
    lead = entry["lead"]
    say(None, "queue", f"next: {lead['name']}, attempt {entry['attempts'] + 1}")
    lease: Json = {"p_entry_id": entry["id"], "p_lease_token": entry["lease_token"]}
    if lead["name"] != name:
        rep.ask("release_lead", **lease, p_reason="stopped")
        return [f"the queue gave {lead['name']}, not {name}"]

    params = {
        "To": lead["phone_number"],
        "LeadId": lead["id"],
        "CampaignId": campaign["id"],
        "LeaseToken": entry["lease_token"],
    }
    call_sid = placing.place(http, env, grant, params)
    timeline = Timeline(http, env["SIMULATOR_URL"], call_sid, rep.roles)
    while not timeline.is_over:
        timeline.read(wait_seconds=_POLL_SECONDS)
    row, complaints = check(rep, timeline.call())

    if outcome is not None:
        lease |= {"p_outcome": outcome, "p_call_back_at": _tomorrow()}
        say(None, "rep", f"outcome: {outcome}, tomorrow at the same time")
    finished = rep.ask("finish_lead", **lease)["entry"]
    waits = finished["done_reason"] or finished["wait_reason"]
    say(None, "queue", f"{name}: {finished['state']}, {waits}, {finished['next_at']}")
    expected = "retry" if outcome is None else "call_back"
    if waits != expected:
        complaints.append(f"{name} has {waits}, not {expected}, after {row and row['status']}")
    return complaints


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")

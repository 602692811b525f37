"""One callback into the ledger: before its call, twice, without a beginning, of another call."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def as_sent_by_browser(tenant: Tenant) -> dict[str, str]:
    """What Twilio's callbacks of the agent's leg say of the call, besides its status."""
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    return {"From": rep, "To": tenant.lead_number}


def at(second: int) -> datetime:
    return datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC)


def test_events_wait_for_their_call_and_are_attached_when_it_begins(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    answer = record_event(db, agent, lead, "in-progress", 2, occurred_at="2026-11-22T10:00:05Z")
    assert answer == {"new": True, "conversation_id": None}
    begin_call(db, tenant, agent)
    call = conversation(db, agent)
    assert (call["status"], call["answered_at"]) == ("in-progress", at(5))
    waiting = fetch(
        db, "select conversation_id from public.call_events where agent_call_sid = %s", agent
    )
    assert [row["conversation_id"] for row in waiting] == [call["id"]]


def test_a_duplicate_is_answered_as_one_and_stored_once(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    call_id = begin_call(db, tenant, agent)["conversation_id"]
    first = record_event(db, agent, lead, "ringing", None)
    before = conversation(db, agent)["updated_at"]
    again = record_event(db, agent, lead, "ringing", None)
    assert (first["new"], again["new"]) == (True, False)
    assert again["conversation_id"] == call_id
    assert conversation(db, agent)["updated_at"] == before


def test_a_call_that_could_not_begin_is_on_record_as_failed_when_it_ends(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    told = record_event(
        db,
        agent,
        agent,
        "failed",
        0,
        occurred_at="2026-11-22T10:00:15Z",
        payload={**as_sent_by_browser(tenant), "To": "(415) 555-0100"},
    )
    call = conversation(db, agent)
    assert told["conversation_id"] == str(call["id"])
    assert (call["business_id"], call["user_id"]) == (tenant.business_id, tenant.user_id)
    assert (call["status"], call["to_number"]) == ("failed", "(415) 555-0100")
    assert (call["duration_seconds"], call["dialed_at"], call["ended_at"]) == (0, None, at(15))
    assert fetch(db, "select role, status from public.call_legs") == [
        {"role": "agent", "status": "failed"}
    ]
    assert fetch(db, "select conversation_id from public.call_events") == [
        {"conversation_id": call["id"]}
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"From": "client:somebody"},
        {"From": f"client:user_{32 * '0'}_{32 * '1'}"},
        {"To": ""},
        {"To": " "},
    ],
)
def test_an_end_that_names_no_rep_or_no_number_makes_no_call(
    db: Connection, tenant: Tenant, change: dict[str, str]
) -> None:
    agent = new_call_sid()
    told = record_event(
        db, agent, agent, "completed", 0, payload=as_sent_by_browser(tenant) | change
    )
    assert told == {"new": True, "conversation_id": None}
    assert fetch(db, "select 1 from public.conversations") == []


def test_a_call_that_begins_after_its_end_was_reported_is_decided_all_the_same(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    record_event(db, agent, agent, "completed", 0, payload=as_sent_by_browser(tenant))
    assert conversation(db, agent)["status"] == "failed"
    answer = begin_call(db, tenant, agent, caller_id="+14155559999")
    assert answer["block_reason"] == "caller_id_not_owned"
    assert begin_call(db, tenant, agent) == answer
    call = conversation(db, agent)
    assert (call["status"], call["block_reason"]) == ("blocked", "caller_id_not_owned")


LEAD_TALKED = ("lead", "completed", 3, "2026-11-22T10:00:12Z", 7)
AGENT_LEFT = ("agent", "completed", 0, "2026-11-22T10:00:13Z", 12)


@pytest.mark.parametrize("order", [(LEAD_TALKED, AGENT_LEFT), (AGENT_LEFT, LEAD_TALKED)])
def test_a_call_without_a_beginning_is_what_its_legs_say_in_either_order(
    db: Connection, tenant: Tenant, order: tuple[tuple[str, str, int, str, int], ...]
) -> None:
    sids = {"agent": new_call_sid(), "lead": new_call_sid()}
    payloads = {
        "agent": {**as_sent_by_browser(tenant), "To": "(415) 555-0100"},
        "lead": {"From": tenant.caller_id, "To": tenant.lead_number},
    }
    for leg, status, number, occurred_at, seconds in order:
        record_event(
            db, sids["agent"], sids[leg], status, number, occurred_at=occurred_at,
            duration_seconds=seconds, payload=payloads[leg],
        )  # fmt: skip
    call = conversation(db, sids["agent"])
    assert (call["status"], call["duration_seconds"], call["begun_at"]) == ("completed", 7, None)
    assert (call["answered_at"], call["ended_at"]) == (at(5), at(12))
    assert (call["from_number"], call["to_number"]) == (tenant.caller_id, tenant.lead_number)


def test_a_call_that_is_refused_after_its_end_keeps_nothing_of_what_its_legs_said(
    db: Connection, tenant: Tenant
) -> None:
    told = ("status", "ringing_at", "answered_at", "duration_seconds", "from_number", "to_number")
    outcomes = []
    for beginning in (0, 2):
        agent, lead = new_call_sid(), new_call_sid()
        numbers = {"From": tenant.caller_id, "To": tenant.lead_number}
        for moment in range(3):
            if moment == beginning:
                begin_call(db, tenant, agent, caller_id="+14155559999")
            if moment == 0:
                record_event(
                    db, agent, lead, "completed", 3, occurred_at="2026-11-22T10:00:12Z",
                    duration_seconds=7, payload=numbers,
                )  # fmt: skip
            if moment == 1:
                payload = as_sent_by_browser(tenant)
                record_event(db, agent, agent, "completed", 0, payload=payload)
        call = conversation(db, agent)
        outcomes.append({name: call[name] for name in told})
    assert outcomes[0]["status"] == "blocked"
    assert outcomes[1] == outcomes[0]


def test_a_beginning_that_comes_last_leaves_what_a_rep_wrote(
    db: Connection, tenant: Tenant
) -> None:
    agent, another = new_call_sid(), uuid.uuid4()
    db.execute(
        "insert into public.leads (id, business_id, name) values (%s, %s, 'Another')",
        (another, tenant.business_id),
    )
    record_event(db, agent, agent, "completed", 0, payload=as_sent_by_browser(tenant))
    with as_user(db, tenant.user_id):
        db.execute(
            "update public.conversations set lead_id = %s, outcome = 'connected'"
            " where call_sid = %s",
            (another, agent),
        )
    begin_call(db, tenant, agent, lead_id=tenant.lead_id, campaign_id=tenant.campaign_id)
    call = conversation(db, agent)
    assert (call["lead_id"], call["outcome"]) == (another, "connected")
    # The rep named no campaign.
    assert call["campaign_id"] == tenant.campaign_id


def test_a_duplicate_of_a_call_that_never_began_changes_nothing(
    db: Connection, tenant: Tenant
) -> None:
    agent = new_call_sid()
    payload = as_sent_by_browser(tenant)
    first = record_event(db, agent, agent, "completed", 0, payload=payload)
    before = conversation(db, agent)
    again = record_event(db, agent, agent, "completed", 0, payload=payload)
    assert (again["new"], again["conversation_id"]) == (False, first["conversation_id"])
    assert conversation(db, agent) == before


def test_a_number_named_after_the_end_puts_the_call_on_record(
    db: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    payload = as_sent_by_browser(tenant) | {"To": ""}
    assert (
        record_event(db, agent, agent, "completed", 0, payload=payload)["conversation_id"] is None
    )
    numbers = {"From": tenant.caller_id, "To": tenant.lead_number}
    assert record_event(db, agent, lead, "ringing", 1, payload=numbers)["conversation_id"]
    call = conversation(db, agent)
    assert (call["status"], call["to_number"]) == ("ringing", tenant.lead_number)


def test_a_dial_action_does_not_name_the_numbers_of_the_leads_leg(
    db: Connection, tenant: Tenant
) -> None:
    """It is a request of the agent's leg, and repeats the rep and what they typed."""
    agent, lead = new_call_sid(), new_call_sid()
    payload = as_sent_by_browser(tenant)
    for sid, source in ((agent, "status_callback"), (lead, "dial_action")):
        record_event(db, agent, sid, "completed", source=source, payload=payload)
    call = conversation(db, agent)
    assert (call["from_number"], call["to_number"]) == (None, tenant.lead_number)


def test_a_leg_of_another_call_harms_neither_call(db: Connection) -> None:
    """Twilio would hardly say so; who does must not take the event, or the beginning, with it."""
    tenant = add_tenant(db, 1)
    first, second, leg = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, tenant, first)
    record_event(db, first, leg, "ringing", 1)
    before = conversation(db, first)

    assert record_event(db, second, leg, "failed", 9)["new"]
    assert begin_call(db, tenant, second)["block_reason"] is None
    for stranger in (leg, first):
        assert record_event(db, second, stranger, "busy", 4)["new"]

    assert conversation(db, first) == before
    assert conversation(db, second)["status"] == "queued"
    record_event(db, first, leg, "completed", 3, duration_seconds=7)
    assert conversation(db, first)["status"] == "completed"

"""Calls that are begun under a lease, and calls to leads whom somebody else has."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.supabase.decisions import forbid
from tests.supabase.queues import Queue, Row, make_queue, one
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    as_user,
    begin_call,
    conversation,
    dialled,
    new_call_sid,
)


@pytest.fixture
def queue(db: Connection) -> Queue:
    return make_queue(db, 64)


def begin(queue: Queue, entry: Row, **more: Any) -> Row:
    """A call to the lead of this entry by this rep, under its lease if nothing else is said."""
    values: Row = {
        "user_id": queue.user_id,
        "to": dialled(entry["lead"]["phone_number"]),
        "lead_id": entry["lead_id"],
        "campaign_id": entry["campaign_id"],
        "lease_token": entry["lease_token"],
        **more,
    }
    return begin_call(queue.db, queue.tenant, new_call_sid(), **values)


def reason(queue: Queue, entry: Row, **more: Any) -> str | None:
    answer: str | None = begin(queue, entry, **more)["block_reason"]
    return answer


def test_a_token_opens_one_lead_for_one_rep_in_one_campaign(queue: Queue) -> None:
    queue.enqueue()
    queue.enqueue()
    entry = queue.take()
    theirs = queue.colleague().take()
    other = one(
        queue.db,
        "insert into public.campaigns (business_id, name) values (%s, 'Other') returning id",
        queue.tenant.business_id,
    )
    for wrong in (
        {"lease_token": uuid.uuid4()},
        {"lease_token": "no token"},
        {"lease_token": ""},
        {"lease_token": theirs["lease_token"]},
        {"campaign_id": other},
        {"campaign_id": None},
        {"lead_id": None},
        {"lead_id": queue.add_lead()},
        {"user_id": queue.colleague().user_id},
    ):
        assert reason(queue, entry, **wrong) in ("lease_lost", "with_colleague"), wrong
    assert reason(queue, entry) is None


def test_a_token_is_worth_nothing_after_its_lease(queue: Queue) -> None:
    entry_id = queue.enqueue()
    old = queue.take()
    entry = queue.take()
    assert reason(queue, old) == "lease_lost"
    queue.change_entry(entry_id, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert reason(queue, entry) == "lease_lost"
    entry = queue.take()
    queue.release(entry, "stopped")
    assert reason(queue, entry) == "lease_lost"


@pytest.mark.parametrize("status", [None, "busy", "completed"])
def test_one_call_under_one_lease(queue: Queue, status: str | None) -> None:
    """Whether the first one goes on or is over: when the lead is called again, the rules say."""
    queue.enqueue()
    entry = queue.take()
    call_id = begin(queue, entry)["conversation_id"]
    if status:
        queue.db.execute(
            "update public.conversations set status = %s, ended_at = now() where id = %s",
            (status, call_id),
        )
    assert reason(queue, entry) == "lease_lost"
    # A page that was loaded again is told of the call.
    again = queue.take()
    assert (again["id"], again["conversation_id"]) == (entry["id"], call_id)
    assert reason(queue, again) == "lease_lost"


def test_one_telephone_is_called_by_one_rep(queue: Queue) -> None:
    """Two leads may have one number."""
    number = "+14155550177"
    first, second = (queue.enqueue(queue.add_lead(number)) for _ in range(2))
    entry = queue.take()
    colleague = queue.colleague()
    assert colleague.next()["entry"] is None
    waiting = queue.entry(second if entry["id"] == str(first) else first)
    assert waiting["wait_reason"] == "called_lately"
    for lead_id in (waiting["lead_id"], None):
        more: Row = {"lease_token": None, "lead_id": lead_id, "campaign_id": None}
        assert reason(colleague, entry, **more) == "with_colleague"
    # A colleague who dialled the number before talks on.
    queue.add_call(
        uuid.UUID(waiting["lead_id"]),
        user_id=colleague.user_id,
        campaign_id=None,
        status="in-progress",
    )
    assert reason(queue, entry) == "with_colleague"


def test_the_second_delivery_of_a_beginning_gets_the_answer_of_the_first(queue: Queue) -> None:
    queue.enqueue()
    entry, sid = queue.take(), new_call_sid()
    answers = [
        begin_call(
            queue.db,
            queue.tenant,
            sid,
            to=dialled(entry["lead"]["phone_number"]),
            lead_id=entry["lead_id"],
            campaign_id=entry["campaign_id"],
            lease_token=entry["lease_token"],
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["block_reason"] is None


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("campaign", [True, False])
def test_nobody_calls_a_lead_whom_a_colleague_has(
    queue: Queue, named: bool, campaign: bool
) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    colleague = queue.colleague()
    more: Row = {
        "lease_token": None,
        "lead_id": entry["lead_id"] if named else None,
        "campaign_id": entry["campaign_id"] if campaign else None,
    }
    assert reason(colleague, entry, **more) == "with_colleague"
    # The rep whose lead it is may call them in any way.
    with as_user(queue.db, queue.user_id):
        previewed = one(
            queue.db,
            "select public.preview_call(%s, %s, null, %s, null) ->> 'block_reason'",
            queue.tenant.business_id,
            dialled(entry["lead"]["phone_number"]),
            entry["lead_id"],
        )
    assert previewed is None
    # A lease that has run out keeps nobody from calling, unless its call goes on.
    queue.change_entry(entry_id, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert reason(colleague, entry, **more) is None


def test_a_lease_whose_call_goes_on_does_not_run_out(queue: Queue) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    begin(queue, entry)
    queue.change_entry(entry_id, lease_until=datetime.now(UTC) - timedelta(hours=1))
    more = {"lease_token": None, "campaign_id": None}
    assert reason(queue.colleague(), entry, **more) == "with_colleague"


def test_nobody_is_called_for_a_queue_while_a_colleague_talks_to_them(queue: Queue) -> None:
    queue.enqueue()
    entry = queue.take()
    queue.add_call(
        uuid.UUID(entry["lead_id"]),
        user_id=queue.colleague().user_id,
        campaign_id=None,
        status="in-progress",
    )
    assert reason(queue, entry) == "with_colleague"


def test_do_not_call_hours_and_members_hold_whatever_the_lease_says(queue: Queue) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    begun = one(queue.db, "select now()")
    closes = one(queue.db, "select (now() at time zone 'Asia/Tokyo')::time")
    queue.db.execute(
        "update public.businesses set calling_hours_start = '00:00:00',"
        " calling_hours_end = greatest('00:00:01'::time, %s::time - interval '1 minute')"
        " where id = %s",
        (closes, queue.tenant.business_id),
    )
    to = dialled(entry["lead"]["phone_number"], time_zones=["Asia/Tokyo"])
    answer = begin(queue, entry, to=to)
    assert answer["block_reason"] == "outside_calling_hours"
    # It goes where the gate says, whatever the page says then.
    released = queue.release(entry, "blocked")["entry"]
    assert released["wait_reason"] == "outside_calling_hours"
    opens = datetime.fromisoformat(released["next_at"])
    assert timedelta(0) < opens - begun < timedelta(days=1)
    assert one(queue.db, "select (%s at time zone 'Asia/Tokyo')::time::text", opens) == "00:00:00"

    queue.db.execute("update public.businesses set calling_hours_start = null,"
                     " calling_hours_end = null")  # fmt: skip
    queue.change_entry(entry_id, held_until=None)
    entry = queue.take()
    forbid(queue.db, queue.tenant, entry["lead"]["phone_number"])
    assert reason(queue, entry) == "do_not_call"
    assert queue.release(entry, "blocked")["entry"]["done_reason"] == "do_not_call"

    queue.enqueue()
    entry = queue.take()
    queue.db.execute("delete from public.business_members where user_id = %s", (queue.user_id,))
    assert reason(queue, entry) == "not_a_member"


def test_a_number_that_cannot_be_called_ends_the_entry_until_it_is_another(queue: Queue) -> None:
    entry_id = queue.enqueue()
    entry = queue.take()
    to = dialled(entry["lead"]["phone_number"], "premium_rate")
    assert reason(queue, entry, to=to) == "number_type_not_allowed"
    assert queue.release(entry, "blocked")["entry"]["done_reason"] == "number_refused"
    queue.db.execute(
        "update public.leads set phone_number = '+14155550188' where id = %s", (entry["lead_id"],)
    )
    assert queue.entry(entry_id)["state"] == "ready"


def test_another_number_than_the_leads_says_nothing_of_theirs(queue: Queue) -> None:
    queue.enqueue()
    entry = queue.take()
    assert reason(queue, entry, to=dialled("+19005550000", "premium_rate")) is not None
    assert queue.release(entry, "blocked")["entry"]["state"] == "ready"


def test_a_limit_changes_nothing_of_the_entry(queue: Queue) -> None:
    queue.enqueue()
    entry = queue.take()
    queue.db.execute(
        "update public.businesses set calls_per_rep_per_day = 1 where id = %s",
        (queue.tenant.business_id,),
    )
    queue.add_call(queue.add_lead(), campaign_id=None)
    assert reason(queue, entry) == "too_many_calls_today"
    assert queue.release(entry, "stopped")["entry"]["wait_reason"] is None


def test_a_call_shows_the_caller_id_of_its_campaign_unless_the_rep_chose_one(queue: Queue) -> None:
    db, tenant = queue.db, queue.tenant
    db.execute(
        "insert into public.phone_numbers (business_id, phone_number) values (%s, '+14155550299')",
        (tenant.business_id,),
    )
    queue.change_campaign(caller_id="+14155550299")

    def shown(**more: object) -> str | None:
        sid = new_call_sid()
        begin_call(db, tenant, sid, **more)  # type: ignore[arg-type]
        number: str | None = conversation(db, sid)["from_number"]
        return number

    assert shown(campaign_id=tenant.campaign_id) == "+14155550299"
    assert shown(campaign_id=tenant.campaign_id, caller_id=tenant.caller_id) == tenant.caller_id
    assert shown() == tenant.caller_id
    # Another business's number is none of this campaign's.
    with pytest.raises(Exception, match="campaigns_business_id_caller_id_fkey"):
        queue.change_campaign(caller_id=add_tenant(db, 65).caller_id)

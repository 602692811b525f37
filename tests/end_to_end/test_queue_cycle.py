"""A rep calls whom the queue gives, over HTTP as the page does it, and the gate holds whatever the
queue has said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import BOTH, Json, Rep, identity, new_call_sid, rest, webhook

# Nobody else's test calls these.
NUMBERS = ("+14155550181", "+14155550182")


@dataclass(frozen=True)
class Queue:
    """A campaign with two leads, and a rep who calls them."""

    rep: Rep
    db: psycopg.Connection
    business_id: str
    user_id: str
    campaign_id: str

    def asks(self, function: str, **parameters: object) -> Json:
        answer = rest(
            self.rep.env, self.rep.access_token, "POST", f"rpc/{function}", json=parameters
        )
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    def next(self) -> Json:
        return self.asks("next_lead", p_campaign_id=self.campaign_id)

    def take(self) -> Json:
        told = self.next()
        assert told["entry"] is not None, told
        entry: Json = told["entry"]
        return entry

    def finish(self, entry: Json, outcome: str | None = None) -> Json:
        return self.asks(
            "finish_lead",
            p_entry_id=entry["id"],
            p_lease_token=entry["lease_token"],
            p_outcome=outcome,
        )

    def call(self, entry: Json, **script: object) -> Json:
        """Calls the entry's lead. Returns the row."""
        call = self.rep.place_call(wishes(entry), **script)
        assert call["errors"] == []
        return self.row(call["callSid"])

    def row(self, call_sid: str) -> Json:
        [row] = self.rep.rows("conversations", call_sid=f"eq.{call_sid}")
        return row

    def is_refused(self, entry: Json) -> str:
        """Dials as a page that knows nothing of the refusal. Nobody's phone rings: Twilio is told
        to dial nobody. Returns the reason."""
        sid = new_call_sid()
        caller = identity(self.user_id, self.business_id)
        asked = {"CallSid": sid, "From": caller, "CallStatus": "ringing", **wishes(entry)}
        answer = webhook(self.rep.env, "twiml", asked)
        assert answer.status_code == 200
        assert "<Dial" not in answer.text
        found = self.db.execute(
            "select status, block_reason from public.conversations where call_sid = %s", [sid]
        ).fetchone()
        assert found is not None
        assert found[0] == "blocked"
        return str(found[1])


def wishes(entry: Json) -> dict[str, str]:
    return {
        "To": entry["lead"]["phone_number"],
        "LeadId": entry["lead_id"],
        "CampaignId": entry["campaign_id"],
        "LeaseToken": entry["lease_token"],
    }


@pytest.fixture
def queue(stack: Stack) -> Iterator[Queue]:
    business_id = stack.env["DEMO_BUSINESS_ID"]
    rep = Rep.sign_in(stack, BOTH)
    user_id = jwt.decode(rep.access_token, options={"verify_signature": False})["sub"]
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as db:
        made = db.execute(
            "insert into public.campaigns (business_id, name) values (%s, 'Cycle') returning id",
            [business_id],
        ).fetchone()
        assert made is not None
        leads = db.execute(
            "insert into public.leads (business_id, name, phone_number, time_zone)"
            " select %s, 'Cy Cle', number, 'UTC' from unnest(%s::text[]) as number returning id",
            [business_id, list(NUMBERS)],
        ).fetchall()
        queue = Queue(rep, db, business_id, user_id, str(made[0]))
        # The first one comes first.
        for priority, (lead_id,) in zip((1, 0), leads, strict=True):
            told = queue.asks(
                "enqueue_leads",
                p_campaign_id=queue.campaign_id,
                p_lead_ids=[str(lead_id)],
                p_priority=priority,
            )
            assert told["added"] == 1
        yield queue
        db.execute("delete from public.campaigns where id = %s", [queue.campaign_id])
        # Their calls have them as a reference.
        db.execute("delete from public.leads where id = any(%s)", [[lead for (lead,) in leads]])


def test_a_rep_calls_lead_after_lead_until_the_rest_must_wait(queue: Queue) -> None:
    lost = queue.take()
    first = queue.take()
    assert first["lead_id"] == lost["lead_id"]
    assert first["lead"]["phone_number"] == NUMBERS[0]
    # A tab that was forgotten dials with the token that it had.
    assert queue.is_refused(lost) == "lease_lost"
    busy = queue.call(first, ending="busy", ringSeconds=0)
    assert (busy["status"], busy["lead_id"]) == ("busy", first["lead_id"])
    # The page was loaded again: it is the same lead, and what was called is known.
    again = queue.take()
    assert (again["id"], again["conversation_id"]) == (first["id"], busy["id"])
    assert queue.finish(first) == {"error": "lease_lost"}
    waits = queue.finish(again)["entry"]
    assert (waits["state"], waits["wait_reason"]) == ("ready", "retry")
    assert queue.finish(again)["entry"] == waits

    second = queue.take()
    assert second["lead"]["phone_number"] == NUMBERS[1]
    answered = queue.call(second, ringSeconds=0, talkSeconds=3)
    assert (answered["status"], answered["campaign_id"]) == ("completed", queue.campaign_id)
    assert queue.finish(second) == {"error": "outcome_missing"}
    done = queue.finish(second, "booked")["entry"]
    assert (done["state"], done["done_reason"]) == ("done", "outcome")
    assert queue.row(answered["call_sid"])["outcome"] == "booked"

    rest_of_it = queue.next()
    assert (rest_of_it["entry"], rest_of_it["why"]) == (None, "nothing_due")
    assert rest_of_it["again_at"] == waits["next_at"]


# What changes while the rep has the lead, how it is undone, and why the call is refused then.
CHANGES = {
    "the campaign is paused": (
        "update public.campaigns set is_paused = true where id = %(campaign)s",
        "update public.campaigns set is_paused = false where id = %(campaign)s",
        "campaign_paused",
    ),
    "the number must not be called": (
        "insert into public.do_not_call (business_id, phone_number) values (%(business)s, %(to)s)",
        "delete from public.do_not_call where phone_number = %(to)s",
        "do_not_call",
    ),
    "the calling hours are over": (
        "update public.businesses set"
        " calling_hours_start = case when extract(hour from now() at time zone 'UTC') < 12"
        "   then time '20:00' else time '01:00' end,"
        " calling_hours_end = case when extract(hour from now() at time zone 'UTC') < 12"
        "   then time '20:01' else time '01:01' end"
        " where id = %(business)s",
        "update public.businesses set calling_hours_start = null, calling_hours_end = null"
        " where id = %(business)s",
        "outside_calling_hours",
    ),
    "the rep has left": (
        "delete from public.business_members"
        " where business_id = %(business)s and user_id = %(user)s",
        "insert into public.business_members (business_id, user_id, role, display_name)"
        " values (%(business)s, %(user)s, 'agent', 'Bo Both')",
        "not_a_member",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_holds_at_dial_time_holds_whatever_the_queue_has_said(
    queue: Queue, change: str
) -> None:
    happens, undone, reason = CHANGES[change]
    entry = queue.take()
    names = {
        "business": queue.business_id,
        "campaign": queue.campaign_id,
        "user": queue.user_id,
        "to": entry["lead"]["phone_number"],
    }
    queue.db.execute(happens.encode(), names)
    try:
        assert queue.is_refused(entry) == reason
        told = queue.next()
        # Who has a lead keeps it, until it is their turn to say what becomes of it.
        if reason == "not_a_member":
            assert told == {"error": "not_found"}
            assert queue.finish(entry, "booked") == {"error": "lease_lost"}
        else:
            assert told["entry"]["lead_id"] == entry["lead_id"]
            assert queue.is_refused(told["entry"]) == reason
    finally:
        queue.db.execute(undone.encode(), names)

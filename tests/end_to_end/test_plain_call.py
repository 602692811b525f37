"""A call in which nobody asks for more costs what it cost before calls could have many legs: the
same requests, events and rows, and no room. (That each request asks the database once is in
`tests/shared/test_round_trips.py`.)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import Rep, identity, new_call_sid, rest, webhook

# Rows that each call inserts, with the mark that it must be counted, and requests that it makes to
# our functions.
ROWS = {"+ conversations": 1, "+ call_legs": 2, "+ unsettled_calls": 1, "+ fold_marks": 1}
REQUESTS = {"voice": 1, "action": 1, "agent-status": 1}
# By number: callbacks about the lead's leg, and events.
CALLS = {"+15005550006": (4, 6), "+15005550007": (2, 4), "+15005550008": (3, 5)}
# Rows that the callbacks of an answered call update, in Twilio's order.
UPDATES = {"~ conversations": 4, "~ call_legs": 4, "~ unsettled_calls": 1}

_COUNTED = """
create schema counted;
create table counted.changes (what text not null);
create function counted.note() returns trigger language plpgsql security definer as $$
begin
  insert into counted.changes values (
    case tg_op when 'INSERT' then '+ ' when 'UPDATE' then '~ ' else '- ' end || tg_table_name);
  return null;
end $$;
do $$
declare
  the_table regclass;
begin
  for the_table in
    select oid from pg_class
    where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind = 'r'
  loop
    execute format('create trigger counted after insert or update or delete on %s'
      ' for each row execute function counted.note()', the_table);
  end loop;
end $$;
"""


@contextmanager
def changes(stack: Stack) -> Iterator[Counter[str]]:
    """Counts the rows that are inserted (+), updated (~) and deleted (-) meanwhile, by table."""
    counted: Counter[str] = Counter()
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(_COUNTED)
        try:
            yield counted
            counted.update(
                what for (what,) in connection.execute("select what from counted.changes")
            )
        finally:
            connection.execute("drop schema counted cascade")


def asked_of_twilio(stack: Stack) -> Counter[str]:
    url = f"{stack.env['SIMULATOR_URL']}/simulator/api-requests"
    return Counter(httpx.get(url).json()["requests"])


@pytest.mark.parametrize("number", CALLS)
def test_it_makes_the_requests_events_and_rows_that_it_made_before(
    stack: Stack, number: str
) -> None:
    rep = Rep.sign_in(stack)
    callbacks, events = CALLS[number]
    before = asked_of_twilio(stack)
    with changes(stack) as counted:
        call = rep.place_call({"To": number})
    assert asked_of_twilio(stack) == before
    assert Counter(delivery["kind"] for delivery in call["deliveries"]) == {
        **REQUESTS,
        "lead-status": callbacks,
    }
    inserted = {what: n for what, n in counted.items() if not what.startswith("~")}
    # One at its end, and one for each later callback that changes a row of it: two at most.
    assert 1 <= inserted["+ fold_marks"] <= 3
    inserted["+ fold_marks"] = 1
    assert inserted == {**ROWS, "+ call_events": events, "+ token_grants": 1}
    # How many rows are updated depends on which of two callbacks comes first.
    assert {what for what in counted if what.startswith("~")} <= UPDATES.keys()
    assert not any("<Conference" in document["body"] for document in call["documents"])


def test_its_callbacks_update_the_rows_that_they_updated_before(stack: Stack) -> None:
    rep = Rep.sign_in(stack)
    grant = rep.grant()
    member = rep.rows("business_members", display_name="eq.Dana Demo")[0]
    agent, lead = new_call_sid(), new_call_sid()
    beginning = {
        "CallSid": agent,
        "From": identity(member["user_id"], grant["businessId"]),
        "To": "+15005550006",
        "CallStatus": "ringing",
    }
    of_lead = {"CallSid": lead, "ParentCallSid": agent, "To": "+15005550006"}
    with changes(stack) as counted:
        assert webhook(stack.env, "twiml", beginning).status_code == 200
        for number, status in enumerate(("initiated", "ringing", "in-progress", "completed")):
            event = {**of_lead, "CallStatus": status, "SequenceNumber": str(number)}
            if status == "completed":
                event["CallDuration"] = "7"
            assert webhook(stack.env, "status", event).status_code == 204
        action = {
            "CallSid": agent,
            "CallStatus": "in-progress",
            "DialCallSid": lead,
            "DialCallStatus": "completed",
            "DialCallDuration": "7",
        }
        answer = webhook(stack.env, "twiml?after=dial", {**beginning, **action})
        assert "<Hangup" in answer.text
        ended = {"CallStatus": "completed", "CallDuration": "7", "SequenceNumber": "0"}
        assert webhook(stack.env, "status", {**beginning, **ended}).status_code == 204
    assert counted == {**ROWS, "+ call_events": 6, **UPDATES}


def test_the_report_of_its_quality_adds_one_row_and_touches_nothing_else(stack: Stack) -> None:
    """It comes once; PostgREST says from which network, and the row does not."""
    rep = Rep.sign_in(stack)
    call = rep.place_call({"To": "+15005550006"})
    (row,) = rep.rows("conversations", call_sid=f"eq.{call['callSid']}")
    address = {"X-Forwarded-For": "192.0.2.7, 198.51.100.9"}
    leg = {"p_conversation_id": row["id"], "p_call_sid": call["callSid"]}
    report = {"seconds": 7, "samples": 7, "mos_p95": 4.3, "microphone": "Jabra (0b0e:0300)"}

    def tell(function: str, **body: object) -> object:
        answer = rest(
            stack.env, rep.access_token, "POST", f"rpc/{function}", json=leg | body, headers=address
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    with changes(stack) as counted:
        assert tell("report_call_quality", p_report=report) == {"stored": True}
        assert tell("report_call_quality", p_report=report) == {"stored": True}
        assert tell("rate_call", p_rating=4) == {"rated": True}
    # The secret for the keys of networks is made once for a business.
    counted.pop("+ network_secrets", None)
    assert counted == {"+ call_quality": 1, "~ call_quality": 1, "+ fold_marks": 1}
    (quality,) = rep.rows("call_quality", call_sid=f"eq.{call['callSid']}")
    assert (quality["grade"], quality["rating"]) == ("good", 4)
    assert quality["microphone"] == "Jabra"
    assert len(quality["network_key"]) == 8
    assert "192.0.2" not in str(quality)

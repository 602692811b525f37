"""The main job on the real stack: a rep calls, and the row says what happened."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import DEMO, RIVAL, Json, Rep, rest

ANSWERS = "+15005550006"

# The dialled number, then what the lead's leg must have become.
ENDINGS = {
    "answered": (ANSWERS, "completed", 7),
    "any other number": ("+14155550123", "completed", 7),
    "hung up early": ("+15005550009", "completed", 1),
    "agent hangs up": ("+15005550011", "completed", 5),
    "busy": ("+15005550007", "busy", 0),
    "no answer": ("+15005550008", "no-answer", 0),
    "canceled while ringing": ("+15005550010", "canceled", 0),
    "invalid for the network": ("+15005550001", "failed", 0),
    "blocked by the network": ("+15005550004", "failed", 0),
}


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture(scope="module")
def rival(stack: Stack) -> Rep:
    return Rep.sign_in(stack, RIVAL)


def the_conversation(rep: Rep, call: Json) -> Json:
    rows = rep.rows("conversations", call_sid=f"eq.{call['callSid']}")
    assert len(rows) == 1
    return rows[0]


def distinct_callbacks(call: Json) -> set[tuple[str, ...]]:
    """The callbacks that the network sent, as tuples of what distinguishes them."""
    callbacks: set[tuple[str, ...]] = set()
    for delivery in call["deliveries"]:
        params = delivery["params"]
        if delivery["kind"] == "action":
            sid = params.get("DialCallSid") or params["CallSid"]
            callbacks.add((sid, "dial_action", params["DialCallStatus"], "None"))
        elif delivery["kind"].endswith("-status"):
            number = params["SequenceNumber"]
            callbacks.add((params["CallSid"], "status_callback", params["CallStatus"], number))
    return callbacks


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_call_of_each_ending_leaves_exactly_what_it_was(
    rep: Rep, rival: Rep, ending: str
) -> None:
    number, status, talk_seconds = ENDINGS[ending]
    call = rep.place_call({"To": number})
    assert call["leadStatus"] == status, "the simulator did something else"

    row = the_conversation(rep, call)
    assert (row["status"], row["duration_seconds"]) == (status, talk_seconds)
    assert (row["to_number"], row["from_number"]) == (number, "+14155550100")
    assert row["business_id"] == rep.env["DEMO_BUSINESS_ID"]
    assert row["block_reason"] is None
    assert row["dialed_at"] is not None
    assert row["ended_at"] >= row["dialed_at"]
    assert (row["answered_at"] is not None) == (status == "completed")

    of_the_call = {"conversation_id": f"eq.{row['id']}"}
    legs = {leg["call_sid"]: leg for leg in rep.rows("call_legs", **of_the_call)}
    assert legs.keys() == {leg["callSid"] for leg in call["legs"]}
    for leg in call["legs"]:
        stored = legs[leg["callSid"]]
        assert (stored["role"], stored["status"]) == (leg["role"], leg["status"])
        assert stored["duration_seconds"] == leg["duration"]

    events = rep.rows("call_events", **of_the_call)
    stored_events = {
        (event["call_sid"], event["source"], event["status"], str(event["sequence_number"]))
        for event in events
    }
    assert stored_events == distinct_callbacks(call)
    assert len(events) == len(stored_events)
    assert all(delivery["delivered"] for delivery in call["deliveries"])

    assert rival.rows("conversations", call_sid=f"eq.{call['callSid']}") == []
    assert rival.rows("call_legs", **of_the_call) == []
    assert rival.rows("call_events", **of_the_call) == []
    seen = rival.ask("GET", "status", params={"conversationId": row["id"]})
    assert (seen.status_code, seen.json()["error"]["code"]) == (404, "not_found")


def test_lead_and_campaign_are_linked(rep: Rep) -> None:
    [campaign] = rep.rows("campaigns", limit="1")
    lead = rep.rows("leads", phone_number=f"eq.{ANSWERS}")[0]
    params = {"To": ANSWERS, "LeadId": lead["id"], "CampaignId": campaign["id"]}
    row = the_conversation(rep, rep.place_call(params))
    assert (row["lead_id"], row["campaign_id"]) == (lead["id"], campaign["id"])


def test_the_browser_reads_the_conversation_as_the_database_has_it(rep: Rep) -> None:
    row = the_conversation(rep, rep.place_call({"To": "+15005550007"}))
    answer = rep.ask("GET", "status", params={"conversationId": row["id"]})
    assert answer.status_code == 200
    # How a call is kept is not part of the contract.
    for column in (
        *("begun_at", "bridge", "is_plain", "is_held"),
        *("lead_time_zone", "lead_zone_is_estimate", "to_country"),
    ):
        del row[column]
    legs = {leg["id"]: leg for leg in rep.rows("call_legs", conversation_id=f"eq.{row['id']}")}
    told = answer.json()["data"]
    assert {leg["role"] for leg in told["legs"]} == {"agent", "lead"}
    for leg in told.pop("legs"):
        for column in ("role", "call_sid", "status", "duration_seconds", "user_id"):
            assert leg[column] == legs[leg["id"]][column]
    # Of a call without terms of recording.
    assert (told.pop("recording_consent"), told.pop("recordings")) == (None, [])
    assert (answer.json()["success"], told) == (True, row)


def test_a_national_number_is_read_as_one_of_the_businesss_country(rep: Rep) -> None:
    row = the_conversation(rep, rep.place_call({"To": "(415) 555-0199"}, ending="busy"))
    assert (row["status"], row["to_number"]) == ("busy", "+14155550199")


def test_the_preflight_test_ends_by_itself_rings_nobody_and_leaves_nothing(rep: Rep) -> None:
    call = rep.place_call({})
    assert "<Say>This is a test call." in call["documents"][0]["body"]
    (leg,) = call["legs"]
    assert (call["errors"], leg["status"]) == ([], "completed")
    assert 8 <= leg["duration"] <= 12
    sid = call["callSid"]
    assert rep.rows("conversations", call_sid=f"eq.{sid}") == []
    with psycopg.connect(rep.env["DATABASE_URL"], autocommit=True) as db:
        db.execute(
            "update private.unsettled_calls set next_check_at = now() where agent_call_sid = %s",
            (sid,),
        )
        assert httpx.post(f"{rep.env['SCHEDULER_URL']}/run/reconcile", timeout=60).is_success
        for table in ("public.call_events", "private.unsettled_calls"):
            query = f"select from {table} where agent_call_sid = %s"
            assert db.execute(query.encode(), (sid,)).rowcount == 0, table


def test_a_rep_describes_a_call_and_changes_nothing_else(rep: Rep, rival: Rep) -> None:
    row = the_conversation(rep, rep.place_call({"To": "+15005550007"}))
    here = f"conversations?id=eq.{row['id']}"
    notes = {"outcome": "callback", "notes": "Busy; try at noon."}
    represent = {"Prefer": "return=representation"}

    described = rest(rep.env, rep.access_token, "PATCH", here, json=notes, headers=represent)
    assert [changed["notes"] for changed in described.json()] == ["Busy; try at noon."]
    for change in (
        {"status": "completed"},
        {"duration_seconds": 900},
        {"business_id": row["id"]},
        {"to_number": ANSWERS},
    ):
        refused = rest(rep.env, rep.access_token, "PATCH", here, json=change)
        assert refused.status_code == 403, change
        assert refused.json()["code"] == "42501"
    for method in ("DELETE", "POST"):
        refused = rest(rep.env, rep.access_token, method, here, json={"notes": "mine"})
        assert refused.status_code == 403
    elsewhere = rest(
        rival.env, rival.access_token, "PATCH", here, json={"notes": "ours"}, headers=represent
    )
    assert elsewhere.json() == []

    after = the_conversation(rep, {"callSid": row["call_sid"]})
    changed = {name for name in row if row[name] != after[name]}
    assert changed == {"outcome", "notes", "updated_at"}


def test_a_preview_tells_what_the_call_would_be_and_writes_nothing(rep: Rep) -> None:
    def preview(to: str) -> Json:
        answer = rep.ask("POST", "twiml", json={"To": to}, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        data: Json = answer.json()["data"]
        return data

    before = rep.rows("conversations", select="id")
    allowed, refused = preview("(415) 555-0198"), preview("+19005551234")
    assert (allowed["blockReason"], allowed["to"]) == (None, "+14155550198")
    assert allowed["callerId"] == "+14155550100"
    assert refused["blockReason"] == "number_type_not_allowed"
    assert "<Hangup" in refused["twiml"]
    assert rep.rows("conversations", select="id") == before


def test_make_call_prints_the_timeline_and_the_row(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stack", "call", "--to", ANSWERS],
        env={
            **os.environ,
            "HENK_LOCAL_DIR": str(stack.settings.local_dir),
            "HENK_PORT_BASE": str(stack.settings.port_base),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for word in (DEMO, "token", "twiml", "ringing", "in-progress", "completed after 7 s"):
        assert word in done.stdout
    assert "The row matches the call." in done.stdout


def test_a_token_of_the_phone_network_works_there(rep: Rep) -> None:
    grant = rep.grant()
    refused = httpx.post(
        f"{rep.env['SIMULATOR_URL']}/simulator/calls", json={"accessToken": grant["token"][:-3]}
    )
    assert refused.status_code == 401
    assert grant["callerId"] == "+14155550100"

"""POST /api/twilio/reconcile about calls with many legs: everybody who was asked for is found, and
nobody is left alone in a room."""

from __future__ import annotations

from typing import Any

import pytest

from stack.scheduler import Scheduler
from tests.canned_server import Answer, CannedServer
from tests.control_fn.calls import (
    COLLEAGUE,
    LEAD_LEG,
    ROOM,
    TARGET_LEG,
    TARGET_SID,
    asked_now,
    in_room,
    plain_call,
)
from tests.control_fn.twilio import BASE, Twilio
from tests.endpoints import CALL_SID, LEAD_CALL_SID, PUBLIC_BASE_URL, Endpoint, rpc

CLAIM, SETTLE = rpc("claim_unsettled_calls"), rpc("settle_call")
NUMBER = "+442079460018"


def run(
    reconcile: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    twilio: Twilio,
    **claimed: Any,
) -> dict[str, dict[str, Any]]:
    """Runs it about one call. What was settled, by CallSid."""
    call = {
        "call_sid": CALL_SID,
        "legs": [],
        "unknown_legs": [],
        "room": ROOM,
        "lead_call_sid": LEAD_CALL_SID,
    } | claimed
    nothing: dict[str, object] = {"calls": [], "settled": 0, "paused_seconds": None}
    canned.on("POST", CLAIM, Answer(body=nothing | {"calls": [call]}), Answer(body=nothing))
    canned.on_post(SETTLE, {"settled": False})
    canned.on_all(f"{BASE}/*", twilio.answer)
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    assert reconcile.client.post(reconcile.path, headers=headers).status_code == 200
    legs = canned.last(SETTLE).json()["p_legs"]
    assert legs[0]["call_sid"] == CALL_SID
    return {leg["call_sid"]: leg for leg in legs}


def unknown(to: str) -> dict[str, Any]:
    return {"leg_id": TARGET_LEG, "to": to, "asked_at": asked_now()}


def ring(twilio: Twilio, sid: str, to: str, parent: str | None = None) -> None:
    leg = twilio.add(sid, to, parent)
    leg.status = "ringing"
    leg.direction = "outbound-dial" if parent else "outbound-api"


def test_a_plain_call_takes_two_questions(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    legs = run(reconcile, scheduler, canned, plain_call(), room=None)
    assert set(legs) == {CALL_SID, LEAD_CALL_SID}
    assert len(canned.asked_for(f"{BASE}/*")) == 2


def test_an_added_leg_is_asked_about_by_its_call_sid(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = plain_call()
    twilio.add(TARGET_SID, f"client:{COLLEAGUE}").status = "completed"
    legs = run(reconcile, scheduler, canned, twilio, legs=[TARGET_SID], room=None)
    assert legs[TARGET_SID]["status"] == "completed"
    assert "call_leg_id" not in legs[TARGET_SID]


def test_a_leg_that_twilio_dials_without_our_knowing_is_found_by_its_label(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = in_room(on_hold=True)
    ring(twilio, TARGET_SID, f"client:{COLLEAGUE}")
    twilio.seat(ROOM, TARGET_SID, TARGET_LEG).status = "ringing"
    # Somebody of another call rings the same person.
    ring(twilio, "CA00000000000000000000000000000004", f"client:{COLLEAGUE}")
    asked = unknown(f"client:{COLLEAGUE}")
    legs = run(reconcile, scheduler, canned, twilio, unknown_legs=[asked])
    assert set(legs) == {CALL_SID, LEAD_CALL_SID, TARGET_SID}
    assert legs[TARGET_SID]["call_leg_id"] == TARGET_LEG
    # They have not joined, so nobody knows whether they are on hold.
    assert "on_hold" not in legs[TARGET_SID]


def test_one_whom_the_lead_dialled_is_found_by_whom_they_are(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = plain_call()
    twilio.legs[LEAD_CALL_SID].dialled_by = None
    ring(twilio, TARGET_SID, NUMBER, LEAD_CALL_SID)
    legs = run(reconcile, scheduler, canned, twilio, room=None, unknown_legs=[unknown(NUMBER)])
    assert legs[TARGET_SID]["call_leg_id"] == TARGET_LEG


@pytest.mark.parametrize(("status", "is_ours"), [("no-answer", True), ("ringing", False)])
def test_one_who_did_not_answer_is_found_in_the_list_of_calls(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer, status: str, is_ours: bool
) -> None:
    """A call that goes on would be in the room, so it is another's."""
    twilio = in_room()
    ring(twilio, TARGET_SID, NUMBER)
    twilio.legs[TARGET_SID].status = status
    legs = run(reconcile, scheduler, canned, twilio, unknown_legs=[unknown(NUMBER)])
    assert (TARGET_SID in legs) == is_ours


def test_a_call_from_before_it_was_asked_is_not_taken_for_it(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = in_room()
    ring(twilio, TARGET_SID, NUMBER)
    twilio.legs[TARGET_SID].status = "completed"
    asked = unknown(NUMBER) | {"asked_at": "2036-01-01T00:00:00+00:00"}
    assert TARGET_SID not in run(reconcile, scheduler, canned, twilio, unknown_legs=[asked])


def test_of_two_who_were_asked_for_each_gets_its_own_leg(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = in_room()
    other_sid, other_leg = "CA00000000000000000000000000000004", "another leg"
    for sid in (TARGET_SID, other_sid):
        ring(twilio, sid, NUMBER)
        twilio.legs[sid].status = "busy"
    both = [unknown(NUMBER), unknown(NUMBER) | {"leg_id": other_leg}]
    legs = run(reconcile, scheduler, canned, twilio, unknown_legs=both)
    found = {legs[sid].get("call_leg_id") for sid in (TARGET_SID, other_sid)}
    assert found == {TARGET_LEG, other_leg}


def test_who_is_on_hold_in_the_room_is_a_fact_with_a_time(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    legs = run(reconcile, scheduler, canned, in_room(on_hold=True))
    assert [legs[sid]["on_hold"] for sid in (CALL_SID, LEAD_CALL_SID)] == [False, True]
    assert legs[LEAD_CALL_SID]["observed_at"] > "2026"


def test_a_lead_who_is_alone_in_a_room_is_sent_to_be_continued(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = in_room(on_hold=True)
    twilio.rooms[ROOM].members[CALL_SID].ends_room = False
    twilio.end(CALL_SID)
    run(reconcile, scheduler, canned, twilio)
    address = f"{PUBLIC_BASE_URL}/twiml?after=room&call={CALL_SID}#rc=2&rp=ct,rt,5xx"
    assert twilio.redirected == [(LEAD_CALL_SID, address)]


@pytest.mark.parametrize("on_the_way", ["agent", "target"])
def test_a_lead_for_whom_somebody_is_on_the_way_stays(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer, on_the_way: str
) -> None:
    twilio = plain_call()
    twilio.legs[LEAD_CALL_SID].dialled_by = None
    twilio.seat(ROOM, LEAD_CALL_SID, LEAD_LEG)
    if on_the_way == "target":
        twilio.end(CALL_SID)
        ring(twilio, TARGET_SID, NUMBER)
        twilio.seat(ROOM, TARGET_SID, TARGET_LEG).status = "ringing"
    run(reconcile, scheduler, canned, twilio)
    assert not twilio.redirected


@pytest.mark.parametrize("target", [f"client:{COLLEAGUE}", NUMBER])
def test_whoever_is_left_alone_after_the_lead_is_freed(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer, target: str
) -> None:
    twilio = in_room(with_target=True)
    twilio.legs[TARGET_SID].to = target
    for member in twilio.rooms[ROOM].members.values():
        member.ends_room = False
    twilio.end(CALL_SID)
    twilio.end(LEAD_CALL_SID)
    run(reconcile, scheduler, canned, twilio, legs=[TARGET_SID])
    assert twilio.legs[TARGET_SID].status == "completed"


@pytest.mark.parametrize("with_browser", [True, False])
def test_two_who_talk_on_after_the_lead_are_ended_if_both_are_numbers(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer, with_browser: bool
) -> None:
    twilio = in_room(with_target=True)
    twilio.legs[TARGET_SID].to = f"client:{COLLEAGUE}" if with_browser else NUMBER
    other = "CA00000000000000000000000000000004"
    twilio.add(other, "+442079460019").direction = "outbound-api"
    twilio.seat(ROOM, other, "another leg")
    for member in twilio.rooms[ROOM].members.values():
        member.ends_room = False
    twilio.end(CALL_SID)
    twilio.end(LEAD_CALL_SID)
    run(reconcile, scheduler, canned, twilio, legs=[TARGET_SID, other])
    assert (twilio.legs[TARGET_SID].status == "completed") != with_browser


def test_a_lead_who_hangs_up_meanwhile_is_no_failure(
    reconcile: Endpoint, scheduler: Scheduler, canned: CannedServer
) -> None:
    twilio = in_room()
    twilio.rooms[ROOM].members[CALL_SID].ends_room = False
    twilio.end(CALL_SID)
    answer = twilio.answer

    def hang_up_before(asked: Any) -> Answer:
        if asked.method == "POST":
            twilio.end(LEAD_CALL_SID)
        return answer(asked)

    twilio.answer = hang_up_before  # type: ignore[method-assign]
    run(reconcile, scheduler, canned, twilio)
    assert not twilio.redirected

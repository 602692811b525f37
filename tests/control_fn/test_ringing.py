"""The request that rings somebody must not be sent twice."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.control_fn.breaker import (
    Breaker,
    Fault,
    Killed,
    busy,
    gone,
    killed_after,
    unanswered,
    unheard,
)
from tests.control_fn.calls import COLLEAGUE, ROOM, TARGET_LEG, TARGET_SID, Database, in_room
from tests.control_fn.calls import target as target_leg
from tests.control_fn.scenes import SCENES, USER, on_hold, wish
from tests.control_fn.twilio import BASE, Twilio
from tests.endpoints import LEAD_CALL_SID, Endpoint


def target(twilio: Twilio) -> str:
    """The CallSid of the person who was rung."""
    return next(sid for sid, leg in twilio.legs.items() if leg.to == f"client:{COLLEAGUE}")


@pytest.mark.parametrize("name", ["warm transfer", "cold transfer"])
def test_one_who_declined_while_the_function_was_dead_is_not_rung_again(
    control: Endpoint, canned: CannedServer, breaker: Breaker, name: str
) -> None:
    """They are not in the room any more: only the lists of calls have them."""
    database = SCENES[name].start()
    database.serve(canned)
    # ask, move, hold, write down, ring; or ask, redirect
    breaker.set(killed_after, 4 if name == "warm transfer" else 1, "POST")
    with pytest.raises(Killed):
        control.browser(SCENES[name].body)
    assert len(database.twilio.dialled) == 1
    declined = target(database.twilio)
    database.twilio.legs[declined].status = "busy"
    database.twilio.legs[declined].dialled_by = None
    database.twilio.leave(declined)

    breaker.set(unheard, None)
    assert control.browser(SCENES[name].body).status_code == 200
    assert len(database.twilio.dialled) == 1
    assert database.results[-1] == "done"


@pytest.mark.parametrize(("fault", "result"), [(busy, "released"), (gone, "failed")])
def test_a_lead_is_brought_back_if_twilio_certainly_rings_nobody(
    control: Endpoint, canned: CannedServer, breaker: Breaker, fault: Fault, result: str
) -> None:
    database = SCENES["warm transfer"].start()
    database.serve(canned)
    breaker.set(fault, 4, "POST")  # ask, move, hold, write down, ring
    assert control.browser(SCENES["warm transfer"].body).status_code == 503
    assert not database.twilio.dialled
    assert not on_hold(database.twilio)
    assert {"unheld", "leg_failed"} <= set(database.noted)
    assert database.results[-1] == result


def test_a_lead_who_was_on_hold_before_stays_so(
    control: Endpoint, canned: CannedServer, breaker: Breaker
) -> None:
    database = SCENES["warm transfer on hold"].start()
    database.serve(canned)
    breaker.set(busy, 2, "POST")  # ask, write down, ring
    assert control.browser(SCENES["warm transfer on hold"].body).status_code == 503
    assert on_hold(database.twilio)
    assert "unheld" not in database.noted


@pytest.mark.parametrize("fault", [unheard, unanswered])
def test_while_nobody_knows_whether_somebody_rings_nobody_may_try_again(
    control: Endpoint, canned: CannedServer, breaker: Breaker, fault: Fault
) -> None:
    database = SCENES["warm transfer on hold"].start()
    database.serve(canned)
    room = database.twilio.rooms[ROOM]
    only = f"{canned.url}/2010-04-01"
    # From the ring on nothing is answered; before it, two requests find the room.
    breaker.set(fault, 2, only, count=99)
    answer = control.browser(SCENES["warm transfer on hold"].body)
    assert answer.get_json()["error"]["code"] == "twilio_unavailable"
    # The lease goes on, and the lead stays on hold: the target may answer any moment.
    assert set(database.results) == {None}
    assert room.members[LEAD_CALL_SID].hold


def test_a_ring_without_an_answer_is_found_in_the_room(
    control: Endpoint, canned: CannedServer, breaker: Breaker
) -> None:
    database = SCENES["warm transfer on hold"].start()
    database.serve(canned)
    breaker.set(unanswered, 2, f"{canned.url}/2010-04-01")
    assert control.browser(SCENES["warm transfer on hold"].body).status_code == 200
    assert len(database.twilio.dialled) == 1
    assert database.notes[-1] == {
        "what": "leg_dialled",
        "leg_id": TARGET_LEG,
        "call_sid": target(database.twilio),
    }


@pytest.mark.parametrize("mode", ["warm", "cold"])
@pytest.mark.parametrize("is_resumed", [False, True])
def test_one_who_declined_is_rung_again_when_it_is_asked_anew(
    control: Endpoint, canned: CannedServer, mode: str, is_resumed: bool
) -> None:
    """The call that they declined is another leg's, however short ago it was."""
    twilio = in_room(on_hold=True)
    declined = twilio.add(
        TARGET_SID, f"client:{COLLEAGUE}", LEAD_CALL_SID if mode == "cold" else None
    )
    declined.status, declined.dialled_by = "busy", None
    before = target_leg(TARGET_SID, is_over=True) | {"id": "the leg that was declined"}
    database = Database(twilio, "transfer", before, target_leg(), mode=mode, leg_id=TARGET_LEG)
    database.action["is_resumed"] = is_resumed
    database.serve(canned)
    assert control.browser(wish("transfer", to=USER, mode=mode)).status_code == 200
    assert twilio.dialled == [f"client:{COLLEAGUE}"]


def test_a_first_request_does_not_look_for_what_nobody_can_have_done(
    control: Endpoint, canned: CannedServer
) -> None:
    SCENES["warm transfer"].start().serve(canned)
    assert control.browser(SCENES["warm transfer"].body).status_code == 200
    assert not canned.asked_for(f"{BASE}/Calls.json")

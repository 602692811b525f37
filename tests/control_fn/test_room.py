"""A plain call becomes a room, and one of the two is gone by then."""

from __future__ import annotations

import pytest

from shared.http_client import Response
from tests.canned_server import CannedServer
from tests.control_fn.breaker import Breaker, Fault, Send, busy, down, unheard
from tests.control_fn.calls import AGENT_LEG, ROOM, TARGET_SID, Database, target
from tests.control_fn.scenes import SCENES, half_complete, hosts, wish
from tests.endpoints import CALL_SID, LEAD_CALL_SID, PUBLIC_BASE_URL, Endpoint

MOVE = f"/Calls/{LEAD_CALL_SID}.json"


def test_a_rep_who_followed_a_lead_who_is_gone_is_freed(
    control: Endpoint, canned: CannedServer, breaker: Breaker
) -> None:
    """The lead hung up when their leg should move. The Dial's action could not know it."""
    database = SCENES["hold"].start()
    database.serve(canned)
    twilio = database.twilio

    def gone_before(send: Send) -> Response:
        twilio.legs[LEAD_CALL_SID].status = "completed"
        twilio.seat(ROOM, CALL_SID, AGENT_LEG, ends_room=True)
        return send()

    breaker.set(gone_before, 0, MOVE)
    answer = control.browser(wish("hold"))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "not_in_progress")
    assert "lead" in answer.get_json()["error"]["message"]
    assert twilio.legs[CALL_SID].status == "completed"
    assert database.results == ["failed"]


def test_people_who_talk_on_without_the_lead_are_not_freed(
    control: Endpoint, canned: CannedServer
) -> None:
    """They were in the room before."""
    database = Database(SCENES["merge"].start().twilio, "hold", target(TARGET_SID))
    database.serve(canned)
    database.twilio.end(LEAD_CALL_SID)
    assert control.browser(wish("hold")).status_code == 409
    assert database.twilio.legs[CALL_SID].status == "in-progress"


def test_a_lead_whom_the_rep_does_not_follow_is_sent_to_be_continued(
    control: Endpoint, canned: CannedServer, breaker: Breaker
) -> None:
    """The rep's browser died when the lead's leg moved."""
    database = SCENES["hold"].start()
    database.serve(canned)
    twilio = database.twilio
    twilio.parents_join = False

    def dies_after(send: Send) -> Response:
        answer = send()
        twilio.legs[CALL_SID].status = "completed"
        return answer

    breaker.set(dies_after, 0, MOVE)
    answer = control.browser(wish("hold"))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "not_in_progress")
    address = f"{PUBLIC_BASE_URL}/twiml?after=room&call={CALL_SID}#rc=2&rp=ct,rt,5xx"
    assert twilio.redirected[-1] == (LEAD_CALL_SID, address)
    assert database.results == ["failed"]


def test_a_rep_who_is_still_on_the_way_is_waited_for_by_the_next_request(
    control: Endpoint, canned: CannedServer
) -> None:
    database = SCENES["hold"].start()
    database.serve(canned)
    twilio = database.twilio
    twilio.parents_join = False
    answer = control.browser(wish("hold"))
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (503, "twilio_unavailable")
    assert database.results == ["released"]
    assert len(twilio.redirected) == 1
    twilio.seat(ROOM, CALL_SID, AGENT_LEG, ends_room=True)
    assert control.browser(wish("hold")).status_code == 200
    # The lead is not moved again: they would leave the room for it.
    assert len(twilio.redirected) == 1


@pytest.mark.parametrize("fault", [busy, down, unheard])
def test_a_look_for_the_lead_on_the_way_that_fails_is_tried_again(
    control: Endpoint, canned: CannedServer, breaker: Breaker, fault: Fault
) -> None:
    database = SCENES["hold"].start()
    database.serve(canned)

    def moves(send: Send) -> Response:
        breaker.set(fault, 0, "GET")
        return send()

    breaker.set(moves, 0, MOVE)
    assert control.browser(wish("hold")).status_code == 200
    assert database.results == ["done"]
    assert len(database.twilio.redirected) == 1


@pytest.mark.parametrize("action", ["resume", "merge"])
def test_half_a_complete_is_mended_by_whatever_comes_next(
    control: Endpoint, canned: CannedServer, action: str
) -> None:
    database = Database(half_complete(), action, target(TARGET_SID))
    database.serve(canned)
    assert control.browser(wish(action)).status_code == 200
    assert hosts(database.twilio) == {CALL_SID}

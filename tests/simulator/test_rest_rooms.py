"""Conferences and Participants in the REST API: what is listed, made, changed and refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from twilio.rest import Client

from simulator.calls.adding import ApiQueue
from tests.simulator.lab import CALLER_ID, Lab, in_lab
from tests.simulator.rest import ask, client_of, refused
from tests.simulator.rooms import (
    add,
    client,
    converted,
    end_of_room,
    hears,
    leg_of,
    leg_statuses,
    present,
    room_events,
    until,
)


async def end(lab: Lab, sid: str) -> None:
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)


@in_lab(time_scale=0.02)
async def test_rooms_are_found_by_name_and_status_and_ended(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    for query, found in (
        ({}, 1),
        ({"FriendlyName": "room", "Status": "in-progress"}, 1),
        ({"FriendlyName": "hall"}, 0),
        ({"Status": "completed"}, 0),
        ({"DateCreated": "2020-01-01"}, 0),
        ({"DateCreated>": "2020-01-01"}, 1),
    ):
        listed = await ask(lab, "GET", "/Conferences.json", query=query)
        assert len(listed["conferences"]) == found, query
    assert await refused(lab, "POST", f"/Conferences/{room}.json", Status="over") == (400, 20001)
    ended = await ask(lab, "POST", f"/Conferences/{room}.json", Status="completed")
    assert (ended["status"], ended["reason_conference_ended"]) == (
        "completed",
        "conference-ended-via-api",
    )
    await lab.ended(sid)
    events = room_events(lab)
    left = [each for each in events if each["StatusCallbackEvent"] == "participant-leave"]
    assert {each["ReasonParticipantLeft"] for each in left} == {"conference_ended_via_api"}
    assert end_of_room(lab)["ReasonConferenceEnded"] == "conference-ended-via-api"
    # Both legs' Dials asked what comes next.
    assert len(lab.product.at("/after-room")) == 2


@in_lab(time_scale=1)
async def test_a_new_room_is_not_listed_at_once(lab: Lab) -> None:
    added = await ask(
        lab, "POST", "/Conferences/hall/Participants.json", To="client:bea", From=CALLER_ID
    )
    room = added["conference_sid"]
    assert (await ask(lab, "GET", "/Conferences.json"))["conferences"] == []
    assert await refused(lab, "GET", f"/Conferences/{room}.json") == (404, 20404)
    assert await refused(lab, "GET", f"/Conferences/{room}/Participants.json") == (404, 20404)
    await asyncio.sleep(0.6)
    assert (await ask(lab, "GET", f"/Conferences/{room}.json"))["friendly_name"] == "hall"


def test_calls_of_the_api_wait_for_their_turn_one_a_second() -> None:
    now = 10.0
    queue = ApiQueue(lambda: now)
    assert [queue.take_turn() for _ in range(3)] == [0, 1, 2]
    now += 0.5
    assert queue.take_turn() == 2.5
    now += 60
    assert [queue.take_turn() for _ in range(2)] == [0, 1]


@in_lab(time_scale=0.5)
async def test_who_waits_for_their_turn_is_queued_and_listed(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    for name in ("bea", "cy"):
        await client(lab, name, answerAfterSeconds=0)
    # Two more calls of the account are before them.
    for _ in range(2):
        lab.network.queue.take_turn()
    added = [await add(lab, room, f"client:{name}", Label=name) for name in ("bea", "cy")]
    assert 0 < int(added[0]["queue_time"]) < int(added[1]["queue_time"])
    shown = await ask(lab, "GET", f"/Conferences/{room}/Participants/cy.json")
    assert shown["status"] == "queued"
    assert (await ask(lab, "GET", f"/Calls/{added[1]['call_sid']}.json"))["status"] == "queued"
    # Taken back before its turn.
    await ask(lab, "DELETE", f"/Conferences/{room}/Participants/cy.json")
    await until(lab, sid, lambda call: present(call) == {"lead", "agent", "bea"})
    assert leg_statuses(lab, added[1]["call_sid"]) == ["canceled"]
    await end(lab, sid)


@in_lab(time_scale=0.02)
async def test_a_participant_is_known_by_its_label_from_the_first_ring_on(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await lab.script("+14155550188", ringSeconds=600)
    added = await add(lab, room, "+14155550188", Label="the expert", Timeout="600")
    path = f"/Conferences/{room}/Participants/the%20expert.json"
    await until(lab, sid, lambda call: leg_of(call, "phone")["status"] == "ringing")
    shown = await ask(lab, "GET", path)
    assert (shown["call_sid"], shown["status"]) == (added["call_sid"], "ringing")
    assert await refused(lab, "POST", path, Hold="true") == (400, 20001)
    call = await ask(lab, "GET", f"/Calls/{added['call_sid']}.json")
    assert (call["status"], call["parent_call_sid"]) == ("ringing", None)
    assert (call["direction"], call["to"]) == ("outbound-api", "+14155550188")
    children = await ask(lab, "GET", "/Calls.json", query={"ParentCallSid": sid})
    assert added["call_sid"] not in [each["sid"] for each in children["calls"]]
    found = await ask(lab, "GET", "/Calls.json", query={"To": "+14155550188"})
    assert [each["sid"] for each in found["calls"]] == [added["call_sid"]]
    # Taken back while it rings.
    assert await ask(lab, "DELETE", path) is None
    await until(lab, sid, lambda call: leg_of(call, "phone")["status"] == "canceled")
    assert await refused(lab, "GET", path) == (404, 20404)
    await end(lab, sid)


@in_lab(time_scale=0.02)
async def test_what_makes_no_sense_is_refused_and_the_room_goes_on(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    path = f"/Conferences/{room}/Participants"
    # Seen on Twilio: a leg that is not held cannot be taken off hold.
    assert (await refused(lab, "POST", f"{path}/{lead}.json", Hold="false"))[0] == 400
    to_bea: dict[str, Any] = {"To": "client:bea", "From": CALLER_ID}
    for form, code in (
        ({"From": CALLER_ID}, 21201),
        ({"To": "client:"} | {"From": CALLER_ID}, 21201),
        ({"To": "client:bea"}, 21213),
        ({"To": "415 555 0123", "From": CALLER_ID}, 21211),
        ({"To": "sip:a@b.test", "From": CALLER_ID}, 21211),
        ({"To": "+14155550123", "From": "+14155559999"}, 21210),
        ({"To": "+14155550123", "From": "client:user_1"}, 21210),
        ({"To": "+15005550001", "From": CALLER_ID}, 21211),
        ({"To": "+15005550002", "From": CALLER_ID}, 21214),
        ({"To": "+15005550003", "From": CALLER_ID}, 21215),
        ({"To": "+15005550004", "From": CALLER_ID}, 21216),
        (to_bea | {"Label": "a/b"}, 16024),
        (to_bea | {"Label": "x" * 129}, 16024),
        (to_bea | {"Label": "lead"}, 16025),
        (to_bea | {"MaxParticipants": "2"}, 13238),
        (to_bea | {"CallSidToCoach": "CA" + "0" * 32}, 13240),
        (to_bea | {"StatusCallback": "nonsense"}, 21609),
        (to_bea | {"Timeout": "soon"}, 20001),
    ):
        assert await refused(lab, "POST", f"{path}.json", **form) == (400, code), form
    for missing in (f"/Conferences/CF{'0' * 32}/Participants", "/Conferences/nowhere/Participants"):
        assert await refused(lab, "GET", f"{missing}.json") == (404, 20404)
    gone = f"/Conferences/CF{'0' * 32}/Participants.json"
    assert await refused(lab, "POST", gone, **to_bea) == (404, 20404)
    for method in ("GET", "POST", "DELETE"):
        assert await refused(lab, method, f"{path}/CA{'0' * 32}.json") == (404, 20404)
    assert hears(await lab.state(sid)) == {"agent": ["lead"], "lead": ["agent"]}
    assert len((await lab.state(sid))["legs"]) == 2
    await end(lab, sid)


@pytest.mark.parametrize(
    ("number", "status"), [("+15005550007", "busy"), ("client:bea", "no-answer")]
)
def test_a_room_that_the_api_makes_ends_if_nobody_comes(number: str, status: str) -> None:
    async def scenario(lab: Lab) -> None:
        lab.product.replies_status("/room", 204)
        added = await ask(
            lab,
            "POST",
            "/Conferences/hall/Participants.json",
            To=number,
            From=CALLER_ID,
            ConferenceStatusCallback=f"{lab.product.url}/room",
            ConferenceStatusCallbackEvent=["join leave", "end"],
        )
        call = await lab.ended(added["call_sid"])
        assert (call["status"], call["identity"]) == (status, "+15005550006")
        [leave, over] = room_events(lab)
        assert leave["ParticipantCallStatus"] == status
        assert over["ReasonConferenceEnded"] == "last-participant-left"

    in_lab()(scenario)()


@in_lab(time_scale=0.02)
async def test_twilios_own_library_converts_a_call_and_runs_a_room(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    await client(lab, "bea", answerAfterSeconds=1)

    def use(twilio: Client) -> None:
        [found] = twilio.conferences.list(friendly_name="room", status="in-progress")
        assert found.sid == room
        participants = twilio.conferences(room).participants
        assert {each.label for each in participants.list()} == {"lead", "agent"}
        assert twilio.conferences(room).participants(lead).update(hold=True).hold
        added = participants.create(
            from_=CALLER_ID,
            to="client:bea?conversationId=7",
            label="bea",
            timeout=20,
            early_media=False,
            beep="false",
            end_conference_on_exit=False,
            jitter_buffer_size="small",
            status_callback=f"{lab.product.url}/leg",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        assert (added.status, added.label) == ("queued", "bea")
        assert twilio.conferences(room).participants("bea").fetch().call_sid == added.call_sid
        twilio.calls(lead).update(status="completed")
        twilio.conferences(room).update(status="completed")
        assert twilio.conferences(room).fetch().status == "completed"

    await asyncio.to_thread(use, client_of(lab))
    await lab.ended(sid)


@in_lab(time_scale=0.02)
async def test_an_answer_can_come_late_although_the_deed_is_done(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    fault = {"answerDelaySeconds": 0.4, "count": 1, "path": "/Participants/", "method": "POST"}
    assert (await lab.post("/simulator/api-faults", fault))[0] == 202
    asked = asyncio.create_task(
        ask(lab, "POST", f"/Conferences/{room}/Participants/{lead}.json", Hold="true")
    )
    await until(lab, sid, lambda call: hears(call)["lead"] == ["music"])
    assert not asked.done()
    assert (await asked)["hold"]
    await end(lab, sid)

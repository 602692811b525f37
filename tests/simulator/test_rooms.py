"""Conferences: who is in a room, who hears whom, what its callbacks say, how it ends."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from simulator.control.call_json import CallJson
from tests.simulator.lab import ACCOUNT_SID, AUTH_TOKEN, CALLER_ID, Lab, Received, in_lab, twiml
from tests.simulator.rest import ask, refused
from tests.simulator.rooms import (
    add,
    client,
    converted,
    end_of_room,
    hears,
    leg_of,
    leg_statuses,
    prepare,
    present,
    room_events,
    room_of,
    room_twiml,
    talking,
    until,
)


async def ended_by_agent(lab: Lab, sid: str) -> None:
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)


@in_lab(time_scale=0.02)
async def test_a_warm_transfer_from_the_first_hold_to_the_last_goodbye(lab: Lab) -> None:
    """Hold, add, consult, merge, hand over: who hears whom, and every callback of the room."""
    sid, lead, room = await converted(lab)
    path = f"/Conferences/{room}/Participants"
    assert hears(await lab.state(sid)) == {"agent": ["lead"], "lead": ["agent"]}

    await ask(lab, "POST", f"{path}/{lead}.json", Hold="true")
    assert hears(await lab.state(sid)) == {"agent": [], "lead": ["music"]}

    await client(lab, "bea", answerAfterSeconds=2)
    bea = await add(lab, room, "client:bea?reason=transfer", Label="bea")
    assert (bea["status"], bea["label"], bea["conference_sid"]) == ("queued", "bea", room)
    await until(lab, sid, lambda call: "bea" in present(call))
    consulting = {"agent": ["client"], "client": ["agent"], "lead": ["music"]}
    assert hears(await lab.state(sid)) == consulting

    await ask(lab, "POST", f"{path}/{lead}.json", Hold="false")
    together = await lab.state(sid)
    assert hears(together) == {
        "agent": ["client", "lead"],
        "client": ["agent", "lead"],
        "lead": ["agent", "client"],
    }

    await ask(lab, "POST", f"{path}/bea.json", EndConferenceOnExit="true")
    await ask(lab, "POST", f"{path}/agent.json", EndConferenceOnExit="false")
    await ask(lab, "DELETE", f"{path}/{sid}.json")
    call = await until(lab, sid, lambda call: call["status"] == "completed")
    assert hears(call) == {"client": ["lead"], "lead": ["client"]}
    # The room is not over, and the agent's Dial asked what comes next.
    assert [each.params["CallSid"] for each in lab.product.at("/after-room")] == [sid]

    await lab.post(f"/simulator/calls/{sid}/legs/{bea['call_sid']}/hangup")
    call = await lab.ended(sid)
    assert {leg["status"] for leg in call["legs"]} == {"completed"}
    events = room_events(lab)
    assert [each["SequenceNumber"] for each in events] == [str(n + 1) for n in range(len(events))]
    assert [(each["StatusCallbackEvent"], each.get("ParticipantLabel")) for each in events] == [
        ("participant-join", "lead"),
        ("participant-join", "agent"),
        ("conference-start", None),
        ("participant-hold", "lead"),
        ("participant-join", "bea"),
        ("participant-unhold", "lead"),
        ("participant-modify", "bea"),
        ("participant-modify", "agent"),
        ("participant-leave", "agent"),
        ("participant-leave", "bea"),
        ("conference-end", None),
        ("participant-leave", "lead"),
    ]
    reasons = [
        each["ReasonParticipantLeft"] for each in events if "leave" in each["StatusCallbackEvent"]
    ]
    assert reasons == [
        "participant_updated_via_api",
        "participant_hung_up",
        "moderator_ended_conference",
    ]
    assert leg_statuses(lab, bea["call_sid"]) == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]


@in_lab(time_scale=0.02)
async def test_callbacks_of_a_room_have_exactly_twilios_parameters(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    await ended_by_agent(lab, sid)
    validator = RequestValidator(AUTH_TOKEN)
    for received in lab.product.at("/room"):
        signature = received.headers["X-Twilio-Signature"]
        assert validator.validate(received.url, received.params, signature)
    events = room_events(lab)
    assert all(each.pop("Timestamp").endswith(" +0000") for each in events)
    always = {"AccountSid": ACCOUNT_SID, "ConferenceSid": room, "FriendlyName": "room"}
    joined = {
        "Muted": "false",
        "Hold": "false",
        "Coaching": "false",
        "StartConferenceOnEnter": "true",
    }
    of_lead = joined | {"CallSid": lead, "ParticipantLabel": "lead", "EndConferenceOnExit": "false"}
    of_agent = joined | {"CallSid": sid, "ParticipantLabel": "agent", "EndConferenceOnExit": "true"}
    assert events == [
        always | of_lead | {"SequenceNumber": "1", "StatusCallbackEvent": "participant-join"},
        always | of_agent | {"SequenceNumber": "2", "StatusCallbackEvent": "participant-join"},
        always | {"SequenceNumber": "3", "StatusCallbackEvent": "conference-start"},
        always
        | of_agent
        | {
            "SequenceNumber": "4",
            "StatusCallbackEvent": "participant-leave",
            "ParticipantCallStatus": "completed",
            "ReasonParticipantLeft": "participant_hung_up",
        },
        always
        | {
            "SequenceNumber": "5",
            "StatusCallbackEvent": "conference-end",
            "ReasonConferenceEnded": "participant-with-end-conference-on-exit-left",
            "Reason": "Participant with endConferenceOnExit left",
            "CallSidEndingConference": sid,
            "ParticipantLabelEndingConference": "agent",
        },
        always
        | of_lead
        | {
            "SequenceNumber": "6",
            "StatusCallbackEvent": "participant-leave",
            "ParticipantCallStatus": "in-progress",
            "ReasonParticipantLeft": "moderator_ended_conference",
        },
    ]
    [action] = [
        each.params for each in lab.product.at("/after-room") if each.params["CallSid"] == lead
    ]
    # Of a conference, Dial's action is told neither a CallSid nor a duration.
    assert {name: value for name, value in action.items() if name.startswith("Dial")} == {
        "DialCallStatus": "answered"
    }
    assert action["CallStatus"] == "in-progress"


@in_lab(time_scale=0.02)
async def test_only_the_first_participants_callback_and_events_count(lab: Lab) -> None:
    prepare(lab)
    lab.product.replies_status("/other", 204)
    sid, lead = await talking(lab)
    document = room_twiml(lab, "lead").replace('"start end join leave mute hold modify"', '"join"')
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=document.replace("/room", "/other"))
    await until(lab, sid, lambda call: present(call) == {"lead", "agent"})
    await ended_by_agent(lab, sid)
    assert lab.product.at("/room") == []
    sent = [each.params for each in lab.product.at("/other")]
    assert {each["StatusCallbackEvent"] for each in sent} == {"participant-join"}
    assert {each["SequenceNumber"] for each in sent} == {"1", "2"}


@in_lab(time_scale=0.02)
async def test_who_is_alone_hears_the_wait_music_or_silence_as_asked(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    path = f"/Conferences/{room}/Participants"
    await ask(lab, "POST", f"{path}/agent.json", EndConferenceOnExit="false")
    await ended_by_agent_but_not_the_call(lab, sid)
    # Nobody ended the room: the lead is alone with Twilio's music until somebody does.
    assert hears(await lab.state(sid)) == {"lead": ["music"]}
    [listed] = (await ask(lab, "GET", f"{path}.json"))["participants"]
    assert listed["call_sid"] == lead
    await ask(lab, "POST", f"{path}/lead.json", WaitUrl="")
    await ask(lab, "DELETE", f"{path}/lead.json")
    await lab.ended(sid)
    assert end_of_room(lab)["ReasonConferenceEnded"] == "last-participant-kicked"


async def ended_by_agent_but_not_the_call(lab: Lab, sid: str) -> None:
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await until(lab, sid, lambda call: call["status"] == "completed")


@in_lab(time_scale=0.02)
async def test_the_held_and_the_muted_are_not_heard_and_a_coach_only_by_one(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    path = f"/Conferences/{room}/Participants"
    await client(lab, "bea", answerAfterSeconds=1)
    await add(lab, room, "client:bea", Label="bea", Coaching="true", CallSidToCoach=sid)
    await until(lab, sid, lambda call: "bea" in present(call))
    assert hears(await lab.state(sid)) == {
        "agent": ["client", "lead"],
        "client": ["agent", "lead"],
        "lead": ["agent"],
    }
    await ask(lab, "POST", f"{path}/bea.json", Coaching="false", Muted="true")
    assert hears(await lab.state(sid))["agent"] == ["lead"]
    await ask(lab, "POST", f"{path}/bea.json", Muted="false")
    await ask(lab, "POST", f"{path}/agent.json", Hold="true", HoldUrl="")
    assert hears(await lab.state(sid)) == {"agent": [], "client": ["lead"], "lead": ["client"]}
    await ended_by_agent(lab, sid)
    names = [each["StatusCallbackEvent"] for each in room_events(lab)]
    assert [name for name in names if "mute" in name] == ["participant-mute", "participant-unmute"]


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ({"ending": "no-answer"}, "no-answer"),
        ({"ending": "busy", "ringSeconds": 1}, "busy"),
        ({"ending": "failed", "ringSeconds": 0}, "failed"),
    ],
)
def test_an_unanswered_participant_is_listed_and_then_leaves(
    script: dict[str, object], status: str
) -> None:
    async def scenario(lab: Lab) -> None:
        sid, _, room = await converted(lab)
        await lab.script("+14155550188", **script)
        added = await add(lab, room, "+14155550188", Label="expert")
        call = await until(lab, sid, lambda call: leg_of(call, "phone")["endedAt"] is not None)
        leg = leg_of(call, "phone")
        assert (leg["direction"], leg["parentCallSid"], leg["status"]) == (
            "outbound-api",
            None,
            status,
        )
        assert leg["callSid"] == added["call_sid"]
        await ended_by_agent(lab, sid)
        [leave] = [each for each in room_events(lab) if each.get("ParticipantLabel") == "expert"]
        assert leave["StatusCallbackEvent"] == "participant-leave"
        assert leave["ReasonParticipantLeft"] == "participant_add_failed"
        assert leave["ParticipantCallStatus"] == status
        assert leg_statuses(lab, leg["callSid"])[-1] == status
        [first] = [
            each.params
            for each in lab.product.at("/leg")
            if each.params["CallSid"] == leg["callSid"] and each.params["SequenceNumber"] == "0"
        ]
        assert (first["Direction"], first["From"], first["To"]) == (
            "outbound-api",
            CALLER_ID,
            "+14155550188",
        )
        assert "ParentCallSid" not in first

    in_lab(time_scale=0.02)(scenario)()


@in_lab(time_scale=0.02)
async def test_early_media_is_heard_by_the_room(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await lab.script("+14155550188", ringSeconds=600)
    await add(lab, room, "+14155550188", EarlyMedia="true", Timeout="600")
    call = await until(lab, sid, lambda call: leg_of(call, "phone")["status"] == "ringing")
    assert hears(call)["agent"] == ["lead", "ringback"]
    await ended_by_agent(lab, sid)
    # The room is over, so nobody is called for it any more.
    assert leg_of(await lab.state(sid), "phone")["status"] == "canceled"


@in_lab(time_scale=0.02)
async def test_the_room_ends_when_the_last_one_leaves_and_forgets_who_was_there(lab: Lab) -> None:
    sid, lead, room = await converted(lab)
    await ask(lab, "POST", f"/Conferences/{room}/Participants/agent.json", EndConferenceOnExit="no")
    await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    await until(lab, sid, lambda call: present(call) == {"agent"})
    await ended_by_agent(lab, sid)
    last = end_of_room(lab)
    assert last["ReasonConferenceEnded"] == "last-participant-left"
    shown = await ask(lab, "GET", f"/Conferences/{room}.json")
    assert (shown["status"], shown["reason_conference_ended"]) == (
        "completed",
        "last-participant-left",
    )
    assert (await ask(lab, "GET", f"/Conferences/{room}/Participants.json"))["participants"] == []
    assert await refused(
        lab, "POST", f"/Conferences/{room}/Participants/{lead}.json", Hold="true"
    ) == (404, 20404)
    assert room_of(await lab.state(sid))["ended"]


@in_lab(time_scale=0.02)
async def test_a_participant_who_is_redirected_leaves_and_lives(lab: Lab) -> None:
    sid, lead, _ = await converted(lab)
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml="<Response><Echo/></Response>")
    call = await until(lab, sid, lambda call: hears(call)["lead"] == ["echo"])
    assert leg_of(call, "lead")["status"] == "in-progress"
    await ended_by_agent_but_not_the_call(lab, sid)
    assert leg_of(await lab.state(sid), "lead")["endedAt"] is None
    await lab.post(f"/simulator/calls/{sid}/legs/{lead}/hangup")
    await lab.ended(sid)
    [left] = [
        each
        for each in room_events(lab)
        if each["StatusCallbackEvent"] == "participant-leave" and each["CallSid"] == lead
    ]
    assert (left["ReasonParticipantLeft"], left["ParticipantCallStatus"]) == (
        "participant_updated_via_api",
        "in-progress",
    )


@in_lab(time_scale=0.02)
async def test_a_label_that_is_taken_lets_the_call_fall_through(lab: Lab) -> None:
    prepare(lab)
    sid, lead = await talking(lab)
    document = room_twiml(lab, "agent").replace("</Response>", "<Pause length='4'/></Response>")

    async def also_agent(received: Received) -> web.StreamResponse:
        return twiml(room_twiml(lab, "agent").replace("</Response>", "<Say>no</Say></Response>"))

    lab.product.answers["/voice-after-dial"] = also_agent
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=document)
    await lab.until(sid, lambda event: event["text"] == "Say: no")
    assert 16025 in [error["code"] for error in (await lab.state(sid))["errors"]]
    assert present(await lab.state(sid)) == {"agent"}
    await lab.post(f"/simulator/calls/{sid}/legs/{lead}/hangup")
    await lab.ended(sid)


@in_lab(time_scale=0.02)
async def test_dials_time_limit_ends_a_stay_in_a_room(lab: Lab) -> None:
    prepare(lab)
    sid, lead = await talking(lab)
    document = room_twiml(lab, "lead").replace('timeLimit="3600"', 'timeLimit="20"')
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=document)
    await until(lab, sid, lambda call: leg_of(call, "lead")["status"] == "completed")
    assert present(await lab.state(sid)) == {"agent"}
    await ended_by_agent(lab, sid)


@in_lab(time_scale=0.02)
async def test_callbacks_of_rooms_and_added_legs_can_be_lost_like_others(lab: Lab) -> None:
    body = {"kinds": ["room-status", "leg-status"], "statuses": ["participant-join", "ringing"]}
    await lab.post("/simulator/lost-callbacks", body)
    sid, _, room = await converted(lab)
    await client(lab, "bea", answerAfterSeconds=1)
    bea = await add(lab, room, "client:bea", Label="bea")
    await until(lab, sid, lambda call: "bea" in present(call))
    await ended_by_agent(lab, sid)
    assert "participant-join" not in [each["StatusCallbackEvent"] for each in room_events(lab)]
    assert leg_statuses(lab, bea["call_sid"])[:2] == ["initiated", "in-progress"]


@in_lab(time_scale=0.02)
async def test_a_room_beeps_unless_it_is_asked_not_to(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await client(lab, "bea", answerAfterSeconds=1)
    await add(lab, room, "client:bea", Label="bea", Beep="onEnter")
    call = await until(lab, sid, lambda call: "bea" in present(call))
    assert hears(call)["lead"] == ["agent", "beep", "client"]
    await until(lab, sid, lambda call: hears(call)["lead"] == ["agent", "client"])
    await ask(lab, "DELETE", f"/Conferences/{room}/Participants/bea.json")
    call = await until(lab, sid, lambda call: "bea" not in present(call))
    assert hears(call)["lead"] == ["agent"]
    await ended_by_agent(lab, sid)


@in_lab(time_scale=0.02)
async def test_a_room_starts_while_the_second_participant_still_rings(lab: Lab) -> None:
    """Seen on Twilio: conference-start does not mean that the callee has answered."""
    lab.product.replies("/voice", room_twiml(lab, "agent", host=True))
    lab.product.replies("/after-room", "<Response/>")
    lab.product.replies_status("/leg", 204)
    lab.product.replies_status("/room", 204)
    await lab.script("+14155550188", ringSeconds=600)
    added = await ask(
        lab,
        "POST",
        "/Conferences/room/Participants.json",
        To="+14155550188",
        From=CALLER_ID,
        Timeout="600",
        ConferenceStatusCallback=f"{lab.product.url}/room",
    )
    await until(lab, added["call_sid"], lambda call: call["status"] == "ringing")
    sid = await lab.place()
    call = await until(lab, added["call_sid"], lambda call: bool(present(call)))
    assert room_of(call)["started"]
    assert leg_of(call, "phone")["status"] == "ringing"
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)
    await lab.ended(added["call_sid"])
    # The request that made the room asked for no events: Twilio's default is these two.
    assert [each["StatusCallbackEvent"] for each in room_events(lab)] == [
        "conference-start",
        "conference-end",
    ]


@in_lab(time_scale=0.02)
async def test_a_host_who_is_put_out_ends_the_room(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await ask(lab, "DELETE", f"/Conferences/{room}/Participants/agent.json")
    await lab.ended(sid)
    last = end_of_room(lab)
    assert last["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-kicked"
    assert last["CallSidEndingConference"] == sid


@in_lab(time_scale=0.02)
async def test_an_added_number_talks_as_long_as_its_script_says(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await lab.script("+14155550188", ringSeconds=1, talkSeconds=12)
    await add(lab, room, "+14155550188", Label="expert")
    await lab.script("+14155550189", ringSeconds=1, talkSeconds=None)
    limited = await add(lab, room, "+14155550189", Label="other", TimeLimit="9")

    def over(call: CallJson) -> bool:
        return all(leg["endedAt"] for leg in call["legs"] if leg["role"] == "phone")

    await until(lab, sid, lambda call: len(call["legs"]) == 4 and over(call))
    durations = {leg["to"]: leg["duration"] for leg in (await lab.state(sid))["legs"]}
    assert (durations["+14155550188"], durations["+14155550189"]) == (12, 9)
    await ended_by_agent(lab, sid)
    assert leg_statuses(lab, limited["call_sid"])[-1] == "completed"


@in_lab(time_scale=0.02)
async def test_callers_of_different_calls_meet_in_a_room_and_each_keeps_its_time(lab: Lab) -> None:
    prepare(lab)
    lab.product.replies("/voice", room_twiml(lab, "first"))
    first = await lab.place()
    await until(lab, first, lambda call: present(call) == {"first"})
    # The first call is some seconds old when the second begins.
    await asyncio.sleep(0.2)
    lab.product.replies("/voice", room_twiml(lab, "second", host=True))
    second = await lab.place()
    call = await until(lab, first, lambda call: present(call) == {"first", "second"})
    assert leg_of(call, "agent")["media"]["hears"] == [second]
    await lab.post(f"/simulator/calls/{second}/hangup")
    ended = [await lab.ended(sid) for sid in (first, second)]
    durations = [leg_of(call, "agent")["duration"] or 0 for call in ended]
    # 0.2 s are 10 simulated seconds.
    assert durations[0] >= 9 + durations[1]
    assert end_of_room(lab)["CallSidEndingConference"] == second


@in_lab(time_scale=0.02)
async def test_what_the_api_does_in_a_room_happens_when_it_does_it(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    await asyncio.sleep(0.2)
    path = f"/Conferences/{room}/Participants/lead.json"
    await ask(lab, "POST", path, Hold="true")
    await asyncio.sleep(0.2)
    await ask(lab, "DELETE", path)
    await ended_by_agent(lab, sid)
    times = {
        (each["StatusCallbackEvent"], each.get("ParticipantLabel")): parsedate_to_datetime(
            each["Timestamp"]
        )
        for each in room_events(lab)
    }
    start = times["conference-start", None]
    held, left = times["participant-hold", "lead"], times["participant-leave", "lead"]
    # 0.2 s are 10 simulated seconds; timestamps have whole ones.
    assert (held - start).total_seconds() >= 9
    assert (left - held).total_seconds() >= 9
    duration = leg_of(await lab.state(sid), "lead")["duration"]
    assert duration is not None
    assert duration >= 19


@in_lab(time_scale=0.02)
async def test_a_leg_that_the_api_added_executes_twiml_too(lab: Lab) -> None:
    sid, _, room = await converted(lab)
    lab.product.replies(
        "/new", "<Response><Dial action='/after-room'><Client>cy</Client></Dial></Response>"
    )
    await client(lab, "bea", answerAfterSeconds=1)
    await client(lab, "cy", answerAfterSeconds=1, talkSeconds=8)
    bea = (await add(lab, room, "client:bea", Label="bea"))["call_sid"]
    await until(lab, sid, lambda call: "bea" in present(call))
    await ask(lab, "POST", f"/Calls/{bea}.json", Url=f"{lab.product.url}/new")
    call = await until(lab, sid, lambda call: len(call["legs"]) == 4)
    assert present(call) == {"lead", "agent"}
    [new] = lab.product.at("/new")
    assert (new.params["CallSid"], new.params["Direction"]) == (bea, "outbound-api")
    await until(lab, sid, lambda call: leg_statuses(lab, bea)[-1] == "completed")
    [cy] = [leg for leg in (await lab.state(sid))["legs"] if leg["parentCallSid"] == bea]
    assert (cy["to"], cy["from"], cy["duration"]) == ("client:cy", CALLER_ID, 8)
    await ended_by_agent(lab, sid)

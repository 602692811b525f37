"""Legs that the REST API redirects: which requests follow, in which order, and who lives."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from tests.simulator.lab import LEAD, Lab, Received, in_lab, twiml
from tests.simulator.rest import ask, refused
from tests.simulator.rooms import (
    client,
    converted,
    hears,
    leg_of,
    leg_statuses,
    prepare,
    talking,
    until,
)


def paths(lab: Lab) -> list[str]:
    return [each.path for each in lab.product.received if each.path.startswith(("/voice", "/new"))]


@in_lab()
async def test_a_redirected_parent_loses_its_child_and_two_requests_follow(lab: Lab) -> None:
    """As measured on Twilio in August 2026: the child ends, then the Dial's action is asked as if
    the callee had hung up, then the new URL gets the control."""
    lab.product.replies("/voice-after-dial", "<Response><Say>stale</Say></Response>")
    lab.product.replies("/new", "<Response><Pause length='3'/></Response>")
    sid, _ = await talking(lab)
    await ask(lab, "POST", f"/Calls/{sid}.json", Url=f"{lab.product.url}/new")
    call = await lab.ended(sid)
    assert paths(lab) == ["/voice", "/voice-after-dial", "/new"]
    [action] = lab.product.at("/voice-after-dial")
    assert action.params["DialCallStatus"] == "completed"
    assert action.params["DialCallDuration"] == str(leg_of(call, "lead")["duration"])
    assert action.params["CallStatus"] == "in-progress"
    [new] = lab.product.at("/new")
    assert (new.params["CallSid"], new.params["CallStatus"]) == (sid, "in-progress")
    assert "DialCallStatus" not in new.params
    verbs = await lab.http.get(f"/simulator/calls/{sid}/events")
    texts = [event["text"] for event in (await verbs.json())["events"]]
    assert "Pause: 3 s" in texts
    assert "Say: stale" not in texts
    assert call["status"] == "completed"


@in_lab()
async def test_a_redirected_child_lives_and_its_parent_is_asked_for_its_action(lab: Lab) -> None:
    prepare(lab)
    sid, lead = await talking(lab)
    twiml_of_lead = "<Response><Pause length='30'/></Response>"
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=twiml_of_lead)
    call = await until(lab, sid, lambda call: bool(call["rooms"]))
    [action] = lab.product.at("/voice-after-dial")
    assert action.params["DialCallStatus"] == "completed"
    assert action.params["DialCallSid"] == lead
    # twilio.com/docs/voice/twiml/dial: not for a child that was redirected.
    assert "DialCallDuration" not in action.params
    assert leg_of(call, "lead")["status"] == "in-progress"
    assert hears(call) == {"agent": [], "lead": []}
    await lab.post(f"/simulator/calls/{sid}/hangup")
    call = await lab.ended(sid)
    duration = leg_of(call, "lead")["duration"]
    assert duration is not None
    # From the answer on, whatever the leg was connected with.
    assert duration >= 30


@in_lab()
async def test_a_talk_that_goes_on_in_a_room_takes_as_long_as_scripted(lab: Lab) -> None:
    sid, lead, _ = await converted(lab, talkSeconds=90)
    await until(lab, sid, lambda call: leg_of(call, "lead")["status"] == "completed")
    assert leg_of(await lab.state(sid), "lead")["duration"] == 90
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)
    # The callback that came with the redirection replaced that of the Number.
    assert leg_statuses(lab, lead) == ["completed"]
    assert lab.product.lead_statuses() == ["initiated", "ringing", "in-progress"]


@in_lab()
async def test_without_a_new_callback_the_numbers_own_stays(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response/>")
    sid, lead = await talking(lab)
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml="<Response><Hangup/></Response>")
    await lab.ended(sid)
    assert lab.product.lead_statuses()[-1] == "completed"


@in_lab()
async def test_the_new_url_of_a_child_is_asked_as_the_child(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response/>")
    lab.product.replies("/new", "<Response><Pause length='2'/></Response>")
    sid, lead = await talking(lab)
    await ask(lab, "POST", f"/Calls/{lead}.json", Url=f"{lab.product.url}/new", Method="GET")
    await lab.ended(sid)
    [new] = lab.product.at("/new")
    assert new.method == "GET"
    assert new.params["CallSid"] == lead
    assert (new.params["ParentCallSid"], new.params["To"]) == (sid, LEAD)
    assert new.params["Direction"] == "outbound-dial"


@in_lab()
async def test_a_lead_is_handed_to_a_client_and_the_agent_is_free(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response/>")
    lab.product.replies("/after-transfer", "<Response/>")
    lab.product.replies_status("/leg", 204)
    await client(lab, "bea", answerAfterSeconds=4, talkSeconds=20)
    sid, lead = await talking(lab)
    url = lab.product.url
    await ask(
        lab,
        "POST",
        f"/Calls/{lead}.json",
        Twiml=f'<Response><Dial action="{url}/after-transfer" timeout="20"><Client '
        f'statusCallback="{url}/leg" statusCallbackEvent="initiated ringing answered completed">'
        "<Identity>bea</Identity><Parameter name='reason' value='transfer'/></Client></Dial>"
        "</Response>",
    )
    alone = {"lead": ["client"], "client": ["lead"]}
    await until(lab, sid, lambda call: hears(call) == alone and call["status"] == "completed")
    call = await lab.ended(sid)
    bea = leg_of(call, "client")
    assert (bea["parentCallSid"], bea["direction"]) == (lead, "outbound-dial")
    assert (bea["from"], bea["to"], bea["duration"]) == ("+15005550006", "client:bea", 20)
    [after] = lab.product.at("/after-transfer")
    assert after.params["CallSid"] == lead
    assert after.params["DialCallStatus"] == "completed"
    assert after.params["DialCallSid"] == bea["callSid"]
    assert after.params["DialCallDuration"] == "20"
    assert leg_statuses(lab, bea["callSid"]) == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    children = await ask(lab, "GET", "/Calls.json", query={"ParentCallSid": lead})
    assert [each["sid"] for each in children["calls"]] == [bea["callSid"]]


@pytest.mark.parametrize(
    ("script", "status", "callbacks"),
    [
        ({"ending": "no-answer"}, "no-answer", ["initiated", "ringing", "no-answer"]),
        ({"ending": "decline"}, "busy", ["initiated", "ringing", "busy"]),
        (None, "no-answer", ["initiated", "no-answer"]),
    ],
)
def test_nobody_takes_the_lead_and_the_action_says_why(
    script: dict[str, object] | None, status: str, callbacks: list[str]
) -> None:
    async def scenario(lab: Lab) -> None:
        lab.product.replies("/voice-after-dial", "<Response/>")
        lab.product.replies("/after-transfer", "<Response><Say>sorry</Say></Response>")
        lab.product.replies_status("/leg", 204)
        if script is not None:
            await client(lab, "bea", **script)
        sid, lead = await talking(lab)
        url = lab.product.url
        await ask(
            lab,
            "POST",
            f"/Calls/{lead}.json",
            Twiml=f'<Response><Dial action="{url}/after-transfer" timeout="20"><Client '
            f'statusCallback="{url}/leg" statusCallbackEvent="initiated ringing completed">bea'
            "</Client></Dial></Response>",
        )
        call = await lab.ended(sid)
        [after] = lab.product.at("/after-transfer")
        assert after.params["DialCallStatus"] == status
        assert (after.params["CallStatus"], after.params["DialBridged"]) == ("in-progress", "false")
        bea = leg_of(call, "client")
        assert leg_statuses(lab, bea["callSid"]) == callbacks
        assert leg_of(call, "lead")["status"] == "completed"

    in_lab()(scenario)()


@in_lab()
async def test_of_several_clients_the_first_to_answer_wins_and_the_rest_are_canceled(
    lab: Lab,
) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial answerOnBridge="true" action="/voice-after-dial"><Client>bea</Client>'
        "<Client>cy</Client><Client>nobody</Client></Dial></Response>",
    )
    await client(lab, "bea", answerAfterSeconds=6, talkSeconds=5)
    await client(lab, "cy", answerAfterSeconds=3, talkSeconds=5)
    call = await lab.call()
    ends = {leg["to"]: (leg["status"], leg["duration"]) for leg in call["legs"][1:]}
    assert ends == {
        "client:bea": ("canceled", 0),
        "client:cy": ("completed", 5),
        "client:nobody": ("no-answer", 0),
    }
    [action] = lab.product.at("/voice-after-dial")
    cy = call["legs"][2]
    assert (cy["to"], cy["from"]) == ("client:cy", "client:user_1")
    assert action.params["DialCallStatus"] == "completed"
    assert action.params["DialCallSid"] == cy["callSid"]


@in_lab()
async def test_of_two_who_answer_at_the_same_moment_one_is_canceled(lab: Lab) -> None:
    lab.product.replies(
        "/voice", "<Response><Dial><Client>bea</Client><Client>cy</Client></Dial></Response>"
    )
    for name in ("bea", "cy"):
        await client(lab, name, answerAfterSeconds=3, talkSeconds=5)
    call = await lab.call()
    ends = sorted((leg["status"], leg["duration"]) for leg in call["legs"][1:])
    assert ends == [("canceled", 0), ("completed", 5)]


@in_lab()
async def test_what_the_callees_script_says_of_the_agent_ends_with_the_callee(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response><Pause length='60'/></Response>")
    sid, _ = await talking(lab, talkSeconds=30, hangsUp="agent")
    await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    duration = leg_of(await lab.ended(sid), "agent")["duration"]
    assert duration is not None
    assert duration >= 60


@in_lab()
async def test_an_agent_whose_script_hangs_up_does_so_in_a_room_too(lab: Lab) -> None:
    sid, _, _ = await converted(lab, talkSeconds=90, hangsUp="agent")
    assert leg_of(await lab.ended(sid), "agent")["duration"] == 90


@in_lab(time_scale=0.2)
async def test_what_cannot_be_redirected_is_refused_and_goes_on(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response/>")
    ringing = await lab.place(script={"ringSeconds": 600})
    await lab.until_lead_is(ringing, "ringing")
    lead = leg_of(await lab.state(ringing), "lead")["callSid"]
    for sid in (ringing, lead):
        assert await refused(lab, "POST", f"/Calls/{sid}.json", Twiml="<Response/>") == (400, 21220)
    # A leg that rings in a Dial counts as in progress: it can be ended, but not canceled.
    assert await refused(lab, "POST", f"/Calls/{lead}.json", Status="canceled") == (400, 21220)
    await ask(lab, "POST", f"/Calls/{lead}.json", Status="completed")
    call = await lab.ended(ringing)
    assert call["leadStatus"] == "canceled"
    sid, lead = await talking(lab)
    for form in (
        {"Twiml": "<Response/>", "Url": "http://a.test/"},
        {"Url": "nonsense"},
        {"Twiml": "<Response>" + "x" * 4000 + "</Response>"},
        {"StatusCallback": "nonsense"},
        {},
    ):
        assert (await refused(lab, "POST", f"/Calls/{lead}.json", **form))[0] == 400
    assert hears(await lab.state(sid)) == {"agent": ["lead"], "lead": ["agent"]}
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)
    for status, each in ((400, sid), (400, lead), (404, "CA" + "0" * 32)):
        answer = await refused(lab, "POST", f"/Calls/{each}.json", Twiml="<Response/>")
        assert answer[0] == status


@in_lab()
async def test_twiml_that_is_not_valid_ends_the_redirected_leg(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response><Pause length='2'/></Response>")
    sid, lead = await talking(lab)
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml="<Response><Dance/></Response>")
    call = await lab.ended(sid)
    assert [error["code"] for error in call["errors"]] == [12200]
    assert (leg_of(call, "lead")["status"], call["status"]) == ("completed", "completed")


@in_lab()
async def test_a_redirection_while_the_action_is_asked_wins(lab: Lab) -> None:
    release = asyncio.Event()

    async def slow(received: Received) -> web.StreamResponse:
        await release.wait()
        return twiml("<Response><Say>late</Say></Response>")

    lab.product.answers["/voice-after-dial"] = slow
    lab.product.replies("/new", "<Response><Pause length='2'/></Response>")
    sid, _ = await talking(lab)
    await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    while not lab.product.at("/voice-after-dial"):
        await asyncio.sleep(0.01)
    await ask(lab, "POST", f"/Calls/{sid}.json", Url=f"{lab.product.url}/new")
    await lab.until(sid, lambda event: event["text"] == "Pause: 2 s")
    release.set()
    await lab.ended(sid)
    events = await lab.http.get(f"/simulator/calls/{sid}/events")
    assert "Say: late" not in [event["text"] for event in (await events.json())["events"]]

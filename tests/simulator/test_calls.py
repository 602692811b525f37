"""Calls from the browser's click to the last callback."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from simulator.control.call_json import CallJson
from tests.simulator.lab import (
    ACCOUNT_SID,
    APP_SID,
    AUTH_TOKEN,
    CALLER_ID,
    LEAD,
    Lab,
    Received,
    in_lab,
    lead_leg,
    twiml,
)


def agent_callbacks(lab: Lab) -> list[dict[str, str]]:
    return [r.params for r in lab.product.at("/status") if "ParentCallSid" not in r.params]


def lead_callbacks(lab: Lab) -> list[dict[str, str]]:
    params = [r.params for r in lab.product.at("/status") if "ParentCallSid" in r.params]
    return sorted(params, key=lambda p: int(p["SequenceNumber"]))


def after_dial(lab: Lab) -> dict[str, str]:
    [received] = lab.product.at("/voice-after-dial")
    return received.params


def error_codes(call: CallJson) -> list[int]:
    return [error["code"] for error in call["errors"]]


@in_lab()
async def test_every_request_of_a_call_carries_exactly_twilios_parameters(lab: Lab) -> None:
    call = await lab.call(LEAD, LeadId="7")
    sid, lead = call["callSid"], lead_leg(call)
    browser = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "ApplicationSid": APP_SID,
        "CallSid": sid,
        "Called": "",
        "Caller": "client:user_1",
        "Direction": "inbound",
        "From": "client:user_1",
        "To": LEAD,
    }
    [voice] = lab.product.at("/voice")
    assert voice.method == "POST"
    assert voice.params == browser | {"CallStatus": "ringing", "LeadId": "7"}

    assert after_dial(lab) == browser | {
        "CallStatus": "in-progress",
        "DialCallStatus": "completed",
        "DialCallSid": lead["callSid"],
        "DialCallDuration": "7",
        "DialBridged": "true",
    }

    [agent] = agent_callbacks(lab)
    assert agent.pop("Timestamp").endswith(" +0000")
    # The agent stays in the call while the action is asked, which takes real time.
    assert int(agent.pop("CallDuration")) >= 7
    assert agent == browser | {
        "CallStatus": "completed",
        "Duration": "1",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
    }

    *progress, last = lead_callbacks(lab)
    phone = {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "CallSid": lead["callSid"],
        "Called": LEAD,
        "Caller": CALLER_ID,
        "Direction": "outbound-dial",
        "From": CALLER_ID,
        "ParentCallSid": sid,
        "To": LEAD,
        "CallbackSource": "call-progress-events",
    }
    times = [parsedate_to_datetime(params.pop("Timestamp")) for params in [*progress, last]]
    assert progress == [
        phone | {"CallStatus": status, "SequenceNumber": str(number)}
        for number, status in enumerate(["initiated", "ringing", "in-progress"])
    ]
    assert last == phone | {
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "CallDuration": "7",
        "Duration": "1",
        "SipResponseCode": "200",
    }
    assert [(time - times[0]).total_seconds() for time in times] == [0, 0, 3, 10]


@in_lab()
async def test_every_request_is_signed_so_that_twilios_validator_accepts_it(lab: Lab) -> None:
    await lab.call()
    validator = RequestValidator(AUTH_TOKEN)
    assert len(lab.product.received) == 7
    for received in lab.product.received:
        signature = received.headers["X-Twilio-Signature"]
        assert validator.validate(received.url, received.params, signature), received.path


ENDINGS = [
    # Number, callbacks of the lead leg, its duration, SIP code.
    ("+15005550001", ["initiated", "failed"], 0, "404"),
    ("+15005550002", ["initiated", "failed"], 0, "503"),
    ("+15005550003", ["initiated", "failed"], 0, "403"),
    ("+15005550004", ["initiated", "failed"], 0, "403"),
    ("+15005550006", ["initiated", "ringing", "in-progress", "completed"], 7, "200"),
    ("+15005550007", ["initiated", "busy"], 0, "486"),
    ("+15005550008", ["initiated", "ringing", "no-answer"], 0, "487"),
    ("+15005550009", ["initiated", "ringing", "in-progress", "completed"], 1, "200"),
    ("+15005550010", ["initiated", "ringing", "canceled"], 0, "487"),
    ("+15005550011", ["initiated", "ringing", "in-progress", "completed"], 5, "200"),
    (LEAD, ["initiated", "ringing", "in-progress", "completed"], 7, "200"),
]


@pytest.mark.parametrize(("number", "statuses", "seconds", "sip"), ENDINGS)
def test_the_number_chooses_the_ending_and_durations_are_exact(
    number: str, statuses: list[str], seconds: int, sip: str
) -> None:
    async def scenario(lab: Lab) -> None:
        call = await lab.call(number)
        assert lab.product.lead_statuses() == statuses
        last = lead_callbacks(lab)[-1]
        assert (last["CallDuration"], last["SipResponseCode"]) == (str(seconds), sip)
        assert last["Duration"] == ("1" if seconds else "0")
        assert lead_leg(call)["duration"] == seconds
        assert lead_leg(call)["status"] == call["leadStatus"] == statuses[-1]

        dialled = after_dial(lab)
        assert dialled["DialCallStatus"] == statuses[-1]
        assert dialled["DialBridged"] == ("true" if seconds else "false")
        assert dialled.get("DialCallDuration") == (str(seconds) if seconds else None)

        [agent] = agent_callbacks(lab)
        assert agent["CallStatus"] == call["status"] == "completed"
        assert (agent["CallDuration"] == "0") == (seconds == 0)

    in_lab()(scenario)()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+15005550001", 13224),
        ("+15005550002", 13224),
        ("+15005550003", 13227),
        ("+15005550004", 13225),
    ],
)
def test_a_call_that_the_network_refuses_names_twilios_error(number: str, code: int) -> None:
    async def scenario(lab: Lab) -> None:
        assert error_codes(await lab.call(number)) == [code]

    in_lab()(scenario)()


@pytest.mark.parametrize("number", ["+15005550010", "+15005550011"])
def test_the_dial_action_is_asked_even_when_the_agent_hung_up(number: str) -> None:
    async def scenario(lab: Lab) -> None:
        lab.product.replies("/voice-after-dial", "<Response><Echo/></Response>")
        call = await lab.call(number)
        assert after_dial(lab)["CallStatus"] == "completed"
        assert [document["kind"] for document in call["documents"]] == ["voice", "action"]
        # The answer is not executed, because the agent has hung up.
        assert call["status"] == "completed"
        events = await lab.http.get(f"/simulator/calls/{call['callSid']}/events")
        assert "Echo" not in [event["text"] for event in (await events.json())["events"]]

    in_lab()(scenario)()


@in_lab()
async def test_only_subscribed_events_are_sent_and_counted(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}"><Number statusCallback="/status" '
        'statusCallbackEvent="answered completed">{number}</Number></Dial></Response>',
    )
    await lab.call()
    sent = [(p["SequenceNumber"], p["CallStatus"]) for p in lead_callbacks(lab)]
    assert sent == [("0", "in-progress"), ("1", "completed")]


@in_lab()
async def test_without_a_subscription_the_end_alone_is_reported(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}"><Number statusCallback="/status">{number}'
        "</Number></Dial></Response>",
    )
    await lab.call("+15005550007")
    assert [(p["SequenceNumber"], p["CallStatus"]) for p in lead_callbacks(lab)] == [("0", "busy")]


@in_lab()
async def test_a_slow_callback_holds_back_neither_the_next_nor_the_call(lab: Lab) -> None:
    release = asyncio.Event()
    answered: list[str] = []

    async def first_is_slow(received: Received) -> web.StreamResponse:
        if received.params["CallStatus"] == "initiated":
            await release.wait()
        answered.append(received.params["CallStatus"])
        return web.Response(status=204)

    lab.product.answers["/status"] = first_is_slow
    sid = await lab.place()
    while len(answered) < 4:
        await asyncio.sleep(0.01)
    state = await lab.state(sid)
    # The call is over, but one webhook is not answered yet.
    assert (state["status"], state["ended"]) == ("completed", False)
    [slow] = [d for d in state["deliveries"] if d["params"]["CallStatus"] == "initiated"]
    assert (slow["settled"], slow["delivered"]) == (False, False)
    release.set()
    call = await lab.ended(sid)
    assert answered[-1] == "initiated"
    assert all(delivery["settled"] for delivery in call["deliveries"])


@in_lab()
async def test_dials_action_replaces_the_rest_of_the_document(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}" action="/voice-after-dial">{number}</Dial>'
        "<Say>never</Say></Response>",
    )
    lab.product.replies("/voice-after-dial", "<Response><Say>sorry</Say></Response>")
    sid = (await lab.call("+15005550007"))["callSid"]
    verb = await lab.until(sid, lambda event: event["kind"] == "verb")
    assert verb["text"] == "Say: sorry"


@in_lab()
async def test_without_an_action_the_next_verb_follows_a_dial(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}">{number}</Dial><Say>goodbye</Say></Response>',
    )
    call = await lab.call("+15005550007")
    verb = await lab.until(call["callSid"], lambda event: event["kind"] == "verb")
    assert verb["text"] == "Say: goodbye"


@in_lab()
async def test_a_callee_who_hung_up_does_not_shorten_the_next_verb(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}">{number}</Dial><Pause length="5"/></Response>',
    )
    call = await lab.call(script={"ringSeconds": 3, "talkSeconds": 1})
    [agent] = [leg for leg in call["legs"] if leg["role"] == "agent"]
    assert agent["duration"] == 9


@in_lab()
async def test_without_answer_on_bridge_the_agents_leg_is_answered_while_it_rings(lab: Lab) -> None:
    lab.product.replies(
        "/voice", '<Response><Dial callerId="{caller_id}">{number}</Dial></Response>'
    )
    call = await lab.call()
    [agent] = [leg for leg in call["legs"] if leg["role"] == "agent"]
    assert (agent["duration"], lead_leg(call)["duration"]) == (10, 7)


@in_lab()
async def test_dials_timeout_plus_five_seconds_ends_the_ringing(lab: Lab) -> None:
    lab.product.replies(
        "/voice", '<Response><Dial callerId="{caller_id}" timeout="20">{number}</Dial></Response>'
    )
    for ring, status, seconds in ((25, "completed", 26), (25.5, "no-answer", 25)):
        call = await lab.call(script={"ringSeconds": ring, "talkSeconds": 1})
        [agent] = [leg for leg in call["legs"] if leg["role"] == "agent"]
        assert (call["leadStatus"], agent["duration"]) == (status, seconds)


@in_lab()
async def test_the_time_limit_ends_a_call_and_leaves_the_agent_on_it(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial callerId="{caller_id}" timeLimit="4" action="/voice-after-dial">{number}'
        "</Dial></Response>",
    )
    call = await lab.call(script={"talkSeconds": None})
    assert lead_leg(call)["duration"] == 4
    assert after_dial(lab)["CallStatus"] == "in-progress"


@pytest.mark.parametrize(
    ("script", "statuses", "duration"),
    [
        ({"ending": "busy"}, ["initiated", "ringing", "busy"], 0),
        ({"ending": "failed", "ringSeconds": 0}, ["initiated", "failed"], 0),
        ({"ending": "canceled", "ringSeconds": 2}, ["initiated", "ringing", "canceled"], 0),
        ({"ending": "no-answer"}, ["initiated", "ringing", "no-answer"], 0),
        (
            {"talkSeconds": 61.9, "hangsUp": "agent"},
            ["initiated", "ringing", "in-progress", "completed"],
            61,
        ),
    ],
)
def test_a_request_may_override_the_script(
    script: object, statuses: list[str], duration: int
) -> None:
    async def scenario(lab: Lab) -> None:
        call = await lab.call(script=script)
        assert lab.product.lead_statuses() == statuses
        last = lead_callbacks(lab)[-1]
        assert last["CallDuration"] == str(duration)
        # A minute that has begun counts as a whole one.
        assert last["Duration"] == ("2" if duration > 60 else "0")
        assert call["leadStatus"] == statuses[-1]

    in_lab()(scenario)()


@in_lab()
async def test_the_browser_cannot_override_twilios_own_parameters(lab: Lab) -> None:
    await lab.call(
        From="client:someone_else", CallSid="CA0", AccountSid="AC0", Called="+1", CallStatus="busy"
    )
    [voice] = lab.product.at("/voice")
    assert voice.params["From"] == "client:user_1"
    assert voice.params["AccountSid"] == ACCOUNT_SID
    assert voice.params["CallSid"] != "CA0"
    assert (voice.params["Called"], voice.params["CallStatus"]) == ("", "ringing")


@in_lab()
async def test_to_arrives_verbatim_and_not_at_all_if_it_was_not_sent(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Hangup/></Response>")
    await lab.call("(415) 555-0123 ")
    await lab.call(to="")
    await lab.call(to=None)
    arrived = [received.params.get("To") for received in lab.product.at("/voice")]
    assert arrived == ["(415) 555-0123 ", "", None]
    assert "To" not in agent_callbacks(lab)[-1]


@in_lab()
async def test_an_echo_lasts_until_the_agent_hangs_up(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Echo/></Response>")
    call = await lab.call(to=None)
    assert [(leg["role"], leg["status"], leg["duration"]) for leg in call["legs"]] == [
        ("agent", "completed", 3)
    ]
    longer = await lab.call(to=None, script={"echoSeconds": 9})
    assert longer["legs"][0]["duration"] == 9
    endless = await lab.place(to=None, script={"echoSeconds": None})
    await lab.until(endless, lambda event: event["text"] == "Echo")
    assert (await lab.post(f"/simulator/calls/{endless}/hangup"))[0] == 202
    assert (await lab.ended(endless))["status"] == "completed"


@in_lab()
async def test_reject_ends_the_call_unanswered(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Reject reason='busy'/></Response>")
    call = await lab.call()
    [agent] = agent_callbacks(lab)
    assert (agent["CallStatus"], agent["CallDuration"]) == ("busy", "0")
    assert call["legs"][0]["answeredAt"] is None


@in_lab()
async def test_say_and_pause_take_their_time_and_answer_the_call(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        "<Response><Pause length='3'/><Say>one two three four five</Say><Hangup/></Response>",
    )
    call = await lab.call()
    assert (call["status"], call["legs"][0]["duration"]) == ("completed", 5)


@in_lab(time_scale=0.05)
async def test_the_agent_hangs_up_while_it_rings(lab: Lab) -> None:
    sid = await lab.place(script={"ringSeconds": 3600})
    await lab.until_lead_is(sid, "ringing")
    assert (await lab.post(f"/simulator/calls/{sid}/hangup"))[0] == 202
    call = await lab.ended(sid)
    assert lab.product.lead_statuses() == ["initiated", "ringing", "canceled"]
    assert after_dial(lab)["DialCallStatus"] == "canceled"
    assert call["status"] == "completed"
    status, error = await lab.post(f"/simulator/calls/{sid}/hangup")
    assert (status, error["code"]) == (409, "call_over")


@in_lab(time_scale=0.05)
async def test_the_agent_hangs_up_while_talking(lab: Lab) -> None:
    sid = await lab.place(script={"ringSeconds": 0, "talkSeconds": None})
    await lab.until_lead_is(sid, "in-progress")
    await asyncio.sleep(0.12)
    await lab.post(f"/simulator/calls/{sid}/hangup")
    call = await lab.ended(sid)
    assert call["leadStatus"] == "completed"
    duration = lead_leg(call)["duration"]
    assert duration is not None
    # No script sets this time, so the clock measures it: 0.12 s are 2.4 simulated seconds, plus
    # what the machine adds.
    assert duration >= 2
    assert after_dial(lab)["CallStatus"] == "completed"


@in_lab(time_scale=0.05)
async def test_the_callee_hangs_up_and_the_agent_stays_for_the_action(lab: Lab) -> None:
    lab.product.replies("/voice-after-dial", "<Response><Pause length='2'/></Response>")
    sid = await lab.place(script={"ringSeconds": 0, "talkSeconds": None})
    await lab.until_lead_is(sid, "in-progress")
    assert (await lab.post(f"/simulator/calls/{sid}/callee-hangup"))[0] == 202
    await lab.until(sid, lambda event: event["text"] == "Pause: 2 s")
    status, error = await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    assert (status, error["code"]) == (409, "no_callee")
    call = await lab.ended(sid)
    assert after_dial(lab)["CallStatus"] == "in-progress"
    assert (call["leadStatus"], call["status"]) == ("completed", "completed")


@in_lab(time_scale=0.05)
async def test_a_callee_who_hangs_up_while_it_rings_is_busy(lab: Lab) -> None:
    sid = await lab.place("+15005550008")
    await lab.until_lead_is(sid, "ringing")
    await lab.post(f"/simulator/calls/{sid}/callee-hangup")
    assert (await lab.ended(sid))["leadStatus"] == "busy"


@in_lab()
async def test_an_agent_who_hangs_up_before_the_twiml_arrives_is_never_connected(lab: Lab) -> None:
    release = asyncio.Event()

    async def slow(received: Received) -> web.StreamResponse:
        await release.wait()
        return twiml(f'<Response><Dial callerId="{CALLER_ID}">{LEAD}</Dial></Response>')

    lab.product.answers["/voice"] = slow
    sid = await lab.place()
    while not lab.product.at("/voice"):
        await asyncio.sleep(0.01)
    await lab.post(f"/simulator/calls/{sid}/hangup")
    while not agent_callbacks(lab):
        await asyncio.sleep(0.01)
    release.set()
    call = await lab.ended(sid)
    assert [(leg["role"], leg["status"]) for leg in call["legs"]] == [("agent", "canceled")]
    assert agent_callbacks(lab)[0]["CallStatus"] == "canceled"
    # The product's answer is on record although it came too late.
    assert [document["kind"] for document in call["documents"]] == ["voice"]


@in_lab()
async def test_a_voice_url_that_fails_fails_the_call(lab: Lab) -> None:
    for status in (403, 500):
        lab.product.received.clear()
        lab.product.replies_status("/voice", status)
        call = await lab.call()
        assert (call["status"], error_codes(call)) == ("failed", [11200])
        [agent] = agent_callbacks(lab)
        assert (agent["CallStatus"], agent["CallDuration"]) == ("failed", "0")


@in_lab()
async def test_a_voice_url_without_a_server_fails_the_call(lab: Lab) -> None:
    lab.app.voice_url = "http://127.0.0.1:1/voice"
    call = await lab.call()
    assert (call["status"], error_codes(call)) == ("failed", [11205])


@in_lab()
async def test_a_voice_url_that_recovers_within_its_retries_loses_nothing(lab: Lab) -> None:
    good = lab.product.answers["/voice"]

    async def bad_once(received: Received) -> web.StreamResponse:
        if len(lab.product.at("/voice")) == 1:
            return web.Response(status=503)
        return await good(received)

    lab.product.answers["/voice"] = bad_once
    lab.app.voice_url += "#rc=2&rp=5xx"
    call = await lab.call()
    assert (call["leadStatus"], call["errors"]) == ("completed", [])
    voice = call["deliveries"][0]
    assert [attempt["status"] for attempt in voice["attempts"]] == [503, 200]
    assert voice["url"] == f"{lab.product.url}/voice"


@in_lab()
async def test_a_document_that_is_not_twiml_fails_the_call(lab: Lab) -> None:
    lab.product.replies("/voice", "<Response><Dance/></Response>")
    call = await lab.call()
    assert (call["status"], error_codes(call)) == ("failed", [12200])


@in_lab()
async def test_an_action_that_fails_ends_an_answered_call_as_completed(lab: Lab) -> None:
    lab.product.replies_status("/voice-after-dial", 500)
    answered = await lab.call()
    assert (answered["status"], error_codes(answered)) == ("completed", [11200])
    unanswered = await lab.call("+15005550007")
    assert (unanswered["status"], error_codes(unanswered)) == ("failed", [11200])


@in_lab()
async def test_a_status_callback_that_fails_is_on_record_and_the_call_goes_on(lab: Lab) -> None:
    lab.product.replies_status("/status", 500)
    call = await lab.call("+15005550009")
    assert (call["leadStatus"], call["status"]) == ("completed", "completed")
    assert error_codes(call) == [11200] * 5
    assert not any(d["delivered"] for d in call["deliveries"] if d["kind"] == "lead-status")


@pytest.mark.parametrize("caller_id", ['callerId="+14155559999"', 'callerId=""', ""])
def test_a_caller_id_that_the_account_does_not_own_is_refused(caller_id: str) -> None:
    async def scenario(lab: Lab) -> None:
        lab.product.replies(
            "/voice",
            f'<Response><Dial {caller_id} answerOnBridge="true" action="/voice-after-dial">'
            "<Number statusCallback='/status'>{number}</Number></Dial></Response>",
        )
        call = await lab.call()
        assert error_codes(call) == [13214]
        assert [leg["role"] for leg in call["legs"]] == ["agent"]
        assert after_dial(lab)["DialCallStatus"] == "failed"
        assert "DialCallSid" not in after_dial(lab)

    in_lab()(scenario)()


@in_lab()
async def test_a_number_that_is_not_e164_is_refused(lab: Lab) -> None:
    call = await lab.call("415 555 0123")
    assert error_codes(call) == [13223]
    assert after_dial(lab)["DialCallStatus"] == "failed"


@in_lab(time_scale=0.02)
async def test_hundreds_of_calls_at_once_all_end_right(lab: Lab) -> None:
    numbers = [number for number, *_ in ENDINGS] * 12
    calls = await asyncio.gather(*(lab.call(number) for number in numbers))
    expected = {number: (statuses[-1], seconds) for number, statuses, seconds, _ in ENDINGS}
    for number, call in zip(numbers, calls, strict=True):
        assert (call["leadStatus"], lead_leg(call)["duration"]) == expected[number], number
        assert all(delivery["delivered"] for delivery in call["deliveries"])
    assert lab.network.active == 0

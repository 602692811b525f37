"""What a called party hears before it is connected: `<Number url>`, Gather, Redirect."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from tests.simulator.lab import LEAD, Lab, Received, in_lab, lead_leg, open_lab, twiml
from tests.simulator.recording import rule, start
from tests.simulator.rest import ask

NOTICE = (
    '<Response><Gather input="dtmf" numDigits="1" finishOnKey="" timeout="1" action="/key">'
    "<Say>one two three four five six seven eight nine ten</Say></Gather>"
    "<Redirect>/end</Redirect></Response>"
)
"""Four seconds, and one to press a key."""
CONNECT = "<Response/>"


def with_notice(lab: Lab, notice: str = NOTICE, answer_on_bridge: bool = True) -> None:
    lab.product.replies(
        "/voice",
        f'<Response><Dial answerOnBridge="{str(answer_on_bridge).lower()}" '
        'callerId="{caller_id}" action="/voice-after-dial"><Number url="/notice" '
        'statusCallback="/status" statusCallbackEvent="initiated ringing answered completed">'
        "{number}</Number></Dial></Response>",
    )
    lab.product.replies("/notice", notice)
    lab.product.replies("/end", CONNECT)
    lab.product.replies("/key", CONNECT)


def order(lab: Lab) -> list[str]:
    """The paths that were asked, without status callbacks."""
    return [r.path for r in lab.product.received if r.path != "/status"]


@in_lab()
async def test_the_lead_hears_the_notice_before_anybody_is_connected(lab: Lab) -> None:
    with_notice(lab)
    heard: list[tuple[str, list[str]]] = []

    async def notice(received: Received) -> web.StreamResponse:
        state = await lab.state(received.params["ParentCallSid"])
        heard.append((state["status"], [leg["status"] for leg in state["legs"]]))
        return twiml(NOTICE)

    lab.product.answers["/notice"] = notice
    await lab.script(LEAD, ringSeconds=3, talkSeconds=7)
    call = await lab.call()
    lead = lead_leg(call)
    assert heard == [("ringing", ["ringing", "in-progress"])]
    assert order(lab) == ["/voice", "/notice", "/end", "/voice-after-dial"]
    [asked] = lab.product.at("/notice")
    assert asked.params["CallSid"] == lead["callSid"]
    assert asked.params["CallStatus"] == "in-progress"
    [dial] = lab.product.at("/voice-after-dial")
    assert (dial.params["DialCallStatus"], dial.params["DialBridged"]) == ("completed", "true")
    # The notice takes four seconds and one more; the agent is answered after it.
    assert lead["duration"] == 12
    assert call["legs"][0]["duration"] == 7


@in_lab()
async def test_a_key_ends_the_notice_and_says_what_comes_next(lab: Lab) -> None:
    with_notice(lab)
    await lab.script(LEAD, talkSeconds=7, digits="9", digitsAfterSeconds=2)
    call = await lab.call()
    assert order(lab) == ["/voice", "/notice", "/key", "/voice-after-dial"]
    [key] = lab.product.at("/key")
    assert key.params["Digits"] == "9"
    assert lead_leg(call)["digits"] == "9"
    assert lead_leg(call)["duration"] == 9


@in_lab()
async def test_another_key_can_begin_the_notice_again(lab: Lab) -> None:
    with_notice(lab)
    lab.product.replies("/key", "<Response><Redirect>/notice</Redirect></Response>")
    await lab.script(LEAD, talkSeconds=7, digits="5", digitsAfterSeconds=2)
    call = await lab.call()
    assert order(lab) == ["/voice", "/notice", "/key", "/notice", "/end", "/voice-after-dial"]
    assert lead_leg(call)["duration"] == 2 + 5 + 7


@in_lab()
async def test_keys_by_request_count_until_the_gather_has_all_it_wants(lab: Lab) -> None:
    document = (
        '<Response><Gather action="/key" timeout="60"><Say>your number</Say></Gather></Response>'
    )
    with_notice(lab, document)
    sid = await lab.place()
    await lab.until(sid, lambda event: event["text"] == "Gather")
    lead = lead_leg(await lab.state(sid))["callSid"]
    path = f"/simulator/calls/{sid}/legs/{lead}/digits"
    assert (await lab.post(path, {"digits": "x"}))[0] == 400
    assert (await lab.post(path, {"digits": "12"}))[0] == 202
    assert (await lab.post(path, {"digits": "3#4"}))[0] == 202
    call = await lab.ended(sid)
    [key] = lab.product.at("/key")
    assert (key.params["Digits"], key.params["FinishedOnKey"]) == ("123", "#")
    assert (await lab.post(path, {"digits": "1"}))[0] == 409
    assert call["status"] == "completed"


BROKEN = [
    "<Response><Say>goodbye</Say><Hangup/></Response>",
    "<Response><Dial>+14155550199</Dial></Response>",
    "<Response><Echo/></Response>",
    "<Response>",
    None,
]
"""None: the product answers with 500."""


@pytest.mark.parametrize("notice", BROKEN)
def test_a_lead_whose_notice_breaks_is_never_connected(notice: str | None) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(30), open_lab() as lab:
            with_notice(lab, notice or "")
            if notice is None:
                lab.product.replies_status("/notice", 500)
            call = await lab.call()
            assert [leg["status"] for leg in call["legs"]] == ["completed", "completed"]
            assert call["legs"][0]["answeredAt"] is None
            [dial] = lab.product.at("/voice-after-dial")
            assert (dial.params["DialCallStatus"], dial.params["DialBridged"]) == (
                "completed",
                "false",
            )

    asyncio.run(scenario())


@in_lab()
async def test_either_side_can_hang_up_during_the_notice(lab: Lab) -> None:
    with_notice(lab, "<Response><Pause length='60'/></Response>")
    for by in ("hangup", "callee-hangup"):
        lab.product.received.clear()
        sid = await lab.place()
        await lab.until(sid, lambda event: event["text"] == "Pause: 60 s")
        assert (await lab.post(f"/simulator/calls/{sid}/{by}"))[0] == 202
        call = await lab.ended(sid)
        assert lead_leg(call)["status"] == "completed"
        dials = lab.product.at("/voice-after-dial")
        assert [dial.params["DialBridged"] for dial in dials] == ["false"]
        assert lab.product.lead_statuses()[-1] == "completed", by


@in_lab()
async def test_a_lead_is_recorded_while_it_hears_the_notice_or_only_once_connected(
    lab: Lab,
) -> None:
    with_notice(lab, "<Response><Pause length='60'/></Response>")
    for refuses in (False, True):
        await rule(lab, refusesUnconnected=refuses)
        sid = await lab.place()
        await lab.until(sid, lambda event: event["text"] == "Pause: 60 s")
        lead = lead_leg(await lab.state(sid))["callSid"]
        answer = await start(lab, lead)
        assert answer.get("code") == (21220 if refuses else None)
        await lab.post(f"/simulator/calls/{sid}/hangup")
        await lab.ended(sid)


@in_lab(time_scale=0.01)
async def test_a_recording_that_starts_with_the_connection_is_as_long_as_the_talk(
    lab: Lab,
) -> None:
    with_notice(lab)
    recordings: list[dict[str, str]] = []

    async def end(received: Received) -> web.StreamResponse:
        recordings.append(await start(lab, received.params["CallSid"]))
        # The clocks of others, who do not wait for this answer, go on a hundred times as fast.
        await asyncio.sleep(0.2)
        _, agent = lab.network.leg(received.params["ParentCallSid"]) or pytest.fail("no agent")
        agent.press("1")
        await asyncio.sleep(0.05)
        return twiml(CONNECT)

    lab.product.answers["/end"] = end
    await lab.script(LEAD, talkSeconds=20)
    await lab.call()
    [recording] = recordings
    shown = await ask(lab, "GET", f"/Recordings/{recording['sid']}.json")
    assert shown["duration"] == "20"


@in_lab()
async def test_a_gather_outside_of_a_dial_takes_the_keys_of_the_caller(lab: Lab) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Gather actionOnEmptyResult="true" action="/key" timeout="3">'
        f"<Play>{lab.product.url}/a.mp3</Play></Gather></Response>",
    )

    async def file(received: Received) -> web.StreamResponse:
        return web.Response(content_type="audio/mpeg")

    lab.product.answers["/a.mp3"] = file
    lab.product.replies("/key", "<Response><Say>bye</Say></Response>")
    call = await lab.call()
    [key] = lab.product.at("/key")
    assert key.params["Digits"] == ""
    # Three seconds each for the file and the key, one for the word.
    assert call["legs"][0]["duration"] == 7

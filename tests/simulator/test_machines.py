"""Answering machines, their detection, and a file that is played to one after the rep has left."""

from __future__ import annotations

import io
import wave

from aiohttp import web

from simulator.control.call_json import CallJson
from tests.simulator.lab import LEAD, Lab, Received, in_lab, lead_leg
from tests.simulator.rest import ask
from tests.simulator.rooms import leg_of, talking

MACHINE = "+15005550013"
DETECTION = 'machineDetection="{0}" amdStatusCallback="/amd"'


def detecting(lab: Lab, attributes: str) -> None:
    lab.product.replies(
        "/voice",
        '<Response><Dial answerOnBridge="true" callerId="{caller_id}" action="/voice-after-dial">'
        f"<Number {attributes}>{{number}}</Number></Dial></Response>",
    )
    lab.product.replies_status("/amd", 204)


async def answered_by(lab: Lab, call: CallJson) -> object:
    """What the REST API says of it."""
    told = await ask(lab, "GET", f"/Calls/{lead_leg(call)['callSid']}.json")
    return told["answered_by"]


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(bytes(round(seconds * 16000)))
    return file.getvalue()


def serves(lab: Lab, body: bytes, content_type: str = "audio/wav", status: int = 200) -> None:
    async def answer(received: Received) -> web.StreamResponse:
        return web.Response(body=body, content_type=content_type, status=status)

    lab.product.answers["/message.wav"] = answer


@in_lab()
async def test_who_has_answered_is_reported_once(lab: Lab) -> None:
    for wanted, number, script, told in (
        ("DetectMessageEnd", MACHINE, None, ("machine_end_beep", "5500")),
        ("Enable", MACHINE, None, ("machine_start", "4000")),
        ("DetectMessageEnd", LEAD, {}, ("human", "2000")),
        ("DetectMessageEnd", LEAD, {"answeredBy": "fax"}, ("fax", "2000")),
        ("DetectMessageEnd", LEAD, {"machine": True, "greetingSeconds": 40}, ("unknown", "30000")),
    ):
        lab.product.received.clear()
        detecting(lab, DETECTION.format(wanted))
        if script is not None:
            await lab.script(number, **script, talkSeconds=60)
        call = await lab.ended(await lab.place(to=number))
        [callback] = lab.product.at("/amd")
        assert callback.params == {
            "AccountSid": lab.network.account.sid,
            "AnsweredBy": told[0],
            "CallSid": lead_leg(call)["callSid"],
            "MachineDetectionDuration": told[1],
        }
        assert await answered_by(lab, call) == told[0]
        assert call["errors"] == []


@in_lab()
async def test_a_call_without_detection_is_not_examined(lab: Lab) -> None:
    call = await lab.ended(await lab.place(to=MACHINE))
    assert (await ask(lab, "GET", f"/Calls/{lead_leg(call)['callSid']}.json"))[
        "answered_by"
    ] is None


@in_lab()
async def test_detection_without_an_address_is_a_warning(lab: Lab) -> None:
    detecting(lab, 'machineDetection="Enable"')
    call = await lab.ended(await lab.place(to=MACHINE))
    assert [error["code"] for error in call["errors"]] == [21262]


@in_lab()
async def test_the_lead_hears_the_file_to_its_end_and_the_agent_is_free(lab: Lab) -> None:
    serves(lab, wav(12.5))
    lab.product.replies("/voice-after-dial", "<Response><Hangup/></Response>")
    sid, lead = await talking(lab)
    document = f"<Response><Play>{lab.product.url}/message.wav</Play><Hangup/></Response>"
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=document)
    call = await lab.ended(sid)
    agent, child = leg_of(call, "agent"), leg_of(call, "lead")
    assert child["duration"] is not None
    assert agent["duration"] is not None
    assert 11 <= child["duration"] - agent["duration"] <= 13
    assert call["errors"] == []
    [action] = lab.product.at("/voice-after-dial")
    assert "DialCallDuration" not in action.params


@in_lab()
async def test_a_file_that_cannot_be_played_is_an_error_and_takes_no_time(lab: Lab) -> None:
    lab.product.replies(
        "/voice", f"<Response><Play>{lab.product.url}/message.wav</Play><Hangup/></Response>"
    )
    for body, content_type, status, code in (
        (wav(3), "audio/wav", 404, 11200),
        (wav(3), "text/plain", 200, 13420),
        (b"RIFF", "audio/wav", 200, 13420),
    ):
        serves(lab, body, content_type, status)
        call = await lab.ended(await lab.place())
        assert [error["code"] for error in call["errors"]] == [code]
        assert call["legs"][0]["duration"] == 0

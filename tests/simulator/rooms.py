"""Calls that are made into rooms: what the product of these tests answers, and what it sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from simulator.control.call_json import CallJson, LegJson, RoomJson
from tests.simulator.lab import CALLER_ID, Lab, Received, lead_leg, twiml
from tests.simulator.rest import ask

ALL_EVENTS = "start end join leave mute hold modify"


def room_twiml(
    lab: Lab, label: str, *, host: bool = False, wait: str | None = "", more: str = ""
) -> str:
    """TwiML that puts a leg into the room."""
    wait_url = "" if wait is None else f'waitUrl="{wait}"'
    return (
        f'<Response><Dial action="{lab.product.url}/after-room" timeLimit="3600"><Conference '
        f'startConferenceOnEnter="true" endConferenceOnExit="{str(host).lower()}" beep="false" '
        f'{wait_url} participantLabel="{label}" statusCallback="{lab.product.url}/room" '
        f'statusCallbackEvent="{ALL_EVENTS}" {more}>room</Conference></Dial></Response>'
    )


def prepare(lab: Lab) -> None:
    """Let the product put whoever's Dial ended into the room, as the host."""

    async def join(received: Received) -> web.StreamResponse:
        return twiml(room_twiml(lab, "agent", host=True))

    lab.product.answers["/voice-after-dial"] = join
    lab.product.replies("/after-room", "<Response/>")
    lab.product.replies_status("/room", 204)
    lab.product.replies_status("/leg", 204)


async def talking(lab: Lab, **script: object) -> tuple[str, str]:
    """A call in which agent and lead talk. Returns the agent's and the lead's CallSid."""
    sid = await lab.place(script={"ringSeconds": 1, "talkSeconds": None, **script})
    await lab.until_lead_is(sid, "in-progress")
    return sid, lead_leg(await lab.state(sid))["callSid"]


async def converted(lab: Lab, **script: object) -> tuple[str, str, str]:
    """A call whose two legs are in a room, the child moved first. Returns the agent's and the
    lead's CallSid, and the room's SID."""
    prepare(lab)
    sid, lead = await talking(lab, **script)
    await ask(
        lab,
        "POST",
        f"/Calls/{lead}.json",
        Twiml=room_twiml(lab, "lead", wait=None),
        StatusCallback=f"{lab.product.url}/leg",
    )
    await until(lab, sid, lambda call: len(present(call)) == 2)
    [room] = (await lab.state(sid))["rooms"]
    path = f"/Conferences/{room['conferenceSid']}.json"
    while (await ask(lab, "GET", path)).get("code"):
        await asyncio.sleep(0.02)
    return sid, lead, room["conferenceSid"]


async def add(lab: Lab, room: str, to: str, **form: str) -> Any:
    """Add somebody to the room."""
    wish: dict[str, Any] = {
        "To": to,
        "From": CALLER_ID,
        "Timeout": "20",
        "EarlyMedia": "false",
        "Beep": "false",
        "StatusCallback": f"{lab.product.url}/leg",
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
    }
    return await ask(lab, "POST", f"/Conferences/{room}/Participants.json", **(wish | form))


async def client(lab: Lab, identity: str, **script: object) -> None:
    """A client without a browser."""
    body = {"identity": identity, "script": script}
    async with lab.http.post("/simulator/clients", json=body) as response:
        assert response.status == 200, await response.text()


async def until(lab: Lab, sid: str, wanted: Callable[[CallJson], bool]) -> CallJson:
    """The call, as soon as it is as ``wanted``."""
    async with asyncio.timeout(60):
        while not wanted(call := await lab.state(sid)):
            await asyncio.sleep(0.01)
    return call


def present(call: CallJson) -> set[str]:
    """The labels of those who are in the call's rooms."""
    return {
        each["label"] or each["callSid"]
        for room in call["rooms"]
        for each in room["participants"]
        if each["joined"]
    }


def room_of(call: CallJson) -> RoomJson:
    [room] = call["rooms"]
    return room


def leg_of(call: CallJson, role: str) -> LegJson:
    [leg] = [leg for leg in call["legs"] if leg["role"] == role]
    return leg


def hears(call: CallJson) -> dict[str, list[str]]:
    """What each live leg hears, by role; of voices the role."""
    roles = {leg["callSid"]: leg["role"] for leg in call["legs"]}
    return {
        leg["role"]: sorted(roles.get(each, each) for each in leg["media"]["hears"])
        for leg in call["legs"]
        if leg["endedAt"] is None
    }


def room_events(lab: Lab) -> list[dict[str, str]]:
    """What the room's callbacks said, in the order of their sequence."""
    return sorted(
        (received.params for received in lab.product.at("/room")),
        key=lambda params: int(params["SequenceNumber"]),
    )


def end_of_room(lab: Lab) -> dict[str, str]:
    """What the callback about the end of the room said."""
    [end] = [each for each in room_events(lab) if each["StatusCallbackEvent"] == "conference-end"]
    return end


def leg_statuses(lab: Lab, sid: str) -> list[str]:
    """What the callbacks of a leg said, in the order of their sequence."""
    said = [each.params for each in lab.product.at("/leg") if each.params["CallSid"] == sid]
    return [each["CallStatus"] for each in sorted(said, key=lambda p: int(p["SequenceNumber"]))]

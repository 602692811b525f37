"""Whatever is asked of calls and rooms, in any order: each leg ends, and each callback fits."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web

from simulator.control.call_json import CallJson
from tests.simulator.lab import CALLER_ID, Lab, Received, in_lab, twiml
from tests.simulator.rest import BASE, TOKEN
from tests.simulator.rooms import client, prepare, room_twiml, talking

FINAL = {"completed", "busy", "no-answer", "failed", "canceled"}


async def post(lab: Lab, method: str, path: str, form: dict[str, str]) -> int:
    async with lab.http.request(method, BASE + path, headers=TOKEN, data=form) as response:
        assert response.status < 500, await response.text()
        return response.status


def room_of(lab: Lab, sid: str, label: str) -> str:
    """TwiML that puts a leg into the call's room; whoever is called `a` ends it by leaving."""
    document = room_twiml(lab, label, host=label == "a")
    return document.replace(">room<", f">room of {sid}<")


async def something(lab: Lab, sid: str, chance: random.Random) -> None:
    """Ask one thing of the call, sensible or not."""
    call = await lab.state(sid)
    leg = chance.choice(call["legs"])["callSid"]
    rooms = [room["conferenceSid"] for room in call["rooms"]] or [f"room of {sid}"]
    room = f"/Conferences/{chance.choice(rooms)}"
    into_room = room_of(lab, sid, chance.choice("abcdef"))
    url = lab.product.url
    to_client = f'<Response><Dial action="{url}/after-room"><Client>bea</Client></Dial></Response>'
    added = {"To": chance.choice(["client:bea", "client:nobody", "+15005550007", "+14155550188"])}
    calling = {"From": CALLER_ID, "Timeout": "5", "StatusCallback": f"{url}/leg"}
    ends: list[list[tuple[str, str, dict[str, str]]]] = [
        [],
        [("POST", f"/Calls/{leg}.json", {"Status": "completed"})],
        [("DELETE", f"{room}/Participants/{leg}.json", {})],
        [("POST", f"{room}.json", {"Status": "completed"})],
    ]
    truth = chance.choice(["true", "false"])
    recorded = {
        "RecordingStatusCallback": f"{url}/recording",
        "RecordingStatusCallbackEvent": "in-progress completed absent",
    }
    status = chance.choice(["paused", "in-progress", "stopped"])
    recording = f"/Calls/{leg}/Recordings"
    method, path, form = chance.choice(
        [
            ("POST", f"/Calls/{leg}.json", {"Twiml": into_room}),
            ("POST", f"/Calls/{leg}.json", {"Twiml": into_room}),
            ("POST", f"/Calls/{leg}.json", {"Twiml": to_client}),
            ("POST", f"/Calls/{leg}.json", {"Url": f"{url}/voice-after-dial"}),
            *[("POST", f"{room}/Participants.json", added | calling) for _ in range(4)],
            *[("POST", f"{room}/Participants/{leg}.json", {"Hold": truth}) for _ in range(4)],
            ("POST", f"{room}/Participants/{leg}.json", {"EndConferenceOnExit": truth}),
            ("POST", f"{recording}.json", recorded),
            *[("POST", f"{recording}/Twilio.CURRENT.json", {"Status": status}) for _ in range(2)],
            *chance.choice(ends),
        ]
    )
    await post(lab, method, path, form)


async def one_call(lab: Lab, seed: int) -> CallJson:
    chance = random.Random(seed)
    sid, _ = await talking(lab, talkSeconds=chance.choice([None, 30]))
    for _ in range(15):
        await something(lab, sid, chance)
        await asyncio.sleep(chance.random() * 0.05)
    while not (call := await lab.state(sid))["ended"]:
        for leg in call["legs"]:
            await lab.post(f"/simulator/calls/{sid}/legs/{leg['callSid']}/hangup")
        await asyncio.sleep(0.05)
    return call


@in_lab(time_scale=0.01)
async def test_whatever_is_asked_every_leg_ends_and_says_so_once(lab: Lab) -> None:
    prepare(lab)
    lab.product.replies_status("/recording", 204)

    async def join(received: Received) -> web.StreamResponse:
        params = received.params
        return twiml(room_of(lab, params.get("ParentCallSid", params["CallSid"]), "agent"))

    lab.product.answers["/voice-after-dial"] = join
    await client(lab, "bea", answerAfterSeconds=1, talkSeconds=20)
    for call in await asyncio.gather(*(one_call(lab, seed) for seed in range(12))):
        assert not [error for error in call["errors"] if error["code"] == 12400]
        assert {leg["status"] for leg in call["legs"]} <= FINAL
        assert all(leg["media"]["hears"] == [] for leg in call["legs"])
        assert all(room["ended"] and not room["participants"] for room in call["rooms"])
        said: dict[str, list[tuple[int, str]]] = {}
        recordings: dict[str, list[str]] = {}
        for delivery in call["deliveries"]:
            params = delivery["params"]
            about = params.get("ConferenceSid") or params["CallSid"]
            if "RecordingStatus" in params:
                recordings.setdefault(params["RecordingSid"], []).append(params["RecordingStatus"])
            elif "SequenceNumber" in params:
                event = params.get("StatusCallbackEvent") or params["CallStatus"]
                said.setdefault(about, []).append((int(params["SequenceNumber"]), event))
        for told in recordings.values():
            assert told in (["in-progress", "completed"], ["in-progress", "absent"])
        for about, events in said.items():
            events.sort()
            first = events[0][0]
            assert [number for number, _ in events] == list(range(first, first + len(events)))
            names = [event for _, event in events]
            ends = [name for name in names if name in FINAL or name == "conference-end"]
            assert len(ends) <= 1, about
            # After its end a leg says nothing, and a room says only who is put out by it.
            after = names[names.index(ends[0]) + 1 :] if ends else []
            assert set(after) <= ({"participant-leave"} if about.startswith("CF") else set())
    made = list(lab.network.recordings.all.values())
    assert made
    assert all(each.duration <= each.leg.duration for each in made)

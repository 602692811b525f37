"""Recordings: how they are started, paused, reported, fetched and deleted, and what is in them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.simulator.browser import audio, connected
from tests.simulator.lab import ACCOUNT_SID, LEAD, Lab, in_lab, lead_leg
from tests.simulator.recording import change, decoded, media, rule, start, until_status
from tests.simulator.rest import BASE, BY_KEY, TOKEN, ask, client_of, refused
from tests.simulator.rooms import prepare, present, room_twiml, until

NOBODY = "CA" + "0" * 32


async def talking_lead(lab: Lab, **script: object) -> tuple[str, str]:
    """A call that talks; the CallSid of the agent's leg and of the lead's."""
    await lab.script(LEAD, **{"voice": "tone", "toneHz": 1000, "talkSeconds": None, **script})
    sid = await lab.place()
    await lab.until_lead_is(sid, "in-progress")
    return sid, lead_leg(await lab.state(sid))["callSid"]


async def recorded(lab: Lab, **form: Any) -> tuple[str, Any]:
    """A recording that is completed, of a call that is over."""
    sid, lead = await talking_lead(lab)
    recording = await start(lab, lead, **form)
    await asyncio.sleep(0.05)
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)
    recording["origin"] = str(lab.http._base_url).rstrip("/")
    return sid, recording


async def listed(lab: Lab, call_sid: str) -> Any:
    return (await ask(lab, "GET", f"/Calls/{call_sid}/Recordings.json"))["recordings"]


async def shown(lab: Lab) -> Any:
    async with lab.http.get("/simulator/recordings") as response:
        return await response.json()


async def timeline(lab: Lab, sid: str) -> list[Any]:
    async with lab.http.get(f"/simulator/calls/{sid}/events") as response:
        events: list[Any] = (await response.json())["events"]
        return events


async def moments(lab: Lab, sid: str) -> dict[str, float]:
    """When the only recording of a call started, paused, resumed and stopped."""
    return {
        event["text"].split()[1]: event["seconds"]
        for event in await timeline(lab, sid)
        if event["kind"] == "recording"
    }


def statuses(lab: Lab) -> list[str]:
    return [received.params["RecordingStatus"] for received in lab.product.at("/recording")]


@in_lab(time_scale=0.0005)
async def test_an_hour_of_scripted_talk_is_recorded_whole_in_moments(lab: Lab) -> None:
    sid, lead = await talking_lead(lab, talkSeconds=3600)
    recording = await start(lab, lead)
    call = await lab.ended(sid)
    [event] = [each for each in call["deliveries"] if each["params"].get("RecordingDuration")]
    duration = int(event["params"]["RecordingDuration"])
    _, file = await media(lab, recording)
    # 32 kbit/s.
    assert 1000 < duration <= len(file) / 4000 < duration + 1.1
    for second in (0, 10, 36, 500, duration / 2, duration - 2):
        # A frame of 72 ms has 288 bytes.
        first = 288 * int(second / 0.072)
        sound = decoded(file[first : first + 288 * 14])
        assert sound.loudness(0, 1000, 0.2, 0.9) > 9000
        # The lead is played nothing: the control API placed the call.
        assert sound.loudest(1, 0.2, 0.9) < 100


@in_lab()
async def test_a_recording_can_be_made_longer_than_its_call(lab: Lab) -> None:
    await rule(lab, leastSeconds=14_400)
    _, recording = await recorded(lab)
    shown = await ask(lab, "GET", f"/Recordings/{recording['sid']}.json")
    assert shown["duration"] == "14400"
    _, file = await media(lab, recording)
    assert len(file) == pytest.approx(14_400 * 4000, abs=288)
    assert decoded(file[-288 * 14 :]).loudness(0, 1000, 0.2, 0.9) > 9000


@in_lab(time_scale=1)
async def test_each_side_has_its_channel_and_a_pause_is_silent(lab: Lab) -> None:
    await lab.script(LEAD, ringSeconds=0, talkSeconds=None, voice="tone", toneHz=1000)
    async with connected(lab) as browser, audio(hertz=440) as peer:
        await browser.invite(await peer.offer(), To=LEAD)
        kind, payload = await browser.receive()
        await peer.accept(payload["sdp"])
        if kind == "ringing":
            await browser.expect("answer")
        sid = payload["callsid"]
        async with asyncio.timeout(10):
            while peer.loud_frames < 10:
                await asyncio.sleep(0.02)
        recording = await start(lab, lead_leg(await lab.state(sid))["callSid"])
        await asyncio.sleep(1)
        assert (await change(lab, recording, "paused"))["status"] == "paused"
        await asyncio.sleep(0.7)
        assert (await change(lab, recording, "in-progress"))["status"] == "in-progress"
        await asyncio.sleep(0.7)
        await browser.send("hangup", callsid=sid)
        await lab.ended(sid)
    at = await moments(lab, sid)
    begun = at["started"]
    paused, resumed = at["paused"] - begun, at["resumed"] - begun
    sound = decoded((await media(lab, recording))[1])
    assert sound.seconds == pytest.approx(at["stopped"] - begun, abs=0.1)
    for begin, end in ((0.3, paused - 0.1), (resumed + 0.3, sound.seconds - 0.2)):
        assert sound.loudness(0, 1000, begin, end) > 8000
        assert sound.loudness(0, 440, begin, end) < 500
        # The test's browser stutters on a busy machine.
        tenths = [begin + n / 10 for n in range(int((end - begin) * 10))]
        assert max(sound.loudness(1, 440, tenth, tenth + 0.1) for tenth in tenths) > 3000
        assert sound.loudness(1, 1000, begin, end) < 500
    for channel in (0, 1):
        assert sound.loudest(channel, paused + 0.15, resumed - 0.15) < 100


@in_lab()
async def test_a_pause_can_be_left_out(lab: Lab) -> None:
    sid, lead = await talking_lead(lab)
    recording = await start(lab, lead)
    await lab.network.clock.delay(5)
    await change(lab, recording, "paused", PauseBehavior="skip")
    await lab.network.clock.delay(60)
    await change(lab, recording, "in-progress")
    await lab.network.clock.delay(5)
    await change(lab, recording, "stopped")
    await until_status(lab, sid, recording, "completed")
    at = await moments(lab, sid)
    sound = decoded((await media(lab, recording))[1])
    recorded_seconds = at["paused"] - at["started"] + at["stopped"] - at["resumed"]
    assert sound.seconds == pytest.approx(recorded_seconds, abs=0.2)
    assert sound.loudness(0, 1000, 0.2, sound.seconds - 0.2) > 9000


@in_lab()
async def test_a_recording_goes_on_through_a_redirect_and_hears_the_room(lab: Lab) -> None:
    prepare(lab)
    sid, lead = await talking_lead(lab)
    recording = await start(lab, lead)
    await lab.network.clock.delay(10)
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml=room_twiml(lab, "lead", wait=None))
    await until(lab, sid, lambda call: len(present(call)) == 2)
    [room] = (await lab.state(sid))["rooms"]
    await lab.network.clock.delay(5)
    participant = f"/Conferences/{room['conferenceSid']}/Participants/{lead}.json"
    while (await ask(lab, "POST", participant, Hold="true")).get("code"):
        await asyncio.sleep(0.02)
    await lab.network.clock.delay(20)
    await lab.post(f"/simulator/calls/{sid}/hangup")
    await lab.ended(sid)
    events = await timeline(lab, sid)
    begun = next(each["seconds"] for each in events if each["text"] == "recording started")
    held = next(each["seconds"] for each in events if "participant-hold" in each["text"]) - begun
    together = next(each["seconds"] for each in events if "conference-start" in each["text"])
    sound = decoded((await media(lab, recording))[1])
    assert statuses(lab) == ["in-progress", "completed"]
    assert sound.loudest(1, together - begun + 0.5, held - 0.5) < 100
    assert sound.loudest(1, 0.2, min(9, held - 1)) < 100
    assert sound.loudest(1, held + 0.5, held + 15) > 3000
    assert sound.loudness(0, 1000, held, held + 15) > 9000


@in_lab()
async def test_a_redirect_can_end_a_recording(lab: Lab) -> None:
    await rule(lab, endsAtRedirect=True)
    sid, lead = await talking_lead(lab)
    first = await start(lab, lead)
    await lab.network.clock.delay(5)
    await ask(lab, "POST", f"/Calls/{lead}.json", Twiml="<Response><Echo/></Response>")
    await until_status(lab, sid, first, "completed")
    second = await start(lab, lead)
    assert {each["sid"] for each in await listed(lab, lead)} == {first["sid"], second["sid"]}
    await lab.post(f"/simulator/calls/{sid}/legs/{lead}/hangup")
    await lab.ended(sid)
    assert statuses(lab) == ["in-progress", "completed"] * 2


@in_lab()
async def test_a_callback_has_the_parameters_of_a_captured_one(lab: Lab) -> None:
    sid, recording = await recorded(lab)
    started, completed = (received.params for received in lab.product.at("/recording"))
    assert completed.pop("RecordingDuration").isdigit()
    assert (started.pop("RecordingStatus"), completed.pop("RecordingStatus")) == (
        "in-progress",
        "completed",
    )
    assert started == completed
    assert completed.pop("RecordingStartTime").endswith(" +0000")
    assert completed == {
        "AccountSid": ACCOUNT_SID,
        "CallSid": sid,
        "ErrorCode": "0",
        "RecordingChannels": "2",
        "RecordingSid": recording["sid"],
        "RecordingSource": "StartCallRecordingAPI",
        "RecordingTrack": "both",
        "RecordingUrl": recording["origin"] + f"{BASE}/Recordings/{recording['sid']}",
    }
    [asked] = {received.url for received in lab.product.at("/recording")}
    assert asked.endswith("/recording?a=b")


@in_lab()
async def test_only_the_events_that_are_asked_for_are_reported(lab: Lab) -> None:
    await recorded(lab, RecordingStatusCallbackEvent="absent completed")
    assert statuses(lab) == ["completed"]
    await rule(lab, absent=True)
    _, recording = await recorded(lab, RecordingStatusCallbackEvent="absent")
    assert statuses(lab) == ["completed", "absent"]
    shown = await ask(lab, "GET", f"/Recordings/{recording['sid']}.json")
    assert (shown["status"], shown["error_code"] > 0) == ("absent", True)
    assert (await media(lab, recording))[0] == 404
    for lost in (
        ("/simulator/recordings", {"losesCallbacks": True}),
        (
            "/simulator/lost-callbacks",
            {"kinds": ["recording-status"]},
        ),
    ):
        await rule(lab)
        assert (await lab.post(*lost))[0] == 202
        _, recording = await recorded(lab)
    assert (await ask(lab, "GET", f"/Recordings/{recording['sid']}.json"))["status"] == "completed"
    assert len(statuses(lab)) == 2


@in_lab()
async def test_what_cannot_be_recorded_or_changed_is_refused(lab: Lab) -> None:
    assert await refused(lab, "POST", f"/Calls/{NOBODY}/Recordings.json") == (404, 20404)
    await lab.script(LEAD, ringSeconds=50)
    ringing = await lab.place()
    await lab.until_lead_is(ringing, "ringing")
    lead = lead_leg(await lab.state(ringing))["callSid"]
    assert await refused(lab, "POST", f"/Calls/{lead}/Recordings.json") == (400, 21220)
    await lab.post(f"/simulator/calls/{ringing}/hangup")
    await lab.ended(ringing)
    assert await refused(lab, "POST", f"/Calls/{lead}/Recordings.json") == (400, 21220)
    _, lead = await talking_lead(lab)
    for wrong in ({"RecordingChannels": "quad"}, {"RecordingTrack": "x"}, {"Trim": "yes"}):
        assert (await refused(lab, "POST", f"/Calls/{lead}/Recordings.json", **wrong))[0] == 400
    current = f"/Calls/{lead}/Recordings/Twilio.CURRENT.json"
    assert await refused(lab, "POST", current, Status="paused") == (404, 20404)
    one = await start(lab, lead)
    assert (await ask(lab, "POST", current, Status="paused"))["sid"] == one["sid"]
    assert (await refused(lab, "POST", current, Status="completed"))[0] == 400
    assert await refused(lab, "DELETE", f"/Recordings/{one['sid']}.json") == (400, 21220)
    await start(lab, lead)
    assert (await refused(lab, "POST", current, Status="stopped"))[0] == 400
    assert (await change(lab, one, "stopped"))["status"] == "stopped"
    path = f"/Calls/{lead}/Recordings/{one['sid']}.json"
    assert await refused(lab, "POST", path, Status="paused") == (400, 21220)
    assert await refused(lab, "GET", f"/Calls/{ringing}/Recordings/{one['sid']}.json") == (
        404,
        20404,
    )


@in_lab()
async def test_a_recording_is_found_by_both_legs_and_names_the_parent(lab: Lab) -> None:
    sid, lead = await talking_lead(lab)
    of_lead = await start(lab, lead)
    assert of_lead["call_sid"] == sid
    await rule(lab, namesRecordedLeg=True)
    assert (await start(lab, lead))["call_sid"] == lead
    of_agent = await start(lab, sid)
    assert [each["sid"] for each in await listed(lab, lead)][-1] == of_lead["sid"]
    assert len(await listed(lab, lead)) == 2
    assert [each["sid"] for each in await listed(lab, sid)] == [of_agent["sid"], of_lead["sid"]]


@in_lab()
async def test_media_are_for_those_who_sign_in_and_not_before_they_are_completed(
    lab: Lab,
) -> None:
    await rule(lab, processingSeconds=3000)
    sid, lead = await talking_lead(lab)
    recording = await start(lab, lead)
    await lab.network.clock.delay(2)
    assert (await media(lab, recording))[0] == 404
    await change(lab, recording, "stopped")
    assert (await ask(lab, "GET", f"/Recordings/{recording['sid']}.json"))["status"] == "processing"
    assert (await media(lab, recording))[0] == 404
    await rule(lab)
    other = await start(lab, lead)
    await change(lab, other, "stopped")
    await until_status(lab, sid, other, "completed")
    address = f"{BASE}/Recordings/{other['sid']}.mp3"
    for headers, status in (({}, 401), (BY_KEY, 200), (TOKEN, 200)):
        async with lab.http.get(address, headers=headers) as response:
            assert response.status == status
    assert response.headers["Content-Type"] == "audio/mpeg"


@in_lab()
async def test_media_have_the_channels_and_the_format_that_are_asked_for(lab: Lab) -> None:
    _, dual = await recorded(lab)
    _, mono = await recorded(lab, RecordingChannels="mono")
    _, inbound = await recorded(lab, RecordingTrack="inbound")
    _, outbound = await recorded(lab, RecordingTrack="outbound")
    for recording, channels in ((dual, 2), (mono, 1), (inbound, 1), (outbound, 1)):
        assert recording["channels"] == channels
        for kind in (".mp3", ".wav", ""):
            status, file = await media(lab, recording, kind)
            assert status == 200
            assert len(decoded(file).channels) == channels
        separate = await media(lab, recording, RequestedChannels="2")
        assert separate[0] == (200 if channels == 2 else 400)
        together = decoded((await media(lab, recording, RequestedChannels="1"))[1])
        assert len(together.channels) == 1
        talked = together.loudest(0, 0, together.seconds)
        assert (talked > 5000) == (recording is not outbound)
    assert (await media(lab, dual, RequestedChannels="3"))[0] == 400
    assert (await media(lab, dual, ".ogg"))[0] == 404


@in_lab()
async def test_media_can_be_on_another_host_which_is_to_see_no_credentials(lab: Lab) -> None:
    _, recording = await recorded(lab)
    await rule(lab, redirectMedia=True)
    path = f"{BASE}/Recordings/{recording['sid']}.mp3"
    async with lab.http.get(path, headers=TOKEN, allow_redirects=False) as response:
        assert response.status == 302
        address = response.headers["Location"]
    assert not address.startswith(recording["origin"])
    async with lab.http.get(address) as response:
        assert (response.status, response.content_type) == (200, "audio/mpeg")
    assert (await shown(lab))["credentialsSeen"] == 0
    async with lab.http.get(address, headers=TOKEN) as response:
        assert response.status == 200
    assert (await shown(lab))["credentialsSeen"] == 1
    await rule(lab, redirectMedia="https://elsewhere.example/a.mp3")
    async with lab.http.get(path, headers=TOKEN, allow_redirects=False) as response:
        assert response.headers["Location"] == "https://elsewhere.example/a.mp3"
    await rule(lab, redirectMedia=True, mediaType="text/html")
    async with lab.http.get(address) as response:
        assert response.content_type == "text/html"
        assert b"<html>" in await response.read()
    await ask(lab, "DELETE", f"/Recordings/{recording['sid']}.json")
    async with lab.http.get(address) as response:
        assert response.status == 404


@in_lab()
async def test_of_a_deleted_recording_only_the_description_is_left(lab: Lab) -> None:
    sid, recording = await recorded(lab)
    path = f"/Recordings/{recording['sid']}.json"
    before = await ask(lab, "GET", path)
    await ask(lab, "DELETE", path)
    for gone in (path, f"/Calls/{sid}{path}"):
        assert await refused(lab, "GET", gone) == (404, 20404)
        assert await refused(lab, "DELETE", gone) == (404, 20404)
    assert (await media(lab, recording))[0] == 404
    assert await listed(lab, sid) == []
    assert (await ask(lab, "GET", "/Recordings.json"))["recordings"] == []
    also = {"IncludeSoftDeleted": "true"}
    assert await ask(lab, "GET", path, query=also) == before | {"status": "deleted"}
    [left] = (await ask(lab, "GET", "/Recordings.json", query=also))["recordings"]
    assert (left["sid"], left["status"]) == (recording["sid"], "deleted")
    [known] = (await shown(lab))["recordings"]
    assert (known["status"], known["size"]) == ("deleted", None)


@in_lab()
async def test_recordings_are_listed_by_call_and_day_the_newest_first(lab: Lab) -> None:
    first, one = await recorded(lab)
    _, other = await recorded(lab)
    everything = (await ask(lab, "GET", "/Recordings.json"))["recordings"]
    assert [each["sid"] for each in everything] == [other["sid"], one["sid"]]
    for query, found in (
        ({"CallSid": first}, 1),
        ({"CallSid": NOBODY}, 0),
        ({"DateCreated<": "2020-01-01"}, 0),
        ({"DateCreated>": "2020-01-01"}, 2),
        ({"PageSize": "1"}, 1),
    ):
        answer = await ask(lab, "GET", "/Recordings.json", query=query)
        assert len(answer["recordings"]) == found


@in_lab()
async def test_twilios_own_library_starts_pauses_reads_and_deletes(lab: Lab) -> None:
    _, lead = await talking_lead(lab)
    client = client_of(lab)

    def use() -> None:
        of_call = client.calls(lead).recordings
        made = of_call.create(recording_channels="dual", trim="do-not-trim")
        assert (made.status, made.channels) == ("in-progress", 2)
        assert of_call(made.sid).update(status="paused", pause_behavior="skip").status == "paused"
        assert of_call("Twilio.CURRENT").update(status="in-progress").status == "in-progress"
        assert [each.sid for each in of_call.list()] == [made.sid]
        assert of_call(made.sid).update(status="stopped").status == "stopped"
        while client.recordings(made.sid).fetch().status != "completed":
            pass
        assert client.recordings(made.sid).delete()
        left = client.recordings(made.sid).fetch(include_soft_deleted=True)
        assert left.status == "deleted"

    await asyncio.to_thread(use)


@in_lab()
async def test_rules_are_checked(lab: Lab) -> None:
    for wrong in (
        {"absent": 1},
        {"redirectMedia": 1},
        {"mediaType": 1},
        {"processingSeconds": -1},
        {"other": True},
    ):
        assert (await lab.post("/simulator/recordings", wrong))[0] == 400

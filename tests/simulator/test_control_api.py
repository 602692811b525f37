"""The control API: what it refuses, shows and forgets."""

from __future__ import annotations

import asyncio

import pytest

from simulator.calls import callees
from simulator.calls.call_log import EventJson
from simulator.calls.callees import CalleeTable
from tests.simulator.lab import LEAD, Lab, access_token, in_lab, lead_leg


@in_lab()
async def test_a_refused_token_gives_twilios_code(lab: Lab) -> None:
    status, error = await lab.post("/simulator/calls", {"accessToken": "nonsense"})
    assert (status, error) == (401, {"code": 20101, "message": "Invalid Access Token"})
    assert lab.product.received == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"accessToken": None}, "accessToken"),
        ({"params": ["To"]}, "params"),
        ({"params": {"To": 5}}, "params"),
        ({"script": "busy"}, "script must"),
        ({"script": {"ending": "exploded"}}, "script.ending"),
        ({"script": {"hangsUp": "nobody"}}, "script.hangsUp"),
        ({"script": {"ringSeconds": -1}}, "script.ringSeconds"),
        ({"script": {"ringSeconds": None}}, "script.ringSeconds"),
        ({"script": {"talkSeconds": "7"}}, "script.talkSeconds"),
        ({"script": {"talkSeconds": True}}, "script.talkSeconds"),
        ({"script": {"volume": 11}}, "script.volume"),
        ({"script": {"voice": "tone", "toneHz": "high"}}, "script.toneHz"),
        ({"To": "+14155550123"}, "To"),
    ],
)
def test_a_malformed_call_is_refused_and_the_field_named(
    change: dict[str, object], told: str
) -> None:
    async def scenario(lab: Lab) -> None:
        body: dict[str, object] = {"accessToken": access_token()}
        status, error = await lab.post("/simulator/calls", body | change)
        assert (status, error["code"]) == (400, "invalid_request")
        assert told in error["message"]

    in_lab()(scenario)()


@in_lab()
async def test_errors_of_http_itself_are_json_too(lab: Lab) -> None:
    async with lab.http.post("/simulator/calls", data=b"{") as response:
        assert response.status == 400
        assert (await response.json())["error"]["message"] == "the body is not JSON"
    assert await lab.post("/nowhere") == (
        404,
        {"code": "not_found", "message": "POST /nowhere: Not Found"},
    )
    assert (await lab.post("/health"))[0] == 405
    async with lab.http.get("/simulator/calls/CA0") as response:
        assert response.status == 404
    sid = await lab.place()
    async with lab.http.get(f"/simulator/calls/{sid}/events?after=x") as response:
        assert response.status == 400


@in_lab()
async def test_the_timeline_is_numbered_without_gaps_and_ends_last(lab: Lab) -> None:
    call = await lab.call(LeadId="7")
    async with lab.http.get(f"/simulator/calls/{call['callSid']}/events") as response:
        answer = await response.json()
    events: list[EventJson] = answer["events"]
    assert answer["ended"] is True
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events][:3] == ["call", "request", "twiml"]
    assert events[-1]["kind"] == "ended"
    assert set(events[-1]["data"]) == {"status", "duration", "leadStatus", "leadDuration"}
    assert events[-1]["data"]["leadDuration"] == 7
    *legs, last = [event["text"] for event in events if event["kind"] == "leg"]
    assert last.startswith("agent: completed after ")
    assert legs == [
        "lead +14155550123: initiated",
        "lead +14155550123: ringing",
        "agent: in-progress",
        "lead +14155550123: in-progress",
        "lead +14155550123: completed after 7 s",
    ]
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds)


@in_lab(time_scale=0.05)
async def test_a_long_poll_waits_for_the_next_entry_alone(lab: Lab) -> None:
    sid = await lab.place(script={"ringSeconds": 3600})
    await lab.until_lead_is(sid, "ringing")
    while not all(delivery["settled"] for delivery in (await lab.state(sid))["deliveries"]):
        await asyncio.sleep(0.01)
    async with lab.http.get(f"/simulator/calls/{sid}/events") as response:
        seen = (await response.json())["events"][-1]["n"]
    async with lab.http.get(f"/simulator/calls/{sid}/events?after={seen}&wait=0.05") as response:
        assert await response.json() == {"events": [], "ended": False}

    async def poll() -> list[EventJson]:
        url = f"/simulator/calls/{sid}/events?after={seen}&wait=20"
        async with lab.http.get(url) as response:
            events: list[EventJson] = (await response.json())["events"]
            return events

    waiting = asyncio.create_task(poll())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await lab.post(f"/simulator/calls/{sid}/hangup")
    assert (await waiting)[0]["n"] == seen + 1


@in_lab()
async def test_a_long_poll_about_an_ended_call_is_answered_at_once(lab: Lab) -> None:
    call = await lab.call()
    url = f"/simulator/calls/{call['callSid']}/events?after=999&wait=30"
    async with asyncio.timeout(60), lab.http.get(url) as response:
        assert await response.json() == {"events": [], "ended": True}


@in_lab()
async def test_calls_are_listed_newest_first(lab: Lab) -> None:
    first = await lab.call()
    second = await lab.place("+15005550008")
    async with lab.http.get("/simulator/calls") as response:
        listed = await response.json()
    assert [call["callSid"] for call in listed["calls"]] == [second, first["callSid"]]
    assert [call["ended"] for call in listed["calls"]] == [False, True]
    assert (listed["active"], listed["kept"]) == (1, 2)
    async with lab.http.get("/simulator/calls?limit=1") as response:
        assert [call["callSid"] for call in (await response.json())["calls"]] == [second]


@in_lab(keep_ended=2)
async def test_old_calls_are_forgotten_and_live_ones_never(lab: Lab) -> None:
    live = await lab.place(script={"ringSeconds": 0, "talkSeconds": None})
    ended = [(await lab.call("+15005550007"))["callSid"] for _ in range(4)]
    kept = [
        call["callSid"] for call in (await (await lab.http.get("/simulator/calls")).json())["calls"]
    ]
    assert kept == [ended[3], ended[2], live]


@in_lab()
async def test_the_numbers_and_their_scripts_are_shown(lab: Lab) -> None:
    async with lab.http.get("/simulator/callees") as response:
        table = await response.json()
    assert [callee["number"][-2:] for callee in table["callees"]] == [
        "01",
        "02",
        "03",
        "04",
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
        "12",
        "13",
    ]
    [gives_up] = [c for c in table["callees"] if c["number"] == "+15005550010"]
    assert gives_up["script"] == {
        "ending": "canceled",
        "ringSeconds": 4,
        "talkSeconds": 0,
        "hangsUp": "agent",
        "echoSeconds": 3,
        "voice": "speech",
    }
    assert table["anyOther"]["script"]["talkSeconds"] == 7


@in_lab()
async def test_a_number_is_given_a_script_and_its_own_back(lab: Lab) -> None:
    async def does(number: str) -> tuple[str | None, float | None]:
        lead = lead_leg(await lab.call(number))
        return lead["status"], lead["duration"]

    for number, own in ((LEAD, 7), ("+15005550009", 1)):
        assert await does(number) == ("completed", own)
        await lab.script(number, ending="busy", ringSeconds=1)
        assert await does(number) == ("busy", 0)
        await lab.script(number, talkSeconds=2)
        assert await does(number) == ("completed", 2)
        async with lab.http.get("/simulator/callees") as response:
            listed = {callee["number"]: callee for callee in (await response.json())["callees"]}
        assert listed[number]["does"] == "scripted by request"
        assert listed[number]["script"]["talkSeconds"] == 2
        await lab.post("/simulator/callees", {"number": number, "script": None})
        assert await does(number) == ("completed", own)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"script": {}}, "number"),
        ({"number": "4155550123"}, "E.164"),
        ({"number": LEAD, "script": {"voice": "song"}}, "script.voice"),
        ({"number": LEAD, "sript": {}}, "sript"),
    ],
)
def test_a_malformed_script_is_refused_and_the_field_named(
    body: dict[str, object], told: str
) -> None:
    async def scenario(lab: Lab) -> None:
        status, error = await lab.post("/simulator/callees", body)
        assert (status, error["code"]) == (400, "invalid_request")
        assert told in error["message"]

    in_lab()(scenario)()


@in_lab()
async def test_a_client_is_given_a_script_and_loses_it(lab: Lab) -> None:
    lab.product.replies(
        "/voice", '<Response><Dial answerOnBridge="true"><Client>bea</Client></Dial></Response>'
    )

    async def does() -> tuple[str, int | None]:
        [leg] = [leg for leg in (await lab.call())["legs"] if leg["role"] == "client"]
        return leg["status"], leg["duration"]

    assert await does() == ("no-answer", 0)
    script = {"talkSeconds": 4, "voice": "tone", "toneHz": 700}
    assert (await lab.post("/simulator/clients", {"identity": "bea", "script": script}))[0] == 200
    async with lab.http.get("/simulator/clients") as response:
        assert await response.json() == {
            "clients": [
                {
                    "identity": "bea",
                    "script": {
                        "ending": "answer",
                        "answerAfterSeconds": 2.0,
                        "talkSeconds": 4,
                        "voice": "tone",
                        "toneHz": 700,
                    },
                }
            ]
        }
    assert await does() == ("completed", 4)
    await lab.post("/simulator/clients", {"identity": "bea", "script": {"ending": "decline"}})
    assert await does() == ("busy", 0)
    await lab.post("/simulator/clients", {"identity": "bea", "script": None})
    assert await does() == ("no-answer", 0)


@in_lab()
async def test_a_client_that_does_not_hang_up_talks_until_the_caller_leaves(lab: Lab) -> None:
    lab.product.replies(
        "/voice", "<Response><Dial timeLimit='30'><Client>bea</Client></Dial></Response>"
    )
    script = {"talkSeconds": 4, "hangsUp": False, "answerAfterSeconds": 0}
    await lab.post("/simulator/clients", {"identity": "bea", "script": script})
    [_, leg] = (await lab.call())["legs"]
    assert leg["duration"] == 30


@in_lab()
async def test_a_leg_is_hung_up_and_shows_the_whole_call(lab: Lab) -> None:
    sid = await lab.place(script={"talkSeconds": None})
    await lab.until_lead_is(sid, "in-progress")
    lead = lead_leg(await lab.state(sid))["callSid"]
    assert (await lab.state(lead))["callSid"] == sid
    path = f"/simulator/calls/{sid}/legs/{lead}/hangup"
    assert (await lab.post(path))[0] == 202
    await lab.ended(sid)
    status, error = await lab.post(path)
    assert (status, error["code"]) == (409, "leg_over")
    status, error = await lab.post(f"/simulator/calls/{sid}/legs/CA0/hangup")
    assert (status, error["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"script": {}}, "identity"),
        ({"identity": ""}, "identity"),
        ({"identity": "bea", "script": "answer"}, "script must"),
        ({"identity": "bea", "script": {"ending": "busy"}}, "script.ending"),
        ({"identity": "bea", "script": {"voice": "echo"}}, "script.voice"),
        ({"identity": "bea", "script": {"hangsUp": "no"}}, "script.hangsUp"),
        ({"identity": "bea", "script": {"talkSeconds": -1}}, "talkSeconds"),
        ({"identity": "bea", "script": {"voice": "tone", "toneHz": 5}}, "toneHz"),
        ({"identity": "bea", "script": {"mood": "good"}}, "script.mood"),
    ],
)
def test_a_malformed_client_is_refused_and_the_field_named(
    body: dict[str, object], told: str
) -> None:
    async def scenario(lab: Lab) -> None:
        status, error = await lab.post("/simulator/clients", body)
        assert (status, error["code"]) == (400, "invalid_request")
        assert told in error["message"]

    in_lab()(scenario)()


def test_the_number_of_scripts_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callees, "MAX_SCRIPTED", 1)
    table = CalleeTable()
    table.give_script("+14155550123", {})
    table.give_script("+14155550123", {"talk_seconds": 1})
    with pytest.raises(ValueError, match="1 numbers have a script already"):
        table.give_script("+14155550124", {})


@in_lab()
async def test_health_counts_the_calls(lab: Lab) -> None:
    await lab.place(script={"talkSeconds": None})
    async with lab.http.get("/health") as response:
        health = await response.json()
    assert (health["status"], health["activeCalls"], health["timeScale"]) == ("ok", 1, 0.01)


@in_lab()
async def test_closing_the_network_in_the_middle_of_calls_is_quiet(lab: Lab) -> None:
    for number in ("+15005550008", "+15005550006", "+15005550007"):
        await lab.place(number, script={"talkSeconds": None})
    await lab.network.close()
    assert lab.network.active == 0

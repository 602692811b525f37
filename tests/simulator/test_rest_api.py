"""The REST API: every answer follows Twilio's published description, and Twilio's own client
library understands it."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.lab import (
    ACCOUNT_SID,
    APP_SID,
    CALLER_ID,
    KEY,
    LEAD,
    Lab,
    access_token,
    in_lab,
    lead_leg,
)
from tests.simulator.rest import BASE, BY_KEY, TOKEN, ask, basic, client_of


@in_lab()
async def test_the_account_its_balance_and_its_numbers(lab: Lab) -> None:
    async with lab.http.post(
        "/simulator/account", json={"verified": ["+14155550777"], "balance": "3.20"}
    ) as response:
        assert response.status == 200
    account = await ask(lab, "GET", ".json")
    assert (account["status"], account["type"]) == ("active", "Full")
    assert (await ask(lab, "GET", "/Balance.json"))["balance"] == "3.20"
    numbers = await ask(lab, "GET", "/IncomingPhoneNumbers.json")
    (number,) = numbers["incoming_phone_numbers"]
    assert (number["phone_number"], number["capabilities"]["voice"]) == (CALLER_ID, True)
    verified = await ask(lab, "GET", "/OutgoingCallerIds.json")
    assert [each["phone_number"] for each in verified["outgoing_caller_ids"]] == ["+14155550777"]
    for number_asked, found in ((CALLER_ID, 1), ("+14155550000", 0)):
        answer = await ask(
            lab, "GET", "/IncomingPhoneNumbers.json", query={"PhoneNumber": number_asked}
        )
        assert len(answer["incoming_phone_numbers"]) == found


@in_lab()
async def test_who_signs_in_wrongly_is_refused(lab: Lab) -> None:
    wrong = [(ACCOUNT_SID, "wrong"), (KEY.sid, "wrong"), ("SK" + "9" * 32, KEY.secret)]
    for auth in [{}, {"Authorization": "Basic !"}, *(basic(*pair) for pair in wrong)]:
        assert (await ask(lab, "GET", "/Balance.json", auth))["code"] == 20003
    assert "balance" in await ask(lab, "GET", "/Balance.json", BY_KEY)
    # A standard key cannot read accounts.
    assert (await ask(lab, "GET", ".json", BY_KEY))["code"] == 20003


@in_lab()
async def test_what_does_not_exist_is_not_found(lab: Lab) -> None:
    for path in (f"/Calls/CA{'0' * 32}.json", f"/Applications/AP{'0' * 32}.json"):
        assert (await ask(lab, "GET", path))["code"] == 20404
    other = f"/2010-04-01/Accounts/AC{'9' * 32}/Balance.json"
    for path in (other, f"{BASE}/Nonsense.json"):
        async with lab.http.get(path, headers=TOKEN) as response:
            assert (response.status, (await response.json())["code"]) == (404, 20404)


@in_lab()
async def test_an_application_lives_and_calls_ask_what_it_says(lab: Lab) -> None:
    made = await ask(lab, "POST", "/Applications.json", FriendlyName="Henk Voice")
    assert (made["voice_url"], made["friendly_name"]) == (None, "Henk Voice")
    path = f"/Applications/{made['sid']}.json"
    changed = await ask(
        lab,
        "POST",
        path,
        VoiceUrl=f"{lab.product.url}/voice#rc=2",
        StatusCallback=f"{lab.product.url}/told",
    )
    assert changed["friendly_name"] == "Henk Voice"
    assert changed == await ask(lab, "GET", path)
    found = await ask(lab, "GET", "/Applications.json", query={"FriendlyName": "Henk Voice"})
    assert [app["sid"] for app in found["applications"]] == [made["sid"]]

    lab.product.replies_status("/told", 204)
    token = access_token(app_sid=made["sid"])
    body = {"accessToken": token, "params": {"To": LEAD}}
    async with lab.http.post("/simulator/calls", json=body) as response:
        await lab.ended((await response.json())["callSid"])
    assert [each.params["CallStatus"] for each in lab.product.at("/told")] == ["completed"]

    assert await ask(lab, "DELETE", path) is None
    assert (await ask(lab, "GET", path))["code"] == 20404
    assert (await lab.post("/simulator/calls", body))[1]["code"] == 20106


@in_lab()
async def test_a_call_of_an_application_without_address_fails(lab: Lab) -> None:
    made = await ask(lab, "POST", "/Applications.json", FriendlyName="Nobody")
    body = {"accessToken": access_token(app_sid=made["sid"]), "params": {"To": LEAD}}
    async with lab.http.post("/simulator/calls", json=body) as response:
        call = await lab.ended((await response.json())["callSid"])
    assert call["status"] == "failed"
    assert call["deliveries"][1:] == []


@in_lab()
async def test_a_wrong_address_changes_nothing(lab: Lab) -> None:
    path = f"/Applications/{APP_SID}.json"
    before = await ask(lab, "GET", path)
    assert (await ask(lab, "POST", path, VoiceUrl="nonsense"))["status"] == 400
    wrong = await ask(lab, "POST", path, VoiceMethod="PUT", VoiceUrl="https://a.test/")
    assert wrong["status"] == 400
    assert await ask(lab, "GET", path) == before


@in_lab()
async def test_both_legs_of_a_call_are_calls(lab: Lab) -> None:
    call = await lab.call(script={"ringSeconds": 2, "talkSeconds": 65})
    agent = await ask(lab, "GET", f"/Calls/{call['callSid']}.json", BY_KEY)
    children = await ask(lab, "GET", "/Calls.json", query={"ParentCallSid": call["callSid"]})
    (lead,) = children["calls"]
    assert (agent["status"], agent["direction"], agent["parent_call_sid"]) == (
        "completed",
        "inbound",
        None,
    )
    assert (lead["sid"], lead["direction"], lead["parent_call_sid"], lead["duration"]) == (
        lead_leg(call)["callSid"],
        "outbound-dial",
        call["callSid"],
        "65",
    )
    assert lead == await ask(lab, "GET", f"/Calls/{lead['sid']}.json")
    seconds = parsedate_to_datetime(lead["end_time"]) - parsedate_to_datetime(lead["start_time"])
    assert 66 <= seconds.total_seconds() <= 68


@in_lab()
async def test_a_call_under_way_has_no_end_and_no_duration(lab: Lab) -> None:
    sid = await lab.place(script={"ringSeconds": 600})
    await lab.until_lead_is(sid, "ringing")
    agent = await ask(lab, "GET", f"/Calls/{sid}.json")
    assert (agent["status"], agent["end_time"], agent["duration"]) == ("ringing", None, None)
    for status, found in (("ringing", 2), ("completed", 0)):
        answer = await ask(lab, "GET", "/Calls.json", query={"Status": status})
        assert len(answer["calls"]) == found


@in_lab()
async def test_an_unanswered_call_has_no_duration(lab: Lab) -> None:
    call = await lab.call(script={"ending": "busy"})
    lead = await ask(lab, "GET", f"/Calls/{lead_leg(call)['callSid']}.json")
    assert (lead["status"], lead["duration"]) == ("busy", None)


@in_lab()
async def test_a_call_can_be_ended(lab: Lab) -> None:
    sid = await lab.place(script={"talkSeconds": 600})
    await lab.until_lead_is(sid, "in-progress")
    path = f"/Calls/{sid}.json"
    assert (await ask(lab, "POST", path, Status="canceled"))["code"] == 21220
    assert (await ask(lab, "POST", path, Status="paused"))["code"] == 20001
    await ask(lab, "POST", path, Status="completed")
    call = await lab.ended(sid)
    assert {leg["status"] for leg in call["legs"]} == {"completed"}
    assert (await ask(lab, "POST", path, Status="completed"))["code"] == 21220


@in_lab()
async def test_lists_come_in_pages_and_by_time(lab: Lab) -> None:
    sids = [(await lab.call(script={"ending": "busy"}))["callSid"] for _ in range(3)]
    page = await ask(lab, "GET", "/Calls.json", query={"PageSize": "4"})
    assert (len(page["calls"]), page["previous_page_uri"]) == (4, None)
    async with lab.http.get(page["next_page_uri"], headers=TOKEN) as response:
        rest = await response.json()
    assert (len(rest["calls"]), rest["next_page_uri"]) == (2, None)
    # The newest come first.
    assert [call["sid"] for call in page["calls"] + rest["calls"]][1::2] == sids[::-1]

    day = rest["calls"][0]["start_time"]
    today = parsedate_to_datetime(day).date().isoformat()
    for query, found in (
        ({"StartTime>": today}, 6),
        ({"StartTime": today}, 6),
        ({"StartTime<": "2020-01-01"}, 0),
        ({"EndTime>": "2999-01-01T00:00:00Z"}, 0),
    ):
        answer = await ask(lab, "GET", "/Calls.json", query=query)
        assert len(answer["calls"]) == found, query


@in_lab()
async def test_a_further_page_needs_its_token(lab: Lab) -> None:
    await lab.call()
    refused = await ask(lab, "GET", "/Calls.json", query={"PageSize": "1", "Page": "1"})
    assert (refused["status"], refused["code"]) == (400, 20006)
    query = {"PageSize": "1", "Page": "1", "PageToken": "PT1"}
    assert len((await ask(lab, "GET", "/Calls.json", query=query))["calls"]) == 1


@in_lab()
async def test_twilios_own_library_understands_it(lab: Lab) -> None:
    call = await lab.call(script={"talkSeconds": 5})

    def use(client: Client) -> None:
        assert client.balance.fetch().currency == "USD"
        assert [n.phone_number for n in client.incoming_phone_numbers.list()] == [CALLER_ID]
        app = client.applications.create(friendly_name="Henk Voice")
        client.applications(app.sid).update(voice_url="https://a.test/voice#rc=2&rp=5xx")
        assert client.applications(app.sid).fetch().voice_url == "https://a.test/voice#rc=2&rp=5xx"
        assert [a.sid for a in client.applications.list(page_size=1)] == [APP_SID, app.sid]
        (lead,) = client.calls.list(parent_call_sid=call["callSid"])
        assert (lead.status, lead.duration, lead.end_time.tzinfo is not None) == (
            "completed",
            "5",
            True,
        )
        with pytest.raises(TwilioRestException) as refused:
            client.calls("CA" + "0" * 32).fetch()
        assert (refused.value.status, refused.value.code) == (404, 20404)

    await asyncio.to_thread(use, client_of(lab))


@in_lab()
async def test_faults_come_as_often_as_told_and_go(lab: Lab) -> None:
    async def fault(**body: object) -> None:
        async with lab.http.post("/simulator/api-faults", json=body) as response:
            assert response.status in (200, 202)

    await fault(status=429, count=2, retryAfter=7, path="/Calls")
    assert "balance" in await ask(lab, "GET", "/Balance.json")
    for _ in range(2):
        async with lab.http.get(f"{BASE}/Calls.json", headers=TOKEN) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "7")
            assert (await response.json())["code"] == 20429
    assert "calls" in await ask(lab, "GET", "/Calls.json")

    await fault(cutOff=True)
    async with lab.http.get(f"{BASE}/Balance.json", headers=TOKEN) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()

    await fault(delaySeconds=0.2)
    started = asyncio.get_running_loop().time()
    await ask(lab, "GET", "/Balance.json")
    assert asyncio.get_running_loop().time() - started >= 0.2
    await fault()
    async with lab.http.get("/simulator/api-requests") as response:
        counted = (await response.json())["requests"]
    assert counted["GET /2010-04-01/Accounts/{account_sid}/Calls.json"] == 3


@in_lab()
async def test_lost_callbacks_are_never_sent_and_shown(lab: Lab) -> None:
    async with lab.http.post(
        "/simulator/lost-callbacks", json={"statuses": ["completed"]}
    ) as response:
        assert response.status == 202
    call = await lab.call()
    lost = [each for each in call["deliveries"] if each["lost"]]
    assert {each["kind"] for each in lost} == {"lead-status", "agent-status"}
    assert all(not each["attempts"] and not each["delivered"] for each in lost)
    assert "completed" not in lab.product.lead_statuses()
    assert "in-progress" in lab.product.lead_statuses()

    assert (await lab.post("/simulator/lost-callbacks", {"fraction": 0}))[0] == 202
    assert not [each for each in (await lab.call())["deliveries"] if each["lost"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("lost-callbacks", {"fraction": 2}),
        ("lost-callbacks", {"kinds": ["voice"]}),
        ("lost-callbacks", {"statuses": "busy"}),
        ("api-faults", {"status": 200}),
        ("api-faults", {"delaySeconds": -1}),
        ("api-faults", {"count": "two"}),
        ("account", {"status": "asleep"}),
        ("account", {"balance": 3}),
        ("account", {"verified": [3]}),
        ("account", {"owner": "us"}),
    ],
)
def test_a_malformed_control_is_refused(path: str, body: dict[str, object]) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.post(f"/simulator/{path}", body))[0] == 400

    in_lab()(scenario)()

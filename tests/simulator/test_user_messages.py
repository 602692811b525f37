"""Messages between a call's page and the application's server, over Twilio's REST API."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.simulator.browser import an_offer, connected
from tests.simulator.incoming import dials, ringing, talking
from tests.simulator.lab import Lab, Received, access_token, in_lab
from tests.simulator.rest import ask, refused


async def received(lab: Lab, number: int) -> list[Received]:
    """What the application's server was sent, as soon as it is ``number`` messages."""
    async with asyncio.timeout(60):
        while len(lab.product.at("/messages")) < number:
            await asyncio.sleep(0.01)
    return lab.product.at("/messages")


@in_lab(time_scale=1)
async def test_the_server_sends_messages_to_either_page_and_to_no_other(lab: Lab) -> None:
    async with talking(lab) as (ada, sid, bob, invite):
        for browser, other, call_sid in ((ada, bob, sid), (bob, ada, invite["callsid"])):
            path = f"/Calls/{call_sid}/UserDefinedMessages.json"
            sent = await ask(lab, "POST", path, Content='{"greeting": "ahoy, 世界"}')
            assert sent["call_sid"] == call_sid
            assert await browser.expect("message") == {
                "callsid": call_sid,
                "content": {"greeting": "ahoy, 世界"},
                "contenttype": "application/json",
                "messagetype": "user-defined-message",
                "voiceeventsid": sent["sid"],
            }
            await other.expect_silence(0.02)


@in_lab(time_scale=1)
async def test_what_a_page_sends_goes_to_the_subscribers_in_order(lab: Lab) -> None:
    lab.product.replies_status("/messages", 204)
    async with talking(lab) as (ada, sid, bob, invite):
        child = invite["callsid"]
        path = f"/Calls/{child}/UserDefinedMessageSubscriptions"
        callback = f"{lab.product.url}/messages"
        subscription = await ask(lab, "POST", f"{path}.json", Callback=callback)
        for browser, call_sid, event in (
            (ada, sid, "KX0"),
            (bob, child, "KX1"),
            (bob, child, "KX2"),
        ):
            await browser.send(
                "message",
                callsid=call_sid,
                content={"event": event},
                contenttype="application/json",
                messagetype="user-defined-message",
                voiceeventsid=event,
            )
            assert (await browser.expect("ack"))["voiceeventsid"] == event
        first, second = [each.params for each in await received(lab, 2)]
        assert first.pop("Timestamp").endswith("+0000")
        assert first == {
            "AccountSid": lab.network.account.sid,
            "CallSid": child,
            "Sid": "KX1",
            "SequenceNumber": "1",
            "ContentType": "application/json",
            "Content": '{"event":"KX1"}',
        }
        assert (second["Sid"], second["SequenceNumber"]) == ("KX2", "2")
        assert "X-Twilio-Signature" in lab.product.at("/messages")[0].headers

        await ask(lab, "DELETE", f"{path}/{subscription['sid']}.json")
        gone = await ask(lab, "DELETE", f"{path}/{subscription['sid']}.json")
        assert gone["code"] == 20404


@in_lab(time_scale=1)
async def test_a_message_waits_for_a_page_whose_socket_is_lost(lab: Lab) -> None:
    async with talking(lab) as (_, sid, bob, invite):
        child = invite["callsid"]
        await bob.socket.close()
        await lab.until(sid, lambda event: "socket lost" in event["text"])
        sent = await ask(lab, "POST", f"/Calls/{child}/UserDefinedMessages.json", Content="7")
        async with connected(lab, access_token("bob")) as back:
            await back.resume(child, invite["reconnect"], await an_offer())
            received = sorted([await back.receive(), await back.receive()])
            assert [kind for kind, _ in received] == ["answer", "message"]
            assert received[1][1]["voiceeventsid"] == sent["sid"]


@pytest.mark.parametrize(
    ("resource", "form"),
    [
        ("UserDefinedMessages", {}),
        ("UserDefinedMessages", {"Content": "no JSON"}),
        ("UserDefinedMessages", {"Content": json.dumps("x" * 10_000)}),
        ("UserDefinedMessageSubscriptions", {}),
        ("UserDefinedMessageSubscriptions", {"Callback": "no address"}),
        ("UserDefinedMessageSubscriptions", {"Callback": "https://a.example", "Method": "PUT"}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    resource: str, form: dict[str, str | list[str]]
) -> None:
    async def scenario(lab: Lab) -> None:
        async with talking(lab) as (_, sid, _, _):
            path = f"/Calls/{sid}/{resource}.json"
            assert await refused(lab, "POST", path, **form) == (400, 20001)

    in_lab(time_scale=1)(scenario)()


@in_lab(time_scale=1)
async def test_a_message_for_nobody_is_refused(lab: Lab) -> None:
    nobody = f"/Calls/CA{'0' * 32}/UserDefinedMessages.json"
    assert (await ask(lab, "POST", nobody, Content="{}"))["code"] == 20404
    dials(lab)
    async with ringing(lab, "bob") as (_, sid, [(_, invite)]):
        for call_sid in (sid, invite["callsid"]):
            path = f"/Calls/{call_sid}/UserDefinedMessages.json"
            assert (await ask(lab, "POST", path, Content="{}"))["code"] == 21220

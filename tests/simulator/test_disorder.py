"""Webhooks that come twice or late, or that fail at first: what arrives, and what the simulator
says about it."""

from __future__ import annotations

import pytest

from tests.simulator.lab import Lab, in_lab


async def disorder(lab: Lab, **shares: float) -> dict[str, int]:
    """Sets the disorder. Returns how many webhooks were disturbed before, by kind."""
    async with lab.http.post("/simulator/disorder", json=shares) as response:
        assert response.status == 202
        before: dict[str, int] = (await response.json())["before"]
        return before


def retried(lab: Lab) -> None:
    """An answer that tells Twilio to try again."""
    lab.app.voice_url += "#rc=2&rp=ct,rt"
    lab.app.status_callback += "#rc=2&rp=ct,rt"


@in_lab()
async def test_a_duplicated_webhook_arrives_twice_alike_and_is_one_delivery(lab: Lab) -> None:
    await disorder(lab, duplicated=1)
    call = await lab.call()
    assert all(each["duplicated"] and each["delivered"] for each in call["deliveries"])
    assert all(len(each["attempts"]) == 1 for each in call["deliveries"])
    assert len(lab.product.received) == 2 * len(call["deliveries"])
    first, second = lab.product.at("/voice")
    assert first.params == second.params
    assert first.headers["X-Twilio-Signature"] == second.headers["X-Twilio-Signature"]


@in_lab()
async def test_a_first_attempt_that_fails_is_retried_as_the_url_says(lab: Lab) -> None:
    retried(lab)
    await disorder(lab, failed=1, seed=1)
    call = await lab.call()
    statuses = [each for each in call["deliveries"] if each["kind"] in ("voice", "agent-status")]
    assert [len(each["attempts"]) for each in statuses] == [2, 2]
    assert {each["attempts"][0]["failure"] for each in call["deliveries"]} == {"ct", "rt"}
    assert all(each["delivered"] for each in statuses)


@in_lab()
async def test_a_first_attempt_without_retries_fails_for_good(lab: Lab) -> None:
    lab.app.voice_url += "#rc=0"
    await disorder(lab, failed=1)
    [voice, _] = (await lab.call())["deliveries"]
    assert (voice["delivered"], len(voice["attempts"])) == (False, 1)


@in_lab()
async def test_some_failed_attempts_arrive_and_some_do_not(lab: Lab) -> None:
    retried(lab)
    await disorder(lab, failed=1)
    calls = [await lab.call() for _ in range(8)]
    voices = [call["deliveries"][0] for call in calls]
    failures = [each["attempts"][0]["failure"] for each in voices]
    assert set(failures) == {"ct", "rt"}
    assert len(lab.product.at("/voice")) == 8 + failures.count("rt")


@in_lab(time_scale=0.02)
async def test_a_delayed_callback_is_overtaken_and_the_call_does_not_wait_for_it(lab: Lab) -> None:
    await disorder(lab, delayed=1, delaySeconds=60, seed=3)
    call = await lab.call()
    came = [received.params["SequenceNumber"] for received in lab.product.at("/status")]
    assert came != sorted(came)
    [lead] = [leg for leg in call["legs"] if leg["role"] == "lead"]
    assert lead["duration"] == 7
    before = await disorder(lab)
    assert before == {"delayed": 5}
    assert await disorder(lab) == {}


@pytest.mark.parametrize(
    "body", [{"duplicated": 2}, {"failed": "half"}, {"delaySeconds": -1}, {"share": 1}]
)
def test_a_malformed_disorder_is_refused(body: dict[str, object]) -> None:
    async def scenario(lab: Lab) -> None:
        assert (await lab.post("/simulator/disorder", body))[0] == 400

    in_lab()(scenario)()

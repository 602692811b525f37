"""recording_fn dies on the way of a recording, in its own process, with real Storage and a phone
network that sends its callbacks again. Afterwards the recording is in the bucket and nowhere else.

tests/recording_fn/test_mishaps.py has every request of the way and every mishap, in one process."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stack import Stack
from tests.end_to_end.clients import Rep
from tests.faults.controlled import LEAD, TALK_SECONDS, kill_functions, wait_for_others
from tests.faults.proxy import Fault, Pass, Proxy, Wire
from tests.phone_network import Json, rows
from tests.soak import SOAK

# The request at which the function dies, whether it is carried out before, and whether it goes to
# Twilio.
MOMENTS = {
    "it is being fetched": (rb"/Recordings/RE\w+\.mp3", False, True),
    "it is stored, and nobody knows": (rb"/storage/v1/object/recordings/", True, False),
    "it is deleted, and nobody knows": (rb"/Accounts/\w+/Recordings/RE\w+\.json", True, True),
}


def record_all(stack: Stack, mode: str) -> None:
    rows(
        stack,
        "update public.businesses set recording_mode = %s where id = %s returning 1",
        mode,
        stack.env["DEMO_BUSINESS_ID"],
    )


def recordings(stack: Stack, call_sid: str) -> list[Json]:
    return rows(stack, "select * from public.recordings where agent_call_sid = %s", call_sid)


def end(stack: Stack, leg_sid: str) -> None:
    account = stack.env["TWILIO_ACCOUNT_SID"]
    httpx.post(
        f"{stack.env['SIMULATOR_URL']}/2010-04-01/Accounts/{account}/Calls/{leg_sid}.json",
        data={"Status": "completed"},
        auth=(account, stack.env["TWILIO_AUTH_TOKEN"]),
    )


def in_progress(stack: Stack, call_sid: str) -> Json | None:
    found = recordings(stack, call_sid)
    return found[0] if found and found[0]["state"] == "in_progress" else None


def wait_until(condition: Callable[[], Any]) -> Any:
    """What the condition answers when it answers something."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def wait_for_state(stack: Stack, call_sid: str, state: str) -> Json:
    """Time passes for whoever waits, and the scheduler runs."""
    deadline = time.monotonic() + 60
    while True:
        found = recordings(stack, call_sid)
        if found and found[0]["state"] == state:
            return found[0]
        assert time.monotonic() < deadline, found
        rows(
            stack,
            "update public.recordings set next_at = now(), lease_until = null"
            " where agent_call_sid = %s and state not in ('kept', 'in_progress') returning 1",
            call_sid,
        )
        httpx.post(f"{stack.env['SCHEDULER_URL']}/run/recording", timeout=60)
        time.sleep(0.2)


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS if SOAK else list(MOMENTS)[1:2])
def test_a_recording_whose_function_died_is_in_the_bucket_in_the_end(
    stack: Stack, twilio: Proxy, proxy: Proxy, moment: str
) -> None:
    named, is_done, is_at_twilio = MOMENTS[moment]
    killed: list[int] = []

    def choose(request: bytes) -> Fault | None:
        return die if re.search(named, request) and not killed else None

    def die(wire: Wire, ask: Pass) -> None:
        if is_done:
            ask()
        killed.extend(kill_functions(stack))
        wire.reset()

    record_all(stack, "all")
    (twilio if is_at_twilio else proxy).choose(choose)
    rep = Rep.sign_in(stack)
    placed = httpx.post(
        f"{stack.env['SIMULATOR_URL']}/simulator/calls",
        json={
            "accessToken": rep.grant(stack.env["DEMO_BUSINESS_ID"])["token"],
            "params": {"To": LEAD},
            "script": {"talkSeconds": TALK_SECONDS},
        },
    )
    call_sid = placed.json()["callSid"]
    row = wait_until(lambda: in_progress(stack, call_sid))
    end(stack, row["call_sid"])
    wait_until(lambda: killed)
    wait_for_others(stack, killed)
    row = wait_for_state(stack, call_sid, "kept")
    record_all(stack, "off")

    there = httpx.get(f"{stack.env['SIMULATOR_URL']}/simulator/recordings").json()["recordings"]
    ours = [each for each in there if each["recordingSid"] == row["recording_sid"]]
    assert [each["status"] for each in ours] == ["deleted"]
    stored = [each for each in (stack.settings.local_dir / "storage").rglob("*") if each.is_file()]
    assert row["sha256"] in [hashlib.sha256(each.read_bytes()).hexdigest() for each in stored]

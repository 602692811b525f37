"""Very many calls at once over a network that duplicates, delays and fails webhooks: every
conversation is what the phone network says happened."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import jwt
import psycopg
import pytest

from stack import Stack
from tests.phone_network import Json, compare, compare_after_all, simulated
from tests.soak import SOAK, figure, scaled

BUSINESSES, REPS_EACH = 10, 2
DISORDER = {"duplicated": 0.05, "failed": 0.02, "delayed": 0.3, "delaySeconds": 60, "seed": 8}
# On a machine that answers within this time, Twilio gives nothing up.
PATIENCE_SECONDS = 4.0


@dataclass(frozen=True)
class Rep:
    user_id: uuid.UUID
    business_id: uuid.UUID


@pytest.fixture(scope="module")
def reps(stack: Stack) -> Iterator[list[Rep]]:
    """Reps of new businesses. The phone network knows the caller ID of each business."""
    reps = []
    caller_ids = []
    with psycopg.connect(stack.env["DATABASE_URL"]) as database:
        for number in range(BUSINESSES):
            business_id, caller_id = uuid.uuid4(), f"+1212555{7000 + number}"
            caller_ids.append(caller_id)
            database.execute(
                "insert into public.businesses (id, name, calling_hours_start,"
                " calling_hours_end, calls_per_rep_per_minute, concurrent_calls)"
                " values (%s, %s, null, null, 1000, 1000)",
                [business_id, f"Load {number}"],
            )
            database.execute(
                "insert into public.phone_numbers (business_id, phone_number, label, is_default)"
                " values (%s, %s, 'Sales', true)",
                [business_id, caller_id],
            )
            for _ in range(REPS_EACH):
                user_id = uuid.uuid4()
                database.execute(
                    "insert into auth.users (id, email) values (%s, %s)",
                    [user_id, f"{user_id.hex}@henk.test"],
                )
                database.execute(
                    "insert into public.business_members (business_id, user_id, role)"
                    " values (%s, %s, 'agent')",
                    [business_id, user_id],
                )
                reps.append(Rep(user_id, business_id))
    with simulated(stack) as network:
        network.http.post("/simulator/account", json={"verified": caller_ids}).raise_for_status()
        yield reps
        network.http.post("/simulator/account", json={"verified": []}).raise_for_status()


def grant(stack: Stack, rep: Rep) -> str:
    """A Twilio access token, from token_fn."""
    claims = {
        "iss": f"{stack.env['SUPABASE_URL']}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": str(rep.user_id),
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        "is_anonymous": False,
    }
    access_token = jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"])
    answer = httpx.post(
        f"{stack.env['FUNCTIONS_URL']}/api/twilio/token",
        json={"businessId": str(rep.business_id)},
        headers={"Authorization": f"Bearer {access_token}"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["data"]["token"]
    return token


def script(chance: random.Random) -> Json:
    """What happens in a call: mostly talk, long enough for all calls to be active at once."""
    ending = chance.choices(
        ["completed", "busy", "no-answer", "failed", "canceled"], [70, 8, 8, 6, 8]
    )[0]
    return {
        "ending": ending,
        "ringSeconds": chance.randint(0, 20),
        "talkSeconds": chance.randint(scaled(600, 800), scaled(900, 1500)),
        "hangsUp": chance.choice(["agent", "callee"]),
    }


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@pytest.mark.soak
def test_of_very_many_calls_at_once_none_is_lost_and_none_is_wrong(
    stack: Stack, reps: list[Rep]
) -> None:
    calls = scaled(30, 2000)
    chance = random.Random(8)
    tokens = [grant(stack, rep) for rep in reps]
    with simulated(stack) as network:
        network.http.post("/simulator/disorder", json=DISORDER).raise_for_status()
        started = time.monotonic()
        sids = [
            network.place(
                tokens[number % len(tokens)],
                f"+1415{chance.randint(2_000_000, 9_999_999)}",
                **script(chance),
            )
            for number in range(calls)
        ]
        at_once = network.active()
        network.wait_until_over(scaled(300, 900))
        seconds = time.monotonic() - started
        befell = network.http.post("/simulator/disorder", json={}).json()["before"]
        seen = [network.call(sid) for sid in sids]
    verdict = compare(stack, seen)

    answers = [each["seconds"] for each in verdict.attempts if each["status"] is not None]
    retries = len(verdict.attempts) - verdict.webhooks
    figure(
        f"{calls} calls, {at_once} at once, in {seconds:.0f} s: {verdict.webhooks} webhooks, "
        f"{befell.get('duplicated', 0)} of them twice, {befell.get('delayed', 0)} late, "
        f"{befell.get('failed', 0)} failed at first, {retries} tried again; "
        f"{verdict.events} events, {verdict.events / seconds:.0f} a second; answers within "
        + ", ".join(f"{percentile(answers, p / 100):.2f} s (p{p})" for p in (50, 95, 99))
        + f"; lost {len(verdict.lost)}, double {len(verdict.double)}, wrong {len(verdict.wrong)}"
    )
    # Some are over soon: busy, canceled.
    assert at_once > scaled(60, 90) / 100 * calls
    assert befell.keys() == {"duplicated", "delayed", "failed"}
    if SOAK or max(each["seconds"] for each in verdict.attempts) < PATIENCE_SECONDS:
        verdict.assert_faultless()
    told = compare_after_all(stack, seen, verdict)
    assert (told.lost, told.double, told.wrong) == ([], [], [])

"""POST /api/twilio/reconcile: claims, asks Twilio, writes what it learns, knows when to stop."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx
from werkzeug.test import TestResponse

from shared.http_client import NoAnswer
from stack.scheduler import Scheduler
from tests.endpoints import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    AUTH_TOKEN,
    CALL_SID,
    LEAD_CALL_SID,
    RECONCILER_JWT,
    Endpoint,
    access_token,
    load,
    rpc,
)
from tests.schedulers import publishing

pytestmark = pytest.mark.respx(assert_all_called=False)

CALLS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"
AGENT = f"{CALLS}/{CALL_SID}.json"
CHILDREN = f"{CALLS}.json"
CLAIM, SETTLE, PAUSE = map(rpc, ("claim_unsettled_calls", "settle_call", "pause_reconciliation"))
AGENT_LEG = {
    "sid": CALL_SID,
    "parent_call_sid": None,
    "account_sid": ACCOUNT_SID,
    "status": "completed",
    "direction": "inbound",
    "from": "client:user_1",
    "to": "+14155552671",
    "start_time": "Wed, 18 Nov 2026 10:00:00 +0000",
    "end_time": "Wed, 18 Nov 2026 10:00:50 +0000",
    "duration": "50",
    "price": "-0.02",
    "subresource_uris": {"recordings": "/x"},
}
LEAD_LEG = AGENT_LEG | {
    "sid": LEAD_CALL_SID,
    "parent_call_sid": CALL_SID,
    "direction": "outbound-dial",
    "end_time": "Wed, 18 Nov 2026 10:00:49 +0000",
    "duration": "44",
}


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Scheduler]:
    with publishing() as scheduler:
        yield scheduler


@pytest.fixture(scope="module")
def reconcile(scheduler: Scheduler) -> Endpoint:
    return load("reconcile_fn", HENK_ENV="development", SCHEDULER_ISSUER=scheduler.issuer)


def run(reconcile: Endpoint, scheduler: Scheduler) -> TestResponse:
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    return reconcile.client.post(reconcile.path, headers=headers)


def batch(*calls: str, settled: int = 0, paused_seconds: int | None = None) -> httpx.Response:
    return httpx.Response(
        200, json={"calls": list(calls), "settled": settled, "paused_seconds": paused_seconds}
    )


def page(*legs: object) -> dict[str, object]:
    return {"calls": list(legs), "next_page_uri": None}


@pytest.fixture
def twilio(respx_mock: respx.MockRouter) -> respx.MockRouter:
    """One call is claimed, over, and settled."""
    respx_mock.post(CLAIM, name="claim").side_effect = [batch(CALL_SID), batch()]
    respx_mock.post(SETTLE, name="settle").respond(json={"settled": True})
    respx_mock.get(AGENT, name="agent").respond(json=AGENT_LEG)
    respx_mock.get(CHILDREN, name="children").respond(json=page(LEAD_LEG))
    respx_mock.post(PAUSE, name="pause").respond(json={"paused_seconds": 17})
    return respx_mock


def sent(router: respx.MockRouter, name: str) -> dict[str, Any]:
    parameters = json.loads(router[name].calls.last.request.content)
    assert isinstance(parameters, dict)
    return parameters


def test_what_twilio_knows_of_a_claimed_call_is_written(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    answer = run(reconcile, scheduler)
    assert answer.status_code == 200
    assert answer.get_json()["data"] == {"asked": 1, "settled": 1}
    assert sent(twilio, "claim") == {"p_limit": 50, "p_lease_seconds": 30}
    kept = {"sid", "status", "direction", "from", "to", "start_time", "end_time", "duration"}
    assert sent(twilio, "settle") == {
        "p_agent_call_sid": CALL_SID,
        "p_legs": [
            {
                "call_sid": CALL_SID,
                "status": "completed",
                "ended_at": "2026-11-18T10:00:50+00:00",
                "duration_seconds": 50,
                "payload": {name: AGENT_LEG[name] for name in kept},
            },
            {
                "call_sid": LEAD_CALL_SID,
                "status": "completed",
                "ended_at": "2026-11-18T10:00:49+00:00",
                "duration_seconds": 44,
                "payload": {name: LEAD_LEG[name] for name in (*kept, "parent_call_sid")},
            },
        ],
    }


def test_it_asks_by_api_key_and_writes_as_the_reconciler(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    run(reconcile, scheduler)
    basic = base64.b64encode(f"{API_KEY_SID}:{API_KEY_SECRET}".encode()).decode()
    for name in ("agent", "children"):
        assert twilio[name].calls.last.request.headers["Authorization"] == f"Basic {basic}"
    for name in ("claim", "settle"):
        bearer = f"Bearer {RECONCILER_JWT}"
        assert twilio[name].calls.last.request.headers["Authorization"] == bearer
    query = dict(twilio["children"].calls.last.request.url.params)
    assert query == {"ParentCallSid": CALL_SID, "PageSize": "50"}
    assert AUTH_TOKEN not in str([call.request.headers for call in twilio.calls])


def test_a_leg_that_goes_on_has_no_end_and_no_length(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    going_on = LEAD_LEG | {"status": "in-progress", "end_time": None, "duration": None}
    twilio["children"].respond(json=page(going_on))
    twilio["settle"].respond(json={"settled": False})
    assert run(reconcile, scheduler).get_json()["data"] == {"asked": 1, "settled": 0}
    lead = sent(twilio, "settle")["p_legs"][1]
    assert (lead["status"], lead["ended_at"], lead["duration_seconds"]) == (
        "in-progress",
        None,
        None,
    )


def test_a_call_that_twilio_does_not_know_is_written_as_such(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    twilio["agent"].respond(404, json={"code": 20404, "status": 404})
    assert run(reconcile, scheduler).status_code == 200
    assert sent(twilio, "settle") == {"p_agent_call_sid": CALL_SID, "p_legs": None}
    assert not twilio["children"].called


def test_batches_follow_each_other_until_nothing_is_left(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    twilio["claim"].side_effect = [batch(CALL_SID), batch(settled=50), batch(CALL_SID), batch()]
    assert run(reconcile, scheduler).get_json()["data"] == {"asked": 2, "settled": 2}
    assert twilio["claim"].call_count == 4


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("17", 17), (None, 60), ("0", 60), ("86400", 3600), ("soon", 60), ("-1", 60), ("²", 60)],
)
def test_when_twilio_has_had_enough_the_run_ends_and_the_next_ones_know(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: respx.MockRouter,
    retry_after: str | None,
    seconds: int,
) -> None:
    headers = [] if retry_after is None else [(b"Retry-After", retry_after.encode())]
    twilio["agent"].respond(429, headers=headers, json={"code": 20429})
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "twilio_unavailable"
    assert answer.headers["Retry-After"] == str(seconds)
    assert sent(twilio, "pause") == {"p_seconds": seconds}
    assert twilio["claim"].call_count == 1
    assert not twilio["settle"].called


def test_a_run_within_the_pause_asks_nothing(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    twilio["claim"].side_effect = [batch(paused_seconds=42)]
    answer = run(reconcile, scheduler)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "42")
    assert not twilio["agent"].called


def test_after_a_429_no_other_call_of_the_batch_is_begun(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    sids = [f"CA{n:032x}" for n in range(50)]
    twilio["claim"].side_effect = [batch(*sids)]
    twilio.get(url__regex=rf"{CALLS}/.*", name="any").respond(429, headers={"Retry-After": "5"})
    assert run(reconcile, scheduler).status_code == 503
    # Those that were under way at once.
    assert twilio["any"].call_count <= 8


@pytest.mark.parametrize(
    "failure",
    [
        NoAnswer("refused"),
        NoAnswer("slow", timed_out=True),
        NoAnswer("cut off"),
        httpx.Response(500, json={"code": 20500}),
        httpx.Response(503, text="<html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(302, headers={"Location": "https://evil.example.com"}),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["agent", "children"])
def test_twilio_down_is_a_clear_503_and_nothing_is_written(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: respx.MockRouter,
    name: str,
    failure: httpx.Response | Exception,
) -> None:
    if isinstance(failure, Exception):
        twilio[name].side_effect = failure
    else:
        twilio[name].return_value = failure
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "twilio_unavailable"
    assert answer.headers["Retry-After"]
    assert not twilio["settle"].called
    assert not twilio["pause"].called


def test_one_call_that_twilio_fails_at_does_not_keep_the_others_waiting(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    bad = "CA" + "f" * 32
    twilio["claim"].side_effect = [batch(bad, CALL_SID), batch(CALL_SID), batch()]
    twilio.get(f"{CALLS}/{bad}.json").respond(500)
    # It shows, and has cost nobody anything.
    assert run(reconcile, scheduler).status_code == 503
    assert twilio["settle"].call_count == 2


def test_one_call_that_the_database_refuses_does_not_keep_the_others_waiting(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    twilio["claim"].side_effect = [batch(CALL_SID, CALL_SID), batch(CALL_SID), batch()]
    refusal = httpx.Response(403, json={"code": "42501", "message": "row-level security"})
    fine = httpx.Response(200, json={"settled": True})
    twilio["settle"].side_effect = [refusal, fine, fine]
    answer = run(reconcile, scheduler)
    assert answer.get_json()["error"]["code"] == "phone_system_error"
    assert twilio["settle"].call_count == 3


def test_several_failures_are_twilios_and_end_the_run(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter
) -> None:
    sids = [f"CA{n:032x}" for n in range(50)]
    twilio["claim"].side_effect = [batch(*sids)]
    twilio.get(url__regex=rf"{CALLS}/.*", name="any").respond(500)
    assert run(reconcile, scheduler).status_code == 503
    assert 3 <= twilio["any"].call_count <= 3 + 8
    assert twilio["claim"].call_count == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_api_key_is_a_wrong_setting(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    twilio["agent"].respond(status, json={"code": 20003})
    answer = run(reconcile, scheduler)
    assert answer.get_json()["error"]["code"] == "phone_system_error"
    assert "TWILIO_API_KEY_SID" in capsys.readouterr().out


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("name", ["claim", "settle"])
def test_the_database_down_is_a_503(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter, name: str
) -> None:
    twilio[name].side_effect = None
    twilio[name].respond(503)
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "database_unavailable"


def test_a_reconciler_jwt_that_the_database_refuses_is_named(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twilio["claim"].side_effect = [httpx.Response(401, json={"code": "PGRST303"})]
    assert run(reconcile, scheduler).status_code == 500
    assert "SUPABASE_RECONCILER_JWT" in capsys.readouterr().out


def test_the_log_says_what_a_run_did(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: respx.MockRouter,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(reconcile, scheduler)
    out = capsys.readouterr().out
    line = json.loads(out)
    assert (line["asked"], line["settled"], line["failed"]) == (1, 1, 0)
    for secret in (API_KEY_SECRET, RECONCILER_JWT, scheduler.token(), "+14155552671"):
        assert secret not in out


@pytest.mark.parametrize("token", [None, "", "rubbish", access_token()])
def test_nobody_but_the_scheduler_starts_a_run(
    reconcile: Endpoint, token: str | None, respx_mock: respx.MockRouter
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = reconcile.client.post(reconcile.path, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"
    assert not respx_mock.calls


@pytest.mark.parametrize("body", [b"", b"{", b"x" * 100_000])
def test_the_body_is_not_read(
    reconcile: Endpoint, scheduler: Scheduler, twilio: respx.MockRouter, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    answer = reconcile.client.post(reconcile.path, headers=headers, data=body)
    assert answer.status_code == 200

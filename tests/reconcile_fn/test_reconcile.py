"""POST /api/twilio/reconcile: claims calls, asks Twilio, stores the answers, stops in time."""

from __future__ import annotations

import base64
import json

import pytest
from werkzeug.test import TestResponse

from shared import twilio_client
from stack.scheduler import Scheduler
from tests.canned_server import Answer, CannedServer
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
    rpc,
)

CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"
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


def run(reconcile: Endpoint, scheduler: Scheduler) -> TestResponse:
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    return reconcile.client.post(reconcile.path, headers=headers)


def plain(call_sid: str) -> dict[str, object]:
    """A claimed call of which nothing more was asked."""
    return {
        "call_sid": call_sid,
        "legs": [],
        "unknown_legs": [],
        "room": None,
        "lead_call_sid": LEAD_CALL_SID,
    }


def batch(*calls: str, settled: int = 0, paused_seconds: int | None = None) -> Answer:
    return Answer(
        body={
            "calls": [plain(call_sid) for call_sid in calls],
            "settled": settled,
            "paused_seconds": paused_seconds,
        }
    )


def page(*legs: object) -> dict[str, object]:
    return {"calls": list(legs), "next_page_uri": None}


@pytest.fixture
def twilio(canned: CannedServer) -> CannedServer:
    """Twilio and the database, with one call to settle, which has ended."""
    canned.on("POST", CLAIM, batch(CALL_SID), batch())
    canned.on_post(SETTLE, {"settled": True})
    canned.on_get(AGENT, AGENT_LEG)
    canned.on_get(CHILDREN, page(LEAD_LEG))
    canned.on_post(PAUSE, {"paused_seconds": 17})
    return canned


def test_what_twilio_knows_of_a_claimed_call_is_written(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    answer = run(reconcile, scheduler)
    assert answer.status_code == 200
    assert answer.get_json()["data"] == {"asked": 1, "settled": 1}
    assert twilio.last(CLAIM).json() == {"p_limit": 50, "p_lease_seconds": 30}
    kept = {"sid", "status", "direction", "from", "to", "duration"}
    assert twilio.last(SETTLE).json() == {
        "p_agent_call_sid": CALL_SID,
        "p_legs": [
            {
                "call_sid": CALL_SID,
                "status": "completed",
                "ended_at": "2026-11-18T10:00:50+00:00",
                "duration_seconds": 50,
                "payload": {name: AGENT_LEG[name] for name in kept}
                | {
                    "start_time": "2026-11-18T10:00:00+00:00",
                    "end_time": "2026-11-18T10:00:50+00:00",
                },
            },
            {
                "call_sid": LEAD_CALL_SID,
                "status": "completed",
                "ended_at": "2026-11-18T10:00:49+00:00",
                "duration_seconds": 44,
                "payload": {name: LEAD_LEG[name] for name in (*kept, "parent_call_sid")}
                | {
                    "start_time": "2026-11-18T10:00:00+00:00",
                    "end_time": "2026-11-18T10:00:49+00:00",
                },
            },
        ],
    }


def test_it_asks_by_api_key_and_writes_as_the_reconciler(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    run(reconcile, scheduler)
    basic = base64.b64encode(f"{API_KEY_SID}:{API_KEY_SECRET}".encode()).decode()
    for path in (AGENT, CHILDREN):
        assert twilio.last(path).header("Authorization") == f"Basic {basic}"
    for path in (CLAIM, SETTLE):
        assert twilio.last(path).header("Authorization") == f"Bearer {RECONCILER_JWT}"
    assert twilio.last(CHILDREN).parameters() == {"ParentCallSid": CALL_SID, "PageSize": "50"}
    assert AUTH_TOKEN not in str([asked.headers for asked in twilio.asked])


def test_a_leg_that_goes_on_has_no_end_and_no_length(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    going_on = LEAD_LEG | {"status": "in-progress", "end_time": None, "duration": None}
    twilio.on_get(CHILDREN, page(going_on))
    twilio.on_post(SETTLE, {"settled": False})
    assert run(reconcile, scheduler).get_json()["data"] == {"asked": 1, "settled": 0}
    lead = twilio.last(SETTLE).json()["p_legs"][1]
    assert (lead["status"], lead["ended_at"], lead["duration_seconds"]) == (
        "in-progress",
        None,
        None,
    )


def test_a_call_that_twilio_does_not_know_is_written_as_such(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    twilio.on_get(AGENT, {"code": 20404, "status": 404}, 404)
    assert run(reconcile, scheduler).status_code == 200
    assert twilio.last(SETTLE).json() == {"p_agent_call_sid": CALL_SID, "p_legs": None}
    assert not twilio.asked_for(CHILDREN)


def test_batches_follow_each_other_until_nothing_is_left(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    twilio.on("POST", CLAIM, batch(CALL_SID), batch(settled=50), batch(CALL_SID), batch())
    assert run(reconcile, scheduler).get_json()["data"] == {"asked": 2, "settled": 2}
    assert len(twilio.asked_for(CLAIM)) == 4


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("17", 17), (None, 60), ("0", 60), ("86400", 3600), ("soon", 60), ("-1", 60), ("²", 60)],
)
def test_a_429_ends_the_run_and_pauses_the_next_ones(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: CannedServer,
    retry_after: str | None,
    seconds: int,
) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    twilio.on("GET", AGENT, Answer(429, {"code": 20429}, headers=headers))
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "twilio_unavailable"
    assert answer.headers["Retry-After"] == str(seconds)
    assert twilio.last(PAUSE).json() == {"p_seconds": seconds}
    assert len(twilio.asked_for(CLAIM)) == 1
    assert not twilio.asked_for(SETTLE)


def test_a_run_within_the_pause_asks_nothing(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    twilio.on("POST", CLAIM, batch(paused_seconds=42))
    answer = run(reconcile, scheduler)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "42")
    assert not twilio.asked_for(AGENT)


def test_after_a_429_the_rest_of_the_batch_is_not_begun(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    sids = [f"CA{n:032x}" for n in range(50)]
    twilio.on("POST", CLAIM, batch(*sids))
    twilio.on("GET", f"{CALLS}/*", Answer(429, headers={"Retry-After": "5"}))
    assert run(reconcile, scheduler).status_code == 503
    # Only the calls that were asked about at the same time.
    assert len(twilio.asked_for(f"{CALLS}/*")) <= 8


OUTAGES = {
    "silent": Answer(hangs=True),
    "cut off": Answer(body={}, breaks_off=True),
    "500": Answer(500, {"code": 20500}),
    "503": Answer(503, content=b"<html>"),
    "400": Answer(400, {"code": 20001}),
    "a page": Answer(content=b"<html>"),
    "a list": Answer(body=[]),
    "a text": Answer(body="text"),
    "nothing": Answer(204),
    "no fields": Answer(body={}),
    "no sid": Answer(body={"status": "completed"}),
    "an odd field": Answer(body={"sid": CALL_SID, "status": "completed", "end_time": 7}),
    "odd calls": Answer(body={"calls": [7]}),
    "moved": Answer(302, headers={"Location": "https://evil.example.com"}),
}


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize("path", [AGENT, CHILDREN], ids=["agent", "children"])
def test_twilio_down_is_a_clear_503_and_nothing_is_written(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: CannedServer,
    path: str,
    outage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if OUTAGES[outage].hangs:
        monkeypatch.setattr(twilio_client, "TOTAL_SECONDS", 0.05)
    twilio.on("GET", path, OUTAGES[outage])
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "twilio_unavailable"
    assert answer.headers["Retry-After"]
    assert not twilio.asked_for(SETTLE)
    assert not twilio.asked_for(PAUSE)


def test_a_call_that_twilio_fails_at_does_not_stop_the_others(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    bad = "CA" + "f" * 32
    twilio.on("POST", CLAIM, batch(bad, CALL_SID), batch(CALL_SID), batch())
    twilio.on_get(f"{CALLS}/{bad}.json", None, 500)
    # The run says that something failed, and all other calls are settled.
    assert run(reconcile, scheduler).status_code == 503
    assert len(twilio.asked_for(SETTLE)) == 2


def test_a_call_that_the_database_refuses_does_not_stop_the_others(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    twilio.on("POST", CLAIM, batch(CALL_SID, CALL_SID), batch(CALL_SID), batch())
    refusal = Answer(403, {"code": "42501", "message": "row-level security"})
    twilio.on("POST", SETTLE, refusal, Answer(body={"settled": True}))
    answer = run(reconcile, scheduler)
    assert answer.get_json()["error"]["code"] == "phone_system_error"
    assert len(twilio.asked_for(SETTLE)) == 3


def test_several_failures_end_the_run(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer
) -> None:
    sids = [f"CA{n:032x}" for n in range(50)]
    twilio.on("POST", CLAIM, batch(*sids))
    twilio.on_get(f"{CALLS}/*", None, 500)
    assert run(reconcile, scheduler).status_code == 503
    assert 3 <= len(twilio.asked_for(f"{CALLS}/*")) <= 3 + 8
    assert len(twilio.asked_for(CLAIM)) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_api_key_is_a_wrong_setting(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: CannedServer,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    twilio.on_get(AGENT, {"code": 20003}, status)
    answer = run(reconcile, scheduler)
    assert answer.get_json()["error"]["code"] == "phone_system_error"
    assert "TWILIO_API_KEY_SID" in capsys.readouterr().out


@pytest.mark.usefixtures("impatience")
@pytest.mark.parametrize("path", [CLAIM, SETTLE])
def test_the_database_down_is_a_503(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer, path: str
) -> None:
    twilio.on_post(path, None, 503)
    answer = run(reconcile, scheduler)
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "database_unavailable"


def test_a_reconciler_jwt_that_the_database_refuses_is_named(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twilio.on("POST", CLAIM, Answer(401, {"code": "PGRST303"}))
    assert run(reconcile, scheduler).status_code == 500
    assert "SUPABASE_RECONCILER_JWT" in capsys.readouterr().out


def test_the_log_says_what_a_run_did(
    reconcile: Endpoint,
    scheduler: Scheduler,
    twilio: CannedServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(reconcile, scheduler)
    out = capsys.readouterr().out
    line = json.loads(out)
    assert (line["asked"], line["settled"], line["failed"]) == (1, 1, 0)
    for secret in (API_KEY_SECRET, RECONCILER_JWT, scheduler.token(), "+14155552671"):
        assert secret not in out


@pytest.mark.parametrize("token", [None, "", "rubbish", access_token()])
def test_only_the_scheduler_starts_a_run(
    reconcile: Endpoint, token: str | None, canned: CannedServer
) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = reconcile.client.post(reconcile.path, headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"
    assert not canned.asked


@pytest.mark.parametrize("body", [b"", b"{", b"x" * 100_000])
def test_the_body_is_not_read(
    reconcile: Endpoint, scheduler: Scheduler, twilio: CannedServer, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {scheduler.token()}"}
    answer = reconcile.client.post(reconcile.path, headers=headers, data=body)
    assert answer.status_code == 200

"""POST /api/twilio/control: what may be asked, by whom, and what the answer is if it may not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.canned_server import Answer, CannedServer
from tests.control_fn.calls import ASK, CONVERSATION_ID, NOTE, TARGET_LEG
from tests.control_fn.scenes import COLD, SCENES, USER, WARM, wish
from tests.control_fn.twilio import BASE
from tests.endpoints import REST, Endpoint

MALFORMED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "conversationId"),
    "no conversation": ({"action": "hold"}, "conversationId"),
    "a conversation that is no id": ({"conversationId": "x", "action": "hold"}, "conversationId"),
    "a conversation that is no text": ({"conversationId": 7, "action": "hold"}, "conversationId"),
    "no action": ({"conversationId": CONVERSATION_ID}, "action"),
    "an unknown action": (wish("dance"), "action"),
    "an action of ours": (wish("return"), "action"),
    "an action that is no text": (wish("hold") | {"action": ["hold"]}, "action"),
    "a transfer to nobody": (wish("transfer", mode="cold"), "to"),
    "a transfer to null": (wish("transfer", mode="cold", to=None), "to"),
    "a transfer to a text": (wish("transfer", mode="cold", to="+14155552671"), "to"),
    "a transfer to both": (wish("transfer", mode="cold", to=USER | {"number": "+1"}), "to"),
    "a transfer to a user that is no id": (
        wish("transfer", mode="cold", to={"userId": "x"}),
        "userId",
    ),
    "a transfer to a blank user": (wish("transfer", mode="cold", to={"userId": " "}), "userId"),
    "a transfer to a blank number": (wish("transfer", mode="cold", to={"number": " "}), "number"),
    "a transfer to a number that is none": (
        wish("transfer", mode="cold", to={"number": 4155552671}),
        "number",
    ),
    "a transfer without mode": (wish("transfer", to=USER), "mode"),
    "a transfer in an unknown mode": (wish("transfer", to=USER, mode="hot"), "mode"),
    "an addition of nobody": (wish("add"), "to"),
    "a removal of nobody": (wish("remove"), "legId"),
    "a removal of no id": (wish("remove", legId="x"), "legId"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_wish_is_named_and_nothing_is_asked(
    control: Endpoint, canned: CannedServer, name: str
) -> None:
    body, field = MALFORMED[name]
    answer = control.browser(body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["code"] == "invalid_request"
    assert field in answer.get_json()["error"]["message"]
    assert not canned.asked


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"error": "signed_out"}, 401, "unauthenticated"),
        ({"error": "not_found"}, 404, "not_found"),
        ({"error": "not_your_call"}, 403, "not_your_call"),
        ({"error": "not_in_progress"}, 409, "not_in_progress"),
        ({"error": "busy"}, 409, "busy"),
        ({"error": "away"}, 409, "away"),
        ({"error": "blocked", "block_reason": "do_not_call"}, 409, "blocked"),
        ({"error": "invalid_request", "field": "to"}, 400, "invalid_request"),
        ({"error": "tomorrow"}, 500, "phone_system_error"),
    ],
)
def test_what_the_database_refuses_is_not_asked_of_twilio(
    control: Endpoint, canned: CannedServer, error: dict[str, str], status: int, code: str
) -> None:
    canned.on_post(ASK, error)
    answer = control.browser(WARM)
    refusal = answer.get_json()["error"]
    assert (answer.status_code, refusal["code"]) == (status, code)
    assert refusal.get("blockReason") == error.get("block_reason")
    canned.only()


def test_the_database_gets_the_wish_as_it_was_meant(
    control: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(ASK, {"error": "not_found"})
    control.browser(COLD)
    assert canned.last(ASK).json() == {
        "p_conversation_id": CONVERSATION_ID,
        "p_action": "transfer",
        "p_to_user_id": USER["userId"],
        "p_to": None,
        "p_mode": "cold",
        "p_leg_id": None,
        "p_message_id": None,
        "p_lease_seconds": 10,
    }
    control.browser(wish("add", to={"number": " (415) 555-2671 "}, mode="cold", legId=TARGET_LEG))
    asked = canned.last(ASK).json()
    assert asked["p_to"]["by_country"]["US"]["e164"] == "+14155552671"
    assert (asked["p_to_user_id"], asked["p_mode"], asked["p_leg_id"]) == (None, None, None)
    control.browser(wish("remove", legId=TARGET_LEG, to=USER))
    asked = canned.last(ASK).json()
    assert (asked["p_leg_id"], asked["p_to_user_id"]) == (TARGET_LEG, None)


def test_while_somebody_else_changes_the_call_one_waits(
    control: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.module, "WAIT_PAUSE_SECONDS", 0.01)
    database = SCENES["hold"].start()
    database.waits = 3
    database.serve(canned)
    assert control.browser(SCENES["hold"].body).status_code == 200
    assert len(canned.asked_for(ASK)) == 4
    assert SCENES["hold"].is_done(database.twilio)


def test_who_waits_too_long_is_told_that_the_call_is_busy(
    control: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control.module, "WAIT_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(control.module, "WAIT_SECONDS", 0.05)
    database = SCENES["hold"].start()
    database.waits = 10_000
    database.serve(canned)
    answer = control.browser(SCENES["hold"].body)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "busy")
    assert not canned.asked_for(f"{BASE}/*")


def test_the_answer_is_the_conversation_with_its_legs(
    control: Endpoint, canned: CannedServer
) -> None:
    SCENES["resume"].start().serve(canned)
    row = {"id": CONVERSATION_ID, "stage": None, "legs": [{"role": "agent", "asked_at": None}]}
    canned.on_get(f"{REST}/conversations", [row])
    answer = control.browser(SCENES["resume"].body)
    assert answer.get_json() == {"success": True, "data": row}


@pytest.mark.parametrize("path", [f"{BASE}/*", ASK, NOTE, f"{REST}/conversations"])
def test_a_server_that_never_answers_does_not_keep_the_user_waiting(
    control: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(control.module, "TOTAL_SECONDS", 0.4)
    monkeypatch.setattr(control.module.CLIENT.http_client, "_spare_seconds", 0.2)
    SCENES["hold"].start().serve(canned)
    for method in ("GET", "POST", "*"):
        canned.on(method, path, Answer(hangs=True))
    started = time.monotonic()
    answer = control.browser(SCENES["hold"].body)
    # The canned server hangs for 20 s.
    assert time.monotonic() - started < 5.0
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_the_limit_is_eight_seconds_and_shorter_than_the_lease(control: Endpoint) -> None:
    module = control.module
    assert module.TOTAL_SECONDS < 8
    assert module.LEASE_SECONDS > module.TOTAL_SECONDS
    assert module.WAIT_SECONDS < module.TOTAL_SECONDS - module.SPARE_SECONDS

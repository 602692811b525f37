"""GET /api/twilio/status: the conversation, as the rep may see it."""

from __future__ import annotations

import re

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import PUBLISHABLE_KEY, REST, Endpoint, access_token, load, loaded

URL = f"{REST}/conversations"
ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
ROW = {
    "id": ID,
    "status": "completed",
    "duration_seconds": 49,
    "to_number": "+14155552671",
    "notes": "ünïcödé ☎",
    "outcome": None,
    "legs": [],
}


# fmt: off
COLUMNS = {
    "id", "business_id", "user_id", "lead_id", "campaign_id", "channel", "direction", "status",
    "block_reason", "from_number", "to_number", "call_sid", "dialed_at", "ringing_at",
    "answered_at", "ended_at", "duration_seconds", "outcome", "notes", "created_at", "updated_at",
    "hold_seconds", "stage", "call_back_at", "recording_state",
}
# fmt: on


@pytest.fixture
def status() -> Endpoint:
    return loaded("status_fn")


def test_a_rep_reads_a_conversation(status: Endpoint, canned: CannedServer) -> None:
    canned.on_get(URL, [ROW])
    answer = status.browser(method="GET", query=f"?conversationId={ID}")
    assert answer.status_code == 200
    assert answer.get_json() == {"success": True, "data": ROW}
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_database_is_asked_once_as_the_rep(status: Endpoint, canned: CannedServer) -> None:
    canned.on_get(URL, [ROW])
    token = access_token()
    status.browser(method="GET", query=f"?conversationId={ID.upper()}", token=token)
    asked = canned.only()
    parameters = asked.parameters()
    selected = parameters.pop("select")
    embedded = dict(re.findall(r",((?:\w+:)?\w+)\(([^)]*)\)", selected))
    assert set(selected.partition(",legs:")[0].split(",")) >= COLUMNS
    assert {"role", "user_id", "call_sid", "is_host"} <= set(embedded["legs:call_legs"].split(","))
    assert set(embedded["recording_consent:recording_consents"].split(",")) == {
        "mode",
        "consent_mode",
        "notice_started_at",
        "notice_ended_at",
        "confirmed_by",
        "confirmed_at",
        "refused_at",
        "refused_how",
    }
    assert set(embedded["recordings"].split(",")) == {
        "id",
        "part",
        "state",
        "started_at",
        "duration_seconds",
        "error",
    }
    assert parameters == {"id": f"eq.{ID}", "limit": "1"}
    assert asked.header("Authorization") == f"Bearer {token}"
    assert asked.header("apikey") == PUBLISHABLE_KEY


def test_legs_come_in_the_order_in_which_they_were_added(
    status: Endpoint, canned: CannedServer
) -> None:
    def leg(role: str, asked_at: str | None) -> dict[str, str | None]:
        return {"role": role, "asked_at": asked_at}

    late, early = (
        leg("teammate", "2026-11-27T10:00:09Z"),
        leg("third_party", "2026-11-27T10:00:01Z"),
    )
    lead, agent = leg("lead", None), leg("agent", None)
    canned.on_get(URL, [ROW | {"legs": [late, lead, early, agent]}])
    answer = status.browser(method="GET", query=f"?conversationId={ID}")
    assert answer.get_json()["data"]["legs"] == [agent, lead, early, late]


@pytest.mark.parametrize("given", [{"mode": "all"}, [{"mode": "all"}]])
def test_the_consent_is_one_object_and_recordings_come_in_order(
    status: Endpoint, canned: CannedServer, given: object
) -> None:
    parts = [{"part": 2}, {"part": 1}]
    canned.on_get(URL, [ROW | {"recording_consent": given, "recordings": parts}])
    data = status.browser(method="GET", query=f"?conversationId={ID}").get_json()["data"]
    assert data["recording_consent"] == {"mode": "all"}
    assert data["recordings"] == parts[::-1]


def test_without_terms_there_is_no_consent(status: Endpoint, canned: CannedServer) -> None:
    canned.on_get(URL, [ROW | {"recording_consent": [], "recordings": []}])
    data = status.browser(method="GET", query=f"?conversationId={ID}").get_json()["data"]
    assert data["recording_consent"] is None


def test_a_conversation_that_the_rep_cannot_see_is_not_found(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_get(URL, [])
    answer = status.browser(method="GET", query=f"?conversationId={ID}")
    assert answer.status_code == 404
    error = answer.get_json()["error"]
    assert error["code"] == "not_found"
    assert "conversation" in error["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?conversationId=",
        "?conversationId=x",
        f"?conversationid={ID}",
        f"?conversationId={ID}0",
        "?conversationId=1%20or%201=1",
        f"?conversationId=x&conversationId={ID}",
        "?conversationId=%00",
        "?conversationId=eq." + ID,
        "?conversationId=" + "0" * 10_000,
    ],
)
def test_an_id_that_is_not_a_uuid_is_refused_without_asking_the_database(
    status: Endpoint, query: str, canned: CannedServer
) -> None:
    answer = status.browser(method="GET", query=query)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == {
        "code": "invalid_request",
        "message": "conversationId must be a UUID.",
    }
    assert not canned.asked


@pytest.mark.parametrize("token", [None, "garbage", access_token(role="anon")])
def test_a_conversation_is_for_signed_in_reps(
    status: Endpoint, token: str | None, canned: CannedServer
) -> None:
    answer = status.browser(method="GET", query=f"?conversationId={ID}", token=token)
    assert answer.status_code == 401
    assert not canned.asked


def test_browsers_send_no_origin_when_they_read_from_their_own(
    status: Endpoint, canned: CannedServer
) -> None:
    canned.on_get(URL, [ROW])
    answer = status.browser(method="GET", query=f"?conversationId={ID}", origin=None)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://app.callhenk.com"])
def test_a_foreign_page_reads_nothing(status: Endpoint, origin: str, canned: CannedServer) -> None:
    answer = status.browser(method="GET", query=f"?conversationId={ID}", origin=origin)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "unauthorized_domain"
    assert not canned.asked


def test_development_lets_any_page_read(canned: CannedServer) -> None:
    canned.on_get(URL, [ROW])
    local = load("status_fn", HENK_ENV="development")
    origin = "http://localhost:3000"
    answer = local.browser(method="GET", query=f"?conversationId={ID}", origin=origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin

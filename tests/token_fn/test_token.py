"""POST /api/twilio/token: who gets a Twilio access token, and what is in it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import jwt
import pytest

from tests.canned_server import CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    BUSINESS_ID,
    IDENTITY,
    PUBLISHABLE_KEY,
    TWIML_APP_SID,
    Endpoint,
    access_token,
    loaded,
    rpc,
)

CALLER_ID = "+12125550199"
GRANT = {"business_id": BUSINESS_ID, "caller_id": CALLER_ID}
URL = rpc("grant_access_token")


@pytest.fixture
def token() -> Endpoint:
    return loaded("token_fn")


def granted(token: Endpoint, canned: CannedServer) -> dict[str, str]:
    canned.on_post(URL, GRANT)
    answer = token.browser({"businessId": BUSINESS_ID})
    assert answer.status_code == 200
    data = answer.get_json()["data"]
    assert isinstance(data, dict)
    return data


def contents(twilio_token: str) -> dict[str, object]:
    claims = jwt.decode(twilio_token, API_KEY_SECRET, ["HS256"], audience=None)
    assert isinstance(claims, dict)
    return claims


def test_a_rep_gets_a_token_and_what_to_call_with(token: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, GRANT)
    answer = token.browser({"businessId": BUSINESS_ID})
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body == {
        "success": True,
        "data": {
            "token": body["data"]["token"],
            "identity": IDENTITY,
            "callerId": CALLER_ID,
            "issuedAt": body["data"]["issuedAt"],
            "expiresAt": body["data"]["expiresAt"],
            "businessId": BUSINESS_ID,
        },
    }


def test_the_token_is_for_this_account_app_and_rep_and_for_calling_out_alone(
    token: Endpoint, canned: CannedServer
) -> None:
    twilio_token = granted(token, canned)["token"]
    claims = contents(twilio_token)
    assert claims["iss"] == API_KEY_SID
    assert claims["sub"] == ACCOUNT_SID
    assert claims["grants"] == {
        "identity": IDENTITY,
        "voice": {
            "incoming": {"allow": True},
            "outgoing": {"application_sid": TWIML_APP_SID},
        },
    }
    header = jwt.get_unverified_header(twilio_token)
    assert header["typ"] == "JWT"
    assert header["cty"] == "twilio-fpa;v=1"


def test_the_token_lives_for_an_hour_and_is_valid_on_a_clock_that_is_behind(
    token: Endpoint, canned: CannedServer
) -> None:
    before = int(time.time())
    data = granted(token, canned)
    after = int(time.time())
    claims = contents(data["token"])
    expires, valid_from = claims["exp"], claims["nbf"]
    assert isinstance(expires, int)
    assert isinstance(valid_from, int)
    assert before + 3600 <= expires <= after + 3600
    assert before - 120 <= valid_from <= before - 10

    expires_at = datetime.fromisoformat(data["expiresAt"])
    assert expires_at.utcoffset() == timedelta(0)
    assert expires_at.timestamp() == expires


def test_the_page_is_told_the_time_of_the_servers_clock(
    token: Endpoint, canned: CannedServer
) -> None:
    before = int(time.time())
    data = granted(token, canned)
    after = int(time.time())
    issued_at = datetime.fromisoformat(data["issuedAt"])
    assert issued_at.utcoffset() == timedelta(0)
    assert before <= issued_at.timestamp() <= after
    assert datetime.fromisoformat(data["expiresAt"]) - issued_at == timedelta(hours=1)


def test_the_database_is_asked_once_as_the_rep(token: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, GRANT)
    supabase_token = access_token()
    token.browser({"businessId": BUSINESS_ID}, token=supabase_token)
    asked = canned.only()
    assert asked.header("Authorization") == f"Bearer {supabase_token}"
    assert asked.header("apikey") == PUBLISHABLE_KEY
    assert asked.json() == {
        "p_business_id": BUSINESS_ID,
        "p_ttl_seconds": 3600,
    }


@pytest.mark.parametrize(
    "body", [None, {}, {"businessId": None}, {"businessId": " "}, {"other": [1]}]
)
def test_a_rep_of_one_business_need_not_name_it(
    token: Endpoint, body: object, canned: CannedServer
) -> None:
    canned.on_post(URL, GRANT)
    answer = token.browser(body)
    assert answer.status_code == 200
    assert answer.get_json()["data"]["businessId"] == BUSINESS_ID
    assert canned.only().json()["p_business_id"] is None


def test_the_business_of_the_token_is_the_databases_choice(
    token: Endpoint, canned: CannedServer
) -> None:
    other = "11111111-2222-4333-8444-555555555555"
    canned.on_post(URL, GRANT | {"business_id": other})
    data = token.browser({}).get_json()["data"]
    assert data["businessId"] == other
    assert data["identity"] == IDENTITY[:38] + other.replace("-", "")


def test_a_business_without_a_caller_id_gets_a_token_too(
    token: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, GRANT | {"caller_id": None})
    assert token.browser({}).get_json()["data"]["callerId"] is None


@pytest.mark.parametrize(
    ("refusal", "status", "code", "word"),
    [
        ({"error": "business_required"}, 400, "business_required", "businessId"),
        ({"error": "not_a_member"}, 403, "not_a_member", "member"),
        ({"error": "rate_limited", "retry_after": 17}, 429, "rate_limited", "Wait"),
    ],
)
def test_nothing_is_signed_when_the_database_refuses(
    token: Endpoint,
    refusal: dict[str, object],
    status: int,
    code: str,
    word: str,
    canned: CannedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed: list[object] = []
    monkeypatch.setattr(token.module, "build_access_token", lambda *args: signed.append(args))
    # The error counts, whatever other fields there are.
    canned.on_post(URL, GRANT | refusal)
    answer = token.browser({"businessId": BUSINESS_ID})
    assert answer.status_code == status
    error = answer.get_json()["error"]
    assert error["code"] == code
    assert word in error["message"]
    assert answer.headers.get("Retry-After") == ("17" if status == 429 else None)
    assert signed == []


def test_nothing_is_signed_for_an_unknown_refusal(token: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, {"error": "suspended"})
    answer = token.browser({"businessId": BUSINESS_ID})
    assert answer.status_code == 500
    assert answer.get_json()["error"]["code"] == "phone_system_error"


def test_nothing_is_signed_when_the_database_does_not_answer(
    token: Endpoint, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[object] = []
    monkeypatch.setattr(token.module, "build_access_token", lambda *args: signed.append(args))
    canned.on_post(URL, None, 503)
    assert token.browser({}).status_code == 503
    assert signed == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"businessId": "x"}, "businessId must be a UUID."),
        ({"businessId": 7}, "businessId must be a text."),
        ({"businessId": [BUSINESS_ID]}, "businessId must be a text."),
        ({"businessId": "0" * 400}, "businessId is too long."),
        ([], "The body is not a JSON object."),
    ],
)
def test_a_malformed_business_is_named_and_the_database_is_not_asked(
    token: Endpoint, body: object, message: str, canned: CannedServer
) -> None:
    answer = token.browser(body)
    assert answer.status_code == 400
    assert answer.get_json()["error"] == {"code": "invalid_request", "message": message}
    assert not canned.asked


@pytest.mark.parametrize(
    "token_sent", [None, "garbage", access_token(exp=1), access_token(aud="x")]
)
def test_without_a_valid_token_the_database_is_not_asked(
    token: Endpoint, token_sent: str | None, canned: CannedServer
) -> None:
    answer = token.browser({}, token=token_sent)
    assert answer.status_code == 401
    assert answer.get_json()["error"]["code"] == "unauthenticated"
    assert not canned.asked


def test_who_asks_is_never_taken_from_the_body(token: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, GRANT)
    answer = token.browser({"identity": "user_x", "userId": "x", "sub": "x"})
    assert answer.get_json()["data"]["identity"] == IDENTITY

"""POST /api/twilio/twiml by a rep's browser: a preview of the decision."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from shared import block_reasons
from tests.canned_server import CannedServer
from tests.endpoints import (
    AUTH_TOKEN,
    BUSINESS_ID,
    PUBLIC_BASE_URL,
    Endpoint,
    access_token,
    load,
    loaded,
    rpc,
    sign,
)
from tests.twiml_fn.calls import CALLER_ID, FORESEEN, NUMBER, PARSED, verbs, verbs_of

URL = rpc("preview_call")
JSON = "application/json"


@pytest.fixture
def twiml() -> Endpoint:
    return loaded("twiml_fn")


def assert_error(answer: TestResponse, status: int, code: str, word: str = "") -> None:
    assert answer.status_code == status
    error = answer.get_json()["error"]
    assert error["code"] == code
    assert word in error["message"]


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "text/xml",
        "text/*",
        "text/xml, application/json;q=0.5",
        "application/json;q=0.5, text/xml",
        "text/html,application/xhtml+xml",
    ],
)
def test_a_preview_is_twiml_unless_json_is_asked_for(
    twiml: Endpoint, accept: str | None, canned: CannedServer
) -> None:
    canned.on_post(URL, FORESEEN)
    (dial,) = verbs(twiml.browser({"To": NUMBER}, accept=accept))
    assert dial.tag == "Dial"
    assert dial.attrib["callerId"] == CALLER_ID


@pytest.mark.parametrize("accept", [JSON, "application/json, text/plain, */*"])
def test_a_preview_in_json_says_what_would_happen(
    twiml: Endpoint, accept: str, canned: CannedServer
) -> None:
    canned.on_post(URL, FORESEEN)
    answer = twiml.browser({"To": NUMBER}, accept=accept)
    assert answer.status_code == 200
    body = answer.get_json()
    (dial,) = verbs_of(body["data"]["twiml"])
    assert dial[0].text == NUMBER
    assert body == {
        "success": True,
        "data": {
            "blockReason": None,
            "message": None,
            "to": NUMBER,
            "callerId": CALLER_ID,
            "twiml": body["data"]["twiml"],
            "extension": None,
            "leadId": None,
            "retryAt": None,
            "warnings": [],
            "recording": None,
        },
    }


def test_a_preview_says_how_the_call_will_be_recorded(
    twiml: Endpoint, canned: CannedServer
) -> None:
    terms = {"mode": "all", "consent_mode": "both", "notice": "This call is recorded."}
    canned.on_post(URL, FORESEEN | {"recording": terms})
    data = twiml.browser({"To": NUMBER}, accept=JSON).get_json()["data"]
    assert data["recording"] == {
        "mode": "all",
        "consentMode": "both",
        "notice": "This call is recorded.",
    }
    # Nobody has called yet, so there is no call whose lead could hear it.
    assert "notice" not in data["twiml"]


def test_a_preview_of_a_refused_call_says_why(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, FORESEEN | {"block_reason": "do_not_call"})
    data = twiml.browser({"To": NUMBER}, accept=JSON).get_json()["data"]
    assert data["blockReason"] == "do_not_call"
    assert data["message"] == block_reasons.explain("do_not_call")
    say, hangup = verbs_of(data["twiml"])
    assert (say.tag, say.text, hangup.tag) == ("Say", data["message"], "Hangup")


def test_a_preview_asks_the_database_once_as_the_rep_and_begins_nothing(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, FORESEEN)
    token = access_token()
    wishes = {"CallerId": "+1 212 555 0199", "LeadId": "l", "CampaignId": "c"}
    twiml.browser({"To": NUMBER, "businessId": BUSINESS_ID} | wishes, token=token)
    assert canned.only().json() == {
        "p_business_id": BUSINESS_ID,
        "p_to": {
            "dialled": NUMBER,
            "number": PARSED,
            "by_country": {},
            "extension": None,
            "problem": None,
            "several_in": [],
            "left_out": None,
        },
        "p_caller_id": CALLER_ID,
        "p_lead_id": "l",
        "p_campaign_id": "c",
    }
    assert canned.only().header("Authorization") == f"Bearer {token}"


def test_a_long_text_is_asked_about_and_is_no_number(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, FORESEEN)
    assert twiml.browser({"To": f"{NUMBER} {'x' * 5000}"}).status_code == 200
    to = canned.only().json()["p_to"]
    assert (to["number"], to["by_country"], len(to["dialled"])) == (None, {}, 64)


def test_what_a_rep_leaves_out_is_null(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, FORESEEN)
    twiml.browser({"To": NUMBER, "LeadId": None, "CampaignId": ""})
    parameters = canned.only().json()
    for name in ("p_business_id", "p_caller_id", "p_lead_id", "p_campaign_id"):
        assert parameters[name] is None


@pytest.mark.parametrize(("refusal", "status"), [("business_required", 400), ("not_a_member", 403)])
def test_a_preview_that_the_database_refuses_says_why(
    twiml: Endpoint, refusal: str, status: int, canned: CannedServer
) -> None:
    canned.on_post(URL, {"error": refusal})
    assert_error(twiml.browser({"To": NUMBER}), status, refusal)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "To is missing."),
        ({}, "To is missing."),
        ({"To": ""}, "To is missing."),
        ({"To": 14155552671}, "To must be a text."),
        ({"To": NUMBER, "LeadId": 7}, "LeadId must be a text."),
        ({"To": NUMBER, "CallerId": []}, "CallerId must be a text."),
        ({"To": NUMBER, "CampaignId": "x" * 301}, "CampaignId is too long."),
        ({"To": NUMBER, "businessId": "x"}, "businessId must be a UUID."),
    ],
)
def test_a_malformed_preview_names_the_field_and_asks_nothing(
    twiml: Endpoint, body: object, message: str, canned: CannedServer
) -> None:
    if body is None:
        answer = twiml.client.post(
            twiml.path,
            content_type=JSON,
            headers={
                "Origin": "https://app.callhenk.com",
                "Authorization": f"Bearer {access_token()}",
            },
        )
    else:
        answer = twiml.browser(body)
    assert_error(answer, 400, "invalid_request", message)
    assert not canned.asked


@pytest.mark.parametrize("token", [None, "garbage", access_token(exp=1)])
def test_a_preview_needs_a_signed_in_rep(
    twiml: Endpoint, token: str | None, canned: CannedServer
) -> None:
    assert_error(twiml.browser({"To": NUMBER}, token=token), 401, "unauthenticated", "Sign in")
    assert not canned.asked


def test_twilios_signature_does_not_stand_in_for_a_token(
    twiml: Endpoint, canned: CannedServer
) -> None:
    answer = twiml.client.post(
        twiml.path,
        json={"To": NUMBER},
        headers={
            "Origin": "https://app.callhenk.com",
            "X-Twilio-Signature": sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/twiml"),
        },
    )
    assert_error(answer, 401, "unauthenticated")
    assert not canned.asked


@pytest.mark.parametrize("origin", [None, "https://evil.example.com", "null"])
def test_a_preview_is_for_our_own_pages(
    twiml: Endpoint, origin: str | None, canned: CannedServer
) -> None:
    assert_error(twiml.browser({"To": NUMBER}, origin=origin), 403, "unauthorized_domain")
    assert not canned.asked


def test_development_previews_for_any_page_and_twilios_test_numbers(
    canned: CannedServer,
) -> None:
    canned.on_post(URL, FORESEEN)
    local = load("twiml_fn", HENK_ENV="development")
    assert local.browser({"To": "+15005550006"}, origin=None).status_code == 200
    to = canned.only().json()["p_to"]
    assert isinstance(to, dict)
    assert isinstance(to["number"], dict)
    assert to["number"]["type"] == "twilio_test"

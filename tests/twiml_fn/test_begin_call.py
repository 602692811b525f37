"""POST /api/twilio/twiml by Twilio: a call begins."""

from __future__ import annotations

import pytest

from tests.block_reasons import codes_of_the_database
from tests.canned_server import CannedServer
from tests.endpoints import (
    BUSINESS_ID,
    CALL_SID,
    PUBLIC_BASE_URL,
    PUBLISHABLE_KEY,
    USER_ID,
    WEBHOOK_JWT,
    Endpoint,
    load,
    loaded,
    rpc,
)
from tests.twiml_fn.calls import BEGUN, CALL, CALLER_ID, NUMBER, PARSED, verbs

URL = rpc("begin_call")
NOBODY = {"p_user_id": None, "p_business_id": None}


@pytest.fixture
def twiml() -> Endpoint:
    return loaded("twiml_fn")


def without(name: str) -> dict[str, str]:
    return {field: value for field, value in CALL.items() if field != name}


def blocked(reason: str) -> dict[str, object]:
    return BEGUN | {"status": "blocked", "block_reason": reason, "from_number": None}


def test_an_allowed_call_is_dialled(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, BEGUN)
    (dial,) = verbs(twiml.twilio(CALL))
    assert dial.tag == "Dial"
    assert dial.attrib == {
        "answerOnBridge": "true",
        "callerId": CALLER_ID,
        "timeLimit": "5400",
        "action": f"{PUBLIC_BASE_URL}/twiml?after=dial",
        "method": "POST",
    }
    (number,) = dial
    assert number.tag == "Number"
    assert number.text == NUMBER
    assert number.attrib == {
        "statusCallback": f"{PUBLIC_BASE_URL}/status#rc=3&rp=ct,rt,5xx",
        "statusCallbackEvent": "initiated ringing answered completed",
        "statusCallbackMethod": "POST",
    }


def test_a_lead_who_is_to_hear_a_notice_hears_it_first(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN | {"notice": True})
    ((number,),) = verbs(twiml.twilio(CALL))
    assert number.attrib["url"] == (
        f"{PUBLIC_BASE_URL}/recording?notice=play&call={CALL_SID}#rc=2&rp=ct,rt,5xx"
    )
    assert number.attrib["method"] == "POST"
    canned.on_post(URL, blocked("do_not_call") | {"notice": True})
    assert [verb.tag for verb in verbs(twiml.twilio(CALL))] == ["Say", "Hangup"]


def test_machines_are_detected_only_where_the_database_says_so(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN | {"machine_detection": True})
    ((number,),) = verbs(twiml.twilio(CALL))
    told = {name: value for name, value in number.attrib.items() if not name.startswith("status")}
    assert told == {
        "machineDetection": "DetectMessageEnd",
        "amdStatusCallback": f"{PUBLIC_BASE_URL}/status?call={CALL_SID}#rc=3&rp=ct,rt,5xx",
        "amdStatusCallbackMethod": "POST",
    }
    canned.on_post(URL, blocked("do_not_call") | {"machine_detection": True})
    assert [verb.tag for verb in verbs(twiml.twilio(CALL))] == ["Say", "Hangup"]


def test_the_call_is_put_on_record_in_one_request_as_the_webhook_role(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    twiml.twilio(CALL | {"CallerId": "+1 212 555 0199", "LeadId": " lead ", "CampaignId": "c"})
    assert canned.only().json() == {
        "p_call_sid": CALL_SID,
        "p_user_id": USER_ID,
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
        "p_lead_id": "lead",
        "p_campaign_id": "c",
        "p_lease_token": None,
    }
    assert canned.only().header("Authorization") == f"Bearer {WEBHOOK_JWT}"
    assert canned.only().header("apikey") == PUBLISHABLE_KEY


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_parameter_that_the_rep_did_not_send_is_null(
    twiml: Endpoint, blank: str, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    twiml.twilio(CALL | {"CallerId": blank, "LeadId": blank, "CampaignId": blank})
    parameters = canned.only().json()
    for name in ("p_caller_id", "p_lead_id", "p_campaign_id"):
        assert parameters[name] is None


def test_a_second_delivery_is_answered_alike(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, BEGUN)
    first, second = twiml.twilio(CALL), twiml.twilio(CALL)
    assert first.data == second.data
    assert len(canned.asked) == 2


@pytest.mark.parametrize("reason", [*codes_of_the_database(), "a_reason_of_tomorrow", "<Dial>"])
def test_a_refused_call_is_told_why_and_hung_up(
    twiml: Endpoint, reason: str, canned: CannedServer
) -> None:
    canned.on_post(URL, blocked(reason))
    say, hangup = verbs(twiml.twilio(CALL))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert say.text is not None
    assert say.text.startswith("This call was not placed.")
    assert reason not in say.text


@pytest.mark.parametrize("fields", [without("To"), CALL | {"To": ""}, CALL | {"To": " "}])
def test_a_preflight_test_hears_some_seconds_of_words_and_leaves_no_conversation(
    twiml: Endpoint, fields: dict[str, str], canned: CannedServer
) -> None:
    say, hangup = verbs(twiml.twilio(fields))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert say.text is not None
    # Seconds, at two and a half words a second.
    assert 8 <= len(say.text.split()) / 2.5 <= 10
    assert say.attrib == {}
    assert not canned.asked


@pytest.mark.parametrize(
    "caller", ["+14155552671", "client:alice", "client:", "", "sip:x@example.com", None]
)
def test_a_call_by_a_caller_who_is_not_a_rep_is_stored_without_a_rep(
    twiml: Endpoint, caller: str | None, canned: CannedServer
) -> None:
    canned.on_post(URL, blocked("unknown_rep"))
    fields = without("From") if caller is None else CALL | {"From": caller}
    say, hangup = verbs(twiml.twilio(fields | {"UserId": USER_ID, "BusinessId": BUSINESS_ID}))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    parameters = canned.only().json()
    assert parameters["p_call_sid"] == CALL_SID
    assert {name: parameters[name] for name in NOBODY} == NOBODY


def test_who_calls_is_never_taken_from_what_the_browser_adds(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    other = f"client:user_{'1' * 32}_{'2' * 32}"
    added = {"Caller": other, "from": other, "UserId": "x", "BusinessId": "x", "p_user_id": "x"}
    twiml.twilio(CALL | added)
    parameters = canned.only().json()
    assert parameters["p_user_id"] == USER_ID
    assert parameters["p_business_id"] == BUSINESS_ID
    assert len(parameters) == 8


@pytest.mark.parametrize("sid", [None, "", "x", "CA-1", "CA" + "0" * 63])
def test_a_call_without_a_call_sid_is_refused(
    twiml: Endpoint, sid: str | None, canned: CannedServer
) -> None:
    answer = twiml.twilio(without("CallSid") if sid is None else CALL | {"CallSid": sid})
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert error["code"] == "invalid_request"
    assert "CallSid" in error["message"]
    assert not canned.asked


@pytest.mark.parametrize(
    "dialled",
    ["hello", "1" * 200, "x" * 10_000, "+1415555", "911", "\x00", "'; drop table leads; --"],
)
def test_a_text_that_is_not_a_number_is_sent_to_the_database_as_it_is(
    twiml: Endpoint, dialled: str, canned: CannedServer
) -> None:
    canned.on_post(URL, blocked("invalid_number"))
    say, _hangup = verbs(twiml.twilio(CALL | {"To": dialled}))
    assert say.text == "This call was not placed. The number is not a valid phone number."
    to = canned.only().json()["p_to"]
    assert to == {
        "dialled": dialled.replace("\x00", "\ufffd").strip()[:64],
        "number": None,
        "by_country": {},
        "extension": None,
        "problem": None,
        "several_in": [],
        "left_out": None,
    }


def test_a_national_number_is_sent_for_every_country_it_may_be_of(
    twiml: Endpoint, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    twiml.twilio(CALL | {"To": "(415) 555-2671"})
    to = canned.only().json()["p_to"]
    assert isinstance(to, dict)
    assert to["number"] is None
    assert to["by_country"]["US"] == PARSED


def test_a_premium_number_is_named_as_one(twiml: Endpoint, canned: CannedServer) -> None:
    canned.on_post(URL, blocked("number_type_not_allowed"))
    twiml.twilio(CALL | {"To": "+19002345678"})
    to = canned.only().json()["p_to"]
    assert isinstance(to, dict)
    assert isinstance(to["number"], dict)
    assert to["number"]["type"] == "premium_rate"


@pytest.mark.parametrize(
    ("settings", "a_number"),
    [({}, False), ({"HENK_ENV": "production"}, False), ({"HENK_ENV": "development"}, True)],
)
def test_twilios_test_numbers_are_numbers_in_development_alone(
    settings: dict[str, str], a_number: bool, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    load("twiml_fn", **settings).twilio(CALL | {"To": "+15005550006"})
    to = canned.only().json()["p_to"]
    assert isinstance(to, dict)
    assert (to["number"] is not None) == a_number


@pytest.mark.parametrize("name", ["To", "CallerId", "LeadId", "CampaignId"])
def test_very_long_and_unstorable_texts_are_cut_to_what_the_database_takes(
    twiml: Endpoint, name: str, canned: CannedServer
) -> None:
    canned.on_post(URL, BEGUN)
    twiml.twilio(CALL | {name: "\x00" + "x" * 20_000})
    assert b"\\u0000" not in canned.only().body
    assert len(canned.only().body) < 2_000


INJECTION = '"><Number>+19002345678</Number></Dial><Dial callerId="&\'<!--]]>'


@pytest.mark.parametrize("name", ["To", "CallerId", "LeadId", "CampaignId", "From"])
def test_what_a_browser_sends_cannot_become_twiml(
    twiml: Endpoint, name: str, canned: CannedServer
) -> None:
    # The worst case is a database that answers what it was sent.
    canned.on_post(URL, BEGUN | {"to_number": INJECTION, "from_number": INJECTION})
    (dial,) = verbs(twiml.twilio(CALL | {name: INJECTION}))
    (number,) = dial
    assert dial.attrib["callerId"] == INJECTION
    assert number.text == INJECTION


@pytest.mark.parametrize("signature", ["", "garbage"])
@pytest.mark.parametrize("query", ["", "?after=dial"])
@pytest.mark.parametrize("fields", [CALL, without("To")])
def test_only_twilio_is_answered(
    twiml: Endpoint,
    fields: dict[str, str],
    query: str,
    signature: str,
    canned: CannedServer,
) -> None:
    answer = twiml.twilio(fields, query=query, signature=signature)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "invalid_signature"
    assert not canned.asked


def test_a_supabase_token_does_not_stand_in_for_a_signature(
    twiml: Endpoint, canned: CannedServer
) -> None:
    headers = {"Authorization": f"Bearer {WEBHOOK_JWT}"}
    answer = twiml.twilio(CALL, signature="", headers=headers)
    assert answer.status_code == 403
    assert not canned.asked

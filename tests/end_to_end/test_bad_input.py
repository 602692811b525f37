"""Bad input at the running stack: a clear answer, no stack trace, nothing lost."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import (
    BOTH,
    RIVAL,
    Json,
    Rep,
    identity,
    new_call_sid,
    rest,
    webhook,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture(scope="module")
def caller(rep: Rep) -> str:
    """The parameter ``From`` of a call by the demo rep."""
    user_id = jwt.decode(rep.access_token, options={"verify_signature": False})["sub"]
    return identity(user_id, rep.env["DEMO_BUSINESS_ID"])


def query(stack: Stack, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Rows as an operator sees them, without row-level security."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()


def begin(stack: Stack, **params: str) -> Json:
    """Sends the first webhook of a call. Returns the answer, and the row that it left."""
    call_sid = new_call_sid()
    answer = webhook(
        stack.env, "twiml", {"CallSid": call_sid, "CallStatus": "ringing", "Called": "", **params}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    rows = query(
        stack,
        "select status, block_reason, to_number, lead_id, from_number"
        " from public.conversations where call_sid = %s",
        call_sid,
    )
    assert len(rows) == 1
    names = ("status", "block_reason", "to_number", "lead_id", "from_number")
    return {"twiml": answer.text, "call_sid": call_sid, **dict(zip(names, rows[0], strict=True))}


def the_error(answer: Any) -> tuple[int, str]:
    body = answer.json()
    assert body["success"] is False
    assert body["error"]["message"]
    assert "Traceback" not in answer.text
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize("path", ["twiml", "status"])
def test_webhooks_that_twilio_did_not_sign_are_refused(stack: Stack, path: str) -> None:
    params = {"CallSid": new_call_sid(), "CallStatus": "ringing", "To": "+15005550006"}
    assert the_error(webhook(stack.env, path, params, headers={})) == (403, "invalid_signature")
    forged = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    assert the_error(webhook(stack.env, path, params, headers=forged)) == (403, "invalid_signature")
    changed = webhook(stack.env, path, params, data={**params, "To": "+15005550007"})
    assert the_error(changed) == (403, "invalid_signature")
    foreign = webhook(stack.env, path, {**params, "AccountSid": "AC" + 32 * "0"})
    assert the_error(foreign) == (403, "invalid_signature")
    assert (
        query(stack, "select 1 from public.call_events where call_sid = %s", params["CallSid"])
        == []
    )


def test_a_signature_is_for_one_address(stack: Stack) -> None:
    """A signature for one endpoint is not valid for another endpoint or another query."""
    params = {"CallSid": new_call_sid(), "CallStatus": "ringing"}
    signed = webhook(stack.env, "status?x=1", params)
    assert signed.status_code == 204
    headers = {"X-Twilio-Signature": signed.request.headers["X-Twilio-Signature"]}
    for path in ("status", "status?x=2", "twiml", "twiml?after=dial"):
        assert the_error(webhook(stack.env, path, params, headers=headers))[0] == 403


def test_a_replay_changes_nothing(stack: Stack, caller: str) -> None:
    begun = begin(stack, From=caller, To="+15005550006")
    lead = new_call_sid()
    params = {
        "CallSid": lead,
        "ParentCallSid": begun["call_sid"],
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "CallDuration": "7",
    }
    state = (
        "select to_jsonb(c), (select jsonb_agg(to_jsonb(e) order by e.id) from public.call_events e"
        " where e.agent_call_sid = c.call_sid) from public.conversations c where c.call_sid = %s"
    )
    assert webhook(stack.env, "status", params).status_code == 204
    before = query(stack, state, begun["call_sid"])
    for _ in range(3):
        assert webhook(stack.env, "status", params).status_code == 204
    assert query(stack, state, begun["call_sid"]) == before


def test_the_second_delivery_of_a_call_gets_the_first_ones_answer(
    stack: Stack, caller: str
) -> None:
    params = {"CallSid": new_call_sid(), "From": caller, "To": "+15005550006"}
    first, second = (webhook(stack.env, "twiml", params) for _ in range(2))
    assert first.text == second.text
    assert "<Dial" in first.text
    rows = query(
        stack, "select count(*) from public.conversations where call_sid = %s", params["CallSid"]
    )
    assert rows == [(1,)]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"From": None}, "unknown_rep"),
        ({"From": "client:somebody"}, "unknown_rep"),
        ({"From": "+14155550123"}, "unknown_rep"),
        ({"From": "client:user_" + 32 * "0" + "_" + 32 * "1"}, "not_a_member"),
        ({"To": "call me maybe"}, "invalid_number"),
        ({"To": "5" * 200}, "invalid_number"),
        ({"To": "+1" + "4" * 199}, "invalid_number"),
        ({"To": "911"}, "invalid_number"),
        ({"To": "\x00\x01"}, "invalid_number"),
        ({"To": "+19005551234"}, "number_type_not_allowed"),
        ({"CallerId": "+14155550200"}, "caller_id_not_owned"),
        ({"CallerId": "Henk"}, "caller_id_not_owned"),
        ({"LeadId": "a0000000-0000-4000-8000-000000000004"}, "unknown_lead"),
        ({"LeadId": "'; drop table leads; --"}, "unknown_lead"),
        ({"CampaignId": "e0000000-0000-4000-8000-000000000002"}, "unknown_campaign"),
    ],
)
def test_a_call_that_is_not_allowed_is_refused_aloud_and_stored(
    stack: Stack, caller: str, params: dict[str, str | None], reason: str
) -> None:
    wanted: dict[str, str | None] = {"From": caller, "To": "+15005550006", **params}
    call = begin(stack, **{name: value for name, value in wanted.items() if value is not None})
    assert (call["status"], call["block_reason"]) == ("blocked", reason)
    assert "<Say>" in call["twiml"]
    assert "<Dial" not in call["twiml"]


def test_a_rep_of_the_other_business_cannot_call_for_this_one(stack: Stack) -> None:
    rival = Rep.sign_in(stack, RIVAL)
    user_id = jwt.decode(rival.access_token, options={"verify_signature": False})["sub"]
    call = begin(stack, From=identity(user_id, stack.env["DEMO_BUSINESS_ID"]), To="+15005550006")
    assert (call["status"], call["block_reason"]) == ("blocked", "not_a_member")
    refused = rival.ask("POST", "token", json={"businessId": stack.env["DEMO_BUSINESS_ID"]})
    assert the_error(refused) == (403, "not_a_member")


def test_an_event_of_an_unknown_call_is_kept_and_finds_its_call(stack: Stack, caller: str) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    early = {
        "CallSid": lead,
        "ParentCallSid": agent,
        "CallStatus": "in-progress",
        "SequenceNumber": "2",
        "Timestamp": "Sun, 22 Nov 2026 10:00:00 +0000",
    }
    assert webhook(stack.env, "status", early).status_code == 204
    begun = webhook(stack.env, "twiml", {"CallSid": agent, "From": caller, "To": "+15005550006"})
    assert begun.status_code == 200
    rows = query(
        stack,
        "select c.status, c.answered_at = '2026-11-22T10:00:00Z', e.payload ->> 'Timestamp'"
        " from public.conversations c join public.call_events e on e.conversation_id = c.id"
        " where c.call_sid = %s",
        agent,
    )
    assert rows == [("in-progress", True, "Sun, 22 Nov 2026 10:00:00 +0000")]


def test_a_callback_that_cannot_be_an_event_is_refused_by_field(stack: Stack) -> None:
    for params, field in (
        ({"CallStatus": "ringing"}, "CallSid"),
        ({"CallSid": "x", "CallStatus": "ringing"}, "CallSid"),
        ({"CallSid": new_call_sid()}, "CallStatus"),
        (
            {"CallSid": new_call_sid(), "ParentCallSid": "x", "CallStatus": "ringing"},
            "ParentCallSid",
        ),
    ):
        answer = webhook(stack.env, "status", params)
        assert the_error(answer) == (400, "invalid_request")
        assert field in answer.json()["error"]["message"]


def test_odd_parameters_are_kept_as_they_came(stack: Stack) -> None:
    call_sid = new_call_sid()
    odd = {
        "CallSid": call_sid,
        "CallStatus": "ringing",
        "SequenceNumber": "many",
        "CallDuration": "99999999999999999999",
        "Timestamp": "yesterday",
        "Called": "",
        "Emoji": "📞 ž\x00",
    }
    assert webhook(stack.env, "status", odd).status_code == 204
    rows = query(
        stack,
        "select sequence_number, duration_seconds, occurred_at, payload from public.call_events"
        " where call_sid = %s",
        call_sid,
    )
    assert rows[0][:3] == (None, None, None)
    payload = rows[0][3]
    assert payload["SequenceNumber"] == "many"
    assert payload["Called"] == ""
    assert payload["Emoji"] == "📞 ž\ufffd"


@pytest.mark.parametrize("path", ["token", "twiml", "status"])
def test_bodies_that_are_too_large_or_of_the_wrong_type_are_refused(rep: Rep, path: str) -> None:
    large = rep.ask("POST", path, content=b"x" * 70_000, headers=FORM)
    assert the_error(large) == (413, "payload_too_large")
    odd = rep.ask("POST", path, content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert the_error(odd) == (415, "unsupported_media_type")
    assert the_error(rep.ask("DELETE", path)) == (405, "method_not_allowed")


def test_browser_endpoints_want_a_real_access_token(stack: Stack, rep: Rep) -> None:
    secret = stack.env["SUPABASE_JWT_SECRET"]
    claims = jwt.decode(rep.access_token, options={"verify_signature": False})
    foreign = jwt.encode(claims, "another-secret-of-thirty-two-characters", "HS256")
    bad_tokens = [
        "nonsense",
        stack.env["SUPABASE_PUBLISHABLE_KEY"],
        stack.env["SUPABASE_SECRET_KEY"],
        foreign,
        jwt.encode(claims, "", "none"),
        *(
            jwt.encode({**claims, **change}, secret, "HS256")
            for change in (
                {"exp": 1},
                {"aud": "anon"},
                {"iss": "https://elsewhere.supabase.co/auth/v1"},
                {"role": "service_role"},
                {"role": "call_webhook"},
                {"is_anonymous": True},
                {"sub": "nobody"},
            )
        ),
    ]
    for token in bad_tokens:
        stranger = Rep(stack.env, token)
        for answer in (
            stranger.ask("POST", "token", json={}),
            stranger.ask("POST", "twiml", json={"To": "+15005550006"}),
            stranger.ask("GET", "status", params={"conversationId": str(uuid.uuid4())}),
        ):
            assert the_error(answer) == (401, "unauthenticated")


def test_a_rep_of_two_businesses_says_which(stack: Stack) -> None:
    both = Rep.sign_in(stack, BOTH)
    assert the_error(both.ask("POST", "token", json={})) == (400, "business_required")
    mine = both.grant(stack.env["DEMO_BUSINESS_ID"])
    assert mine["businessId"] == stack.env["DEMO_BUSINESS_ID"]
    odd = both.ask("POST", "token", json={"businessId": "mine"})
    assert the_error(odd) == (400, "invalid_request")
    assert "businessId" in odd.json()["error"]["message"]


def test_the_webhook_jwt_over_rest_reads_and_changes_nothing(stack: Stack) -> None:
    token = jwt.encode(
        {"role": "call_webhook", "aud": "authenticated", "exp": 2**31},
        stack.env["SUPABASE_JWT_SECRET"],
        "HS256",
    )
    tables = [
        name
        for (name,) in query(stack, "select tablename from pg_tables where schemaname = 'public'")
    ]
    assert "conversations" in tables
    for table in tables:
        read = rest(stack.env, token, "GET", table)
        assert read.status_code == 403 or read.json() == [], table
        for method, body in (("POST", {}), ("PATCH", {}), ("DELETE", None)):
            tried = rest(stack.env, token, method, f"{table}?limit=1", json=body)
            assert tried.status_code >= 400 or tried.text in ("", "[]"), (method, table)
    assert query(stack, "select count(*) from public.businesses") == [(2,)]


def test_the_words_of_refusals_that_endpoints_word_themselves(rep: Rep) -> None:
    def words(answer: Any) -> str:
        message: str = answer.json()["error"]["message"]
        return message

    large = rep.ask("POST", "status", content=b"x" * 70_000, headers=FORM)
    assert words(large) == "The body may have 65536 bytes at most."
    assert words(rep.ask("DELETE", "token")) == "This address answers POST."
    assert words(rep.ask("GET", "elsewhere")) == "There is nothing at this address."
    odd = rep.ask("POST", "twiml", content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert words(odd) == "Send a form, or JSON for a preview."
    nowhere = rep.ask("GET", "status", params={"conversationId": str(uuid.uuid4())})
    assert words(nowhere) == "There is no such conversation in your business."


def test_more_tokens_than_the_business_allows_are_refused_for_a_while(stack: Stack) -> None:
    rival = Rep.sign_in(stack, RIVAL)
    allow = "update public.businesses set token_grants_per_minute = %s where name = 'Rival Roofing'"
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        connection.execute(allow, (1,))
    try:
        answers = [rival.ask("POST", "token", json={}) for _ in range(3)]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {the_error(answer) for answer in refused} == {(429, "rate_limited")}
        assert len(refused) >= 2
        assert refused[0].json()["error"]["message"] == "Too many access tokens. Wait a moment."
        assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    finally:
        with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
            connection.execute(allow, (100_000,))


def test_a_rep_who_signed_out_gets_no_token(stack: Stack) -> None:
    rep = Rep.sign_in(stack, BOTH)
    business = {"businessId": stack.env["DEMO_BUSINESS_ID"]}
    assert rep.ask("POST", "token", json=business).status_code == 200
    httpx.post(
        f"{stack.env['SUPABASE_URL']}/auth/v1/logout",
        headers={
            "apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"],
            "Authorization": f"Bearer {rep.access_token}",
        },
    ).raise_for_status()
    assert the_error(rep.ask("POST", "token", json=business)) == (401, "unauthenticated")


def test_a_call_whose_beginning_the_database_missed_is_on_record_as_failed(
    stack: Stack, rep: Rep, caller: str
) -> None:
    call_sid = new_call_sid()
    ended = {"CallSid": call_sid, "CallStatus": "failed", "From": caller, "To": "+15005550006"}
    assert webhook(stack.env, "status", ended).status_code == 204
    rows = rep.rows("conversations", call_sid=f"eq.{call_sid}")
    assert [(row["status"], row["to_number"]) for row in rows] == [("failed", "+15005550006")]

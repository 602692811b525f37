"""A pasted number on its way through the product: one thing is shown, dialled and stored."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from stack import Stack
from tests.end_to_end.clients import Json, Rep

# The lead of +15005550006, in the demo data.
ADA = "a0000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


def preview(rep: Rep, **wishes: str) -> Json:
    answer = rep.ask("POST", "twiml", json=wishes, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    data: Json = answer.json()["data"]
    return data


@pytest.mark.parametrize(
    ("text", "to", "reason"),
    [
        ("(+65) 6555 0100", "+6565550100", "country_not_allowed"),
        ("415-555-XXXX", "415-555-XXXX", "invalid_number"),
        ("415-555-0100/0101", "415-555-0100/0101", "several_numbers"),
        ("\u2066415\u2011555\u20110177\u2069", "+14155550177", None),
        ("+1 624 555 0123", "+16245550123", None),
    ],
)
def test_a_preview_tells_what_a_text_means(
    rep: Rep, text: str, to: str, reason: str | None
) -> None:
    foreseen = preview(rep, To=text)
    assert (foreseen["to"], foreseen["blockReason"]) == (to, reason)


def test_a_call_keeps_what_the_preview_showed(rep: Rep) -> None:
    wishes = {"To": "(500) 555-0006 x123 (work)", "LeadId": ADA}
    foreseen = preview(rep, **wishes)
    assert (foreseen["to"], foreseen["extension"], foreseen["leadId"]) == (
        "+15005550006",
        "123",
        ADA,
    )
    assert {"code": "text_left_out", "text": "(work)"} in foreseen["warnings"]

    call = rep.place_call({**wishes, "To": f"{foreseen['to']};ext={foreseen['extension']}"})
    (row,) = rep.rows("conversations", call_sid=f"eq.{call['callSid']}")
    answer = rep.ask("GET", f"status?conversationId={row['id']}")
    shown = answer.json()["data"]
    for kept in (row, shown):
        assert (kept["to_number"], kept["extension"], kept["other_number"], kept["lead_id"]) == (
            "+15005550006",
            "123",
            False,
            ADA,
        )


def test_another_number_than_the_leads_is_said_and_stored(rep: Rep) -> None:
    wishes = {"To": "+15005550007", "LeadId": ADA}
    own = {"code": "other_number_than_leads", "number": "+15005550006"}
    assert own in preview(rep, **wishes)["warnings"]
    call = rep.place_call(wishes)
    (row,) = rep.rows("conversations", call_sid=f"eq.{call['callSid']}")
    assert (row["lead_id"], row["other_number"]) == (ADA, True)


def add_lead(stack: Stack, number: str) -> httpx.Response:
    """An operator's request to Supabase's REST API, with the secret key."""
    return httpx.post(
        f"{stack.env['SUPABASE_URL']}/rest/v1/leads",
        headers={"apikey": stack.env["SUPABASE_SECRET_KEY"], "Prefer": "return=representation"},
        json={
            "business_id": stack.env["DEMO_BUSINESS_ID"],
            "name": "Imported",
            "phone_number": number,
        },
        timeout=60,
    )


def test_an_import_over_the_rest_api_is_told_what_to_do(stack: Stack, rep: Rep) -> None:
    read = rep.ask(
        "POST", "numbers", json={"country": "US", "texts": ["(415) 555-0199", "+1 415 555 0199"]}
    ).json()["data"]["numbers"]
    assert [number["to"] for number in read] == ["+14155550199"] * 2

    refused = add_lead(stack, "(415) 555-0199")
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        'The phone number "(415) 555-0199" was not stored, because its country code is missing.'
        " Write it with + and its country code, such as +1 415 555 0199, or read it first with"
        " POST /api/twilio/numbers."
    )
    stored = add_lead(stack, "+1 415 555 0199")
    assert stored.status_code == 201, stored.text
    (lead,) = stored.json()
    assert (lead["phone_number"], lead["subscriber"]) == ("+14155550199", "+14155550199")
    # Other tests use the same stack.
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        connection.execute("delete from public.leads where id = %s", (lead["id"],))

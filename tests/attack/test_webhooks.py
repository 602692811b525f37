"""Attacks the webhooks: with a rotation of the auth token, with the parts of an address that Twilio
does not sign, and with nonsense in every part of a request, signed and unsigned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email.utils import format_datetime

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack import Stack
from tests.attack.deployment import Project
from tests.attack.webhooks import send
from tests.canned_server import CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    FORM,
    NEXT_AUTH_TOKEN,
    PUBLIC_BASE_URL,
    load,
    rpc,
    sign,
)
from tests.soak import SOAK, figure, scaled
from tests.supabase.tenants import Tenant, committed_tenant, new_call_sid

# In the full form, every run makes different requests.
generated = settings(
    max_examples=scaled(25, 2000), derandomize=not SOAK, deadline=None, database=None
)
STATUSES = ["initiated", "ringing", "in-progress", "completed", "busy", "failed", "canceled"]

# Each step of a rotation: the tokens that the functions know, and those that Twilio may sign with
# meanwhile. Twilio signs with the primary token only, which is the old one until the new one is
# promoted.
ROTATION: list[tuple[dict[str, str], set[str]]] = [
    ({"TWILIO_AUTH_TOKEN": AUTH_TOKEN}, {AUTH_TOKEN}),
    (
        {"TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_AUTH_TOKEN_NEXT": NEXT_AUTH_TOKEN},
        {AUTH_TOKEN, NEXT_AUTH_TOKEN},
    ),
    ({"TWILIO_AUTH_TOKEN": NEXT_AUTH_TOKEN}, {NEXT_AUTH_TOKEN}),
]


@pytest.mark.parametrize(
    ("folder", "path", "function"),
    [
        ("twiml_fn", "twiml", "begin_call"),
        ("twiml_fn", "twiml?after=dial", "continue_call"),
        ("status_fn", "status", "record_call_event"),
    ],
)
def test_an_auth_token_is_rotated_without_a_rejected_webhook(
    canned: CannedServer, folder: str, path: str, function: str
) -> None:
    call = {"conversation_id": None, "block_reason": "unknown_rep", "new": True, "next": "hang_up"}
    canned.on_post(rpc(function), call)
    fields = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": new_call_sid(),
        "CallStatus": "ringing",
        "DialCallStatus": "busy",
        "To": "+15005550006",
    }
    _, mark, query = path.partition("?")
    for variables, in_use in ROTATION:
        endpoint = load(folder, **variables)
        for auth_token in (AUTH_TOKEN, NEXT_AUTH_TOKEN):
            signature = sign(auth_token, f"{PUBLIC_BASE_URL}/{path}", fields.items())
            answer = endpoint.twilio(fields, query=mark + query, signature=signature)
            assert (answer.status_code in (200, 204)) is (auth_token in in_use)
            assert (answer.status_code == 403) is (auth_token not in in_use)


@pytest.fixture(scope="module")
def tenant(stack: Stack) -> Iterator[Tenant]:
    """A business for this file only. Afterwards all that was sent is deleted."""
    assert stack.postgres is not None
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as admin:
        (last,) = (
            admin.execute("select coalesce(max(id), 0) from public.call_events").fetchone() or ()
        )
        with committed_tenant(stack.postgres, 73) as made:
            yield made
        admin.execute("delete from public.call_events where id > %s", (last,))
        admin.execute("delete from public.conversations where business_id is null")


@pytest.mark.parametrize(
    ("before_host", "after_path"), [("", "#rc=3&rp=ct,rt,5xx"), ("user:pass@", ""), ("u@", "#x")]
)
def test_credentials_and_fragment_of_an_address_are_not_signed(
    http: httpx.Client, stack: Stack, tenant: Tenant, before_host: str, after_path: str
) -> None:
    pairs = [("CallSid", new_call_sid()), ("CallStatus", "ringing")]
    to = f"{stack.env['PUBLIC_BASE_URL']}/status{after_path}".replace("//", f"//{before_host}")
    assert send(http, stack.env, "status", pairs, to=to).status_code == 204


@pytest.mark.soak
@generated
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]),
    st.sampled_from(["token", "twiml", "status", "twiml?after=dial", "status?conversationId=x"]),
    st.binary(max_size=300),
    st.sampled_from(["", FORM, "application/json", "multipart/form-data", "text/xml", ";;=\xff"]),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="#\x7f"), max_size=40
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
)
def test_no_request_without_a_signature_does_anything(
    http: httpx.Client, project: Project, address: str,
    method: str, path: str, body: bytes, kind: str, query: str, signature: str,
) -> None:  # fmt: skip
    before = project.database_requests
    separator = "&" if "?" in path else "?"
    answer = http.request(
        method,
        f"{address}/{path}{separator}{query}",
        content=body,
        headers={
            b"Content-Type": kind.encode("latin-1"),
            b"X-Twilio-Signature": signature.encode(),
        },
    )
    assert answer.status_code < 500, answer.text
    assert project.database_requests == before


# The CallSids of one example.
SIDS = st.sampled_from(["AGENT", "LEAD"])
# The three samples: Postgres cannot store the first as text, the second as an integer, the third as
# a time.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["\0", "9999999999", "Thu, 01 Jan 2026 00:00:00 +2300"]
)
NUMBERS = st.integers(-1, 2**40).map(str)
USUAL: dict[str, st.SearchStrategy[str]] = {
    "CallSid": SIDS,
    "ParentCallSid": SIDS | st.just(""),
    "CallStatus": st.sampled_from(STATUSES),
    "SequenceNumber": NUMBERS,
    "Timestamp": st.datetimes(timezones=st.timezones()).map(format_datetime),
    "CallDuration": NUMBERS,
    "Duration": NUMBERS,
    "From": st.just("REP"),
    "To": st.sampled_from(["", "+15005550006", "5005550006", "911", "+19005551234"]),
    "CallerId": st.sampled_from(["", "+14155550273", "+14155550100"]),
    "LeadId": st.uuids().map(str),
    "CampaignId": st.uuids().map(str),
    "DialCallSid": SIDS | st.just(""),
    "DialCallStatus": st.sampled_from(STATUSES),
    "DialCallDuration": NUMBERS,
    "Called": st.just(""),
}


def mostly(usual: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Usual values in five of six cases, so that much of what is sent gets as far as the
    database."""
    return st.sampled_from([usual] * 5 + [TEXT]).flatmap(lambda values: values)


OPTIONAL = {name: mostly(usual) for name, usual in USUAL.items()}
NEEDED = {name: OPTIONAL.pop(name) for name in ("CallSid", "CallStatus", "DialCallStatus")}
FIELDS = st.fixed_dictionaries(NEEDED, optional=OPTIONAL)
REPEATED_OR_UNKNOWN = st.lists(st.tuples(st.sampled_from(sorted(USUAL)) | TEXT, TEXT), max_size=3)


@pytest.mark.soak
def test_no_signed_form_is_ever_an_error_of_ours(
    http: httpx.Client, stack: Stack, tenant: Tenant
) -> None:
    """This asks the real database, because what it cannot store would be a 500 too."""
    answered: Counter[int] = Counter()

    @generated
    @given(st.sampled_from(["status", "twiml", "twiml?after=dial"]), FIELDS, REPEATED_OR_UNKNOWN)
    def attack(path: str, fields: dict[str, str], more: list[tuple[str, str]]) -> None:
        named = {
            "AGENT": new_call_sid(),
            "LEAD": new_call_sid(),
            "REP": f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}",
        }
        pairs = [*((name, named.get(value, value)) for name, value in fields.items()), *more]
        answer = send(http, stack.env, path, pairs)
        assert answer.status_code in (200, 204, 400), answer.text
        answered[answer.status_code] += 1

    attack()
    # The examples were not only nonsense.
    assert answered.keys() == {200, 204, 400}
    figure(f"webhooks: signed forms by answer: {dict(sorted(answered.items()))}, no 5xx")

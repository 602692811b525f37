"""Defects that were read in the code of other dialers and call logs. Each test is the rule that
such a defect would break here.

These are not tried here, because we have nothing like it yet or because another test tries it:
- Credentials are sent to the host of a stored address. Recordings are started twice, or deleted in
  name only, or their status is taken for the call's. A demo plays as hold music. (Nothing is
  recorded or played yet.)
- A rep transfers or listens to a call of others. (There are no transfers and no supervisors yet.)
- A webhook fails after its write, at a request to Twilio. (Webhooks make one request, to the
  database, and have no credentials for Twilio.)
- A job ends calls because they are old. (Nothing here ends a call.)
- Two processes read and write one counter. (There is no counter. What is limited is counted under a
  lock: tests/supabase/test_token_grants.py.)
- Two reps are given the same lead. (There is no queue yet.)
- A callback fails because another came at the same time. (test_every_order.py)
- Calling hours follow the clock of the server. (tests/supabase/test_decide_call_limits.py)
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg
import pytest

from functions import bundle
from stack import Stack
from tests.attack.calls import Call, rows_of
from tests.attack.endings import ENDINGS, TALKED
from tests.attack.webhooks import send
from tests.attack.world import fingerprint
from tests.endpoints import FORM, load
from tests.supabase.tenants import Connection, Tenant, committed_tenant

INITIATED, RINGING, ANSWERED, COMPLETED = TALKED


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Iterator[Connection]:
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def tenant(stack: Stack) -> Iterator[Tenant]:
    assert stack.postgres is not None
    with committed_tenant(stack.postgres, 74) as made:
        yield made


@pytest.fixture
def call(tenant: Tenant) -> Call:
    """A call that has not begun."""
    return Call(tenant, ENDINGS["talked"])


def row(admin: Connection, call: Call) -> dict[str, Any]:
    (found,) = rows_of(admin, [call]).values()
    return found


def begin(http: httpx.Client, stack: Stack, call: Call, **changes: str) -> str:
    """Sends the first webhook. Returns the TwiML of the answer."""
    fields = {"CallSid": call.sids["agent"], "From": call.rep, "To": call.tenant.lead_number}
    answer = send(http, stack.env, "twiml", (fields | changes).items())
    assert answer.status_code == 200
    return answer.text


def test_ringing_is_not_talk_time_and_the_agents_leg_is_not_the_call(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """Frappe CRM, Chatwoot and others log the length of the rep's own leg."""
    for piece in (None, *call.ending.events):
        call.send(http, stack.env, piece)
    assert row(admin, call)["duration_seconds"] == 7


def test_who_placed_a_call_is_settled_once(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """Frappe CRM looks for the owner twice, by two different rules."""
    first = begin(http, stack, call)
    other = call.rep.replace(call.tenant.user_id.hex, uuid.uuid4().hex)
    assert begin(http, stack, call, From=other) == first
    assert row(admin, call)["user_id"] == call.tenant.user_id


def test_a_late_ringing_never_moves_an_answered_call_back(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """Chatwoot guards only final states, and then ends the call because it rings too long."""
    for piece in (None, ANSWERED, RINGING, INITIATED):
        call.send(http, stack.env, piece)
    assert row(admin, call)["status"] == "in-progress"


@pytest.mark.parametrize("path", ["status", "twiml", "twiml?after=dial"])
@pytest.mark.parametrize("extra", [{}, {"MessagingServiceSid": "MG1"}, {"ApiKey": "SK1"}], ids=str)
def test_a_real_call_sid_without_a_signature_opens_nothing(
    http: httpx.Client,
    stack: Stack,
    admin: Connection,
    call: Call,
    path: str,
    extra: dict[str, str],
) -> None:
    """Most check no signature. Chatwoot checks it depending on what the request carries, others
    only if a variable is set. This is the development stack."""
    begin(http, stack, call)
    before = fingerprint(admin)
    fields = {
        "AccountSid": stack.env["TWILIO_ACCOUNT_SID"],
        "CallSid": call.sids["agent"],
        "CallStatus": "completed",
        "DialCallStatus": "completed",
        "To": call.tenant.lead_number,
        **extra,
    }
    url = f"{stack.env['PUBLIC_BASE_URL']}/{path}"
    assert http.post(url, data=fields).status_code == 403
    assert fingerprint(admin) == before


@pytest.mark.parametrize("folder", ["twiml_fn", "status_fn"])
def test_webhooks_do_not_start_without_an_auth_token(folder: str) -> None:
    """Chatwoot skips the check if there is no auth token."""
    with pytest.raises(Exception, match="TWILIO_AUTH_TOKEN"):
        load(folder, TWILIO_AUTH_TOKEN=None)


def test_a_signature_is_for_the_query_too(http: httpx.Client, stack: Stack, call: Call) -> None:
    """TradeLine247 leaves the query out of what it compares."""
    pairs = [("CallSid", call.sids["agent"]), ("DialCallStatus", "completed")]
    url = f"{stack.env['PUBLIC_BASE_URL']}/twiml?after=dial"
    assert send(http, stack.env, "twiml?after=dial", pairs).status_code == 200
    assert send(http, stack.env, "twiml", pairs, to=url).status_code == 403


@pytest.mark.parametrize("name", ["To", "CallerId", "LeadId", "CampaignId"])
def test_what_a_browser_sends_is_never_twiml(
    http: httpx.Client, stack: Stack, call: Call, name: str
) -> None:
    """The Flex template and voip-saas put it into XML as text."""
    twiml = begin(http, stack, call, **{name: '+1"/><Redirect>https://evil.example</Redirect>'})
    assert [verb.tag for verb in ElementTree.fromstring(twiml).iter()] == [
        "Response", "Say", "Hangup",
    ]  # fmt: skip


def test_the_dialled_leg_reports_everything_to_a_real_address(
    http: httpx.Client, stack: Stack, call: Call
) -> None:
    """The Flex template lets a leg report nothing; TradeLine247 sends `{{Call.From}}`."""
    twiml = begin(http, stack, call)
    (number,) = ElementTree.fromstring(twiml).iter("Number")
    assert number.attrib["statusCallback"].startswith(f"{stack.env['PUBLIC_BASE_URL']}/status#")
    assert number.attrib["statusCallbackEvent"] == "initiated ringing answered completed"
    assert "{" not in twiml


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", [*(e.path for e in bundle.endpoints()), "/api/debug/calls"])
def test_every_endpoint_refuses_a_request_without_proof(
    http: httpx.Client, stack: Stack, method: str, path: str
) -> None:
    """voip-saas transfers and lists the calls of every tenant for anybody. rmcdialer and Twilio's
    own examples give tokens to everybody who asks."""
    for kind, body in (("application/json", "{}"), (FORM, "To=%2B14155550100&identity=admin")):
        url, headers = stack.env["FUNCTIONS_URL"] + path, {"Content-Type": kind}
        answer = http.request(method, url, headers=headers, content=body)
        assert answer.status_code in (401, 403, 404, 405, 415), answer.text


def test_an_unknown_rep_belongs_to_no_business(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """voip-saas takes an organisation of its own instead."""
    begin(http, stack, call, From="client:agent")
    found = row(admin, call)
    assert (found["business_id"], found["status"]) == (None, "blocked")
    admin.execute("delete from public.conversations where call_sid = %s", (call.sids["agent"],))


def test_an_event_of_an_unknown_call_is_not_tied_to_another_call(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """rmcdialer takes it for an event of the latest call."""
    begin(http, stack, call)
    unknown = Call(call.tenant, call.ending)
    unknown.send(http, stack.env, RINGING)
    assert (row(admin, call)["status"], row(admin, call)["events"]) == ("queued", 0)
    begin(http, stack, unknown)
    assert row(admin, unknown)["events"] == 1


def test_a_call_whose_end_comes_first_was_completed(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """rmcdialer takes the call for unanswered, because it reads a talk time that it writes only
    later."""
    for piece in (COMPLETED, None):
        call.send(http, stack.env, piece)
    found = row(admin, call)
    assert (found["status"], found["duration_seconds"]) == ("completed", 7)


def test_a_retry_counts_once(
    http: httpx.Client, stack: Stack, admin: Connection, call: Call
) -> None:
    """rmcdialer counts a call with every delivery, TradeLine247 puts it into a queue, Frappe CRM
    fails."""
    for piece in (None, None, COMPLETED, COMPLETED, COMPLETED):
        call.send(http, stack.env, piece)
    assert row(admin, call)["events"] == 1

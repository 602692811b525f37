"""Signed forms of any content, in any order, go through to the real database. docs/openapi.yaml
describes every answer, no answer is an error of ours, and accepted events are in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

import jwt
import psycopg
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack import Stack
from tests.end_to_end.clients import Rep, identity, new_call_sid
from tests.end_to_end.openapi import DESCRIPTION
from tests.endpoints import FORM, sign
from tests.soak import SOAK, figure, scaled

Pairs = list[tuple[str, str]]

# Few calls, so that several events are of the same call. Each has legs of its own, as at Twilio.
AGENTS = [new_call_sid() for _ in range(scaled(4, 40))]
LEADS = {new_call_sid(): agent for agent in AGENTS for _ in range(2)}

anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
numbers = st.sampled_from(["+15005550006", "(415) 555-2671", "+19005551234", "+442079460000", ""])
statuses = st.sampled_from(
    [
        "queued", "initiated", "ringing", "answered", "in-progress",
        "completed", "busy", "no-answer", "failed", "canceled",
    ]
)  # fmt: skip
counts = st.integers(-1, 4).map(str) | st.sampled_from(["99999999999", "1.5", "٣", ""])
times = st.sampled_from(
    ["Sat, 22 Nov 2026 10:00:00 +0000", "Sat, 22 Nov 2026 10:00:03 +2359", "yesterday", ""]
)


recordings = st.sampled_from([f"RE{number:032x}" for number in range(4)])
recording_statuses = st.sampled_from(["in-progress", "completed", "absent"])


def of_a_leg(sid: str) -> Pairs:
    parent = LEADS.get(sid)
    return [("CallSid", sid)] + ([("ParentCallSid", parent)] if parent else [])


legs = st.sampled_from([*AGENTS, *LEADS]).map(of_a_leg)
agents = st.sampled_from(AGENTS)
EVENT = {
    "SequenceNumber": counts | anything,
    "CallDuration": counts,
    "Duration": counts,
    "Timestamp": times | anything,
    "Called": numbers,
}
odd = st.lists(
    st.tuples(anything | st.sampled_from(["To", "CallStatus", "\x00"]), anything), max_size=4
)


def fields(
    known: dict[str, st.SearchStrategy[str]], **needed: st.SearchStrategy[str]
) -> st.SearchStrategy[Pairs]:
    """A form with the needed parameters, some of the known ones, and some unknown ones."""
    chosen = st.fixed_dictionaries(needed, optional=known).map(lambda form: list(form.items()))
    return st.tuples(chosen, odd).map(lambda both: both[0] + both[1])


@pytest.fixture(scope="module")
def caller(stack: Stack) -> str:
    claims = jwt.decode(Rep.sign_in(stack).access_token, options={"verify_signature": False})
    return identity(claims["sub"], stack.env["DEMO_BUSINESS_ID"])


@pytest.fixture(scope="module")
def statuses_seen() -> Iterator[Counter[int]]:
    seen: Counter[int] = Counter()
    yield seen
    counted = ", ".join(f"{count} × {status}" for status, count in sorted(seen.items()))
    figure(f"{seen.total()} generated webhooks through to the database, as described: {counted}")


@pytest.mark.soak
@given(data=st.data())
@settings(
    max_examples=scaled(15, 1500),
    derandomize=not SOAK,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_signed_webhook_is_answered_as_described_and_kept(
    data: st.DataObject, stack: Stack, caller: str, statuses_seen: Counter[int]
) -> None:
    path, pairs = data.draw(
        st.one_of(
            st.tuples(
                st.just("status"),
                legs,
                fields(EVENT | {"From": st.just(caller)}, CallStatus=statuses | anything),
            ),
            st.tuples(
                st.just("twiml"),
                agents.map(of_a_leg),
                fields(
                    {"From": st.just(caller) | anything, "To": numbers | anything}
                    | dict.fromkeys(
                        ("CallerId", "LeadId", "CampaignId", "LeaseToken"), anything | numbers
                    )
                ),
            ),
            st.tuples(
                st.just("twiml?after=dial"),
                agents.map(of_a_leg),
                fields({"DialCallDuration": counts}, DialCallStatus=statuses | anything),
            ),
            st.tuples(
                agents.map(lambda sid: f"recording?call={sid}") | st.just("recording"),
                legs,
                fields(
                    {"RecordingDuration": counts, "ErrorCode": counts, "RecordingChannels": counts}
                    | {"RecordingStartTime": times | anything},
                    RecordingSid=recordings | anything,
                    RecordingStatus=recording_statuses | anything,
                ),
            ),
            st.tuples(
                st.tuples(st.sampled_from(["play", "key", "end"]), agents).map(
                    lambda drawn: f"recording?notice={drawn[0]}&call={drawn[1]}"
                ),
                legs,
                fields({"Digits": st.sampled_from(["9", "5", "#", ""]) | anything}),
            ),
        ).map(lambda drawn: (drawn[0], drawn[1] + drawn[2]))
    )
    form = [("AccountSid", stack.env["TWILIO_ACCOUNT_SID"]), *pairs]
    url = f"{stack.env['PUBLIC_BASE_URL']}/{path}"
    answer = requests.post(
        url,
        data=urlencode(form).encode(),
        headers={
            "Content-Type": FORM,
            "X-Twilio-Signature": sign(stack.env["TWILIO_AUTH_TOKEN"], url, form),
        },
        timeout=60,
    )
    statuses_seen[answer.status_code] += 1
    assert answer.status_code in (200, 204, 400), answer.text
    operation = DESCRIPTION[f"/api/twilio/{path.partition('?')[0]}"]["POST"]
    operation.validate_response(answer)

    if answer.status_code == 204 and path.startswith("status"):
        sent = dict(reversed(form))
        with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
            kept = connection.execute(
                "select count(*) from public.call_events where call_sid = %s and status = %s"
                " and source = 'status_callback'",
                [sent["CallSid"], sent["CallStatus"].replace("\x00", "\ufffd")[:64]],
            ).fetchone()
        assert kept is not None
        assert kept[0] >= 1

"""Attacks the webhooks: a rotation of the auth token under traffic, and signed and unsigned
nonsense in every part of a request."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tests.attack.deployment import ACCOUNT_SID, Project, functions
from tests.soak import SOAK, figure, scaled

OLD, NEW = 32 * "a", 32 * "c"
generated = settings(
    max_examples=scaled(100, 5000), derandomize=not SOAK, deadline=None, database=None
)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    made = Project()
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def address(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with functions(project, tmp_path_factory.mktemp("functions")) as address:
        yield address


def callback(address: str, auth_token: str, **changes: str) -> httpx.Response:
    """A status callback, as Twilio signs it."""
    params = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": f"CA{uuid.uuid4().hex}",
        "CallStatus": "ringing",
        "SequenceNumber": "1",
        **changes,
    }
    url = f"{address}/status"
    signature = RequestValidator(auth_token).compute_signature(url, params)
    return httpx.post(url, data=params, headers={"X-Twilio-Signature": signature}, timeout=15)


def test_an_auth_token_is_rotated_without_a_rejected_callback(
    project: Project, tmp_path: Path
) -> None:
    """Twilio signs with the primary token alone: the old one until the new one is promoted."""
    deployments = (
        ({"TWILIO_AUTH_TOKEN": OLD}, [OLD]),
        ({"TWILIO_AUTH_TOKEN": OLD, "TWILIO_AUTH_TOKEN_NEXT": NEW}, [OLD, NEW]),
        ({"TWILIO_AUTH_TOKEN": NEW}, [NEW]),
    )
    each = scaled(20, 1000)
    answers = []
    for number, (variables, signed_with) in enumerate(deployments):
        with functions(project, tmp_path, **variables) as address:
            for auth_token in signed_with:
                answers += [callback(address, auth_token).status_code for _ in range(each)]
            if number != 1:
                retired = NEW if number == 0 else OLD
                assert callback(address, retired).status_code == 403
    assert set(answers) == {204}
    figure(f"rotation: {len(answers)} callbacks over three deployments, none rejected")


def test_another_account_is_refused_and_costs_no_database_request(
    project: Project, address: str
) -> None:
    before = len(project.database_requests)
    assert callback(address, OLD, AccountSid=f"AC{32 * '9'}").status_code == 403
    assert len(project.database_requests) == before


@generated
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]),
    st.sampled_from(["token", "twiml", "status", "twiml?after=dial", "status?conversationId=x"]),
    st.binary(max_size=300),
    st.sampled_from(["", FORM, "application/json", "multipart/form-data", "text/xml", ";;=\xff"]),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="#"), max_size=40
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
)
def test_no_request_without_a_signature_does_anything(
    project: Project, address: str, method: str, path: str, body: bytes, kind: str, query: str,
    signature: str,
) -> None:  # fmt: skip
    before = len(project.database_requests)
    separator = "&" if "?" in path else "?"
    answer = httpx.request(
        method,
        f"{address}/{path}{separator}{query}",
        content=body,
        headers={
            b"Content-Type": kind.encode("latin-1"),
            b"X-Twilio-Signature": signature.encode(),
        },
        timeout=15,
    )
    assert answer.status_code < 500, answer.text
    assert len(project.database_requests) == before


@generated
@given(
    st.sampled_from(["status", "twiml"]),
    st.dictionaries(
        st.sampled_from(
            ["CallSid", "ParentCallSid", "CallStatus", "SequenceNumber", "Timestamp",
             "CallDuration", "Duration", "From", "DialCallStatus", "Called", "Unknown"]
        ),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
        max_size=8,
    ),
)  # fmt: skip
def test_no_signed_form_is_ever_an_error_of_ours(
    address: str, path: str, params: dict[str, str]
) -> None:
    signed = {"AccountSid": ACCOUNT_SID, **params}
    url = f"{address}/{path}"
    signature = RequestValidator(OLD).compute_signature(url, signed)
    answer = httpx.post(url, data=signed, headers={"X-Twilio-Signature": signature}, timeout=15)
    assert answer.status_code in (200, 204, 400), answer.text

"""Access tokens: from Twilio's library, and broken in every way that has an error code."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
import pytest

from simulator.protocol.access_token import TokenRefused, verify
from tests.simulator.lab import ACCOUNT_SID, APP_SID, KEY, access_token, account

NOW = 1_800_000_000
HEADER: Mapping[str, str | None] = {"cty": "twilio-fpa;v=1"}


def claims(**changes: object) -> dict[str, object]:
    good: dict[str, object] = {
        "jti": f"{KEY.sid}-{NOW}",
        "iss": KEY.sid,
        "sub": ACCOUNT_SID,
        "nbf": NOW,
        "exp": NOW + 3600,
        "grants": {"identity": "user_1", "voice": {"outgoing": {"application_sid": APP_SID}}},
    }
    return good | changes


def grants(identity: object = "user_1", app_sid: object = APP_SID) -> dict[str, object]:
    return {"identity": identity, "voice": {"outgoing": {"application_sid": app_sid}}}


@dataclass
class Bad:
    code: int
    claims: dict[str, object] = field(default_factory=claims)
    header: Mapping[str, str | None] = field(default_factory=lambda: HEADER)
    secret: str = KEY.secret
    algorithm: str = "HS256"


def test_a_token_of_twilios_library_is_accepted() -> None:
    grant = verify(access_token("user_7"), account())
    assert grant.identity == "user_7"
    assert grant.outgoing_app().sid == APP_SID
    assert not grant.can_be_called
    assert 3590 < grant.expires_at - time.time() <= 3600


@pytest.mark.parametrize("identity", [{}, {"identity": None}, {"identity": ""}])
def test_a_caller_without_an_identity_is_anonymous_and_cannot_be_called(
    identity: dict[str, object],
) -> None:
    voice = {"outgoing": {"application_sid": APP_SID}, "incoming": {"allow": True}}
    body = claims(grants={"voice": voice} | identity)
    token = jwt.encode(body, KEY.secret, algorithm="HS256", headers=dict(HEADER))
    grant = verify(token, account(), now=NOW)
    assert (grant.identity, grant.can_be_called) == ("Anonymous", False)


def test_a_token_may_allow_incoming_calls_alone() -> None:
    grant = verify(access_token("user_7", app_sid=None, incoming=True), account())
    assert (grant.identity, grant.can_be_called) == ("user_7", True)
    with pytest.raises(TokenRefused) as refused:
        grant.outgoing_app()
    assert (refused.value.code, refused.value.signalling_code) == (20106, 31201)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Bad(20102, header={}), id="no content type"),
        pytest.param(Bad(20102, header={"cty": "twilio-fpa;v=2"}), id="other content type"),
        pytest.param(Bad(20102, algorithm="HS512"), id="other algorithm"),
        pytest.param(Bad(20103, claims(iss="SK" + "9" * 32)), id="unknown key"),
        pytest.param(Bad(20103, claims(sub="AC" + "9" * 32)), id="other account"),
        pytest.param(Bad(20103, claims(iss=None)), id="no issuer"),
        pytest.param(Bad(20107, secret="x" * 64), id="wrong secret"),
        pytest.param(Bad(20104, claims(exp=NOW)), id="expired this second"),
        pytest.param(Bad(20104, claims(exp=NOW + 86401)), id="more than a day"),
        pytest.param(Bad(20101, claims(exp=None)), id="no expiry"),
        pytest.param(Bad(20101, claims(exp="tomorrow")), id="expiry of letters"),
        pytest.param(Bad(20105, claims(nbf=NOW + 1)), id="not yet valid"),
        pytest.param(Bad(20106, claims(grants=grants(identity=7))), id="identity of digits"),
        pytest.param(Bad(20106, claims(grants=grants(app_sid="AP0"))), id="unknown app"),
        pytest.param(Bad(20106, claims(grants={"identity": "user_1"})), id="no voice grant"),
        pytest.param(Bad(20106, claims(grants=None)), id="no grants"),
    ],
)
def test_a_bad_token_is_refused_with_twilios_code(bad: Bad) -> None:
    body = {name: value for name, value in bad.claims.items() if value is not None}
    token = jwt.encode(
        body,
        bad.secret.ljust(64, " ") if bad.algorithm == "HS512" else bad.secret,
        algorithm=bad.algorithm,
        headers=dict(bad.header),
    )
    with pytest.raises(TokenRefused) as refused:
        verify(token, account(), now=NOW)
    assert refused.value.code == bad.code


def test_a_day_is_the_longest_life() -> None:
    token = jwt.encode(claims(exp=NOW + 86400), KEY.secret, algorithm="HS256", headers=dict(HEADER))
    assert verify(token, account(), now=NOW).expires_at == NOW + 86400


def test_an_unsigned_token_is_refused() -> None:
    token = jwt.encode(claims(), "", algorithm="none", headers=dict(HEADER))
    with pytest.raises(TokenRefused) as refused:
        verify(token, account(), now=NOW)
    assert refused.value.code == 20102


@pytest.mark.parametrize("token", ["", "abc", "a.b.c", "é.é.é"])
def test_text_that_is_not_a_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verify(token, account(), now=NOW)
    assert refused.value.code == 20101

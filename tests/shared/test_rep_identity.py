"""The identity of a rep, in access tokens and in webhooks."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.rep_identity import Rep, parse_caller
from tests.endpoints import BUSINESS_ID, IDENTITY, USER_ID


@settings(max_examples=50, database=None)
@given(st.uuids(), st.uuids())
def test_an_identity_names_the_rep_it_was_made_for(user_id: UUID, business_id: UUID) -> None:
    rep = Rep(user_id, business_id)
    assert parse_caller(f"client:{rep.identity}") == rep


def test_an_identity_is_what_every_voice_sdk_accepts() -> None:
    assert Rep(UUID(USER_ID), UUID(BUSINESS_ID)).identity == IDENTITY
    assert re.fullmatch(r"user_[0-9a-f]{32}_[0-9a-f]{32}", IDENTITY)
    assert re.fullmatch(r"[A-Za-z0-9_]{1,121}", Rep(uuid4(), uuid4()).identity)


@pytest.mark.parametrize(
    "caller",
    [
        "",
        IDENTITY,
        f"client:{IDENTITY} ",
        f" client:{IDENTITY}",
        f"client:{IDENTITY}\n",
        f"client:{IDENTITY}0",
        f"client:{IDENTITY[:-1]}",
        f"Client:{IDENTITY}",
        f"client:{IDENTITY.upper()}",
        f"client:client:{IDENTITY}",
        f"client:{IDENTITY},client:{IDENTITY}",
        f"client:user_{USER_ID}_{BUSINESS_ID}",
        f"client:user_{BUSINESS_ID.replace('-', '')}",
        "client:alice",
        "client:",
        "+14155552671",
        "sip:rep@example.com",
        "client:user_" + "٠" * 32 + "_" + "0" * 32,
    ],
)
def test_no_other_caller_is_a_rep(caller: str) -> None:
    assert parse_caller(caller) is None


@settings(max_examples=100, database=None)
@given(st.text())
def test_no_text_is_a_rep(text: str) -> None:
    assert parse_caller(f"client:{text}") is None

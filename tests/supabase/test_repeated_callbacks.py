"""Callbacks that come twice are noted, once each, where only an operator sees them."""

from __future__ import annotations

import pytest

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    begin_call,
    fetch,
    new_call_sid,
    record_event,
)


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def repeated(db: Connection) -> list[tuple[object, ...]]:
    query = "select call_sid, status, sequence_number from private.repeated_callbacks order by 2"
    return [tuple(row.values()) for row in fetch(db, query)]


def test_a_callback_that_comes_again_is_noted_once(db: Connection, tenant: Tenant) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent)
    record_event(db, agent, lead, "initiated", 0)
    record_event(db, agent, lead, "ringing", None)
    assert repeated(db) == []
    for _ in range(3):
        record_event(db, agent, lead, "ringing", None)
    record_event(db, agent, lead, "initiated", 0)
    assert repeated(db) == [(lead, "initiated", 0), (lead, "ringing", -1)]


def test_a_callback_of_a_call_that_has_not_begun_is_noted_too(db: Connection) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    record_event(db, agent, lead, "ringing", 1)
    record_event(db, agent, lead, "ringing", 1)
    assert repeated(db) == [(lead, "ringing", 1)]

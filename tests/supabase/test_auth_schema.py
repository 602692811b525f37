"""On hosted Supabase, a grant on schema `auth` to a role that a migration made has no effect. So
the endpoints' own roles must work without it."""

from __future__ import annotations

import re

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb

from tests.supabase.tenants import (
    Connection,
    add_tenant,
    as_role,
    attempt,
    begin_call,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
)

OUR_ROLES = ("call_webhook", "call_reconciler")


@pytest.fixture
def db(db: Connection) -> Connection:
    """As on a hosted project, whatever the local stack grants."""
    for kind in ("schema auth", "all tables in schema auth", "all functions in schema auth"):
        db.execute(f"revoke all on {kind} from public, {', '.join(OUR_ROLES)}".encode())
    # Supabase's own roles, who have it through PUBLIC.
    db.execute("grant execute on all functions in schema auth to postgres, authenticated")
    return db


@pytest.mark.parametrize("role", OUR_ROLES)
def test_our_roles_reach_nothing_in_it(db: Connection, role: str) -> None:
    for statement in ("select auth.uid()", "select auth.jwt()", "select from auth.users"):
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute(statement.encode())


def test_calls_begin_end_and_are_settled_without_it(db: Connection) -> None:
    ours = add_tenant(db, 1)

    placed, lead = new_call_sid(), new_call_sid()
    assert begin_call(db, ours, placed, campaign_id=ours.campaign_id)["block_reason"] is None
    for status, number in (("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3)):
        assert record_event(db, placed, lead, status, number, duration_seconds=7)["new"]
    record_event(db, placed, placed, "completed", source="dial_action")
    assert conversation(db, placed)["status"] == "completed"

    refused = begin_call(db, ours, new_call_sid(), to=dialled("+19005550100", "premium_rate"))
    assert refused["block_reason"] == "number_type_not_allowed"

    # Its beginning comes last, and ties it to its lead, which is recorded.
    late = new_call_sid()
    rep = f"client:user_{ours.user_id.hex}_{ours.business_id.hex}"
    record_event(db, late, late, "completed", 0, payload={"From": rep, "To": ours.lead_number})
    begin_call(db, ours, late)
    (change,) = fetch(db, "select changed_by from public.conversation_changes")
    assert change == {"changed_by": None}

    lost, lost_lead = new_call_sid(), new_call_sid()
    begin_call(db, ours, lost)
    db.execute("update private.unsettled_calls set next_check_at = now()")
    legs: list[dict[str, object]] = [
        {"call_sid": sid, "status": "completed", "ended_at": None, "payload": {}}
        for sid in (lost, lost_lead)
    ]
    with as_role(db, "call_reconciler"):
        (claimed,) = fetch(db, "select public.claim_unsettled_calls(50, 30) -> 'calls' as calls")
        assert lost in str(claimed["calls"])
        db.execute("select public.settle_call(%s, %s)", (lost, Jsonb(legs)))
        db.execute("select public.pause_reconciliation(1)")
    assert conversation(db, lost)["status"] == "completed"


def test_what_our_roles_execute_asks_for_nothing_in_it(db: Connection) -> None:
    """Functions with their owner's rights may: they run as postgres, who may read the schema."""
    bodies = fetch(
        db,
        "select distinct proname, prosrc from pg_proc, unnest(%s::text[]) as role"
        " where pronamespace::regnamespace::text in ('public', 'private') and not prosecdef"
        " and has_function_privilege(role, pg_proc.oid, 'execute')",
        list(OUR_ROLES),
    )
    assert len(bodies) > 10
    assert [body["proname"] for body in bodies if re.search(r"\bauth\.", body["prosrc"])] == []
    policies = fetch(
        db,
        "select policyname, concat(qual, with_check) as condition from pg_policies"
        " where roles && %s::name[]",
        list(OUR_ROLES),
    )
    assert len(policies) > 10
    assert [policy for policy in policies if "auth." in policy["condition"]] == []


def test_the_postgres_role_reads_it_as_on_hosted_projects(db: Connection) -> None:
    """Migrations run as postgres, who owns the functions that read users and sessions."""
    (may,) = fetch(
        db,
        "select has_schema_privilege('postgres', 'auth', 'usage')"
        " and has_table_privilege('postgres', 'auth.users', 'select')"
        " and has_table_privilege('postgres', 'auth.sessions', 'select') as read",
    )
    assert may == {"read": True}

"""The role of the reconciler: a webhook endpoint that also sees which calls are unsettled."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from stack.postgres import Postgres
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    as_role,
    attempt,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
    scratch_database,
)

OURS = ("claim_unsettled_calls(50, 30)", "settle_call('CA1', null)", "pause_reconciliation(1)")
LISTS = ("private.unsettled_calls", "private.reconciliation")
CALL_TABLES = ("conversations", "call_legs", "call_events")


def test_only_postgrest_may_become_it_and_its_statements_end_in_four_seconds(
    db: Connection,
) -> None:
    (role,) = fetch(
        db, "select rolcanlogin, rolconfig from pg_roles where rolname = 'call_reconciler'"
    )
    assert role == {"rolcanlogin": False, "rolconfig": ["statement_timeout=4s"]}
    members = fetch(
        db,
        "select member::regrole::text as member from pg_auth_members"
        " where roleid = 'call_reconciler'::regrole and set_option",
    )
    assert [row["member"] for row in members] == ["authenticator"]


def test_the_api_offers_it_what_it_offers_webhooks_and_three_functions_more(
    db: Connection,
) -> None:
    offered = fetch(
        db,
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('call_reconciler', oid, 'execute') order by 1",
    )
    assert [row["proname"] for row in offered] == [
        "begin_call",
        "claim_unsettled_calls",
        "continue_call",
        "note_call_action",
        "note_recording_action",
        "pause_reconciliation",
        "record_call_event",
        "settle_call",
    ]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "call_webhook"])
def test_nobody_else_sees_the_list_or_settles_a_call(db: Connection, role: str) -> None:
    for function in OURS:
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute(sql.SQL("select public.{}").format(sql.SQL(function)))
    for table in LISTS:
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute(sql.SQL("select from {}").format(sql.SQL(table)))


def test_it_sees_only_the_call_that_it_settles(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    for tenant in (ours, theirs):
        agent = new_call_sid()
        begin_call(db, tenant, agent)
        record_event(db, agent, new_call_sid(), "ringing", 1)
    db.execute("update private.unsettled_calls set next_check_at = now()")

    def seen() -> dict[str, int]:
        return {
            table: db.execute(
                sql.SQL("select from public.{}").format(sql.Identifier(table))
            ).rowcount
            for table in CALL_TABLES
        }

    assert min(seen().values()) > 1
    with as_role(db, "call_reconciler"):
        assert seen() == dict.fromkeys(CALL_TABLES, 0)
        db.execute("select public.claim_unsettled_calls(50, 30)")
        assert seen() == dict.fromkeys(CALL_TABLES, 0)
        db.execute("select public.settle_call(%s, '[]')", (agent,))
        assert seen() == dict.fromkeys(CALL_TABLES, 0)


def test_an_event_of_our_call_does_not_change_a_leg_of_another_call(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    agent, other, lead = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, ours, agent)
    begin_call(db, theirs, other)
    record_event(db, other, lead, "in-progress", 2)
    before = conversation(db, other)
    with as_role(db, "call_reconciler"):
        db.execute(
            "select public.settle_call(%s, jsonb_build_array(jsonb_build_object("
            "'call_sid', %s::text, 'status', 'failed', 'payload', '{}'::jsonb)))",
            (agent, lead),
        )
    assert conversation(db, other) == before
    legs = fetch(db, "select status from public.call_legs where call_sid = %s", lead)
    assert legs == [{"status": "in-progress"}]


def test_a_callback_does_not_wait_for_a_run(postgres: Postgres) -> None:
    """A run that has claimed a call, and has not committed, is in no callback's way for long: the
    claim is one statement. What it asks Twilio happens outside of any transaction."""
    with scratch_database(postgres, "ways") as url, psycopg.connect(url) as one:
        tenant = add_tenant(one, 1)
        agent = new_call_sid()
        one.execute("delete from private.unsettled_calls")
        begin_call(one, tenant, agent)
        one.execute("update private.unsettled_calls set next_check_at = now()")
        one.commit()
        with as_role(one, "call_reconciler"):
            one.execute("select public.claim_unsettled_calls(50, 30)")
        with psycopg.connect(url, options="-c lock_timeout=2s") as callback:
            # An event that does not change a date on the list.
            record_event(callback, agent, new_call_sid(), "in-progress", 2)

"""The role of the webhook endpoints: a few functions, and inside them the one call they name."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    attempt,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)

READABLE = (
    "businesses",
    "business_members",
    "leads",
    "campaigns",
    "phone_numbers",
    "do_not_call",
    "conversations",
    "call_legs",
    "call_events",
)
CALL_TABLES = READABLE[-3:]


@dataclass(frozen=True)
class Calls:
    """A call in each of two businesses, with a leg and events, and an event that waits."""

    ours: Tenant
    theirs: Tenant
    call: str
    other: str
    unknown: str


@pytest.fixture
def calls(db: Connection) -> Calls:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    call, other, unknown = new_call_sid(), new_call_sid(), new_call_sid()
    for tenant, agent in ((ours, call), (theirs, other)):
        db.execute(
            "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
            (tenant.business_id, "+14155550199"),
        )
        begin_call(db, tenant, agent)
        record_event(db, agent, new_call_sid(), "ringing", 1)
    record_event(db, unknown, new_call_sid(), "ringing", 1)
    return Calls(ours, theirs, call, other, unknown)


def rows_seen(db: Connection) -> dict[str, int]:
    """How many rows of each table the role of the connection sees now."""
    return {
        table: db.execute(sql.SQL("select from public.{}").format(sql.Identifier(table))).rowcount
        for table in READABLE
    }


NOTHING = dict.fromkeys(READABLE, 0)


def test_only_postgrest_and_the_reconciler_may_become_it_and_its_statements_end_in_four_seconds(
    db: Connection,
) -> None:
    (role,) = fetch(
        db, "select rolcanlogin, rolconfig from pg_roles where rolname = 'call_webhook'"
    )
    assert role == {"rolcanlogin": False, "rolconfig": ["statement_timeout=4s"]}
    members = fetch(
        db,
        "select member::regrole::text as member from pg_auth_members"
        " where roleid = 'call_webhook'::regrole and set_option order by 1",
    )
    assert [row["member"] for row in members] == ["authenticator", "call_reconciler"]


def test_a_request_of_authenticator_can_become_it(db: Connection) -> None:
    db.execute("set session authorization authenticator")
    db.execute("set local role call_webhook")
    assert db.execute("select current_user").fetchone() == ("call_webhook",)


def test_the_api_offers_it_five_functions_and_no_way_to_name_a_call(db: Connection) -> None:
    """What `set_config` could do is for a session in SQL: it lives in pg_catalog, which PostgREST
    does not serve, as the schema of private.enter_call."""
    offered = fetch(
        db,
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('call_webhook', oid, 'execute') order by 1",
    )
    assert [row["proname"] for row in offered] == [
        "begin_call",
        "continue_call",
        "note_call_action",
        "note_recording_action",
        "record_call_event",
    ]


def test_without_a_call_it_sees_no_row_of_any_table(db: Connection, calls: Calls) -> None:
    assert min(rows_seen(db).values()) > 0
    with as_role(db, "call_webhook"):
        assert rows_seen(db) == NOTHING


@pytest.mark.parametrize("table", ["public.token_grants", "auth.users", "auth.sessions"])
def test_some_tables_are_closed_to_it(db: Connection, table: str) -> None:
    db.execute("set local role call_webhook")
    with pytest.raises(InsufficientPrivilege):
        db.execute(sql.SQL("select from {}").format(sql.Identifier(*table.split("."))))


@pytest.mark.parametrize("function", ["grant_access_token(null, 3600)", "preview_call"])
def test_it_gets_no_token_and_no_preview(db: Connection, function: str) -> None:
    call = function if "(" in function else f"{function}(null, '{{}}', null, null, null)"
    db.execute("set local role call_webhook")
    with pytest.raises(InsufficientPrivilege):
        db.execute(f"select public.{call}")


def begins(db: Connection, calls: Calls) -> None:
    assert begin_call(db, calls.ours, new_call_sid())["block_reason"] is None


def is_refused(db: Connection, calls: Calls) -> None:
    answer = begin_call(db, calls.ours, new_call_sid(), caller_id="+14155559999")
    assert answer["block_reason"] == "caller_id_not_owned"


def begins_again(db: Connection, calls: Calls) -> None:
    begin_call(db, calls.ours, calls.call)


def is_told_of(db: Connection, calls: Calls) -> None:
    assert record_event(db, calls.call, new_call_sid(), "in-progress", 2)["new"]


def is_told_of_again(db: Connection, calls: Calls) -> None:
    for _ in range(2):
        record_event(db, calls.call, calls.call, "completed", 0)


def is_told_of_too_early(db: Connection, calls: Calls) -> None:
    assert record_event(db, calls.unknown, calls.unknown, "in-progress", 2)["new"]


def fails(db: Connection, calls: Calls) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), attempt(db):
        record_event(db, calls.call, new_call_sid(), "ringing", 1, source="elsewhere")


@pytest.mark.parametrize(
    "happens",
    [begins, is_refused, begins_again, is_told_of, is_told_of_again, is_told_of_too_early, fails],
)
def test_after_its_function_nothing_of_the_call_can_be_seen(
    db: Connection, calls: Calls, happens: Callable[[Connection, Calls], None]
) -> None:
    happens(db, calls)
    with as_role(db, "call_webhook"):
        assert rows_seen(db) == NOTHING
        named = db.execute(
            "select current_setting('henk.call_sid', true),"
            " current_setting('henk.business_id', true)"
        ).fetchone()
        assert named is not None
        assert not any(named)


def enter(db: Connection, calls: Calls) -> None:
    """Enters a call as the SQL functions do. Any SQL session could do this, for any call and
    business. Over REST it is not possible."""
    db.execute("set local role call_webhook")
    db.execute("select private.enter_call(%s, %s)", (calls.call, calls.ours.business_id))


def test_inside_it_sees_the_call_it_named_and_its_business(db: Connection, calls: Calls) -> None:
    enter(db, calls)
    for table in READABLE:
        column = {"businesses": "id"}.get(table, "business_id")
        seen = fetch(db, f"select distinct {column} as business from public.{table}")
        assert seen == [{"business": calls.ours.business_id}], table
    assert fetch(db, "select call_sid from public.conversations") == [{"call_sid": calls.call}]
    assert fetch(db, "select distinct agent_call_sid as sid from public.call_events") == [
        {"sid": calls.call}
    ]
    db.execute("select private.leave_call()")
    assert rows_seen(db) == NOTHING


def test_inside_it_sees_no_other_call_of_the_same_business(db: Connection, calls: Calls) -> None:
    begin_call(db, calls.ours, new_call_sid())
    enter(db, calls)
    seen = rows_seen(db)
    # The agent's leg and the lead's, and the one event.
    assert [seen[table] for table in CALL_TABLES] == [1, 2, 1]


def test_an_event_alone_shows_nothing_of_any_business(db: Connection, calls: Calls) -> None:
    """record_call_event names no business: it has nothing to decide."""
    db.execute("set local role call_webhook")
    db.execute("select private.enter_call(%s, null)", (calls.call,))
    seen = rows_seen(db)
    assert [seen[table] for table in READABLE if table not in CALL_TABLES] == [0] * 6


@pytest.mark.parametrize(
    "statement",
    [
        "update public.conversations set status = 'failed' where call_sid = '{other}'",
        "update public.call_legs set status = 'failed' where call_sid = '{other}'",
        "update public.call_events set conversation_id = null where agent_call_sid = '{other}'",
        # Not even an event of its own call, after it was attached.
        "update public.call_events set conversation_id = null where agent_call_sid = '{call}'",
        "update public.call_events set conversation_id = null where agent_call_sid = '{unknown}'",
    ],
)
def test_inside_it_changes_only_its_call(db: Connection, calls: Calls, statement: str) -> None:
    filled = statement.format(call=calls.call, other=calls.other, unknown=calls.unknown)
    with attempt(db):
        assert db.execute(filled).rowcount > 0
    enter(db, calls)
    assert db.execute(filled).rowcount == 0


@pytest.mark.parametrize(
    ("statement", "reached"),
    [
        ("update public.conversations set status = 'failed'", 1),
        ("update public.call_legs set status = 'failed'", 2),
        ("update public.call_events set conversation_id = null", 0),
    ],
)
def test_inside_it_changes_only_its_call_even_if_it_reads_no_column(
    db: Connection, calls: Calls, statement: str, reached: int
) -> None:
    """An update that reads no column is held by the policy for updates alone."""
    begin_call(db, calls.ours, new_call_sid())
    enter(db, calls)
    assert db.execute(statement).rowcount == reached


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.conversations (business_id, status, to_number, call_sid)"
        " values ('{business}', 'queued', '+14155550100', 'CAnew')",
        "insert into public.call_events (call_sid, agent_call_sid, source, status, payload)"
        " values ('CAnew', '{other}', 'status_callback', 'ringing', '{{}}')",
        "insert into public.call_legs (business_id, conversation_id, call_sid, role, status)"
        " values ('{business}', '{other_id}', 'CAnew', 'lead', 'ringing')",
        "update public.conversations set call_sid = 'CAnew'",
        "update public.conversations set notes = 'Called'",
        "update public.call_legs set conversation_id = '{other_id}'",
        "update public.call_events set payload = '{{}}'",
        "delete from public.conversations",
        "delete from public.call_events",
        "delete from public.call_legs",
        "insert into public.leads (business_id, name) values ('{business}', 'A lead')",
        "update public.do_not_call set reason = 'none'",
        "delete from public.do_not_call",
    ],
)
def test_inside_it_may_not(db: Connection, calls: Calls, statement: str) -> None:
    filled = statement.format(
        other=calls.other,
        other_id=conversation(db, calls.other)["id"],
        business=calls.ours.business_id,
    )
    # Privileges do not stop a superuser, but some of these statements break a key as well.
    with suppress(psycopg.errors.IntegrityError), attempt(db):
        db.execute(filled)
    enter(db, calls)
    with pytest.raises(InsufficientPrivilege):
        db.execute(filled)


def test_the_call_named_before_does_not_help_the_next(db: Connection, calls: Calls) -> None:
    """Two requests in one transaction is more than PostgREST does, and still no leak."""
    begin_call(db, calls.theirs, calls.other)
    answer = begin_call(db, calls.ours, new_call_sid(), lead_id=calls.theirs.lead_id)
    assert answer["block_reason"] == "unknown_lead"


def test_a_repeated_delivery_cannot_fetch_a_call_under_another_business(
    db: Connection, calls: Calls
) -> None:
    """The row that exists decides. What the second delivery claims changes nothing."""
    first = conversation(db, calls.call)
    begin_call(db, calls.theirs, calls.call, user_id=uuid.uuid4())
    assert conversation(db, calls.call) == first

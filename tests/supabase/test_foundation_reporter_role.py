"""The role of the endpoint of reports: it starts folds, and sees nothing."""

from __future__ import annotations

import pytest
from psycopg.errors import InsufficientPrivilege

from tests.supabase.tenants import Connection, as_role, attempt, fetch


def test_it_starts_folds_and_does_nothing_else(db: Connection) -> None:
    offered = fetch(
        db,
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('call_reporter', oid, 'execute')",
    )
    assert [row["proname"] for row in offered] == ["fold_reports"]
    readable = fetch(
        db,
        "select oid::regclass::text as name from pg_class"
        " where relnamespace::regnamespace::text in ('public', 'private', 'auth')"
        " and relkind in ('r', 'v') and has_any_column_privilege('call_reporter', oid, 'select')",
    )
    assert readable == []
    for role in ("authenticated", "anon", "call_webhook", "call_recorder"):
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute("select public.fold_reports(1)")


def test_only_postgrest_may_become_it_and_its_statements_end_in_ten_seconds(
    db: Connection,
) -> None:
    (role,) = fetch(
        db,
        "select rolcanlogin, rolinherit, rolconfig from pg_roles where rolname = 'call_reporter'",
    )
    assert role == {
        "rolcanlogin": False,
        "rolinherit": False,
        "rolconfig": ["statement_timeout=10s"],
    }
    members = fetch(
        db,
        "select member::regrole::text from pg_auth_members"
        " where roleid = 'call_reporter'::regrole and set_option",
    )
    assert [row["member"] for row in members] == ["authenticator"]

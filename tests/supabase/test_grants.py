"""Every privilege that anybody except the owner has is listed in tests/contracts.py: a grant,
policy, table or function that is not listed there fails, and so does one that is gone."""

from __future__ import annotations

import psycopg
import pytest

from stack.migrations import push
from stack.postgres import Postgres
from tests.contracts import API_ROLES, POLICIES
from tests.supabase.privileges import LISTED, OURS, not_hardened, unlisted
from tests.supabase.tenants import Connection, attempt, fetch


@pytest.mark.parametrize("kind", LISTED)
def test_every_grant_is_listed_and_every_listed_grant_is_there(db: Connection, kind: str) -> None:
    find, expected = LISTED[kind]
    assert find(db) == expected


def test_every_policy_is_listed_and_every_listed_policy_is_there(db: Connection) -> None:
    rows = fetch(
        db,
        "select schemaname || '.' || tablename as name, policyname, lower(cmd) as command,"
        " array_to_string(roles, ',') as role from pg_policies"
        " where schemaname in ('public', 'private')",
    )
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["name"], {})[row["policyname"]] = (row["command"], row["role"])
    assert found == POLICIES


def test_every_table_has_policies_and_every_function_is_confined(db: Connection) -> None:
    assert not_hardened(db) == []


STRAY_FUNCTION = "create function public.stray() returns int language sql"


@pytest.mark.parametrize(
    "statement",
    [
        "grant select on public.leads to anon",
        "grant insert on public.leads to authenticated",
        "grant update (status) on public.conversations to authenticated",
        "grant delete on public.conversations to service_role",
        "grant truncate on public.do_not_call to service_role",
        "grant select on public.token_grants to call_webhook",
        "grant select on public.leads to public",
        "grant usage on sequence public.token_grants_id_seq to authenticated",
        "grant usage on schema private to anon",
        "grant create on schema public to authenticated",
        "grant execute on function public.begin_call to authenticated",
        "grant execute on function private.enter_call to public",
        "revoke select on public.leads from authenticated",
        "revoke execute on function public.record_call_event from call_webhook",
        "create table public.stray (id int)",
        "create view public.stray as select 1",
        "create sequence private.stray",
        f"{STRAY_FUNCTION} return 1",
        "drop function public.preview_call",
    ],
)
def test_a_grant_more_or_less_is_noticed(db: Connection, statement: str) -> None:
    with attempt(db):
        db.execute(statement)
        assert unlisted(db) != {}


@pytest.mark.parametrize(
    "statement",
    [
        "alter table public.leads disable row level security",
        "create table public.stray (id int); revoke all on public.stray from public",
        'drop policy "members can read the leads of their business" on public.leads;'
        ' drop policy "a webhook can read the leads of its call\'s business" on public.leads',
        "create policy stray on public.leads for select using (true)",
        "create policy stray on public.leads for select to anon using (true)",
        f"{STRAY_FUNCTION} return 1; revoke execute on function public.stray from public",
        f"{STRAY_FUNCTION} security definer set search_path = '' return 1;"
        " revoke execute on function public.stray from public",
        f"{STRAY_FUNCTION} set search_path = public return 1",
        f"{STRAY_FUNCTION} set search_path = '' return 1",
        "alter function private.decide_call security definer",
        "alter function public.begin_call reset search_path",
    ],
)
def test_an_open_table_or_function_is_noticed(db: Connection, statement: str) -> None:
    with attempt(db):
        db.execute(statement)
        assert not_hardened(db) != []


@pytest.mark.parametrize("role", [*API_ROLES, "report_reader"])
def test_no_role_has_more_than_it_is_granted_itself(db: Connection, role: str) -> None:
    """What is listed is what counts: no role owns anything or is exempt, and only the reconciler
    inherits, from the webhook endpoints, of which it is one."""
    (attributes,) = fetch(
        db,
        "select rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls"
        " from pg_roles where rolname = %s",
        role,
    )
    assert [name for name, has in attributes.items() if has] == (
        ["rolbypassrls"] if role == "service_role" else []
    )
    memberships = fetch(
        db, "select roleid::regrole::text from pg_auth_members where member = %s::regrole", role
    )
    assert [row["roleid"] for row in memberships] == (
        ["call_webhook"] if role == "call_reconciler" else []
    )
    owned = fetch(
        db,
        "select oid::regclass::text from pg_class where relowner = %s::regrole"
        " union all select oid::regprocedure::text from pg_proc where proowner = %s::regrole",
        role,
        role,
    )
    assert owned == []


def test_everything_belongs_to_postgres(db: Connection) -> None:
    """Definer functions and foreign keys run as the owner, who passes row-level security."""
    owners = fetch(
        db,
        f"""
        select distinct pg_get_userbyid(owner) as owner
        from (
          select relowner from pg_class where relnamespace::regnamespace::text in {OURS}
          union all
          select proowner from pg_proc where pronamespace::regnamespace::text in {OURS}
        ) as ours (owner)
        """,
    )
    assert owners == [{"owner": "postgres"}]


@pytest.mark.parametrize("role", ["anon", "service_role"])
def test_the_private_schema_is_closed_to(db: Connection, role: str) -> None:
    db.execute(f"set local role {role}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema private"):
        db.execute("select from private.memberships")


def test_what_a_project_grants_by_default_adds_nothing(postgres: Postgres) -> None:
    """Projects from before 2026-10-30 keep these default privileges: there as here, what the
    migrations grant is all."""
    postgres.create_database("generous")
    try:
        with psycopg.connect(postgres.url("generous", "postgres")) as project:
            for kind in ("tables", "sequences", "functions"):
                project.execute(
                    f"alter default privileges in schema public grant all on {kind}"
                    " to anon, authenticated, service_role"
                )
        push(postgres.url("generous", "postgres"))
        with psycopg.connect(postgres.url("generous")) as project:
            assert unlisted(project) == {}
    finally:
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            admin.execute("drop database generous with (force)")

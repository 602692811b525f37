"""Every privilege that anybody but the owner has, listed: a grant, table or function that is not
listed here fails, as does one that is gone."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from stack.migrations import push
from stack.postgres import Postgres
from tests.supabase.tenants import Connection, attempt, fetch

OURS = ("public", "private")
API_ROLES = ("anon", "authenticated", "service_role", "call_webhook", "call_reconciler")

Grants = dict[str, dict[str, set[str]]]

READ_BY_MEMBERS = {"authenticated": {"select"}}
RUN_BY_OPERATORS = READ_BY_MEMBERS | {
    "service_role": {"select", "insert", "update"},
    "call_webhook": {"select"},
}
WRITTEN_BY_CALLS = READ_BY_MEMBERS | {
    "service_role": {"select"},
    "call_webhook": {"select", "insert"},
}

TABLES: Grants = {
    "public.businesses": RUN_BY_OPERATORS,
    "public.business_members": RUN_BY_OPERATORS
    | {"service_role": {"select", "insert", "update", "delete"}},
    "public.leads": RUN_BY_OPERATORS,
    "public.campaigns": RUN_BY_OPERATORS,
    "public.phone_numbers": RUN_BY_OPERATORS,
    "public.do_not_call": RUN_BY_OPERATORS,
    "public.limit_changes": READ_BY_MEMBERS | {"service_role": {"select"}},
    "public.conversations": WRITTEN_BY_CALLS,
    "public.call_legs": WRITTEN_BY_CALLS,
    "public.call_events": WRITTEN_BY_CALLS,
    "public.token_grants": READ_BY_MEMBERS | {"service_role": {"select"}},
    "private.unsettled_calls": {"call_reconciler": {"select", "delete"}},
    "private.reconciliation": {"call_reconciler": {"select"}},
    "private.memberships": READ_BY_MEMBERS,
}

SEQUENCES: Grants = {
    "public.call_events_id_seq": {},
    "public.token_grants_id_seq": {},
    "public.limit_changes_id_seq": {},
}

LEG_PROGRESS = ("status", "ringing_at", "answered_at", "ended_at", "duration_seconds")
COLUMNS: Grants = {
    **{
        f"public.conversations.{column}": {"authenticated": {"update"}}
        for column in ("outcome", "notes")
    },
    **{
        f"public.conversations.{column}": {"authenticated": {"update"}, "call_webhook": {"update"}}
        for column in ("lead_id", "campaign_id")
    },
    **{
        f"public.conversations.{column}": {"call_webhook": {"update"}}
        for column in (
            "block_reason",
            "from_number",
            "to_number",
            "time_limit_seconds",
            "begun_at",
            "dialed_at",
            *LEG_PROGRESS,
        )
    },
    **{
        f"public.call_legs.{column}": {"call_webhook": {"update"}}
        for column in ("initiated_at", *LEG_PROGRESS)
    },
    **{
        f"public.businesses.{column}": {"authenticated": {"update"}}
        for column in (
            "allowed_countries",
            "calling_hours_start",
            "calling_hours_end",
            "calls_per_rep_per_minute",
            "calls_per_rep_per_day",
            "concurrent_calls",
            "max_call_seconds",
            "token_grants_per_minute",
        )
    },
    **{
        f"public.do_not_call.{column}": {"authenticated": {"insert"}}
        for column in ("business_id", "phone_number", "reason")
    },
    **{
        f"private.{column}": {"call_reconciler": {"update"}}
        for column in (
            "unsettled_calls.next_check_at",
            "unsettled_calls.checks",
            "reconciliation.paused_until",
        )
    },
    "public.call_events.business_id": {"call_webhook": {"update"}},
    "public.call_events.conversation_id": {"call_webhook": {"update"}},
}

FOR_USERS = {"authenticated": {"execute"}}
FOR_WEBHOOKS = {"call_webhook": {"execute"}}
FOR_THE_RECONCILER = {"call_reconciler": {"execute"}}
FUNCTIONS: Grants = {
    "public.claim_unsettled_calls(integer,integer)": FOR_THE_RECONCILER,
    "public.settle_call(text,jsonb)": FOR_THE_RECONCILER,
    "public.pause_reconciliation(integer)": FOR_THE_RECONCILER,
    "private.is_settled(text)": FOR_THE_RECONCILER,
    "private.legs_without_end(text)": FOR_THE_RECONCILER,
    "private.watch_call()": {},
    "public.grant_access_token(uuid,integer)": FOR_USERS,
    "public.preview_call(uuid,jsonb,text,text,text)": FOR_USERS,
    "public.begin_call(text,uuid,uuid,jsonb,text,text,text)": FOR_WEBHOOKS,
    "public.record_call_event(text,text,text,text,integer,timestamp with time zone,integer,"
    "jsonb)": FOR_WEBHOOKS,
    "private.choose_business(uuid)": FOR_USERS,
    "private.log_token_grant(uuid,integer)": FOR_USERS,
    "private.decide_call(uuid,uuid,jsonb,text,text,text)": FOR_USERS | FOR_WEBHOOKS,
    "private.to_uuid(text)": FOR_USERS | FOR_WEBHOOKS,
    "private.call_limit_reached(public.businesses,uuid)": FOR_USERS | FOR_WEBHOOKS,
    "private.is_calling_time(text[],time without time zone,time without time zone,"
    "timestamp with time zone)": FOR_USERS | FOR_WEBHOOKS,
    "private.is_time_zone(text)": FOR_USERS | FOR_WEBHOOKS | {"service_role": {"execute"}},
    "private.note_limit_change()": {},
    "private.call_answer(public.conversations)": FOR_WEBHOOKS,
    "private.call_status_rank(text)": FOR_WEBHOOKS,
    "private.is_final(text)": FOR_WEBHOOKS,
    "private.is_signed_in()": FOR_USERS,
    "private.attach_events(public.conversations)": FOR_WEBHOOKS,
    "private.derive_call(public.conversations)": FOR_WEBHOOKS,
    "private.note_unbegun_call(text)": FOR_WEBHOOKS,
    "private.enter_call(text,uuid)": FOR_WEBHOOKS,
    "private.leave_call()": FOR_WEBHOOKS,
    "private.legs_of_call(text)": FOR_WEBHOOKS,
    "private.webhook_call_sid()": FOR_WEBHOOKS,
    "private.broadcast_conversation()": {},
    "private.touch_updated_at()": {},
}

SCHEMAS: Grants = {
    "private": {"authenticated": {"usage"}, "call_webhook": {"usage"}},
    "public": {
        "PUBLIC": {"usage"},
        "postgres": {"usage"},
        **{role: {"usage"} for role in API_ROLES if role != "call_reconciler"},
    },
}

DEFINER_FUNCTIONS = [
    "private.broadcast_conversation()",
    "private.call_limit_reached(public.businesses,uuid)",
    "private.is_signed_in()",
    "private.log_token_grant(uuid,integer)",
    "private.note_limit_change()",
    "private.watch_call()",
]


def granted(db: Connection, acls: str) -> Grants:
    """``acls``: a query for ``name``, ``owner`` and ``acl``; the owner's rights are left out."""
    # Every name is spelt with its schema.
    db.execute("set local search_path = ''")
    rows = fetch(
        db,
        # A name without a grant keeps its row.
        f"""
        select object.name, lower(entry.privilege_type) as privilege,
          case entry.grantee when 0 then 'PUBLIC' else pg_get_userbyid(entry.grantee) end as grantee
        from ({acls}) as object
        left join lateral aclexplode(object.acl) as entry on entry.grantee <> object.owner
        """,
    )
    found: Grants = {}
    for row in rows:
        of_object = found.setdefault(row["name"], {})
        if row["privilege"] is not None:
            of_object.setdefault(row["grantee"], set()).add(row["privilege"])
    return found


def tables(db: Connection) -> Grants:
    """Views and foreign tables too: whatever PostgREST would serve."""
    return granted(
        db,
        f"""
        select oid::regclass::text as name, relowner as owner,
          coalesce(relacl, acldefault('r', relowner)) as acl
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p', 'v', 'm', 'f')
        """,
    )


def columns(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select attrelid::regclass || '.' || attname as name, relowner as owner, attacl as acl
        from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace::regnamespace::text in {OURS} and attacl is not null
        """,
    )


def sequences(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select oid::regclass::text as name, relowner as owner,
          coalesce(relacl, acldefault('s', relowner)) as acl
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind = 'S'
        """,
    )


def functions(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select oid::regprocedure::text as name, proowner as owner,
          coalesce(proacl, acldefault('f', proowner)) as acl
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
        """,
    )


def schemas(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select nspname as name, nspowner as owner,
          coalesce(nspacl, acldefault('n', nspowner)) as acl
        from pg_namespace where nspname in {OURS}
        """,
    )


LISTED: dict[str, tuple[Callable[[Connection], Grants], Grants]] = {
    "schemas": (schemas, SCHEMAS),
    "tables": (tables, TABLES),
    "columns": (columns, COLUMNS),
    "sequences": (sequences, SEQUENCES),
    "functions": (functions, FUNCTIONS),
}


def unlisted(db: Connection) -> dict[str, Grants]:
    """By kind, what is granted in the database otherwise than it is listed here."""
    differences: dict[str, Grants] = {}
    for kind, (find, expected) in LISTED.items():
        found = find(db)
        for name in found.keys() | expected.keys():
            if found.get(name) != expected.get(name):
                differences.setdefault(kind, {})[name] = found.get(name, {})
    return differences


def not_hardened(db: Connection) -> list[str]:
    """Tables without row-level security; functions with a search path or a definer's rights."""
    rows = fetch(
        db,
        f"""
        select 'no row-level security: ' || oid::regclass as fault
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p')
          and not relrowsecurity
        union all
        select 'row-level security without a policy: ' || oid::regclass
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p')
          and not exists (select from pg_policy where polrelid = pg_class.oid)
        union all
        select 'search path: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
          and not coalesce(proconfig, '{{}}') @> array['search_path=""']
        union all
        select 'definer''s rights: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS} and prosecdef
          and oid::regprocedure <> all (%s::regprocedure[])
        union all
        select 'executable by anyone: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
          and has_function_privilege('anon', oid, 'execute')
        union all
        select 'for everybody: policy ' || polname || ' on ' || polrelid::regclass
        from pg_policy
        where polroles && array[0::oid, 'anon'::regrole, 'service_role'::regrole]
        """,
        DEFINER_FUNCTIONS,
    )
    return [row["fault"] for row in rows]


@pytest.mark.parametrize("kind", LISTED)
def test_every_grant_is_listed_and_every_listed_grant_is_there(db: Connection, kind: str) -> None:
    find, expected = LISTED[kind]
    assert find(db) == expected


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


@pytest.mark.parametrize("role", API_ROLES)
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

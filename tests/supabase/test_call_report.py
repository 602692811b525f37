"""The view for tools outside shows a login the calls of its one business, and users of the API
their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from stack.postgres import Postgres
from stack.settings import CHECKOUT
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    attempt,
    committed_tenant,
    fetch,
)

LOGIN = "test_spreadsheet"


def add_call(db: Connection, tenant: Tenant, user_id: uuid.UUID | None = None) -> str:
    """A call that was folded, with 90 s of talk. Returns its id."""
    measures = [
        row["name"]
        for row in fetch(
            db,
            "select attname as name from pg_attribute"
            " where attrelid = 'public.call_facts'::regclass and attnum > 0 and attnotnull"
            " and atttypid in ('int2'::regtype, 'int4'::regtype)",
        )
    ]
    row: dict[str, object] = dict.fromkeys(measures, 0) | {
        "conversation_id": uuid.uuid4(),
        "business_id": tenant.business_id,
        "user_id": user_id or tenant.user_id,
        "campaign_id": tenant.campaign_id,
        "created_at": "2026-11-20T09:00:00Z",
        "day": "2026-11-20",
        "country": "US",
        "zone_is_estimate": True,
        "outcome": "booked",
        "calls": 1,
        "talk_seconds": 90,
    }
    db.execute(
        sql.SQL("insert into public.call_facts ({}) values ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        ),
        list(row.values()),
    )
    return str(row["conversation_id"])


def statements_of_the_docs(business_id: uuid.UUID) -> str:
    """What docs/exports.md tells an operator to run, for this business."""
    text = (CHECKOUT / "docs" / "exports.md").read_text(encoding="utf-8")
    _, _, section = text.partition("## A login for a tool")
    statements = section.split("```sql\n")[1].split("```")[0]
    return statements.replace("00000000-0000-4000-8000-000000000000", str(business_id))


@contextmanager
def as_login(db: Connection, login: str, business_id: uuid.UUID | None) -> Iterator[None]:
    """While the context lasts, the connection is that of a tool which has signed in."""
    db.execute(sql.SQL("create role {} login in role report_reader").format(sql.Identifier(login)))
    if business_id is not None:
        db.execute(
            "insert into private.report_readers (login, business_id) values (%s, %s)",
            (login, business_id),
        )
    db.execute(sql.SQL("set local session authorization {}").format(sql.Identifier(login)))
    try:
        yield
    finally:
        if db.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            db.execute("reset session authorization")


def shown(db: Connection) -> set[str]:
    return {str(row["conversation_id"]) for row in fetch(db, "select * from public.call_report")}


def test_a_tool_sees_the_calls_of_its_business_with_names_and_no_others(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    db.execute(
        "update public.business_members set display_name = 'Dana Demo' where user_id = %s",
        (ours.user_id,),
    )
    call = add_call(db, ours)
    add_call(db, theirs)
    # Who has left is not named, and their calls stay.
    left = add_call(db, ours, uuid.uuid4())
    with as_login(db, LOGIN, ours.business_id):
        rows = {str(row["conversation_id"]): row for row in fetch(db, "table public.call_report")}
        assert rows.keys() == {call, left}
        assert rows[left]["user_name"] is None
        assert (
            rows[call]
            | {
                "business_id": ours.business_id,
                "business_name": "Business 1",
                "time_zone": "UTC",
                "user_name": "Dana Demo",
                "campaign_name": "A campaign",
                "outcome_label": "Booked",
                "talk_seconds": 90,
            }
            == rows[call]
        )
        # Without a filter of ours, the names are those of one business, too.
        for table in ("businesses", "business_members", "campaigns", "outcomes"):
            column = "id" if table == "businesses" else "business_id"
            found = fetch(db, f"select distinct {column} as id from public.{table}")
            assert found == [{"id": ours.business_id}]


def test_the_view_has_every_measure_of_a_call_and_nothing_about_the_lead(db: Connection) -> None:
    columns = {
        table: {
            row["name"]
            for row in fetch(
                db,
                "select attname as name from pg_attribute where attrelid = %s::regclass"
                " and attnum > 0",
                f"public.{table}",
            )
        }
        for table in ("call_report", "call_facts")
    }
    names = {"business_name", "time_zone", "user_name", "campaign_name", "outcome_label"}
    assert columns["call_report"] == columns["call_facts"] | names


def test_an_operator_makes_and_ends_a_login_as_the_docs_say(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    call = add_call(db, ours)
    add_call(db, theirs)
    with as_role(db, "postgres"):
        db.execute(statements_of_the_docs(ours.business_id).encode())
    db.execute("set local session authorization example_tool")
    assert shown(db) == {call}
    db.execute("reset session authorization")
    with as_role(db, "postgres"):
        db.execute("delete from private.report_readers where login = 'example_tool'")
    db.execute("set local session authorization example_tool")
    assert shown(db) == set()
    db.execute("reset session authorization")
    with as_role(db, "postgres"):
        db.execute("drop role example_tool")


def test_a_login_without_a_business_sees_nothing(db: Connection) -> None:
    add_call(db, add_tenant(db, 1))
    with as_login(db, LOGIN, None):
        assert shown(db) == set()
        assert fetch(db, "select login, business_id from private.report_readers") == []


def test_a_login_whose_business_is_deleted_sees_nothing(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    add_call(db, theirs)
    with as_login(db, LOGIN, ours.business_id):
        pass
    db.execute("delete from public.businesses where id = %s", (ours.business_id,))
    db.execute(f"set local session authorization {LOGIN}")
    assert shown(db) == set()
    db.execute("reset session authorization")


@pytest.mark.parametrize(
    "statement",
    [
        "select from public.conversations",
        "select from public.leads",
        "select from private.report_days",
        "select calls_per_rep_per_day from public.businesses",
        "select role from public.business_members",
        "select script from public.campaigns",
        "select from private.memberships",
        "select from auth.users",
        "select created_at from private.report_readers",
        "insert into private.report_readers values ('x', gen_random_uuid())",
        "update private.report_readers set business_id = gen_random_uuid()",
        "delete from private.report_readers",
        "update public.call_facts set calls = 2",
        "delete from public.call_facts",
        "select public.list_colleagues(gen_random_uuid())",
        "select private.role_in(gen_random_uuid())",
        "create table public.mine (id int)",
        "set local role authenticated",
        "set local role service_role",
        "set local role postgres",
    ],
)
def test_a_tool_may_do_nothing_else(db: Connection, statement: str) -> None:
    ours = add_tenant(db, 1)
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with as_login(db, LOGIN, ours.business_id), attempt(db), refused:
        db.execute(statement)


def test_a_tool_that_has_signed_in_by_password_cannot_become_another(postgres: Postgres) -> None:
    """The one thing that a superuser's connection cannot try: whose session it is."""
    with committed_tenant(postgres, 3) as ours, committed_tenant(postgres, 4) as theirs:
        with psycopg.connect(postgres.url()) as admin:
            add_call(admin, ours)
            add_call(admin, theirs)
            for login, tenant in ((LOGIN, ours), (f"{LOGIN}_2", theirs)):
                admin.execute(f"create role {login} login password 'x' in role report_reader")
                admin.execute(
                    "insert into private.report_readers (login, business_id) values (%s, %s)",
                    (login, tenant.business_id),
                )
        address = postgres.url().replace(postgres.url().split("//")[1].split("@")[0], f"{LOGIN}:x")
        try:
            with psycopg.connect(address, autocommit=True) as tool:
                for statement in (
                    f"set session authorization {LOGIN}_2",
                    f"set role {LOGIN}_2",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        tool.execute(statement)
                # What users of the API are told by is nothing to a tool.
                tool.execute(
                    "select set_config('request.jwt.claims', %s, false)",
                    (f'{{"sub": "{theirs.user_id}", "role": "authenticated"}}',),
                )
                tool.execute("set role report_reader")
                found = fetch(tool, "select business_id from public.call_report")
                assert found == [{"business_id": ours.business_id}]
        finally:
            with psycopg.connect(postgres.url()) as admin:
                admin.execute("delete from private.report_readers")
                admin.execute(f"drop role {LOGIN}, {LOGIN}_2")


def test_over_the_api_agents_see_their_own_calls_and_managers_all(db: Connection) -> None:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    manager = add_user(db)
    add_member(db, ours.business_id, manager, "manager")
    own, others = add_call(db, ours), add_call(db, ours, manager)
    add_call(db, theirs)
    with as_user(db, ours.user_id):
        assert shown(db) == {own}
    with as_user(db, manager):
        assert shown(db) == {own, others}
    with as_user(db, add_user(db)):
        assert shown(db) == set()

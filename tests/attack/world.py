"""Businesses in the stack's database, and principals with real tokens for its REST API."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx
import jwt
import psycopg
from psycopg import sql

from stack import Stack
from tests.attack.model import OTHER_ROLES, TABLES, Principal
from tests.endpoints import claims
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    begin_call,
    new_call_sid,
    record_event,
)

BUSINESSES = 3


def fingerprint(db: Connection, *, without: Collection[str] = ()) -> dict[str, str]:
    """A digest of each table, without the rows of some businesses. Two are equal if nothing was
    written: a row that is written has another place (ctid) or another transaction (xmin) then."""
    digest = sql.SQL(
        "select {}, (count(*), sum(hashtextextended({}::text, 0)))::text"
        " from public.{} as t where not coalesce({} = any(%(without)s::uuid[]), false)"
    )
    # The rows of a view have neither.
    of_each = [
        digest.format(
            sql.Literal(name),
            sql.SQL("t" if table.is_view else "(t.ctid, t.xmin)"),
            sql.Identifier(name),
            sql.Identifier(table.owner),
        )
        for name, table in TABLES.items()
    ]
    query = sql.SQL(" union all ").join(of_each)
    return dict(db.execute(query, {"without": list(without)}).fetchall())


@dataclass(frozen=True)
class World:
    """Several businesses with rows in every table. A test says in which of them the one user is a
    member. The other principals are tokens that everybody has, or a thief."""

    tenants: tuple[Tenant, ...]
    user_id: uuid.UUID
    # Of every business, whoever else owns it.
    owner_id: str
    tokens: Mapping[str, str]
    http: httpx.Client
    database: Connection

    @property
    def business_ids(self) -> tuple[str, ...]:
        return tuple(str(tenant.business_id) for tenant in self.tenants)

    def user(self, roles: Mapping[int, str]) -> Principal:
        """The user, who from now on is a member of exactly the businesses of these numbers."""
        member_of = {self.business_ids[number]: role for number, role in roles.items()}
        self.database.execute(
            "delete from public.business_members where user_id = %s", (self.user_id,)
        )
        for business_id, role in member_of.items():
            self.database.execute(
                "insert into public.business_members (business_id, user_id, role)"
                " values (%s, %s, %s)",
                (business_id, self.user_id, role),
            )
            self.database.execute(
                "insert into public.rep_presence (business_id, user_id, state, seen_at, since)"
                " values (%s, %s, 'away', now(), now())",
                (business_id, self.user_id),
            )
            self.database.execute(
                "insert into public.preflight_reports"
                " (business_id, user_id, verdict, seconds, facts) values (%s, %s, 'ok', 9, '{}')",
                (business_id, self.user_id),
            )
        return Principal("authenticated", member_of, str(self.user_id))

    def ask(self, principal: Principal, method: str, path: str, **request: Any) -> httpx.Response:
        """A request to the REST API as this principal."""
        headers = {"Authorization": f"Bearer {self.tokens[principal.role]}"}
        return self.http.request(
            method, path, headers=headers | request.pop("headers", {}), **request
        )

    def rows(self, table: str, business_id: str) -> list[dict[str, Any]]:
        """The business's rows, as the owner of the database sees them. What Postgres generates
        (numbers, texts) is left out: Postgres refuses other values before it checks privileges."""
        query = sql.SQL("select to_jsonb(t) from public.{} as t where {} = %s").format(
            sql.Identifier(table), sql.Identifier(TABLES[table].owner)
        )
        rows = [row for (row,) in self.database.execute(query, (business_id,)).fetchall()]
        generated = self.database.execute(
            "select attname from pg_attribute where attrelid = %s::regclass"
            " and (attgenerated <> '' or attidentity <> '')",
            (f"public.{table}",),
        ).fetchall()
        return [
            {name: value for name, value in row.items() if (name,) not in generated} for row in rows
        ]

    def key(self, table: str) -> list[str]:
        """The columns of the table's primary key."""
        found = self.database.execute(
            "select attname from pg_index join pg_attribute on attrelid = indrelid"
            " and attnum = any(indkey) where indisprimary and indrelid = %s::regclass",
            (f"public.{table}",),
        ).fetchall()
        return [name for (name,) in found]

    def relations(self) -> list[tuple[str, str, list[str] | None]]:
        """The tables that the API can embed in one another: along every foreign key, in both
        directions. With them, if not one row is embedded but a list: by which columns the rows of
        the list name the row that they are embedded in."""
        found = self.database.execute(
            "select conrelid::regclass::text, confrelid::regclass::text, array("
            " select attname::text from pg_attribute where attrelid = conrelid"
            " and attnum = any(conkey)) from pg_constraint"
            " where contype = 'f' and connamespace = 'public'::regnamespace"
        ).fetchall()
        keys = sorted(key for key in found if key[1] in TABLES)
        return [(child, parent, None) for child, parent, _ in keys] + [
            (parent, child, columns) for child, parent, columns in keys
        ]


def _furnish(db: Connection, tenant: Tenant, caller: uuid.UUID | None) -> None:
    """Adds calls, also one of ``caller``, and a row to each table that is empty for a new
    tenant."""
    db.execute(
        "update public.businesses set token_grants_per_minute = 100000 where id = %s",
        (tenant.business_id,),
    )
    if caller is not None:
        add_member(db, tenant.business_id, caller)
    for user_id in filter(None, (tenant.user_id, tenant.user_id, caller)):
        agent = new_call_sid()
        begin_call(db, tenant, agent, user_id=user_id, campaign_id=tenant.campaign_id)
        record_event(db, agent, new_call_sid(), "ringing", 1)
    db.execute(
        "delete from public.business_members where business_id = %s and user_id = %s",
        (tenant.business_id, caller),
    )
    for table in TABLES.values():
        if table.sample is not None:
            db.execute(table.sample.encode(), asdict(tenant))
    db.execute(
        "update public.campaigns set caller_id = %s where business_id = %s",
        (tenant.caller_id, tenant.business_id),
    )
    db.execute(
        "update public.conversations set notes = 'Hello' where business_id = %s",
        (tenant.business_id,),
    )


@contextmanager
def made_in(stack: Stack, first_number: int = 40, *, touched: bool = True) -> Iterator[World]:
    """A world. Afterwards it is deleted with all that belongs to it.

    ``first_number``: the number of its first tenant; two worlds of one stack need different ones.
    ``touched``: the user has a call of their own in each business.
    """
    env = stack.env
    secret = env["SUPABASE_JWT_SECRET"]
    with psycopg.connect(env["DATABASE_URL"]) as admin:
        tenants = tuple(add_tenant(admin, first_number + number) for number in range(BUSINESSES))
        user_id = add_user(admin)
        # Whoever leaves as an owner leaves another one.
        owner_id = add_user(admin)
        for tenant in tenants:
            add_member(admin, tenant.business_id, owner_id, "owner")
            _furnish(admin, tenant, user_id if touched else None)
    issuer = f"{env['SUPABASE_URL']}/auth/v1"
    tokens = {
        "authenticated": jwt.encode(claims(iss=issuer, sub=str(user_id), session_id=None), secret),
        **{
            role: jwt.encode(claims(iss=issuer, role=role, sub=None), secret)
            for role in OTHER_ROLES
        },
        "anon": env["SUPABASE_PUBLISHABLE_KEY"],
    }
    try:
        with (
            psycopg.connect(env["DATABASE_URL"], autocommit=True) as database,
            httpx.Client(
                base_url=f"{env['SUPABASE_URL']}/rest/v1",
                headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
                timeout=60,
            ) as http,
        ):
            yield World(tenants, user_id, str(owner_id), tokens, http, database)
    finally:
        with psycopg.connect(env["DATABASE_URL"]) as admin:
            admin.execute(
                "delete from public.businesses where id = any(%s)",
                ([tenant.business_id for tenant in tenants],),
            )
            admin.execute(
                "delete from auth.users where id = any(%s)",
                ([user_id, owner_id, *(tenant.user_id for tenant in tenants)],),
            )

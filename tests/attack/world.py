"""Random tenants in the stack's database, and principals with real tokens at its REST API."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import psycopg
from psycopg import sql

from stack import Stack
from tests.attack.model import OWNER_COLUMN, Principal
from tests.supabase.tenants import (
    Tenant,
    add_member,
    add_tenant,
    add_user,
    begin_call,
    new_call_sid,
    record_event,
)

BUSINESSES = 4
CALLS_EACH = 2


@dataclass(frozen=True)
class World:
    """Several businesses with a row in every table, and everybody who might ask for one."""

    env: Mapping[str, str]
    tenants: tuple[Tenant, ...]
    principals: tuple[Principal, ...]
    tokens: Mapping[str, str]
    http: httpx.Client
    database: psycopg.Connection[Any]

    @property
    def business_ids(self) -> tuple[str, ...]:
        return tuple(str(tenant.business_id) for tenant in self.tenants)

    def ask(self, principal: Principal, method: str, path: str, **request: Any) -> httpx.Response:
        """A request to the REST API as this principal."""
        headers = {"Authorization": f"Bearer {self.tokens[principal.name]}"}
        return self.http.request(
            method, f"/rest/v1/{path}", headers=headers | request.pop("headers", {}), **request
        )

    def count(self, table: str, business_id: str) -> int:
        """How many rows of the business there are, as the database's owner sees it."""
        row = self.database.execute(
            sql.SQL("select count(*) from public.{} where {} = %s").format(
                sql.Identifier(table), sql.Identifier(OWNER_COLUMN[table])
            ),
            (business_id,),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def fingerprint(self) -> dict[str, str]:
        """By table, a digest of all rows: two are equal if nothing was written between them."""
        prints = {}
        for table in OWNER_COLUMN:
            row = self.database.execute(
                sql.SQL(
                    "select md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
                    " from public.{} as t"
                ).format(sql.Identifier(table))
            ).fetchone()
            assert row is not None
            prints[table] = row[0]
        return prints


def _access_token(env: Mapping[str, str], user_id: str) -> str:
    """As Supabase Auth would sign it for this user."""
    now = int(time.time())
    claims = {
        "iss": f"{env['SUPABASE_URL']}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": user_id,
        "iat": now,
        "exp": now + 3600,
        "is_anonymous": False,
    }
    return jwt.encode(claims, env["SUPABASE_JWT_SECRET"], algorithm="HS256")


def _furnish(db: psycopg.Connection[Any], tenant: Tenant) -> None:
    """A row in each table that a new tenant leaves empty."""
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, '+14155550199')",
        (tenant.business_id,),
    )
    db.execute(
        "insert into public.token_grants (business_id, user_id, expires_at)"
        " values (%s, %s, now() + interval '1 hour')",
        (tenant.business_id, tenant.user_id),
    )
    for _ in range(CALLS_EACH):
        agent = new_call_sid()
        begin_call(db, tenant, agent, campaign_id=tenant.campaign_id)
        record_event(db, agent, new_call_sid(), "ringing", 1)


@contextmanager
def made_in(stack: Stack, webhook_jwt: str, seed: int) -> Iterator[World]:
    """The world of this seed; deleted afterwards with all that is its own."""
    pick = random.Random(seed)
    env = stack.env
    tokens = {"the publishable key": env["SUPABASE_PUBLISHABLE_KEY"], "webhook": webhook_jwt}
    principals = [Principal("the publishable key", "anon"), Principal("webhook", "call_webhook")]
    users: list[uuid.UUID] = []
    with psycopg.connect(env["DATABASE_URL"]) as admin:
        tenants = tuple(add_tenant(admin, 40 + number) for number in range(BUSINESSES))
        for tenant in tenants:
            _furnish(admin, tenant)
        ids = [str(tenant.business_id) for tenant in tenants]

        def join(name: str, businesses: list[str], *, leave: bool = False) -> None:
            user = add_user(admin)
            users.append(user)
            for business in businesses:
                add_member(admin, uuid.UUID(business), user)
                admin.execute(
                    "update public.business_members set role = %s"
                    " where business_id = %s and user_id = %s",
                    (name if name in ("owner", "manager") else "agent", business, user),
                )
            if leave:
                admin.execute("delete from public.business_members where user_id = %s", (user,))
            principals.append(
                Principal(
                    name,
                    "authenticated",
                    str(user),
                    frozenset() if leave else frozenset(businesses),
                )
            )
            tokens[name] = _access_token(env, str(user))

        for role in ("agent", "manager", "owner"):
            join(role, [pick.choice(ids)])
        join("member of several", pick.sample(ids, 2))
        join("former member", pick.sample(ids, 2), leave=True)
        join("user of no business", [])
    try:
        with (
            psycopg.connect(env["DATABASE_URL"], autocommit=True) as database,
            httpx.Client(
                base_url=env["SUPABASE_URL"],
                headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
                timeout=15,
            ) as http,
        ):
            yield World(env, tenants, tuple(principals), tokens, http, database)
    finally:
        with psycopg.connect(env["DATABASE_URL"]) as admin:
            owned = [tenant.business_id for tenant in tenants]
            admin.execute("delete from public.businesses where id = any(%s)", (owned,))
            users.extend(tenant.user_id for tenant in tenants)
            admin.execute("delete from auth.users where id = any(%s)", (users,))

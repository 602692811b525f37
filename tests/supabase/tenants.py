"""Two businesses to try the walls between, and ways to be somebody at the database."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.clusters import UNTOUCHED

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Tenant:
    """A business with a rep, a lead, a campaign and a caller ID of its own."""

    business_id: uuid.UUID
    user_id: uuid.UUID
    lead_id: uuid.UUID
    campaign_id: uuid.UUID
    lead_number: str
    caller_id: str


def add_user(db: Connection) -> uuid.UUID:
    user_id = uuid.uuid4()
    db.execute(
        "insert into auth.users (id, email) values (%s, %s)", (user_id, f"{user_id}@henk.test")
    )
    return user_id


def add_member(
    db: Connection, business_id: uuid.UUID, user_id: uuid.UUID, role: str = "agent"
) -> None:
    db.execute(
        "insert into public.business_members (business_id, user_id, role) values (%s, %s, %s)",
        (business_id, user_id, role),
    )


def add_tenant(db: Connection, number: int) -> Tenant:
    """``number``: 0–99; makes the tenant's phone numbers its own. Its limits are out of the way."""
    tenant = Tenant(
        business_id=uuid.uuid4(),
        user_id=add_user(db),
        lead_id=uuid.uuid4(),
        campaign_id=uuid.uuid4(),
        lead_number=f"+141555501{number:02}",
        caller_id=f"+141555502{number:02}",
    )
    db.execute(
        "insert into public.businesses (id, name, calling_hours_start, calling_hours_end,"
        " calls_per_rep_per_minute, calls_per_rep_per_day, concurrent_calls)"
        " values (%s, %s, null, null, 1000, 100000, 1000)",
        (tenant.business_id, f"Business {number}"),
    )
    add_member(db, tenant.business_id, tenant.user_id)
    db.execute(
        "insert into public.leads (id, business_id, name, phone_number) values (%s, %s, %s, %s)",
        (tenant.lead_id, tenant.business_id, "A lead", tenant.lead_number),
    )
    db.execute(
        "insert into public.campaigns (id, business_id, name) values (%s, %s, %s)",
        (tenant.campaign_id, tenant.business_id, "A campaign"),
    )
    db.execute(
        "insert into public.phone_numbers (business_id, phone_number, is_default)"
        " values (%s, %s, true)",
        (tenant.business_id, tenant.caller_id),
    )
    return tenant


@contextmanager
def as_user(db: Connection, user_id: uuid.UUID) -> Iterator[None]:
    """While the context lasts, the connection is as PostgREST makes it for a request with this
    user's token."""
    with as_role(db, "authenticated", {"sub": str(user_id), "role": "authenticated"}):
        yield


@contextmanager
def as_role(db: Connection, role: str, claims: dict[str, str] | None = None) -> Iterator[None]:
    db.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(claims or {}),))
    db.execute(f"set local role {role}")
    try:
        yield
    finally:
        if db.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            db.execute("reset role")


def new_call_sid() -> str:
    return f"CA{uuid.uuid4().hex}"


def dialled(
    number: str,
    kind: str = "fixed_line_or_mobile",
    *,
    country: str | None = "US",
    time_zones: Sequence[str] = (),
) -> Jsonb:
    """What shared.phone_numbers.parse makes of an international number."""
    meaning = {"e164": number, "type": kind, "country": country, "time_zones": list(time_zones)}
    return Jsonb({"dialled": number, "number": meaning, "by_country": {}})


def begin_call(
    db: Connection,
    tenant: Tenant,
    call_sid: str,
    *,
    user_id: uuid.UUID | None = None,
    to: Jsonb | None = None,
    caller_id: str | None = None,
    lead_id: object = None,
    campaign_id: object = None,
    lease_token: object = None,
) -> dict[str, Any]:
    """public.begin_call as the webhook endpoint calls it."""
    with as_role(db, "call_webhook"):
        row = db.execute(
            "select public.begin_call(%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                call_sid,
                user_id or tenant.user_id,
                tenant.business_id,
                to or dialled(tenant.lead_number),
                caller_id,
                None if lead_id is None else str(lead_id),
                None if campaign_id is None else str(campaign_id),
                None if lease_token is None else str(lease_token),
            ),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def record_event(
    db: Connection,
    agent_call_sid: str,
    call_sid: str | None,
    status: str,
    sequence_number: int | None = None,
    *,
    source: str = "status_callback",
    occurred_at: str | None = None,
    duration_seconds: int | None = None,
    payload: dict[str, str] | None = None,
    call_leg_id: object = None,
    conference_sid: str | None = None,
) -> dict[str, Any]:
    """public.record_call_event as the webhook endpoint calls it."""
    with as_role(db, "call_webhook"):
        row = db.execute(
            "select public.record_call_event(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                call_sid,
                agent_call_sid,
                source,
                status,
                sequence_number,
                occurred_at,
                duration_seconds,
                Jsonb({"CallStatus": status} | (payload or {})),
                call_leg_id,
                conference_sid,
            ),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def fetch(db: Connection, query: str, *parameters: object) -> list[dict[str, Any]]:
    with db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def conversation(db: Connection, call_sid: str) -> dict[str, Any]:
    rows = fetch(db, "select * from public.conversations where call_sid = %s", call_sid)
    assert len(rows) == 1
    return rows[0]


@contextmanager
def scratch_database(postgres: Postgres, name: str) -> Iterator[str]:
    """The URL of a database with the migrations, for what cannot be rolled back; dropped
    afterwards."""
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(UNTOUCHED)
            )
        )
    try:
        yield postgres.url(name)
    finally:
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def committed_tenant(postgres: Postgres, number: int) -> Iterator[Tenant]:
    """A tenant that other connections see; deleted afterwards with all that is its own."""
    with psycopg.connect(postgres.url()) as admin:
        tenant = add_tenant(admin, number)
    try:
        yield tenant
    finally:
        with psycopg.connect(postgres.url()) as admin:
            admin.execute("delete from public.businesses where id = %s", (tenant.business_id,))
            admin.execute("delete from auth.users where id = %s", (tenant.user_id,))
            # What a call leaves that is gone.
            admin.execute("delete from public.call_events where conversation_id is null")
            admin.execute("delete from private.repeated_callbacks")
            admin.execute("delete from private.unsettled_calls")


@contextmanager
def attempt(db: Connection) -> Iterator[None]:
    """Whatever happens inside is undone, an error's aborted transaction included."""
    with db.transaction(force_rollback=True):
        yield


def wait_until_blocked(admin: Connection, database: str, count: int) -> None:
    """Returns once `count` connections to `database` wait for a lock. ``admin``: autocommit."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row = admin.execute(
            "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'",
            (database,),
        ).fetchone()
        if row == (count,):
            return
        time.sleep(0.02)
    raise AssertionError(f"{count} connections never came to wait for a lock")

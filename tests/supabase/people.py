"""People of a business, and what they ask of the functions about people."""

from __future__ import annotations

import uuid
from typing import Any

from tests.supabase.tenants import Connection, Tenant, add_member, add_user, as_user

Answer = dict[str, Any]


def add_person(db: Connection, tenant: Tenant, role: str) -> uuid.UUID:
    user_id = add_user(db)
    add_member(db, tenant.business_id, user_id, role)
    return user_id


def add_verified(db: Connection, email: str) -> uuid.UUID:
    """Somebody who has shown that the address is theirs."""
    user_id = uuid.uuid4()
    db.execute(
        "insert into auth.users (id, email, email_confirmed_at) values (%s, %s, now())",
        (user_id, email),
    )
    return user_id


def ask(db: Connection, user_id: uuid.UUID, function: str, *values: object) -> Answer:
    """What the function answers this person over REST."""
    places = ", ".join(["%s"] * len(values))
    with as_user(db, user_id):
        row = db.execute(f"select public.{function}({places})".encode(), values).fetchone()
    assert row is not None
    answer: Answer = row[0]
    return answer


def roles(db: Connection, tenant: Tenant) -> dict[uuid.UUID, str]:
    rows = db.execute(
        "select user_id, role from public.business_members where business_id = %s",
        (tenant.business_id,),
    ).fetchall()
    return dict(rows)

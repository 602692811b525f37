"""A business whose queues are filled."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.tenants import Connection, Tenant, add_member, add_user, as_user, fetch

NONE_ADDED = {
    "added": 0,
    "already": 0,
    "without_number": 0,
    "do_not_call": 0,
    "wrong_number": 0,
    "not_found": 0,
}


def ask(db: Connection, user_id: uuid.UUID, function: str, **values: object) -> dict[str, Any]:
    """A function of the REST API, asked by a user."""
    named = ", ".join(f"p_{name} => %s" for name in values)
    with as_user(db, user_id):
        row = db.execute(f"select public.{function}({named})", list(values.values())).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def add_lead(db: Connection, tenant: Tenant, number: str | None, name: str = "Ada") -> uuid.UUID:
    lead_id = uuid.uuid4()
    db.execute(
        "insert into public.leads (id, business_id, name, phone_number) values (%s, %s, %s, %s)",
        (lead_id, tenant.business_id, name, number),
    )
    return lead_id


def add_campaign(db: Connection, tenant: Tenant) -> uuid.UUID:
    campaign_id = uuid.uuid4()
    db.execute(
        "insert into public.campaigns (id, business_id, name) values (%s, %s, 'Another')",
        (campaign_id, tenant.business_id),
    )
    return campaign_id


def add_colleague(db: Connection, tenant: Tenant, role: str = "agent") -> uuid.UUID:
    person = add_user(db)
    add_member(db, tenant.business_id, person, role)
    return person


def entries(db: Connection, campaign_id: uuid.UUID) -> dict[uuid.UUID, dict[str, Any]]:
    """The queue, by lead."""
    rows = fetch(db, "select * from public.queue_entries where campaign_id = %s", campaign_id)
    return {row["lead_id"]: row for row in rows}


def leads(db: Connection, tenant: Tenant) -> dict[str | None, dict[str, Any]]:
    """The business's leads, by number."""
    rows = fetch(db, "select * from public.leads where business_id = %s", tenant.business_id)
    found = {row["phone_number"]: row for row in rows}
    assert len(found) == len(rows), "two leads have the same number"
    return found


def row(number: str | None, name: str | None = "Ada", **more: object) -> dict[str, object]:
    """A row of a file, as import_rows has it."""
    return {"name": name, "phone_number": number, **more}


def begin(
    db: Connection, tenant: Tenant, row_count: int, file: str = "leads.csv", **values: object
) -> dict[str, Any]:
    """The import of a file, begun by the tenant's rep or `user_id`."""
    asked: dict[str, Any] = {
        "user_id": tenant.user_id,
        "campaign_id": tenant.campaign_id,
        "file_name": file,
        "fingerprint": hashlib.sha256(file.encode()).hexdigest(),
        "row_count": row_count,
        **values,
    }
    answer = ask(db, asked.pop("user_id"), "begin_import", **asked)
    begun: dict[str, Any] = answer.get("import", answer)
    return begun


def send(
    db: Connection, tenant: Tenant, import_id: object, first_row: int, rows: object
) -> dict[str, Any]:
    return ask(
        db,
        tenant.user_id,
        "import_rows",
        import_id=import_id,
        first_row=first_row,
        rows=Jsonb(rows),
    )

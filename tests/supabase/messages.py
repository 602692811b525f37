"""Recorded messages for answering machines."""

from __future__ import annotations

import uuid
from typing import Any

from tests.supabase.asked import one
from tests.supabase.tenants import Connection, Tenant, as_user


def add_message(
    db: Connection, tenant: Tenant, by: uuid.UUID | None = None, **columns: Any
) -> uuid.UUID:
    """A message that somebody (the tenant's rep) adds over REST."""
    row = {"name": "Call me back", "duration_seconds": 12.5, "bytes": 200_044} | columns
    with as_user(db, by or tenant.user_id):
        made: uuid.UUID = one(
            db,
            f"insert into public.voicemail_messages (business_id, {', '.join(row)})"
            f" values (%s, {', '.join(['%s'] * len(row))}) returning id",
            tenant.business_id,
            *row.values(),
        )
    return made

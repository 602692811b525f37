"""Calls that are over and have recordings, as recording_fn leaves them."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg import sql

from tests.supabase.tenants import (
    Connection,
    Tenant,
    as_user,
    begin_call,
    conversation,
    new_call_sid,
    record_event,
)


def finished_call(
    db: Connection, tenant: Tenant, *, is_over: bool = True, **begun: Any
) -> dict[str, Any]:
    """The row of a call to the tenant's lead that was answered, and has ended."""
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(db, tenant, agent, **begun)
    payload = {"From": tenant.caller_id, "To": tenant.lead_number, "ToCity": "LEADVILLE"}
    record_event(db, agent, lead, "in-progress", 2, payload=payload)
    if is_over:
        record_event(db, agent, lead, "completed", 3, duration_seconds=60, payload=payload)
        record_event(db, agent, agent, "completed", 4, duration_seconds=70)
    return conversation(db, agent)


def add_recording(db: Connection, call: dict[str, Any], **columns: Any) -> uuid.UUID:
    """A recording of the call, kept and far from its end, except for what ``columns`` say."""
    sid = f"RE{uuid.uuid4().hex}"
    row = {
        "business_id": call["business_id"],
        "conversation_id": call["id"],
        "agent_call_sid": call["call_sid"],
        "recording_sid": sid,
        "state": "kept",
        "completed_at": "now",
        "fetched_at": "now",
        "twilio_deleted_at": "now",
        "duration_seconds": 60,
        "channels": 2,
        "bytes": 4,
        "sha256": "0" * 64,
        "object_path": f"{call['business_id']}/{call['id']}/{sid}.mp3",
        **columns,
    }
    insert = sql.SQL("insert into public.recordings ({}) values ({}) returning id").format(
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    made = db.execute(insert, list(row.values())).fetchone()
    assert made is not None
    recording_id: uuid.UUID = made[0]
    return recording_id


def ask(db: Connection, user_id: uuid.UUID, function: str, *arguments: object) -> dict[str, Any]:
    """What a function of the REST API answers to this person."""
    query = sql.SQL("select public.{}({})").format(
        sql.Identifier(function), sql.SQL(", ").join(sql.Placeholder() * len(arguments))
    )
    with as_user(db, user_id):
        answer = db.execute(query, arguments).fetchone()
    assert answer is not None
    said: dict[str, Any] = answer[0]
    return said

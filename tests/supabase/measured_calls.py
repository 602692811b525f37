"""What browsers report of calls, in a transaction that is rolled back."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, fetch

MEASURES = ("mos", "jitter_ms", "rtt_ms", "loss_in", "loss_out")

GOOD = {
    "seconds": 70,
    "samples": 70,
    "audio_connected": True,
    **{f"mos_{end}": 4.3 for end in ("min", "mean", "p95", "max")},
    **{f"{name}_{end}": 1 for name in MEASURES[1:] for end in ("min", "mean", "p95", "max")},
    "codec": "opus",
    "edge": "ashburn",
    "is_relay": False,
    "protocol": "udp",
    "network_type": "wifi",
    "microphone": "Jabra Evolve 20",
    "speaker": "System default",
    "browser": "Chrome 141",
    "os": "Windows",
    "reconnects": 0,
    "reconnect_seconds": 0,
    "muted_seconds": 3,
    "silent_seconds": 0,
    "other_silent_seconds": 0,
    "nothing_in_seconds": 0,
    "nothing_out_seconds": 0,
    "hidden_seconds": 0,
    "devices_changed": 0,
    "warnings": [
        {"name": "high-jitter", "first_at": 10, "last_at": 20.5, "count": 2, "worst": 44.1}
    ],
    "sdk_errors": [{"code": 53405, "at": 12}],
}


def lossy(percent: float) -> dict[str, Any]:
    """A report of a call of which as much was lost on the way to the browser."""
    return GOOD | {f"loss_in_{end}": percent for end in ("min", "mean", "p95", "max")}


def call_sid(db: Connection, conversation_id: str) -> str:
    (call,) = fetch(db, "select call_sid from public.conversations where id = %s", conversation_id)
    sid: str = call["call_sid"]
    return sid


def report(
    desk: Desk,
    conversation_id: str,
    said: object = GOOD,
    *,
    sid: str | None = None,
    by: uuid.UUID | None = None,
) -> Any:
    """What the database answers to the report of the rep, or of ``by``, for the agent's leg or
    another."""
    leg = sid or call_sid(desk.db, conversation_id)
    return desk.ask("report_call_quality", conversation_id, leg, Jsonb(said), by=by)


def rows(db: Connection, conversation_id: str) -> list[dict[str, Any]]:
    return fetch(
        db,
        "select * from public.call_quality where conversation_id = %s order by call_sid",
        conversation_id,
    )


def add_leg(desk: Desk, conversation_id: str, person: uuid.UUID, sid: str) -> str:
    """Somebody of the business who was put on a call; the CallSid of their leg."""
    desk.db.execute(
        "insert into public.call_legs (business_id, conversation_id, call_sid, role, status,"
        " user_id, asked_for, asked_at, answered_at)"
        " values (%s, %s, %s, 'teammate', 'in-progress', %s, 'add', now(), now())",
        (desk.tenant.business_id, conversation_id, sid, person),
    )
    return sid

"""A call of which something was asked, at the database, without anybody who asks Twilio."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.supabase.tenants import (
    Connection,
    Tenant,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)

Row = dict[str, Any]
EXPERT = "+14155550177"


@dataclass
class TeamCall:
    """A call whose lead has answered, and of which something was asked."""

    db: Connection
    tenant: Tenant
    sid: str = field(default_factory=new_call_sid)
    lead: str = field(default_factory=new_call_sid)

    def __post_init__(self) -> None:
        begin_call(self.db, self.tenant, self.sid)
        self.event(self.lead, "in-progress", 2)
        self.db.execute(
            "update public.conversations set is_plain = false where call_sid = %s", (self.sid,)
        )

    @property
    def row(self) -> Row:
        return conversation(self.db, self.sid)

    @property
    def stage(self) -> str | None:
        stage: str | None = self.row["stage"]
        return stage

    def ask_for(
        self, asked_for: str, *, user: uuid.UUID | None = None, number: str | None = EXPERT
    ) -> str:
        """A leg on record, as before Twilio is asked for it."""
        leg_id = str(uuid.uuid4())
        role = "third_party" if user is None else "teammate"
        if user == self.tenant.user_id:
            role = "agent"
        self.db.execute(
            "insert into public.call_legs (id, business_id, conversation_id, role, status, user_id,"
            " to_number, asked_for, asked_at) values (%s, %s, %s, %s, 'queued', %s, %s, %s, now())",
            (
                leg_id, self.tenant.business_id, self.row["id"], role, user,
                None if user else number, asked_for,
            ),
        )  # fmt: skip
        self.db.execute(
            "select private.derive_call(conversations) from public.conversations"
            " where call_sid = %s",
            (self.sid,),
        )
        return leg_id

    def event(
        self, sid: str | None, status: str, number: int | None = None, **more: Any
    ) -> dict[str, Any]:
        return record_event(self.db, self.sid, sid, status, number, **more)

    def legs(self) -> list[Row]:
        return fetch(
            self.db,
            "select * from public.call_legs where conversation_id = %s order by created_at, role,"
            " status",
            self.row["id"],
        )

    def leg(self, leg_id: str) -> Row:
        (leg,) = [leg for leg in self.legs() if str(leg["id"]) == leg_id]
        return leg

    def hold(self, kind: str = "hold", number: int = 1) -> None:
        self.event(self.lead, f"participant-{kind}", number, source="control")

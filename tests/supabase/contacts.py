"""A rep's calls to a lead, and what is said of them, in a transaction that is rolled back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_user,
    as_user,
    begin_call,
    dialled,
    fetch,
    new_call_sid,
    record_event,
)

# The lead of the tenant.
THE_LEAD = object()


@dataclass
class Desk:
    """A rep of ``tenant`` at work. Each call is a minute later than the one before, all of them in
    the last hours."""

    db: Connection
    tenant: Tenant
    minutes_ago: int = field(default=200)

    def call(
        self,
        status: str = "completed",
        *,
        seconds: int = 70,
        to: str | None = None,
        by: uuid.UUID | None = None,
        lead_id: object = THE_LEAD,
        campaign_id: object = None,
    ) -> str:
        """A call that ended so, or goes on (``ringing``, ``in-progress``); the id of its
        conversation. It is to the lead, unless ``lead_id`` says otherwise."""
        agent, lead = new_call_sid(), new_call_sid()
        answer = begin_call(
            self.db,
            self.tenant,
            agent,
            user_id=by,
            to=dialled(to or self.tenant.lead_number),
            lead_id=self.tenant.lead_id if lead_id is THE_LEAD else lead_id,
            campaign_id=campaign_id,
        )
        assert answer["block_reason"] is None, answer
        record_event(self.db, agent, lead, "ringing", 1)
        if status in ("in-progress", "completed"):
            record_event(self.db, agent, lead, "in-progress", 2)
        if status not in ("ringing", "in-progress"):
            talked = seconds if status == "completed" else 0
            record_event(self.db, agent, lead, status, 3, duration_seconds=talked)
        self.minutes_ago -= 1
        # In one transaction it is always the same time.
        self.db.execute(
            "update public.conversations set created_at = now() - %s * interval '1 minute'"
            " where call_sid = %s",
            (self.minutes_ago, agent),
        )
        conversation_id: str = answer["conversation_id"]
        return conversation_id

    def ask(self, function: str, *values: object, by: uuid.UUID | None = None) -> Any:
        """What an SQL function answers to the rep, or to ``by``."""
        places = ", ".join(["%s"] * len(values))
        with as_user(self.db, by or self.tenant.user_id):
            row = self.db.execute(f"select public.{function}({places})".encode(), values).fetchone()
        assert row is not None
        return row[0]

    def say(self, conversation_id: str, *, by: uuid.UUID | None = None, **changes: object) -> Any:
        """Describes a call; nobody else writes of it."""
        before = fetch(
            self.db,
            "select to_jsonb(conversations) || jsonb_build_object('call_back_at',"
            " case when not date_is_default then due_at end, 'call_back_for',"
            " case when not person_is_default then call_backs.user_id end) as now"
            " from public.conversations left join public.call_backs"
            " on call_backs.conversation_id = conversations.id and done_at is null"
            " where conversations.id = %s",
            conversation_id,
        )[0]["now"]
        answer = self.ask(
            "describe_conversation",
            conversation_id,
            Jsonb(changes),
            Jsonb({name: before[name] for name in changes}),
            by=by,
        )
        assert answer.get("conflicts") == {}, json.dumps(answer)
        return answer

    def call_backs(self, whose: str = "mine", *, by: uuid.UUID | None = None) -> list[str | None]:
        """Of which calls call-backs are owed."""
        listed = self.ask("list_call_backs", self.tenant.business_id, whose, by=by)
        return [one["conversation_id"] for one in listed]

    def colleague(self, role: str = "agent") -> uuid.UUID:
        user_id = add_user(self.db)
        add_member(self.db, self.tenant.business_id, user_id, role)
        return user_id

    def enqueue(self, campaign_id: uuid.UUID | None = None, lead_id: object = None) -> uuid.UUID:
        """An entry for the lead since yesterday, in the tenant's campaign or another."""
        (row,) = fetch(
            self.db,
            "insert into public.queue_entries"
            " (business_id, campaign_id, lead_id, next_at, counted_from)"
            " values (%s, %s, %s, now() - interval '1 day', now() - interval '1 day') returning id",
            self.tenant.business_id,
            campaign_id or self.tenant.campaign_id,
            lead_id or self.tenant.lead_id,
        )
        entry_id: uuid.UUID = row["id"]
        return entry_id

    def entry(self, entry_id: uuid.UUID) -> dict[str, Any]:
        (row,) = fetch(self.db, "select * from public.queue_entries where id = %s", entry_id)
        return row

    def add_campaign(self, name: str = "Another campaign") -> uuid.UUID:
        (row,) = fetch(
            self.db,
            "insert into public.campaigns (business_id, name) values (%s, %s) returning id",
            self.tenant.business_id,
            name,
        )
        campaign_id: uuid.UUID = row["id"]
        return campaign_id

    def add_lead(self, name: str, number: str | None = None) -> uuid.UUID:
        (row,) = fetch(
            self.db,
            "insert into public.leads (business_id, name, phone_number) values (%s, %s, %s)"
            " returning id",
            self.tenant.business_id,
            name,
            number,
        )
        lead_id: uuid.UUID = row["id"]
        return lead_id

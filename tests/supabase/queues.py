"""Campaigns with a queue, for tests: entries, calls and leases."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
    new_call_sid,
)

Row = dict[str, Any]


def one(db: Connection, query: str, *parameters: object) -> Any:
    """The only value of the only row."""
    row = db.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]


@dataclass
class Queue:
    """A business's campaign, and a rep of it."""

    db: Connection
    tenant: Tenant
    user_id: uuid.UUID

    @property
    def campaign_id(self) -> uuid.UUID:
        return self.tenant.campaign_id

    def add_lead(self, number: str | None = None, **columns: object) -> uuid.UUID:
        """A lead of the business. ``number``: E.164; None makes one up."""
        values = {
            "business_id": self.tenant.business_id,
            "name": "Ada Answers",
            "phone_number": number or f"+1415{uuid.uuid4().int % 10**7:07}",
            **columns,
        }
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        found: uuid.UUID = one(
            self.db,
            f"insert into public.leads ({names}) values ({marks}) returning id",
            *values.values(),
        )
        return found

    def enqueue(self, lead_id: uuid.UUID | None = None, **columns: object) -> uuid.UUID:
        """An entry for this lead, or for a new one."""
        values = {
            "business_id": self.tenant.business_id,
            "campaign_id": self.campaign_id,
            "lead_id": lead_id or self.add_lead(),
            **columns,
        }
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        found: uuid.UUID = one(
            self.db,
            f"insert into public.queue_entries ({names}) values ({marks}) returning id",
            *values.values(),
        )
        return found

    def entry(self, entry_id: uuid.UUID | str) -> Row:
        row: Row = one(
            self.db, "select to_jsonb(q) from public.queue_entries as q where id = %s", entry_id
        )
        return row

    def change_entry(self, entry_id: uuid.UUID | str, **columns: object) -> Row:
        """What people did to the entry, and the entry after that."""
        sets = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(
            f"update public.queue_entries set {sets} where id = %s", (*columns.values(), entry_id)
        )
        self.db.execute("select private.settle_entry(%s)", (entry_id,))
        return self.entry(entry_id)

    def change_campaign(self, **columns: object) -> None:
        sets = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(
            f"update public.campaigns set {sets} where id = %s",
            (*columns.values(), self.campaign_id),
        )

    def add_rule(self, result: str, minutes: int | None, times: int | None = None) -> None:
        self.db.execute(
            "insert into public.retry_rules"
            " (business_id, campaign_id, result, after_minutes, max_times)"
            " values (%s, %s, %s, %s, %s)",
            (self.tenant.business_id, self.campaign_id, result, minutes, times),
        )

    def colleague(self) -> Queue:
        """The same queue, for another rep."""
        user_id = add_user(self.db)
        add_member(self.db, self.tenant.business_id, user_id)
        return Queue(self.db, self.tenant, user_id)

    def ask(self, function: str, *parameters: object) -> Row:
        """The answer of a function to this rep."""
        marks = ", ".join(["%s"] * len(parameters))
        with as_user(self.db, self.user_id):
            answer: Row = one(self.db, f"select public.{function}({marks})", *parameters)
        return answer

    def next(self, campaign_id: uuid.UUID | None = None) -> Row:
        return self.ask("next_lead", campaign_id or self.campaign_id)

    def take(self, campaign_id: uuid.UUID | None = None) -> Row:
        """The entry that the rep gets next."""
        entry: Row | None = self.next(campaign_id)["entry"]
        assert entry is not None
        return entry

    def finish(self, entry: Row, outcome: str | None = None, *more: object) -> Row:
        return self.ask("finish_lead", entry["id"], entry["lease_token"], outcome, *more)

    def release(self, entry: Row, reason: str, next_at: datetime | None = None) -> Row:
        return self.ask("release_lead", entry["id"], entry["lease_token"], reason, next_at)

    def add_call(self, lead_id: uuid.UUID, **columns: object) -> uuid.UUID:
        """A call to the lead in this campaign, as the ledger would have written it."""
        values: Row = {
            "business_id": self.tenant.business_id,
            "user_id": self.user_id,
            "lead_id": lead_id,
            "campaign_id": self.campaign_id,
            "call_sid": new_call_sid(),
            "status": "completed",
            **columns,
        }
        if "to_number" not in values:
            values["to_number"] = one(
                self.db, "select phone_number from public.leads where id = %s", lead_id
            )
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        found: uuid.UUID = one(
            self.db,
            f"insert into public.conversations ({names}) values ({marks}) returning id",
            *values.values(),
        )
        return found


def make_queue(db: Connection, number: int) -> Queue:
    """``number``: of ``add_tenant``."""
    tenant = add_tenant(db, number)
    return Queue(db, tenant, tenant.user_id)

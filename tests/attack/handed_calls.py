"""A call of which something was asked, in pieces, and the rows that it must leave."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from tests.attack.handovers import Fact, Handover, Party
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    dialled,
    fetch,
    new_call_sid,
)

EXPERT = "+14155550177"


def at(second: float | None) -> datetime | None:
    start = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    return None if second is None else start + timedelta(seconds=second)


Order = Sequence[Fact]


def add_colleague(db: Connection, tenant: Tenant) -> uuid.UUID:
    user_id = add_user(db)
    add_member(db, tenant.business_id, user_id)
    return user_id


class HandedCall:
    """A call of a tenant's rep that becomes this. ``colleague``: who is rung as a teammate."""

    def __init__(self, tenant: Tenant, handover: Handover, colleague: uuid.UUID) -> None:
        self.tenant, self.handover, self.colleague = tenant, handover, colleague
        self.sids = {name: new_call_sid() for name in ("agent", "lead", *handover.parties)}
        self.leg_ids = {name: uuid.uuid4() for name in handover.parties}
        for name, party in handover.parties.items():
            if party.line:
                self.leg_ids[name] = self.leg_ids[party.line]
        self.id: uuid.UUID | None = None

    @property
    def sid(self) -> str:
        return self.sids["agent"]

    @property
    def rep(self) -> str:
        return f"client:user_{self.tenant.user_id.hex}_{self.tenant.business_id.hex}"

    def begin(self, db: Connection) -> None:
        """As role call_webhook: the first webhook."""
        db.execute(
            "select public.begin_call(%s, %s, %s, %s, null, null, null, null)",
            (
                self.sid,
                self.tenant.user_id,
                self.tenant.business_id,
                dialled(self.tenant.lead_number),
            ),
        )

    def ask(self, db: Connection) -> None:
        """As the owner of the tables: what was asked is on record before Twilio is asked."""
        (row,) = fetch(db, "select id from public.conversations where call_sid = %s", self.sid)
        self.id = row["id"]
        room = any(fact.source == "conference" for fact in self.handover.facts)
        db.execute(
            "update public.conversations set is_plain = false, bridge = %s where id = %s",
            ("room" if room else "dial", self.id),
        )
        cause = None
        for name, party in self.handover.parties.items():
            if not party.line:
                cause = self._ask_for(db, name, party, cause)
        if self.handover.complete:
            db.execute(
                "insert into public.call_actions (business_id, conversation_id, action, asked_by,"
                " call_leg_id, result, finished_at)"
                " values (%s, %s, 'complete', %s, %s, 'done', now())",
                (
                    self.tenant.business_id, self.id, self.tenant.user_id,
                    self.leg_ids[self.handover.complete],
                ),
            )  # fmt: skip

    def _ask_for(
        self, db: Connection, name: str, party: Party, cause: uuid.UUID | None
    ) -> uuid.UUID:
        action_id = uuid.uuid4()
        person, number = self._who(party)
        db.execute(
            "insert into public.call_legs (id, business_id, conversation_id, role, status, user_id,"
            " to_number, asked_for, asked_at, asked_by, call_action_id)"
            " values (%s, %s, %s, %s, 'queued', %s, %s, %s, now(), %s, %s)",
            (
                self.leg_ids[name], self.tenant.business_id, self.id, party.role, person, number,
                party.asked_for, self.tenant.user_id, action_id,
            ),
        )  # fmt: skip
        is_transfer = party.asked_for in ("cold", "warm")
        is_return = party.asked_for == "return"
        db.execute(
            "insert into public.call_actions (id, business_id, conversation_id, action, mode,"
            " asked_by, to_user_id, to_number, call_leg_id, cause_id, result, finished_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'done', now())",
            (
                action_id, self.tenant.business_id, self.id,
                "transfer" if is_transfer else party.asked_for,
                party.asked_for if is_transfer else None,
                self.tenant.user_id, person, number, self.leg_ids[name],
                cause if is_return else None,
            ),
        )  # fmt: skip
        return action_id

    def _who(self, party: Party) -> tuple[uuid.UUID | None, str | None]:
        if party.role == "third_party":
            return None, EXPERT
        return (self.tenant.user_id if party.role == "agent" else self.colleague), None

    def address(self, leg: str) -> str:
        """Whom Twilio dials for a leg."""
        if leg == "lead":
            return self.tenant.lead_number
        person, number = self._who(self.handover.parties[leg])
        return number or f"client:user_{person.hex}_{self.tenant.business_id.hex}"  # type: ignore[union-attr]

    def deliver(self, db: Connection, fact: Fact) -> None:
        """As role call_webhook: one event."""
        party = self.handover.parties.get(fact.leg)
        payload = dict(fact.payload)
        conference = payload.get("ConferenceSid")
        if fact.source == "conference":
            payload["FriendlyName"] = f"conversation_{self.id.hex if self.id else 32 * '0'}"
        elif fact.leg == "agent":
            payload |= {
                "From": self.rep,
                "To": "(415) 555-0100",
            }
        else:
            payload |= {"From": self.tenant.caller_id, "To": self.address(fact.leg)}
        db.execute(
            "select public.record_call_event(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                None if party and not party.dialled else self.sids[fact.leg],
                self.sid,
                fact.source,
                fact.status,
                fact.number,
                at(fact.second),
                fact.duration,
                Jsonb(payload),
                self.leg_ids[fact.leg] if fact.named or (party and conference) else None,
                conference and f"{conference}{self.sid}",
            ),
        )


def rows_of(db: Connection, calls: Iterable[HandedCall]) -> dict[str, dict[str, Any]]:
    """All that the database has about a call, by the agent's CallSid, without what differs between
    calls or between writes."""
    rows = fetch(
        db,
        """
        select
          conversations.*,
          (
            select jsonb_agg(
              to_jsonb(call_legs)
                - '{id,conversation_id,call_sid,call_action_id,created_at,updated_at}'::text[]
              order by role, answered_at, status
            )
            from public.call_legs where conversation_id = conversations.id
          ) as legs,
          (
            select array_agg(
              array[call_holds.started_at, call_holds.ended_at] order by call_holds.started_at
            )
            from public.call_holds
            join public.call_legs on call_legs.id = call_leg_id and call_legs.role = 'lead'
            where call_holds.conversation_id = conversations.id
          ) as holds,
          (
            select count(*) from public.call_events
            where agent_call_sid = conversations.call_sid and conversation_id = conversations.id
          ) as events
        from public.conversations
        where call_sid = any(%s)
        """,
        [call.sid for call in calls],
    )
    of_each_call = {"id", "call_sid", "updated_at"}
    return {
        row["call_sid"]: {name: row[name] for name in row.keys() - of_each_call} for row in rows
    }


def check(found: Mapping[str, Any], handover: Handover) -> None:
    """What is on record is what the call has become."""
    assert (found["status"], found["duration_seconds"]) == (handover.status, handover.talk_time)
    assert (found["answered_at"], found["ended_at"]) == (at(5), at(handover.ended))
    assert (found["stage"], found["is_plain"]) == (None, False)
    assert found["hold_seconds"] == handover.hold_seconds
    assert found["call_back_at"] == at(handover.call_back)
    holds = [[at(start), at(end)] for start, end in handover.holds]
    assert (found["holds"] or []) == holds
    assert sorted(
        (leg["role"], leg["status"], leg["duration_seconds"], leg["ended_by"] or "")
        for leg in found["legs"]
    ) == sorted(
        (role, status, seconds, left or "") for role, status, seconds, left in handover.legs
    )
    assert [leg["on_hold_since"] for leg in found["legs"]] == [None] * len(handover.legs)


def deliver(db: Connection, deliveries: Iterable[tuple[HandedCall, Order]]) -> None:
    with as_role(db, "call_webhook"), db.pipeline():
        for call, facts in deliveries:
            for fact in facts:
                call.deliver(db, fact)


class Lab:
    """A tenant with a colleague, and calls that have begun and of which everything was asked."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.tenant: Tenant = add_tenant(db, 1)
        self.colleague: uuid.UUID = add_colleague(db, self.tenant)

    def calls(self, handover: Handover, count: int, *, begun: bool = True) -> list[HandedCall]:
        calls = [HandedCall(self.tenant, handover, self.colleague) for _ in range(count)]
        if begun:
            with as_role(self.db, "call_webhook"):
                for call in calls:
                    call.begin(self.db)
            for call in calls:
                call.ask(self.db)
        return calls

    def rows(self, calls: Sequence[HandedCall]) -> list[dict[str, Any] | None]:
        found = rows_of(self.db, calls)
        return [found.get(call.sid) for call in calls]

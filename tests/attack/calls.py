"""A call that reaches us in pieces, and the rows that it must leave in the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
from psycopg.types.json import Jsonb

from tests.attack.endings import LEFT, Ending, Event
from tests.attack.webhooks import send
from tests.supabase.tenants import Connection, Tenant, dialled, fetch, new_call_sid

# What a rep types into the browser: not E.164.
TYPED = "(415) 555-0100"
# Real callbacks were seen to have these fields, or may have them one day.
ODDITIES = [("Called", ""), ("Odd", "1"), ("Odd", "2"), ("Unknown", "📞")]


class Call:
    """A call that ends this way. A piece of it is an event, or None for the first webhook, which
    begins the call."""

    def __init__(self, tenant: Tenant, ending: Ending) -> None:
        self.tenant, self.ending = tenant, ending
        self.sids = {leg: new_call_sid() for leg in ("agent", "lead", "second lead")}

    @property
    def rep(self) -> str:
        return f"client:user_{self.tenant.user_id.hex}_{self.tenant.business_id.hex}"

    def deliver(self, db: Connection, event: Event | None) -> None:
        """Sends one piece to the database as role call_webhook, and does not wait for the
        answer."""
        if event is None:
            to = self.ending.dialled
            db.execute(
                "select public.begin_call(%s, %s, %s, %s, null, null, null, null)",
                (
                    self.sids["agent"],
                    self.tenant.user_id,
                    self.tenant.business_id,
                    Jsonb({"dialled": to}) if to else dialled(self.tenant.lead_number),
                ),
            )
            return
        names = ("from", "to") if event.source == "reconcile" else ("From", "To")
        payload = dict(zip(names, self._numbers(event), strict=True))
        db.execute(
            "select public.record_call_event(%s, %s, %s, %s, %s, %s, %s, %s, null, null)",
            (
                self.sids[event.leg],
                self.sids["agent"],
                event.source,
                event.status,
                event.sequence_number,
                at(event.second),
                event.duration,
                Jsonb(payload),
            ),
        )

    def send(self, http: httpx.Client, env: Mapping[str, str], event: Event | None) -> None:
        """Sends one piece over HTTP as Twilio does, with everything odd that was seen in its
        callbacks."""
        path, pairs = self._webhook(event)
        if event is None:
            numbers = (self.rep, self.ending.dialled or self.tenant.lead_number)
        else:
            numbers = self._numbers(event)
        named = zip(("From", "To"), numbers, strict=True)
        answer = send(http, env, path, [*ODDITIES, *named, *pairs])
        assert answer.status_code in (200, 204), answer.text

    def _numbers(self, event: Event) -> tuple[str, str]:
        """The caller and the callee in an event. Only the events of the lead's own legs have the
        numbers that the lead sees. Events of the agent's leg, with the Dial action, have what the
        rep typed."""
        if event.leg != "agent" and event.source != "dial_action":
            return self.tenant.caller_id, self.tenant.lead_number
        return self.rep, self.ending.dialled or TYPED

    def _webhook(self, event: Event | None) -> tuple[str, list[tuple[str, str]]]:
        agent = self.sids["agent"]
        if event is None:
            return "twiml", [("CallSid", agent)]

        leg, moment = self.sids[event.leg], at(event.second)
        if event.source == "dial_action":
            # Twilio names no leg if nobody was dialled.
            named = [("DialCallSid", leg)] if leg != agent else []
            length = [("DialCallDuration", str(event.duration))] if event.duration else []
            pairs = [("CallSid", agent), ("DialCallStatus", event.status), *named, *length]
            return "twiml?after=dial", pairs

        # `Duration` is in minutes, `CallDuration` in seconds.
        length = [("Duration", "1"), ("CallDuration", str(event.duration))]
        return "status", [
            ("CallSid", leg),
            ("ParentCallSid", agent if leg != agent else ""),
            ("CallStatus", event.status),
            ("SequenceNumber", str(event.sequence_number)),
            *([("Timestamp", format_datetime(moment))] if moment else []),
            *(length if event.duration is not None else []),
        ]


def at(second: int | None) -> datetime | None:
    return None if second is None else datetime(2026, 11, 22, 10, 0, second, tzinfo=UTC)


def rows_of(db: Connection, calls: Iterable[Call]) -> dict[str, dict[str, Any]]:
    """All that the database has about a call, by the agent's CallSid. Ids, CallSids and
    ``updated_at`` are left out, because they differ between calls or between writes."""
    rows = fetch(
        db,
        """
        select
          conversations.*,
          (
            select jsonb_agg(
              to_jsonb(call_legs) - '{id,conversation_id,call_sid,updated_at}'::text[]
              order by role, answered_at, status
            )
            from public.call_legs where conversation_id = conversations.id
          ) as legs,
          (
            select count(*) from public.call_events
            where agent_call_sid = conversations.call_sid and conversation_id = conversations.id
          ) as events
        from public.conversations
        where call_sid = any(%s)
        """,
        [call.sids["agent"] for call in calls],
    )
    of_each_call = {"id", "call_sid", "updated_at"}
    return {
        row["call_sid"]: {name: row[name] for name in row.keys() - of_each_call} for row in rows
    }


def without_our_clock(row: dict[str, Any]) -> dict[str, Any]:
    """The row with a word in the place of each time that our clock told: Twilio's events all
    happened in one minute of the past."""

    def masked(value: object) -> object:
        if isinstance(value, list):
            return [masked(each) for each in value]
        if isinstance(value, dict):
            return {name: masked(each) for name, each in value.items()}
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
            # Legs are JSON, in which a time is text.
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime) and value.replace(second=0) != at(0):
            return "by our clock"
        return value

    return {name: masked(value) for name, value in row.items()}


def check(found: Mapping[str, Any], call: Call, *, begun: bool = True) -> None:
    """What is on record is what the ending is, with or without its beginning."""
    tenant, ending = call.tenant, call.ending
    assert (found["begun_at"] is not None) == begun
    assert (found["business_id"], found["user_id"]) == (tenant.business_id, tenant.user_id)
    told_by_lead = any(
        event.leg != "agent" and event.source != "dial_action" for event in ending.events
    )
    if begun and ending.dialled is None:
        assert found["lead_id"] == tenant.lead_id
    if told_by_lead or (begun and ending.dialled is None):
        assert (found["from_number"], found["to_number"]) == (tenant.caller_id, tenant.lead_number)
    else:
        assert found["to_number"] == (ending.dialled or TYPED)
    status = ending.status if begun or ending.unbegun is None else ending.unbegun
    assert (found["status"], found["duration_seconds"]) == (status, ending.talk_time)
    assert (found["ringing_at"], found["answered_at"]) == (at(ending.ringing), at(ending.answered))
    assert found["ended_at"] == at(ending.ended) or ending.ended is None
    assert len(found["legs"]) == len({event.leg for event in (*ending.events, LEFT)})
    assert found["events"] == len(ending.events)

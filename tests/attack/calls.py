"""A call that reaches us piece by piece, and the rows that it must leave in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
from psycopg.types.json import Jsonb

from tests.attack.endings import LEFT, Ending, Event
from tests.attack.webhooks import send
from tests.supabase.tenants import Connection, Tenant, dialled, fetch, new_call_sid

# Real callbacks were seen to have these fields, or may have them one day.
ODDITIES = [("Called", ""), ("Odd", "1"), ("Odd", "2"), ("Unknown", "📞")]


class Call:
    """A call that ends this way. A piece of it is an event, or None for the first webhook, which
    begins the call."""

    def __init__(self, tenant: Tenant, ending: Ending) -> None:
        self.tenant, self.ending = tenant, ending
        self.sids = {"agent": new_call_sid(), "lead": new_call_sid()}

    @property
    def rep(self) -> str:
        return f"client:user_{self.tenant.user_id.hex}_{self.tenant.business_id.hex}"

    def deliver(self, db: Connection, event: Event | None) -> None:
        """Sends one piece to the database as role call_webhook, and does not wait for the
        answer."""
        if event is None:
            to = self.ending.dialled
            db.execute(
                "select public.begin_call(%s, %s, %s, %s, null, null, null)",
                (
                    self.sids["agent"],
                    self.tenant.user_id,
                    self.tenant.business_id,
                    Jsonb({"dialled": to}) if to else dialled(self.tenant.lead_number),
                ),
            )
            return
        payload = {"From": self.rep, "To": self.tenant.lead_number} if event.leg == "agent" else {}
        db.execute(
            "select public.record_call_event(%s, %s, %s, %s, %s, %s, %s, %s)",
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
        caller = [("From", self.rep), ("To", self.ending.dialled or self.tenant.lead_number)]
        answer = send(http, env, path, [*ODDITIES, *caller, *pairs])
        assert answer.status_code in (200, 204), answer.text

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
    """What the database has of each call, by the agent's CallSid, without what names the call."""
    rows = fetch(
        db,
        """
        select
          call_sid, business_id, user_id, lead_id, to_number, from_number, status, block_reason,
          ringing_at, answered_at, ended_at, duration_seconds, time_limit_seconds,
          (
            select jsonb_agg(
              jsonb_build_array(
                role, status, initiated_at, ringing_at, answered_at, ended_at, duration_seconds
              )
              order by role
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
    return {row.pop("call_sid"): row for row in rows}


def check(found: Mapping[str, Any], call: Call) -> None:
    """Fails the test if the rows are not what the ending says."""
    tenant, ending = call.tenant, call.ending
    assert (found["business_id"], found["user_id"]) == (tenant.business_id, tenant.user_id)
    if ending.dialled is None:
        assert (found["lead_id"], found["to_number"]) == (tenant.lead_id, tenant.lead_number)
    assert (found["status"], found["duration_seconds"]) == (ending.status, ending.talk_time)
    assert (found["ringing_at"], found["answered_at"]) == (at(ending.ringing), at(ending.answered))
    assert found["ended_at"] == at(ending.ended) or ending.ended is None
    assert len(found["legs"]) == len({event.leg for event in (*ending.events, LEFT)})
    assert found["events"] == len(ending.events)

"""A call of which something is asked: what control_fn, twiml_fn and Twilio's callbacks say about
it, at the database."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_user,
    as_role,
    as_user,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)

Answer = dict[str, Any]
LEASE_SECONDS = 10


def one(db: Connection, query: str, *parameters: object) -> Any:
    """The one value that a query answers."""
    row = db.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def add_colleague(
    db: Connection, tenant: Tenant, *, role: str = "agent", state: str | None = "available"
) -> uuid.UUID:
    """A member of the tenant's business whose page has just said ``state``."""
    user_id = add_user(db)
    add_member(db, tenant.business_id, user_id, role)
    if state is not None:
        set_presence(db, tenant, user_id, state)
    return user_id


def set_presence(db: Connection, tenant: Tenant, user_id: uuid.UUID, state: str) -> Answer:
    with as_user(db, user_id):
        answer: Answer = one(db, "select public.set_presence(%s, %s)", tenant.business_id, state)
    return answer


@dataclass
class AskedCall:
    """A call of a tenant's rep, whose lead has answered unless a test says otherwise."""

    db: Connection
    tenant: Tenant
    sid: str = field(default_factory=new_call_sid)
    lead_sid: str = field(default_factory=new_call_sid)
    id: uuid.UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = uuid.UUID(begin_call(self.db, self.tenant, self.sid)["conversation_id"])

    def answer(self) -> AskedCall:
        for number, status in enumerate(("initiated", "ringing", "in-progress")):
            self.event(self.lead_sid, status, number)
        return self

    def event(self, call_sid: str, status: str, number: int | None = None, **more: Any) -> None:
        record_event(self.db, self.sid, call_sid, status, number, **more)

    def end(self, call_sid: str, *, seconds: int = 7, leg_id: str | None = None) -> None:
        self.event(call_sid, "completed", 9, duration_seconds=seconds, **named(leg_id))

    def ask(
        self,
        action: str,
        *,
        by: uuid.UUID | None = None,
        user: uuid.UUID | None = None,
        to: Jsonb | None = None,
        mode: str | None = None,
        leg: object = None,
        message: object = None,
        lease: int = LEASE_SECONDS,
    ) -> Answer:
        """public.ask_of_call as control_fn calls it, with the token of ``by`` (the rep)."""
        with as_user(self.db, by or self.tenant.user_id):
            answer: Answer = one(
                self.db,
                "select public.ask_of_call(%s, %s, %s, %s, %s, %s, %s, %s)",
                self.id, action, user, to, mode, leg, message, lease,
            )  # fmt: skip
        return answer

    def note(
        self,
        asked: Answer,
        *notes: tuple[str, str | None, str | None],
        result: str | None = "done",
        error: str | None = None,
    ) -> Answer:
        """public.note_call_action as control_fn calls it. A note is (what, leg_id, call_sid)."""
        listed = [dict(zip(("what", "leg_id", "call_sid"), each, strict=True)) for each in notes]
        with as_role(self.db, "call_webhook"):
            state: Answer = one(
                self.db,
                "select public.note_call_action(%s, %s, %s, %s, %s)",
                asked["action"]["id"], self.sid, Jsonb(listed), result, error,
            )  # fmt: skip
        return state

    def go_on(
        self,
        after: str,
        call_sid: str,
        status: str = "completed",
        *,
        leg: object = None,
        dialled: str | None = None,
        payload: Mapping[str, str] | None = None,
    ) -> Answer:
        """public.continue_call as twiml_fn calls it when the Dial of the leg ``call_sid`` ends."""
        with as_role(self.db, "call_webhook"):
            answer: Answer = one(
                self.db,
                "select public.continue_call(%s, %s, %s, %s, %s, %s, %s, %s)",
                call_sid, self.sid, after, leg, status, dialled, None, Jsonb(dict(payload or {})),
            )  # fmt: skip
        return answer

    def state(self) -> Answer:
        state: Answer = one(self.db, "select private.call_state(%s)", self.id)
        return state

    def time_passes(self, seconds: int = 21) -> None:
        """Whoever was rung was rung so much earlier."""
        self.db.execute(
            "update public.call_legs set asked_at = asked_at - make_interval(secs => %s)"
            " where conversation_id = %s",
            (seconds, self.id),
        )

    def leg(self, leg_id: str) -> Answer:
        (leg,) = fetch(self.db, "select * from public.call_legs where id = %s", leg_id)
        return leg

    @property
    def row(self) -> Answer:
        return conversation(self.db, self.sid)

    @property
    def stage(self) -> str | None:
        stage: str | None = self.row["stage"]
        return stage

    @property
    def lead_leg_id(self) -> str:
        return str(self.state()["lead_leg_id"])

    # What Twilio and control_fn do after a wish, all of it, without a mishap.

    def convert(self, asked: Answer) -> None:
        """The lead's leg is moved into the room, and the agent follows."""
        self.note(asked, ("redirected", self.lead_leg_id, self.lead_sid), result=None)
        assert self.go_on("dial", self.sid, dialled=self.lead_sid)["next"] == "join_room"
        self.note(asked, ("in_room", None, self.lead_sid), ("in_room", None, self.sid), result=None)

    def hold(self, *, by: uuid.UUID | None = None) -> Answer:
        asked = self.ask("hold", by=by)
        if not self.was_converted():
            self.convert(asked)
        self.note(asked, ("held", self.lead_leg_id, self.lead_sid))
        return asked

    def was_converted(self) -> bool:
        found: bool = one(
            self.db,
            "select exists (select from public.call_events where agent_call_sid = %s"
            " and source = 'dial_action')",
            self.sid,
        )
        return found

    def dial(self, asked: Answer) -> tuple[str, str]:
        """Twilio rings the leg of a wish. Its id and its CallSid."""
        leg_id, sid = asked["action"]["leg_id"], new_call_sid()
        self.note(asked, ("leg_dialled", leg_id, sid))
        self.event(sid, "ringing", 1, **named(leg_id))
        return leg_id, sid

    def transfer_warm(self, **to: Any) -> tuple[str, str]:
        asked = self.ask("transfer", mode="warm", **to)
        if not self.was_converted():
            self.convert(asked)
        self.note(asked, ("held", self.lead_leg_id, self.lead_sid), result=None)
        return self.dial(asked)

    def transfer_cold(self, **to: Any) -> str:
        """The leg that rings for the lead."""
        asked = self.ask("transfer", mode="cold", **to)
        self.note(asked, ("redirected", self.lead_leg_id, self.lead_sid))
        leg_id: str = asked["action"]["leg_id"]
        return leg_id

    def picks_up(self, leg_id: str, sid: str) -> None:
        self.event(sid, "in-progress", 2, **named(leg_id))


def named(leg_id: str | None) -> dict[str, Any]:
    return {} if leg_id is None else {"call_leg_id": leg_id}

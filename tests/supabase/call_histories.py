"""Calls of a business as life makes them: their callbacks in any order, some of them lost, and what
people say and change meanwhile. Everything is made up of a seed, and is the same every time."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

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

# Around the end of summer time in all of the zones below, each at another moment.
FIRST_DAY = datetime(2025, 10, 24, tzinfo=UTC)
DAYS = 11
ZONES = (
    "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", None, "Mars/Base",
)  # fmt: skip
BUSINESS_ZONES = ("UTC", "America/St_Johns", "Pacific/Auckland", "Europe/Berlin")
COUNTRIES = ("US", "DE", None)
OUTCOMES = ("booked", "interested", "voicemail", "not_interested", None)
NUMBERS = tuple(f"+1415555{number:04}" for number in range(300, 312))


class Piece(NamedTuple):
    """A callback. ``at``: seconds since the call began."""

    leg: str
    status: str
    number: int | None
    at: int
    seconds: int | None = None
    source: str = "status_callback"


@dataclass
class Said:
    """An outcome that somebody chose, so many seconds after the call began."""

    outcome: str | None
    at: float
    by_person: bool = True


@dataclass
class Leg:
    """A colleague who was on the call, or took it over."""

    user_id: uuid.UUID
    seconds: int
    takes_over: bool


@dataclass
class Call:
    """What has reached the database of a call, as the model reads it."""

    user_id: uuid.UUID
    number: str | None
    created_at: datetime
    country: str | None
    zone: str | None
    is_estimate: bool
    campaign_id: uuid.UUID | None
    is_refused: bool
    pieces: list[Piece]
    sids: dict[str, str] = field(
        default_factory=lambda: {leg: new_call_sid() for leg in ("agent", "lead", "second lead")}
    )
    id: uuid.UUID | None = None
    is_begun: bool = False
    arrived: list[Piece] = field(default_factory=list)
    outcome: str | None = None
    said: list[Said] = field(default_factory=list)
    hold_seconds: int | None = None
    is_dropped: bool = False
    legs: list[Leg] = field(default_factory=list)
    grade: str | None = None
    is_deleted: bool = False

    @property
    def is_complete(self) -> bool:
        return self.is_begun and not self.is_deleted and len(self.arrived) == len(self.pieces)


def pieces_of(pick: random.Random) -> list[Piece]:
    """The callbacks of a call, in the order of what happened."""
    ring, talk = pick.choice((0, 3, 8, 25)), pick.choice((0, 7, 40, 59, 60, 61, 300))
    begun = [Piece("lead", "initiated", 0, 1), Piece("lead", "ringing", 1, 2)]
    answered = Piece("lead", "in-progress", 2, 2 + ring)
    end = 2 + ring + talk
    left = Piece("agent", "completed", 0, end + 1, end)
    kind = pick.choice(
        ("talked", "talked", "talked", "lost", "asked", "busy", "no-answer", "failed", "canceled",
         "two legs", "nobody dialled", "left")
    )  # fmt: skip
    ended = Piece("lead", "completed", 3, end, talk)
    action = Piece("lead", "completed", None, end, talk, "dial_action")
    if kind == "talked":
        found = [*begun, answered, ended, action, left]
        if pick.random() < 0.2:
            heard = pick.choice(("human", "machine_start", "machine_end_beep", "fax", "unknown"))
            found.append(Piece("lead", heard, None, 2 + ring, None, "amd"))
        return found
    if kind == "lost":
        return [*pick.sample([*begun, answered], 1), ended, left]
    if kind == "asked":
        return [*begun, Piece("lead", "completed", None, end, talk, "reconcile"), left]
    if kind == "two legs":
        return [
            begun[0], Piece("lead", "no-answer", 1, 2, 0),
            Piece("second lead", "in-progress", 1, 2 + ring),
            Piece("second lead", "completed", 2, end, talk), left,
        ]  # fmt: skip
    if kind == "nobody dialled":
        return [Piece("agent", "failed", None, 1, 0, "dial_action"), left]
    if kind == "left":
        return [left]
    over = Piece("lead", kind, 2, end, 0)
    return [*begun, over, over._replace(number=None, source="dial_action"), left]


class History:
    """The calls of one business. ``step`` lets something happen."""

    def __init__(self, db: Connection, tenant: Tenant, seed: object, calls: int) -> None:
        self.db, self.tenant, self.pick = db, tenant, random.Random(str(seed))
        self.zone, self.conversation_seconds = "UTC", 60
        self.successes = {"booked", "interested"}
        self.manager = self._person("manager")
        self.people = [tenant.user_id, self._person("agent"), self.manager]
        self.calls = [self._call() for _ in range(calls)]

    def step(self) -> None:
        """Some callbacks, and something that a person does."""
        for _ in range(self.pick.randint(1, 12)):
            self._deliver()
        complete = [call for call in self.calls if call.is_complete]
        if complete:
            doings: tuple[Callable[[Call], None], ...] = (
                self._say, self._say, self._say, self._say, self._hold, self._drop, self._measure,
                self._measure, self._help, self._help, self._move, self._delete, self._forget,
                self._set, self._correct,
            )  # fmt: skip
            self.pick.choice(doings)(self.pick.choice(complete))

    def finish(self) -> None:
        """Whatever is on its way comes."""
        while any(not call.is_complete and not call.is_deleted for call in self.calls):
            self._deliver()

    def call(self, conversation_id: uuid.UUID) -> Call:
        (call,) = [call for call in self.calls if call.id == conversation_id]
        return call

    def _person(self, role: str) -> uuid.UUID:
        user_id = add_user(self.db)
        add_member(self.db, self.tenant.business_id, user_id, role)
        return user_id

    def _call(self) -> Call:
        pick = self.pick
        # Some at the same moment.
        seconds = pick.randrange(DAYS * 24 * 12) * 300
        zone = pick.choice(ZONES)
        is_refused = pick.random() < 0.1
        return Call(
            pick.choice(self.people), pick.choice(NUMBERS), FIRST_DAY + timedelta(seconds=seconds),
            pick.choice(COUNTRIES), zone, zone is not None and pick.random() < 0.5,
            None if is_refused else pick.choice((None, self.tenant.campaign_id)),
            is_refused,
            [Piece("agent", "completed", 0, 2, 1)] if is_refused else pieces_of(pick),
        )  # fmt: skip

    def _deliver(self) -> None:
        """The beginning of a call, or one of its callbacks."""
        waiting = [call for call in self.calls if not call.is_complete and not call.is_deleted]
        if not waiting:
            return
        call = self.pick.choice(waiting[:15])
        missing = list(call.pieces)
        for piece in call.arrived:
            missing.remove(piece)
        if not call.is_begun and (not missing or self.pick.random() < 0.8):
            self._begin(call)
        else:
            self._arrive(call, self.pick.choice(missing))
        self._furnish(call)

    def _begin(self, call: Call) -> None:
        # Twilio tells a lead who is refused nothing; a number that cannot be is refused.
        assert call.number is not None
        answer = begin_call(
            self.db, self.tenant, call.sids["agent"], user_id=call.user_id,
            to=Jsonb({"dialled": "nonsense"}) if call.is_refused else dialled(call.number),
            campaign_id=call.campaign_id,
        )  # fmt: skip
        assert (answer["block_reason"] is not None) == call.is_refused, answer
        call.is_begun = True

    def _arrive(self, call: Call, piece: Piece) -> None:
        rep = f"client:user_{call.user_id.hex}_{self.tenant.business_id.hex}"
        of_lead = piece.leg != "agent" and piece.source != "dial_action"
        told = (self.tenant.caller_id, call.number or "") if of_lead else (rep, "nonsense")
        names = ("from", "to") if piece.source == "reconcile" else ("From", "To")
        record_event(
            self.db, call.sids["agent"], call.sids[piece.leg], piece.status, piece.number,
            source=piece.source, duration_seconds=piece.seconds,
            occurred_at=(call.created_at + timedelta(seconds=piece.at)).isoformat(),
            payload=dict(zip(names, told, strict=True)),
        )  # fmt: skip
        call.arrived.append(piece)

    def _furnish(self, call: Call) -> None:
        """The row has the times of the call, and what begin_call knows of the number."""
        known = (call.country, call.zone, call.is_estimate if call.zone else None)
        rows = fetch(
            self.db,
            "update public.conversations set created_at = %s, to_country = %s,"
            " lead_time_zone = %s, lead_zone_is_estimate = %s where call_sid = %s returning id",
            call.created_at,
            *(known if call.is_begun and not call.is_refused else (None, None, None)),
            call.sids["agent"],
        )
        if rows:
            call.id = rows[0]["id"]

    def _update(self, call: Call, change: str, *values: object) -> None:
        """A person changes the row of a call."""
        with as_user(self.db, self.manager):
            self.db.execute(
                f"update public.conversations set {change} where id = %s".encode(),
                (*values, call.id),
            )

    def _say(self, call: Call) -> None:
        outcome, by_person = self.pick.choice(OUTCOMES), self.pick.random() < 0.9
        if call.outcome == outcome:
            return
        if by_person:
            self._update(call, "outcome = %s", outcome)
        else:
            self.db.execute(
                "update public.conversations set outcome = %s where id = %s", (outcome, call.id)
            )
        call.outcome = outcome
        # Some before the end, some long after it.
        said = Said(outcome, self.pick.choice((0.5, 40, 90.75, 400, 1900, 2500)), by_person)
        call.said.append(said)
        self.db.execute(
            "update public.conversation_changes set changed_at = %s where id ="
            " (select max(id) from public.conversation_changes where conversation_id = %s)",
            (call.created_at + timedelta(seconds=said.at), call.id),
        )

    def _hold(self, call: Call) -> None:
        if not call.is_refused:
            call.hold_seconds = self.pick.randint(1, 20)
            self.db.execute(
                "update public.conversations set hold_seconds = %s where id = %s",
                (call.hold_seconds, call.id),
            )

    def _drop(self, call: Call) -> None:
        """A message was left: with it goes an outcome, unless somebody has chosen one."""
        rows = fetch(
            self.db,
            "update public.call_legs set dropped_at = ended_at where conversation_id = %s"
            " and role = 'lead' and dropped_at is null and ended_at is not null returning id",
            call.id,
        )
        if rows:
            call.is_dropped = True
            if call.outcome is None:
                call.outcome = "voicemail"
                call.said.append(Said("voicemail", 0, by_person=False))

    def _measure(self, call: Call) -> None:
        call.grade, mos = self.pick.choice((("good", 4.3), ("fair", 3.3), ("poor", 2.5)))
        self.db.execute(
            "insert into public.call_quality (business_id, conversation_id, call_sid, user_id,"
            " started_at, samples, mos_p95) values (%s, %s, %s, %s, %s, 10, %s)"
            " on conflict (business_id, conversation_id, call_sid)"
            " do update set mos_p95 = excluded.mos_p95",
            (
                self.tenant.business_id, call.id, call.sids["agent"], call.user_id,
                call.created_at, mos,
            ),
        )  # fmt: skip

    def _help(self, call: Call) -> None:
        """A colleague is put on the call, or has it handed over, cold or after a word."""
        leg = Leg(self.pick.choice(self.people), self.pick.randint(0, 90), self.pick.random() < 0.5)
        way = self.pick.choice(("cold", "complete")) if leg.takes_over else "add"
        (row,) = fetch(
            self.db,
            "insert into public.call_legs (business_id, conversation_id, call_sid, role, status,"
            " user_id, asked_for, asked_at) values (%s, %s, %s, %s, 'queued', %s, %s, now())"
            " returning id",
            self.tenant.business_id, call.id, new_call_sid(),
            "agent" if leg.user_id == call.user_id else "teammate", leg.user_id,
            "warm" if way == "complete" else way,
        )  # fmt: skip
        self.db.execute(
            "update public.call_legs set status = 'completed', answered_at = %s,"
            " duration_seconds = %s where id = %s",
            (call.created_at + timedelta(seconds=5), leg.seconds, row["id"]),
        )
        if way == "complete":
            (action,) = fetch(
                self.db,
                "insert into public.call_actions (business_id, conversation_id, action,"
                " call_leg_id) values (%s, %s, 'complete', %s) returning id",
                self.tenant.business_id, call.id, row["id"],
            )  # fmt: skip
            self.db.execute(
                "update public.call_actions set result = 'done', finished_at = now() where id = %s",
                (action["id"],),
            )
        self.db.execute(
            "update public.conversations set is_plain = false where id = %s", (call.id,)
        )
        call.legs.append(leg)

    def _move(self, call: Call) -> None:
        call.campaign_id = None if call.campaign_id else self.tenant.campaign_id
        self._update(call, "campaign_id = %s", call.campaign_id)

    def _correct(self, call: Call) -> None:
        """An operator gives a call another number."""
        if call.number is not None and not call.is_refused:
            call.number = self.pick.choice(NUMBERS)
            self.db.execute(
                "update public.conversations set to_number = %s where id = %s",
                (call.number, call.id),
            )

    def _delete(self, call: Call) -> None:
        self.db.execute("delete from public.conversations where id = %s", (call.id,))
        call.is_deleted = True

    def _forget(self, call: Call) -> None:
        theirs = [
            each
            for each in self.calls
            if each.number == call.number and not each.is_deleted and not each.is_refused
        ]
        if call.number is None or call.is_refused or not all(each.is_complete for each in theirs):
            return
        with as_user(self.db, self.manager):
            (row,) = fetch(
                self.db,
                "select public.forget_person(%s, %s, null) as answer",
                self.tenant.business_id, call.number,
            )  # fmt: skip
        assert row["answer"].get("conversations") == len(theirs), row
        for each in theirs:
            # That a machine answered says nothing of the person.
            heard = each.outcome is None and any(
                piece.source == "amd" and piece.status.startswith(("machine", "fax"))
                for piece in each.arrived
            )
            stays = heard or each.outcome == "voicemail"
            each.number, each.outcome = None, "voicemail" if stays else "forgotten"
            each.said = []

    def _set(self, _call: Call) -> None:
        """A manager changes what numbers depend on."""
        business_id = self.tenant.business_id
        what = self.pick.randrange(3)
        if what == 0:
            self.zone = self.pick.choice(BUSINESS_ZONES)
            change, value = "time_zone", self.zone
        elif what == 1:
            self.conversation_seconds = self.pick.choice((5, 60, 61))
            change, value = "conversation_seconds", str(self.conversation_seconds)
        else:
            key = self.pick.choice(("booked", "interested"))
            self.successes ^= {key}
            self.db.execute(
                "update public.outcomes set is_success = %s where business_id = %s and key = %s",
                (key in self.successes, business_id, key),
            )
            return
        self.db.execute(
            f"update public.businesses set {change} = %s where id = %s".encode(),
            (value, business_id),
        )


def everything(db: Connection, business_id: uuid.UUID) -> list[dict[str, Any]]:
    """The facts of a business."""
    return fetch(db, "select * from public.call_facts where business_id = %s", business_id)

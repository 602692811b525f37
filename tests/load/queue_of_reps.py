"""A campaign with many leads, reps whose tabs die at any moment, and somebody who moves clocks, for
tests/load/test_many_reps.py. All that a browser or an endpoint does goes over the REST API."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import psycopg

from stack import Stack

Row = dict[str, Any]
OUTCOMES = {
    "booked": 25,
    "not_interested": 15,
    "callback": 15,
    "voicemail": 30,
    "wrong_number": 5,
    "do_not_call": 5,
    "connected": 5,
}
# The share of tabs that die at each of the moments of a cycle.
DEATHS = 0.06


class TabDied(Exception):
    """The tab is gone; nothing that it would have done happens."""


@dataclass
class Api:
    """The REST API, for a user or a webhook endpoint."""

    http: httpx.Client
    token: str

    def ask(self, function: str, **parameters: object) -> Row:
        for _ in range(5):
            answer = self.http.post(
                f"rpc/{function}",
                json={f"p_{name}": value for name, value in parameters.items()},
                headers={"Authorization": f"Bearer {self.token}"},
            )
            # An overloaded server is asked again. A deadlock (40P01) must not happen.
            if answer.status_code < 500 or "40P01" in answer.text:
                break
            time.sleep(0.2)
        assert answer.status_code == 200, (function, answer.status_code, answer.text)
        found: Row = answer.json()
        return found


@dataclass
class Phone:
    """What Twilio does: a call goes on and ends, whether or not its tab is there."""

    api: Api
    pool: ThreadPoolExecutor
    busy: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def place(self, agent: str, lead_id: str, ending: str, talk: float) -> Future[None]:
        with self.lock:
            assert lead_id not in self.busy, "two calls to one lead at once"
            self.busy.add(lead_id)
        return self.pool.submit(self._go_on, agent, lead_id, ending, talk)

    def _go_on(self, agent: str, lead_id: str, ending: str, talk: float) -> None:
        leg = f"CA{uuid.uuid4().hex}"
        statuses = ["ringing", *(["in-progress"] if ending == "completed" else []), ending]
        for number, status in enumerate(statuses):
            time.sleep(talk)
            self._tell(agent, leg, status, number, 1 if status == "completed" else None)
        self._tell(agent, agent, "completed", len(statuses), 2)
        with self.lock:
            self.busy.discard(lead_id)

    def _tell(
        self, agent: str, leg: str, status: str, number: int, duration_seconds: int | None
    ) -> None:
        self.api.ask(
            "record_call_event",
            call_sid=leg,
            agent_call_sid=agent,
            source="status_callback",
            status=status,
            sequence_number=number,
            occurred_at=None,
            duration_seconds=duration_seconds,
            payload={"CallStatus": status},
            call_leg_id=None,
            conference_sid=None,
        )


@dataclass
class Campaign:
    """The queue, and all who have to do with it."""

    stack: Stack
    business_id: uuid.UUID
    campaign_id: uuid.UUID
    reps: list[uuid.UUID]
    webhook: Api
    phone: Phone
    http: httpx.Client
    seen: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def api_of(self, user_id: uuid.UUID) -> Api:
        return Api(self.http, token_of(self.stack, "authenticated", user_id))


def token_of(stack: Stack, role: str, user_id: uuid.UUID | None) -> str:
    claims = {
        "iss": f"{stack.env['SUPABASE_URL']}/auth/v1",
        "aud": "authenticated",
        "role": role,
        "exp": int(time.time()) + 7200,
        **({"sub": str(user_id)} if user_id else {}),
    }
    return jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"])


class Tab:
    """A rep's browser tab that works through the queue."""

    def __init__(self, campaign: Campaign, user_id: uuid.UUID, seed: int) -> None:
        self.campaign, self.user_id = campaign, user_id
        self.api = campaign.api_of(user_id)
        self.chance = random.Random(seed)
        # What a tab that died still believes to have.
        self.stale: Row | None = None

    def run(self) -> None:
        while not self.campaign.stop.is_set():
            try:
                if not self.cycle():
                    time.sleep(0.3)
            except TabDied:
                self.campaign.seen["tabs that died"] += 1
                if self.chance.random() < 0.5:
                    time.sleep(self.chance.random())

    def may_die(self) -> None:
        if self.chance.random() < DEATHS:
            raise TabDied

    def cycle(self) -> bool:
        """One lead, from the queue to the outcome. False: there was none."""
        told = self.api.ask("next_lead", campaign_id=str(self.campaign.campaign_id))
        entry: Row | None = told["entry"]
        if entry is None:
            return bool(told["why"] == "look_again")
        self.write_late()
        self.stale = entry
        self.may_die()
        if entry["conversation_id"] is None:
            if self.chance.random() < 0.05:
                self.leave(entry, self.chance.choice(("skipped", "stopped")))
                return True
            if not self.call(entry):
                return True
        self.may_die()
        self.finish(entry)
        return True

    def write_late(self) -> None:
        """The older tab was not dead after all, and goes on with its token."""
        if self.stale and self.chance.random() < 0.3:
            entry = self.stale
            self.begin(entry)
            told = self.api.ask(
                "finish_lead",
                entry_id=entry["id"],
                lease_token=entry["lease_token"],
                outcome="booked",
            )
            # What this tab had finished itself is told it again.
            assert "entry" in told or told == {"error": "lease_lost"}, told
            self.campaign.seen["late writers"] += 1

    def begin(self, entry: Row) -> tuple[str, Row]:
        agent = f"CA{uuid.uuid4().hex}"
        number = entry["lead"]["phone_number"]
        meaning = {"e164": number, "type": "mobile", "country": "US", "time_zones": []}
        told = self.campaign.webhook.ask(
            "begin_call",
            call_sid=agent,
            user_id=str(self.user_id),
            business_id=str(self.campaign.business_id),
            to={"dialled": number, "number": meaning, "by_country": {}},
            caller_id=None,
            lead_id=entry["lead_id"],
            campaign_id=entry["campaign_id"],
            lease_token=entry["lease_token"],
        )
        self.campaign.seen[f"begun: {told['block_reason']}"] += 1
        if entry is self.stale and told["block_reason"] is None:
            # It was the live token still.
            ending = self.chance.choice(("busy", "no-answer", "completed"))
            self.campaign.phone.place(agent, entry["lead_id"], ending, 0.02)
        return agent, told

    def call(self, entry: Row) -> bool:
        """Whether the call was placed. Returns when it has ended, if the tab lives so long."""
        self.stale = None
        agent, told = self.begin(entry)
        self.stale = entry
        if told["block_reason"] is not None:
            self.leave(entry, "blocked")
            return False
        ending = self.chance.choices(
            ("completed", "no-answer", "busy", "failed", "canceled"), (55, 20, 15, 5, 5)
        )[0]
        talk = self.chance.random() * 0.05
        ended = self.campaign.phone.place(agent, entry["lead_id"], ending, talk)
        self.may_die()
        ended.result(60)
        return True

    def leave(self, entry: Row, reason: str) -> None:
        self.api.ask(
            "release_lead",
            entry_id=entry["id"],
            lease_token=entry["lease_token"],
            reason=reason,
            next_at=None,
        )

    def finish(self, entry: Row) -> None:
        outcome = None if self.chance.random() < 0.4 else self.outcome()
        for _ in range(50):
            told = self.api.ask(
                "finish_lead",
                entry_id=entry["id"],
                lease_token=entry["lease_token"],
                outcome=outcome,
                call_back_at=None,
                call_back_for=None,
            )
            self.campaign.seen[f"finished: {told.get('error')}"] += 1
            self.may_die()
            if told.get("error") == "outcome_missing":
                outcome = self.outcome()
            elif told.get("error") == "in_call":
                time.sleep(0.1)
            else:
                return

    def outcome(self) -> str:
        return self.chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]


_SHIFT = """
with shifted as (
  update public.conversations set
    created_at = created_at - d, begun_at = begun_at - d, dialed_at = dialed_at - d,
    ringing_at = ringing_at - d, answered_at = answered_at - d, ended_at = ended_at - d
  from (values (%(days)s::interval)) as passed (d)
  where lead_id = %(lead_id)s
), agreed as (
  update public.call_backs set
    due_at = due_at - d, created_at = created_at - d, done_at = done_at - d
  from (values (%(days)s::interval)) as passed (d)
  where lead_id = %(lead_id)s
)
update public.queue_entries set
  enqueued_at = enqueued_at - d, counted_from = counted_from - d, next_at = next_at - d,
  held_at = held_at - d, held_until = held_until - d, call_back_at = call_back_at - d
from (values (%(days)s::interval)) as passed (d)
where lead_id = %(lead_id)s and state = 'ready'
"""


def move_clocks(campaign: Campaign, seed: int) -> None:
    """Lets leases run out at random, and lets the days pass for leads that wait."""
    chance = random.Random(seed)
    with psycopg.connect(campaign.stack.env["DATABASE_URL"], autocommit=True) as admin:
        while not campaign.stop.is_set():
            time.sleep(0.1)
            if chance.random() < 0.15:
                moved = admin.execute(
                    "update public.queue_entries set lease_until = now() - interval '1 second'"
                    " where id in (select id from public.queue_entries where campaign_id = %s"
                    " and state = 'leased' order by random() limit 1 for update skip locked)",
                    (campaign.campaign_id,),
                )
                campaign.seen["leases that ran out"] += moved.rowcount
            _let_days_pass(campaign, admin)


def _let_days_pass(campaign: Campaign, admin: psycopg.Connection[Any]) -> None:
    waiting = admin.execute(
        "select lead_id::text, ceil(extract(epoch from next_at - now()) / 86400)::int"
        " from public.queue_entries where campaign_id = %s and state = 'ready' and not is_due"
        " and next_at > now() order by random() limit 20",
        (campaign.campaign_id,),
    ).fetchall()
    for lead_id, days in waiting:
        with admin.transaction():
            # As the rows of a call are locked before its entry.
            admin.execute(
                "select from public.conversations where lead_id = %s for update", (lead_id,)
            )
            is_waiting = admin.execute(
                "select from public.queue_entries where lead_id = %s and state = 'ready'"
                " and not is_due and next_at > now() for update",
                (lead_id,),
            ).fetchone()
            with campaign.phone.lock:
                is_quiet = lead_id not in campaign.phone.busy
            if is_waiting is not None and is_quiet:
                # Triggers would take the moved times for news.
                admin.execute("set local session_replication_role = replica")
                admin.execute(_SHIFT, {"days": f"{max(days, 1)} days", "lead_id": lead_id})
                campaign.seen["days that passed"] += max(days, 1)


def describe_what_is_missing(campaign: Campaign, admin: psycopg.Connection[Any]) -> int:
    """Somebody says what came of the calls that nobody has described. How many there were."""
    chance = random.Random(7)
    missing = admin.execute(
        "select last_conversation_id, conversations.user_id from public.queue_entries"
        " join public.conversations on conversations.id = last_conversation_id"
        " where queue_entries.campaign_id = %s and state = 'paused'"
        " and wait_reason = 'outcome_missing'",
        (campaign.campaign_id,),
    ).fetchall()
    for conversation_id, user_id in missing:
        answer = campaign.api_of(user_id).ask(
            "describe_conversation",
            conversation_id=str(conversation_id),
            changes={"outcome": chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]},
            before={"outcome": None},
        )
        assert answer["conflicts"] == {}
    return len(missing)


@contextmanager
def made_in(stack: Stack, reps: int, leads: int) -> Iterator[Campaign]:
    """The campaign; afterwards it is deleted with all that belongs to it."""
    business_id, campaign_id = uuid.uuid4(), uuid.uuid4()
    users = [uuid.uuid4() for _ in range(reps)]
    with psycopg.connect(stack.env["DATABASE_URL"]) as admin:
        admin.execute(
            "insert into public.businesses (id, name, calling_hours_start, calling_hours_end,"
            " calls_per_rep_per_minute, calls_per_rep_per_day, concurrent_calls)"
            " values (%s, 'Many reps', null, null, 1000, 100000, 1000)",
            (business_id,),
        )
        admin.execute(
            "insert into public.phone_numbers (business_id, phone_number, is_default)"
            " values (%s, '+12125559400', true)",
            (business_id,),
        )
        for user_id in users:
            admin.execute(
                "insert into auth.users (id, email) values (%s, %s)",
                (user_id, f"{user_id.hex}@henk.test"),
            )
            admin.execute(
                "insert into public.business_members (business_id, user_id, role)"
                " values (%s, %s, 'agent')",
                (business_id, user_id),
            )
        admin.execute(
            "insert into public.campaigns (id, business_id, name, max_attempts)"
            " values (%s, %s, 'Autumn', 3)",
            (campaign_id, business_id),
        )
        admin.execute(
            "with made as (insert into public.leads (business_id, name, phone_number)"
            " select %s, 'Lead ' || n, '+1646' || 2000000 + n"
            " from generate_series(1, %s) as n returning id)"
            " insert into public.queue_entries (business_id, campaign_id, lead_id)"
            " select %s, %s, id from made",
            (business_id, leads, business_id, campaign_id),
        )
    env = stack.env
    try:
        with (
            httpx.Client(
                base_url=f"{env['SUPABASE_URL']}/rest/v1",
                headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]},
                timeout=60,
                limits=httpx.Limits(max_connections=100),
            ) as http,
            ThreadPoolExecutor(64) as pool,
        ):
            webhook = Api(http, token_of(stack, "call_webhook", None))
            yield Campaign(
                stack, business_id, campaign_id, users, webhook, Phone(webhook, pool), http
            )
    finally:
        with psycopg.connect(stack.env["DATABASE_URL"]) as admin:
            admin.execute("delete from public.businesses where id = %s", (business_id,))
            admin.execute("delete from auth.users where id = any(%s)", (users,))

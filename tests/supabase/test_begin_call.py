"""Who may call whom: every reason to refuse and the row it leaves, and a preview that agrees."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    attempt,
    begin_call,
    committed_tenant,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
    wait_until_blocked,
)

STRANGER = "+14155550142"
REFUSED_TYPES = (
    "premium_rate", "shared_cost", "personal_number", "pager", "uan", "voicemail", "unknown",
    "a type of tomorrow",
)  # fmt: skip
REFUSED_TYPE = "number_type_not_allowed"
NO_NUMBER = Jsonb({"dialled": "call Anna", "number": None, "by_country": {}})
ID = "3f1a6a0e-58c4-4d7b-9a53-6d7c2b1e0f94"
MALFORMED_IDS = ("", "abc", "0" * 36, "a" * 200, f"{ID}\n", f" {ID}")


@dataclass(frozen=True)
class World:
    ours: Tenant
    theirs: Tenant
    former_member: uuid.UUID


@pytest.fixture
def world(db: Connection) -> World:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    former = add_user(db)
    add_member(db, ours.business_id, former)
    db.execute("delete from public.business_members where user_id = %s", (former,))
    db.execute(
        "update public.businesses set country = 'DE', allowed_countries = '{DE,FR,US}',"
        " max_call_seconds = 600"
    )
    return World(ours, theirs, former)


@dataclass(frozen=True)
class Attempt:
    """The parameters of begin_call, as one rep's browser and Twilio would have them."""

    to: Jsonb
    caller_id: str | None = None
    lead_id: str | None = None
    campaign_id: str | None = None


def begin(
    db: Connection,
    call_sid: str,
    user_id: uuid.UUID | None,
    business_id: uuid.UUID | None,
    trial: Attempt,
) -> dict[str, Any]:
    with as_role(db, "call_webhook"):
        row = db.execute(
            "select public.begin_call(%s, %s, %s, %s, %s, %s, %s)",
            (
                call_sid,
                user_id,
                business_id,
                trial.to,
                trial.caller_id,
                trial.lead_id,
                trial.campaign_id,
            ),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def preview(
    db: Connection, user_id: uuid.UUID, business_id: uuid.UUID | None, trial: Attempt
) -> dict[str, Any]:
    with as_user(db, user_id):
        row = db.execute(
            "select public.preview_call(%s, %s, %s, %s, %s)",
            (business_id, trial.to, trial.caller_id, trial.lead_id, trial.campaign_id),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def forbid(db: Connection, tenant: Tenant, number: str) -> None:
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (tenant.business_id, number),
    )


def add_lead(db: Connection, tenant: Tenant, number: str | None) -> uuid.UUID:
    lead_id = uuid.uuid4()
    db.execute(
        "insert into public.leads (id, business_id, name, phone_number) values (%s, %s, 'A', %s)",
        (lead_id, tenant.business_id, number),
    )
    return lead_id


def add_caller_id(db: Connection, tenant: Tenant, number: str) -> None:
    db.execute(
        "insert into public.phone_numbers (business_id, phone_number) values (%s, %s)",
        (tenant.business_id, number),
    )


def to_number_of_type(kind: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled("+19005550123", kind))


def of_lead(text: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled(STRANGER), lead_id=text)


def of_campaign(text: str) -> Callable[[World], Attempt]:
    return lambda _: Attempt(dialled(STRANGER), campaign_id=text)


# The trials of test_a_refused_call_is_on_record_with_its_reason and of the preview: what is tried,
# and why it is refused (None: it is not).
TRIALS: dict[str, tuple[Callable[[World], Attempt], str | None]] = {
    "a number": (lambda _: Attempt(dialled(STRANGER)), None),
    "a lead's number": (lambda w: Attempt(dialled(w.ours.lead_number)), None),
    "with lead and campaign": (
        lambda w: Attempt(
            dialled(STRANGER), w.ours.caller_id, str(w.ours.lead_id), str(w.ours.campaign_id)
        ),
        None,
    ),
    "letters": (lambda _: Attempt(NO_NUMBER), "invalid_number"),
    "nothing parsed": (lambda _: Attempt(Jsonb({"dialled": "1"})), "invalid_number"),
    "200 digits": (
        lambda _: Attempt(Jsonb({"dialled": "9" * 200, "number": None, "by_country": {}})),
        "invalid_number",
    ),
    "another country's national number": (
        lambda _: Attempt(
            Jsonb(
                {
                    "dialled": "(415) 555-0142",
                    "number": None,
                    "by_country": {"US": {"e164": STRANGER, "type": "mobile"}},
                }
            )
        ),
        "invalid_number",
    ),
    "a number nobody may dial from here": (
        lambda _: Attempt(
            Jsonb({"dialled": "030 1", "number": None, "by_country": {"DE": None, "US": {}}})
        ),
        "invalid_number",
    ),
    **{kind: (to_number_of_type(kind), REFUSED_TYPE) for kind in REFUSED_TYPES},
    "the other business's caller ID": (
        lambda w: Attempt(dialled(STRANGER), w.theirs.caller_id),
        "caller_id_not_owned",
    ),
    "a made-up caller ID": (
        lambda _: Attempt(dialled(STRANGER), "+14155559999"),
        "caller_id_not_owned",
    ),
    "a caller ID of letters": (lambda _: Attempt(dialled(STRANGER), "me"), "caller_id_not_owned"),
    "the other business's lead": (
        lambda w: Attempt(dialled(STRANGER), lead_id=str(w.theirs.lead_id)),
        "unknown_lead",
    ),
    "no such lead": (
        lambda _: Attempt(dialled(STRANGER), lead_id=str(uuid.uuid4())),
        "unknown_lead",
    ),
    "the other business's campaign": (
        lambda w: Attempt(dialled(STRANGER), campaign_id=str(w.theirs.campaign_id)),
        "unknown_campaign",
    ),
    "no such campaign": (
        lambda _: Attempt(dialled(STRANGER), campaign_id=str(uuid.uuid4())),
        "unknown_campaign",
    ),
    **{f"lead id {text!r:.20}": (of_lead(text), "unknown_lead") for text in MALFORMED_IDS},
    **{
        f"campaign id {text!r:.20}": (of_campaign(text), "unknown_campaign")
        for text in MALFORMED_IDS
    },
    "a number on the list": (lambda _: Attempt(dialled("+14155550199")), "do_not_call"),
}


def typed(trial: Attempt) -> str:
    text: str = trial.to.obj["dialled"]
    return text[:64]


@pytest.mark.parametrize("trial", [name for name, (_, reason) in TRIALS.items() if reason])
def test_a_refused_call_is_on_record_with_its_reason(
    db: Connection, world: World, trial: str
) -> None:
    forbid(db, world.ours, "+14155550199")
    make, reason = TRIALS[trial]
    tried, agent = make(world), new_call_sid()
    answer = begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    call = conversation(db, agent)
    assert answer == {
        "conversation_id": str(call["id"]),
        "block_reason": reason,
        "to_number": typed(tried),
        "from_number": call["from_number"],
        "time_limit_seconds": None,
    }
    assert (call["status"], call["block_reason"]) == ("blocked", reason)
    assert (call["business_id"], call["user_id"]) == (world.ours.business_id, world.ours.user_id)
    assert (call["to_number"], call["direction"]) == (typed(tried), "outbound")
    assert (call["dialed_at"], call["ringing_at"], call["answered_at"]) == (None, None, None)
    assert (call["ended_at"], call["duration_seconds"]) == (call["created_at"], 0)
    assert call["from_number"] in (None, world.ours.caller_id)
    assert call["lead_id"] is None
    legs = fetch(
        db,
        "select call_sid, role, business_id from public.call_legs where conversation_id = %s",
        call["id"],
    )
    assert legs == [{"call_sid": agent, "role": "agent", "business_id": world.ours.business_id}]


def test_a_call_is_queued_with_all_that_was_decided(db: Connection, world: World) -> None:
    tried, agent = TRIALS["with lead and campaign"][0](world), new_call_sid()
    answer = begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    call = conversation(db, agent)
    assert answer == {
        "conversation_id": str(call["id"]),
        "block_reason": None,
        "to_number": STRANGER,
        "from_number": world.ours.caller_id,
        "time_limit_seconds": 600,
    }
    expected = {
        "business_id": world.ours.business_id,
        "user_id": world.ours.user_id,
        "lead_id": world.ours.lead_id,
        "campaign_id": world.ours.campaign_id,
        "channel": "voice",
        "direction": "outbound",
        "status": "queued",
        "block_reason": None,
        "from_number": world.ours.caller_id,
        "to_number": STRANGER,
        "call_sid": agent,
        "ringing_at": None,
        "answered_at": None,
        "ended_at": None,
        "duration_seconds": None,
        "time_limit_seconds": 600,
        "outcome": None,
        "notes": None,
    }
    assert {name: call[name] for name in expected} == expected
    # Twilio's clock has whole seconds: a call must not seem to ring before it was dialled.
    assert call["dialed_at"].microsecond == 0
    assert timedelta(0) <= call["created_at"] - call["dialed_at"] < timedelta(seconds=1)


@pytest.mark.parametrize("missing", ["user", "business", "both"])
def test_a_caller_who_is_no_rep_leaves_a_row_of_no_business(
    db: Connection, world: World, missing: str
) -> None:
    user = None if missing in ("user", "both") else world.ours.user_id
    business = None if missing in ("business", "both") else world.ours.business_id
    agent = new_call_sid()
    answer = begin(db, agent, user, business, Attempt(dialled(STRANGER)))
    call = conversation(db, agent)
    assert (call["status"], answer["block_reason"]) == ("blocked", "unknown_rep")
    assert (answer["time_limit_seconds"], answer["from_number"]) == (None, None)
    assert (call["business_id"], call["user_id"]) == (None, user)
    assert (call["to_number"], call["duration_seconds"]) == (STRANGER, 0)
    assert call["ended_at"] is not None


def test_who_left_the_business_is_refused_on_its_record(db: Connection, world: World) -> None:
    for user in (world.former_member, world.theirs.user_id, uuid.uuid4()):
        agent = new_call_sid()
        answer = begin(db, agent, user, world.ours.business_id, Attempt(dialled(STRANGER)))
        call = conversation(db, agent)
        assert answer["block_reason"] == call["block_reason"] == "not_a_member"
        assert (call["business_id"], call["user_id"]) == (world.ours.business_id, user)


def test_a_business_that_is_gone_leaves_a_row_of_no_business(db: Connection, world: World) -> None:
    agent = new_call_sid()
    answer = begin(db, agent, world.ours.user_id, uuid.uuid4(), Attempt(dialled(STRANGER)))
    assert answer["block_reason"] == "not_a_member"
    assert conversation(db, agent)["business_id"] is None


def test_the_first_of_several_reasons_is_told(db: Connection, world: World) -> None:
    """Each step mends the reason before, and the next one shows."""
    forbid(db, world.ours, STRANGER)
    ours = world.ours
    foreign = {"lead_id": str(world.theirs.lead_id), "campaign_id": str(world.theirs.campaign_id)}
    number = dialled(STRANGER)
    steps: list[tuple[uuid.UUID | None, Attempt, str]] = [
        (None, Attempt(NO_NUMBER, "me", **foreign), "unknown_rep"),
        (world.former_member, Attempt(NO_NUMBER, "me", **foreign), "not_a_member"),
        (ours.user_id, Attempt(NO_NUMBER, "me", **foreign), "invalid_number"),
        (ours.user_id, Attempt(dialled(STRANGER, "pager"), "me", **foreign), REFUSED_TYPE),
        (ours.user_id, Attempt(number, "me", **foreign), "caller_id_not_owned"),
        (ours.user_id, Attempt(number, **foreign), "unknown_lead"),
        (ours.user_id, Attempt(number, campaign_id=foreign["campaign_id"]), "unknown_campaign"),
        (ours.user_id, Attempt(number), "do_not_call"),
    ]
    for user, tried, reason in steps:
        answer = begin(db, new_call_sid(), user, ours.business_id, tried)
        assert answer["block_reason"] == reason


def test_a_national_number_is_read_by_the_country_of_the_business(
    db: Connection, world: World
) -> None:
    in_berlin = {"e164": "+493012345678", "type": "fixed_line", "country": "DE"}
    in_france = {"e164": "+33312345678", "type": "fixed_line", "country": "FR"}
    national = Attempt(
        Jsonb(
            {
                "dialled": "03012345678",
                "number": None,
                "by_country": {"FR": in_france, "DE": in_berlin},
            }
        )
    )
    answers = []
    for country in ("DE", "FR", "US"):
        db.execute("update public.businesses set country = %s", (country,))
        answers.append(
            begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, national)
        )
    assert [answer["to_number"] for answer in answers] == [
        in_berlin["e164"],
        in_france["e164"],
        "03012345678",
    ]
    assert answers[2]["block_reason"] == "invalid_number"


def test_an_international_number_needs_no_country(db: Connection, world: World) -> None:
    to = Jsonb(
        {
            "dialled": "+1 415 555 0142",
            "number": {"e164": STRANGER, "type": "mobile", "country": "US"},
            "by_country": {"DE": {"e164": "+4914155550142", "type": "mobile", "country": "DE"}},
        }
    )
    answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, Attempt(to))
    assert (answer["block_reason"], answer["to_number"]) == (None, STRANGER)


@pytest.mark.parametrize(
    "kind", ["mobile", "fixed_line", "fixed_line_or_mobile", "voip", "toll_free", "twilio_test"]
)
def test_a_telephone_of_a_person_may_be_dialled(db: Connection, world: World, kind: str) -> None:
    tried = Attempt(dialled(STRANGER, kind))
    answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
    assert answer["block_reason"] is None


def test_the_caller_id_is_the_chosen_or_the_default_one(db: Connection, world: World) -> None:
    other_line = "+14155550277"
    add_caller_id(db, world.ours, other_line)
    for chosen, shown in ((None, world.ours.caller_id), (other_line, other_line)):
        tried = Attempt(dialled(STRANGER), chosen)
        answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
        assert (answer["block_reason"], answer["from_number"]) == (None, shown)


def test_without_a_default_a_caller_id_must_be_chosen(db: Connection, world: World) -> None:
    db.execute("update public.phone_numbers set is_default = false")
    user, business = world.ours.user_id, world.ours.business_id
    none = begin(db, new_call_sid(), user, business, Attempt(dialled(STRANGER)))
    assert (none["block_reason"], none["from_number"]) == ("no_caller_id", None)
    chosen = Attempt(dialled(STRANGER), world.ours.caller_id)
    assert begin(db, new_call_sid(), user, business, chosen)["block_reason"] is None


def test_another_businesss_do_not_call_list_does_not_bind(db: Connection, world: World) -> None:
    forbid(db, world.theirs, STRANGER)
    tried = Attempt(dialled(STRANGER))
    answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
    assert answer["block_reason"] is None


def linked_lead(db: Connection, world: World, tried: Attempt) -> uuid.UUID | None:
    agent = new_call_sid()
    begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    lead_id: uuid.UUID | None = conversation(db, agent)["lead_id"]
    return lead_id


def test_a_number_is_linked_to_the_one_lead_who_has_it(db: Connection, world: World) -> None:
    to = Attempt(dialled(STRANGER))
    add_lead(db, world.ours, None)
    assert linked_lead(db, world, to) is None
    add_lead(db, world.theirs, STRANGER)
    assert linked_lead(db, world, to) is None
    only = add_lead(db, world.ours, STRANGER)
    assert linked_lead(db, world, to) == only
    add_lead(db, world.ours, STRANGER)
    assert linked_lead(db, world, to) is None


def test_the_chosen_lead_counts_whoever_has_the_number(db: Connection, world: World) -> None:
    chosen, _ = add_lead(db, world.ours, None), add_lead(db, world.ours, STRANGER)
    assert linked_lead(db, world, Attempt(dialled(STRANGER), lead_id=str(chosen))) == chosen
    upper = str(chosen).upper()
    assert linked_lead(db, world, Attempt(dialled(STRANGER), lead_id=upper)) == chosen


def changes(db: Connection, world: World) -> None:
    """Everything that the decision rested on, after it was made."""
    forbid(db, world.ours, STRANGER)
    db.execute("delete from public.phone_numbers where business_id = %s", (world.ours.business_id,))
    db.execute(
        "delete from public.business_members where business_id = %s", (world.ours.business_id,)
    )
    db.execute("delete from public.leads where business_id = %s", (world.ours.business_id,))


@pytest.mark.parametrize("trial", ["with lead and campaign", "letters", "a made-up caller ID"])
def test_a_repeated_delivery_gets_the_first_answer_whatever_changed_since(
    db: Connection, world: World, trial: str
) -> None:
    tried, agent = TRIALS[trial][0](world), new_call_sid()
    first = begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    changes(db, world)
    before = conversation(db, agent)
    for again in (tried, Attempt(NO_NUMBER)):
        assert begin(db, agent, world.ours.user_id, world.ours.business_id, again) == first
    assert conversation(db, agent) == before
    legs = fetch(db, "select role from public.call_legs where call_sid = %s", agent)
    assert legs == [{"role": "agent"}]


def test_a_repeated_delivery_gets_the_first_answer_while_the_call_goes_on(
    db: Connection, world: World
) -> None:
    agent = new_call_sid()
    first = begin_call(db, world.ours, agent)
    record_event(db, agent, new_call_sid(), "ringing", 1)
    assert begin_call(db, world.ours, agent) == first


def test_two_deliveries_at_once_write_one_row_and_get_one_answer(postgres: Postgres) -> None:
    agent = new_call_sid()

    def deliver(tenant: Tenant) -> dict[str, Any]:
        with psycopg.connect(postgres.url()) as connection:
            return begin_call(connection, tenant, agent)

    with (
        committed_tenant(postgres, 61) as tenant,
        psycopg.connect(postgres.url(), autocommit=True) as admin,
        ThreadPoolExecutor(4) as pool,
    ):
        # Nobody can write before all have got as far as they get.
        with psycopg.connect(postgres.url()) as gate:
            gate.execute("lock table public.conversations in share mode")
            deliveries = [pool.submit(deliver, tenant) for _ in range(4)]
            wait_until_blocked(admin, "postgres", len(deliveries))
        answers = [delivery.result(timeout=20) for delivery in deliveries]
        assert answers == [answers[0]] * len(deliveries)
        assert conversation(admin, agent)["status"] == "queued"
        legs = fetch(admin, "select role from public.call_legs where call_sid = %s", agent)
        assert legs == [{"role": "agent"}]


def test_calls_wait_for_no_other_business_and_events_for_no_other_call(
    postgres: Postgres,
) -> None:
    under_way = new_call_sid()
    with (
        committed_tenant(postgres, 62) as tenant,
        committed_tenant(postgres, 63) as other,
        psycopg.connect(postgres.url()) as first,
        psycopg.connect(postgres.url()) as second,
    ):
        begin_call(first, tenant, under_way)
        first.commit()
        begin_call(first, tenant, new_call_sid())
        second.execute("set local lock_timeout = '2s'")
        assert begin_call(second, other, new_call_sid())["block_reason"] is None
        assert record_event(second, under_way, new_call_sid(), "ringing", 1)["new"]


@pytest.mark.parametrize("trial", TRIALS)
def test_a_preview_tells_what_the_call_will_be_told(
    db: Connection, world: World, trial: str
) -> None:
    forbid(db, world.ours, "+14155550199")
    make, reason = TRIALS[trial]
    tried = make(world)
    with attempt(db):
        # As PostgREST runs a stable function.
        db.execute("set local transaction_read_only = on")
        foreseen = preview(db, world.ours.user_id, None, tried)
    assert foreseen["block_reason"] == reason
    answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
    assert foreseen == {name: answer[name] for name in foreseen}
    assert answer.keys() - foreseen.keys() == {"conversation_id"}


def test_a_preview_writes_nothing(db: Connection, world: World) -> None:
    for name in ("with lead and campaign", "letters"):
        preview(db, world.ours.user_id, None, TRIALS[name][0](world))
    for table in ("conversations", "call_legs", "call_events", "token_grants"):
        assert fetch(db, f"select from public.{table}") == []


def test_a_preview_is_for_members_of_the_business(db: Connection, world: World) -> None:
    tried = Attempt(dialled(STRANGER))
    ours, theirs = world.ours, world.theirs
    not_a_member = {"error": "not_a_member"}
    for business in (theirs.business_id, uuid.uuid4()):
        assert preview(db, ours.user_id, business, tried) == not_a_member
    for business_or_none in (ours.business_id, None):
        assert preview(db, world.former_member, business_or_none, tried) == not_a_member
    both = add_user(db)
    add_member(db, ours.business_id, both)
    add_member(db, theirs.business_id, both)
    assert preview(db, both, None, tried) == {"error": "business_required"}
    shown = [
        preview(db, both, tenant.business_id, tried)["from_number"] for tenant in (ours, theirs)
    ]
    assert shown == [ours.caller_id, theirs.caller_id]


def test_a_preview_of_one_business_does_not_see_what_is_anothers(
    db: Connection, world: World
) -> None:
    """Even for a user who may see both: policies alone would let it."""
    ours, theirs = world.ours, world.theirs
    add_member(db, theirs.business_id, ours.user_id)
    forbid(db, theirs, "+14155550198")
    trials = {
        "unknown_lead": Attempt(dialled(STRANGER), lead_id=str(theirs.lead_id)),
        "unknown_campaign": Attempt(dialled(STRANGER), campaign_id=str(theirs.campaign_id)),
        "caller_id_not_owned": Attempt(dialled(STRANGER), theirs.caller_id),
        None: Attempt(dialled("+14155550198")),
    }
    for reason, tried in trials.items():
        foreseen = preview(db, ours.user_id, ours.business_id, tried)
        assert foreseen["block_reason"] == reason


def test_a_call_that_began_long_after_its_events_is_dated_by_them(
    db: Connection, world: World
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    record_event(db, agent, lead, "initiated", 0, occurred_at="2026-11-22T10:00:01Z")
    begin_call(db, world.ours, agent)
    assert conversation(db, agent)["dialed_at"] == datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)

"""Which calls are refused, why, and a preview that agrees. Limits: test_decide_call_limits.py."""

from __future__ import annotations

import uuid

import pytest
from phonenumbers import PhoneNumberType
from psycopg.types.json import Jsonb

from shared.phone_numbers import CALLABLE_TYPES
from tests.supabase.decisions import (
    NO_NUMBER,
    REFUSED_TYPE,
    STRANGER,
    TRIALS,
    Attempt,
    World,
    add_caller_id,
    add_lead,
    begin,
    forbid,
    make_world,
    preview,
    typed,
)
from tests.supabase.tenants import (
    Connection,
    add_member,
    add_user,
    attempt,
    conversation,
    dialled,
    fetch,
    new_call_sid,
)


@pytest.fixture
def world(db: Connection) -> World:
    return make_world(db)


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
        "notice": False,
        "machine_detection": False,
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
    "kind",
    ["mobile", "fixed_line", "fixed_line_or_mobile", "voip", "toll_free", "unknown", "twilio_test"],
)
def test_a_telephone_of_a_person_may_be_dialled(db: Connection, world: World, kind: str) -> None:
    tried = Attempt(dialled(STRANGER, kind))
    answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
    assert answer["block_reason"] is None


def test_lists_of_numbers_and_calls_refuse_the_same_types(db: Connection, world: World) -> None:
    kinds = {PhoneNumberType.to_string(kind).lower() for kind in PhoneNumberType.values()}
    for kind in kinds | CALLABLE_TYPES:
        tried = Attempt(dialled(STRANGER, kind))
        answer = begin(db, new_call_sid(), world.ours.user_id, world.ours.business_id, tried)
        assert (answer["block_reason"] is None) == (kind in CALLABLE_TYPES), kind


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
    assert answer.keys() - foreseen.keys() == {"conversation_id", "notice", "machine_detection"}
    assert foreseen.keys() - answer.keys() == {
        "extension",
        "lead_id",
        "retry_at",
        "warnings",
        "recording",
    }
    assert {name: foreseen[name] for name in answer if name in foreseen} == {
        name: answer[name] for name in answer if name in foreseen
    }


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


def test_a_preview_does_not_see_rows_of_another_business(db: Connection, world: World) -> None:
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

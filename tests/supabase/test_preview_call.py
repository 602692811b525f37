"""What a rep is told before an allowed call: extension, lead and warnings."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.supabase.decisions import (
    STRANGER,
    Attempt,
    World,
    add_lead,
    begin,
    forbid,
    make_world,
    preview,
)
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_user,
    conversation,
    dialled,
    new_call_sid,
    record_event,
)


@pytest.fixture
def world(db: Connection) -> World:
    return make_world(db)


def to(number: str = STRANGER, kind: str = "mobile", **more: object) -> Jsonb:
    meaning = {"e164": number, "type": kind, "country": "US", "time_zones": []}
    return Jsonb({"dialled": number, "number": meaning, "by_country": {}} | more)


def foresee(db: Connection, world: World, tried: Attempt) -> dict[str, Any]:
    return preview(db, world.ours.user_id, world.ours.business_id, tried)


def warnings(db: Connection, world: World, tried: Attempt) -> list[dict[str, Any]]:
    foreseen = foresee(db, world, tried)
    assert foreseen["block_reason"] is None
    found: list[dict[str, Any]] = foreseen["warnings"]
    return found


def colleague(db: Connection, tenant: Tenant, name: str | None = None) -> uuid.UUID:
    user_id = add_user(db)
    add_member(db, tenant.business_id, user_id)
    if name:
        db.execute(
            "update public.business_members set display_name = %s where user_id = %s",
            (name, user_id),
        )
    return user_id


def call(
    db: Connection, tenant: Tenant, user_id: uuid.UUID, tried: Attempt, minutes_ago: float = 0
) -> str:
    """A call of this rep, which rings; its CallSid."""
    agent = new_call_sid()
    begin(db, agent, user_id, tenant.business_id, tried)
    db.execute(
        "update public.conversations set created_at = now() - %s * interval '1 minute'"
        " where call_sid = %s",
        (minutes_ago, agent),
    )
    return agent


def end(db: Connection, agent: str) -> None:
    db.execute(
        "update public.conversations set status = 'completed', ended_at = now(),"
        " duration_seconds = 60 where call_sid = %s",
        (agent,),
    )


def test_a_call_that_nothing_is_to_be_said_of_has_no_warnings(db: Connection, world: World) -> None:
    foreseen = foresee(db, world, Attempt(to()))
    assert (foreseen["extension"], foreseen["lead_id"], foreseen["warnings"]) == (None, None, [])


def test_a_preview_names_the_lead_that_the_call_will_belong_to(
    db: Connection, world: World
) -> None:
    ours = world.ours
    typed = foresee(db, world, Attempt(dialled(ours.lead_number)))
    chosen = foresee(db, world, Attempt(to(), lead_id=str(ours.lead_id)))
    assert typed["lead_id"] == chosen["lead_id"] == str(ours.lead_id)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("123", "123"),
        ("0", "0"),
        ("1234567", "1234567"),
        ("12345678", None),
        ("x", None),
        ("", None),
        (None, None),
        ("１２", None),
    ],
)
def test_an_extension_is_shown_and_kept_with_the_call(
    db: Connection, world: World, given: str | None, kept: str | None
) -> None:
    tried, agent = Attempt(to(extension=given)), new_call_sid()
    assert foresee(db, world, tried)["extension"] == kept
    begin(db, agent, world.ours.user_id, world.ours.business_id, tried)
    assert conversation(db, agent)["extension"] == kept


def test_a_call_whose_end_came_first_keeps_its_extension_too(db: Connection, world: World) -> None:
    agent = new_call_sid()
    identity = f"client:user_{world.ours.user_id.hex}_{world.ours.business_id.hex}"
    record_event(db, agent, agent, "completed", 3, payload={"From": identity})
    begin(
        db,
        agent,
        world.ours.user_id,
        world.ours.business_id,
        Attempt(to(extension="9"), lead_id=str(world.ours.lead_id)),
    )
    kept = conversation(db, agent)
    assert (kept["extension"], kept["other_number"]) == ("9", True)


def test_a_number_that_is_not_in_the_data_is_said(db: Connection, world: World) -> None:
    assert warnings(db, world, Attempt(to(kind="unknown"))) == [{"code": "number_not_in_data"}]
    national = Jsonb(
        {
            "dialled": "(624) 555-0123",
            "number": None,
            "by_country": {
                "DE": {"e164": "+16245550123", "type": "unknown", "country": "US"},
            },
        }
    )
    assert warnings(db, world, Attempt(national)) == [{"code": "number_not_in_data"}]


def test_words_that_were_left_out_are_said(db: Connection, world: World) -> None:
    assert warnings(db, world, Attempt(to(left_out="(work)"))) == [
        {"code": "text_left_out", "text": "(work)"}
    ]


def test_another_number_than_the_leads_is_said(db: Connection, world: World) -> None:
    by_mail = add_lead(db, world.ours, None)
    for lead_id, number in ((world.ours.lead_id, world.ours.lead_number), (by_mail, None)):
        assert warnings(db, world, Attempt(to(), lead_id=str(lead_id))) == [
            {"code": "other_number_than_leads", "number": number}
        ]
    own = Attempt(dialled(world.ours.lead_number), lead_id=str(world.ours.lead_id))
    assert warnings(db, world, own) == []


def by_number(world: World) -> Attempt:
    return Attempt(dialled(world.ours.lead_number))


def by_lead(world: World) -> Attempt:
    return Attempt(to(), lead_id=str(world.ours.lead_id))


@pytest.mark.parametrize("theirs", [by_number, by_lead])
@pytest.mark.parametrize("mine", [by_number, by_lead])
def test_another_rep_who_talks_to_the_lead_is_named(
    db: Connection, world: World, theirs: Any, mine: Any
) -> None:
    other = colleague(db, world.ours, "Grace")
    agent = call(db, world.ours, other, theirs(world), 5)
    found = warnings(db, world, mine(world))[-1]
    assert {name: found[name] for name in ("code", "user_id", "user_name")} == {
        "code": "lead_in_call",
        "user_id": str(other),
        "user_name": "Grace",
    }
    assert datetime.fromisoformat(found["at"]) == conversation(db, agent)["created_at"]

    end(db, agent)
    assert warnings(db, world, mine(world))[-1]["code"] == "lead_called_recently"


def test_a_call_to_another_spelling_of_the_number_counts(db: Connection, world: World) -> None:
    other = colleague(db, world.ours)
    argentina, mobile = "+541112345678", "+5491112345678"
    call(db, world.ours, other, Attempt(to(argentina)))
    (found,) = warnings(db, world, Attempt(to(mobile)))
    assert (found["code"], found["user_id"]) == ("lead_in_call", str(other))


def test_who_talks_now_is_said_before_who_has_called(db: Connection, world: World) -> None:
    now, before = colleague(db, world.ours), colleague(db, world.ours)
    call(db, world.ours, now, by_number(world), 30)
    end(db, call(db, world.ours, before, by_number(world), 10))
    (found,) = warnings(db, world, by_number(world))
    assert (found["code"], found["user_id"]) == ("lead_in_call", str(now))


def test_what_is_no_call_of_another_rep_within_the_hour_is_not_said(
    db: Connection, world: World
) -> None:
    ours, theirs = world.ours, world.theirs
    tried = by_number(world)
    other = colleague(db, ours)
    # Their own calls, calls of another business, of an hour ago, and to somebody else.
    call(db, ours, ours.user_id, tried)
    call(db, theirs, theirs.user_id, Attempt(dialled(ours.lead_number)))
    end(db, call(db, ours, other, tried, 61))
    end(db, call(db, ours, other, Attempt(to())))
    # A call whose end was lost, and a call that was refused.
    call(db, ours, other, tried, 301)
    forbid(db, ours, ours.lead_number)
    call(db, ours, other, tried)
    db.execute("delete from public.do_not_call")
    assert warnings(db, world, tried) == []


def test_a_rep_who_has_left_the_business_has_no_name(db: Connection, world: World) -> None:
    other = colleague(db, world.ours, "Grace")
    call(db, world.ours, other, by_number(world))
    db.execute("delete from public.business_members where user_id = %s", (other,))
    (found,) = warnings(db, world, by_number(world))
    assert (found["code"], found["user_name"]) == ("lead_in_call", None)


def test_a_refused_call_has_no_warnings(db: Connection, world: World) -> None:
    forbid(db, world.ours, STRANGER)
    call(db, world.ours, colleague(db, world.ours), Attempt(to()))
    foreseen = foresee(db, world, Attempt(to(kind="unknown", left_out="Ada")))
    assert (foreseen["block_reason"], foreseen["warnings"]) == ("do_not_call", [])


def test_several_numbers_are_refused_as_such(db: Connection, world: World) -> None:
    several: dict[str, object] = {
        "dialled": "1, 2",
        "number": None,
        "by_country": {},
        "problem": "several_numbers",
    }
    answer = begin(
        db, new_call_sid(), world.ours.user_id, world.ours.business_id, Attempt(Jsonb(several))
    )
    assert (answer["block_reason"], answer["to_number"]) == ("several_numbers", "1, 2")
    for country, reason in (("DE", "several_numbers"), ("US", "invalid_number")):
        in_one = several | {"problem": None, "several_in": [country]}
        assert foresee(db, world, Attempt(Jsonb(in_one)))["block_reason"] == reason
    # In another country the same text is one number.
    here = several | {"by_country": {"DE": {"e164": STRANGER, "type": "mobile", "country": "US"}}}
    assert foresee(db, world, Attempt(Jsonb(here)))["block_reason"] is None


@pytest.mark.parametrize("problem", ["invalid_number", "do_not_call", None, 5])
def test_no_other_reason_comes_from_outside(db: Connection, world: World, problem: object) -> None:
    text = {"dialled": "x", "number": None, "by_country": {}, "problem": problem}
    assert foresee(db, world, Attempt(Jsonb(text)))["block_reason"] == "invalid_number"

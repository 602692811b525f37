"""Whose clock tells the time where the lead of a call is."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.supabase.decisions import NO_NUMBER, Attempt, World, begin, limit, make_world
from tests.supabase.tenants import (
    Connection,
    begin_call,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
)

NEW_YORK, DENVER, PHOENIX = "America/New_York", "America/Denver", "America/Phoenix"


@pytest.fixture
def world(db: Connection) -> World:
    return make_world(db)


def clock(db: Connection, call_sid: str) -> tuple[Any, Any, Any]:
    call = conversation(db, call_sid)
    return call["to_country"], call["lead_time_zone"], call["lead_zone_is_estimate"]


def lead_in(db: Connection, world: World, zone: str | None, number: str) -> uuid.UUID:
    (lead,) = fetch(
        db,
        "insert into public.leads (business_id, name, phone_number, time_zone)"
        " values (%s, 'A lead', %s, %s) returning id",
        world.ours.business_id, number, zone,
    )  # fmt: skip
    lead_id: uuid.UUID = lead["id"]
    return lead_id


@pytest.mark.parametrize(
    ("of_lead", "of_number", "expected"),
    [
        # The lead's own zone counts, whatever the number says.
        (DENVER, [NEW_YORK], ("US", DENVER, False)),
        (DENVER, [NEW_YORK, DENVER], ("US", DENVER, False)),
        # A number of the United States keeps its area code when its owner moves.
        (None, [NEW_YORK], ("US", NEW_YORK, True)),
        (None, [NEW_YORK, "America/Toronto"], ("US", NEW_YORK, True)),
        (None, [NEW_YORK, DENVER], ("US", None, None)),
        (None, [], ("US", None, None)),
        (None, [NEW_YORK, "Etc/Nowhere"], ("US", None, None)),
        (None, ["EST"], ("US", None, None)),
    ],
)
def test_a_call_knows_the_lead_s_clock_and_whether_it_is_only_the_number_s(
    db: Connection, world: World, of_lead: str | None, of_number: list[str], expected: object
) -> None:
    lead_id = lead_in(db, world, of_lead, "+14155550177")
    number = dialled("+14155550177", time_zones=of_number)
    by_hand, by_lead = new_call_sid(), new_call_sid()
    begin_call(db, world.ours, by_hand, to=number)
    begin_call(db, world.ours, by_lead, to=number, lead_id=lead_id)
    assert clock(db, by_hand) == clock(db, by_lead) == expected


def test_of_two_leads_with_one_number_and_of_another_number_the_number_s_clock_counts(
    db: Connection, world: World
) -> None:
    lead_id = lead_in(db, world, DENVER, "+14155550177")
    other, shared = new_call_sid(), new_call_sid()
    begin_call(
        db, world.ours, other, lead_id=lead_id,
        to=dialled("+4930901820", country="DE", time_zones=["Europe/Berlin"]),
    )  # fmt: skip
    lead_in(db, world, PHOENIX, "+14155550177")
    begin_call(db, world.ours, shared, to=dialled("+14155550177", time_zones=[NEW_YORK]))
    assert clock(db, other) == ("DE", "Europe/Berlin", True)
    assert clock(db, shared) == ("US", NEW_YORK, True)


def test_zones_agree_while_they_have_the_same_time(db: Connection) -> None:
    def agreed(*zones: str, at: str) -> Any:
        (row,) = fetch(db, "select private.agreed_zone(%s, %s) as zone", list(zones), at)
        return row["zone"]

    assert agreed(PHOENIX, DENVER, at="2026-01-15T12:00Z") == PHOENIX
    assert agreed(PHOENIX, DENVER, at="2026-07-15T12:00Z") is None
    # The clocks of Denver change at 09:00 UTC.
    assert agreed(DENVER, PHOENIX, at="2026-03-08T08:59:59Z") == DENVER
    assert agreed(DENVER, PHOENIX, at="2026-03-08T09:00:00Z") is None


def test_a_refused_call_has_the_country_once_its_number_was_read(
    db: Connection, world: World
) -> None:
    limit(db, world.ours, calling_hours_start="00:00", calling_hours_end="00:00:01")
    refused, satellite, unread = new_call_sid(), new_call_sid(), new_call_sid()
    begin_call(db, world.ours, refused, to=dialled("+14155550142", time_zones=[NEW_YORK]))
    begin_call(db, world.ours, satellite, to=dialled("+881612345678", country="001"))
    begin(db, unread, world.ours.user_id, world.ours.business_id, Attempt(NO_NUMBER))
    assert conversation(db, refused)["block_reason"] == "outside_calling_hours"
    assert clock(db, refused) == ("US", NEW_YORK, True)
    assert clock(db, satellite) == clock(db, unread) == (None, None, None)


def test_a_beginning_that_comes_after_the_end_still_tells_the_clock(
    db: Connection, world: World
) -> None:
    agent = new_call_sid()
    record_event(
        db, agent, agent, "completed", payload={
            "From": f"client:user_{world.ours.user_id.hex}_{world.ours.business_id.hex}",
            "To": "+14155550142",
        },
    )  # fmt: skip
    assert clock(db, agent) == (None, None, None)
    begin_call(db, world.ours, agent, to=dialled("+14155550142", time_zones=[NEW_YORK]))
    assert clock(db, agent) == ("US", NEW_YORK, True)

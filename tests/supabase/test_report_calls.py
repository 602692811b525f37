"""The calls behind the numbers of a report."""

from __future__ import annotations

import random
import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.counted_calls import (
    COUNTS,
    REACHED,
    REFUSED,
    SECONDS,
    TALKED,
    UNANSWERED,
    add_call,
    add_help,
)
from tests.supabase.tenants import Connection, add_tenant, attempt, fetch

MARCH = ("2026-03-01", "2026-03-31")


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def calls(
    desk: Desk,
    by: Any = "all",
    key: str | None = None,
    metric: Any = "calls",
    *,
    period: tuple[str, str] = MARCH,
    after: object = None,
    limit: Any = 1000,
    filters: object = None,
    reader: uuid.UUID | None = None,
) -> Any:
    return desk.ask(
        "report_calls", desk.tenant.business_id, *period, by, key, metric,
        None if after is None else Jsonb(after), limit, 0, Jsonb(filters or {}), by=reader,
    )  # fmt: skip


def test_a_call_is_told_with_its_lead_and_its_numbers(desk: Desk, manager: uuid.UUID) -> None:
    call = add_call(
        desk,
        numbers=TALKED | {"successes": 1, "hold_seconds": 4},
        campaign_id=desk.tenant.campaign_id,
        country="US",
        attempt=3,
    )
    desk.db.execute(
        "update public.conversations set outcome = 'booked', answered_at = created_at"
        " where id = %s",
        (call,),
    )
    (told,) = calls(desk, reader=manager)
    (row,) = fetch(desk.db, "select call_sid from public.conversations where id = %s", call)
    assert {told.pop(name)[:19] for name in ("created_at", "answered_at", "ended_at")} == {
        "2026-03-04T10:00:00"
    }
    assert told == {
        "id": call,
        "call_sid": row["call_sid"],
        "day": "2026-03-04",
        "user_id": str(desk.tenant.user_id),
        "user_name": f"{desk.tenant.user_id}@henk.test",
        "lead_id": str(desk.tenant.lead_id),
        "lead_name": "A lead",
        "campaign_id": str(desk.tenant.campaign_id),
        "campaign_name": "A campaign",
        "to_number": desk.tenant.lead_number,
        "country": "US",
        "status": "completed",
        "block_reason": None,
        "outcome": "booked",
        "grade": None,
        "attempt": 3,
        "talk_seconds": 90,
        "hold_seconds": 4,
        "ring_seconds": 12,
        "wrap_up_seconds": None,
        "is_machine": False,
        "is_connected": True,
        "is_conversation": True,
        "is_success": True,
    }


def history(desk: Desk, people: list[uuid.UUID]) -> None:
    """Calls of some days, the same every time, of which all numbers differ."""
    chance = random.Random(21)
    campaigns = [None, desk.tenant.campaign_id, desk.add_campaign()]
    for n in range(60):
        kind = chance.choice([REFUSED, UNANSWERED, UNANSWERED, REACHED, TALKED])
        extra = {name: int(chance.random() < 0.3) for name in ("measured", "undescribed")}
        if kind is TALKED:
            extra |= {name: chance.randint(0, 1) for name in ("successes", "leads_reached")}
        call = add_call(
            desk,
            f"2026-{chance.choice(['02-27', '03-01', '03-02', '03-14', '03-31'])}T1{n % 9}:00:00Z",
            kind | extra,
            by=chance.choice(people),
            campaign_id=chance.choice(campaigns),
            country=chance.choice([None, "US", "GB"]),
            outcome=chance.choice([None, "booked", "callback"]),
            attempt=chance.choice([1, 2, 20, 31]) if kind is not REFUSED else None,
            lead_weekday=(weekday := chance.choice([None, 3, 7])),
            lead_hour=None if weekday is None else chance.choice([9, 14]),
        )
        if n % 6 == 0:
            add_help(desk, call, people[n % 2], 5)


def test_there_are_as_many_calls_as_every_number_says(desk: Desk, manager: uuid.UUID) -> None:
    people = [desk.colleague(), desk.tenant.user_id]
    history(desk, people)
    metrics = (*COUNTS, "helped")
    for reader in (manager, people[0]):
        asked = 0
        for by in ("campaign", "rep", "outcome", "country", "day", "week", "month"):
            for line in desk.ask("report_by", desk.tenant.business_id, *MARCH, by, 0, by=reader):
                # Three of them, others for each line.
                for metric in (metrics[(asked + n) % len(metrics)] for n in (0, 6, 12)):
                    # Most days have no calls.
                    if line.get(metric) is not None and line["calls"]:
                        found = calls(desk, by, line["key"], metric, reader=reader)
                        assert len(found) == line[metric], (by, line["key"], metric)
                        asked += 1
        assert asked > 40
        totals = desk.ask("report_overview", desk.tenant.business_id, *MARCH, by=reader)["totals"]
        for metric in COUNTS:
            assert len(calls(desk, metric=metric, reader=reader)) == totals[metric]
        for metric in SECONDS:
            found = calls(desk, metric=metric, reader=reader)
            assert sum(call[metric] or 0 for call in found) == totals[metric]


def test_calls_are_found_by_attempt_and_by_the_leads_clock(desk: Desk) -> None:
    history(desk, [desk.tenant.user_id])
    for column, by, key, condition in (
        ("attempts", "attempt", "1", "attempt = 1"),
        ("attempts", "attempt", "20", "attempt >= 20"),
        ("hours", "hour", "3-14", "lead_weekday = 3 and lead_hour = 14"),
        ("hours", "hour", "*-9", "lead_hour = 9"),
        ("hours", "hour", "7-*", "lead_weekday = 7"),
        ("hours", "hour", "*-*", "lead_hour is not null"),
        ("hours", "hour", None, "lead_hour is null"),
        ("hours", "first_hour", "*-9", "lead_hour = 9 and attempt = 1"),
        ("hours", "first_hour", None, "lead_hour is null and attempt = 1"),
    ):
        for metric in ("dials", "connected"):
            rows = fetch(
                desk.db,
                "select conversation_id::text as id from public.call_facts where business_id = %s"
                f" and day >= '2026-03-01' and {metric} > 0 and dials > 0 and {condition}",
                desk.tenant.business_id,
            )
            found = calls(desk, by, key, metric)
            assert rows, column
            assert {call["id"] for call in found} == {row["id"] for row in rows}


def test_pages_follow_one_another_without_a_gap(desk: Desk) -> None:
    # Some at the same moment.
    for at in ("2026-03-04T10:00:00.123456Z",) * 5 + ("2026-03-03T10:00:00Z",) * 3:
        add_call(desk, at)
    seen: list[Any] = []
    while page := calls(desk, limit=3, after=seen[-1] if seen else None):
        seen += page
    assert len({call["id"] for call in seen}) == len(seen) == 8
    assert [call["day"] for call in seen] == sorted((call["day"] for call in seen), reverse=True)


def test_a_call_that_was_deleted_since_is_left_out(desk: Desk) -> None:
    kept, *gone = (add_call(desk, f"2026-03-04T1{n}:00:00Z") for n in range(4))
    desk.db.execute("delete from public.conversations where id = any(%s)", (gone,))
    # They take no place either: a file ends at the first page that is not full.
    assert [call["id"] for call in calls(desk, limit=1)] == [kept]


def test_agents_see_their_own_calls_and_those_where_they_helped(
    desk: Desk, manager: uuid.UUID
) -> None:
    colleague, stranger = desk.colleague(), add_tenant(desk.db, 2).user_id
    own, theirs = add_call(desk, numbers=TALKED), add_call(desk, numbers=TALKED, by=colleague)
    assert [call["id"] for call in calls(desk)] == [own]
    assert calls(desk, "rep", str(colleague)) == []
    assert calls(desk, filters={"user_ids": [str(colleague)]}) == []
    assert len(calls(desk, reader=manager)) == 2
    assert calls(desk, reader=stranger) == []
    add_help(desk, theirs, desk.tenant.user_id, 20)
    (helped,) = calls(desk, "rep", str(desk.tenant.user_id), "helped")
    # The numbers of the call are the colleague's.
    assert (helped["id"], helped["talk_seconds"], helped["is_success"]) == (theirs, None, None)
    assert calls(desk, metric="helped", reader=colleague) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0}, {"limit": 1001}, {"limit": None},
        {"by": "year"}, {"by": None}, {"by": "user_id"},
        {"metric": "answer_rate"}, {"metric": None}, {"metric": "day"}, {"metric": "1; select"},
        {"by": "campaign", "key": "x"}, {"by": "rep", "key": ""},
        {"by": "day", "key": "x"}, {"by": "week"}, {"by": "month", "key": "2026-02-30"},
        {"by": "day", "key": "9999-01-01"},
        {"by": "attempt", "key": "0"}, {"by": "attempt", "key": "21"}, {"by": "attempt"},
        {"by": "hour", "key": "0-9"}, {"by": "hour", "key": "3-24"}, {"by": "hour", "key": "3"},
        {"by": "attempt", "key": "1", "metric": "helped"}, {"by": "outcome", "metric": "helped"},
        {"after": "x"}, {"after": {}},
        {"after": {"id": str(uuid.UUID(int=1)), "day": "2026-03-01"}},
        {"after": {"id": "x", "day": "2026-03-01", "created_at": "2026-03-01"}},
        {"after": {"id": str(uuid.UUID(int=1)), "day": "x", "created_at": "2026-03-01"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_question_without_sense_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    with attempt(desk.db), pytest.raises(psycopg.errors.DataError):
        calls(desk, **wrong)

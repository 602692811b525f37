"""The numbers of a period by campaign, rep, outcome, country and date."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.counted_calls import NOTHING, REACHED, TALKED, add_call, add_help
from tests.supabase.tenants import Connection, add_tenant

MARCH = ("2026-03-01", "2026-03-31")
FEBRUARY = "2026-02-10T12:00:00Z"
NOTHING_BEFORE = dict.fromkeys(("calls", "dials", "connected", "conversations", "successes"), 0)


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def lines(
    desk: Desk,
    by: Any,
    reader: uuid.UUID | None = None,
    *,
    period: tuple[str, str] = MARCH,
    week_start: int = 1,
    filters: object = None,
) -> Any:
    return desk.ask(
        "report_by", desk.tenant.business_id, *period, by, week_start, Jsonb(filters or {}),
        by=reader,
    )  # fmt: skip


def test_a_campaign_has_a_name_its_numbers_and_those_before(desk: Desk, manager: uuid.UUID) -> None:
    other = desk.add_campaign("Other")
    add_call(desk, campaign_id=other)
    add_call(desk, campaign_id=other)
    add_call(desk, campaign_id=desk.tenant.campaign_id, numbers=TALKED | {"successes": 1})
    add_call(desk, FEBRUARY, campaign_id=other, numbers=TALKED)
    add_call(desk, FEBRUARY)
    before = {"calls": 1, "dials": 1, "connected": 1, "conversations": 1, "successes": 0}
    assert lines(desk, "campaign", manager) == [
        NOTHING
        | {"key": str(other), "label": "Other", "calls": 2, "dials": 2, "before": before}
        | dict.fromkeys(("answer_rate", "connect_rate", "success_of_dials"), 0),
        NOTHING
        | TALKED
        | {"key": str(desk.tenant.campaign_id), "label": "A campaign", "calls": 1, "successes": 1}
        | dict.fromkeys(("answer_rate", "connect_rate", "success_of_dials"), 1)
        | dict.fromkeys(("conversation_rate", "success_rate"), 1)
        | {"average_talk_seconds": 90, "average_ring_seconds": 12, "before": NOTHING_BEFORE},
        # There are calls without a campaign only before.
        NOTHING
        | {"key": None, "label": None}
        | {"before": NOTHING_BEFORE | {"calls": 1, "dials": 1}},
    ]


def test_whoever_helped_is_told_apart_from_whose_calls_they_were(
    desk: Desk, manager: uuid.UUID
) -> None:
    helper = desk.colleague()
    call = add_call(desk, numbers=TALKED)
    add_help(desk, call, helper, 40)
    add_help(desk, add_call(desk, FEBRUARY), helper, 99)
    told = [
        (line["label"], line["calls"], line["talk_seconds"], line["helped"], line["helped_seconds"])
        for line in lines(desk, "rep", manager)
    ]
    assert told == [
        (f"{desk.tenant.user_id}@henk.test", 1, 90, 0, 0),
        (f"{helper}@henk.test", 0, 0, 1, 40),
    ]
    # Each sees their own.
    assert [line["helped"] for line in lines(desk, "rep", helper)] == [1]
    assert [line["helped"] for line in lines(desk, "rep")] == [0]
    assert "helped" not in lines(desk, "country", manager)[0]


def test_who_has_left_keeps_their_line_without_a_name(desk: Desk, manager: uuid.UUID) -> None:
    gone = desk.colleague()
    add_call(desk, by=gone)
    desk.db.execute("delete from public.business_members where user_id = %s", (gone,))
    assert [(line["key"], line["label"]) for line in lines(desk, "rep", manager)] == [
        (str(gone), None)
    ]


def test_an_outcome_has_its_share_of_the_calls_that_have_one(desk: Desk) -> None:
    add_call(desk, numbers=TALKED, outcome="booked")
    add_call(desk, numbers=TALKED, outcome="booked")
    add_call(desk, numbers=REACHED | {"connected": 0, "machines": 1}, outcome="voicemail")
    add_call(desk, FEBRUARY, numbers=REACHED, outcome="booked")
    for _ in range(3):
        add_call(desk)
    assert lines(desk, "outcome") == [
        {
            "key": None, "label": None, "calls": 3, "connected": 0, "talk_seconds": 0,
            "share": None, "before": {"calls": 0, "connected": 0},
        },
        {
            "key": "booked", "label": "Booked", "calls": 2, "connected": 2, "talk_seconds": 180,
            "share": 0.6667, "before": {"calls": 1, "connected": 1},
        },
        {
            "key": "voicemail", "label": "Voicemail", "calls": 1, "connected": 0,
            "talk_seconds": 30, "share": 0.3333, "before": {"calls": 0, "connected": 0},
        },
    ]  # fmt: skip


def test_countries_are_told_by_their_code(desk: Desk) -> None:
    for country in ("US", "GB", "US", None):
        add_call(desk, country=country)
    told = [(line["key"], line["label"], line["dials"]) for line in lines(desk, "country")]
    assert told == [("US", None, 2), ("GB", None, 1), (None, None, 1)]


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_dates_are_those_of_the_overview_with_what_was_before(desk: Desk, by: str) -> None:
    for at in ("2026-03-04", "2026-03-05", "2026-02-05", "2026-02-27", "2026-03-31"):
        add_call(desk, f"{at}T12:00:00Z", TALKED)
    trends = desk.ask("report_overview", desk.tenant.business_id, *MARCH, by, 0)
    told = lines(desk, by, week_start=0)
    assert [line["before"] for line in told] == [
        {name: line[name] for name in NOTHING_BEFORE} for line in trends["trend_before"]
    ]
    for line in told:
        assert (line.pop("label"), bool(line.pop("before"))) == (None, True)
    assert told == trends["trend"]


def test_filters_agents_and_strangers_are_as_in_the_overview(
    desk: Desk, manager: uuid.UUID
) -> None:
    colleague, stranger = desk.colleague(), add_tenant(desk.db, 2)
    add_call(desk, country="US")
    add_call(desk, country="GB", by=colleague, outcome="booked")
    for by in ("campaign", "rep", "outcome", "country", "month"):

        def calls(reader: uuid.UUID, by: str = by, **filters: object) -> int:
            found = lines(desk, by, reader, filters=filters)
            return sum(line["calls"] for line in found)

        assert (calls(manager), calls(colleague), calls(desk.tenant.user_id)) == (2, 1, 1)
        assert calls(manager, countries=["GB"]) == 1
        assert calls(manager, user_ids=[str(desk.tenant.user_id)]) == 1
        assert calls(desk.tenant.user_id, user_ids=[str(colleague)]) == 0
        assert lines(desk, by, stranger.user_id) == []


@pytest.mark.parametrize("by", ["hour", "user_id", "", None, "calls, pg_sleep(9)"])
def test_there_are_no_other_lines(desk: Desk, by: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        lines(desk, by)


def test_there_are_a_thousand_lines_at_most_those_with_the_most_dials(desk: Desk) -> None:
    desk.db.execute(
        "insert into private.report_days overriding system value"
        " select (jsonb_populate_record(null::private.report_days, jsonb_object_agg(measure, 1)"
        " || jsonb_build_object('id', -n, 'business_id', %s::text, 'user_id', %s::text,"
        " 'day', '2026-03-01', 'campaign_id', gen_random_uuid(), 'dials', n))).*"
        " from generate_series(1, 1001) as n, unnest(private.report_measures()) as measure"
        " group by n",
        (str(desk.tenant.business_id), str(desk.tenant.user_id)),
    )
    told = [line["dials"] for line in lines(desk, "campaign")]
    assert told == list(range(1001, 1, -1))

"""What a business may spend calls on: each limit at its edge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.supabase.decisions import (
    limit,
    reason,
    to,
)
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    begin_call,
    committed_tenant,
    conversation,
    new_call_sid,
    record_event,
)

BERLIN, LONDON = "+493012345678", "+442071838750"


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


# Countries.


def test_a_business_calls_its_own_country_and_no_other(db: Connection, ours: Tenant) -> None:
    assert reason(db, ours, to("+14155550142", "US")) is None
    assert reason(db, ours, to(BERLIN, "DE")) == "country_not_allowed"
    limit(db, ours, country="DE")
    assert reason(db, ours, to("+14155550142", "US")) == "country_not_allowed"
    assert reason(db, ours, to(BERLIN, "DE")) is None


def test_allowed_countries_are_all_that_is_allowed(db: Connection, ours: Tenant) -> None:
    limit(db, ours, allowed_countries=["DE", "GB"])
    assert reason(db, ours, to(BERLIN, "DE")) is None
    assert reason(db, ours, to(LONDON, "GB")) is None
    assert reason(db, ours, to("+14155550142", "US")) == "country_not_allowed"
    limit(db, ours, allowed_countries=[])
    assert reason(db, ours, to(BERLIN, "DE")) == "country_not_allowed"


def test_a_national_number_belongs_to_the_country_that_it_was_read_for(
    db: Connection, ours: Tenant
) -> None:
    in_berlin = {"e164": BERLIN, "type": "mobile", "country": "DE", "time_zones": []}
    number = Jsonb({"dialled": "030 12345678", "number": None, "by_country": {"US": in_berlin}})
    assert reason(db, ours, number) == "country_not_allowed"


def test_networks_without_a_country_are_never_called(db: Connection, ours: Tenant) -> None:
    for number, kind in (("+870776123456", "mobile"), ("+80012345678", "toll_free")):
        satellite = to(number, "001", "Etc/Unknown", kind=kind)
        assert reason(db, ours, satellite) == "number_type_not_allowed"


def test_twilios_test_numbers_have_no_country(db: Connection, ours: Tenant) -> None:
    limit(db, ours, allowed_countries=["DE"], calling_hours_start="08:00", calling_hours_end="8:01")
    assert reason(db, ours, to("+15005550006", None, kind="twilio_test")) is None


def test_any_other_number_without_a_country_is_refused(db: Connection, ours: Tenant) -> None:
    number = "+14155550142"
    without = Jsonb({"dialled": number, "number": {"e164": number, "type": "mobile"}})
    for to_nowhere in (to(number, None), without):
        assert reason(db, ours, to_nowhere) == "country_not_allowed"
    nameless = Jsonb({"dialled": number, "number": {"e164": number}})
    assert reason(db, ours, nameless) == "country_not_allowed"


# Calling hours.


NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"


def on(clock: str, month: int = 7) -> datetime:
    """An instant by New York's summer clock, four hours behind UTC."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, 1, tzinfo=UTC) + timedelta(hours=hour + 4, minutes=minute)


@pytest.mark.parametrize(
    ("time_zones", "at", "allowed"),
    [
        ([NEW_YORK], on("7:59"), False),
        ([NEW_YORK], on("8:00"), True),
        ([NEW_YORK], on("20:59"), True),
        ([NEW_YORK], on("21:00"), False),
        ([NEW_YORK], on("0:00"), False),
        # Winter: the same instant is an hour earlier there.
        ([NEW_YORK], on("8:00", month=12), False),
        ([NEW_YORK], on("9:00", month=12), True),
        # Three hours behind: it must be calling hours in both.
        ([NEW_YORK, LOS_ANGELES], on("10:59"), False),
        ([NEW_YORK, LOS_ANGELES], on("11:00"), True),
        ([NEW_YORK, LOS_ANGELES], on("21:00"), False),
        ([LOS_ANGELES], on("21:00"), True),
        (["Asia/Kolkata"], on("22:30"), True),
        (["Asia/Kolkata"], on("22:29"), False),
        (["Nowhere/At_All"], on("12:00"), False),
        ([NEW_YORK, ""], on("12:00"), False),
        ([], on("3:00"), True),
    ],
)
def test_calling_hours_are_on_the_leads_clock(
    db: Connection, time_zones: list[str], at: datetime, allowed: bool
) -> None:
    row = db.execute(
        "select private.is_calling_time(%s, '08:00', '21:00', %s)", (time_zones, at)
    ).fetchone()
    assert row == (allowed,)
    row = db.execute("select private.is_calling_time(%s, null, null, %s)", (time_zones, at))
    assert row.fetchone() == (True,)


def open_only_in(db: Connection, tenant: Tenant) -> tuple[str, str]:
    """Hours around now in one zone; that zone, and one where it is twelve hours later."""
    row = db.execute("select (now() at time zone 'UTC')::time").fetchone()
    assert row is not None
    hour = row[0].hour
    limit(
        db,
        tenant,
        calling_hours_start=time(hour),
        calling_hours_end=time(hour, 59, 59, 999999),
    )
    return "Etc/UTC", "Etc/GMT-12"


def test_a_call_outside_calling_hours_is_refused(db: Connection, ours: Tenant) -> None:
    open_zone, closed_zone = open_only_in(db, ours)
    assert reason(db, ours, to("+14155550142", "US", open_zone)) is None
    assert reason(db, ours, to("+14155550142", "US", closed_zone)) == "outside_calling_hours"
    both = to("+14155550142", "US", open_zone, closed_zone)
    assert reason(db, ours, both) == "outside_calling_hours"


def test_the_leads_own_time_zone_counts_before_the_numbers(db: Connection, ours: Tenant) -> None:
    open_zone, closed_zone = open_only_in(db, ours)
    for of_lead, of_number, expected in (
        (open_zone, closed_zone, None),
        (closed_zone, open_zone, "outside_calling_hours"),
        (None, open_zone, None),
    ):
        db.execute("update public.leads set time_zone = %s", (of_lead,))
        theirs = to(ours.lead_number, "US", of_number)
        assert reason(db, ours, theirs, lead_id=ours.lead_id) == expected
        # The lead is found by the number, too.
        assert reason(db, ours, theirs) == expected


def test_a_leads_time_zone_does_not_count_for_another_number(db: Connection, ours: Tenant) -> None:
    open_zone, closed_zone = open_only_in(db, ours)
    db.execute("update public.leads set time_zone = %s", (open_zone,))
    another = to("+14155550142", "US", closed_zone)
    assert reason(db, ours, another, lead_id=ours.lead_id) == "outside_calling_hours"


def test_a_business_has_calling_hours_until_it_says_otherwise(db: Connection) -> None:
    row = db.execute(
        "insert into public.businesses (name) values ('New') returning calling_hours_start,"
        " calling_hours_end, allowed_countries"
    ).fetchone()
    assert row == (time(8), time(21), None)


# How many calls.


def age(db: Connection, by: str) -> None:
    """Makes the calls that were placed older; those that were refused stay of now."""
    db.execute(
        "update public.conversations set created_at = created_at - %s::interval"
        " where block_reason is null",
        (by,),
    )


def end(db: Connection, agent: str) -> None:
    record_event(db, agent, f"{agent}-lead"[:64], "completed", 3, duration_seconds=7)


def ended_call(db: Connection, tenant: Tenant, **more: Any) -> str | None:
    agent = new_call_sid()
    refused = begin_call(db, tenant, agent, **more)["block_reason"]
    end(db, agent)
    return None if refused is None else str(refused)


@pytest.mark.parametrize(
    ("name", "window", "code"),
    [
        ("calls_per_rep_per_minute", "1 minute", "too_many_calls_this_minute"),
        ("calls_per_rep_per_day", "24 hours", "too_many_calls_today"),
    ],
)
def test_a_rep_places_a_limited_number_of_calls_in_a_time(
    db: Connection, ours: Tenant, name: str, window: str, code: str
) -> None:
    limit(db, ours, **{name: 3})
    colleague = add_user(db)
    add_member(db, ours.business_id, colleague)

    assert [ended_call(db, ours) for _ in range(4)] == [None, None, None, code]
    assert reason(db, ours) == code
    assert ended_call(db, ours, user_id=colleague) is None
    # Refused calls do not count, or one would be refused for ever.
    age(db, window)
    assert [ended_call(db, ours) for _ in range(4)] == [None, None, None, code]


def test_the_calls_of_a_rep_in_another_business_do_not_count(db: Connection, ours: Tenant) -> None:
    theirs = add_tenant(db, 2)
    add_member(db, theirs.business_id, ours.user_id)
    limit(db, ours, calls_per_rep_per_minute=1)
    for _ in range(2):
        assert ended_call(db, theirs, user_id=ours.user_id) is None
    assert [ended_call(db, ours) for _ in range(2)] == [None, "too_many_calls_this_minute"]


def test_a_business_has_a_limited_number_of_calls_under_way(db: Connection, ours: Tenant) -> None:
    limit(db, ours, concurrent_calls=2)
    colleague = add_user(db)
    add_member(db, ours.business_id, colleague)
    first, second = new_call_sid(), new_call_sid()
    assert begin_call(db, ours, first)["block_reason"] is None
    record_event(db, first, new_call_sid(), "in-progress", 2)
    assert begin_call(db, ours, second, user_id=colleague)["block_reason"] is None

    assert reason(db, ours) == "too_many_calls_at_once"
    assert reason(db, add_tenant(db, 2)) is None
    end(db, second)
    assert reason(db, ours) is None


def test_a_call_whose_end_was_lost_does_not_count_for_ever(db: Connection, ours: Tenant) -> None:
    limit(db, ours, concurrent_calls=1)
    assert reason(db, ours) is None
    age(db, "4 hours 59 minutes")
    assert reason(db, ours) == "too_many_calls_at_once"
    age(db, "2 minutes")
    assert reason(db, ours) is None


def test_a_repeated_delivery_at_the_limit_gets_the_first_answer(
    db: Connection, ours: Tenant
) -> None:
    limit(db, ours, calls_per_rep_per_minute=1, concurrent_calls=1)
    agent = new_call_sid()
    first = begin_call(db, ours, agent)
    assert first["block_reason"] is None
    assert begin_call(db, ours, agent) == first


def test_a_call_whose_end_came_first_is_not_counted_against_itself(
    db: Connection, ours: Tenant
) -> None:
    limit(db, ours, calls_per_rep_per_minute=1, calls_per_rep_per_day=1, concurrent_calls=1)
    agent = new_call_sid()
    rep = f"client:user_{ours.user_id.hex}_{ours.business_id.hex}"
    record_event(db, agent, agent, "completed", 0, payload={"From": rep, "To": ours.lead_number})
    assert conversation(db, agent)["status"] == "failed"
    assert begin_call(db, ours, agent)["block_reason"] is None


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"calls_per_rep_per_minute": 5}, "too_many_calls_this_minute"),
        ({"calls_per_rep_per_day": 5}, "too_many_calls_today"),
        ({"concurrent_calls": 5}, "too_many_calls_at_once"),
    ],
)
def test_of_many_calls_at_once_exactly_the_limit_get_through(
    postgres: Postgres, limits: dict[str, int], code: str
) -> None:
    def call(tenant: Tenant) -> str | None:
        with psycopg.connect(postgres.url()) as connection:
            refused = begin_call(connection, tenant, new_call_sid())["block_reason"]
        return None if refused is None else str(refused)

    with committed_tenant(postgres, 71) as tenant, ThreadPoolExecutor(20) as pool:
        with psycopg.connect(postgres.url()) as admin:
            limit(admin, tenant, **limits)
        answers = list(pool.map(call, [tenant] * 20))
    assert sorted(answers, key=str) == sorted([None] * 5 + [code] * 15, key=str)

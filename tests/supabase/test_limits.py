"""What a business may spend calls on: the limits, each at its edge, and who may change them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import CheckViolation, InsufficientPrivilege, UniqueViolation
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
)

BERLIN, LONDON = "+493012345678", "+442071838750"


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def limit(db: Connection, tenant: Tenant, **limits: object) -> None:
    """Sets limits as an operator."""
    changes = [sql.SQL("{} = {}").format(sql.Identifier(n), v) for n, v in limits.items()]
    db.execute(
        sql.SQL("update public.businesses set {} where id = {}").format(
            sql.SQL(", ").join(changes), tenant.business_id
        )
    )


def to(number: str, country: str | None, *time_zones: str, kind: str = "mobile") -> Jsonb:
    return Jsonb(
        {
            "dialled": number,
            "number": {
                "e164": number,
                "type": kind,
                "country": country,
                "time_zones": list(time_zones),
            },
            "by_country": {},
        }
    )


def reason(db: Connection, tenant: Tenant, number: Jsonb | None = None, **more: Any) -> str | None:
    """Why a call now is refused, or None; the preview before it must say the same."""
    number = number or dialled(tenant.lead_number)
    with as_user(db, more.get("user_id", tenant.user_id)):
        row = db.execute(
            "select public.preview_call(%s, %s, null, %s, null) ->> 'block_reason'",
            (tenant.business_id, number, str(more["lead_id"]) if "lead_id" in more else None),
        ).fetchone()
    refused = begin_call(db, tenant, new_call_sid(), to=number, **more)["block_reason"]
    assert row == (refused,)
    return refused if refused is None else str(refused)


# --- Countries ---


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


def test_a_national_number_is_of_the_country_it_was_read_for(db: Connection, ours: Tenant) -> None:
    in_berlin = {"e164": BERLIN, "type": "mobile", "country": "DE", "time_zones": []}
    number = Jsonb({"dialled": "030 12345678", "number": None, "by_country": {"US": in_berlin}})
    assert reason(db, ours, number) == "country_not_allowed"


def test_networks_of_no_country_are_never_called(db: Connection, ours: Tenant) -> None:
    for number, kind in (("+870776123456", "mobile"), ("+80012345678", "toll_free")):
        satellite = to(number, "001", "Etc/Unknown", kind=kind)
        assert reason(db, ours, satellite) == "number_type_not_allowed"


def test_twilios_test_numbers_are_of_no_country(db: Connection, ours: Tenant) -> None:
    limit(db, ours, allowed_countries=["DE"], calling_hours_start="08:00", calling_hours_end="8:01")
    assert reason(db, ours, to("+15005550006", None, kind="twilio_test")) is None


def test_any_other_number_without_a_country_is_refused(db: Connection, ours: Tenant) -> None:
    number = "+14155550142"
    without = Jsonb({"dialled": number, "number": {"e164": number, "type": "mobile"}})
    for to_nowhere in (to(number, None), without):
        assert reason(db, ours, to_nowhere) == "country_not_allowed"
    nameless = Jsonb({"dialled": number, "number": {"e164": number}})
    assert reason(db, ours, nameless) == "country_not_allowed"


# --- Calling hours ---

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


def test_a_lead_lends_their_time_zone_to_no_other_number(db: Connection, ours: Tenant) -> None:
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


# --- How many calls ---


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
def test_a_rep_places_so_many_calls_in_a_time(
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


def test_so_many_calls_of_a_business_are_under_way_at_once(db: Connection, ours: Tenant) -> None:
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


# --- Who may change them, and what is left of it ---


def change(db: Connection, user_id: uuid.UUID, tenant: Tenant, column: str, value: object) -> int:
    """How many rows the user's update reached."""
    with as_user(db, user_id):
        return db.execute(
            sql.SQL("update public.businesses set {} = %s where id = %s").format(
                sql.Identifier(column)
            ),
            (value, tenant.business_id),
        ).rowcount


@pytest.mark.parametrize(("role", "reached"), [("owner", 1), ("manager", 1), ("agent", 0)])
def test_managers_change_the_limits_of_their_own_business_only(
    db: Connection, ours: Tenant, role: str, reached: int
) -> None:
    theirs, user = add_tenant(db, 2), add_user(db)
    add_member(db, ours.business_id, user, role)
    add_member(db, theirs.business_id, user)
    assert change(db, user, ours, "concurrent_calls", 7) == reached
    assert change(db, user, theirs, "concurrent_calls", 7) == 0
    db.execute("delete from public.business_members where user_id = %s", (user,))
    assert change(db, user, ours, "concurrent_calls", 8) == 0


def test_every_change_is_on_record(db: Connection, ours: Tenant) -> None:
    user = add_user(db)
    add_member(db, ours.business_id, user, "manager")
    change(db, user, ours, "allowed_countries", ["DE"])
    change(db, user, ours, "allowed_countries", ["DE"])
    with as_role(db, "service_role"):
        db.execute("update public.businesses set country = 'NL', name = 'New name'")
    with as_user(db, ours.user_id):
        record = fetch(
            db,
            "select business_id, changed_by, before, after from public.limit_changes order by id",
        )
    assert record == [
        {
            "business_id": ours.business_id,
            "changed_by": user,
            "before": {"allowed_countries": None},
            "after": {"allowed_countries": ["DE"]},
        },
        {
            "business_id": ours.business_id,
            "changed_by": None,
            "before": {"country": "US"},
            "after": {"country": "NL"},
        },
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("allowed_countries", ["us"]),
        ("allowed_countries", ["US", "001"]),
        ("allowed_countries", [None]),
        ("allowed_countries", ["US,DE"]),
        ("allowed_countries", [["US", "DE"]]),
        ("allowed_countries", ["US"] * 251),
        ("calling_hours_start", None),
        ("calling_hours_start", "22:00"),
        ("calling_hours_end", "08:00"),
        ("calls_per_rep_per_minute", 0),
        ("calls_per_rep_per_minute", 1001),
        ("calls_per_rep_per_day", 0),
        ("calls_per_rep_per_day", 100001),
        ("concurrent_calls", 0),
        ("concurrent_calls", 1001),
        ("max_call_seconds", 14401),
        ("token_grants_per_minute", 0),
        ("token_grants_per_minute", 100001),
    ],
)
def test_a_limit_is_never_nonsense(
    db: Connection, ours: Tenant, column: str, value: object
) -> None:
    user = add_user(db)
    add_member(db, ours.business_id, user, "manager")
    limit(db, ours, calling_hours_start="08:00", calling_hours_end="21:00")
    with pytest.raises(CheckViolation):
        change(db, user, ours, column, value)


@pytest.mark.parametrize(
    "name",
    ["America/Atlantis", "", "8", "PST", "UTC+5", "Foo+5", "Europe/Berlin; drop table leads"],
)
def test_a_leads_time_zone_is_one_that_postgres_knows(
    db: Connection, ours: Tenant, name: str
) -> None:
    with as_role(db, "service_role"):
        db.execute("update public.leads set time_zone = 'Europe/Berlin'")
    with pytest.raises(CheckViolation), as_role(db, "service_role"):
        db.execute("update public.leads set time_zone = %s", (name,))


# --- Do not call ---


def test_a_rep_puts_a_number_on_the_list_and_their_name_to_it(db: Connection, ours: Tenant) -> None:
    forbid = (
        "insert into public.do_not_call (business_id, phone_number, reason) values (%s, %s, %s)"
    )
    with as_user(db, ours.user_id):
        db.execute(forbid, (ours.business_id, ours.lead_number, "Asked me to"))
    assert reason(db, ours) == "do_not_call"
    (entry,) = fetch(db, "select * from public.do_not_call")
    assert entry["created_by"] == ours.user_id

    theirs = add_tenant(db, 2)
    upsert = f"{forbid} on conflict (business_id, phone_number) do update set reason = '-'"
    for statement in (forbid, upsert):
        with attempt(db), pytest.raises(InsufficientPrivilege), as_user(db, ours.user_id):
            db.execute(statement, (theirs.business_id, "+14155550111", "Not mine to say"))
    with attempt(db), pytest.raises(UniqueViolation), as_user(db, ours.user_id):
        db.execute(forbid, (ours.business_id, ours.lead_number, "Again"))
    for statement in (
        "update public.do_not_call set reason = ''",
        "delete from public.do_not_call",
        "insert into public.do_not_call (business_id, phone_number, created_by)"
        f" values ('{ours.business_id}', '+14155550112', '{theirs.user_id}')",
    ):
        with attempt(db), pytest.raises(InsufficientPrivilege), as_user(db, ours.user_id):
            db.execute(statement)

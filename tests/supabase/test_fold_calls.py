"""What leaves a mark, and how marks are folded: beside events, in portions, once, and whole or not
at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.contacts import Desk
from tests.supabase.folding import fold, fold_all
from tests.supabase.raw_facts import wrong_sums
from tests.supabase.rows_read import reading
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    attempt,
    begin_call,
    committed_tenant,
    fetch,
    new_call_sid,
    record_event,
)

SUMS = ("report_days", "report_outcomes", "report_hours", "report_attempts")


@pytest.fixture
def desk(db: Connection) -> Desk:
    """Nothing of other tests is waiting."""
    db.execute("delete from private.fold_marks")
    db.execute("delete from private.fold_businesses")
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def committed(postgres: Postgres) -> Iterator[tuple[Tenant, Connection, Connection]]:
    """A tenant, the connection of the fold and that of the events; the fold's is not committed."""
    with (
        committed_tenant(postgres, 74) as tenant,
        psycopg.connect(postgres.url(), prepare_threshold=None) as folding,
        psycopg.connect(postgres.url(), autocommit=True) as events,
    ):
        yield tenant, folding, events


def marks(db: Connection) -> int:
    return len(fetch(db, "select from private.fold_marks"))


def facts(db: Connection, tenant: Tenant) -> list[dict[str, Any]]:
    return fetch(
        db,
        "select * from public.call_facts where business_id = %s order by created_at",
        tenant.business_id,
    )


def ended(db: Connection, tenant: Tenant) -> str:
    """A call that is over; its CallSid. On a connection with autocommit, each step is committed."""
    agent, lead = new_call_sid(), new_call_sid()
    with db.transaction():
        begin_call(db, tenant, agent)
        record_event(db, agent, lead, "completed", 1, duration_seconds=70)
    return agent


def test_a_plain_call_leaves_one_mark_at_its_end(desk: Desk) -> None:
    db, agent, lead = desk.db, new_call_sid(), new_call_sid()
    begin_call(db, desk.tenant, agent)
    for number, status in enumerate(("initiated", "ringing", "in-progress")):
        record_event(db, agent, lead, status, number)
    assert marks(db) == 0
    record_event(db, agent, lead, "completed", 3, duration_seconds=7)
    assert marks(db) == 1
    # What comes after the end says nothing new.
    record_event(db, agent, lead, "completed", source="dial_action", duration_seconds=7)
    record_event(db, agent, agent, "completed", 0, duration_seconds=9)
    assert marks(db) == 1
    # Notes and the lead are in no report.
    db.execute("update public.conversations set notes = 'Hello', lead_id = null")
    assert marks(db) == 1


# One after the other. %(call)s, %(business)s and %(user)s are ids.
CHANGES = (
    *(
        f"update public.conversations set {change} where id = %(call)s"
        for change in (
            "campaign_id = (select id from public.campaigns where business_id = %(business)s)",
            "created_at = created_at - interval '1 day'", "to_number = '+14155550777'",
            "dialed_at = ended_at - interval '90 s'", "answered_at = ended_at - interval '80 s'",
            "ended_at = ended_at + interval '1 s'", "duration_seconds = 59", "hold_seconds = 9",
            "answered_by = 'fax'", "outcome = 'booked'", "to_country = 'DE'",
            "lead_time_zone = 'Europe/Berlin'", "lead_zone_is_estimate = true", "is_plain = false",
            "user_id = null", "status = 'failed'",
        )
    ),
    "insert into public.call_legs (business_id, conversation_id, role, status)"
    " values (%(business)s, %(call)s, 'lead', 'failed')",
    "insert into public.call_legs (business_id, conversation_id, role, status, user_id,"
    " answered_at) values (%(business)s, %(call)s, 'teammate', 'completed', %(user)s, now())",
    *(
        f"update public.call_legs set {change} where conversation_id = %(call)s and role = {role}"
        for change, role in (
            ("duration_seconds = 77", "'teammate'"), ("answered_at = null", "'teammate'"),
            ("is_host = true", "'agent'"), ("dropped_at = now()", "'lead'"),
            ("role = 'third_party'", "'teammate'"),
        )
    ),
    "insert into public.call_quality (business_id, conversation_id, call_sid, user_id, started_at,"
    " samples, mos_p95) values (%(business)s, %(call)s, 'CA1', %(user)s, now(), 9, 4.2)",
    "update public.call_quality set mos_p95 = 2 where conversation_id = %(call)s",
    "update public.call_actions set result = 'done', finished_at = now()"
    " where conversation_id = %(call)s",
    "update public.outcomes set is_success = false where key = 'booked'",
    "update public.businesses set time_zone = 'Asia/Tokyo' where id = %(business)s",
    "update public.businesses set conversation_seconds = 61 where id = %(business)s",
    "delete from public.conversations where id = %(call)s",
    "insert into public.conversations (business_id, status, block_reason, call_sid, ended_at)"
    " values (%(business)s, 'blocked', 'invalid_number', 'CA2', now())",
)  # fmt: skip


def test_whatever_changes_a_number_leaves_a_mark(desk: Desk) -> None:
    db, tenant = desk.db, desk.tenant
    ids = {"call": desk.call(), "business": tenant.business_id, "user": tenant.user_id}
    db.execute(
        "insert into public.call_actions (business_id, conversation_id, action)"
        " values (%(business)s, %(call)s, 'complete')",
        ids,
    )
    for change in CHANGES:
        db.execute("delete from private.fold_marks")
        db.execute("delete from private.fold_businesses")
        assert db.execute(change.encode(), ids).rowcount >= 1, change
        wished = fetch(db, "select from private.fold_businesses")
        assert marks(db) + len(wished) > 0, change


def test_a_fold_that_dies_changes_nothing(desk: Desk) -> None:
    desk.call()
    with attempt(desk.db):
        assert fold(desk.db)["left"] == 0
        assert len(facts(desk.db, desk.tenant)) == 1
    assert facts(desk.db, desk.tenant) == []
    assert marks(desk.db) > 0


def test_events_do_not_wait_for_a_fold_and_none_is_lost(
    committed: tuple[Tenant, Connection, Connection],
) -> None:
    tenant, folding, events = committed
    agent = ended(events, tenant)
    # The fold has counted the call, and is not committed.
    fold_all(folding)
    events.execute("set lock_timeout = '5s'")
    events.execute(
        "update public.conversations set outcome = 'booked' where call_sid = %s", (agent,)
    )
    ended(events, tenant)
    # A second fold does not wait either, and folds nothing.
    with events.transaction():
        assert fold(events)["folded"] == 0
    assert facts(events, tenant) == []
    folding.commit()
    assert [row["outcome"] for row in facts(events, tenant)] == [None]
    with events.transaction():
        fold_all(events)
    assert [row["outcome"] for row in facts(events, tenant)] == ["booked", None]
    assert wrong_sums(events) == []


def test_as_of_is_the_oldest_change_that_is_not_in_the_reports(desk: Desk) -> None:
    db = desk.db
    (before,) = fetch(db, "select clock_timestamp() as at")
    desk.call()
    first = fold(db, 1)
    (oldest,) = fetch(
        db,
        "select marked_at = %s::timestamptz as is_it, marked_at > %s as is_later"
        " from private.fold_marks order by id limit 1",
        first["as_of"],
        before["at"],
    )
    assert (first["folded"], oldest) == (1, {"is_it": True, "is_later": True})
    fold_all(db)
    (after,) = fetch(db, "select clock_timestamp() as at")
    last = fold(db)
    with as_user(db, desk.tenant.user_id):
        (read,) = fetch(
            db, "select private.reports_as_of() as at, %s::timestamptz as told", last["as_of"]
        )
    assert read["at"] == read["told"] >= after["at"]


def test_a_call_that_cannot_be_counted_does_not_stop_the_others(desk: Desk) -> None:
    db = desk.db
    calls = [desk.call() for _ in range(3)]
    # Together they are more than a sum can hold.
    db.execute(
        "update public.conversations set duration_seconds = 1500000000 where id = any(%s)",
        (calls[:2],),
    )
    assert fold(db)["left"] == 0
    found = {str(row["conversation_id"]) for row in facts(db, desk.tenant)}
    assert len(found) == 2
    assert calls[2] in found
    assert wrong_sums(db) == []


def test_a_setting_counts_all_calls_again_in_portions_however_often_it_is_changed(
    desk: Desk,
) -> None:
    db, tenant = desk.db, desk.tenant
    for seconds in (59, 60, 70, 70, 90):
        desk.call(seconds=seconds)
    fold_all(db)
    assert sum(row["conversations"] for row in facts(db, tenant)) == 4
    for seconds in (5, 80, 70):
        db.execute(
            "update public.businesses set conversation_seconds = %s where id = %s",
            (seconds, tenant.business_id),
        )
    db.execute("update public.outcomes set is_success = true where key = 'connected'")
    wished = fetch(
        db, "select from private.fold_businesses where business_id = %s", tenant.business_id
    )
    assert len(wished) == 4
    seen = []
    while fold(db, 2)["left"]:
        seen.append(sum(row["conversations"] for row in facts(db, tenant)))
        assert wrong_sums(db) == []
    # The newest first, and each once: not three times.
    assert seen == sorted(seen, reverse=True)
    assert len(seen) <= 6
    assert [row["conversations"] for row in facts(db, tenant)] == [0, 0, 1, 1, 1]


def test_a_business_that_is_done_does_not_end_the_run_for_others(desk: Desk) -> None:
    db, empty = desk.db, add_tenant(desk.db, 2)
    desk.call(seconds=70)
    fold_all(db)
    for business_id in (empty.business_id, desk.tenant.business_id):
        db.execute(
            "update public.businesses set conversation_seconds = 80 where id = %s", (business_id,)
        )
    # A run of the endpoint ends when nothing was folded.
    while fold(db)["folded"]:
        pass
    assert [row["conversations"] for row in facts(db, desk.tenant)] == [0]
    assert fold(db)["left"] == 0


def test_no_lock_that_others_can_take_stops_a_fold(db: Connection) -> None:
    # A login of a BI tool may take any advisory lock, and keep it.
    (row,) = fetch(
        db,
        "select string_agg(prosrc, '') as code from pg_proc"
        " where proname in ('fold_reports', 'fold_calls', 'rebuild_reports')",
    )
    assert "advisory_" not in row["code"]
    assert row["code"].count("for update") == 2


def test_a_number_is_reached_once_and_its_dials_are_counted_in_their_order(desk: Desk) -> None:
    db = desk.db

    def places() -> list[tuple[int | None, int]]:
        fold_all(db)
        return [(row["attempt"], row["leads_reached"]) for row in facts(db, desk.tenant)]

    calls = [desk.call(status) for status in ("no-answer", "completed", "busy", "completed")]
    desk.call(to="+14155550999")
    assert places() == [(1, 0), (2, 1), (3, 0), (4, 0), (1, 1)]
    # It was a machine after all.
    desk.say(calls[1], outcome="voicemail")
    assert places() == [(1, 0), (2, 0), (3, 0), (4, 1), (1, 1)]
    db.execute("delete from public.conversations where id = %s", (calls[0],))
    assert places() == [(1, 0), (2, 0), (3, 1), (1, 1)]
    # The same subscriber by another spelling.
    db.execute(
        "update public.conversations set to_number = '+5491112345678' where id = %s", (calls[1],)
    )
    db.execute(
        "update public.conversations set to_number = '+541112345678' where id = %s", (calls[3],)
    )
    assert places() == [(1, 0), (1, 0), (2, 1), (1, 1)]


def test_agents_see_their_own_facts_and_sums_and_managers_all(desk: Desk) -> None:
    db = desk.db
    manager, colleague = desk.colleague("manager"), desk.colleague()
    other = Desk(db, add_tenant(db, 2))
    for by in (None, colleague, colleague):
        desk.call(by=by)
    other.call()
    fold_all(db)

    def seen(by: uuid.UUID) -> set[int]:
        with as_user(db, by):
            return {
                fetch(db, f"select coalesce(sum({name}), 0)::int as n from {table}")[0]["n"]
                for table, name in (
                    ("public.call_facts", "dials"),
                    *((f"private.{table}", "connected") for table in SUMS),
                )
            }

    assert seen(desk.tenant.user_id) == {1}
    assert seen(colleague) == {2}
    assert seen(manager) == {3}
    assert seen(other.tenant.user_id) == {1}


def test_a_fold_reads_what_has_changed_and_not_all_calls(desk: Desk) -> None:
    db = desk.db
    db.execute(
        "insert into public.conversations (business_id, user_id, status, to_number, call_sid,"
        " begun_at, dialed_at, ended_at, duration_seconds, created_at)"
        " select %s, %s, 'no-answer', '+1212' || lpad((n / 3)::text, 7, '0'), 'CAmany' || n,"
        " now(), now(), now(), 0, now() - n * interval '1 minute' from generate_series(1, 3000) n",
        (desk.tenant.business_id, desk.tenant.user_id),
    )
    fold_all(db, 5000)
    db.execute("analyze public.conversations, public.call_facts, private.report_days")
    db.execute("update public.conversations set outcome = 'booked' where call_sid = 'CAmany77'")
    with reading(db) as read:
        fold(db)
    assert read.by_index["conversations"] < 30
    assert read.by_index["call_facts"] < 30
    assert read.by_index["report_days"] < 30
    assert all(read.whole[table] == 0 for table in ("conversations", "call_facts", *SUMS))


@pytest.mark.parametrize("limit", [0, 10001, None, -1])
def test_a_fold_takes_a_sensible_number_of_marks(desk: Desk, limit: int | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="1 to 10000"):
        desk.db.execute("select private.fold_calls(%s)", (limit,))

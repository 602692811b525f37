"""What is deleted when its time is over, what keeps it longer, and what is deleted on request."""

from __future__ import annotations

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from tests.soak import scaled
from tests.supabase.kept_recordings import add_recording, ask, finished_call
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    fetch,
    scratch_database,
)

DAY = "interval '1 day'"


def add_manager(db: Connection, tenant: Tenant) -> uuid.UUID:
    person = add_user(db)
    add_member(db, tenant.business_id, person, "manager")
    return person


def row(db: Connection, recording_id: object) -> dict[str, Any]:
    (found,) = fetch(db, "select * from public.recordings where id = %s", recording_id)
    return found


def claim(db: Connection, limit: int = 50) -> list[dict[str, Any]]:
    with as_role(db, "call_recorder"):
        answer = db.execute("select public.claim_recordings(%s, 30, null)", (limit,)).fetchone()
    assert answer is not None
    work: list[dict[str, Any]] = answer[0]["recordings"]
    return work


def delete_objects(url: str, deleted: list[str]) -> None:
    """A run of the recorder, which finds nothing wrong: it deletes what it is told to."""
    with psycopg.connect(url, autocommit=True) as db:
        connection: Connection = db
        while work := claim_committed(connection):
            for one in work:
                assert one["todo"] == "delete_object"
                deleted.append(one["object_path"])
                connection.execute(
                    "select private.note_recording_step(%s, %s, 'object_deleted', '{}')",
                    (one["recording_id"], one["lease_token"]),
                )


def claim_committed(db: Connection) -> list[dict[str, Any]]:
    with db.transaction():
        return claim(db, 3)


def move_clock(db: Connection, days: int) -> None:
    """Time passes: all that is on record is so much older."""
    db.execute(
        "update public.recordings set completed_at = completed_at - %(d)s * interval '1 day',"
        " expires_at = expires_at - %(d)s * interval '1 day',"
        " next_at = next_at - %(d)s * interval '1 day'",
        {"d": days},
    )


@pytest.mark.soak
def test_two_runs_at_once_delete_exactly_what_is_due(postgres: Postgres) -> None:
    """The clock goes on day by day; each time two runs compete for what is due."""
    count, days = scaled(40, 400), scaled(3, 12)
    choose = random.Random(18)
    with (
        scratch_database(postgres, "retention") as url,
        psycopg.connect(url, autocommit=True) as db,
    ):
        connection: Connection = db
        tenant = add_tenant(connection, 1)
        calls = [finished_call(connection, tenant) for _ in range(8)]
        held = {calls[0]["id"], calls[1]["id"]}
        connection.execute(
            "update public.conversations set is_held = true where id = any(%s)", (list(held),)
        )
        last_day: dict[str, int] = {}
        for part in range(1, count + 1):
            call, day = choose.choice(calls), choose.randrange(1, days + 3)
            recording = add_recording(connection, call, part=part)
            expires = f"now() + {day} * {DAY} - interval '1 hour'"
            connection.execute(
                f"update public.recordings set expires_at = {expires}, next_at = {expires}"
                " where id = %s".encode(),
                (recording,),
            )
            if call["id"] not in held:
                last_day[row(connection, recording)["object_path"]] = day
        deleted: list[str] = []
        for today in range(1, days + 1):
            move_clock(connection, 1)
            with ThreadPoolExecutor(2) as runs:
                for run in [runs.submit(delete_objects, url, deleted) for _ in range(2)]:
                    run.result()
            due = {path for path, day in last_day.items() if day <= today}
            # Each one once, and nothing else.
            assert sorted(deleted) == sorted(due)
        states = fetch(
            connection,
            "select state, object_path is null as has_no_path, sha256 is not null as has_proof,"
            " count(*) from public.recordings group by 1, 2, 3 order by 1",
        )
        assert [tuple(state.values()) for state in states] == [
            ("deleted", True, True, len(deleted)),
            ("kept", False, True, count - len(deleted)),
        ]


def test_a_shorter_retention_applies_to_what_is_there_and_a_longer_one_does_not(
    db: Connection,
) -> None:
    tenant, other = add_tenant(db, 1), add_tenant(db, 2)
    manager = add_manager(db, tenant)
    ours, theirs = (add_recording(db, finished_call(db, one)) for one in (tenant, other))
    db.execute(
        "update public.recordings set completed_at = now() - interval '20 days',"
        " expires_at = now() + interval '70 days', next_at = now() + interval '70 days'"
    )

    def days_left(recording_id: uuid.UUID) -> tuple[int, int]:
        (left,) = fetch(
            db,
            "select round(extract(epoch from expires_at - now()) / 86400) as expires,"
            " round(extract(epoch from next_at - now()) / 86400) as due"
            " from public.recordings where id = %s",
            recording_id,
        )
        return int(left["expires"]), int(left["due"])

    for days, left in ((30, 10), (365, 10), (10, -10)):
        with as_manager(db, manager):
            db.execute(
                "update public.businesses set recording_retention_days = %s where id = %s",
                (days, tenant.business_id),
            )
        assert days_left(ours) == (left, left)
        assert days_left(theirs) == (70, 70)
    assert [one["recording_id"] for one in claim(db)] == [str(ours)]
    changes = fetch(db, "select after from public.changes where changed_by = %s", manager)
    assert len(changes) == 3


def as_manager(db: Connection, person: uuid.UUID) -> Any:
    return as_role(db, "authenticated", {"sub": str(person), "role": "authenticated"})


def test_a_legal_hold_keeps_recordings_until_it_is_released(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    call = finished_call(db, tenant)
    recording = add_recording(db, call, expires_at="yesterday", next_at="yesterday")
    hold = ("set_legal_hold", call["id"])
    for reason in (None, "", " \n", "x" * 501):
        answer = ask(db, manager, *hold, True, reason)
        assert answer == {"error": "invalid_request", "field": "reason"}
    assert ask(db, manager, *hold, None, "why")["field"] == "is_held"
    # Twice is once.
    for _ in range(2):
        assert ask(db, manager, *hold, True, "A dispute") == {"is_held": True}
    assert claim(db) == []
    assert ask(db, manager, "delete_recordings", call["id"]) == {"error": "legal_hold"}
    assert row(db, recording)["wanted"] == "kept"
    assert row(db, recording)["next_at"] > row(db, recording)["expires_at"]
    for _ in range(2):
        assert ask(db, manager, *hold, False, None) == {"is_held": False}
    assert [one["todo"] for one in claim(db)] == ["delete_object"]
    (on_record,) = fetch(db, "select * from public.legal_holds")
    assert (on_record["held_by"], on_record["released_by"]) == (manager, manager)
    assert on_record["reason"] == "A dispute"


def test_a_manager_deletes_the_recordings_of_a_call(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    call, other = finished_call(db, tenant), finished_call(db, tenant)
    recordings = [add_recording(db, call, part=part) for part in (1, 2)]
    untouched = add_recording(db, other)
    assert ask(db, manager, "delete_recordings", call["id"]) == {"recordings": 2}
    assert ask(db, manager, "delete_recordings", call["id"]) == {"recordings": 0}
    for recording in recordings:
        assert row(db, recording)["delete_reason"] == "request"
    assert row(db, untouched)["wanted"] == "kept"
    assert {one["recording_id"] for one in claim(db)} == set(map(str, recordings))


def test_only_owners_and_managers_of_the_business_hold_and_delete(db: Connection) -> None:
    tenant, other = add_tenant(db, 1), add_tenant(db, 2)
    call = finished_call(db, tenant)
    recording = add_recording(db, call)
    outsider, signed_out = add_user(db), add_manager(db, tenant)
    add_member(db, other.business_id, outsider, "owner")
    db.execute("update auth.users set banned_until = 'tomorrow' where id = %s", (signed_out,))
    for person, error in (
        (tenant.user_id, "not_allowed"),
        (outsider, "not_found"),
        (signed_out, "signed_out"),
    ):
        assert ask(db, person, "set_legal_hold", call["id"], True, "why") == {"error": error}
        assert ask(db, person, "delete_recordings", call["id"]) == {"error": error}
    assert ask(db, outsider, "delete_recordings", uuid.uuid4()) == {"error": "not_found"}
    assert row(db, recording)["wanted"] == "kept"
    assert fetch(db, "select from public.legal_holds") == []

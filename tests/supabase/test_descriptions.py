"""What people write about calls is never overwritten unseen, and never changes without a record."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, InvalidParameterValue
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
    fetch,
    new_call_sid,
    record_event,
    wait_until_blocked,
)

EMPTY = {"outcome": None, "notes": None}


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call_id(db: Connection, ours: Tenant) -> str:
    return a_call(db, ours)


@pytest.fixture
def manager(db: Connection, ours: Tenant) -> uuid.UUID:
    user_id = add_user(db)
    add_member(db, ours.business_id, user_id, "manager")
    return user_id


def a_call(db: Connection, tenant: Tenant) -> str:
    call_id: str = begin_call(db, tenant, new_call_sid())["conversation_id"]
    return call_id


def describe(
    db: Connection,
    user_id: uuid.UUID,
    call_id: object,
    changes: Mapping[str, object],
    before: Mapping[str, object],
) -> dict[str, Any]:
    with as_user(db, user_id):
        row = db.execute(
            "select public.describe_conversation(%s, %s, %s)",
            (call_id, Jsonb(dict(changes)), Jsonb(dict(before))),
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def changes_of(db: Connection, call_id: str) -> list[dict[str, Any]]:
    return fetch(
        db,
        "select changed_by, before, after from public.conversation_changes"
        " where conversation_id = %s order by id",
        call_id,
    )


def test_what_is_written_is_answered_with_lead_and_campaign(
    db: Connection, ours: Tenant, call_id: str
) -> None:
    answer = describe(
        db,
        ours.user_id,
        call_id,
        {"notes": "Call back", "campaign_id": str(ours.campaign_id)},
        {"notes": None, "campaign_id": None},
    )
    assert answer["conflicts"] == {}
    written = answer["conversation"]
    assert (written["id"], written["notes"], written["outcome"]) == (call_id, "Call back", None)
    assert written["lead"] == {
        "id": str(ours.lead_id),
        "name": "A lead",
        "company": None,
        "phone_number": ours.lead_number,
    }
    assert written["campaign"] == {"id": str(ours.campaign_id), "name": "A campaign"}
    columns = fetch(
        db,
        "select column_name from information_schema.columns"
        " where table_schema = 'public' and table_name = 'conversations'",
    )
    assert written.keys() == {column["column_name"] for column in columns} | {
        "lead",
        "campaign",
        "quality",
    }


def test_of_two_people_only_the_same_field_is_a_conflict(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    describe(db, manager, call_id, {"notes": "Hers"}, EMPTY)
    answer = describe(db, ours.user_id, call_id, {"notes": "Mine", "outcome": "interested"}, EMPTY)
    written = answer["conversation"]
    assert (written["notes"], written["outcome"]) == ("Hers", "interested")
    (conflict,) = answer["conflicts"].items()
    (changed,) = fetch(
        db,
        "select to_jsonb(changed_at) as at from public.conversation_changes where changed_by = %s",
        manager,
    )
    assert conflict == (
        "notes",
        {
            "current": "Hers",
            "changed_by": str(manager),
            "changed_by_name": f"{manager}@henk.test",
            "changed_at": changed["at"],
        },
    )
    # Whoever has seen the other text may replace it.
    answer = describe(db, ours.user_id, call_id, {"notes": "Both"}, {"notes": "Hers"})
    assert (answer["conversation"]["notes"], answer["conflicts"]) == ("Both", {})


def test_what_is_there_already_is_no_conflict_and_no_change(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    describe(db, manager, call_id, {"notes": "Same"}, EMPTY)
    before = conversation_of(db, call_id)
    answer = describe(db, ours.user_id, call_id, {"notes": "Same"}, EMPTY)
    assert answer["conflicts"] == {}
    assert conversation_of(db, call_id) == before
    assert len(changes_of(db, call_id)) == 1


def conversation_of(db: Connection, call_id: str) -> dict[str, Any]:
    (row,) = fetch(db, "select * from public.conversations where id = %s", call_id)
    return row


@pytest.mark.parametrize("field", ["outcome", "notes", "lead_id", "campaign_id"])
def test_a_conflict_tells_who_changed_this_field_last(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID, field: str
) -> None:
    seen: dict[str, object] = {
        "outcome": None, "notes": None, "lead_id": str(ours.lead_id), "campaign_id": None,
    }  # fmt: skip
    hers = {
        "campaign_id": str(ours.campaign_id), "lead_id": None, "outcome": "booked",
    }.get(field, "Hers")  # fmt: skip
    mine = {
        "campaign_id": str(uuid.uuid4()), "lead_id": str(uuid.uuid4()), "outcome": "interested",
    }.get(field, "Mine")  # fmt: skip
    describe(db, manager, call_id, {field: hers}, seen)
    other = next(name for name in ("outcome", "notes") if name != field)
    describe(db, ours.user_id, call_id, {other: "voicemail"}, seen)
    answer = describe(db, ours.user_id, call_id, {field: mine}, seen)
    assert answer["conflicts"][field]["current"] == hers
    assert answer["conflicts"][field]["changed_by"] == str(manager)


def test_the_name_of_somebody_who_left_is_not_known(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    describe(db, manager, call_id, {"notes": "Hers"}, EMPTY)
    db.execute("delete from public.business_members where user_id = %s", (manager,))
    conflict = describe(db, ours.user_id, call_id, {"notes": "Mine"}, EMPTY)["conflicts"]["notes"]
    assert (conflict["changed_by"], conflict["changed_by_name"]) == (str(manager), None)


def test_a_value_of_the_beginning_of_the_call_is_told_without_an_author(
    db: Connection, ours: Tenant, call_id: str
) -> None:
    answer = describe(db, ours.user_id, call_id, {"lead_id": str(uuid.uuid4())}, {"lead_id": None})
    (created,) = fetch(
        db, "select to_jsonb(created_at) as at from public.conversations where id = %s", call_id
    )
    assert answer["conflicts"] == {
        "lead_id": {
            "current": str(ours.lead_id),
            "changed_by": None,
            "changed_by_name": None,
            "changed_at": created["at"],
        }
    }


def test_who_may_describe_which_call(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    theirs = add_tenant(db, 2)
    owner, colleague, former = add_user(db), add_user(db), add_user(db)
    add_member(db, ours.business_id, owner, "owner")
    add_member(db, ours.business_id, colleague)
    keys = iter(("booked", "interested", "connected", "voicemail", "voicemail", "voicemail"))
    answers = {
        user: describe(db, user, call_id, {"outcome": next(keys)}, {"outcome": None}).get("error")
        if number == 0
        else describe(
            db,
            user,
            call_id,
            {"outcome": next(keys)},
            {"outcome": conversation_of(db, call_id)["outcome"]},
        ).get("error")
        for number, user in enumerate(
            (ours.user_id, manager, owner, colleague, theirs.user_id, former)
        )
    }
    assert list(answers.values()) == [
        None, None, None, "not_your_call", "not_found", "not_found",
    ]  # fmt: skip
    assert conversation_of(db, call_id)["outcome"] == "connected"
    nowhere = describe(db, ours.user_id, uuid.uuid4(), {"outcome": "x"}, {"outcome": None})
    assert nowhere == {"error": "not_found"}


def test_calls_of_a_rep_who_left_are_described_by_managers_alone(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    colleague = add_user(db)
    add_member(db, ours.business_id, colleague)
    db.execute("delete from auth.users where id = %s", (ours.user_id,))
    for user, error in (
        (ours.user_id, "not_found"), (colleague, "not_your_call"), (manager, None),
    ):  # fmt: skip
        answer = describe(db, user, call_id, {"notes": "Taken over"}, EMPTY)
        assert answer.get("error") == error


def test_a_call_of_nobody_in_a_business_is_described_by_managers_alone(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    db.execute("update public.conversations set user_id = null where id = %s", (call_id,))
    answers = [
        describe(db, user, call_id, {"notes": "Taken over"}, EMPTY).get("error")
        for user in (ours.user_id, manager)
    ]
    assert answers == ["not_your_call", None]


@pytest.mark.parametrize(
    ("changes", "before"),
    [
        ({"status": "failed"}, {"status": None}),
        ({"notes": "x", "user_id": None}, {"notes": None, "user_id": None}),
        ({"notes": "x"}, {}),
        ({"notes": "x"}, {"outcome": None}),
    ],
)
def test_other_columns_and_changes_without_a_before_are_refused(
    db: Connection,
    ours: Tenant,
    call_id: str,
    changes: dict[str, object],
    before: dict[str, object],
) -> None:
    with pytest.raises(InvalidParameterValue, match="p_before has the same"):
        describe(db, ours.user_id, call_id, changes, before)


def test_nothing_is_written_if_one_field_cannot_be(
    db: Connection, ours: Tenant, call_id: str
) -> None:
    for changes, error in (
        ({"outcome": "booked", "notes": "n" * 10001}, CheckViolation),
        ({"outcome": "booked", "lead_id": str(uuid.uuid4())}, ForeignKeyViolation),
        ({"outcome": "sold", "notes": "One"}, CheckViolation),
    ):
        seen = {"outcome": None, "notes": None, "lead_id": str(ours.lead_id)}
        with attempt(db), pytest.raises(error):
            describe(db, ours.user_id, call_id, changes, seen)
    assert conversation_of(db, call_id)["outcome"] is None
    assert changes_of(db, call_id) == []


def test_every_way_to_change_a_description_is_recorded(
    db: Connection, ours: Tenant, call_id: str
) -> None:
    describe(db, ours.user_id, call_id, {"notes": "One", "outcome": "booked"}, EMPTY)
    with as_user(db, ours.user_id):
        db.execute("update public.conversations set notes = 'Two' where id = %s", (call_id,))
    db.execute("update public.conversations set outcome = null where id = %s", (call_id,))
    db.execute("delete from public.leads where id = %s", (ours.lead_id,))
    assert [
        (change["changed_by"], change["before"], change["after"])
        for change in changes_of(db, call_id)
    ] == [
        (ours.user_id, {"notes": None, "outcome": None}, {"notes": "One", "outcome": "booked"}),
        (ours.user_id, {"notes": "One"}, {"notes": "Two"}),
        (ours.user_id, {"outcome": "booked"}, {"outcome": None}),
        (ours.user_id, {"lead_id": str(ours.lead_id)}, {"lead_id": None}),
    ]


def test_notes_that_somebody_goes_on_writing_are_one_change(
    db: Connection, ours: Tenant, call_id: str, manager: uuid.UUID
) -> None:
    """A page saves them every few seconds. No text is lost by that."""

    def write(user_id: uuid.UUID, notes: str) -> None:
        with as_user(db, user_id):
            db.execute("update public.conversations set notes = %s", (notes,))

    for notes in ("Wants", "Wants an", "Wants an offer"):
        write(ours.user_id, notes)
    assert [(change["before"], change["after"]) for change in changes_of(db, call_id)] == [
        ({"notes": None}, {"notes": "Wants an offer"})
    ]
    # Another text, another person and a long pause are changes of their own.
    write(ours.user_id, "Wants nothing")
    write(manager, "Wants nothing more")
    db.execute(
        "update public.conversation_changes set changed_at = changed_at - interval '11 minutes'"
    )
    write(manager, "Wants nothing more today")
    describe(db, manager, call_id, {"outcome": "booked"}, EMPTY)
    write(manager, "Wants nothing more today. Booked!")
    assert [change["after"].get("notes") for change in changes_of(db, call_id)] == [
        "Wants an offer",
        "Wants nothing",
        "Wants nothing more",
        "Wants nothing more today",
        None,
        "Wants nothing more today. Booked!",
    ]


def test_what_events_change_is_no_description(db: Connection, ours: Tenant) -> None:
    agent = new_call_sid()
    begin_call(db, ours, agent)
    record_event(db, agent, new_call_sid(), "completed", 3, duration_seconds=12)
    assert conversation(db, agent)["status"] == "completed"
    assert changes_of(db, conversation(db, agent)["id"]) == []


def test_a_beginning_that_comes_last_and_names_the_lead_is_recorded_without_an_author(
    db: Connection, ours: Tenant
) -> None:
    agent = new_call_sid()
    rep = f"client:user_{ours.user_id.hex}_{ours.business_id.hex}"
    record_event(db, agent, agent, "completed", 0, payload={"From": rep, "To": ours.lead_number})
    call = conversation(db, agent)
    assert (call["begun_at"], call["lead_id"]) == (None, None)
    begin_call(db, ours, agent, campaign_id=ours.campaign_id)
    assert changes_of(db, call["id"]) == [
        {
            "changed_by": None,
            "before": {"lead_id": None, "campaign_id": None},
            "after": {"lead_id": str(ours.lead_id), "campaign_id": str(ours.campaign_id)},
        }
    ]


def test_nobody_writes_the_record(db: Connection, ours: Tenant, call_id: str) -> None:
    describe(db, ours.user_id, call_id, {"notes": "One"}, EMPTY)
    for role in ("authenticated", "service_role", "call_webhook"):
        for statement in (
            "update public.conversation_changes set before = '{}'",
            "delete from public.conversation_changes",
            "insert into public.conversation_changes (conversation_id, before, after)"
            " values (gen_random_uuid(), '{}', '{}')",
        ):
            refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
            with attempt(db), refused, as_role(db, role):
                db.execute(statement.encode())


def test_two_people_who_save_at_the_same_moment_lose_nothing(postgres: Postgres) -> None:
    """The second waits for the first, and then is told of the first one's text."""
    with committed_tenant(postgres, 3) as tenant, psycopg.connect(postgres.url()) as admin:
        call_id = a_call(admin, tenant)
        admin.commit()
        answers: list[dict[str, Any]] = []

        def second() -> None:
            with psycopg.connect(postgres.url()) as other:
                answers.append(describe(other, tenant.user_id, call_id, {"notes": "2"}, EMPTY))

        with (
            psycopg.connect(postgres.url()) as first,
            psycopg.connect(postgres.url(), autocommit=True) as watching,
        ):
            describe(first, tenant.user_id, call_id, {"notes": "1"}, EMPTY)
            thread = threading.Thread(target=second)
            thread.start()
            wait_until_blocked(watching, "postgres", 1)
            first.commit()
            thread.join()
        assert answers[0]["conflicts"]["notes"]["current"] == "1"
        assert answers[0]["conversation"]["notes"] == "1"


def test_a_member_is_named_by_their_address_until_they_choose(db: Connection, ours: Tenant) -> None:
    colleague = add_user(db)
    add_member(db, ours.business_id, colleague)

    def names() -> dict[uuid.UUID, str | None]:
        with as_user(db, ours.user_id):
            rows = db.execute("select user_id, display_name from public.business_members")
            return dict(rows.fetchall())

    assert names() == {user: f"{user}@henk.test" for user in (ours.user_id, colleague)}
    with as_user(db, ours.user_id):
        renamed = db.execute("update public.business_members set display_name = 'Ada'")
        assert renamed.rowcount == 1
    assert names()[ours.user_id] == "Ada"
    with as_user(db, ours.user_id):
        db.execute("update public.business_members set display_name = '  '")
    assert names()[ours.user_id] == f"{ours.user_id}@henk.test"

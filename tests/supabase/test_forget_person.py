"""A person who asks for it is forgotten: of their number, name and words nothing is left."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg import sql

from tests.supabase.kept_recordings import add_recording, ask, finished_call
from tests.supabase.queues import make_queue
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    dialled,
    fetch,
)

THIRD = "+14155550777"


def add_manager(db: Connection, tenant: Tenant) -> uuid.UUID:
    person = add_user(db)
    add_member(db, tenant.business_id, person, "manager")
    return person


def describe(db: Connection, tenant: Tenant, call: dict[str, Any], notes: str) -> None:
    with as_user(db, tenant.user_id):
        db.execute(
            "update public.conversations set notes = %s, outcome = 'booked' where id = %s",
            (notes, call["id"]),
        )


def places_of(db: Connection, text: str) -> set[str]:
    """The tables in which a text stands, whatever the column."""
    tables = fetch(
        db,
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('public', 'private') and table_type = 'BASE TABLE'",
    )
    found = set()
    for table in tables:
        name = sql.Identifier(table["table_schema"], table["table_name"])
        query = sql.SQL("select from {} as t where position(%s in to_jsonb(t)::text) > 0")
        if db.execute(query.format(name), (text,)).rowcount:
            found.add(table["table_name"])
    return found


def test_nothing_is_left_of_their_number_their_name_and_what_was_written_of_them(
    db: Connection,
) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    with as_role(db, "service_role", {"sub": str(manager)}):
        db.execute("update public.leads set name = 'Ada Zzyzx' where id = %s", (tenant.lead_id,))
    call = finished_call(db, tenant, lead_id=tenant.lead_id)
    loose = finished_call(db, tenant)
    for notes in ("Zzyzx likes tea", "Zzyzx likes coffee"):
        describe(db, tenant, call, notes)
    recording = add_recording(db, call)
    db.execute(
        "insert into public.do_not_call (business_id, phone_number, reason) values (%s, %s, %s)",
        (tenant.business_id, tenant.lead_number, "Zzyzx was angry"),
    )
    # Somebody who had the number before, and is known to be another person.
    db.execute(
        "with another as (insert into public.leads (business_id, name) values (%s, 'Another')"
        " returning business_id, id) insert into private.contacts_told_apart"
        " select business_id, id, 'phone_number', %s from another",
        (tenant.business_id, tenant.lead_number),
    )
    assert places_of(db, "Zzyzx") == {
        "leads",
        "conversations",
        "conversation_changes",
        "do_not_call",
        "changes",
    }
    assert {"call_legs", "call_events"} <= places_of(db, tenant.lead_number)

    answer = ask(db, manager, "forget_person", tenant.business_id, tenant.lead_number, None)
    proof = answer.pop("id")
    assert answer == {"leads": 1, "conversations": 2, "recordings": 1, "held": 0}
    for trace in ("Zzyzx", "LEADVILLE", "tea", "coffee"):
        assert places_of(db, trace) == set(), trace
    assert places_of(db, tenant.lead_number) == {"do_not_call"}
    (row,) = fetch(db, "select * from public.recordings where id = %s", recording)
    assert (row["wanted"], row["delete_reason"]) == ("deleted", "request")
    (erasure,) = fetch(db, "select * from public.erasures")
    assert (str(erasure["id"]), erasure["recording_ids"]) == (proof, [recording])
    # The record of the calls stays, and nobody is asked to describe them.
    for one in (call, loose):
        (kept,) = fetch(db, "select * from public.conversations where id = %s", one["id"])
        assert kept["outcome"] == "forgotten"
        assert (kept["duration_seconds"], kept["user_id"]) == (60, tenant.user_id)


def test_a_machine_that_answered_reaches_nobody_afterwards(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    said, heard, talked = (finished_call(db, tenant)["id"] for _ in range(3))
    db.execute("update public.conversations set outcome = 'voicemail' where id = %s", (said,))
    db.execute(
        "update public.conversations set answered_by = 'machine_start' where id = %s", (heard,)
    )
    # The list of the business has it no longer.
    db.execute("update public.outcomes set is_archived = true where key = 'voicemail'")

    def connected() -> dict[uuid.UUID, int]:
        ids = [said, heard, talked]
        rows = fetch(db, "select * from private.facts_of_calls(%s)", ids)
        return {row["conversation_id"]: row["connected"] for row in rows}

    before = connected()
    assert before == {said: 0, heard: 0, talked: 1}
    ask(db, manager, "forget_person", tenant.business_id, tenant.lead_number, None)
    assert connected() == before


def test_no_queue_and_no_call_back_knows_them_any_more(db: Connection) -> None:
    queue = make_queue(db, 1)
    tenant = queue.tenant
    manager = add_manager(db, tenant)
    queue.enqueue(tenant.lead_id)
    call = finished_call(db, tenant, lead_id=tenant.lead_id)
    db.execute(
        "update public.conversations set campaign_id = %s, outcome = 'callback' where id = %s",
        (tenant.campaign_id, call["id"]),
    )
    # Another lead had this number once.
    other = queue.enqueue(queue.add_lead("+14155550555"))
    queue.change_entry(other, refused_number=tenant.lead_number)
    assert {"queue_entries", "call_backs"} <= places_of(db, tenant.lead_number)
    assert {"queue_entries", "call_backs"} <= places_of(db, str(tenant.lead_id))

    answer = ask(db, manager, "forget_person", tenant.business_id, tenant.lead_number, None)
    assert (answer["leads"], answer["conversations"]) == (1, 1)
    assert places_of(db, tenant.lead_number) == places_of(db, str(tenant.lead_id)) == set()
    assert queue.entry(other)["state"] == "ready"


def test_a_lead_is_forgotten_without_the_others_who_share_the_number(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    colleague = uuid.uuid4()
    db.execute(
        "insert into public.leads (id, business_id, name, phone_number) values (%s, %s, %s, %s)",
        (colleague, tenant.business_id, "A colleague", tenant.lead_number),
    )
    theirs = finished_call(db, tenant, lead_id=colleague)
    mine = finished_call(db, tenant, lead_id=tenant.lead_id)
    mine_elsewhere = finished_call(db, tenant, lead_id=tenant.lead_id, to=dialled("+14155550999"))
    recordings = [add_recording(db, call) for call in (theirs, mine, mine_elsewhere)]
    answer = ask(db, manager, "forget_person", tenant.business_id, None, tenant.lead_id)
    assert (answer["leads"], answer["conversations"], answer["recordings"]) == (1, 2, 2)
    wanted = fetch(db, "select wanted from public.recordings order by id = any(%s)", recordings[1:])
    assert [row["wanted"] for row in wanted] == ["kept", "deleted", "deleted"]
    assert places_of(db, "+14155550999") == set()
    (kept,) = fetch(
        db, "select lead_id, to_number from public.conversations where lead_id is not null"
    )
    assert kept == {"lead_id": colleague, "to_number": tenant.lead_number}


def test_who_was_added_to_a_call_is_forgotten_and_the_lead_of_it_is_not(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    call = finished_call(db, tenant, lead_id=tenant.lead_id)
    describe(db, tenant, call, "About the lead")
    db.execute(
        "insert into public.call_legs (business_id, conversation_id, role, status, to_number,"
        " asked_for, asked_at) values (%s, %s, 'third_party', 'completed', %s, 'add', now())",
        (tenant.business_id, call["id"], THIRD),
    )
    db.execute(
        "insert into public.call_actions (business_id, conversation_id, action, to_number, result,"
        " finished_at) values (%s, %s, 'add', %s, 'done', now())",
        (tenant.business_id, call["id"], THIRD),
    )
    recording = add_recording(db, call)
    answer = ask(db, manager, "forget_person", tenant.business_id, THIRD, None)
    assert (answer["leads"], answer["conversations"], answer["recordings"]) == (0, 1, 1)
    assert places_of(db, THIRD) == set()
    (kept,) = fetch(db, "select * from public.conversations where id = %s", call["id"])
    assert (kept["notes"], kept["to_number"]) == ("About the lead", tenant.lead_number)
    (row,) = fetch(db, "select wanted from public.recordings where id = %s", recording)
    assert row["wanted"] == "deleted"


def test_what_is_held_stays_and_is_counted(db: Connection) -> None:
    tenant = add_tenant(db, 1)
    manager = add_manager(db, tenant)
    held, free = (finished_call(db, tenant, lead_id=tenant.lead_id) for _ in range(2))
    recordings = [add_recording(db, call) for call in (held, free)]
    ask(db, manager, "set_legal_hold", held["id"], True, "A dispute")
    answer = ask(db, manager, "forget_person", tenant.business_id, tenant.lead_number, None)
    counts = {key: answer[key] for key in ("leads", "conversations", "recordings", "held")}
    assert counts == {"leads": 0, "conversations": 1, "recordings": 1, "held": 1}
    wanted = fetch(db, "select id from public.recordings where wanted = 'kept'")
    assert [row["id"] for row in wanted] == recordings[:1]
    ask(db, manager, "set_legal_hold", held["id"], False, None)
    again = ask(db, manager, "forget_person", tenant.business_id, tenant.lead_number, None)
    assert (again["leads"], again["conversations"], again["held"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("number", "lead"),
    [(None, None), ("+14155550101", "lead"), ("4155550101", None), ("", None), ("+1 415", None)],
)
def test_a_request_that_names_nobody_is_refused(
    db: Connection, number: str | None, lead: str | None
) -> None:
    tenant = add_tenant(db, 1)
    lead_id = tenant.lead_id if lead else None
    answer = ask(db, add_manager(db, tenant), "forget_person", tenant.business_id, number, lead_id)
    assert answer == {"error": "invalid_request", "field": "phone_number"}


def test_only_those_who_manage_the_business_forget_and_not_during_a_call(db: Connection) -> None:
    tenant, other = add_tenant(db, 1), add_tenant(db, 2)
    manager = add_manager(db, tenant)
    outsider = add_user(db)
    add_member(db, other.business_id, outsider, "owner")
    call = finished_call(db, tenant, lead_id=tenant.lead_id, is_over=False)
    forget = ("forget_person", tenant.business_id)
    assert ask(db, tenant.user_id, *forget, tenant.lead_number, None) == {"error": "not_allowed"}
    assert ask(db, outsider, *forget, tenant.lead_number, None) == {"error": "not_found"}
    assert ask(db, outsider, "forget_person", other.business_id, None, tenant.lead_id) == {
        "error": "not_found"
    }
    assert ask(db, manager, *forget, None, tenant.lead_id) == {"error": "in_progress"}
    assert ask(db, manager, *forget, tenant.lead_number, None) == {"error": "in_progress"}
    assert fetch(db, "select from public.erasures") == []
    # The end of a call may be lost: it does not keep the person for ever.
    db.execute(
        "update public.conversations set created_at = now() - interval '6 hours' where id = %s",
        (call["id"],),
    )
    assert ask(db, manager, *forget, tenant.lead_number, None)["conversations"] == 1

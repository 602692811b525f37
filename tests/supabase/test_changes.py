"""The record of who changed what: all that people and operators change has a row in it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from psycopg.errors import InsufficientPrivilege

from tests.supabase.people import add_person, ask
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    attempt,
    fetch,
)

ROOT = Path(__file__).resolve().parents[2]
# How each is added, changed and taken away; None where it cannot be.
CHANGED = {
    "business": (None, "update public.businesses set calls_per_rep_per_day = 7"
                 " where id = %(business_id)s", None),
    "member": (None, "update public.business_members set role = 'manager'"
               " where business_id = %(business_id)s and user_id = %(user_id)s", None),
    "invitation": (
        "insert into public.invitations (business_id, email, role)"
        " values (%(business_id)s, 'a@henk.test', 'agent')",
        "update public.invitations set role = 'manager' where business_id = %(business_id)s",
        "delete from public.invitations where business_id = %(business_id)s",
    ),
    "phone_number": (
        "insert into public.phone_numbers (business_id, phone_number)"
        " values (%(business_id)s, '+14155550987')",
        "update public.phone_numbers set label = 'West' where phone_number = '+14155550987'",
        "delete from public.phone_numbers where phone_number = '+14155550987'",
    ),
    "transfer_target": (
        "insert into public.transfer_targets (business_id, name, phone_number)"
        " values (%(business_id)s, 'Support', '+14155550199')",
        "update public.transfer_targets set name = 'Service'"
        " where business_id = %(business_id)s",
        "delete from public.transfer_targets where business_id = %(business_id)s",
    ),
    "outcome": (
        "insert into public.outcomes (business_id, key, label, effect)"
        " values (%(business_id)s, 'sold', 'Sold', 'done')",
        "update public.outcomes set is_success = true"
        " where business_id = %(business_id)s and key = 'sold'",
        "delete from public.outcomes where business_id = %(business_id)s and key = 'sold'",
    ),
    "do_not_call_import": (
        "insert into public.do_not_call_imports"
        " (id, business_id, file_name, row_count, created_by)"
        " values (gen_random_uuid(), %(business_id)s, 'robinson.csv', 1, %(user_id)s)",
        "update public.do_not_call_imports set undo_reason = 'Wrong file'"
        " where business_id = %(business_id)s",
        "delete from public.do_not_call_imports where business_id = %(business_id)s",
    ),
    "campaign": (
        "insert into public.campaigns (business_id, name) values (%(business_id)s, 'Spring')",
        "update public.campaigns set is_paused = true"
        " where business_id = %(business_id)s and name = 'Spring'",
        "delete from public.campaigns where business_id = %(business_id)s and name = 'Spring'",
    ),
    "retry_rule": (
        "insert into public.retry_rules (business_id, campaign_id, result, after_minutes)"
        " values (%(business_id)s, %(campaign_id)s, 'busy', 5)",
        "update public.retry_rules set after_minutes = 6 where campaign_id = %(campaign_id)s",
        "delete from public.retry_rules where campaign_id = %(campaign_id)s",
    ),
    "recording_rule": (
        "insert into public.recording_rules (business_id, country, mode)"
        " values (%(business_id)s, 'FR', 'off')",
        "update public.recording_rules set mode = 'all' where business_id = %(business_id)s",
        "delete from public.recording_rules where business_id = %(business_id)s",
    ),
    "network": (
        "insert into public.networks (business_id, key, name)"
        " values (%(business_id)s, '0a1b2c3d', 'Office')",
        "update public.networks set name = 'Home' where business_id = %(business_id)s",
        "delete from public.networks where business_id = %(business_id)s",
    ),
    "voicemail_message": (
        "insert into public.voicemail_messages"
        " (business_id, user_id, name, duration_seconds, bytes)"
        " values (%(business_id)s, %(user_id)s, 'First try', 9, 144044)",
        "update public.voicemail_messages set is_shared = true where name = 'First try'",
        None,
    ),
    "do_not_call": (
        "insert into public.do_not_call (business_id, phone_number)"
        " values (%(business_id)s, '+14155550988')",
        "update public.do_not_call set reason = 'Asked' where business_id = %(business_id)s",
        "delete from public.do_not_call where business_id = %(business_id)s",
    ),
    "lead": (
        "insert into public.leads (business_id, name) values (%(business_id)s, 'Ada')",
        "update public.leads set name = 'Ada Lovelace'"
        " where business_id = %(business_id)s and name = 'Ada'",
        "delete from public.leads where business_id = %(business_id)s and name = 'Ada Lovelace'",
    ),
}  # fmt: skip
# Their rows are on record themselves, or follow from something that is.
NOT_CHANGED_BY_HAND = {"erasure", "lead_import"}


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def subjects(db: Connection) -> set[str]:
    rows = fetch(
        db,
        "select convert_from(substring(tgargs for position('\\000'::bytea in tgargs) - 1), 'UTF8')"
        " as subject from pg_trigger where tgfoid = 'private.note_change()'::regprocedure",
    )
    return {row["subject"] for row in rows}


def test_every_subject_of_the_record_is_tried(db: Connection) -> None:
    assert subjects(db) == CHANGED.keys() | NOT_CHANGED_BY_HAND


@pytest.mark.parametrize("subject", CHANGED)
def test_each_change_has_one_row_that_says_who_and_from_what_to_what(
    db: Connection, ours: Tenant, subject: str
) -> None:
    owner = add_person(db, ours, "owner")
    db.execute(
        "update public.business_members set display_name = 'Olive' where user_id = %s", (owner,)
    )
    theirs = add_tenant(db, 2)
    db.execute("delete from public.changes")
    done = 0
    for statement, has_before, has_after in zip(
        CHANGED[subject], (False, True, True), (True, True, False), strict=True
    ):
        if statement is None:
            continue
        # Twice: what is as it was has not changed.
        with as_role(db, "supabase_admin", {"sub": str(owner)}):
            values = {name: getattr(ours, name) for name in ("business_id", "user_id")}
            db.execute(statement.encode(), values | {"campaign_id": ours.campaign_id})
            if has_before:
                db.execute(statement.encode(), values | {"campaign_id": ours.campaign_id})
        changes = fetch(db, "select * from public.changes where subject = %s order by id", subject)[
            done:
        ]
        assert len(changes) == 1, (statement, changes)
        [change] = changes
        done += 1
        assert (change["before"] is not None, change["after"] is not None) == (
            has_before, has_after,
        )  # fmt: skip
        assert (change["changed_by"], change["changed_by_name"]) == (owner, "Olive")
        assert change["business_id"] == ours.business_id
        assert change["subject_name"]
        told = (change["before"] or {}) | (change["after"] or {})
        assert not told.keys() & {"business_id", "created_at", "subscriber", "search_text"}
        if has_before and has_after:
            assert len(told) == 1
    assert not fetch(db, "select from public.changes where business_id = %s", theirs.business_id)


def test_managers_read_the_record_and_nobody_writes_it(db: Connection, ours: Tenant) -> None:
    theirs = add_tenant(db, 2)
    add_person(db, theirs, "owner")
    for role, reads in (("owner", True), ("manager", True), ("agent", False)):
        with as_user(db, add_person(db, ours, role)):
            seen = fetch(db, "select distinct business_id from public.changes")
            assert [row["business_id"] for row in seen] == ([ours.business_id] if reads else [])
            for statement in (
                "delete from public.changes",
                "update public.changes set before = '{}'",
                "insert into public.changes (business_id, subject, subject_id)"
                f" values ('{ours.business_id}', 'business', 'x')",
            ):
                with attempt(db), pytest.raises(InsufficientPrivilege):
                    db.execute(statement.encode())


def test_an_operators_change_names_nobody(db: Connection, ours: Tenant) -> None:
    with as_role(db, "service_role"):
        db.execute("update public.businesses set country = 'NL' where id = %s", (ours.business_id,))
    [change] = fetch(
        db,
        "select changed_by, changed_by_name, before, after from public.changes"
        " where business_id = %s and subject = 'business' and before is not null",
        ours.business_id,
    )
    assert change == {
        "changed_by": None,
        "changed_by_name": None,
        "before": {"country": "US"},
        "after": {"country": "NL"},
    }


def test_what_moves_to_another_business_is_on_record_in_both(db: Connection, ours: Tenant) -> None:
    theirs = add_tenant(db, 2)
    with as_role(db, "service_role"):
        db.execute(
            "update public.phone_numbers set business_id = %s, is_default = false, label = 'Hers'"
            " where phone_number = %s",
            (theirs.business_id, ours.caller_id),
        )
    left, came = (
        fetch(
            db,
            "select before ->> 'label' as before, after ->> 'label' as after, before is null as new"
            " from public.changes where business_id = %s and subject_name = %s order by id desc",
            tenant.business_id,
            ours.caller_id,
        )[0]
        for tenant in (ours, theirs)
    )
    assert left == {"before": None, "after": None, "new": False}
    assert came == {"before": None, "after": "Hers", "new": True}


def test_who_leaves_is_named(db: Connection, ours: Tenant) -> None:
    db.execute(
        "update public.business_members set display_name = 'Gus' where user_id = %s",
        (ours.user_id,),
    )
    add_person(db, ours, "owner")
    ask(db, ours.user_id, "remove_member", ours.business_id, ours.user_id)
    [left] = fetch(db, "select * from public.changes where subject = 'member' and after is null")
    assert (left["changed_by"], left["changed_by_name"], left["subject_name"]) == (
        ours.user_id, "Gus", "Gus",
    )  # fmt: skip


def test_an_import_is_on_record_and_not_each_of_its_leads(db: Connection, ours: Tenant) -> None:
    begun = ask(
        db, ours.user_id, "begin_import", ours.campaign_id, "leads.csv", "0" * 64, 3, 0
    )["import"]  # fmt: skip
    rows = [{"name": f"Lead {n}", "phone_number": f"+1415555{n:04}"} for n in range(700, 703)]
    with as_user(db, ours.user_id):
        db.execute(
            "select public.import_rows(%s, 1, %s::text::jsonb)",
            (begun["id"], str(rows).replace("'", '"')),
        )
    ask(db, ours.user_id, "finish_import", uuid.UUID(begun["id"]))
    ask(db, ours.user_id, "undo_import", uuid.UUID(begun["id"]))
    changes = fetch(
        db,
        "select subject, subject_name, after from public.changes"
        " where business_id = %s and changed_by is not null order by id",
        ours.business_id,
    )
    assert {(row["subject"], row["subject_name"]) for row in changes} == {
        ("lead_import", "leads.csv")
    }
    assert [row["after"]["state"] for row in changes] == ["open", "finished", "undone"]
    # A lead that is changed after it is told again.
    with as_role(db, "supabase_admin", {"sub": str(ours.user_id)}):
        db.execute("update public.leads set name = 'B' where id = %s", (ours.lead_id,))
    assert fetch(db, "select from public.changes where subject = 'lead'")


def test_a_new_business_is_one_change_without_its_first_outcomes(db: Connection) -> None:
    db.execute("delete from public.changes")
    tenant = add_tenant(db, 3)
    rows = fetch(
        db, "select subject from public.changes where business_id = %s", tenant.business_id
    )
    assert "business" in {row["subject"] for row in rows}
    assert "outcome" not in {row["subject"] for row in rows}


def test_each_column_that_can_change_has_words_on_the_page(db: Connection) -> None:
    words = (ROOT / "web" / "app" / "changes" / "columns.js").read_text()
    named = set(re.findall(r"^  ([a-z_]+): \[", words, re.MULTILINE))
    untold = set(re.findall(r"'([a-z_]+)'", words.split("UNTOLD = ")[1].split(";")[0]))
    rows = fetch(
        db,
        "select tgrelid::regclass::text as table, attname as column,"
        " pg_get_triggerdef(pg_trigger.oid) as definition"
        " from pg_trigger join pg_attribute on attrelid = tgrelid and attnum > 0"
        " and not attisdropped where tgfoid = 'private.note_change()'::regprocedure",
    )
    missing = {
        f"{row['table']}.{row['column']}"
        for row in rows
        if row["column"] not in {"id", "business_id", "created_at"} | named | untold
        and f"'{row['column']}'" not in row["definition"]
    }
    assert not missing


def test_each_table_that_people_write_is_on_record(db: Connection) -> None:
    rows = fetch(
        db,
        "select distinct table_name from information_schema.role_column_grants"
        " where grantee = 'authenticated' and table_schema = 'public'"
        " and privilege_type in ('INSERT', 'UPDATE')"
        " union select table_name from information_schema.role_table_grants"
        " where grantee = 'authenticated' and table_schema = 'public'"
        " and privilege_type in ('INSERT', 'UPDATE', 'DELETE')"
        " except select tgrelid::regclass::text from pg_trigger"
        " where tgfoid = 'private.note_change()'::regprocedure",
    )
    # Calls have a record of their own.
    assert {row["table_name"] for row in rows} == {"conversations"}

"""Contacts that are one person become one, and nothing that belongs to them is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.tenants import Connection, add_tenant, fetch

NUMBER = "+14155550123"


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def add_contact(desk: Desk, **columns: object) -> uuid.UUID:
    values = {"name": "The second", "business_id": desk.tenant.business_id} | columns
    (row,) = fetch(
        desk.db,
        f"insert into public.leads ({', '.join(values)})"
        f" values ({', '.join(['%s'] * len(values))}) returning id",
        *values.values(),
    )
    lead_id: uuid.UUID = row["id"]
    return lead_id


def merge(
    desk: Desk, by: uuid.UUID, *others: uuid.UUID, chosen: dict[str, str] | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = desk.ask(
        "merge_contacts",
        desk.tenant.business_id,
        desk.tenant.lead_id,
        list(others),
        Jsonb(chosen or {}),
        by=by,
    )
    return answer


def lead(desk: Desk, lead_id: uuid.UUID) -> dict[str, Any] | None:
    rows = fetch(desk.db, "select * from public.leads where id = %s", lead_id)
    return rows[0] if rows else None


def test_calls_notes_call_backs_and_queue_entries_of_all_are_then_the_ones(
    desk: Desk, manager: uuid.UUID
) -> None:
    tenant = desk.tenant
    second = add_contact(desk, phone_number=NUMBER, email="ada@henk.test")
    other_campaign = desk.add_campaign()
    kept_entry = desk.enqueue()
    desk.enqueue(lead_id=second)
    moved_entry = desk.enqueue(other_campaign, second)
    own = desk.call("no-answer", campaign_id=tenant.campaign_id)
    theirs = desk.call(to=NUMBER, lead_id=second, campaign_id=tenant.campaign_id)
    desk.say(theirs, outcome="callback", notes="Call after the holidays")
    assert desk.call_backs() == [theirs]
    # Agreed, and then said otherwise: on record.
    earlier = desk.call("no-answer", to=NUMBER, lead_id=second)
    desk.say(earlier, outcome="callback")
    desk.say(earlier, outcome=None)
    # The one who stays was queued after the calls.
    desk.db.execute(
        "update public.queue_entries set counted_from = now() where id = %s", (kept_entry,)
    )

    answer = merge(desk, manager, second)

    assert (answer["calls"], answer["call_backs"]) == (2, 2)
    assert answer["contact"]["id"] == str(tenant.lead_id)
    assert answer["contact"]["email"] == "ada@henk.test"
    assert answer["contact"]["phone_number"] == tenant.lead_number
    assert lead(desk, second) is None
    calls = fetch(
        desk.db, "select id, notes from public.conversations where lead_id = %s", tenant.lead_id
    )
    assert {str(row["id"]): row["notes"] for row in calls} == {
        own: None,
        theirs: "Call after the holidays",
        earlier: None,
    }
    assert desk.call_backs() == [theirs]
    agreed = fetch(desk.db, "select lead_id from public.call_backs")
    assert [row["lead_id"] for row in agreed] == [tenant.lead_id] * 2
    rows = fetch(desk.db, "select * from public.queue_entries order by id")
    entries = {row["id"]: row for row in rows}
    assert entries.keys() == {kept_entry, moved_entry}
    assert {row["lead_id"] for row in rows} == {tenant.lead_id}
    # Both calls are attempts, and it waits for the agreed one.
    assert entries[kept_entry]["attempts"] == 2
    assert entries[kept_entry]["wait_reason"] == "call_back"
    (record,) = fetch(
        desk.db,
        "select changed_by, before, after from public.changes where subject_id = %s",
        str(second),
    )
    assert record["changed_by"] == manager
    assert record["before"]["phone_number"] == NUMBER
    assert record["after"]["merged_into"] == str(tenant.lead_id)
    assert record["after"]["moved_calls"] == 2


def test_the_values_that_were_chosen_stay(desk: Desk, manager: uuid.UUID) -> None:
    second = add_contact(desk, name="Ada", company="Acme", phone_number=NUMBER)
    third = add_contact(desk, name="A. Lovelace", company="Babbage", email="ada@henk.test")
    chosen = {"name": str(third), "phone_number": str(second), "company": str(uuid.uuid4())}
    contact = merge(desk, manager, second, third, chosen=chosen)["contact"]
    assert (contact["name"], contact["phone_number"]) == ("A. Lovelace", NUMBER)
    # Nobody has the company that was chosen: the first who has one.
    assert (contact["company"], contact["email"]) == ("Acme", "ada@henk.test")


def test_whoever_must_not_be_called_under_one_number_is_called_under_none(
    desk: Desk, manager: uuid.UUID
) -> None:
    desk.enqueue()
    second = add_contact(desk, phone_number=NUMBER)
    desk.db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (desk.tenant.business_id, NUMBER),
    )
    contact = merge(desk, manager, second)["contact"]
    assert contact["do_not_call"] is True
    rows = fetch(desk.db, "select phone_number, created_by from public.do_not_call order by 2")
    assert {row["phone_number"] for row in rows} == {NUMBER, desk.tenant.lead_number}
    (entry,) = fetch(desk.db, "select done_reason from public.queue_entries")
    assert entry["done_reason"] == "do_not_call"


def test_a_merge_forbids_no_number_that_may_be_called_again(desk: Desk, manager: uuid.UUID) -> None:
    second = add_contact(desk, phone_number=NUMBER)
    call = desk.call(to=NUMBER, lead_id=second)
    desk.say(call, outcome="do_not_call")
    desk.db.execute("delete from public.do_not_call")
    merge(desk, manager, second)
    assert fetch(desk.db, "select from public.do_not_call") == []


def test_a_wrong_number_stays_wrong_and_another_one_does_not_become_so(
    desk: Desk, manager: uuid.UUID
) -> None:
    second = add_contact(desk, phone_number=NUMBER, wrong_number_at="2026-01-01T00:00:00Z")
    third = add_contact(desk, phone_number=NUMBER)
    assert merge(desk, manager, second)["contact"]["wrong_number_at"] is None
    again = add_contact(desk, phone_number=NUMBER, wrong_number_at="2026-01-01T00:00:00Z")
    chosen = {"phone_number": str(third)}
    merged = merge(desk, manager, third, again, chosen=chosen)["contact"]
    assert merged["wrong_number_at"] is not None


@pytest.mark.parametrize("column", ["paused_at", "removed_at"])
def test_an_entry_is_paused_if_one_was_and_removed_only_if_all_were(
    desk: Desk, manager: uuid.UUID, column: str
) -> None:
    second = add_contact(desk, phone_number=NUMBER)
    desk.enqueue()
    other = desk.enqueue(lead_id=second)
    desk.db.execute(
        f"update public.queue_entries set {column} = now() where id = %s".encode(), (other,)
    )
    merge(desk, manager, second)
    (entry,) = fetch(desk.db, "select state, done_reason from public.queue_entries")
    assert entry["state"] == ("paused" if column == "paused_at" else "ready")


def test_nobody_loses_a_contact_that_they_are_working_on(desk: Desk, manager: uuid.UUID) -> None:
    second = add_contact(desk, phone_number=NUMBER)
    desk.enqueue(lead_id=second)
    call = desk.call("in-progress", to=NUMBER, lead_id=second)
    assert merge(desk, manager, second) == {"error": "contact_in_use"}
    desk.db.execute("update public.conversations set ended_at = now() where id = %s", (call,))
    leased = desk.ask("next_lead", desk.tenant.campaign_id)
    assert leased["entry"]["lead"]["id"] == str(second), leased
    assert merge(desk, manager, second) == {"error": "contact_in_use"}
    # The page was closed, and nobody has asked for a lead since.
    desk.db.execute("update public.queue_entries set lease_until = now() - interval '1 second'")
    assert "contact" in merge(desk, manager, second)


def test_contacts_of_another_business_are_not_found(desk: Desk, manager: uuid.UUID) -> None:
    theirs = add_tenant(desk.db, 2)
    second = add_contact(desk)
    assert merge(desk, manager, second, theirs.lead_id) == {"error": "not_found"}
    assert lead(desk, second) is not None
    assert lead(desk, theirs.lead_id) is not None


def test_undoing_the_file_of_one_of_them_leaves_the_contact(desk: Desk, manager: uuid.UUID) -> None:
    tenant = desk.tenant
    begun = desk.ask("begin_contact_import", tenant.business_id, "a.csv", "0" * 64, 1, by=manager)[
        "import"
    ]
    rows = Jsonb([{"name": "Ada", "phone_number": NUMBER}])
    desk.ask("import_rows", begun["id"], 1, rows, by=manager)
    desk.ask("finish_import", begun["id"], by=manager)
    (made,) = fetch(desk.db, "select id from public.leads where name = 'Ada'")
    merge(desk, manager, made["id"])
    undone = desk.ask("undo_import", begun["id"], by=manager)["import"]
    assert undone["result"]["removed_leads"] == 0
    assert lead(desk, tenant.lead_id) is not None


def test_who_is_forgotten_is_forgotten_in_the_record_of_merges(
    desk: Desk, manager: uuid.UUID
) -> None:
    second = add_contact(desk, email="ada@henk.test")
    third = add_contact(desk, name="The third", phone_number=NUMBER)
    # The third is merged with the second, and then the second with the one who stays.
    desk.ask("merge_contacts", desk.tenant.business_id, second, [third], by=manager)
    merge(desk, manager, second)
    desk.ask("forget_person", desk.tenant.business_id, None, desk.tenant.lead_id, by=manager)
    record = fetch(desk.db, "select * from public.changes where subject = 'lead'")
    assert record
    for word in ("ada@henk.test", "The second", "The third", NUMBER):
        assert word not in str(record)


def test_duplicates_are_those_with_the_same_subscriber_or_address(
    desk: Desk, manager: uuid.UUID
) -> None:
    ana = add_contact(desk, name="Ana", phone_number="+5491112345678", email="ana@henk.test")
    ana_too = add_contact(desk, name="Ana B", phone_number="+541112345678", email="ANA@henk.test")
    bo = add_contact(desk, name="Bo", email="bo@henk.test")
    bo_too = add_contact(desk, name="Bob", phone_number=NUMBER, email="Bo@Henk.test")
    theirs = add_tenant(desk.db, 2)
    desk.db.execute(
        "insert into public.leads (business_id, name, phone_number) values (%s, 'Theirs', %s)",
        (theirs.business_id, NUMBER),
    )
    found = desk.ask("duplicate_contacts", desk.tenant.business_id, 50, by=manager)
    groups = [
        (group["by"], group["size"], {contact["id"] for contact in group["contacts"]})
        for group in found["groups"]
    ]
    # Ana is one group, though she has both in common.
    assert groups == [
        ("phone_number", 2, {str(ana), str(ana_too)}),
        ("email", 2, {str(bo), str(bo_too)}),
    ]
    assert found["more"] is False
    first = desk.ask("duplicate_contacts", desk.tenant.business_id, 1, by=manager)
    assert (len(first["groups"]), first["more"]) == (1, True)


def groups(desk: Desk, by: uuid.UUID) -> list[tuple[str, str, int]]:
    found = desk.ask("duplicate_contacts", desk.tenant.business_id, 50, by=by)
    return [(group["by"], group["value"], group["size"]) for group in found["groups"]]


def test_contacts_that_were_told_apart_are_offered_again_only_with_somebody_new(
    desk: Desk, manager: uuid.UUID
) -> None:
    def tell_apart(by: str, value: str, size: int) -> object:
        business = desk.tenant.business_id
        return desk.ask("tell_contacts_apart", business, by, value, size, by=manager)

    add_contact(desk, name="Ana", phone_number=NUMBER, email="office@henk.test")
    add_contact(desk, name="Bo", phone_number=NUMBER)
    add_contact(desk, name="Cy", email="Office@henk.test")
    number, address = ("phone_number", NUMBER, 2), ("email", "office@henk.test", 2)
    assert groups(desk, manager) == [number, address]
    assert tell_apart("phone_number", NUMBER, 3) == {"error": "changed_meanwhile"}
    assert tell_apart(*number) == {"told_apart": 2}
    assert groups(desk, manager) == [address]
    assert tell_apart(*address) == {"told_apart": 2}
    assert groups(desk, manager) == []
    record = fetch(desk.db, "select after from public.changes where after ? 'told_apart_from'")
    assert record == [{"after": {"told_apart_from": 1}}] * 2
    add_contact(desk, name="Di", phone_number=NUMBER)
    assert groups(desk, manager) == [("phone_number", NUMBER, 3)]
    # Who has another number now, and who has gone, say nothing of the others.
    tell_apart("phone_number", NUMBER, 3)
    desk.db.execute("update public.leads set phone_number = null where name = 'Bo'")
    add_contact(desk, name="Ed", phone_number=NUMBER)
    assert groups(desk, manager) == [("phone_number", NUMBER, 3)]


def test_a_lease_that_has_run_out_keeps_no_contact_from_being_merged(
    desk: Desk, manager: uuid.UUID
) -> None:
    second = add_contact(desk, phone_number=NUMBER)
    desk.enqueue()
    desk.enqueue(desk.add_campaign(), second)
    desk.db.execute(
        "update public.queue_entries set state = 'leased', lease_owner = case lead_id"
        " when %s then %s else %s end, lease_token = gen_random_uuid(), leased_at = now(),"
        " is_due = false, lease_until = now() - interval '1 second'",
        (second, manager, desk.tenant.user_id),
    )
    assert merge(desk, manager, second)["calls"] == 0

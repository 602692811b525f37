"""Contacts: how they are listed, made, changed and imported without a campaign."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg.errors import InvalidParameterValue
from psycopg.types.json import Jsonb

from tests.supabase.filling import add_colleague, add_lead, ask
from tests.supabase.tenants import Connection, Tenant, add_tenant, fetch


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def manager(db: Connection, ours: Tenant) -> uuid.UUID:
    return add_colleague(db, ours, "manager")


def save(
    db: Connection,
    by: uuid.UUID,
    tenant: Tenant,
    changes: dict[str, Any],
    *,
    lead_id: object = None,
    before: dict[str, Any] | None = None,
    anyway: bool = False,
) -> dict[str, Any]:
    return ask(
        db,
        by,
        "save_contact",
        business_id=tenant.business_id,
        lead_id=lead_id,
        changes=Jsonb(changes),
        before=Jsonb(before or {}),
        anyway=anyway,
    )


def listed(db: Connection, by: uuid.UUID, tenant: Tenant, **values: object) -> dict[str, Any]:
    asked = {"search": "", "numbers": [], "after": None, "limit": 50} | values
    return ask(db, by, "list_contacts", business_id=tenant.business_id, **asked)


def test_a_list_of_contacts_is_read_on_to_its_end_and_each_is_in_it_once(
    db: Connection, ours: Tenant
) -> None:
    for place in range(7):
        # Some have the same name.
        add_lead(db, ours, None, f"Ada {place // 3}")
    add_lead(db, add_tenant(db, 2), None, "Ada of another business")
    found: list[str] = []
    after: object = None
    for _ in range(4):
        page = listed(db, ours.user_id, ours, after=after, limit=2)
        found += [contact["id"] for contact in page["contacts"]]
        after = page["after"] and Jsonb(page["after"])
        assert page["more"] == (after is not None)
    assert after is None
    assert len(set(found)) == len(found) == 8


def test_contacts_are_found_by_name_number_and_address(db: Connection, ours: Tenant) -> None:
    db.execute(
        "insert into public.leads (business_id, name, company, phone_number, email)"
        " values (%s, 'Zoë', 'Acme', '+442079460018', 'Zoe@Acme.test')",
        (ours.business_id,),
    )
    for search, numbers in [
        ("zoe", []),
        ("acme", []),
        ("020 7946 0018", ["+442079460018"]),
        (" ZOE@acme.TEST ", []),
    ]:
        page = listed(db, ours.user_id, ours, search=search, numbers=numbers)
        assert [contact["name"] for contact in page["contacts"]] == ["Zoë"], search
    assert listed(db, ours.user_id, ours, search="nobody@acme.test")["contacts"] == []


def test_a_manager_makes_and_changes_a_contact_and_each_is_on_record(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    made = save(
        db,
        manager,
        ours,
        {
            "name": "  Ada \n \u202eLovelace\u001b ",
            "company": "\u200b",
            "phone_number": "+44 (0)20 7946 0018",
            "email": "ada@henk.test",
            "time_zone": "Europe/London",
            "number_zones": ["Europe/London"],
        },
    )["contact"]
    assert (made["name"], made["company"]) == ("Ada Lovelace", None)
    assert made["phone_number"] == "+442079460018"
    before = {"name": "Ada Lovelace", "phone_number": "+442079460018"}
    changed = save(
        db,
        manager,
        ours,
        {"name": "Ada King", "phone_number": "+442079460019", "number_zones": ["Europe/London"]},
        lead_id=made["id"],
        before=before,
    )["contact"]
    assert (changed["name"], changed["email"]) == ("Ada King", "ada@henk.test")
    (row,) = fetch(db, "select number_zones from public.leads where id = %s", made["id"])
    assert row["number_zones"] == ["Europe/London"]
    record = fetch(
        db,
        "select changed_by, before, after from public.changes"
        " where subject = 'lead' and subject_id = %s order by id",
        made["id"],
    )
    assert [row["changed_by"] for row in record] == [manager, manager]
    assert record[0]["before"] is None
    assert record[1]["before"] == before
    assert record[1]["after"] == {"name": "Ada King", "phone_number": "+442079460019"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " ", "company": None}, "name"),
        ({"name": "A" * 201}, "name"),
        ({"name": "Ada", "company": "A" * 201}, "company"),
        ({"name": "Ada", "phone_number": "020 7946 0018"}, "phone_number"),
        ({"name": "Ada", "phone_number": "call me"}, "phone_number"),
        ({"name": "Ada", "email": "ada at henk.test"}, "email"),
        ({"name": "Ada", "email": "a@b." + "c" * 320}, "email"),
        ({"name": "Ada", "email": "a\u0001b@henk.test"}, "email"),
        ({"name": "Ada", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"name": "Ada", "phone_number": "+442079460018", "number_zones": ["x"]}, "number_zones"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_field(
    db: Connection, ours: Tenant, manager: uuid.UUID, changes: dict[str, Any], field: str
) -> None:
    answer = save(db, manager, ours, changes)
    assert answer == {"error": "value_refused", "field": field}
    assert len(listed(db, manager, ours)["contacts"]) == 1


@pytest.mark.parametrize(
    "changes", [{"name": {"first": "Ada"}}, {"company": ["x"]}, {"email": 5}, ["name"], {"id": "x"}]
)
def test_what_no_page_sends_is_no_contact(
    db: Connection, ours: Tenant, manager: uuid.UUID, changes: Any
) -> None:
    with pytest.raises(InvalidParameterValue):
        save(db, manager, ours, changes)


def test_a_contact_without_a_name_is_called_by_what_is_known_of_it(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    made = save(db, manager, ours, {"name": None, "email": "ada@henk.test"})["contact"]
    assert made["name"] == "ada@henk.test"


def test_a_second_contact_of_the_same_person_is_made_only_if_it_is_wanted(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    argentine = add_lead(db, ours, "+5491112345678", "Ana")
    theirs = add_tenant(db, 2)
    add_lead(db, theirs, "+442079460018", "Another business's")
    # The same subscriber in another spelling.
    changes: dict[str, Any] = {"name": "Ana B", "phone_number": "+54 11 1234 5678"}
    answer = save(db, manager, ours, changes)
    assert answer["error"] == "duplicate_contact"
    assert [contact["id"] for contact in answer["contacts"]] == [str(argentine)]
    # Nothing was written, not even to the record.
    assert fetch(db, "select from public.leads where name = 'Ana B'") == []
    assert fetch(db, "select from public.changes where subject_name = 'Ana B'") == []
    assert save(db, manager, ours, changes, anyway=True)["contact"]["name"] == "Ana B"

    first = save(db, manager, ours, {"name": "Bo", "email": "Bo@Henk.test"})["contact"]
    answer = save(db, manager, ours, {"name": "Bob", "email": "bo@henk.TEST"})
    assert [contact["id"] for contact in answer["contacts"]] == [first["id"]]
    # What another business knows is not told.
    assert "contact" in save(db, manager, ours, {"name": "C", "phone_number": "+442079460018"})
    # Whoever changes something else of one of two is not asked.
    changed = save(
        db, manager, ours, {"company": "Acme"}, lead_id=argentine, before={"company": None}
    )
    assert changed["contact"]["company"] == "Acme"


def test_what_a_colleague_has_changed_meanwhile_is_not_overwritten(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    lead_id = add_lead(db, ours, None, "Ada")
    seen = {"name": "Ada", "company": None}
    assert "contact" in save(db, manager, ours, {"name": "Ada K"}, lead_id=lead_id, before=seen)
    answer = save(db, manager, ours, {"name": "Ada L"}, lead_id=lead_id, before=seen)
    assert (answer["error"], answer["contact"]["name"]) == ("changed_meanwhile", "Ada K")
    # Another field, and the same value, are no conflict.
    other = {"company": "Acme", "name": "Ada K"}
    assert "contact" in save(db, manager, ours, other, lead_id=lead_id, before=seen)


def test_agents_and_strangers_change_no_contact(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    theirs = add_tenant(db, 2)
    stranger = add_colleague(db, theirs, "owner")
    other = add_lead(db, ours, None, "Another")
    for person, error in [(ours.user_id, "not_allowed"), (stranger, "not_found")]:
        for lead_id in (None, ours.lead_id):
            answer = save(db, person, ours, {"name": "X"}, lead_id=lead_id)
            assert answer == {"error": error}
        merged = ask(
            db,
            person,
            "merge_contacts",
            business_id=ours.business_id,
            lead_id=ours.lead_id,
            other_ids=[other],
        )
        begun = ask(
            db,
            person,
            "begin_contact_import",
            business_id=ours.business_id,
            file_name="a.csv",
            fingerprint="0" * 64,
            row_count=1,
        )
        assert merged == begun == {"error": error}
    assert listed(db, stranger, ours) == {"error": "not_found"}
    found = ask(db, stranger, "duplicate_contacts", business_id=ours.business_id, limit=9)
    assert found == {"error": "not_found"}
    # A manager of two businesses cannot reach one's contact in the other.
    answer = save(db, stranger, theirs, {"name": "X"}, lead_id=ours.lead_id)
    assert answer == {"error": "not_found"}


def begin(db: Connection, by: uuid.UUID, tenant: Tenant, rows: int) -> dict[str, Any]:
    answer = ask(
        db,
        by,
        "begin_contact_import",
        business_id=tenant.business_id,
        file_name="contacts.csv",
        fingerprint="0" * 64,
        row_count=rows,
    )
    begun: dict[str, Any] = answer["import"]
    return begun


def test_a_file_is_imported_without_a_campaign_and_goes_on_where_it_stopped(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    known = ours.lead_number
    rows = [
        {"name": "Ada", "phone_number": "+442079460018"},
        {"name": "Known", "phone_number": known},
        {"name": "Bo", "phone_number": "+442079460019"},
    ]
    import_id = begin(db, manager, ours, 3)["id"]
    ask(db, manager, "import_rows", import_id=import_id, first_row=1, rows=Jsonb(rows[:2]))
    again = begin(db, manager, ours, 3)
    assert (again["id"], again["received"]) == (import_id, 2)
    ask(db, manager, "import_rows", import_id=import_id, first_row=3, rows=Jsonb(rows[2:]))
    finished = ask(db, manager, "finish_import", import_id=import_id)["import"]
    assert finished["state"] == "finished"
    assert (finished["result"]["new"], finished["result"]["known"]) == (2, 1)
    assert fetch(db, "select from public.queue_entries") == []
    record = fetch(db, "select subject from public.changes where changed_by = %s", manager)
    assert {row["subject"] for row in record} == {"lead_import"}

    # What somebody has corrected stays when the file is undone.
    (bo,) = fetch(db, "select id from public.leads where name = 'Bo'")
    save(db, manager, ours, {"company": "Acme"}, lead_id=bo["id"], before={"company": None})
    undone = ask(db, manager, "undo_import", import_id=import_id)["import"]
    assert (undone["state"], undone["result"]["removed_leads"]) == ("undone", 1)
    names = [contact["name"] for contact in listed(db, manager, ours)["contacts"]]
    assert names == ["A lead", "Bo"]


def test_imports_without_a_campaign_go_with_their_business(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    begin(db, manager, ours, 1)
    db.execute("delete from public.businesses where id = %s", (ours.business_id,))
    assert fetch(db, "select from public.lead_imports") == []

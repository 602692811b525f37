"""The do-not-call list as people read it, add to it, and take numbers off it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb

from tests.supabase.decisions import reason
from tests.supabase.people import Answer, add_person, ask
from tests.supabase.tenants import Connection, Tenant, add_tenant, as_user, attempt, fetch

# One person: until 2019 a Mexican mobile number had a 1 after the country code.
MEXICO, MEXICO_BEFORE = "+525512345678", "+5215512345678"


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def manager(db: Connection, ours: Tenant) -> uuid.UUID:
    return add_person(db, ours, "manager")


def listed(db: Connection, ours: Tenant, who: uuid.UUID, search: str = "") -> list[str]:
    """The numbers that the list answers, read on two by two."""
    found: list[dict[str, Any]] = []
    while True:
        last = found[-1] if found else {"created_at": None, "phone_number": None}
        answer = ask(
            db, who, "list_do_not_call",
            ours.business_id, search, [], last["created_at"], last["phone_number"], 2,
        )  # fmt: skip
        found += answer["entries"]
        assert (answer["count"] is None) == (last["created_at"] is not None)
        if not answer["more"]:
            return [entry["phone_number"] for entry in found]


def bring(
    db: Connection, ours: Tenant, who: uuid.UUID, rows: list[object], import_id: uuid.UUID
) -> Answer:
    return ask(
        db, who, "import_do_not_call", ours.business_id, import_id, "robinson.csv", 3, Jsonb(rows)
    )


def test_the_list_is_found_by_parts_of_numbers_and_words_and_is_read_on(
    db: Connection, ours: Tenant
) -> None:
    entries = {
        "+14155550101": "Asked me to",
        "+442079460018": None,
        MEXICO_BEFORE: "Registro público",
        "+4930123456": "asked again",
        "+4930123457": None,
    }
    for number, why in entries.items():
        answer = ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, number, why)
        assert answer["added"]
        assert answer["entry"]["created_by"] == str(ours.user_id)
    assert listed(db, ours, ours.user_id) == sorted(entries, reverse=True)
    for search, numbers in {
        "asked": {"+14155550101", "+4930123456"},
        "(415) 555": {"+14155550101"},
        "020 7946": {"+442079460018"},
        "publico": {MEXICO_BEFORE},
        "+52 55 1234 5678": {MEXICO_BEFORE},
        "nobody": set(),
        "!": set(),
    }.items():
        assert set(listed(db, ours, ours.user_id, search)) == numbers, search
    answer = ask(
        db, ours.user_id, "list_do_not_call", ours.business_id, "nobody", [MEXICO], None, None, 5
    )
    assert [entry["phone_number"] for entry in answer["entries"]] == [MEXICO_BEFORE]

    theirs = add_tenant(db, 2)
    assert ask(db, theirs.user_id, "list_do_not_call", ours.business_id, "", [], None, None, 5) == {
        "error": "not_found"
    }
    assert ask(db, theirs.user_id, "add_to_do_not_call", ours.business_id, "+14155550102", "") == {
        "error": "not_found"
    }


def test_a_person_stands_on_the_list_once_in_whatever_spelling(
    db: Connection, ours: Tenant
) -> None:
    first = ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, MEXICO, " no\tthanks ")
    again = ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, MEXICO_BEFORE, "Again")
    assert first["entry"] == again["entry"]
    assert (first["added"], again["added"]) == (True, False)
    assert first["entry"]["reason"] == "no thanks"
    for number, why, field in (
        ("0049 30 123456", "", "phone_number"),
        ("", "", "phone_number"),
        (None, "", "phone_number"),
        ("+4930123456", "x" * 501, "reason"),
    ):
        answer = ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, number, why)
        assert answer == {"error": "invalid_request", "field": field}


def test_a_manager_takes_a_person_off_the_list_and_the_reason_is_on_record(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, ours.lead_number, "Asked me to")
    # Both spellings of one person, as an operator may have written them.
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s), (%s, %s)",
        (ours.business_id, MEXICO, ours.business_id, MEXICO_BEFORE),
    )
    assert reason(db, ours) == "do_not_call"
    theirs = add_tenant(db, 2)

    def take_off(who: uuid.UUID, numbers: list[str], why: str | None) -> Answer:
        return ask(db, who, "take_off_do_not_call", ours.business_id, numbers, why)

    numbers = [ours.lead_number, MEXICO]
    assert take_off(ours.user_id, numbers, "Because") == {"error": "not_allowed"}
    assert take_off(theirs.user_id, numbers, "Because") == {"error": "not_found"}
    for nothing in (None, "", " \u200b\t"):
        assert take_off(manager, numbers, nothing)["error"] == "reason_required"
    assert take_off(manager, numbers, "x" * 501)["field"] == "reason"
    assert take_off(manager, [], "Because")["field"] == "numbers"
    assert reason(db, ours) == "do_not_call"

    gone = {"taken_off": sorted([*numbers, MEXICO_BEFORE])}
    assert take_off(manager, numbers, " Asked to be\ncalled ") == gone
    assert take_off(manager, numbers, "Again") == {"taken_off": []}
    assert reason(db, ours) is None

    def removals(who: uuid.UUID, search: str = "", before: int | None = None) -> Answer:
        return ask(db, who, "list_do_not_call_removals", ours.business_id, search, [], before, 2)

    first = removals(manager)
    assert first["more"]
    rest = removals(manager, before=first["removals"][-1]["id"])
    found = {it["phone_number"]: it for it in [*first["removals"], *rest["removals"]]}
    assert sorted(found) == gone["taken_off"]
    removal = found[ours.lead_number]
    assert removal["reason"] == "Asked to be called"
    assert removal["removed_by"] == str(manager)
    assert (removal["listed_reason"], removal["listed_by"]) == ("Asked me to", str(ours.user_id))
    assert len(removals(manager, "asked me")["removals"]) == 1
    assert removals(ours.user_id) == {"error": "not_allowed"}
    assert removals(theirs.user_id) == {"error": "not_found"}
    with as_user(db, ours.user_id):
        assert not fetch(db, "select * from public.do_not_call_removals")
    with attempt(db), pytest.raises(InsufficientPrivilege), as_user(db, manager):
        db.execute("delete from public.do_not_call_removals")


def test_whoever_deletes_an_entry_leaves_a_record(db: Connection, ours: Tenant) -> None:
    ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, MEXICO, "Asked")
    db.execute("delete from public.do_not_call where business_id = %s", (ours.business_id,))
    (removal,) = fetch(db, "select * from public.do_not_call_removals")
    assert (removal["reason"], removal["listed_reason"]) == (None, "Asked")
    ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, MEXICO, "Asked")
    db.execute("delete from public.businesses where id = %s", (ours.business_id,))
    assert not fetch(db, "select * from public.do_not_call_removals")


def test_a_file_adds_who_is_not_there_and_is_taken_back_as_a_whole(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    theirs = add_tenant(db, 2)
    ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, MEXICO, "Said so")
    import_id = uuid.uuid4()
    rows: list[object] = [
        {"phone_number": ours.lead_number, "reason": "Robinson list"},
        {"phone_number": MEXICO_BEFORE, "reason": "Robinson list"},
        {"phone_number": "+4930123456", "reason": None},
        {"phone_number": "+4930123456", "reason": "twice"},
        {"phone_number": "030 123456"},
        "nothing",
        None,
    ]
    assert bring(db, ours, ours.user_id, rows, import_id) == {"error": "not_allowed"}
    assert bring(db, ours, theirs.user_id, rows, import_id) == {"error": "not_found"}
    assert bring(db, ours, manager, [], import_id)["field"] == "rows"
    assert bring(db, ours, manager, rows, import_id) == {"added": 2}
    # The answer was lost, and the part comes again; then the next one comes.
    assert bring(db, ours, manager, rows, import_id) == {"added": 2}
    assert bring(db, ours, manager, [{"phone_number": "+4930123457"}], import_id) == {"added": 3}
    assert bring(db, theirs, theirs.user_id, rows, import_id) == {"error": "not_allowed"}
    assert reason(db, ours) == "do_not_call"
    entries = {
        entry["phone_number"]: entry for entry in fetch(db, "select * from public.do_not_call")
    }
    assert set(entries) == {ours.lead_number, MEXICO, "+4930123456", "+4930123457"}
    assert entries[ours.lead_number]["created_by"] == manager
    assert entries[ours.lead_number]["reason"] == "Robinson list"

    def undo(who: uuid.UUID, why: str | None) -> Answer:
        return ask(db, who, "undo_do_not_call_import", import_id, why)

    assert undo(ours.user_id, "Wrong file") == {"error": "not_allowed"}
    assert undo(theirs.user_id, "Wrong file") == {"error": "not_found"}
    assert undo(manager, " ")["error"] == "reason_required"
    assert undo(manager, "Wrong file") == {"taken_off": 3, "more": False}
    assert undo(manager, "Again") == {"taken_off": 0, "more": False}
    assert reason(db, ours) is None
    assert listed(db, ours, manager) == [MEXICO]
    (row,) = fetch(db, "select * from public.do_not_call_imports")
    assert (row["undone_by"], row["undo_reason"]) == (manager, "Wrong file")
    assert bring(db, ours, manager, rows, import_id) == {"error": "import_over"}
    # The file is on record, and not each of its numbers.
    assert not fetch(db, "select * from public.do_not_call_removals")


def test_whom_somebody_else_has_named_stays_when_a_file_is_taken_back(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    wrong, other = uuid.uuid4(), uuid.uuid4()
    by_hand, in_call, in_both, alone = (f"+493012345{n}" for n in (1, 2, 3, 4))
    bring(
        db, ours, manager, [{"phone_number": n} for n in (by_hand, in_call, in_both, alone)], wrong
    )
    answer = ask(db, ours.user_id, "add_to_do_not_call", ours.business_id, by_hand, "Told me so")
    assert (answer["added"], answer["entry"]["reason"]) == (False, "Told me so")
    db.execute(
        "select private.forbid_numbers(%s, %s::text[], null)", (ours.business_id, [in_call, None])
    )
    bring(db, ours, manager, [{"phone_number": in_both}], other)
    # The same part again is not another file.
    bring(db, ours, manager, [{"phone_number": alone}], wrong)
    undone = ask(db, manager, "undo_do_not_call_import", wrong, "Wrong file")
    assert undone == {"taken_off": 1, "more": False}
    assert sorted(listed(db, ours, manager)) == [by_hand, in_call, in_both]


def test_who_is_forgotten_is_not_in_the_record_of_removals(
    db: Connection, ours: Tenant, manager: uuid.UUID
) -> None:
    for number in (MEXICO, "+4930123456"):
        ask(db, manager, "add_to_do_not_call", ours.business_id, number, "Asked")
    ask(
        db, manager, "take_off_do_not_call",
        ours.business_id, [MEXICO, "+4930123456"], "Asked to be called",
    )  # fmt: skip
    ask(db, manager, "forget_person", ours.business_id, MEXICO_BEFORE, None)
    (removal,) = fetch(db, "select * from public.do_not_call_removals")
    assert removal["phone_number"] == "+4930123456"

"""Leads from a file: all of it or nothing, whatever stops it."""

from __future__ import annotations

import uuid

import pytest

from tests.supabase.filling import (
    NONE_ADDED,
    add_campaign,
    add_colleague,
    add_lead,
    ask,
    begin,
    entries,
    leads,
    row,
    send,
)
from tests.supabase.tenants import Connection, Tenant, add_tenant, begin_call, dialled, new_call_sid

NUMBERS = [f"+1415555{n:04}" for n in range(200, 300)]


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def theirs(db: Connection) -> Tenant:
    return add_tenant(db, 2)


def test_a_file_becomes_leads_in_the_queue_with_what_its_rows_say(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    begun = begin(db, ours, 9)
    zones = ["America/New_York", "America/Chicago"]
    rows = [
        row(
            NUMBERS[0], " Zoë Ω ", company="=HYPERLINK()", email="z@henk.test",
            time_zone="Europe/Berlin", number_zones=zones,
        ),
        row(NUMBERS[1], "x" * 300, time_zone="Mars/Base", number_zones=["Nowhere/At_All", *zones]),
        row(NUMBERS[2], None, company="", email="only@henk.test"),
        row(NUMBERS[3], None, number_zones=[], email="e" * 400),
        None,
        # The number of an earlier row, of a lead that there is, and of another business's lead.
        row(NUMBERS[0], "Somebody else"),
        row(ours.lead_number, "A new name", company="A new company"),
        row(theirs.lead_number),
        row("415-555-0100"),
    ]  # fmt: skip
    answer = send(db, ours, begun["id"], 1, rows)
    assert answer == {
        "received": 9,
        "rows": [
            {"row": 6, "result": "repeated"},
            {"row": 7, "result": "known"},
            {"row": 9, "result": "refused"},
        ],
    }
    assert entries(db, ours.campaign_id) == {}

    finished = ask(db, ours.user_id, "finish_import", import_id=begun["id"])["import"]
    counts = {"new": 5, "known": 1, "repeated": 1, "refused": 1}
    assert finished["result"] == NONE_ADDED | counts | {"added": 6}
    assert finished["state"] == "finished"
    assert ask(db, ours.user_id, "finish_import", import_id=begun["id"])["import"] == finished

    found = leads(db, ours)
    assert entries(db, ours.campaign_id).keys() == {lead["id"] for lead in found.values()}
    told = {
        number: [lead[key] for key in ("name", "company", "email", "time_zone", "number_zones")]
        for number, lead in found.items()
    }
    assert told == {
        NUMBERS[0]: ["Zoë Ω", "=HYPERLINK()", "z@henk.test", "Europe/Berlin", zones],
        NUMBERS[1]: ["x" * 200, None, None, None, None],
        NUMBERS[2]: ["only@henk.test", None, "only@henk.test", None, None],
        NUMBERS[3]: [NUMBERS[3], None, None, None, None],
        ours.lead_number: ["A lead", None, None, None, None],
        theirs.lead_number: ["Ada", None, None, None, None],
    }
    assert len(leads(db, theirs)) == 1


def test_two_spellings_of_a_subscriber_are_one_lead(db: Connection, ours: Tenant) -> None:
    add_lead(db, ours, "+525512345678")
    begun = begin(db, ours, 4)
    rows = [row(number) for number in ("+541112345678", "+5491112345678", "+5215512345678")]
    first = send(db, ours, begun["id"], 1, rows[:2])
    second = send(db, ours, begun["id"], 3, [rows[2], rows[1]])
    assert [each["result"] for each in first["rows"] + second["rows"]] == [
        "repeated",
        "known",
        "repeated",
    ]


def test_a_number_that_the_database_refuses_refuses_its_row_alone(
    db: Connection, ours: Tenant
) -> None:
    begun = begin(db, ours, 3)
    # A 0 after the country code of Chile: no pattern finds it, but the table's trigger does.
    rows = [row(NUMBERS[0]), row("+56000000000"), row(NUMBERS[1])]
    answer = send(db, ours, begun["id"], 1, rows)
    assert answer["rows"] == [{"row": 2, "result": "refused"}]
    assert {NUMBERS[0], NUMBERS[1]} < leads(db, ours).keys()


def test_an_import_that_was_killed_has_put_nothing_into_the_queue_and_goes_on(
    db: Connection, ours: Tenant
) -> None:
    rows = [row(number) for number in NUMBERS[:6]]
    begun = begin(db, ours, 6)
    send(db, ours, begun["id"], 1, rows[:2])
    assert entries(db, ours.campaign_id) == {}
    too_early = ask(db, ours.user_id, "finish_import", import_id=begun["id"])
    assert too_early == {"error": "rows_missing", "received": 2}

    # The browser is closed. The same file is chosen again.
    again = begin(db, ours, 6, priority=9)
    assert (again["id"], again["received"], again["priority"]) == (begun["id"], 2, 9)
    # A part whose answer was lost, and a part that overlaps it, in which somebody changed a row.
    assert send(db, ours, begun["id"], 1, rows[:2])["rows"] == []
    assert send(db, ours, begun["id"], 2, [row(NUMBERS[9]), *rows[2:]])["received"] == 6
    finished = ask(db, ours.user_id, "finish_import", import_id=begun["id"])["import"]
    assert finished["result"]["added"] == 6
    assert leads(db, ours).keys() == {ours.lead_number, *NUMBERS[:6]}
    # When it is over, the same file begins from the beginning.
    later = begin(db, ours, 6)
    assert (later["id"] != begun["id"], later["received"]) == (True, 0)


def test_rows_come_in_their_order_without_a_gap(db: Connection, ours: Tenant) -> None:
    begun = begin(db, ours, 3)
    wrong = {"error": "invalid_request", "field": "first_row"}
    for first_row, rows in (
        (2, [None]),
        (0, [None]),
        (-1, [None] * 3),
        (None, [None]),
        (1, [None] * 4),
    ):
        assert send(db, ours, begun["id"], first_row, rows) == wrong  # type: ignore[arg-type]
    no_rows: list[object] = [[], {}, None, "x", [None] * 2001]
    for sent in no_rows:
        answer = send(db, ours, begun["id"], 1, sent)
        assert answer == {"error": "invalid_request", "field": "rows"}
    # What is no row is a row without a lead.
    assert send(db, ours, begun["id"], 1, [1, "x", [row(NUMBERS[0])]])["received"] == 3
    assert len(leads(db, ours)) == 1


def test_undoing_takes_back_what_the_import_made_and_nothing_else(
    db: Connection, ours: Tenant
) -> None:
    other = add_campaign(db, ours)
    waiting = add_lead(db, ours, NUMBERS[9])
    db.execute(
        "insert into public.queue_entries (business_id, campaign_id, lead_id, enqueued_at)"
        " values (%s, %s, %s, now() - interval '1 day')",
        (ours.business_id, ours.campaign_id, waiting),
    )
    begun = begin(db, ours, 7)
    rows = [row(number) for number in (ours.lead_number, *NUMBERS[:5], NUMBERS[9])]
    send(db, ours, begun["id"], 1, rows)
    ask(db, ours.user_id, "finish_import", import_id=begun["id"])
    made = leads(db, ours)
    assert len(entries(db, ours.campaign_id)) == 7

    # Of its five new leads one was called, one is in another queue, and one is in another file.
    called, queued, listed = (made[number]["id"] for number in NUMBERS[:3])
    begin_call(
        db, ours, new_call_sid(), to=dialled(NUMBERS[0]), lead_id=called,
        campaign_id=ours.campaign_id,
    )  # fmt: skip
    ask(db, ours.user_id, "enqueue_leads", campaign_id=other, lead_ids=[queued])
    second = begin(db, ours, 1, file="more.csv")
    send(db, ours, second["id"], 1, [row(NUMBERS[2])])

    undone = ask(db, ours.user_id, "undo_import", import_id=begun["id"])["import"]
    assert undone["state"] == "undone"
    assert undone["result"] | {"left_queue": 5, "removed_leads": 2} == undone["result"]
    assert entries(db, ours.campaign_id).keys() == {waiting, called}
    assert entries(db, other).keys() == {queued}
    assert leads(db, ours).keys() == {ours.lead_number, *NUMBERS[:3], NUMBERS[9]}
    assert listed == leads(db, ours)[NUMBERS[2]]["id"]
    assert ask(db, ours.user_id, "undo_import", import_id=begun["id"])["import"] == undone
    for function in ("finish_import", "import_rows"):
        more = {"first_row": 1, "rows": None} if function == "import_rows" else {}
        answer = ask(db, ours.user_id, function, import_id=begun["id"], **more)
        assert answer == {"error": "import_over"}


def test_an_import_that_was_left_unfinished_can_be_undone(db: Connection, ours: Tenant) -> None:
    begun = begin(db, ours, 5)
    send(db, ours, begun["id"], 1, [row(NUMBERS[0]), row(ours.lead_number)])
    undone = ask(db, ours.user_id, "undo_import", import_id=begun["id"])["import"]
    assert (undone["state"], undone["result"]["removed_leads"]) == ("undone", 1)
    assert leads(db, ours).keys() == {ours.lead_number}


def test_who_began_an_import_goes_on_with_it_and_managers_do(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    begun = begin(db, ours, 1)
    agent, manager = add_colleague(db, ours), add_colleague(db, ours, "manager")
    for function in ("import_rows", "finish_import", "undo_import"):
        more = {"first_row": 1, "rows": None} if function == "import_rows" else {}
        for user_id, error in ((agent, "not_allowed"), (theirs.user_id, "not_found")):
            answer = ask(db, user_id, function, import_id=begun["id"], **more)
            assert answer == {"error": error}
        answer = ask(db, ours.user_id, function, import_id=uuid.uuid4(), **more)
        assert answer == {"error": "not_found"}
    # Two people with the same file have two imports.
    assert begin(db, ours, 1, user_id=agent)["id"] != begun["id"]
    assert ask(db, manager, "undo_import", import_id=begun["id"])["import"]["state"] == "undone"


def test_an_import_that_makes_no_sense_names_the_field(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    for values, error in (
        ({"file_name": " "}, "file_name"),
        ({"file_name": None}, "file_name"),
        ({"fingerprint": "abc"}, "fingerprint"),
        ({"row_count": 0}, "row_count"),
        ({"row_count": 100_001}, "row_count"),
        ({"priority": 101}, "priority"),
    ):
        assert begin(db, ours, **{"row_count": 1} | values)["field"] == error
    for campaign_id in (theirs.campaign_id, None):
        assert begin(db, ours, 1, campaign_id=campaign_id) == {"error": "not_found"}
    begin(db, ours, 5)
    assert begin(db, ours, 6)["field"] == "row_count"


def test_numbers_are_looked_up_in_ones_own_business(
    db: Connection, ours: Tenant, theirs: Tenant
) -> None:
    known = add_lead(db, ours, "+5491112345678")
    db.execute("update public.leads set wrong_number_at = now() where id = %s", (known,))
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (ours.business_id, NUMBERS[0]),
    )
    asked = ["+541112345678", "+5491112345678", NUMBERS[0], theirs.lead_number, "Ada"]

    def look_up(user_id: uuid.UUID, numbers: list[str]) -> dict[str, object]:
        return ask(db, user_id, "look_up_numbers", business_id=ours.business_id, numbers=numbers)

    found = look_up(ours.user_id, asked)["numbers"]
    assert isinstance(found, list)
    lead = {"lead_id": str(known), "do_not_call": False, "wrong_number": True}
    forbidden = {"lead_id": None, "do_not_call": True, "wrong_number": False}
    assert sorted(found, key=lambda each: str(each["number"])) == [
        {"number": NUMBERS[0], "subscriber": NUMBERS[0], **forbidden},
        {"number": "+541112345678", "subscriber": "+541112345678", **lead},
        {"number": "+5491112345678", "subscriber": "+541112345678", **lead},
    ]
    assert look_up(theirs.user_id, asked) == {"error": "not_found"}
    for numbers in ([], ["x"] * 5001):
        answer = look_up(ours.user_id, numbers)
        assert answer == {"error": "invalid_request", "field": "numbers"}

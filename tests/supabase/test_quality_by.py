"""Where bad calls come from: by rep, network, device and time, and the calls behind a line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.supabase.contacts import Desk
from tests.supabase.measured_calls import GOOD, add_leg, call_sid, lossy, report, rows
from tests.supabase.tenants import Connection, add_tenant, attempt, fetch, new_call_sid

MONTH = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


@pytest.fixture
def manager(desk: Desk) -> uuid.UUID:
    return desk.colleague("manager")


def measured(
    desk: Desk,
    said: Mapping[str, object] = GOOD,
    *,
    by: uuid.UUID | None = None,
    at: str = "2026-11-10T09:30:00Z",
) -> str:
    """A call that was reported, and began at this time."""
    call = desk.call(by=by)
    desk.db.execute("update public.conversations set created_at = %s where id = %s", (at, call))
    desk.db.execute("update public.conversations set ended_at = now() where id = %s", (call,))
    assert report(desk, call, said, by=by) == {"stored": True}
    return call


def lines(desk: Desk, by: str, reader: uuid.UUID | None = None, zone: str = "UTC") -> Any:
    return desk.ask("quality_by", desk.tenant.business_id, *MONTH, by, zone, by=reader)


def calls(
    desk: Desk,
    by: str,
    key: str | None,
    reader: uuid.UUID | None = None,
    *,
    after: object = None,
    limit: int = 10,
) -> Any:
    return desk.ask(
        "quality_calls", desk.tenant.business_id, *MONTH, by, key, Jsonb(after) if after else None,
        limit, by=reader,
    )  # fmt: skip


def test_a_line_counts_its_calls_and_says_how_they_were(desk: Desk, manager: uuid.UUID) -> None:
    rated = measured(desk)
    desk.ask("rate_call", rated, call_sid(desk.db, rated), 5)
    worse = measured(desk, lossy(20) | {"mos_mean": 3.7, "mos_min": 1, "rtt_ms_mean": None})
    desk.ask("rate_call", worse, call_sid(desk.db, worse), 2, "choppy-audio")
    measured(desk, lossy(5))
    measured(desk, lossy(4))
    measured(desk, GOOD | {f"jitter_ms_{end}": 40 for end in ("min", "mean", "p95", "max")})
    # It has a rating alone.
    unmeasured = desk.call()
    desk.ask("rate_call", unmeasured, call_sid(desk.db, unmeasured), 2)
    desk.db.execute(
        "update public.call_quality set started_at = '2026-11-11' where seconds is null"
    )
    (line,) = lines(desk, "device", manager)[:1]
    assert line == {
        "key": "Jabra Evolve 20",
        "label": None,
        "calls": 5,
        "measured": 5,
        "poor": 1,
        "fair": 3,
        "worst_fault": "loss_in",
        "mos": 4.18,
        "loss_in": 6.2,
        "loss_out": 1,
        "jitter_ms": 8.8,
        "rtt_ms": 1,
        "rating": 3.5,
        "rated": 2,
        "share_low": 0.0362,
    }
    (unknown,) = lines(desk, "device", manager)[1:]
    assert (unknown["key"], unknown["calls"], unknown["measured"], unknown["mos"]) == (
        None, 1, 0, None,
    )  # fmt: skip
    assert (unknown["rating"], unknown["share_low"]) == (2, 0)


def test_a_bad_headset_is_told_from_a_bad_office_line(desk: Desk, manager: uuid.UUID) -> None:
    colleague = desk.colleague()
    for _ in range(6):
        measured(desk, lossy(20))
        measured(desk, GOOD | {"microphone": "Laptop"}, by=colleague)
        measured(desk, lossy(20), by=colleague)
    devices = lines(desk, "device", manager)
    assert [(line["key"], line["poor"], line["calls"]) for line in devices] == [
        ("Jabra Evolve 20", 12, 12),
        ("Laptop", 0, 6),
    ]
    reps = lines(desk, "rep", manager)
    assert [(line["key"], line["label"], line["poor"]) for line in reps] == [
        (str(desk.tenant.user_id), f"{desk.tenant.user_id}@henk.test", 6),
        (str(colleague), f"{colleague}@henk.test", 6),
    ]


def test_three_bad_calls_of_three_do_not_lead_before_many_of_many(
    desk: Desk, manager: uuid.UUID
) -> None:
    for _ in range(3):
        measured(desk, lossy(20) | {"edge": "dublin"})
    for number in range(20):
        measured(desk, (lossy(20) if number < 16 else GOOD) | {"edge": "sydney"})
    shares = [
        (line["key"], line["poor"], line["share_low"]) for line in lines(desk, "edge", manager)
    ]
    assert shares == [("sydney", 16, 0.584), ("dublin", 3, 0.4385)]


@pytest.mark.parametrize(
    ("by", "zone", "keys"),
    [
        ("hour", "UTC", ["00", "09", "23"]),
        ("hour", "Asia/Kolkata", ["05", "15"]),
        ("day", "UTC", ["2026-11-10", "2026-11-11"]),
        ("day", "America/New_York", ["2026-11-09", "2026-11-10", "2026-11-11"]),
        ("browser", "UTC", ["Chrome 141"]),
        ("fault", "UTC", ["loss_in", None]),
    ],
)
def test_calls_are_grouped_by(
    desk: Desk, manager: uuid.UUID, by: str, zone: str, keys: list[str | None]
) -> None:
    measured(desk, lossy(20), at="2026-11-11T23:30:00Z")
    measured(desk, at="2026-11-10T09:30:00Z")
    measured(desk, at="2026-11-10T00:00:00Z")
    found = lines(desk, by, manager, zone)
    assert [line["key"] for line in found] == keys
    for line in found:
        behind = desk.ask(
            "quality_calls", desk.tenant.business_id, *MONTH, by, line["key"], None, 10, zone,
            by=manager,
        )  # fmt: skip
        assert len(behind) == line["calls"], line


def test_the_time_has_a_beginning_and_an_end(desk: Desk, manager: uuid.UUID) -> None:
    for at in ("2026-10-31T23:59:59Z", "2026-12-01T00:00:00Z"):
        measured(desk, at=at)
    assert lines(desk, "rep", manager) == []
    measured(desk, at="2026-11-01T00:00:00Z")
    assert [line["calls"] for line in lines(desk, "rep", manager)] == [1]


def test_the_calls_behind_a_line_follow_page_by_page(desk: Desk, manager: uuid.UUID) -> None:
    # Several at the same moment.
    own = {measured(desk, lossy(20)) for _ in range(5)}
    own.add(measured(desk, lossy(5), at="2026-11-12T10:00:00Z"))
    measured(desk, GOOD | {"microphone": "Laptop"})
    seen: list[Any] = []
    while page := calls(desk, "device", "Jabra Evolve 20", manager, limit=4,
                        after=seen[-1] if seen else None):  # fmt: skip
        seen += page
    assert len(seen) == 6
    assert {call["id"] for call in seen} == own
    newest = seen[0]
    assert newest.pop("at").startswith("2026-11-12T10:00:00")
    assert newest == {
        "id": newest["id"],
        "call_sid": call_sid(desk.db, newest["id"]),
        "user_id": str(desk.tenant.user_id),
        "user_name": f"{desk.tenant.user_id}@henk.test",
        "lead_name": "A lead",
        "to_number": desk.tenant.lead_number,
        "seconds": 70,
        "grade": "fair",
        "fault": "loss_in",
        "rating": None,
        "network_key": None,
        "microphone": "Jabra Evolve 20",
        "browser": "Chrome 141",
    }


def test_agents_see_their_own_calls_and_others_none(desk: Desk, manager: uuid.UUID) -> None:
    colleague, stranger = desk.colleague(), add_tenant(desk.db, 2).user_id
    call = measured(desk)
    theirs = measured(desk, by=colleague)
    assert [line["key"] for line in lines(desk, "rep")] == [str(desk.tenant.user_id)]
    assert [one["id"] for one in calls(desk, "browser", "Chrome 141")] == [call]
    assert lines(desk, "rep", stranger) == calls(desk, "rep", str(colleague), stranger) == []
    assert len(lines(desk, "rep", manager)) == 2

    assert desk.ask("conversation_quality", theirs) == []
    assert desk.ask("conversation_quality", theirs, by=stranger) == []
    (row,) = desk.ask("conversation_quality", theirs, by=manager)
    assert (row["user_name"], row["role"]) == (f"{colleague}@henk.test", "agent")
    assert {"warnings", "sdk_errors", "loss_out_p95", "network_name"} <= row.keys()
    assert "business_id" not in row


def test_the_details_of_a_call_have_all_legs_the_agents_first(
    desk: Desk, manager: uuid.UUID
) -> None:
    call, sid, teammate = measured(desk), new_call_sid(), desk.colleague()
    add_leg(desk, call, teammate, sid)
    desk.db.execute(
        "update public.call_legs set asked_at = '2026-01-01' where call_sid = %s", (sid,)
    )
    assert report(desk, call, lossy(20), sid=sid, by=teammate) == {"stored": True}
    both = desk.ask("conversation_quality", call, by=manager)
    assert [(row["role"], row["grade"]) for row in both] == [
        ("agent", "good"),
        ("teammate", "poor"),
    ]
    assert [row["role"] for row in desk.ask("conversation_quality", call, by=teammate)] == [
        "teammate"
    ]


def listed(desk: Desk, by: uuid.UUID | None = None) -> Any:
    (row,) = desk.ask(
        "list_conversations", desk.tenant.business_id, *[None] * 8, 10, by=by
    ),  # fmt: skip
    return row["quality"]


def test_the_list_of_calls_shows_ones_own_leg_and_managers_that_of_the_agent(
    desk: Desk, manager: uuid.UUID
) -> None:
    call, sid, teammate = desk.call(), new_call_sid(), desk.colleague()
    assert listed(desk, manager) is None
    desk.ask("rate_call", call, call_sid(desk.db, call), 3)
    assert listed(desk) == {"grade": None, "fault": None, "rating": 3}
    report(desk, call, lossy(5))
    add_leg(desk, call, teammate, sid)
    assert listed(desk, teammate) is None
    report(desk, call, lossy(20), sid=sid, by=teammate)
    own = {"grade": "fair", "fault": "loss_in", "rating": 3}
    assert listed(desk) == listed(desk, manager) == own
    assert listed(desk, teammate) == {"grade": "poor", "fault": "loss_in", "rating": None}
    # Also a manager who was put on the call, whenever that was.
    report(desk, call, lossy(20), sid=add_leg(desk, call, manager, new_call_sid()), by=manager)
    desk.db.execute(
        "update public.call_quality set started_at = '2026-01-01' where user_id = %s", (manager,)
    )
    assert listed(desk, manager) == listed(desk, teammate)
    # What a page gets after it has described the call is the same.
    assert desk.say(call, notes="Hello")["conversation"]["quality"] == own


@pytest.mark.parametrize(
    "asked",
    [
        ("2026-01-01", "2026-04-04", "rep", "UTC"),
        ("2026-02-01", "2026-01-01", "rep", "UTC"),
        (None, "2026-01-01", "rep", "UTC"),
        ("2026-01-01", None, "rep", "UTC"),
        ("-infinity", "infinity", "rep", "UTC"),
        ("2026-01-01", "2026-02-01", "lead", "UTC"),
        ("2026-01-01", "2026-02-01", None, "UTC"),
        ("2026-01-01", "2026-02-01", "day", "Mars/Olympus"),
        ("2026-01-01", "2026-02-01", "day", "'; select 1"),
        ("2026-01-01", "2026-02-01", "day", None),
    ],
    ids=str,
)
def test_a_question_without_sense_is_refused(desk: Desk, asked: tuple[object, ...]) -> None:
    with attempt(desk.db), pytest.raises(psycopg.errors.DataError):
        desk.ask("quality_by", desk.tenant.business_id, *asked)
    # Nobody learns by it whether a business exists.
    with pytest.raises(psycopg.errors.DataError):
        desk.ask("quality_by", uuid.uuid4(), *asked)


@pytest.mark.parametrize("limit", [0, 201, None])
def test_a_page_has_1_to_200_calls(desk: Desk, limit: Any) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="p_limit is 1 to 200"):
        calls(desk, "rep", None, limit=limit)


# Networks.


def from_address(db: Connection, forwarded: str | None) -> None:
    """As if the next requests came over a proxy that says so."""
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    db.execute("select set_config('request.headers', %s, true)", (json.dumps(headers),))


def key_of(desk: Desk, forwarded: str | None) -> str | None:
    from_address(desk.db, forwarded)
    call = desk.call()
    assert report(desk, call) == {"stored": True}
    key: str | None = rows(desk.db, call)[0]["network_key"]
    return key


@pytest.mark.parametrize(
    "others",
    [
        ("192.0.2.7", "192.0.2.7, 198.51.100.1", "192.0.2.7:51234", "::ffff:192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "[2001:DB8:1:2::3]:443"),
    ],
)
def test_a_network_has_one_key_and_no_address_is_stored(
    desk: Desk, others: tuple[str, ...]
) -> None:
    keys = {key_of(desk, address) for address in others}
    assert len(keys) == 1
    assert None not in keys
    assert key_of(desk, "192.0.2.8") not in keys
    assert key_of(desk, "2001:db8:1:3::1") not in keys
    for row in fetch(
        desk.db, "select to_jsonb(call_quality)::text as said from public.call_quality"
    ):
        assert "192.0.2" not in row["said"]
        assert "2001:db8" not in row["said"]


@pytest.mark.parametrize(
    "forwarded",
    [None, "", "unknown", "127.0.0.1", "::1", "[::1]:80", "fe80::1", "0.0.0.0", "1.2.3",
     "::ffff:127.0.0.1", "0::ffff:7f00:1", "a, 1.2.3.4", "x" * 9000],
)  # fmt: skip
def test_without_an_address_of_a_network_there_is_no_key(desk: Desk, forwarded: str | None) -> None:
    assert key_of(desk, forwarded) is None


def test_two_businesses_have_different_keys_for_one_network(desk: Desk) -> None:
    assert key_of(desk, "192.0.2.7") != key_of(Desk(desk.db, add_tenant(desk.db, 2)), "192.0.2.7")


def test_a_report_that_comes_later_says_nothing_of_the_network(desk: Desk) -> None:
    """The browser was closed, and may be opened again anywhere."""
    from_address(desk.db, "192.0.2.7")
    late, soon = desk.call(), desk.call()
    for call, ago in ((late, 6), (soon, 4)):
        desk.db.execute(
            "insert into public.call_legs"
            " (business_id, conversation_id, call_sid, role, status, ended_at)"
            " select business_id, id, call_sid, 'agent', 'completed',"
            " now() - %s * interval '1 minute' from public.conversations where id = %s"
            " on conflict (call_sid) do update set ended_at = excluded.ended_at",
            (ago, call),
        )
        report(desk, call)
    assert rows(desk.db, late)[0]["network_key"] is None
    assert rows(desk.db, soon)[0]["network_key"] is not None


def test_managers_name_networks_and_lines_have_the_name(desk: Desk, manager: uuid.UUID) -> None:
    from_address(desk.db, "192.0.2.7")
    call = measured(desk)
    (line,) = lines(desk, "network", manager)
    key = line["key"]
    assert (len(key), line["label"]) == (8, None)

    def name(as_: object, who: uuid.UUID | None = manager, of: str | None = key) -> Any:
        return desk.ask("name_network", desk.tenant.business_id, of, as_, by=who)

    assert name("Home", None) == {"error": "not_allowed"}
    assert name("Home", add_tenant(desk.db, 2).user_id) == {"error": "not_found"}
    for bad in ("", "  ", "x" * 61):
        assert name(bad) == {"error": "invalid_request"}
    for no_key in (None, "192.0.2.7", key.upper() + "!", ""):
        assert name("Home", of=no_key) == {"error": "invalid_request"}
    assert name("\u200b") == name("\u202e \u2066") == name(" ") == {"error": "invalid_request"}
    assert name("  Office \n \u202eBerlin ") == {"named": True}
    assert lines(desk, "network", manager)[0]["label"] == "Office Berlin"
    (row,) = desk.ask("conversation_quality", call, by=manager)
    assert row["network_name"] == "Office Berlin"
    assert name("Office") == name(None) == {"named": True}
    assert fetch(desk.db, "select from public.networks") == []

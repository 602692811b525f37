"""The row of a call's quality: who may write it, what gets into it, and what it says."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from stack.settings import CHECKOUT
from tests.supabase.contacts import Desk
from tests.supabase.measured_calls import (
    GOOD,
    MEASURES,
    add_leg,
    call_sid,
    lossy,
    report,
    rows,
)
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    committed_tenant,
    fetch,
    new_call_sid,
    wait_until_blocked,
)

# The tests of the page's line-grade.js read them, too.
CASES = json.loads((CHECKOUT / "tests/line_cases.json").read_text(encoding="utf-8"))
LINE_FAULTS = CHECKOUT / "web/henk-voice/line-faults.js"
STORED = {"stored": True}


@pytest.fixture
def desk(db: Connection) -> Desk:
    return Desk(db, add_tenant(db, 1))


def as_report(facts: dict[str, Any]) -> dict[str, Any]:
    """A report whose bad ends are these facts."""
    said = {"seconds": 0}
    for name, value in facts.items():
        if name in MEASURES:
            said |= {f"{name}_{end}": value for end in ("min", "mean", "p95", "max")}
        else:
            said[name] = value
    return said


def test_a_row_tells_fault_and_grade_as_the_page_did(desk: Desk) -> None:
    call = desk.call()
    for case in CASES:
        assert report(desk, call, as_report(case["facts"])) == STORED
        (row,) = rows(desk.db, call)
        assert (row["fault"], row["grade"]) == (case["fault"], case["grade"]), case["name"]
        desk.db.execute("delete from public.call_quality")


def test_cases_guide_and_page_know_the_same_faults(db: Connection) -> None:
    (check,) = fetch(
        db,
        "select pg_get_constraintdef(oid) as says from pg_constraint"
        " where conname = 'call_quality_fault_check'",
    )
    codes = set(re.findall(r"'(\w+)'::text", check["says"]))
    assert codes == {case["fault"] for case in CASES} - {None}
    guide = (CHECKOUT / "docs/quality.md").read_text(encoding="utf-8")
    script = f"""
        import {{ LINE_FAULTS }} from {json.dumps(LINE_FAULTS.as_uri())};
        const found = Object.entries(LINE_FAULTS).filter(([, fault]) => fault[1] !== 'check');
        console.log(JSON.stringify(found.map(([code]) => code)));
    """
    said = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, check=True, text=True
    )
    assert codes == set(json.loads(said.stdout))
    assert codes == set(re.findall(r"^\| `(\w+)` \| .* \| (?:fair|poor|that)", guide, re.MULTILINE))


def test_a_report_is_kept_as_it_was_measured(desk: Desk) -> None:
    call = desk.call()
    assert report(desk, call) == STORED
    (row,) = rows(desk.db, call)
    for name, value in GOOD.items():
        assert row[name] == pytest.approx(value) if isinstance(value, float) else row[name] == value
    (conversation,) = fetch(desk.db, "select * from public.conversations where id = %s", call)
    assert row["user_id"] == desk.tenant.user_id
    # Not by the browser's clock.
    assert row["started_at"] == conversation["created_at"]
    assert (row["grade"], row["fault"], row["rating"]) == ("good", None, None)


def test_the_first_report_of_a_leg_counts_and_the_same_again_is_answered_alike(desk: Desk) -> None:
    call = desk.call()
    assert report(desk, call) == report(desk, call) == report(desk, call, lossy(20)) == STORED
    assert [row["grade"] for row in rows(desk.db, call)] == ["good"]


def test_of_reports_and_ratings_at_once_there_is_one_row_with_all_of_them(
    postgres: Postgres,
) -> None:
    with committed_tenant(postgres, 78) as tenant, psycopg.connect(postgres.url()) as admin:
        call = Desk(admin, tenant).call()
        sid = call_sid(admin, call)
        admin.commit()
        admin.autocommit = True

        def tell(_: int) -> Any:
            with psycopg.connect(postgres.url()) as own:
                return report(Desk(own, tenant), call)

        with psycopg.connect(postgres.url()) as first, ThreadPoolExecutor(2) as pool:
            assert Desk(first, tenant).ask("rate_call", call, sid, 4) == {"rated": True}
            reports = pool.map(tell, range(2))
            wait_until_blocked(admin, "postgres", 2)
            first.commit()
            assert list(reports) == [STORED, STORED]
        (row,) = rows(admin, call)
        assert (row["rating"], row["grade"], row["seconds"]) == (4, "good", 70)


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "seconds",
        {},
        {"seconds": None},
        {"seconds": "70"},
        {"seconds": -1},
        {"seconds": 86401},
        {"seconds": 1e300},
        GOOD | {"more": "x" * 8192},
    ],
    ids=lambda said: str(said)[:40],
)
def test_what_is_not_a_report_is_refused(desk: Desk, said: object) -> None:
    call = desk.call()
    assert report(desk, call, said) == {"error": "invalid_report"}
    assert rows(desk.db, call) == []


ABSURD: dict[str, list[object]] = {
    "jitter_ms_mean": [-1, 1e9, "12", None, [], {"a": 1}],
    "mos_p95": [0, 5.5],
    "loss_out_max": [101, -0.1],
    "samples": [-1, 1e12],
    "muted_seconds": [-1, 100],
    "reconnects": [-1, True],
    "audio_connected": ["false", 0],
    "codec": ["192.0.2.7", "a b", "x" * 31, 7],
    "edge": ["2001:db8::1", "<b>"],
    "network_type": [{}],
    "microphone": [7, " \t", []],
    "browser": [None, False],
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_values_are_left_out_and_the_rest_is_kept(desk: Desk, name: str) -> None:
    call = desk.call()
    for value in ABSURD[name]:
        assert report(desk, call, GOOD | {name: value}) == STORED
        (row,) = rows(desk.db, call)
        assert row[name] is None, value
        assert row["speaker"] == "System default"
        desk.db.execute("delete from public.call_quality")


def test_numbers_that_cannot_be_cost_nothing_but_themselves(desk: Desk) -> None:
    call = desk.call()
    numbers = [
        name for name, value in GOOD.items() if name != "seconds" and isinstance(value, int | float)
    ]
    # As Number.MAX_VALUE of a browser: as text, these are more than 8 KB.
    assert report(desk, call, GOOD | dict.fromkeys(numbers, 1e308)) == STORED
    (row,) = rows(desk.db, call)
    assert (row["mos_mean"], row["samples"], row["codec"]) == (None, None, "opus")


def test_numbers_that_contradict_each_other_are_left_out(desk: Desk) -> None:
    call = desk.call()
    assert report(desk, call, GOOD | {"rtt_ms_min": 50, "rtt_ms_max": 10}) == STORED
    (row,) = rows(desk.db, call)
    assert [row[f"rtt_ms_{end}"] for end in ("min", "mean", "p95", "max")] == [None] * 4
    assert row["jitter_ms_p95"] == 1


def test_warnings_and_errors_are_bounded_and_only_those_that_make_sense(desk: Desk) -> None:
    call = desk.call()
    warning: dict[str, object] = {"name": "low-mos", "first_at": 1, "last_at": 2, "count": 3}
    said = GOOD | {
        "warnings": [7, {"name": "No!"}, {"name": 4}, *[warning | {"worst": "x", "who": "y"}] * 30],
        "sdk_errors": ["x", {"code": "53405"}, {"code": -1}, *[{"code": 31005, "at": -5}] * 30],
    }
    assert report(desk, call, said) == STORED
    (row,) = rows(desk.db, call)
    assert row["warnings"] == [warning | {"worst": None}] * 20
    assert row["sdk_errors"] == [{"code": 31005, "at": None}] * 10
    desk.db.execute("delete from public.call_quality")
    assert report(desk, call, GOOD | {"warnings": {}, "sdk_errors": "all"}) == STORED
    (row,) = rows(desk.db, call)
    assert (row["warnings"], row["sdk_errors"]) == ([], [])


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        ("Jabra EVOLVE 20 (0b0e:0300)", "Jabra EVOLVE 20"),
        ("Mikrofon (Jabra EVOLVE 20) (0B0E:0300)", "Mikrofon (Jabra EVOLVE 20)"),
        ("Headset 00:1B:66:AB:CD:EF", "Headset"),
        ("Headset (00-1b-66-ab-cd-ef) Hands-Free", "Headset Hands-Free"),
        ("Mic 8d3f1c6a0b2e4f5a9c7d8e1f2a3b4c5d", "Mic"),
        ("  Mic \u0007\n two ", "Mic two"),
        ("Mic [2001:db8::17] two", "Mic two"),
        ("Mic fe80::1", "Mic"),
        ("Headset: black", "Headset: black"),
        ("Kopfhörer «Ä» 東京 \u202egnp\u200b.exe", "Kopfhörer «Ä» 東京 gnp .exe"),
        ("M" * 100, "M" * 80),
        ("M" * 78 + "😀😀😀", "M" * 78 + "😀😀"),
        ("AirPods 001B66ABCDEF", "AirPods"),
        ("Mic 0a1b.2c3d.4e5f (front)", "Mic (front)"),
        ("Mic 0a_1b_2c_3d_4e_5f", "Mic"),
        ("Speaker (S/N: 50C2-ED01) two", "Speaker two"),
        ("Cam serial 7", "Cam"),
        ("Jabra 20230117A left", "Jabra left"),
        ("Logi C920 HD 1080p, Evolve2 65", "Logi C920 HD 1080p, Evolve2 65"),
        ("a\u00ad\u061c\u2066b\U000e0041", "a b"),
    ],
)
def test_a_device_is_named_without_what_tells_one_copy_from_another(
    desk: Desk, label: str, kept: str
) -> None:
    call = desk.call()
    assert report(desk, call, GOOD | {"microphone": label, "browser": "Chrome 141.0.7390.76"})
    (row,) = rows(desk.db, call)
    assert (row["microphone"], row["browser"]) == (kept, "Chrome 141")


def test_a_report_is_of_a_leg_that_one_was_on(desk: Desk) -> None:
    call, sid = desk.call(), new_call_sid()
    teammate, manager = desk.colleague(), desk.colleague("manager")
    add_leg(desk, call, teammate, sid)
    not_found = {"error": "not_found"}
    own = call_sid(desk.db, call)
    assert report(desk, call, sid=sid) == not_found
    assert report(desk, call, by=teammate) == not_found
    # Not even those who manage the business.
    assert report(desk, call, by=manager) == not_found
    assert report(desk, call, sid=new_call_sid()) == not_found
    assert report(desk, str(uuid.uuid4()), sid=own) == not_found
    assert report(desk, desk.call(), sid=own) == not_found
    stranger = add_tenant(desk.db, 2).user_id
    assert report(desk, call, by=stranger) == report(desk, call, "?", by=stranger) == not_found
    assert rows(desk.db, call) == []
    assert report(desk, call, sid=sid, by=teammate) == STORED
    assert [row["user_id"] for row in rows(desk.db, call)] == [teammate]

    desk.db.execute("delete from public.business_members where user_id = %s", (teammate,))
    assert report(desk, call, sid=sid, by=teammate) == not_found


def test_who_is_signed_out_reports_nothing(desk: Desk) -> None:
    call = desk.call()
    desk.db.execute("update auth.users set banned_until = now() + interval '1 day'")
    assert report(desk, call) == {"error": "signed_out"}
    assert desk.ask("rate_call", call, call_sid(desk.db, call), 3) == {"error": "signed_out"}
    assert rows(desk.db, call) == []


@pytest.mark.parametrize(
    ("since", "answer"),
    [
        ("ended_at = now() - interval '6 days 23 hours'", STORED),
        ("ended_at = now() - interval '7 days 1 hour'", {"error": "too_late"}),
        # Its end was lost.
        ("ended_at = null, created_at = now() - interval '8 days'", {"error": "too_late"}),
        ("ended_at = null", STORED),
    ],
)
def test_a_report_that_comes_a_week_late_is_not_stored(
    desk: Desk, since: str, answer: dict[str, object]
) -> None:
    call = desk.call()
    desk.db.execute(f"update public.conversations set {since} where id = %s".encode(), (call,))
    assert report(desk, call) == answer
    assert len(rows(desk.db, call)) == (answer == STORED)
    rated = desk.ask("rate_call", call, call_sid(desk.db, call), 3)
    assert rated == ({"rated": True} if answer == STORED else answer)


def test_a_rating_may_come_before_the_report_and_be_changed_for_a_day(desk: Desk) -> None:
    call = desk.call()
    sid = call_sid(desk.db, call)
    assert desk.ask("rate_call", call, sid, 2, "choppy-audio") == {"rated": True}
    (row,) = rows(desk.db, call)
    assert (row["rating"], row["seconds"], row["grade"]) == (2, None, None)
    assert report(desk, call, lossy(5)) == STORED
    (row,) = rows(desk.db, call)
    assert (row["rating"], row["rating_issue"], row["grade"]) == (2, "choppy-audio", "fair")
    assert row["rated_at"] is not None
    assert desk.ask("rate_call", call, sid, 4) == {"rated": True}
    (row,) = rows(desk.db, call)
    assert (row["rating"], row["rating_issue"], row["grade"]) == (4, None, "fair")

    desk.db.execute("update public.call_quality set rated_at = now() - interval '25 hours'")
    assert desk.ask("rate_call", call, sid, 1) == {"error": "too_late"}
    assert rows(desk.db, call)[0]["rating"] == 4


def test_a_rating_is_one_to_five_stars_and_an_issue_in_twilios_words(desk: Desk) -> None:
    call = desk.call()
    sid = call_sid(desk.db, call)
    for rating, issue in ((0, None), (6, None), (None, None), (3, "it was bad"), (3, "")):
        answer = desk.ask("rate_call", call, sid, rating, issue)
        assert answer == {"error": "invalid_rating"}
    assert desk.ask("rate_call", call, sid, 3, by=desk.colleague()) == {"error": "not_found"}
    assert rows(desk.db, call) == []


def test_the_quality_goes_with_the_call(desk: Desk) -> None:
    call = desk.call()
    report(desk, call)
    # It is about the rep's line, and says nothing of the lead.
    desk.ask(
        "forget_person", desk.tenant.business_id, desk.tenant.lead_number, None,
        by=desk.colleague("manager"),
    )  # fmt: skip
    assert [row["grade"] for row in rows(desk.db, call)] == ["good"]
    desk.db.execute("delete from public.conversations where id = %s", (call,))
    assert rows(desk.db, call) == []

"""What is kept of the checks before a call, and who sees it."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stack.postgres import Postgres
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
    committed_tenant,
    fetch,
    new_call_sid,
)

LINE_FAULTS = Path(__file__).parents[2] / "web/henk-voice/line-faults.js"
FACTS: dict[str, object] = {
    "browser": "Firefox 153",
    "os": "Windows",
    "permission": "granted",
    "microphone": "Jabra Evolve2 65",
    "speaker": "System default",
    "microphones": 2,
    "speakers": 1,
    "microphone_peak": -18.42,
    "speaker_heard": True,
    "clock_offset_seconds": -3600.5,
    "signalling_ms": 240,
    "audio_ms": 310,
    "edge": "dublin",
    "codec": "opus",
    "is_relay": False,
    "protocol": "udp",
    "network_type": "wifi",
    "samples": 9,
    "mos": 4.18,
    "loss_in": 0.5,
    "loss_out": 12.25,
    "jitter_ms": 3.5,
    "rtt_ms": 41,
    "kbps_in": 32,
    "kbps_out": 33.5,
    "sdk_code": 53405,
    "warnings": ["high-rtt", "constant-audio-input-level"],
    "timed_out": ["line"],
}
_starts = itertools.count()


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def new_report(**changes: object) -> dict[str, object]:
    """The report of another check; a change to None leaves the key out."""
    number = next(_starts)
    report: dict[str, object] = {
        "verdict": "loss_out",
        "grade": "poor",
        "call_sid": new_call_sid(),
        "seconds": 14.2,
        "started_at": f"2026-11-27T10:{number // 60 % 60:02}:{number % 60:02}.{number:06}Z",
        "facts": FACTS,
    }
    return {name: value for name, value in (report | changes).items() if value is not None}


def send(db: Connection, tenant: Tenant, report: object, user_id: uuid.UUID | None = None) -> Any:
    """The answer to the report of the tenant's rep, or of this user."""
    with as_user(db, user_id or tenant.user_id):
        (row,) = fetch(
            db,
            "select public.report_preflight(%s, %s) as told",
            tenant.business_id,
            Jsonb(report),
        )
    return row["told"]


def listed(
    db: Connection,
    tenant: Tenant,
    user_id: uuid.UUID,
    of: uuid.UUID | None = None,
    limit: int | None = 100,
) -> list[Any]:
    """The checks that the user is told, of everybody or of one person."""
    with as_user(db, user_id):
        (row,) = fetch(
            db, "select public.list_preflights(%s, %s, %s) as told", tenant.business_id, of, limit
        )
    told = row["told"]
    assert isinstance(told, list)
    return told


def stored(db: Connection, tenant: Tenant) -> list[dict[str, Any]]:
    return fetch(
        db,
        "select * from public.preflight_reports where business_id = %s order by created_at",
        tenant.business_id,
    )


def add_earlier(db: Connection, tenant: Tenant, count: int, ago: str = "2 hours") -> None:
    """Puts earlier checks of the tenant's rep on record, a millisecond apart."""
    db.execute(
        "insert into public.preflight_reports"
        " (business_id, user_id, created_at, verdict, seconds, facts)"
        " select %s, %s, now() - %s::interval + number * interval '1 millisecond', 'ok', 9, '{}'"
        " from generate_series(1, %s) as number",
        (tenant.business_id, tenant.user_id, ago, count),
    )


def test_a_check_is_stored_and_listed_with_what_is_known_of_it(
    db: Connection, tenant: Tenant
) -> None:
    report = new_report()
    answer = send(db, tenant, report)
    (told,) = listed(db, tenant, tenant.user_id)
    created_at = told.pop("created_at")
    assert told == {
        "id": answer["id"],
        "user_id": str(tenant.user_id),
        "user_name": f"{tenant.user_id}@henk.test",
        "verdict": "loss_out",
        "grade": "poor",
        "call_sid": report["call_sid"],
        "seconds": 14.2,
        "facts": FACTS,
        "network_key": None,
        "network_name": None,
    }
    (row,) = stored(db, tenant)
    assert row["created_at"].isoformat().startswith(created_at[:19])


def test_a_check_with_nothing_but_a_verdict_and_seconds_is_stored(
    db: Connection, tenant: Tenant
) -> None:
    report = {"verdict": "microphone_denied", "seconds": 0}
    for _ in range(2):
        assert send(db, tenant, report).keys() == {"id"}
    # Without a beginning, nothing says that they are the same check.
    first, second = stored(db, tenant)
    assert (first["facts"], first["grade"], first["call_sid"]) == ({}, None, None)
    assert first["id"] != second["id"]


def test_a_report_that_comes_twice_is_stored_once(db: Connection, tenant: Tenant) -> None:
    report = new_report()
    first = send(db, tenant, report)
    assert send(db, tenant, report | {"verdict": "ok"}) == first
    (row,) = stored(db, tenant)
    assert row["verdict"] == "loss_out"


REFUSED: dict[str, object] = {
    "nothing": None,
    "a list": [],
    "a text": "ok",
    "an empty one": {},
    "no verdict": new_report(verdict=None),
    "a verdict of tomorrow": new_report(verdict="a_fault_of_tomorrow"),
    "a verdict that is an object": new_report(verdict={"ok": True}),
    "what only a call shows": new_report(verdict="connection_lost"),
    "no seconds": new_report(seconds=None),
    "seconds in a text": new_report(seconds="14"),
    "fewer than none": new_report(seconds=-1),
    "ten minutes and more": new_report(seconds=601),
    "nine kilobytes": new_report(more="x" * 9000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_report_without_a_verdict_or_seconds_is_refused(
    db: Connection, tenant: Tenant, name: str
) -> None:
    assert send(db, tenant, REFUSED[name]) == {"error": "invalid_report"}
    assert stored(db, tenant) == []


@pytest.mark.parametrize("facts", [None, [], "x", 7, [FACTS], {"browser": FACTS}], ids=str)
def test_facts_that_are_none_are_not_stored(db: Connection, tenant: Tenant, facts: object) -> None:
    assert "id" in send(db, tenant, new_report() | {"facts": facts})
    (row,) = stored(db, tenant)
    assert row["facts"] == {}


def test_what_is_absurd_is_not_stored_and_the_rest_is(db: Connection, tenant: Tenant) -> None:
    absurd: dict[str, object] = {
        "mos": 5.1,
        "loss_in": -0.1,
        "loss_out": 101,
        "jitter_ms": "3",
        "rtt_ms": 1e300,
        "samples": True,
        "is_relay": "yes",
        "speaker_heard": 1,
        "edge": "192.0.2.7",
        "codec": ["opus"],
        "protocol": "",
        "sdk_code": 7,
        "browser": {"name": "Firefox"},
        "warnings": "high-rtt",
        "clock_offset_seconds": 1e12,
    }
    told = new_report(grade="excellent", call_sid="CA7", started_at="2026-02-31T10:00:00Z")
    assert "id" in send(db, tenant, told | {"facts": FACTS | absurd})
    (row,) = stored(db, tenant)
    assert row["facts"] == {key: FACTS[key] for key in FACTS.keys() - absurd.keys()}
    assert (row["grade"], row["call_sid"], row["started_at"]) == (None, None, None)
    assert row["verdict"] == "loss_out"


def test_no_address_and_no_id_of_a_device_comes_into_a_row(db: Connection, tenant: Tenant) -> None:
    facts = {
        "microphone": "Jabra Evolve2 65 (0b0e:0306)",
        "speaker": f"Speaker {'ä' * 100}\n(2 m)",
        "local_address": "192.0.2.7",
        "candidates": [{"ip": "192.0.2.7"}],
        "deviceId": "4f" * 32,
        "protocol": "udp 192.0.2.7",
        "warnings": [
            *("192.0.2.7", "192.0.2.7:3478", "4f" * 30, "ok", "ok", 7, None),
            *({"ip": "192.0.2.7"}, "x" * 65),
        ],
        "timed_out": ["2001-db8--17"],
    }
    send(db, tenant, new_report(facts=facts))
    (row,) = stored(db, tenant)
    assert row["facts"] == {
        "microphone": "Jabra Evolve2 65",
        "speaker": f"Speaker {'ä' * 72}",
        "warnings": ["ok"],
    }


def test_lists_are_cut(db: Connection, tenant: Tenant) -> None:
    names = [f"warning-{'-' * 39}{one}{two}" for one in "abc" for two in "abcdefghij"]
    # The longest that can be.
    facts = FACTS | dict.fromkeys(("microphone", "speaker", "browser", "os"), "😀" * 100)
    send(db, tenant, new_report(facts=facts | {"warnings": names, "timed_out": names}))
    (row,) = stored(db, tenant)
    assert row["facts"]["warnings"] == names[:20]
    assert row["facts"]["timed_out"] == names[:9]


def test_of_what_is_too_long_or_of_no_member_nothing_is_read(
    db: Connection, tenant: Tenant
) -> None:
    # Reading a report of some megabytes keeps the database busy for seconds.
    db.execute(
        "create or replace function private.facts_of_check(p_facts jsonb) returns jsonb"
        " language plpgsql immutable set search_path = ''"
        " as $$ begin raise exception 'it was read'; end $$"
    )
    long = new_report(facts={"microphone": "a:" * 5000})
    assert send(db, tenant, long) == {"error": "invalid_report"}
    stranger = add_tenant(db, 2).user_id
    assert send(db, tenant, new_report(), stranger) == {"error": "not_found"}


def test_an_hour_has_thirty_checks(db: Connection, tenant: Tenant) -> None:
    add_earlier(db, tenant, 1, ago="59 minutes")
    add_earlier(db, tenant, 28, ago="10 minutes")
    report = new_report()
    assert "id" in send(db, tenant, report)
    refused = send(db, tenant, new_report())
    assert refused["error"] == "rate_limited"
    assert 0 < refused["retry_after"] <= 60
    # One that is stored already is none more.
    assert "id" in send(db, tenant, report)
    # Others have an hour of their own.
    colleague = add_user(db)
    add_member(db, tenant.business_id, colleague)
    assert "id" in send(db, tenant, new_report(), colleague)


def test_the_newest_fifty_checks_of_a_person_are_kept(db: Connection, tenant: Tenant) -> None:
    colleague = add_user(db)
    add_member(db, tenant.business_id, colleague)
    add_earlier(db, tenant, 50)
    oldest, second, *_ = stored(db, tenant)
    send(db, tenant, new_report(), colleague)
    assert len(stored(db, tenant)) == 51
    send(db, tenant, new_report())
    kept = [row["id"] for row in stored(db, tenant) if row["user_id"] == tenant.user_id]
    assert len(kept) == 50
    assert oldest["id"] not in kept
    assert second["id"] in kept


def test_after_ninety_days_a_check_goes_with_the_next_report_of_the_business(
    db: Connection, tenant: Tenant
) -> None:
    other = add_tenant(db, 2)
    for each in (tenant, other):
        add_earlier(db, each, 1, ago="91 days")
        add_earlier(db, each, 1, ago="89 days")
    colleague = add_user(db)
    add_member(db, tenant.business_id, colleague)
    send(db, tenant, new_report(), colleague)
    assert (len(stored(db, tenant)), len(stored(db, other))) == (2, 2)


def test_the_checks_of_a_person_go_with_their_membership(db: Connection, tenant: Tenant) -> None:
    send(db, tenant, new_report())
    db.execute("delete from public.business_members where user_id = %s", (tenant.user_id,))
    assert stored(db, tenant) == []


def test_agents_see_their_own_checks_and_managers_those_of_all(
    db: Connection, tenant: Tenant
) -> None:
    colleague, manager, of_none = add_user(db), add_user(db), add_user(db)
    add_member(db, tenant.business_id, colleague)
    add_member(db, tenant.business_id, manager, "manager")
    others = add_tenant(db, 2)
    mine = send(db, tenant, new_report())["id"]
    theirs = send(db, tenant, new_report(), colleague)["id"]

    def ids(user_id: uuid.UUID, of: uuid.UUID | None = None, limit: int | None = 100) -> list[str]:
        return [check["id"] for check in listed(db, tenant, user_id, of, limit)]

    assert ids(manager) == [theirs, mine]
    assert ids(manager, tenant.user_id) == [mine]
    assert ids(manager, limit=1) == ids(manager, limit=0) == [theirs]
    assert ids(manager, limit=None) == [theirs, mine]
    assert ids(tenant.user_id) == [mine]
    assert ids(tenant.user_id, colleague) == []
    assert ids(others.user_id) == ids(of_none) == []


def test_a_check_is_reported_to_ones_own_business(db: Connection, tenant: Tenant) -> None:
    others, of_none = add_tenant(db, 2), add_user(db)
    for user_id in (others.user_id, of_none):
        assert send(db, tenant, new_report(), user_id) == {"error": "not_found"}
    db.execute(
        "update auth.users set banned_until = now() + interval '1 day' where id = %s",
        (tenant.user_id,),
    )
    assert send(db, tenant, new_report()) == {"error": "signed_out"}
    assert stored(db, tenant) == []


def test_the_network_of_a_check_is_a_key_and_no_address(db: Connection, tenant: Tenant) -> None:
    headers = json.dumps({"x-forwarded-for": "192.0.2.7, 198.51.100.1"})
    db.execute("select set_config('request.headers', %s, true)", (headers,))
    send(db, tenant, new_report())
    (told,) = listed(db, tenant, tenant.user_id)
    assert re.fullmatch("[0-9a-f]{8}", told["network_key"])
    db.execute(
        "insert into public.networks (business_id, key, name) values (%s, %s, 'Office Berlin')",
        (tenant.business_id, told["network_key"]),
    )
    (told,) = listed(db, tenant, tenant.user_id)
    assert told["network_name"] == "Office Berlin"


def test_of_many_reports_at_once_exactly_as_many_as_the_limit_are_stored(
    postgres: Postgres,
) -> None:
    with committed_tenant(postgres, 77) as tenant, psycopg.connect(postgres.url()) as db:
        add_earlier(db, tenant, 28, ago="10 minutes")
        db.commit()
        barrier = threading.Barrier(4)

        def report(_: int) -> bool:
            with psycopg.connect(postgres.url()) as own:
                barrier.wait()
                return "id" in send(own, tenant, new_report())

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(report, range(4))) == 2


def test_the_table_knows_the_faults_that_a_check_can_find(db: Connection) -> None:
    script = f"""
        import {{ LINE_FAULTS }} from {json.dumps(LINE_FAULTS.as_uri())};
        const found = Object.entries(LINE_FAULTS).filter(([, fault]) => fault[1] !== 'call');
        console.log(JSON.stringify(found.map(([code]) => code)));
    """
    codes = json.loads(
        subprocess.run(
            ["node", "--input-type=module", "-e", script],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    )
    (row,) = fetch(
        db,
        "select pg_get_constraintdef(oid) as rule from pg_constraint"
        " where conrelid = 'public.preflight_reports'::regclass"
        " and conname = 'preflight_reports_verdict_check'",
    )
    assert set(re.findall(r"'(\w+)'", row["rule"])) == {"ok", *codes}

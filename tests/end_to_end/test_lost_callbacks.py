"""Callbacks get lost, and every call is still right: with the real Postgres, REST API and
functions, and a phone network that loses callbacks and is asked what happened in its calls."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from functions import bundle
from functions.setup.webhook_jwt import RECONCILER_ROLE, SigningKey, mint
from stack import Stack
from stack.processes import Process
from stack.scheduler import Scheduler
from stack.settings import SCHEDULER_ACCOUNT
from tests.end_to_end.clients import Json, Rep, wait_until_over, webhook
from tests.schedulers import publishing
from tests.soak import figure, scaled
from tests.stacks import free_port_base
from tests.supabase.tenants import Connection, fetch

# One dialled number for each ending. Nobody is dialled for the last: it is refused.
NUMBERS = (
    "+15005550006", "+15005550007", "+15005550008", "+15005550009", "+15005550010",
    "+15005550011", "+15005550001", "+15005550004", "+19005551234",
)  # fmt: skip
AGENT = "GET /2010-04-01/Accounts/{account_sid}/Calls/{sid}.json"
CHILDREN = "GET /2010-04-01/Accounts/{account_sid}/Calls.json"


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture
def db(stack: Stack) -> Iterator[Connection]:
    """The database, after other tests' calls were taken off the list of unsettled calls."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("delete from private.unsettled_calls")
        yield connection
        connection.execute("update private.reconciliation set paused_until = now()")


def control(stack: Stack, what: str, **body: object) -> None:
    answer = httpx.post(f"{stack.env['SIMULATOR_URL']}/simulator/{what}", json=body)
    assert answer.is_success, answer.text


@contextmanager
def losing(stack: Stack, fraction: float, seed: int = 1) -> Iterator[None]:
    control(stack, "lost-callbacks", fraction=fraction, seed=seed)
    try:
        yield
    finally:
        control(stack, "lost-callbacks", fraction=0)


@contextmanager
def fault(stack: Stack, **what: object) -> Iterator[None]:
    """Makes Twilio's API fail for Calls while the context lasts."""
    control(stack, "api-faults", path="/Calls", **what)
    try:
        yield
    finally:
        control(stack, "api-faults")


def questions(stack: Stack) -> tuple[int, int]:
    """How often Twilio was asked about a call, and how often about the legs it dialled."""
    asked = httpx.get(f"{stack.env['SIMULATOR_URL']}/simulator/api-requests").json()["requests"]
    return asked.get(AGENT, 0), asked.get(CHILDREN, 0)


def let_it_be_due(db: Connection) -> None:
    db.execute("update private.unsettled_calls set next_check_at = now()")


def run(stack: Stack) -> httpx.Response:
    return httpx.post(f"{stack.env['SCHEDULER_URL']}/run", timeout=60)


def place(rep: Rep, count: int) -> list[Json]:
    """Places ``count`` calls, of each ending in turn. Returns what the network says about them.
    Several are active at once, but not so many that callbacks fail for other reasons."""
    simulator, token = rep.env["SIMULATOR_URL"], rep.grant()["token"]

    def place_one(n: int) -> Json:
        params = {"To": NUMBERS[n % len(NUMBERS)]}
        body = {"accessToken": token, "params": params}
        placed = httpx.post(f"{simulator}/simulator/calls", json=body)
        return wait_until_over(simulator, placed.json()["callSid"])

    with ThreadPoolExecutor(9) as pool:
        return list(pool.map(place_one, range(count)))


def complaints(db: Connection, calls: list[Json]) -> list[str]:
    """Everything that is wrong with the rows of these calls. Each line begins with the call's
    SID."""
    sids = [call["callSid"] for call in calls]
    rows = {
        row["call_sid"]: row
        for row in fetch(db, "select * from public.conversations where call_sid = any(%s)", sids)
    }
    legs = fetch(
        db,
        "select * from public.call_legs where conversation_id = any(%s)",
        [row["id"] for row in rows.values()],
    )
    found: list[str] = []
    for call in calls:
        row = rows[call["callSid"]]
        lead = next((leg for leg in call["legs"] if leg["role"] == "lead"), None)
        expected = {
            "status": lead["status"] if lead else "blocked",
            "duration_seconds": (lead["duration"] or 0) if lead else 0,
            "legs": sorted(
                (leg["callSid"], leg["status"], leg["duration"]) for leg in call["legs"]
            ),
        }
        row["legs"] = sorted(
            (leg["call_sid"], leg["status"], leg["duration_seconds"])
            for leg in legs
            if leg["conversation_id"] == row["id"]
        )
        for name, was in expected.items():
            if row[name] != was:
                found.append(f"{row['call_sid']}: {name} is {row[name]}, and was {was}")
        for column, name in (("answered_at", "answeredAt"), ("ended_at", "endedAt")):
            if lead and not same_second(row[column], lead[name]):
                found.append(f"{row['call_sid']}: {column} is {row[column]}, and was {lead[name]}")
    return found


def same_second(moment: datetime | None, text: str | None) -> bool:
    """Whether they are equal, or differ only because start, end and length were rounded."""
    if moment is None or text is None:
        return moment is None and text is None
    return abs((moment - datetime.fromisoformat(text)).total_seconds()) < 2


def doubles(db: Connection) -> list[Any]:
    return db.execute(
        "select call_sid, status from public.call_events where source = 'reconcile'"
        " group by 1, 2 having count(*) > 1"
    ).fetchall()


@pytest.mark.soak
def test_with_half_of_all_callbacks_lost_every_call_is_right_within_two_runs(
    stack: Stack, rep: Rep, db: Connection
) -> None:
    count = scaled(12, 450)
    with losing(stack, 0.5):
        calls = place(rep, count)
    sent = [
        delivery
        for call in calls
        for delivery in call["deliveries"]
        if delivery["kind"].endswith("-status")
    ]
    lost = sum(delivery["lost"] for delivery in sent)
    assert lost > len(sent) / 4
    wrong = len({text.partition(":")[0] for text in complaints(db, calls)})
    assert wrong > 0

    before, runs = questions(stack), 0
    while runs < 2 and (runs == 0 or complaints(db, calls)):
        let_it_be_due(db)
        answer = run(stack)
        assert answer.status_code == 200, answer.text
        runs += 1

    assert complaints(db, calls) == []
    assert doubles(db) == []
    asked = questions(stack)[0] - before[0]
    assert asked <= count
    let_it_be_due(db)
    assert run(stack).json()["data"] == {"asked": 0, "settled": 0}
    assert db.execute("select from private.unsettled_calls").rowcount == 0
    figure(
        f"{count} calls, {lost} of {len(sent)} callbacks lost, {wrong} calls wrong: all right after"
        f" {runs} of 2 runs, Twilio asked about {asked} calls"
    )


@pytest.mark.soak
def test_of_two_runs_at_once_each_call_is_asked_about_by_one(
    stack: Stack, rep: Rep, db: Connection
) -> None:
    count = scaled(6, 90)
    with losing(stack, 1):
        calls = place(rep, count)
    let_it_be_due(db)
    before = questions(stack)
    with ThreadPoolExecutor(2) as pool:
        answers = [answer.json()["data"] for answer in pool.map(run, [stack, stack])]
    after = questions(stack)
    assert (after[0] - before[0], after[1] - before[1]) == (count, count)
    assert sum(answer["asked"] for answer in answers) == count
    assert doubles(db) == []
    assert complaints(db, calls) == []


def test_callbacks_that_come_late_make_no_row_wrong(stack: Stack, rep: Rep, db: Connection) -> None:
    with losing(stack, 1):
        calls = place(rep, 3)
    let_it_be_due(db)
    assert run(stack).status_code == 200
    for call in calls:
        for delivery in reversed(call["deliveries"]):
            if delivery["lost"]:
                params = {
                    name: value
                    for name, value in delivery["params"].items()
                    if name not in ("AccountSid", "ApiVersion")
                }
                assert webhook(stack.env, "status", params).status_code == 204
    assert complaints(db, calls) == []
    before = questions(stack)
    let_it_be_due(db)
    assert run(stack).json()["data"]["asked"] == 0
    assert questions(stack) == before


@contextmanager
def a_function_of_its_own(stack: Stack, directory: Path) -> Iterator[tuple[Process, Scheduler]]:
    """Another instance of reconcile_fn on the stack, to be killed, and the scheduler that may run
    it."""
    port = free_port_base()
    env = stack.env
    with publishing(f"http://127.0.0.1:{port}", SCHEDULER_ACCOUNT) as scheduler:
        key = SigningKey.from_secret(env["SUPABASE_JWT_SECRET"])
        process = Process(
            "reconcile_fn",
            [
                sys.executable,
                "-m",
                "functions_framework",
                f"--source={bundle.ROOT / 'reconcile_fn' / 'main.py'}",
                "--target=reconcile",
                "--host=127.0.0.1",
                f"--port={port}",
            ],
            log_path=directory / "function.log",
            env={
                **os.environ,
                **env,
                "PYTHONPATH": str(bundle.ROOT),
                "HENK_ENV": "development",
                "SUPABASE_RECONCILER_JWT": mint(key, env["SUPABASE_URL"], role=RECONCILER_ROLE),
                "SCHEDULER_ISSUER": scheduler.issuer,
                "SCHEDULER_AUDIENCE": scheduler.audience,
                "SCHEDULER_SERVICE_ACCOUNT": SCHEDULER_ACCOUNT,
            },
            cwd=directory,
        )
        try:
            wait_for(lambda: answers(scheduler.audience))
            yield process, scheduler
        finally:
            process.stop()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 405
    except httpx.HTTPError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_after_a_run_that_dies_between_claim_and_write_the_next_one_settles_its_calls(
    stack: Stack, rep: Rep, db: Connection, tmp_path: Path
) -> None:
    with losing(stack, 1):
        calls = place(rep, 3)
    let_it_be_due(db)
    with a_function_of_its_own(stack, tmp_path) as (process, scheduler):
        before = questions(stack)[0]
        with fault(stack, delaySeconds=2.5), ThreadPoolExecutor(1) as pool:
            headers = {"Authorization": f"Bearer {scheduler.token()}"}
            dying = pool.submit(httpx.post, scheduler.audience, headers=headers, timeout=60)
            # The calls are claimed, and Twilio is asked but has not answered yet.
            wait_for(lambda: questions(stack)[0] > before)
            os.killpg(process.pid, signal.SIGKILL)
            with pytest.raises(httpx.HTTPError):
                dying.result()
    assert complaints(db, calls) != []
    claimed = db.execute("select from private.unsettled_calls where checks = 1").rowcount
    assert claimed == len(calls)
    # Another run finds no call while the lease lasts, and all of them after it.
    assert run(stack).json()["data"]["asked"] == 0
    longest = db.execute(
        "select extract(epoch from max(next_check_at) - now()) from private.unsettled_calls"
    ).fetchone()
    assert longest is not None
    assert longest[0] < 60
    let_it_be_due(db)
    assert run(stack).json()["data"] == {"asked": len(calls), "settled": len(calls)}
    assert complaints(db, calls) == []
    assert doubles(db) == []


def test_while_twilio_is_down_a_run_is_a_fast_503_and_a_later_run_settles_the_calls(
    stack: Stack, rep: Rep, db: Connection
) -> None:
    with losing(stack, 1):
        calls = place(rep, 3)
    faults: list[dict[str, object]] = [
        {"status": 500}, {"status": 503}, {"cutOff": True}, {"delaySeconds": 10},
    ]  # fmt: skip
    for what in faults:
        let_it_be_due(db)
        with fault(stack, **what):
            began = time.monotonic()
            answer = run(stack)
            took = time.monotonic() - began
        assert (answer.status_code, what) == (503, what)
        assert answer.json()["error"]["code"] == "twilio_unavailable"
        # The host allows 20 s.
        assert took < 20
    let_it_be_due(db)
    assert run(stack).json()["data"]["asked"] == len(calls)
    assert complaints(db, calls) == []


def test_after_a_429_no_run_asks_before_twilio_wants_to_be_asked(
    stack: Stack, rep: Rep, db: Connection
) -> None:
    with losing(stack, 1):
        calls = place(rep, 3)
    let_it_be_due(db)
    with fault(stack, status=429, retryAfter=120):
        refused = run(stack)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "twilio_unavailable")
    before = questions(stack)
    let_it_be_due(db)
    again = run(stack)
    assert again.status_code == 503
    assert questions(stack) == before
    db.execute("update private.reconciliation set paused_until = now()")
    assert run(stack).json()["data"]["asked"] == len(calls)
    assert complaints(db, calls) == []

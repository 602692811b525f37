"""Postgres is killed, frozen or locked while there are calls. Webhooks get a clear answer in time,
and afterwards everything is on record, once."""

from __future__ import annotations

import os
import random
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from shared.database import TOTAL_SECONDS
from stack import Stack
from tests.end_to_end.clients import Rep
from tests.faults.calls import Call, Webhook, logged, together, traces
from tests.phone_network import compare, compare_after_all, rows, simulated
from tests.soak import figure, scaled

# How much longer a busy machine may take. Twilio waits for 15 s.
SLACK_SECONDS = 9.0
# Twilio tries a call's first webhook three times, and each try waits for about 4 s if a thread is
# free.
TWILIOS_PATIENCE_SECONDS = 6.0
CALLEE = "+15005550006"


def postmaster(stack: Stack) -> int:
    pid_file = stack.settings.data_dir / "postmaster.pid"
    return int(pid_file.read_text().split("\n", 1)[0])


def one_of_each_kind(stack: Stack) -> list[Webhook]:
    """Three webhooks: one begins a call, one tells of a leg, one ends a Dial. The last two are
    about calls that are on record."""
    # These open enough connections of the REST API to the database for all that follows. While it
    # waits for a new connection, it gives another reason.
    together([Call.new(stack).begin().send for _ in range(12)])
    begun = [Call.new(stack), Call.new(stack)]
    for call in begun:
        call.begin().send()
    return [Call.new(stack).begin(), begun[0].event(), begun[1].after_dial()]


def assert_sent_again(stack: Stack, webhooks: list[Webhook], said: str) -> None:
    """Fails the test unless each webhook is answered 503 in time, and the log says why."""
    for answer, seconds in together([each.send for each in webhooks]):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert seconds < TOTAL_SECONDS + SLACK_SECONDS
    sids = [each.params.get("ParentCallSid", each.params["CallSid"]) for each in webhooks]
    for entries in logged(stack, sids).values():
        assert said in entries[-1]["reason"]


def assert_stored_once(stack: Stack, webhooks: list[Webhook]) -> None:
    """Sends the webhooks again. Fails the test unless each is accepted now and stored once."""
    beginning, event, end = webhooks
    answers = [answer.status_code for answer, _ in together([each.send for each in webhooks])]
    assert answers == [200, 204, 200]
    sids = [beginning.params["CallSid"], event.params["ParentCallSid"], end.params["CallSid"]]
    left = traces(stack, sids)
    assert [len(left[sid].conversations) for sid in sids] == [1, 1, 1]
    assert [len(left[sid].events) for sid in sids] == [0, 1, 1]
    assert [left[sid].conversations[0]["status"] for sid in sids] == [
        "queued", "completed", "completed",
    ]  # fmt: skip


@pytest.mark.soak
def test_no_call_is_lost_to_a_database_that_is_killed_under_it(stack: Stack) -> None:
    assert stack.postgres is not None
    calls = scaled(12, 150)
    chance = random.Random(5)
    rep = Rep.sign_in(stack)
    token = rep.grant()["token"]
    with simulated(stack) as network:

        def place(count: int) -> list[str]:
            durations = [(chance.randint(0, 60), chance.randint(1, 99)) for _ in range(count)]
            return [
                network.place(token, CALLEE, ringSeconds=ring, talkSeconds=talk)
                for ring, talk in durations
            ]

        sids = place(calls // 2)
        while not rows(
            stack, "select from public.call_events where agent_call_sid = any(%s)", sids
        ):
            time.sleep(0.01)
        os.kill(postmaster(stack), signal.SIGKILL)
        killed_at = time.monotonic()
        sids += place(calls - len(sids))
        stack.postgres.stop()
        stack.postgres.start()
        while (
            rep.ask("GET", "status", params={"conversationId": str(uuid.uuid4())}).status_code
            == 503
        ):
            time.sleep(0.05)
        away = time.monotonic() - killed_at
        network.wait_until_over(300)
        seen = [network.call(sid) for sid in sids]
    verdict = compare(stack, seen)
    if away < TWILIOS_PATIENCE_SECONDS:
        verdict.assert_faultless()
    # On a slow machine the database may be away for longer than Twilio tries.
    told = compare_after_all(stack, seen, verdict)
    assert (told.lost, told.double, told.wrong) == ([], [], [])
    figure(
        f"Postgres killed for {away:.1f} s under {calls} calls: {verdict.webhooks} webhooks, "
        f"{len(verdict.attempts)} attempts, {verdict.events} events; given up by Twilio "
        f"{len(verdict.given_up)}, lost 0, double 0, wrong 0"
    )


def test_without_a_database_webhooks_are_refused_in_time_and_taken_once_when_it_is_back(
    stack: Stack,
) -> None:
    assert stack.postgres is not None
    webhooks = one_of_each_kind(stack)
    os.kill(postmaster(stack), signal.SIGKILL)
    assert_sent_again(stack, webhooks, "PGRST001")
    stack.postgres.stop()
    stack.postgres.start()
    assert_stored_once(stack, webhooks)


@contextmanager
def frozen(stack: Stack) -> Iterator[None]:
    """Stops every process of the server while the context lasts."""
    others = rows(stack, "select pid from pg_stat_activity where pid <> pg_backend_pid()")
    pids = [postmaster(stack), *(row["pid"] for row in others)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_frozen_database_is_waited_for_no_longer_than_said(stack: Stack) -> None:
    webhooks = one_of_each_kind(stack)
    with frozen(stack):
        assert_sent_again(stack, webhooks, "no answer in time")
    assert_stored_once(stack, webhooks)


def test_a_call_that_is_locked_is_waited_for_no_longer_than_said(stack: Stack) -> None:
    webhooks = one_of_each_kind(stack)
    with psycopg.connect(stack.env["DATABASE_URL"]) as blocker:
        # Every webhook must read this table.
        blocker.execute("lock table public.conversations in access exclusive mode")
        assert_sent_again(stack, webhooks, "no answer in time")
    assert_stored_once(stack, webhooks)

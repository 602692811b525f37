"""Many reps at one queue, whose tabs die at any moment, while leases run out: nobody is called by
two, nobody again before their time, nobody is forgotten, and every entry says what its calls say.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from stack import Stack
from tests.load import queue_of_reps
from tests.load.queue_of_reps import Campaign, Row, Tab
from tests.soak import figure, scaled
from tests.supabase.queue_model import EFFECTS, Call, Facts, State, expected

REPS, LEADS = scaled(8, 50), scaled(24, 5000)
# A machine that does much else needs long; it is over as soon as every lead is done.
PATIENCE_SECONDS = scaled(240, 3600)


@pytest.mark.soak
def test_every_lead_ends_where_its_calls_say_and_is_called_by_one_at_a_time(stack: Stack) -> None:
    with queue_of_reps.made_in(stack, REPS, LEADS) as campaign:
        seconds = work(campaign)
        with psycopg.connect(stack.env["DATABASE_URL"]) as admin:
            calls = calls_by_lead(admin, campaign)
            rows = entries(admin, campaign)
            lists = wrong_or_forbidden(admin, campaign)
        assert len(rows) == LEADS
        for row in rows:
            check(row, calls.get(row["lead_id"], []), lists)
    placed = sum(map(len, calls.values()))
    assert placed >= LEADS
    seen = ", ".join(f"{what}: {count}" for what, count in sorted(campaign.seen.items()))
    figure(
        f"{LEADS} leads, {REPS} reps, {placed} calls in {seconds:.0f} s: nobody called by two, too"
        f" early or forgotten; {seen}"
    )


def work(campaign: Campaign) -> float:
    """Lets everybody work until every lead is done. Returns how many seconds it took."""
    tabs = [Tab(campaign, user_id, seed) for seed, user_id in enumerate(campaign.reps)]
    failures: list[BaseException] = []

    def watched(run: Any, *values: object) -> None:
        try:
            run(*values)
        except BaseException as error:
            failures.append(error)
            campaign.stop.set()

    threads = [threading.Thread(target=watched, args=(tab.run,)) for tab in tabs]
    threads += [threading.Thread(target=watched, args=(queue_of_reps.move_clocks, campaign, 99))]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        with psycopg.connect(campaign.stack.env["DATABASE_URL"], autocommit=True) as admin:
            while not campaign.stop.is_set():
                queue_of_reps.describe_what_is_missing(campaign, admin)
                left = admin.execute(
                    "select count(*) from public.queue_entries"
                    " where campaign_id = %s and state <> 'done'",
                    (campaign.campaign_id,),
                ).fetchone()
                if left == (0,):
                    break
                assert time.monotonic() - started < PATIENCE_SECONDS, (left, campaign.seen)
                time.sleep(0.5)
    finally:
        campaign.stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    return time.monotonic() - started


def calls_by_lead(admin: psycopg.Connection[Any], campaign: Campaign) -> dict[str, list[Call]]:
    """The calls that were not refused, by time. ``agreed`` is what was agreed, kept or not."""
    found: dict[str, list[Call]] = {}
    for lead_id, *values in admin.execute(
        "select conversations.lead_id::text, conversations.created_at, status, ended_at,"
        " answered_at is not null, outcome, due_at, call_backs.user_id"
        " from public.conversations left join public.call_backs"
        " on call_backs.conversation_id = conversations.id"
        " where conversations.campaign_id = %s and block_reason is null"
        " order by conversations.created_at",
        (campaign.campaign_id,),
    ):
        at, status, ended_at, answered, outcome, due_at, user_id = values
        found.setdefault(lead_id, []).append(
            Call(at, status, ended_at, answered, outcome, (due_at, user_id) if due_at else None)
        )
    return found


def entries(admin: psycopg.Connection[Any], campaign: Campaign) -> list[Row]:
    return [
        row
        for (row,) in admin.execute(
            "select to_jsonb(queue_entries) from public.queue_entries where campaign_id = %s",
            (campaign.campaign_id,),
        )
    ]


def wrong_or_forbidden(
    admin: psycopg.Connection[Any], campaign: Campaign
) -> dict[str, tuple[bool, bool]]:
    return {
        lead_id: (wrong, forbidden)
        for lead_id, wrong, forbidden in admin.execute(
            "select id::text, wrong_number_at is not null, exists (select from public.do_not_call"
            " where do_not_call.business_id = leads.business_id"
            " and do_not_call.subscriber = leads.subscriber)"
            " from public.leads where business_id = %s",
            (campaign.business_id,),
        )
    }


def owed(calls: list[Call]) -> list[Call]:
    """The calls with the agreements that no later talk has kept."""
    return [
        Call(
            call.at,
            call.status,
            call.ended_at,
            call.answered,
            call.outcome,
            None
            if any(
                later.answered and EFFECTS.get(later.outcome or "") != "retry"
                for later in calls[number + 1 :]
            )
            else call.agreed,
        )
        for number, call in enumerate(calls)
    ]


def facts_of(row: Row, calls: list[Call], wrong: bool, forbidden: bool) -> Facts:
    return Facts(
        counted_from=datetime.fromisoformat(row["counted_from"]),
        calls=owed(calls),
        max_attempts=3,
        is_wrong_number=wrong,
        is_forbidden=forbidden,
    )


def check(row: Row, calls: list[Call], lists: dict[str, tuple[bool, bool]]) -> None:
    for number, call in enumerate(calls):
        before = calls[:number]
        if before:
            ended_at = before[-1].ended_at
            assert ended_at is not None, (row, calls)
            assert ended_at <= call.at, (row, calls)
        # Each call was placed when its turn had come, by all that was known then.
        then: State = expected(facts_of(row, before, False, False), call.at)
        assert then.state == "ready", (row, calls, then)
        assert then.next_at is not None
        assert then.next_at <= call.at + timedelta(seconds=1), (row, calls, then)
    end = expected(facts_of(row, calls, *lists[row["lead_id"]]), datetime.now(UTC))
    assert (row["state"], row["done_reason"], row["attempts"]) == (
        end.state,
        end.done_reason,
        end.attempts,
    ), (row, calls)

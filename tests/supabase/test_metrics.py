"""Every number of docs/metrics.md, computed by hand on its example day."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.supabase.contacts import Desk
from tests.supabase.counted_calls import COUNTS, RATES, SECONDS
from tests.supabase.tenants import (
    Connection,
    add_tenant,
    begin_call,
    dialled,
    fetch,
    new_call_sid,
    record_event,
)

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
DAY = ("2026-03-04", "2026-03-04")
A, B, C, D, E, F = (f"+1415555012{digit}" for digit in range(6))
FORBIDDEN = "+14155550130"

# By name, as the page says it: how the example is counted, whoever reads it.
EXPECTED = {
    "calls": 11, "refused": 1, "dials": 9, "answered": 7, "machines": 2, "connected": 5,
    "conversations": 4, "successes": 2, "undescribed": 2, "leads_reached": 4, "transferred": 1,
    "talk_seconds": 95 + 40 + 70 + 30 + 20 + 61 + 180, "hold_seconds": 30,
    "rings": 7, "ring_seconds": 12 + 8 + 20 + 25 + 5 + 10 + 15,
    "wrap_ups": 4, "wrap_up_seconds": 30 + 20 + 10 + 40, "measured": 3, "fair": 1, "poor": 1,
    "answer_rate": 0.7778, "connect_rate": 0.5556, "conversation_rate": 0.8, "success_rate": 0.4,
    "success_of_dials": 0.2222, "average_talk_seconds": 70.9, "average_ring_seconds": 13.6,
    "average_wrap_up_seconds": 25, "poor_rate": 0.3333,
}  # fmt: skip
HELPED = {"helped": 1, "helped_seconds": 100}


def place(
    desk: Desk,
    hour: int,
    to: str,
    *,
    status: str | None = "completed",
    rings: int = 0,
    talk: int = 0,
    outcome: str | None = None,
    after: int = 0,
    loss: float | None = None,
    answered_by: str | None = None,
) -> str:
    """A call at this hour that rings and lasts so many seconds. ``after``: how long after the end
    its outcome is written. ``loss``: percent of the packets. No ``status``: nobody is dialled."""
    db, agent, lead = desk.db, new_call_sid(), new_call_sid()
    begun = datetime.fromisoformat(f"2026-03-04T{hour:02}:00:00+00:00")
    call: str = begin_call(db, desk.tenant, agent, to=dialled(to))["conversation_id"]
    db.execute("update public.conversations set created_at = %s where id = %s", (begun, call))

    def tell(event: str, seconds: int, number: int, **more: Any) -> None:
        at = (begun + timedelta(seconds=seconds)).isoformat()
        record_event(db, agent, lead, event, number, occurred_at=at, **more)

    if status is None:
        record_event(db, agent, agent, "completed", 1, occurred_at=begun.isoformat())
        return call
    tell("initiated", 0, 0)
    if talk:
        tell("in-progress", rings, 1)
    if status != "in-progress":
        tell(status, rings + talk, 2, duration_seconds=talk)
    db.execute(
        "update public.conversations set answered_by = %s where id = %s", (answered_by, call)
    )
    if loss is not None:
        db.execute(
            "insert into public.call_quality (business_id, conversation_id, call_sid, user_id,"
            " started_at, seconds, samples, loss_in_p95) values (%s, %s, %s, %s, %s, 70, 70, %s)",
            (desk.tenant.business_id, call, agent, desk.tenant.user_id, begun, loss),
        )
    if outcome is not None:
        desk.say(call, outcome=outcome)
        written = begun + timedelta(seconds=rings + talk + after)
        db.execute(
            "update public.conversation_changes set changed_at = %s where conversation_id = %s",
            (written, call),
        )
    return call


def hand_over(desk: Desk, call: str, colleague: uuid.UUID) -> None:
    """A colleague takes the lead over and talks with them, after they have waited."""
    desk.db.execute(
        "update public.conversations set is_plain = false, hold_seconds = 30 where id = %s",
        (call,),
    )
    desk.db.execute(
        "insert into public.call_legs (business_id, conversation_id, call_sid, role, status,"
        " user_id, asked_for, asked_at, answered_at, ended_at, duration_seconds)"
        " values (%s, %s, %s, 'teammate', 'completed', %s, 'cold', now(), now(), now(), 100)",
        (desk.tenant.business_id, call, new_call_sid(), colleague),
    )


@pytest.fixture
def desk(db: Connection) -> Desk:
    """The rep of the example, after its day, which was counted."""
    desk = Desk(db, add_tenant(db, 1))
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (desk.tenant.business_id, FORBIDDEN),
    )
    place(desk, 1, FORBIDDEN, status=None)
    place(desk, 2, A, status="no-answer")
    place(desk, 3, B, status="busy")
    place(desk, 4, A, rings=12, talk=95, outcome="booked", after=30, loss=1)
    place(desk, 5, B, rings=8, talk=40, outcome="not_interested", after=20, loss=5)
    place(desk, 6, C, rings=20, talk=70, loss=20)
    place(desk, 7, D, rings=25, talk=30, outcome="voicemail", after=10)
    place(desk, 8, E, rings=5, talk=20, answered_by="machine_end_beep")
    place(
        desk, 9, F, rings=10, talk=61, answered_by="machine_start", outcome="interested", after=2000
    )
    call = place(desk, 10, A, rings=15, talk=180, outcome="connected", after=40)
    hand_over(desk, call, desk.colleague())
    place(desk, 11, B, status=None)
    place(desk, 12, C, status="in-progress", rings=5, talk=1)
    call = place(desk, 13, D, rings=5, talk=90, outcome="booked")
    db.execute("update public.conversations set direction = 'inbound' where id = %s", (call,))
    while fetch(db, "select (private.fold_calls(10000) ->> 'left')::int as left")[0]["left"]:
        pass
    return desk


def test_the_numbers_of_the_example_day_are_those_that_are_counted_by_hand(desk: Desk) -> None:
    manager = desk.colleague("manager")
    totals = desk.ask("report_overview", desk.tenant.business_id, *DAY, by=manager)["totals"]
    assert totals == EXPECTED | {"days": 1}
    people = desk.ask("report_by", desk.tenant.business_id, *DAY, "rep", by=manager)
    assert [(line["dials"], line["helped"], line["helped_seconds"]) for line in people] == [
        (9, 0, 0),
        (0, 1, 100),
    ]


def test_the_page_has_every_number_and_its_example_is_right() -> None:
    examples = {}
    for name, text in re.findall(
        r"^### `(\w+)`: .+?^- Example: (.+?)\n(?:\n|$)", PAGE.read_text(), re.DOTALL | re.MULTILINE
    ):
        # "11: all except …", "7 of 9: 0.7778.", "496: 95 + 40 …", "For the colleague 1: …"
        found = re.match(r"\d+ of \d+: ([\d.]+)\.$|(?:\D*)(\d+)\b", text)
        assert found, text
        examples[name] = float(found[1] or found[2])
    assert examples == EXPECTED | HELPED
    assert examples.keys() == {*COUNTS, *SECONDS, *RATES, *HELPED}

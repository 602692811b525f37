"""Each fault of a line, made on purpose, has its own verdict in the check before a call and in the
row of a call; a healthy line has none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from stack import Stack
from tests.end_to_end.clients import DEMO, identity
from tests.soak import SOAK, figure, scaled
from tests.web.calls_page import Session
from tests.web.faults_of_the_line import BEFORE_A_CALL, HEALTHY, ON_THE_LINE, SAMPLE, Made
from tests.web.library_page import Profile, Tab
from tests.web.network import Database, Json, Network, eventually

REPS = (DEMO, "rep2@henk.test", "manager@henk.test")
_REP = """
select m.user_id::text, m.business_id::text from public.business_members m
join auth.users u on u.id = m.user_id where u.email = %s
"""
LONGEST_CHECK = 20.0
"""Seconds that a check may take, whatever the network does."""


@dataclass
class Line:
    """A rep's line that is made bad."""

    made: Made
    tab: Tab
    client: str
    number: str


Lines = Callable[[Sequence[Made]], list[Line]]


@pytest.fixture
def lines(
    browser: Browser, stack: Stack, session: Session, network: Network, database: Database
) -> Iterator[Lines]:
    """Reps in their tabs, each with another fault. Those who were opened before are closed."""
    opened: list[tuple[Profile, str]] = []

    def close() -> None:
        network.outage(0)
        for profile, client in opened:
            profile.context.unroute_all(behavior="ignoreErrors")
            profile.context.close()
            network.conditions(client)
        opened.clear()

    def open_lines(faults: Sequence[Made]) -> list[Line]:
        close()
        return [open_line(made, email) for made, email in zip(faults, REPS, strict=False)]

    def open_line(made: Made, email: str) -> Line:
        profile = Profile(browser, stack, session, email)
        [rep] = database.find(_REP, email)
        client = identity(rep["user_id"], rep["business_id"]).removeprefix("client:")
        opened.append((profile, client))
        made.prepare(profile.context, stack.env)
        if made.outage:
            network.outage(120)
        network.conditions(client, **made.network)
        number = network.a_number(**{"ringSeconds": 0.2, "talkSeconds": None, **made.lead})
        tab = profile.open(may_fail=True)
        profile.context.set_offline(made.offline)
        return Line(made, tab, client, number)

    yield open_lines
    close()


def groups(faults: Sequence[Made]) -> list[Sequence[Made]]:
    """As many at a time as there are reps. An outage is everybody's."""
    alone = [[made] for made in faults if made.outage]
    rest = [made for made in faults if not made.outage]
    return [*(rest[n : n + len(REPS)] for n in range(0, len(rest), len(REPS))), *alone]


def checked(lines: Sequence[Line]) -> list[Json]:
    """The results of a check on each of the lines, at the same time."""
    for line in lines:
        line.tab.run("void (window.checked = voice.check.run())")
    return [line.tab.run("checked") for line in lines]


def rows_of_calls(
    lines: Sequence[Line], seconds: float, network: Network, database: Database
) -> list[Json]:
    """The rows of a call over each of the lines, at the same time; ``seconds`` of it after the call
    has told its fault."""
    for line in lines:
        line.tab.run(f"void voice.dial({{ to: {json.dumps(line.number)} }})")
    for line in lines:
        line.tab.shows("voice.call.state", "talking")
    if any(line.made.breaks for line in lines):
        # So that it breaks off in the middle.
        lines[0].tab.page.wait_for_timeout(6000)
    for line in lines:
        if line.made.breaks:
            network.conditions(line.client, blockAudio=True)
    for line in lines:
        if line.made.in_row:
            told = json.dumps(line.made.in_rows)
            line.tab.shows(f"{told}.includes(voice.call.quality.fault)", True)
    for line in lines:
        if line.made.breaks:
            network.conditions(line.client)
            line.tab.shows("voice.call.state", "talking")
    lines[0].tab.page.wait_for_timeout(1000 * seconds)
    for line in lines:
        line.tab.run("voice.call.hangUp()")
    return [row_of(line, database) for line in lines]


def row_of(line: Line, database: Database) -> Json:
    """What is on record of the line of the call, once the page has reported it."""
    found = eventually(lambda: database.find(_ROW, line.number), f"a row: {line.made.name}")
    return found[0]


@pytest.mark.soak
def test_each_fault_has_its_verdict_in_the_check_and_in_the_row_of_a_call(
    lines: Lines, network: Network, database: Database
) -> None:
    for some in groups(ON_THE_LINE if SOAK else SAMPLE):
        opened = lines(some)
        for line, result in zip(opened, checked(opened), strict=True):
            figure(f"{line.made.name}: {result['verdict']} after {result['seconds']} s")
            assert result["verdict"] in line.made.verdicts, (line.made.name, result)
            assert result["seconds"] < LONGEST_CHECK, (line.made.name, result)
        for line, row in zip(opened, rows_of_calls(opened, 2, network, database), strict=True):
            assert row["fault"] in line.made.in_rows, (line.made.name, row)


def test_what_prevents_a_call_has_its_own_verdict(lines: Lines) -> None:
    for some in groups(BEFORE_A_CALL[: scaled(1, len(BEFORE_A_CALL))]):
        opened = lines(some)
        for line, result in zip(opened, checked(opened), strict=True):
            assert result["verdict"] == line.made.verdict, (line.made.name, result)
            assert result["seconds"] < LONGEST_CHECK


@pytest.mark.skipif(not SOAK, reason="100 checks and 100 calls: half an hour")
def test_a_healthy_line_has_no_fault_in_100_checks_and_100_calls(
    lines: Lines, network: Network, database: Database
) -> None:
    opened = lines([HEALTHY] * len(REPS))
    for line in opened:
        line.tab.run(_KEEP_FAULTS)
    told: Counter[str] = Counter()
    while told.total() < 300:
        told.update(f"check: {each['verdict']}, {each['grade']}" for each in checked(opened))
        rows = rows_of_calls(opened, 14, network, database)
        told.update(f"row: {row['fault'] or 'ok'}, {row['grade']}" for row in rows)
        for line in opened:
            told.update(f"sign: {fault or 'ok'}" for fault in line.tab.run("faults.splice(0)"))
            line.number = network.a_number(ringSeconds=0.2, talkSeconds=None)
    figure(f"a healthy line: {dict(told)}")
    assert set(told) == {"check: ok, good", "row: ok, good", "sign: ok"}


_KEEP_FAULTS = """
(window.faults = []) && voice.on('call', (call) => {
  const seen = new Set();
  call.on('change', () => call.quality.fault && seen.add(call.quality.fault));
  call.on('end', () => faults.push(...(seen.size ? seen : [null])));
})
"""
_ROW = """
select q.* from public.call_quality q join public.conversations c on c.id = q.conversation_id
where c.to_number = %s and q.reported_at is not null
"""

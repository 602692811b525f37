"""Whatever happens to recording_fn, Twilio and Storage: after healing each recording is in one
place, verified, or says why not. None is lost, and none is left at Twilio."""

from __future__ import annotations

import random

import pytest

from shared import database
from stack.scheduler import Scheduler
from tests.canned_server import CannedServer
from tests.control_fn.breaker import (
    Breaker,
    Fault,
    busy,
    done_and_down,
    down,
    gone,
    killed_after,
    killed_before,
    unanswered,
    unheard,
)
from tests.endpoints import Endpoint
from tests.recording_fn.sql_world import SqlWorld, Story
from tests.soak import SOAK, figure
from tests.supabase.recorded import allow
from tests.supabase.tenants import Connection, add_tenant

FAULTS: dict[str, Fault] = {
    "killed before": killed_before,
    "killed after": killed_after,
    "unheard": unheard,
    "unanswered": unanswered,
    "busy": busy,
    "down": down,
    "done and down": done_and_down,
    "gone": gone,
}
# More than the way of a recording has.
MOST_REQUESTS = 40


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    monkeypatch.setattr(database, "PAUSES", ())
    return Breaker(monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("name", FAULTS)
def test_a_mishap_at_any_request_loses_no_recording(
    recording: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    db: Connection,
    breaker: Breaker,
    name: str,
) -> None:
    world = SqlWorld(db=db)
    world.serve(canned)
    tenant = add_tenant(db, 1)
    allow(db, tenant, "all")
    ends: dict[str, int] = {}
    moments = range(MOST_REQUESTS)
    # The dice are thrown anew each time, so that many runs see all of it.
    for at in moments if SOAK else sorted(random.SystemRandom().sample(moments[:24], 3)):
        for refuses in (False, True) if SOAK else (at % 2 == 0,):
            story = Story(world, recording, scheduler, breaker, tenant, refuses)
            # A Twilio that says of a recording twice that it is not there is believed.
            breaker.set(FAULTS[name], at, count=1 if name == "gone" else 1 + at % 3)
            story.tell()
            was_reached = breaker.sent > at
            story.heal()
            end = story.check()
            ends[end] = ends.get(end, 0) + 1
            if refuses:
                assert end in ("deleted", "none", "failed"), (at, story.call.recordings)
            elif not was_reached:
                assert end == "kept"
            story.expire()
            story.heal()
            assert story.check() != "kept"
    figure(f"{name}: {ends}")


@pytest.mark.parametrize("refuses", [False, True])
def test_without_a_mishap_the_way_has_as_many_requests_as_it_needs(
    recording: Endpoint,
    scheduler: Scheduler,
    canned: CannedServer,
    db: Connection,
    breaker: Breaker,
    refuses: bool,
) -> None:
    world = SqlWorld(db=db)
    world.serve(canned)
    tenant = add_tenant(db, 1)
    allow(db, tenant, "all")
    story = Story(world, recording, scheduler, breaker, tenant, refuses)
    breaker.set(unheard, None)
    story.tell()
    assert story.check() == ("deleted" if refuses else "kept")
    assert breaker.sent <= 24
    assert world.started == 1

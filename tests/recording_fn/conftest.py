"""recording_fn, with Twilio, Storage and the database at the canned server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared import database
from stack.scheduler import Scheduler
from tests.canned_server import CANNED, CannedServer
from tests.endpoints import Endpoint, load
from tests.recording_fn.world import RECORDING_SID, Recording, World
from tests.schedulers import publishing


@pytest.fixture(scope="package")
def scheduler() -> Iterator[Scheduler]:
    with publishing() as scheduler:
        yield scheduler


@pytest.fixture(scope="package")
def recording(scheduler: Scheduler) -> Endpoint:
    return load(
        "recording_fn",
        HENK_ENV="development",
        SCHEDULER_ISSUER=scheduler.issuer,
        TWILIO_API_URL=CANNED.url,
    )


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PAUSES", ())


@pytest.fixture
def world(canned: CannedServer) -> World:
    """A completed recording of a call, which nobody has fetched."""
    world = World(at_twilio={RECORDING_SID: Recording()})
    world.serve(canned)
    return world

"""reconcile_fn, with Twilio's REST API at the canned server, and who may start it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.scheduler import Scheduler
from tests.canned_server import CANNED
from tests.endpoints import Endpoint, load
from tests.schedulers import publishing


@pytest.fixture(scope="package")
def scheduler() -> Iterator[Scheduler]:
    with publishing() as scheduler:
        yield scheduler


@pytest.fixture(scope="package")
def reconcile(scheduler: Scheduler) -> Endpoint:
    return load(
        "reconcile_fn",
        HENK_ENV="development",
        SCHEDULER_ISSUER=scheduler.issuer,
        TWILIO_API_URL=CANNED.url,
    )

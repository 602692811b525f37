"""reports_fn, with the database at the canned server, and who may start a fold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.scheduler import Scheduler
from tests.endpoints import Endpoint, load
from tests.schedulers import publishing


@pytest.fixture(scope="package")
def scheduler() -> Iterator[Scheduler]:
    with publishing() as scheduler:
        yield scheduler


@pytest.fixture(scope="package")
def reports(scheduler: Scheduler) -> Endpoint:
    return load("reports_fn", HENK_ENV="development", SCHEDULER_ISSUER=scheduler.issuer)

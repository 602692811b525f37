"""control_fn, with Twilio's REST API at the canned server, and without long waits."""

from __future__ import annotations

import pytest

from shared import call_room, database, voicemail_drop
from tests.canned_server import CANNED
from tests.control_fn.breaker import Breaker
from tests.endpoints import Endpoint, load


@pytest.fixture(scope="package")
def control() -> Endpoint:
    return load("control_fn", HENK_ENV="development", TWILIO_API_URL=CANNED.url)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_room, "POLL_SECONDS", 0.005)
    monkeypatch.setattr(call_room, "JOIN_SECONDS", 0.1)
    monkeypatch.setattr(voicemail_drop, "POLL_SECONDS", 0.005)
    monkeypatch.setattr(voicemail_drop, "LOOK_SECONDS", 0.1)


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    monkeypatch.setattr(database, "PAUSES", ())
    return Breaker(monkeypatch)

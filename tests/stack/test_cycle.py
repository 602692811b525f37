"""What becomes of the lead of a queue if a step of their call fails."""

from __future__ import annotations

from typing import Any

import pytest

from stack import cycle, placing
from stack.demo_rep import Failed, Json

ENTRY = {
    "id": "e1",
    "lead_id": "l1",
    "campaign_id": "c1",
    "lease_token": "t1",
    "conversation_id": None,
    "why_now": "new",
    "attempts": 0,
    "lead": {"name": "Ben Busy", "phone_number": "+15005550007"},
}


class Rep:
    """A rep who has one lead, and keeps what they asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Json]] = []

    def select(self, table: str, **_: str) -> list[Json]:
        return [{"id": "c1", "name": "Solar autumn"}]

    def ask(self, function: str, **parameters: object) -> Json:
        self.asked.append((function, parameters))
        if function == "finish_lead":
            raise Failed("finish_lead answers in_call")
        return {"entry": ENTRY}

    def roles(self, _call_sid: str) -> dict[str, str]:
        return {}


class OverAtOnce:
    """The timeline of a call that is over."""

    is_over = True

    def __init__(self, *_: object) -> None:
        pass

    def call(self) -> Json:
        return {"callSid": "CA1"}


def test_a_lead_who_is_kept_is_told_with_what_the_rows_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "grant_token", lambda *_: {"businessId": "b1", "token": "x"})
    monkeypatch.setattr(placing, "place", lambda *_: "CA1")
    monkeypatch.setattr(cycle, "Timeline", OverAtOnce)
    monkeypatch.setattr(cycle, "check", lambda *_: (None, ["a webhook was lost on its way"]))
    rep: Any = Rep()
    http: Any = None
    assert cycle.run(http, {"SIMULATOR_URL": "http://phone"}, rep, "http://functions") == [
        "a webhook was lost on its way",
        "finish_lead answers in_call",
    ]


def test_a_lead_whose_call_cannot_be_placed_is_back_in_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> str:
        raise Failed("The simulator answered 401")

    monkeypatch.setattr(placing, "grant_token", lambda *_: {"businessId": "b1", "token": "x"})
    monkeypatch.setattr(placing, "place", refuse)
    rep: Any = Rep()
    http: Any = None
    with pytest.raises(Failed, match="401"):
        cycle.run(http, {}, rep, "http://functions")
    assert rep.asked[-1] == (
        "release_lead",
        {"p_entry_id": "e1", "p_lease_token": "t1", "p_reason": "stopped"},
    )

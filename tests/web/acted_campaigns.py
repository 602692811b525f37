"""Campaigns with full queues and reps at work, as the database would tell them: for pictures."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, Route

from tests.web.acted_call import DANA, ROBIN, Json, ago

AUTUMN = "a0000000-0000-4000-8000-00000000000a"
PUMPS = "a0000000-0000-4000-8000-00000000000b"
_USUAL: Json = {
    "script": None,
    "caller_id": None,
    "mode": "preview",
    "wrap_up_seconds": 5,
    "max_attempts": 6,
    "max_attempts_per_day": 2,
    "machine_detection": False,
    "is_paused": False,
    "counts": {"due": 0, "waiting": {}, "leased": 0, "paused": 0, "done": {}},
    "reps": [],
    "next_at": None,
}
_SCRIPT = (
    "Hello {{lead.first_name}}, this is {{rep.name}} from {{business.name}}.\n"
    "You asked about your roof in spring. Is it still yours, {{lead.title}}?"
)


def queues() -> list[Json]:
    """A campaign in full swing, and one that is paused and has no leads yet."""
    reps = [
        {"user_id": DANA, "name": "Dana Demo", "doing": "talking", "lead_name": "Ada Answers"},
        {"user_id": ROBIN, "name": "Robin Rep", "doing": "preview", "lead_name": "Tess Test"},
    ]
    autumn: Json = {
        "id": AUTUMN,
        "name": "Solar autumn",
        "script": _SCRIPT,
        "mode": "power",
        "machine_detection": True,
        "counts": {
            "due": 12,
            "waiting": {"retry": 9, "outside_calling_hours": 3, "call_back": 2, "in_call": 1},
            "leased": 2,
            "paused": 1,
            "done": {"outcome": 31, "attempts_used": 4, "do_not_call": 2, "wrong_number": 1},
        },
        "reps": [rep | {"since": ago(134 - 100 * at)} for at, rep in enumerate(reps)],
    }
    pumps = {"id": PUMPS, "is_paused": True, "max_attempts": 3}
    pumps["name"] = "Heat pumps: everybody who asked for an offer last winter"
    return [_USUAL | pumps, _USUAL | autumn]


def entries(group: str) -> list[Json]:
    """Leads of one group of the queue."""
    names = ("Ada Answers", "Ben Busy", "Nora No-Answer", "Tess Test", "Eve Else")
    waits = ("retry", "call_back", "outside_calling_hours", "retry", "skipped")
    dones = ("attempts_used", "outcome", "do_not_call", "attempts_used", "wrong_number")
    states = {"leased": "leased", "paused": "paused", "done": "done"}
    found = []
    for at, name in enumerate(names[: 2 if group == "leased" else 5]):
        is_new = group == "due" and at % 2 == 0
        found.append(
            {
                "id": f"e0000000-0000-4000-8000-00000000000{at}",
                "lead_id": f"1ead0000-0000-4000-8000-00000000000{at}",
                "lead_name": name,
                "lead_company": "Sunny Homes" if at % 2 else None,
                "phone_number": f"+141555501{at}0",
                "priority": (10, 0, 0, -10, 0)[at],
                "state": states.get(group, "ready"),
                "is_due": group == "due",
                "next_at": ago(-3600 * (at + 1)) if group == "waiting" else None,
                "wait_reason": waits[at] if group == "waiting" else "outcome_missing",
                "done_reason": dones[at] if group == "done" else None,
                "attempts": 6 if dones[at] == "attempts_used" and group == "done" else at,
                "last_outcome": "voicemail" if not is_new else None,
                "last_called_at": None if is_new else ago(90_000 * (at + 1)),
                "enqueued_at": ago(200_000),
                "updated_at": ago(60),
            }
        )
    return found


class ActedCampaigns:
    """Answers what a page asks about campaigns and their queues."""

    def __init__(self, page: Page) -> None:
        self._queues = queues()
        page.route(re.compile(r"/rpc/campaign_queues"), self._answer_queues)
        page.route(re.compile(r"/rest/v1/campaigns\?"), self._answer_campaign)
        page.route(re.compile(r"/rpc/list_entries"), self._answer_entries)

    def empty(self) -> None:
        """From now on there is no campaign."""
        self._queues = []

    def _answer_queues(self, route: Route) -> None:
        without = [one.copy() for one in self._queues]
        for one in without:
            del one["script"]
        _answer(route, without)

    def _answer_campaign(self, route: Route) -> None:
        found = [one for one in self._queues if f"id=eq.{one['id']}" in route.request.url]
        _answer(route, found) if found else route.fallback()

    def _answer_entries(self, route: Route) -> None:
        asked: Any = route.request.post_data_json
        reason = asked["p_reason"]
        found = entries(asked["p_state"]) if asked["p_campaign_id"] == AUTUMN else []
        keys = ("wait_reason", "done_reason")
        _answer(route, [one for one in found if not reason or reason in map(one.get, keys)])


def _answer(route: Route, body: Any) -> None:
    origin = route.request.headers.get("origin", "*")
    route.fulfill(json=body, headers={"Access-Control-Allow-Origin": origin})

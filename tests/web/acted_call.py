"""A call with many legs, as the endpoints would tell it: for pictures of every state."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Error, Route

from tests.web.calls_page import CallsPage

Json = dict[str, Any]

DANA = "d0000000-0000-4000-8000-000000000001"
ROBIN = "d0000000-0000-4000-8000-000000000002"
MARA = "d0000000-0000-4000-8000-000000000003"
BO = "d0000000-0000-4000-8000-000000000005"

_CONTROL = re.compile(r"/api/twilio/control$")
_STATUS = re.compile(r"/api/twilio/status\?")
_COLLEAGUES = re.compile(r"/rest/v1/rpc/list_colleagues")
_PRESENCE = re.compile(r"/rest/v1/rpc/set_presence")


def ago(seconds: float) -> str:
    """A time as the REST API writes it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def leg(role: str, *, since: float, **changes: object) -> Json:
    """A leg that was answered ``since`` seconds ago."""
    at = ago(since)
    return {
        "id": str(uuid.uuid4()),
        "call_sid": None,
        "role": role,
        "user_id": None,
        "to_number": None,
        "status": "in-progress",
        "asked_at": None if role in ("agent", "lead") else at,
        "initiated_at": at,
        "ringing_at": at,
        "answered_at": at,
        "ended_at": None,
        "duration_seconds": None,
        "on_hold_since": None,
        "declined_at": None,
        "ended_by": None,
        "is_host": False,
    } | changes


def rings(since: float) -> Json:
    """What makes a leg one that rings."""
    return {"status": "ringing", "ringing_at": ago(since), "answered_at": None}


class ActedCall:
    """Answers a page's requests about its call."""

    def __init__(self, tab: CallsPage) -> None:
        self._tab = tab
        self._stage: str | None = None
        self._legs: list[Json] = []
        self._row: Json = {}
        self._error: Json | None = None
        self._when_asked: Callable[[], None] | None = None
        self._acting = False
        self.is_slow = False
        """Changes of the call get no answer. The page learns of them without it."""
        self.colleagues: list[Json] = []
        tab.page.route(_CONTROL, self._control)
        tab.page.route(_STATUS, self._status)
        tab.page.route(_COLLEAGUES, lambda route: self._answer(route, 200, self.colleagues))
        tab.page.route(
            _PRESENCE,
            lambda route: self._answer(route, 200, {"heartbeat_seconds": 15, "role": "agent"}),
        )

    def act(self, stage: str | None, *legs: Json, row: Json | None = None) -> None:
        """The call's stage and its legs from now on. ``row``: other columns of the conversation."""
        self._stage, self._legs, self._row = stage, list(legs), row or {}
        self._error, self._acting = None, True

    def when_asked(self, stage: str | None, *legs: Json, row: Json | None = None) -> None:
        """The same, as soon as the page asks for a change of the call."""
        self._error = None
        self._when_asked = lambda: self.act(stage, *legs, row=row)

    def fail(self, status: int, code: str, **more: object) -> None:
        """The next changes of the call are refused."""
        self._error = {"status": status, "error": {"code": code, "message": "", **more}}

    def cut(self) -> None:
        """The next changes of the call are not answered, as without a network."""
        self._error = {}

    def _control(self, route: Route) -> None:
        if self._error == {}:
            with suppress(Error):
                route.abort()
            return
        if self._error:
            self._answer(
                route, self._error["status"], {"success": False, "error": self._error["error"]}
            )
            return
        if self._when_asked:
            self._when_asked()
            self._when_asked = None
        while self.is_slow:
            self._tab.page.wait_for_timeout(20)
        body: Any = route.request.post_data_json
        query = f"/status?conversationId={body['conversationId']}"
        url = route.request.url.replace("/control", query)
        # On a slow machine the page may have given up, or be gone.
        with suppress(Error):
            answer = self._tab.page.request.get(url, headers=_authorization(route))
            data = answer.json()
            self._answer(route, answer.status, self._played(data) if answer.ok else data)

    def _status(self, route: Route) -> None:
        with suppress(Error):
            answer = route.fetch()
            data = answer.json()
            is_acted = self._acting and answer.ok
            self._answer(route, answer.status, self._played(data) if is_acted else data)

    def _played(self, answer: Json) -> Json:
        data = answer["data"]
        legs = [
            one | ({"call_sid": data["call_sid"]} if one.get("is_host") else {})
            for one in self._legs
        ]
        return answer | {"data": data | {"stage": self._stage, "legs": legs} | self._row}

    def _answer(self, route: Route, status: int, body: Any) -> None:
        origin = route.request.headers.get("origin", "*")
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Headers": "*",
        }
        with suppress(Error):
            route.fulfill(status=status, json=body, headers=headers)


def _authorization(route: Route) -> dict[str, str]:
    return {"authorization": route.request.headers["authorization"]}

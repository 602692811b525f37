"""The recordings of a call, as the endpoints would tell them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Error, Page, Route

from tests.web.acted_call import DANA, MARA, Json, ago, leg
from tests.web.sounds import two_tones

LEAD, OURS = 650, 980
SECONDS = 20


def consent(**changes: object) -> Json:
    return {
        "mode": "all",
        "consent_mode": "both",
        "notice_text": "This call is recorded. If you do not agree, press 9 now.",
        "notice_started_at": ago(60),
        "notice_ended_at": ago(55),
        "confirmed_by": None,
        "confirmed_at": None,
        "refused_at": None,
        "refused_by": None,
        "refused_how": None,
    } | changes


def recorded(state: str, *, part: str | None = None, **changes: object) -> Json:
    """Columns of a conversation whose recording is in this state."""
    one = {"id": "part-1", "part": 1, "state": part, "started_at": ago(5)}
    parts = [one | {"duration_seconds": None, "error": None}] if part else []
    return {
        "recording_state": state,
        "recording_consent": consent(**changes),
        "recordings": parts,
    }


def announce(page: Page, terms: Json) -> None:
    """The preview of each call has these terms."""

    def preview(route: Route) -> None:
        if "json" not in route.request.headers.get("content-type", ""):
            route.fallback()
            return
        # The page gives a preview up when the number is changed, and may be gone.
        with suppress(Error):
            answer = route.fetch()
            body = answer.json()
            body["data"]["recording"] = terms
            route.fulfill(response=answer, json=body)

    page.route(re.compile(r"/api/twilio/twiml$"), preview)


_CALL: Json = {
    "id": "c0000000-0000-4000-8000-000000000018",
    "user_id": DANA,
    "status": "completed",
    "stage": None,
    "to_number": "+14155550123",
    "lead": {"id": "ada", "name": "Ada Answers", "company": None, "phone_number": "+14155550123"},
    "campaign": None,
    "answered_at": ago(60),
    "duration_seconds": 20,
    "created_at": ago(70),
    "recording_state": "stopped",
}


_PLAIN = _CALL | {
    "id": "c0000000-0000-4000-8000-000000000019",
    "to_number": "+14155550124",
    "lead": None,
    "created_at": ago(80),
    "recording_state": None,
}


class ActedArchive:
    """The first call of the list has two recordings, the second of which was deleted. The other one
    was not to be recorded."""

    def __init__(self, page: Page) -> None:
        self.asked: list[Json] = []
        self.ranges: list[str] = []
        self.refused = 0
        self.forgotten: Json | None = None
        self._sound = two_tones(SECONDS, LEAD, OURS)
        self._hold: Json | None = None
        page.route(re.compile(r"/rpc/list_conversations"), self._list)
        page.route(re.compile(r"/rest/v1/conversations\?.*recording_consents"), self._story)
        page.route(re.compile(r"/rpc/set_legal_hold"), self._set_hold)
        page.route(re.compile(r"/rpc/forget_person"), self._forget)
        page.route(re.compile(r"/api/twilio/recording\?"), self._addresses)
        page.route(re.compile(r"/storage/v1/object/sign/"), self._media)

    def _list(self, route: Route) -> None:
        asked: Any = route.request.post_data_json
        self._answer(route, [] if asked["p_before_id"] else [_CALL, _PLAIN])

    def _story(self, route: Route) -> None:
        if _PLAIN["id"] in route.request.url:
            nothing: Json = {"consents": None, "legs": [], "holds": [], "legal_holds": []}
            none: Json = {"recordings": [], "actions": [], "plays": []}
            self._answer(route, [_PLAIN | nothing | none])
            return
        one = {
            "wanted": "kept",
            "delete_reason": None,
            "channels": 2,
            "error": None,
            "completed_at": ago(30),
            "expires_at": None,
            "object_deleted_at": None,
        }
        began = 60
        kept = {"id": "one", "part": 1, "state": "kept", "started_at": ago(began)}
        gone = {"id": "two", "part": 2, "state": "deleted", "started_at": ago(25)}
        lead = leg("lead", since=began + 2, id="lead", to_number=_CALL["to_number"])
        done = {"finished_at": ago(began - 8), "result": "done", "asked_by": DANA}
        row = _CALL | {
            "consents": consent(confirmed_by=DANA, confirmed_at=ago(began + 1)),
            "legs": [
                leg("agent", since=began + 5, user_id=DANA, status="completed", ended_at=ago(42)),
                lead | {"status": "completed", "ended_at": ago(40)},
                leg("teammate", since=began - 12, user_id=MARA, ended_at=ago(40)),
            ],
            "holds": [
                {"call_leg_id": "lead", "started_at": ago(began - 3), "ended_at": ago(began - 6)}
            ],
            "recordings": [
                one | kept | {"duration_seconds": SECONDS},
                one | gone | {"duration_seconds": 5, "delete_reason": "request"},
            ],
            "actions": [
                {"action": "pause", "asked_at": ago(began - 8)} | done,
                {"action": "resume", "asked_at": ago(began - 10)}
                | done
                | {"finished_at": ago(began - 10)},
            ],
            "plays": [
                {"user_id": DANA, "kind": "play", "at": ago(20)},
                {"user_id": MARA, "kind": "download", "at": ago(10)},
            ],
            "legal_holds": [self._hold] if self._hold else [],
        }
        self._answer(route, [row])

    def _forget(self, route: Route) -> None:
        self.forgotten = route.request.post_data_json
        done = {"id": "e0000000-0000-4000-8000-000000000001", "conversations": 1}
        self._answer(route, done | {"leads": 0, "recordings": 0, "held": 0})

    def _set_hold(self, route: Route) -> None:
        asked: Any = route.request.post_data_json
        self._hold = {"held_by": MARA, "held_at": ago(0), "reason": asked["p_reason"]}
        self._hold["released_at"] = None if asked["p_is_held"] else ago(0)
        self._answer(route, {"held": True})

    def _addresses(self, route: Route) -> None:
        query = {name: one for name, [one] in parse_qs(urlsplit(route.request.url).query).items()}
        self.asked.append(query)
        storage = urlsplit(self._storage(route))
        address = {
            "id": "one",
            "part": 1,
            "url": f"{storage.scheme}://{storage.netloc}/storage/v1/object/sign/{len(self.asked)}",
            "expiresAt": ago(-300),
            "durationSeconds": SECONDS,
            "channels": 2,
            "startedAt": ago(60),
        }
        self._answer(route, {"success": True, "data": {"recordings": [address]}})

    @staticmethod
    def _storage(route: Route) -> str:
        config = route.request.frame.evaluate("fetch('config.json').then((it) => it.json())")
        return str(config["supabaseUrl"])

    def _media(self, route: Route) -> None:
        headers = {"Access-Control-Allow-Origin": "*"}
        if self.refused:
            self.refused -= 1
            with suppress(Error):
                route.fulfill(status=400, json={"error": "InvalidJWT"}, headers=headers)
            return
        wanted = route.request.headers.get("range")
        headers |= {"Accept-Ranges": "bytes", "Content-Type": "audio/mpeg"}
        if not wanted:
            with suppress(Error):
                route.fulfill(status=200, body=self._sound, headers=headers)
            return
        self.ranges.append(wanted)
        first = int(wanted.removeprefix("bytes=").split("-")[0])
        size = len(self._sound)
        headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
        # A player stops loading as soon as it is closed, or looks elsewhere.
        with suppress(Error):
            route.fulfill(status=206, body=self._sound[first:], headers=headers)

    @staticmethod
    def _answer(route: Route, body: Any) -> None:
        origin = route.request.headers.get("origin", "*")
        with suppress(Error):
            route.fulfill(json=body, headers={"Access-Control-Allow-Origin": origin})

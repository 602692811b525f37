"""The simulated phone network and the database, for the browser tests."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
import psycopg
from playwright.sync_api import Error, Page, Route
from psycopg.rows import dict_row

from stack import Stack

Json = dict[str, Any]
Found = TypeVar("Found")


def eventually(
    look: Callable[[], Found | None], what: str, seconds: float = 60, page: Page | None = None
) -> Found:
    """Waits until ``look`` finds something, and returns it. ``what`` names it in an error.

    ``page``: the test answers requests of this page meanwhile. Playwright does so only while it is
    called.
    """
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"Never: {what}"
        if page:
            page.wait_for_timeout(50)
        else:
            time.sleep(0.05)
    return found


class Held:
    """Requests of a page that get no answer until they are let go."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self._page, self._pattern = page, pattern
        self._routes: list[Route] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self._routes.append(route)

    def wait(self) -> None:
        """Until the page has asked."""
        eventually(lambda: self._routes, f"a request for {self._pattern.pattern}", page=self._page)

    def release(self) -> None:
        """From now on every request is answered."""
        routes, self._routes = self._routes, []
        self._page.unroute(self._pattern, self._hold)
        for route in routes:
            # The page may have given this request up.
            with contextlib.suppress(Error):
                route.continue_()


class Network:
    """The phone network that the stack's calls go through."""

    def __init__(self, stack: Stack) -> None:
        self._http = httpx.Client(base_url=f"{stack.env['SIMULATOR_URL']}/simulator", timeout=60)
        self._numbers = 0

    def close(self) -> None:
        self._http.close()

    def a_number(self, **script: object) -> str:
        """A number in E.164 that no other test uses. It follows the script when it is called."""
        self._numbers += 1
        number = f"+1500555{1000 + self._numbers}"
        self.script(number, **script)
        return number

    def script(self, number: str, **script: object) -> None:
        self._post("callees", {"number": number, "script": script})

    def unscript(self, number: str) -> None:
        self._post("callees", {"number": number, "script": None})

    def cut(self, call_sid: str, seconds: float) -> None:
        """Closes the socket of the call's browser. No browser can open one for ``seconds``."""
        self._post("outage", {"seconds": seconds})
        self._post(f"calls/{call_sid}/drop-socket", {})

    def outage(self, seconds: float) -> None:
        """No browser can open a socket of signalling for ``seconds``."""
        self._post("outage", {"seconds": seconds})

    def conditions(self, client: str | None, **conditions: object) -> None:
        """What the audio of this client's browsers meets from now on: loss, delayMs, …

        ``client``: None for all.
        """
        self._post("network", {"identity": client, **conditions})

    def callee_hangs_up(self, call_sid: str) -> None:
        self._post(f"calls/{call_sid}/callee-hangup", {})

    def call_to(self, number: str) -> Json:
        """The newest call that dialled this number, with everything that the network knows."""
        return eventually(lambda: self.calls_to(number), f"a call to {number}")[0]

    def calls_to(self, number: str) -> list[Json]:
        """All calls that dialled this number, the newest first."""
        all_calls = [self.call(call["callSid"]) for call in self._get("calls")["calls"]]
        return [
            call
            for call in all_calls
            if call["params"].get("To", "").replace(" ", "").replace("-", "") == number
        ]

    def call(self, call_sid: str) -> Json:
        return self._get(f"calls/{call_sid}")

    def media(self, call_sid: str) -> Json:
        media: Json = self.call(call_sid)["media"]
        return media

    def events(self, call_sid: str) -> list[Json]:
        """What happened in a call so far, in its order."""
        events: list[Json] = self._get(f"calls/{call_sid}/events?after=0&wait=0")["events"]
        return events

    def recordings(self, call_sid: str) -> list[Json]:
        """The recordings of a call's legs that Twilio has or had."""
        legs = {leg["callSid"] for leg in self.call(call_sid)["legs"]}
        found: list[Json] = self._get("recordings")["recordings"]
        return [each for each in found if each["callSid"] in legs]

    def over(self, call_sid: str) -> Json:
        """Waits until the call is over and all its webhooks are settled, and returns the call."""

        def ended() -> Json | None:
            call = self.call(call_sid)
            return call if call["ended"] else None

        return eventually(ended, f"the end of {call_sid}")

    def _get(self, path: str) -> Json:
        answer = self._http.get(path)
        assert answer.status_code == 200, answer.text
        data: Json = answer.json()
        return data

    def _post(self, path: str, body: Json) -> None:
        answer = self._http.post(path, json=body)
        assert answer.status_code in (200, 202), answer.text


def lead_leg(call: Json) -> Json:
    [leg] = [leg for leg in call["legs"] if leg["role"] == "lead"]
    found: Json = leg
    return found


class Database:
    """What is on record, without row-level security."""

    def __init__(self, stack: Stack) -> None:
        self._connection = psycopg.connect(
            stack.env["DATABASE_URL"], autocommit=True, row_factory=dict_row
        )

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: str, *values: object) -> None:
        self._connection.execute(statement, values)

    def find(self, query: str, *values: object) -> list[Json]:
        return self._connection.execute(query, values).fetchall()

    def row_of(self, call_sid: str) -> Json:
        """The conversation of a call, with the names of its lead and its campaign."""
        rows = self._connection.execute(
            "select c.*, l.name as lead, p.name as campaign from public.conversations c "
            "left join public.leads l on l.id = c.lead_id "
            "left join public.campaigns p on p.id = c.campaign_id where c.call_sid = %s",
            (call_sid,),
        ).fetchall()
        assert len(rows) == 1
        return rows[0]

    def row_with(self, conversation_id: str) -> Json:
        [row] = self._connection.execute(
            "select * from public.conversations where id = %s", (conversation_id,)
        ).fetchall()
        return row

    def rows_to(self, number: str) -> list[Json]:
        return self._connection.execute(
            "select * from public.conversations where to_number = %s", (number,)
        ).fetchall()

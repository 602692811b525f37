"""At every request of every action, something breaks. Nobody is rung twice, the answer is clear,
and the same wish, asked again, is done."""

from __future__ import annotations

import pytest

from shared.http_client import Response
from tests.canned_server import CannedServer
from tests.control_fn.breaker import (
    Breaker,
    Killed,
    Send,
    busy,
    done_and_down,
    down,
    killed_after,
    killed_before,
    unanswered,
    unheard,
)
from tests.control_fn.calls import Database
from tests.control_fn.scenes import SCENES
from tests.control_fn.twilio import BASE, Twilio
from tests.endpoints import LEAD_CALL_SID, Endpoint
from tests.soak import SOAK

KILLS = {"killed before": killed_before, "killed after": killed_after}
# What a server of ours or of Twilio's may do.
OUTAGES = {
    "unheard": unheard,
    "unanswered": unanswered,
    "busy": busy,
    "down": down,
    "done and down": done_and_down,
}


def ask_again(control: Endpoint, breaker: Breaker, database: Database, name: str) -> None:
    """The same wish without a fault: it is done, and nobody was rung twice."""
    breaker.set(unheard, None)
    answer = control.browser(SCENES[name].body)
    assert answer.status_code == 200, answer.text
    assert SCENES[name].is_done(database.twilio), database.twilio.dialled
    assert database.results[-1] == "done"


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("kill", KILLS)
def test_a_function_that_was_killed_is_followed_by_one_that_ends_its_work(
    control: Endpoint, canned: CannedServer, breaker: Breaker, name: str, kill: str
) -> None:
    at, was_killed = 0, True
    while was_killed:
        database = SCENES[name].start()
        database.serve(canned)
        breaker.set(KILLS[kill], at)
        try:
            control.browser(SCENES[name].body)
            was_killed = False
        except Killed:
            at += 1
        ask_again(control, breaker, database, name)
    assert at > 3


# In the short form each request meets one outage, the next one the next; in the full form all.
@pytest.mark.soak
@pytest.mark.parametrize("first", OUTAGES if SOAK else ["one after the other"])
@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("server", [BASE, "/rest/v1"], ids=["Twilio", "database"])
def test_an_outage_is_a_clear_refusal_and_may_be_asked_again(
    control: Endpoint,
    canned: CannedServer,
    breaker: Breaker,
    name: str,
    server: str,
    first: str,
) -> None:
    outages = list(OUTAGES)
    begin = outages.index(first) if SOAK else list(SCENES).index(name)
    at = 0
    while True:
        database = SCENES[name].start()
        database.serve(canned)
        outage = outages[(begin + at) % len(outages)]
        breaker.set(OUTAGES[outage], at, server)
        answer = control.browser(SCENES[name].body)
        if answer.status_code != 200:
            error = answer.get_json()["error"]
            assert (answer.status_code, error["code"]) in {
                (503, "twilio_unavailable"),
                (503, "database_unavailable"),
            }, outage
            assert answer.headers["Retry-After"], outage
            assert SCENES[name].is_done(database.twilio) or "done" not in database.results, outage
        reached = breaker.sent > at
        ask_again(control, breaker, database, name)
        if not reached:
            break
        at += 1
    assert at >= 1


@pytest.mark.parametrize("name", SCENES)
def test_a_lead_who_hangs_up_at_any_moment_is_a_409_or_was_served(
    control: Endpoint, canned: CannedServer, breaker: Breaker, name: str
) -> None:
    at = 0
    while True:
        database = SCENES[name].start()
        database.serve(canned)

        def hang_up(send: Send, twilio: Twilio = database.twilio) -> Response:
            twilio.end(LEAD_CALL_SID)
            return send()

        breaker.set(hang_up, at, BASE)
        answer = control.browser(SCENES[name].body)
        if answer.status_code != 200:
            assert answer.status_code == 409
            assert answer.get_json()["error"]["code"] == "not_in_progress"
            assert database.results[-1] == "failed"
        assert len(database.twilio.dialled) <= len(SCENES[name].rings)
        if breaker.sent <= at:
            break
        at += 1

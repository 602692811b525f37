"""The REST API has trouble. Webhooks get a clear answer in time, and once the trouble is over
nothing is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx
import pytest

from shared.database import PAUSES, TOTAL_SECONDS
from stack import Stack
from tests.end_to_end.clients import Rep
from tests.faults import proxy as faults
from tests.faults.calls import Call, Webhook, logged, together, traces
from tests.faults.proxy import Fault, Proxy
from tests.soak import scaled

# How much longer a busy machine may take. Twilio waits for 15 s.
SLACK_SECONDS = 9.0

WAYS = ("begin", "event", "after_dial")


@dataclass(frozen=True)
class Trouble:
    """A fault, and the words with which the log tells of it."""

    fault: Fault
    said: str


TROUBLES = {
    "gateway page 502": Trouble(faults.answers(502, "<html>Bad gateway</html>"), "HTTP 502"),
    "gateway page 503": Trouble(faults.answers(503, "<html>Unavailable</html>"), "HTTP 503"),
    "broken 500": Trouble(faults.answers(500, ""), "HTTP 500"),
    "PostgREST without a database": Trouble(
        faults.answers(503, '{"code": "PGRST001", "message": "retrying"}', "application/json"),
        "PGRST001",
    ),
    "no HTTP": Trouble(faults.no_http, "does not speak HTTP"),
    "hung up": Trouble(faults.hang_up, "hung up"),
    "reset": Trouble(faults.reset, "broke"),
    "reset when done": Trouble(faults.reset_when_done, "broke"),
    "cut off in the head": Trouble(faults.cut_off_in_head, "cut off"),
    "cut off in the body": Trouble(faults.cut_off_in_body, "cut off"),
    "reset in the body": Trouble(faults.reset_in_body, "broke"),
    "silent": Trouble(faults.silence, "in time"),
    "late": Trouble(faults.late, "in time"),
    "trickling head": Trouble(faults.trickling_head, "in time"),
    "trickling body": Trouble(faults.trickling_body, "in time"),
}


def begun(call: Call) -> None:
    answer, _ = call.begin().send()
    assert answer.status_code == 200, answer.text


@pytest.mark.soak
@pytest.mark.parametrize("first_way", range(scaled(1, 3)))
def test_a_rest_api_in_trouble_is_a_clear_503_in_time_and_the_next_try_loses_nothing(
    stack: Stack, proxy: Proxy, first_way: int
) -> None:
    # Not more at once than the functions have threads, because a webhook that waits for a thread
    # would be late.
    cases = [
        (name, WAYS[(first_way + number) % len(WAYS)], Call.new(stack))
        for number, name in enumerate(TROUBLES)
    ]
    together([partial(begun, call) for _, way, call in cases if way != "begin"])
    for name, _, call in cases:
        proxy.spoil(call.sid, TROUBLES[name].fault)

    def webhook(way: str, call: Call) -> Webhook:
        made: Webhook = getattr(call, way)()
        return made

    first = together([webhook(way, call).send for _, way, call in cases])
    log = logged(stack, [call.sid for *_, call in cases])
    for (name, way, call), (answer, seconds) in zip(cases, first, strict=True):
        case = f"{name}, {way}"
        assert answer.status_code == 503, case
        assert answer.json()["error"]["code"] == "database_unavailable", case
        assert int(answer.headers["Retry-After"]) > 0, case
        assert seconds < TOTAL_SECONDS + SLACK_SECONDS, case
        refused = [line for line in log[call.sid] if line["status"] == 503]
        assert [line["severity"] for line in refused] == ["ERROR"], case
        assert TROUBLES[name].said in refused[0]["reason"], case

    proxy.heal()
    again = together([webhook(way, call).send for _, way, call in cases])
    left = traces(stack, [call.sid for *_, call in cases])
    for (name, way, call), (answer, _) in zip(cases, again, strict=True):
        case = f"{name}, {way}"
        assert answer.status_code == (204 if way == "event" else 200), case
        [conversation] = left[call.sid].conversations
        if way == "begin":
            assert "<Dial" in answer.text, case
            assert conversation["status"] == "queued", case
            assert left[call.sid].events == [], case
        else:
            assert (conversation["status"], conversation["duration_seconds"]) == ("completed", 42)
            assert len(left[call.sid].events) == 1, case


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "fault",
    [faults.hang_up, faults.reset, faults.reset_when_done, faults.cut_off_in_body, faults.slow],
    ids=lambda fault: fault.__name__,
)
def test_one_broken_connection_or_slow_answer_does_no_harm(
    stack: Stack, proxy: Proxy, way: str, fault: Fault
) -> None:
    call = Call.new(stack)
    if way != "begin":
        begun(call)
    proxy.spoil(call.sid, fault, times=1)
    answer, _ = getattr(call, way)().send()
    assert answer.status_code == (204 if way == "event" else 200)
    left = traces(stack, [call.sid])[call.sid]
    assert (len(left.conversations), len(left.events)) == (1, way != "begin")


BROWSER: dict[str, Callable[[Rep], httpx.Response]] = {
    "/rpc/grant_access_token": lambda rep: rep.ask("POST", "token", json={}),
    "/rpc/preview_call": lambda rep: rep.ask("POST", "twiml", json={"To": "+15005550006"}),
    "/rest/v1/conversations": lambda rep: rep.ask(
        "GET", "status", params={"conversationId": "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"}
    ),
}


BROWSER_TROUBLES = {
    # At once: a webhook would wait for longer.
    "gateway page": (faults.answers(502, "<html>Bad gateway</html>"), 0.0, sum(PAUSES)),
    "trickling": (faults.trickling_head, 4.0, TOTAL_SECONDS + SLACK_SECONDS),
}


@pytest.mark.soak
@pytest.mark.parametrize("trouble", list(BROWSER_TROUBLES)[: scaled(1, 2)])
def test_browsers_are_answered_in_time_and_at_once_if_the_request_failed_at_once(
    stack: Stack, proxy: Proxy, trouble: str
) -> None:
    fault, least, most = BROWSER_TROUBLES[trouble]
    rep = Rep.sign_in(stack)
    for path in BROWSER:
        proxy.spoil(path, fault)

    def timed(ask: Callable[[Rep], httpx.Response]) -> tuple[httpx.Response, float]:
        started = time.monotonic()
        return ask(rep), time.monotonic() - started

    for answer, seconds in together([partial(timed, ask) for ask in BROWSER.values()]):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert least <= seconds < most
    proxy.heal()
    assert [ask(rep).status_code for ask in BROWSER.values()] == [200, 200, 404]


def test_after_a_restart_of_the_rest_api_the_first_request_of_every_thread_succeeds(
    stack: Stack, proxy: Proxy
) -> None:
    together([lambda: begun(Call.new(stack)) for _ in range(12)])
    assert proxy.drop_idle() > 0
    together([lambda: begun(Call.new(stack)) for _ in range(12)])

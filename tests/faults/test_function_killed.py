"""A function's process dies between receiving a webhook and answering it. Twilio sends the webhook
again, and it makes no difference whether the database already had it."""

from __future__ import annotations

import threading

import httpx

from stack import Stack
from tests.faults.calls import Call, logged, together, traces
from tests.faults.controlled import kill_functions, wait_for_others
from tests.faults.proxy import Fault, Pass, Proxy, Wire


def test_a_webhook_whose_function_died_is_taken_once_when_it_is_sent_again(
    stack: Stack, proxy: Proxy
) -> None:
    arrived = threading.Semaphore(0)

    def unheard(wire: Wire, _ask: Pass) -> None:
        arrived.release()
        wire.wait(60)

    def heard(wire: Wire, ask: Pass) -> None:
        ask()
        arrived.release()
        wire.wait(60)

    def cases(fault: Fault) -> list[Call]:
        calls = [Call.new(stack) for _ in range(3)]
        for call in calls[1:]:
            assert call.begin().send()[0].status_code == 200
        for call in calls:
            proxy.spoil(call.sid, fault)
        return calls

    before, after = cases(unheard), cases(heard)
    webhooks = [
        webhook
        for beginning, event, end in (before, after)
        for webhook in (beginning.begin(), event.event(), end.after_dial())
    ]
    outcomes: list[object] = []

    def send(number: int) -> None:
        try:
            outcomes.append(webhooks[number].send())
        except httpx.TransportError as error:
            outcomes.append(error)

    senders = [threading.Thread(target=send, args=[number]) for number in range(len(webhooks))]
    for sender in senders:
        sender.start()
    for _ in webhooks:
        assert arrived.acquire(timeout=60)
    killed = kill_functions(stack)
    for sender in senders:
        sender.join(timeout=60)
    assert len(outcomes) == 6
    assert all(isinstance(outcome, httpx.TransportError) for outcome in outcomes), outcomes

    proxy.heal()
    wait_for_others(stack, killed)
    answers = together([webhook.send for webhook in webhooks])
    assert [answer.status_code for answer, _ in answers] == [200, 204, 200] * 2

    sids = [call.sid for call in (*before, *after)]
    left = traces(stack, sids)
    assert [len(left[sid].conversations) for sid in sids] == [1] * 6
    assert [len(left[sid].events) for sid in sids] == [0, 1, 1] * 2
    log = logged(stack, sids)
    # The database had two of the events already.
    assert [log[sid][-1].get("new") for sid in sids] == [None, True, True, None, False, False]

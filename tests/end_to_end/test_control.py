"""POST /api/twilio/control on the real stack: what is refused, and the call goes on as it was; and
what several people ask at the same moment."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from stack import Stack
from tests.end_to_end.clients import RIVAL, Rep
from tests.faults.calls import together
from tests.faults.controlled import Controlled
from tests.phone_network import rows

ME, COLLEAGUE, RIVALS = (f"d0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 4))
NUMBER = "+14155552699"


@pytest.fixture(scope="module")
def call(stack: Stack) -> Iterator[Controlled]:
    """A plain call of the demo rep, who talks to the lead."""
    call = Controlled(stack, Rep.sign_in(stack), NUMBER)
    call.place()
    yield call
    call.end()


def wished(**fields: object) -> dict[str, object]:
    return {"action": "transfer", "mode": "cold"} | fields


REFUSALS: dict[str, tuple[dict[str, object], int, str]] = {
    "nobody": (wished(to={"userId": str(uuid.UUID(int=7))}), 404, "not_found"),
    "another business's person": (wished(to={"userId": RIVALS}), 404, "not_found"),
    "oneself": (wished(to={"userId": ME}), 400, "invalid_request"),
    "somebody away": (wished(to={"userId": COLLEAGUE}), 409, "away"),
    "a refused number": (wished(to={"number": "+19005551234"}), 409, "blocked"),
    "a text": (wished(to={"number": "Grace"}), 409, "blocked"),
    "another call's leg": ({"action": "remove", "legId": str(uuid.UUID(int=7))}, 404, "not_found"),
    "complete without anybody": ({"action": "complete"}, 409, "not_in_progress"),
    "merge without anybody": ({"action": "merge"}, 409, "not_in_progress"),
    "cancel of nothing": ({"action": "cancel"}, 409, "not_in_progress"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_leaves_the_call_as_it_was(call: Controlled, name: str) -> None:
    fields, status, code = REFUSALS[name]
    before = call.seen_by_twilio()["legs"]
    answer = call.ask(**fields)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    after = call.seen_by_twilio()
    assert [leg["status"] for leg in after["legs"]] == [leg["status"] for leg in before]
    assert after["rooms"] == []
    (row,) = call.rows("select bridge, stage from public.conversations where call_sid = %s")
    assert (row["bridge"], row["stage"]) == ("dial", None)


@pytest.mark.parametrize("to", [RIVALS, str(uuid.UUID(int=7))])
def test_who_exists_elsewhere_is_not_told_from_who_does_not(call: Controlled, to: str) -> None:
    answer = call.ask(**wished(to={"userId": to}))  # type: ignore[arg-type]
    assert answer.json()["error"]["message"] == (
        "There is no such conversation, or person, in your business."
    )


def test_another_business_and_a_colleague_cannot_change_the_call(
    stack: Stack, call: Controlled
) -> None:
    body = {"conversationId": call.conversation_id, "action": "hold"}
    for email, status in ((RIVAL, 404), ("rep2@henk.test", 403)):
        answer = Rep.sign_in(stack, email).ask("POST", "control", json=body)
        assert answer.status_code == status, answer.text
    assert call.seen_by_twilio()["rooms"] == []


def test_many_who_ask_at_once_are_served_one_after_the_other(
    stack: Stack, call: Controlled
) -> None:
    """Two reload the page and press again, a manager helps: one hold, one person rung."""
    manager = Rep.sign_in(stack, "manager@henk.test")
    body = {"conversationId": call.conversation_id, "action": "hold"}
    answers = together(
        [lambda: call.ask("hold")] * 3 + [lambda: manager.ask("POST", "control", json=body)]
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    add = {"to": {"number": NUMBER}}
    answers = together([lambda: call.ask("add", **add)] * 3)
    assert Counter(answer.status_code for answer in answers)[200] >= 1
    assert len(call.dialled()) == 1
    assert len(rows(stack, "select 1 from public.call_legs where to_number = %s", NUMBER)) == 1


def test_a_call_that_has_ended_is_not_in_progress(call: Controlled) -> None:
    call.end()
    call.wait_for("c.status = 'completed'")
    answer = call.ask("hold")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_in_progress")

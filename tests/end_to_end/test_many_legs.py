"""Hold, transfers and third parties on the real stack, with people who answer by a script."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from stack import Stack
from tests.end_to_end.clients import BOTH, RIVAL, Json, Rep
from tests.end_to_end.many_legs import (
    ANSWERS,
    DECLINES,
    EXPERT,
    FORBIDDEN,
    MANAGER,
    Call,
    Person,
    call,
    hear_each_other,
    hears_music,
    to,
    wait_until,
)


def test_a_lead_hears_music_on_hold_and_the_rep_afterwards(going_on: Call) -> None:
    held = going_on.control("hold")
    assert held["stage"] == "on_hold"
    assert {leg["role"]: leg["on_hold_since"] is not None for leg in held["legs"]} == {
        "agent": False,
        "lead": True,
    }
    hears_music(going_on)
    assert going_on.control("hold")["stage"] == "on_hold", "asked twice, it is done once"
    going_on.resumes()
    hear_each_other(going_on, "agent", "lead")
    going_on.resumes()

    going_on.lead_hangs_up()
    row = going_on.is_over()
    [hold] = going_on.of("call_holds")
    assert hold["ended_at"] > hold["started_at"]
    assert row["hold_seconds"] >= 0
    assert row["status"] == "completed"
    [lead] = going_on.legs("lead")
    assert row["duration_seconds"] == lead["duration_seconds"]
    done = sorted(going_on.of("call_actions"), key=lambda action: action["number"])
    assert [(action["action"], action["result"]) for action in done] == [
        ("hold", "done"),
        ("resume", "done"),
    ]


def test_a_cold_transfer_leaves_the_lead_with_the_colleague_and_the_rep_free(
    going_on: Call, robin: Person
) -> None:
    going_on.control("transfer", to=to(robin), mode="cold")
    going_on.waits_for("transferred")
    wait_until(lambda: going_on.legs("agent")[0]["ended_at"] is not None)
    [lead], [teammate] = (going_on.legs(role) for role in ("lead", "teammate"))
    assert teammate["user_id"] == robin.user_id
    assert teammate["asked_by"] == going_on.person.user_id
    hear_each_other(going_on, "lead", "teammate")
    assert going_on.network()["rooms"] == [], "a cold transfer needs no room"

    going_on.lead_hangs_up()
    row = going_on.is_over()
    assert (row["status"], row["hold_seconds"], row["stage"]) == ("completed", 0, None)
    [lead] = going_on.legs("lead")
    assert row["duration_seconds"] == lead["duration_seconds"]
    [teammate] = going_on.legs("teammate")
    assert teammate["status"] == "completed"


def test_a_warm_transfer_is_completed_after_a_word_in_private(
    going_on: Call, robin: Person
) -> None:
    ringing = going_on.control("transfer", to=to(robin), mode="warm")
    assert ringing["stage"] in ("ringing", "consulting")
    going_on.waits_for("consulting")
    hears_music(going_on)
    hear_each_other(going_on, "agent", "teammate")

    assert going_on.control("complete")["stage"] == "transferred"
    going_on.waits_for("transferred")
    hear_each_other(going_on, "lead", "teammate")
    wait_until(lambda: going_on.legs("agent")[0]["ended_at"] is not None)
    going_on.lead_hangs_up()
    row = going_on.is_over()
    assert (row["status"], row["call_back_at"]) == ("completed", None)
    assert len(going_on.of("call_holds")) == 1


def test_a_transfer_is_canceled_and_asked_again_and_all_three_are_merged(
    going_on: Call, robin: Person
) -> None:
    going_on.control("transfer", to=to(robin), mode="warm")
    going_on.waits_for("consulting")
    if going_on.control("cancel")["stage"] == "on_hold":
        going_on.control("resume")
    going_on.waits_for(None)
    hear_each_other(going_on, "agent", "lead")
    wait_until(lambda: going_on.legs("teammate")[0]["ended_at"] is not None)

    going_on.control("transfer", to=to(robin), mode="warm")
    going_on.waits_for("consulting")
    assert going_on.control("merge")["stage"] == "together"
    hear_each_other(going_on, "agent", "lead", "teammate")
    # The rep leaves, and the others go on.
    assert going_on.control("complete")["stage"] == "transferred"
    going_on.waits_for("transferred")
    hear_each_other(going_on, "lead", "teammate")


def test_a_third_party_is_added_and_removed(going_on: Call) -> None:
    going_on.control("add", to={"number": EXPERT})
    going_on.waits_for("together")
    hear_each_other(going_on, "agent", "lead", "third_party")
    [expert] = going_on.legs("third_party")
    assert expert["to_number"] == EXPERT
    going_on.control("remove", legId=expert["id"])
    going_on.waits_for(None)
    hear_each_other(going_on, "agent", "lead")
    wait_until(lambda: going_on.legs("third_party")[0]["ended_at"] is not None)
    assert going_on.of("call_holds") == []


@pytest.mark.parametrize("mode", ["cold", "warm"])
def test_a_colleague_who_declines_is_not_rung_twice(
    going_on: Call, robin: Person, mode: str
) -> None:
    robin.phone(DECLINES)
    going_on.person.phone(ANSWERS)
    going_on.control("transfer", to=to(robin), mode=mode)
    wait_until(lambda: going_on.legs("teammate")[0]["ended_at"] is not None)
    if mode == "warm":
        going_on.waits_for("on_hold")
        going_on.resumes()
    hear_each_other(going_on, "agent", "lead")
    assert len(going_on.legs("teammate")) == 1


def test_a_rep_whose_browser_is_gone_leaves_no_lead_with_music(
    going_on: Call, robin: Person
) -> None:
    """The lead is on hold and the rep's leg ends: the rep's other device is rung."""
    going_on.control("hold")
    hears_music(going_on)
    going_on.person.phone(ANSWERS)
    going_on.agent_hangs_up()
    wait_until(lambda: len([leg for leg in going_on.legs("agent") if leg["answered_at"]]) == 2)
    hear_each_other(going_on, "agent", "lead")


# --- Who may


def test_a_colleagues_call_is_not_controlled_by_another_agent_but_by_a_manager(
    stack: Stack, going_on: Call, robin: Person, business_id: str
) -> None:
    manager = Person.of(stack, MANAGER, business_id)
    for person in (robin, Person.of(stack, BOTH, business_id)):
        answer = person.control(going_on.conversation_id, "hold")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_your_call")
    assert going_on.row()["stage"] is None
    assert manager.control(going_on.conversation_id, "hold").status_code == 200
    going_on.resumes()


def test_another_businesss_call_and_people_do_not_exist(
    stack: Stack, going_on: Call, robin: Person
) -> None:
    rival = Rep.sign_in(stack, RIVAL)
    rivals = rival.rows("business_members", limit="1")[0]
    stranger = Person(rival, rivals["user_id"], rivals["business_id"])
    stranger.is_at_desk(ANSWERS)
    of_nobody = stranger.control(str(uuid.uuid4()), "hold")
    of_another = stranger.control(going_on.conversation_id, "hold")
    assert of_nobody.status_code == of_another.status_code == 404
    assert of_nobody.json()["error"]["code"] == of_another.json()["error"]["code"] == "not_found"

    for user_id in (stranger.user_id, str(uuid.uuid4())):
        for mode in ("cold", "warm"):
            refused = going_on.refuses("transfer", to={"userId": user_id}, mode=mode)
            assert refused == (404, "not_found")
        assert going_on.refuses("add", to={"userId": user_id}) == (404, "not_found")
    for table in ("call_legs", "call_holds", "call_actions", "rep_presence"):
        rows = rival.rows(table)
        assert {row["business_id"] for row in rows} <= {stranger.business_id}
    names = stranger.asks("list_colleagues", p_business_id=stranger.business_id).json()
    assert robin.user_id not in {person["user_id"] for person in names}
    assert going_on.row()["stage"] is None


# --- Bad input

REFUSED: dict[str, tuple[Json, tuple[int, str]]] = {
    "no action": ({}, (400, "invalid_request")),
    "another action": ({"action": "explode"}, (400, "invalid_request")),
    "an action that comes later": ({"action": "record"}, (400, "invalid_request")),
    "transfer to nobody": ({"action": "transfer", "mode": "warm"}, (400, "invalid_request")),
    "transfer in another mode": (
        {"action": "transfer", "mode": "hot", "to": {"number": EXPERT}},
        (400, "invalid_request"),
    ),
    "to a person and a number": (
        {"action": "add", "to": {"number": EXPERT, "userId": str(uuid.uuid4())}},
        (400, "invalid_request"),
    ),
    "to a text": ({"action": "add", "to": EXPERT}, (400, "invalid_request")),
    "to no id": ({"action": "add", "to": {"userId": "robin"}}, (400, "invalid_request")),
    "remove without a leg": ({"action": "remove"}, (400, "invalid_request")),
    "remove a leg that is not there": (
        {"action": "remove", "legId": str(uuid.uuid4())},
        (404, "not_found"),
    ),
    "a number on the do-not-call list": (
        {"action": "add", "to": {"number": FORBIDDEN}},
        (409, "blocked"),
    ),
    "a premium number": (
        {"action": "transfer", "mode": "cold", "to": {"number": "+19005551234"}},
        (409, "blocked"),
    ),
}


@pytest.fixture(scope="module")
def undisturbed(dana: Person) -> Iterator[Call]:
    """A call that nothing of what is refused may change."""
    with call(dana) as made:
        yield made


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_and_the_call_goes_on(undisturbed: Call, what: str) -> None:
    body, (status, code) = REFUSED[what]
    answer = undisturbed.person.rep.ask(
        "POST", "control", json={"conversationId": undisturbed.conversation_id, **body}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    if code == "blocked":
        assert answer.json()["error"]["blockReason"]
    hear_each_other(undisturbed, "agent", "lead")
    assert undisturbed.row()["stage"] is None
    assert len(undisturbed.of("call_legs")) == 2


@pytest.mark.parametrize("action", ["complete", "merge", "cancel"])
def test_what_makes_no_sense_now_is_refused(undisturbed: Call, action: str) -> None:
    assert undisturbed.refuses(action) == (409, "not_in_progress")
    assert undisturbed.row()["stage"] is None


def test_nobody_is_transferred_to_oneself_or_to_somebody_who_cannot_be_rung(
    undisturbed: Call, robin: Person
) -> None:
    dana = undisturbed.person
    status, _ = undisturbed.refuses("transfer", to=to(dana), mode="warm")
    assert status in (400, 409)
    robin.is_at_desk(ANSWERS, "away")
    assert undisturbed.refuses("transfer", to=to(robin), mode="warm") == (409, "away")
    robin.is_at_desk(ANSWERS)
    with call(robin):
        assert undisturbed.refuses("transfer", to=to(robin), mode="cold") == (409, "busy")
    assert len(undisturbed.of("call_legs")) == 2


def test_a_call_that_has_ended_cannot_be_controlled(dana: Person, robin: Person) -> None:
    with call(dana) as made:
        made.lead_hangs_up()
        made.is_over()
        for action, more in (
            ("hold", {}),
            ("transfer", {"to": to(robin), "mode": "warm"}),
            ("add", {"to": {"number": EXPERT}}),
        ):
            assert made.refuses(action, **more) == (409, "not_in_progress")


# --- Many at once


def test_what_is_asked_many_times_at_once_is_done_once(going_on: Call, robin: Person) -> None:
    def ask(_: int) -> int:
        answer = going_on.person.control(
            going_on.conversation_id, "transfer", to=to(robin), mode="warm"
        )
        return answer.status_code

    with ThreadPoolExecutor(6) as pool:
        codes = Counter(pool.map(ask, range(6)))
    assert set(codes) <= {200, 409}
    assert codes[200] >= 1
    going_on.waits_for("consulting")
    assert len(going_on.legs("teammate")) == 1
    dialled = [leg for leg in going_on.network()["legs"] if robin.identity in str(leg["to"])]
    assert len(dialled) == 1


def test_different_actions_at_once_leave_a_call_that_can_be_told(
    going_on: Call, robin: Person
) -> None:
    wishes: list[tuple[str, Json]] = [
        ("hold", {}),
        ("resume", {}),
        ("transfer", {"to": to(robin), "mode": "warm"}),
        ("add", {"to": {"number": EXPERT}}),
        ("cancel", {}),
        ("hold", {}),
    ]

    def ask(wish: tuple[str, Json]) -> int:
        return going_on.person.control(going_on.conversation_id, wish[0], **wish[1]).status_code

    with ThreadPoolExecutor(len(wishes)) as pool:
        codes = list(pool.map(ask, wishes))
    assert set(codes) <= {200, 409, 503}, codes
    assert len(going_on.legs("teammate")) <= 1
    assert len(going_on.legs("third_party")) <= 1

    def lead_is_where_the_database_says() -> bool:
        [lead] = going_on.legs("lead")
        return (lead["on_hold_since"] is not None) == (going_on.hears(lead) == ["music"])

    wait_until(lead_is_where_the_database_says)

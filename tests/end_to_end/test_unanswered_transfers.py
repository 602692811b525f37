"""A lead whom nobody takes is not left alone. The phone network's clock is fast: it rings long."""

from __future__ import annotations

from tests.end_to_end.many_legs import (
    ANSWERS,
    LEAD,
    NOBODY_ANSWERS,
    RINGS_ON,
    Call,
    Person,
    hear_each_other,
    to,
    wait_until,
)


def test_a_lead_whom_nobody_takes_comes_back_to_who_transferred_them(
    going_on: Call, robin: Person
) -> None:
    robin.phone(RINGS_ON)
    going_on.person.phone(ANSWERS)
    going_on.control("transfer", to=to(robin), mode="cold")
    wait_until(lambda: len([leg for leg in going_on.legs("agent") if leg["answered_at"]]) == 2)
    first, returned = sorted(going_on.legs("agent"), key=lambda leg: leg["answered_at"])
    wait_until(
        lambda: any(leg["id"] == first["id"] and leg["ended_at"] for leg in going_on.legs("agent"))
    )
    assert returned["user_id"] in (None, going_on.person.user_id)
    hear_each_other(going_on, "agent", "lead")
    # She may have been rung again.
    wait_until(lambda: {leg["status"] for leg in going_on.legs("teammate")} == {"no-answer"})
    assert going_on.row()["call_back_at"] is None


def test_a_lead_whom_nobody_takes_at_all_is_promised_a_call(going_on: Call, robin: Person) -> None:
    robin.phone(RINGS_ON)
    going_on.person.phone(RINGS_ON)
    going_on.control("transfer", to=to(robin), mode="cold")
    row = going_on.is_over()
    assert row["call_back_at"] is not None
    assert (row["status"], row["stage"]) == ("completed", None)
    said = [document["body"] for document in going_on.network()["documents"]]
    assert any("<Say" in body for body in said)


def test_a_number_that_nobody_answers_leaves_the_lead_with_the_rep(going_on: Call) -> None:
    going_on.control("add", to={"number": NOBODY_ANSWERS})
    wait_until(lambda: going_on.legs("third_party")[0]["status"] == "no-answer")
    going_on.waits_for(None)
    hear_each_other(going_on, "agent", "lead")
    assert going_on.row()["to_number"] == LEAD

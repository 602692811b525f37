"""`make caller-id`: a number of the account, given to one business."""

from __future__ import annotations

import uuid

import pytest

from functions.doctor.inputs import Inputs, read
from functions.operate.caller_id import check_at_twilio, give_number, take_number
from functions.operate.command import Refused
from stack import Stack
from tests.supabase.tenants import Connection, fetch

NUMBER = "+14155550178"


@pytest.fixture
def business(db: Connection) -> str:
    identifier = uuid.uuid4()
    db.execute("insert into public.businesses (id, name) values (%s, 'Solar One')", (identifier,))
    return str(identifier)


def numbers(db: Connection, business: str) -> dict[str, bool]:
    """The business's numbers, and whether each is the usual one."""
    sql = "select phone_number, is_default from public.phone_numbers where business_id = %s"
    return {row["phone_number"]: row["is_default"] for row in fetch(db, sql, business)}


def test_the_first_number_is_the_usual_one_and_twice_is_once(db: Connection, business: str) -> None:
    assert "shows it from now on" in give_number(db, NUMBER, "solar one")
    assert "Nothing was changed" in give_number(db, NUMBER, business)
    assert "can choose it" in give_number(db, "+14155550179", business)
    assert numbers(db, business) == {NUMBER: True, "+14155550179": False}


def test_a_number_of_another_business_is_not_given_away(db: Connection, business: str) -> None:
    give_number(db, NUMBER, business)
    db.execute("insert into public.businesses (name) values ('Solar Two')")
    with pytest.raises(Refused, match=r"is a caller ID of Solar One .* TAKE=1"):
        give_number(db, NUMBER, "Solar Two")
    with pytest.raises(Refused, match="no business of the name"):
        give_number(db, NUMBER, "Solar Three")


def test_it_can_be_taken_away_again(db: Connection, business: str) -> None:
    give_number(db, NUMBER, business)
    assert "a manager chooses another" in take_number(db, NUMBER, business)
    assert "Nothing was changed" in take_number(db, NUMBER, business)
    assert numbers(db, business) == {}


def test_twilio_must_know_the_number(stack: Stack) -> None:
    inputs = Inputs(*read(stack.env))
    check_at_twilio(inputs, "+14155550100")
    with pytest.raises(Refused, match="does not belong to the account"):
        check_at_twilio(inputs, "+14155559998")
    without = Inputs(*read({**stack.env, "TWILIO_AUTH_TOKEN": ""}))
    with pytest.raises(Refused, match="without TWILIO_AUTH_TOKEN"):
        check_at_twilio(without, "+14155550100")

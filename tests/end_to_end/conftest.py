"""People of the demo business, and a call that goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.end_to_end.many_legs import ANSWERS, COLLEAGUE, EXPERT, Call, Person, call, talks_on


@pytest.fixture(scope="module")
def business_id(stack: Stack) -> str:
    return stack.env["DEMO_BUSINESS_ID"]


@pytest.fixture(scope="module")
def dana(stack: Stack, business_id: str) -> Person:
    talks_on(stack, EXPERT)
    return Person.of(stack, DEMO, business_id)


@pytest.fixture(scope="module")
def the_colleague(stack: Stack, business_id: str) -> Person:
    return Person.of(stack, COLLEAGUE, business_id)


@pytest.fixture
def robin(the_colleague: Person, dana: Person) -> Iterator[Person]:
    """A colleague who answers after a second and talks on. Dana's own phone is not registered."""
    the_colleague.is_at_desk(ANSWERS)
    yield the_colleague
    the_colleague.is_at_desk(ANSWERS, "away")
    dana.phone(None)


@pytest.fixture
def going_on(dana: Person) -> Iterator[Call]:
    """Dana talks with a lead."""
    with call(dana) as made:
        yield made

"""Many people and functions at one call in the same moment, on connections of their own."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.asked import Answer, AskedCall, add_colleague, one
from tests.supabase.decisions import limit
from tests.supabase.tenants import Connection, Tenant, committed_tenant, dialled

AT_ONCE = 12
Ask = Callable[[AskedCall], Answer]


@pytest.fixture
def tenant(postgres: Postgres) -> Iterator[Tenant]:
    with committed_tenant(postgres, 72) as made:
        yield made


@pytest.fixture
def admin(postgres: Postgres) -> Iterator[Connection]:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        yield connection


def make_call(postgres: Postgres, tenant: Tenant) -> AskedCall:
    with psycopg.connect(postgres.url()) as connection:
        return AskedCall(connection, tenant).answer()


def at_once(postgres: Postgres, calls: Sequence[AskedCall], ask: Ask) -> list[Answer]:
    def on_its_own(call: AskedCall) -> Answer:
        with psycopg.connect(postgres.url()) as connection:
            mine = copy.copy(call)
            mine.db = connection
            return ask(mine)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(on_its_own, calls))


def colleague_of(postgres: Postgres, tenant: Tenant) -> uuid.UUID:
    with psycopg.connect(postgres.url()) as connection:
        return add_colleague(connection, tenant)


def test_a_wish_that_comes_many_times_at_once_is_carried_out_by_one(
    postgres: Postgres, tenant: Tenant, admin: Connection
) -> None:
    user_id, call = colleague_of(postgres, tenant), make_call(postgres, tenant)
    answers = at_once(
        postgres, [call] * AT_ONCE, lambda it: it.ask("transfer", user=user_id, mode="cold")
    )
    assert [answer["wait"] for answer in answers].count(False) == 1
    assert len({answer["action"]["id"] for answer in answers}) == 1
    legs = "select count(*) from public.call_legs where conversation_id = %s and asked_at notnull"
    assert one(admin, legs, call.id) == 1


def test_of_many_who_transfer_to_one_colleague_at_once_one_rings_them(
    postgres: Postgres, tenant: Tenant
) -> None:
    user_id = colleague_of(postgres, tenant)
    calls = [make_call(postgres, tenant) for _ in range(AT_ONCE)]
    answers = at_once(postgres, calls, lambda it: it.ask("transfer", user=user_id, mode="warm"))
    errors = [answer.get("error") for answer in answers]
    assert sorted(errors, key=str) == sorted([None, *["busy"] * (AT_ONCE - 1)], key=str)


def test_of_many_numbers_added_at_once_as_many_are_dialled_as_the_limit_allows(
    postgres: Postgres, tenant: Tenant, admin: Connection
) -> None:
    calls = [make_call(postgres, tenant) for _ in range(AT_ONCE)]
    limit(admin, tenant, concurrent_calls=AT_ONCE + 3)
    answers = at_once(postgres, calls, lambda it: it.ask("add", to=dialled("+14155550199")))
    reasons = [answer.get("block_reason") for answer in answers]
    assert reasons.count(None) == 3
    assert reasons.count("too_many_calls_at_once") == AT_ONCE - 3


def test_a_dial_action_that_comes_many_times_at_once_rings_one_leg(
    postgres: Postgres, tenant: Tenant, admin: Connection
) -> None:
    user_id, call = colleague_of(postgres, tenant), make_call(postgres, tenant)
    with psycopg.connect(postgres.url()) as connection:
        call.db = connection
        leg_id = call.transfer_cold(user=user_id)
        call.time_passes()
    answers = at_once(
        postgres,
        [call] * AT_ONCE,
        lambda it: it.go_on("transfer", it.lead_sid, "busy", leg=leg_id),
    )
    assert {answer["next"] for answer in answers} == {"ring"}
    assert len({answer["ring"]["leg_id"] for answer in answers}) == 1
    returns = "select count(*) from public.call_actions where conversation_id = %s and action = %s"
    assert one(admin, returns, call.id, "return") == 1


def test_different_wishes_at_once_are_taken_one_after_the_other(
    postgres: Postgres, tenant: Tenant, admin: Connection
) -> None:
    call = make_call(postgres, tenant)
    wishes = iter(["hold", "add", "hold", "add"] * 3)
    answers = at_once(
        postgres,
        [call] * AT_ONCE,
        lambda it: (
            it.ask("hold") if next(wishes) == "hold" else it.ask("add", to=dialled("+14155550198"))
        ),
    )
    assert [answer["wait"] for answer in answers].count(False) == 1
    open_ = "select count(*) from public.call_actions where conversation_id = %s and result is null"
    assert one(admin, open_, call.id) == 1

"""Who gets a Twilio access token, for which business, and how many a minute."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from stack.postgres import Postgres
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    attempt,
    committed_tenant,
    fetch,
    wait_until_blocked,
)

TTL_SECONDS = 3600


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def grant(
    db: Connection, user_id: uuid.UUID, business_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """public.grant_access_token as the token endpoint calls it."""
    with as_user(db, user_id):
        row = db.execute(
            "select public.grant_access_token(%s, %s)", (business_id, TTL_SECONDS)
        ).fetchone()
    assert row is not None
    answer: dict[str, Any] = row[0]
    return answer


def limit(db: Connection, tenant: Tenant, per_minute: int) -> None:
    db.execute(
        "update public.businesses set token_grants_per_minute = %s where id = %s",
        (per_minute, tenant.business_id),
    )


def granted(db: Connection, tenant: Tenant, *seconds_ago: float) -> None:
    """Puts earlier grants of the tenant's rep on record."""
    for seconds in seconds_ago:
        db.execute(
            "insert into public.token_grants (business_id, user_id, granted_at, expires_at)"
            " values (%s, %s, clock_timestamp() - make_interval(secs => %s), now())",
            (tenant.business_id, tenant.user_id, seconds),
        )


def grants_of(db: Connection, user_id: uuid.UUID) -> list[dict[str, Any]]:
    return fetch(db, "select * from public.token_grants where user_id = %s", user_id)


def test_a_grant_names_the_business_and_its_caller_id_and_is_on_record(
    db: Connection, tenant: Tenant
) -> None:
    expected = {"business_id": str(tenant.business_id), "caller_id": tenant.caller_id}
    assert grant(db, tenant.user_id, tenant.business_id) == expected
    (row,) = grants_of(db, tenant.user_id)
    assert row["business_id"] == tenant.business_id
    assert (row["expires_at"] - row["granted_at"]).total_seconds() == pytest.approx(
        TTL_SECONDS, abs=1
    )


def test_a_business_without_a_default_caller_id_still_gets_a_token(
    db: Connection, tenant: Tenant
) -> None:
    db.execute("update public.phone_numbers set is_default = false")
    assert grant(db, tenant.user_id)["caller_id"] is None


def test_the_only_business_of_a_user_need_not_be_named(db: Connection, tenant: Tenant) -> None:
    assert grant(db, tenant.user_id)["business_id"] == str(tenant.business_id)


def test_a_user_of_several_businesses_must_name_one(db: Connection, tenant: Tenant) -> None:
    other = add_tenant(db, 2)
    add_member(db, other.business_id, tenant.user_id)
    assert grant(db, tenant.user_id) == {"error": "business_required"}
    assert grants_of(db, tenant.user_id) == []
    for chosen in (tenant, other):
        assert grant(db, tenant.user_id, chosen.business_id) == {
            "business_id": str(chosen.business_id),
            "caller_id": chosen.caller_id,
        }


def test_a_user_who_is_not_a_member_gets_no_token_and_does_not_learn_what_exists(
    db: Connection, tenant: Tenant
) -> None:
    refused = {"error": "not_a_member"}
    stranger, foreign = add_user(db), add_tenant(db, 2)
    assert grant(db, stranger) == refused
    assert grant(db, stranger, tenant.business_id) == refused
    assert grant(db, tenant.user_id, foreign.business_id) == refused
    assert grant(db, tenant.user_id, uuid.uuid4()) == refused
    db.execute("delete from public.business_members where user_id = %s", (tenant.user_id,))
    assert grant(db, tenant.user_id) == refused
    assert grant(db, tenant.user_id, tenant.business_id) == refused
    assert fetch(db, "select from public.token_grants") == []


def test_a_token_without_a_user_gets_none(db: Connection, tenant: Tenant) -> None:
    with as_role(db, "authenticated", {"role": "authenticated"}):
        row = db.execute("select public.grant_access_token(null, 3600)").fetchone()
    assert row == ({"error": "signed_out"},)


def test_at_the_limit_of_a_minute_the_wait_is_told(db: Connection, tenant: Tenant) -> None:
    limit(db, tenant, 3)
    answers = [grant(db, tenant.user_id) for _ in range(5)]
    assert ["error" in answer for answer in answers] == [False] * 3 + [True] * 2
    assert answers[3].keys() == {"error", "retry_after"}
    assert answers[3]["error"] == "rate_limited"
    assert 1 <= answers[3]["retry_after"] <= 60
    # A refusal does not count as a grant, so it does not lengthen the wait.
    assert len(grants_of(db, tenant.user_id)) == 3


def test_grants_of_more_than_a_minute_ago_do_not_count(db: Connection, tenant: Tenant) -> None:
    limit(db, tenant, 2)
    granted(db, tenant, 61, 75, 90, 3600)
    assert "error" not in grant(db, tenant.user_id)
    assert "error" not in grant(db, tenant.user_id)
    assert grant(db, tenant.user_id)["error"] == "rate_limited"


@pytest.mark.parametrize(
    ("per_minute", "seconds_ago", "wait"),
    [(1, [10], 50), (2, [10, 40], 20), (2, [10, 20, 50], 40), (3, [5, 6, 7, 70], 53)],
)
def test_the_wait_ends_when_enough_grants_have_left_the_minute(
    db: Connection, tenant: Tenant, per_minute: int, seconds_ago: list[float], wait: int
) -> None:
    """The limit may have been lowered since: then more than one grant must leave."""
    limit(db, tenant, per_minute)
    granted(db, tenant, *seconds_ago)
    retry_after = grant(db, tenant.user_id)["retry_after"]
    # A slow machine makes it less, never more.
    assert 1 <= retry_after <= wait
    assert retry_after > wait - 5


def test_the_limit_is_the_users_and_not_the_businesss(db: Connection, tenant: Tenant) -> None:
    limit(db, tenant, 2)
    colleague = add_user(db)
    add_member(db, tenant.business_id, colleague)
    granted(db, tenant, 1, 2)
    assert grant(db, tenant.user_id)["error"] == "rate_limited"
    assert "error" not in grant(db, colleague)


def test_another_business_is_no_way_around_the_limit(db: Connection, tenant: Tenant) -> None:
    other = add_tenant(db, 2)
    add_member(db, other.business_id, tenant.user_id)
    limit(db, other, 2)
    granted(db, tenant, 1, 2)
    assert grant(db, tenant.user_id, other.business_id)["error"] == "rate_limited"
    assert "error" not in grant(db, tenant.user_id, tenant.business_id)


def test_of_many_at_once_exactly_the_limit_is_granted(postgres: Postgres) -> None:
    per_minute = 3
    start = threading.Barrier(3 * per_minute)

    def ask(tenant: Tenant) -> dict[str, Any]:
        with psycopg.connect(postgres.url()) as connection:
            start.wait(timeout=60)
            return grant(connection, tenant.user_id)

    with (
        committed_tenant(postgres, 63) as tenant,
        psycopg.connect(postgres.url(), autocommit=True) as admin,
        ThreadPoolExecutor(3 * per_minute) as pool,
    ):
        limit(admin, tenant, per_minute)
        # Nobody can write before all have counted or wait for their turn.
        with psycopg.connect(postgres.url()) as gate:
            gate.execute("lock table public.token_grants in share mode")
            asked = [pool.submit(ask, tenant) for _ in range(3 * per_minute)]
            wait_until_blocked(admin, "postgres", len(asked))
        answers = [question.result(timeout=60) for question in asked]
        assert sum("error" not in answer for answer in answers) == per_minute
        assert len(grants_of(admin, tenant.user_id)) == per_minute
        refused = [answer for answer in answers if "error" in answer]
        assert {answer["error"] for answer in refused} == {"rate_limited"}
        assert all(1 <= answer["retry_after"] <= 60 for answer in refused)


def test_users_do_not_wait_for_each_other(postgres: Postgres) -> None:
    with (
        committed_tenant(postgres, 64) as tenant,
        committed_tenant(postgres, 65) as other,
        psycopg.connect(postgres.url()) as first,
        psycopg.connect(postgres.url()) as second,
    ):
        grant(first, tenant.user_id)
        second.execute("set local lock_timeout = '2s'")
        assert "error" not in grant(second, other.user_id)


def test_a_grant_for_a_business_of_others_is_refused_even_in_sql(
    db: Connection, tenant: Tenant
) -> None:
    """The one function with more rights than its caller checks for itself."""
    foreign = add_tenant(db, 2)
    with pytest.raises(InsufficientPrivilege, match="not a member"), as_user(db, tenant.user_id):
        db.execute("select private.log_token_grant(%s, 3600)", (foreign.business_id,))


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.token_grants (business_id, user_id, expires_at)"
        " values (%(business)s, %(user)s, now())",
        "update public.token_grants set granted_at = '2000-01-01'",
        "delete from public.token_grants",
        "truncate public.token_grants",
    ],
)
def test_users_cannot_write_or_forget_their_grants(
    db: Connection, tenant: Tenant, statement: str
) -> None:
    grant(db, tenant.user_id)
    with pytest.raises(InsufficientPrivilege), as_user(db, tenant.user_id):
        db.execute(statement, {"business": tenant.business_id, "user": tenant.user_id})


@pytest.mark.parametrize("ttl_seconds", [None, 0, -86400])
def test_a_grant_on_record_lasts_as_long_as_a_token_can(
    db: Connection, tenant: Tenant, ttl_seconds: int | None
) -> None:
    """The function is there for every signed-in user over REST, past the token endpoint."""
    with as_user(db, tenant.user_id):
        try:
            db.execute("select public.grant_access_token(null, %s)", (ttl_seconds,))
        except psycopg.errors.DataError:
            return
    (row,) = grants_of(db, tenant.user_id)
    assert 0 < (row["expires_at"] - row["granted_at"]).total_seconds() < 86400


def test_the_record_of_a_grant_outlives_the_account(db: Connection, tenant: Tenant) -> None:
    grant(db, tenant.user_id)
    db.execute("delete from auth.users where id = %s", (tenant.user_id,))
    assert len(grants_of(db, tenant.user_id)) == 1


def test_a_user_who_signed_out_or_is_banned_gets_no_token(db: Connection, tenant: Tenant) -> None:
    session_id = uuid.uuid4()
    claims = {"sub": str(tenant.user_id), "role": "authenticated", "session_id": str(session_id)}

    def granted() -> bool:
        with as_role(db, "authenticated", claims):
            rows = fetch(db, "select public.grant_access_token(null, 3600) as answer")
        answer: dict[str, object] = rows[0]["answer"]
        assert "business_id" in answer or answer == {"error": "signed_out"}
        return "business_id" in answer

    assert not granted()
    db.execute(
        "insert into auth.sessions (id, user_id) values (%s, %s)", (session_id, tenant.user_id)
    )
    assert granted()
    for barred in (
        "update auth.users set banned_until = now() + interval '1 day' where id = %s",
        "update auth.users set deleted_at = now() where id = %s",
        "delete from auth.sessions where user_id = %s",
        "update auth.sessions set not_after = now() - interval '1 minute' where user_id = %s",
    ):
        with attempt(db):
            db.execute(barred, (tenant.user_id,))
            assert not granted(), barred
    claims["session_id"] = "nonsense"
    assert not granted()
    del claims["session_id"]
    assert granted()

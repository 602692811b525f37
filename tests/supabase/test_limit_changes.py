"""Who may change a business's limits, to what, and what is left of it."""

from __future__ import annotations

import uuid
from string import ascii_uppercase

import pytest
from psycopg import sql
from psycopg.errors import CheckViolation

from shared.phone_numbers import COUNTRIES
from tests.supabase.decisions import (
    limit,
)
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_user,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def change(db: Connection, user_id: uuid.UUID, tenant: Tenant, column: str, value: object) -> int:
    """How many rows the user's update reached."""
    with as_user(db, user_id):
        return db.execute(
            sql.SQL("update public.businesses set {} = %s where id = %s").format(
                sql.Identifier(column)
            ),
            (value, tenant.business_id),
        ).rowcount


@pytest.mark.parametrize(("role", "reached"), [("owner", 1), ("manager", 1), ("agent", 0)])
def test_managers_change_the_limits_of_their_own_business_only(
    db: Connection, ours: Tenant, role: str, reached: int
) -> None:
    theirs, user = add_tenant(db, 2), add_user(db)
    add_member(db, ours.business_id, user, role)
    add_member(db, theirs.business_id, user)
    add_member(db, ours.business_id, add_user(db), "owner")
    assert change(db, user, ours, "concurrent_calls", 7) == reached
    assert change(db, user, theirs, "concurrent_calls", 7) == 0
    db.execute("delete from public.business_members where user_id = %s", (user,))
    assert change(db, user, ours, "concurrent_calls", 8) == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("country", "QQ"),
        ("allowed_countries", ["us"]),
        ("allowed_countries", ["US", "QQ"]),
        ("allowed_countries", ["US", "001"]),
        ("allowed_countries", [None]),
        ("allowed_countries", ["US,DE"]),
        ("allowed_countries", [["US", "DE"]]),
        ("allowed_countries", ["US"] * 251),
        ("calling_hours_start", None),
        ("calling_hours_start", "22:00"),
        ("calling_hours_end", "08:00"),
        ("calls_per_rep_per_minute", 0),
        ("calls_per_rep_per_minute", 1001),
        ("calls_per_rep_per_day", 0),
        ("calls_per_rep_per_day", 100001),
        ("concurrent_calls", 0),
        ("concurrent_calls", 1001),
        ("max_call_seconds", 14401),
        ("token_grants_per_minute", 0),
        ("token_grants_per_minute", 100001),
    ],
)
def test_a_limit_is_never_nonsense(
    db: Connection, ours: Tenant, column: str, value: object
) -> None:
    user = add_user(db)
    add_member(db, ours.business_id, user, "manager")
    limit(db, ours, calling_hours_start="08:00", calling_hours_end="21:00")
    with pytest.raises(CheckViolation):
        change(db, user, ours, column, value)


def test_the_database_and_the_endpoints_know_the_same_countries(db: Connection) -> None:
    codes = [first + second for first in ascii_uppercase for second in ascii_uppercase]
    known = {
        code
        for code in codes
        if db.execute("select private.are_countries(array[%s])", (code,)).fetchone() == (True,)
    }
    assert known == COUNTRIES

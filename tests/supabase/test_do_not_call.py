"""Who puts a number on the list, and who cannot take it off."""

from __future__ import annotations

import pytest
from psycopg.errors import InsufficientPrivilege, UniqueViolation

from tests.supabase.decisions import (
    reason,
)
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    attempt,
    fetch,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


def test_a_rep_puts_a_number_on_the_list_and_their_name_to_it(db: Connection, ours: Tenant) -> None:
    forbid = (
        "insert into public.do_not_call (business_id, phone_number, reason) values (%s, %s, %s)"
    )
    with as_user(db, ours.user_id):
        db.execute(forbid, (ours.business_id, ours.lead_number, "Asked me to"))
    assert reason(db, ours) == "do_not_call"
    (entry,) = fetch(db, "select * from public.do_not_call")
    assert entry["created_by"] == ours.user_id

    theirs = add_tenant(db, 2)
    upsert = f"{forbid} on conflict (business_id, phone_number) do update set reason = '-'"
    for statement in (forbid, upsert):
        with attempt(db), pytest.raises(InsufficientPrivilege), as_user(db, ours.user_id):
            db.execute(statement, (theirs.business_id, "+14155550111", "Not mine to say"))
    with attempt(db), pytest.raises(UniqueViolation), as_user(db, ours.user_id):
        db.execute(forbid, (ours.business_id, ours.lead_number, "Again"))
    for statement in (
        "update public.do_not_call set reason = ''",
        "delete from public.do_not_call",
        "insert into public.do_not_call (business_id, phone_number, created_by)"
        f" values ('{ours.business_id}', '+14155550112', '{theirs.user_id}')",
    ):
        with attempt(db), pytest.raises(InsufficientPrivilege), as_user(db, ours.user_id):
            db.execute(statement)

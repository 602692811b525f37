"""Who gives whom which role, who takes whom out of a business, and that it keeps an owner."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.errors import CheckViolation

from stack.postgres import Postgres
from tests.supabase.people import add_person, ask, roles
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    attempt,
    begin_call,
    committed_tenant,
    fetch,
    new_call_sid,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    """A business with an agent alone."""
    return add_tenant(db, 1)


# Who asks, whose role it is, and the roles that they may give.
@pytest.mark.parametrize(
    ("role", "other", "allowed"),
    [
        ("owner", "owner", {"owner", "manager", "agent"}),
        ("owner", "manager", {"owner", "manager", "agent"}),
        ("owner", "agent", {"owner", "manager", "agent"}),
        ("manager", "owner", set()),
        ("manager", "manager", set()),
        ("manager", "agent", {"agent"}),
        ("agent", "owner", set()),
        ("agent", "agent", set()),
    ],
)
def test_owners_manage_everybody_and_managers_agents(
    db: Connection, ours: Tenant, role: str, other: str, allowed: set[str]
) -> None:
    add_person(db, ours, "owner")
    asks, changed = add_person(db, ours, role), add_person(db, ours, other)
    for wanted in ("owner", "manager", "agent"):
        answer = ask(db, asks, "change_role", ours.business_id, changed, wanted)
        assert answer == ({"role": wanted} if wanted in allowed else {"error": "not_allowed"})
    removed = ask(db, asks, "remove_member", ours.business_id, changed)
    # What they were given last: an agent.
    assert removed == ({"removed": True} if allowed else {"error": "not_allowed"})
    assert (changed not in roles(db, ours)) == bool(allowed)


def test_strangers_and_former_members_change_nobody(db: Connection, ours: Tenant) -> None:
    owner, stranger = add_person(db, ours, "owner"), add_person(db, add_tenant(db, 2), "owner")
    former = add_person(db, ours, "owner")
    assert ask(db, former, "remove_member", ours.business_id, former) == {"removed": True}
    before = roles(db, ours)
    for who in (stranger, former):
        for function, values in (
            ("change_role", (ours.user_id, "manager")),
            ("remove_member", (ours.user_id,)),
            ("hand_over_business", (ours.user_id,)),
        ):
            answer = ask(db, who, function, ours.business_id, *values)
            assert answer == {"error": "not_found"}
    # An agent does not learn who else has an account.
    assert ask(db, owner, "remove_member", ours.business_id, stranger) == {"error": "not_a_member"}
    agent = ask(db, ours.user_id, "remove_member", ours.business_id, stranger)
    assert agent == {"error": "not_allowed"}
    assert roles(db, ours) == before


@pytest.mark.parametrize("role", ["Owner", "admin", "", None])
def test_there_are_three_roles(db: Connection, ours: Tenant, role: str | None) -> None:
    owner = add_person(db, ours, "owner")
    answer = ask(db, owner, "change_role", ours.business_id, ours.user_id, role)
    assert answer == {"error": "invalid_request"}


def test_the_last_owner_stays(db: Connection, ours: Tenant) -> None:
    owner, manager = add_person(db, ours, "owner"), add_person(db, ours, "manager")
    for function, values in (("change_role", ("manager",)), ("remove_member", ())):
        answer = ask(db, owner, function, ours.business_id, owner, *values)
        assert answer == {"error": "last_owner"}
    for statement in (
        "update public.business_members set role = 'agent' where user_id = %s",
        "delete from public.business_members where user_id = %s",
    ):
        # Whoever asks, an operator too.
        with attempt(db), as_role(db, "service_role"), pytest.raises(CheckViolation):
            db.execute(statement.encode(), (owner,))

    handed = ask(db, owner, "hand_over_business", ours.business_id, manager)
    assert handed == {"owner": str(manager)}
    assert roles(db, ours) == {ours.user_id: "agent", owner: "manager", manager: "owner"}
    assert ask(db, owner, "remove_member", ours.business_id, owner) == {"removed": True}


def test_only_an_owner_hands_over_and_not_to_themselves(db: Connection, ours: Tenant) -> None:
    owner, manager = add_person(db, ours, "owner"), add_person(db, ours, "manager")
    answer = ask(db, manager, "hand_over_business", ours.business_id, ours.user_id)
    assert answer == {"error": "not_allowed"}
    answer = ask(db, owner, "hand_over_business", ours.business_id, owner)
    assert answer == {"error": "invalid_request"}
    assert roles(db, ours)[owner] == "owner"


def test_a_deleted_account_leaves_the_business_to_the_longest_manager(
    db: Connection, ours: Tenant
) -> None:
    owner = add_person(db, ours, "owner")
    late, early = add_person(db, ours, "manager"), add_person(db, ours, "manager")
    db.execute(
        "update public.business_members set created_at = now() - interval '1 year'"
        " where user_id = %s",
        (early,),
    )
    db.execute("delete from auth.users where id = %s", (owner,))
    assert roles(db, ours) == {ours.user_id: "agent", late: "manager", early: "owner"}


def test_a_business_can_be_deleted_whole(db: Connection, ours: Tenant) -> None:
    add_person(db, ours, "owner")
    db.execute("delete from public.businesses where id = %s", (ours.business_id,))
    assert roles(db, ours) == {}


def test_who_was_removed_reads_nothing_calls_nobody_and_has_no_lead(
    db: Connection, ours: Tenant
) -> None:
    owner = add_person(db, ours, "owner")
    db.execute(
        "insert into public.queue_entries (business_id, campaign_id, lead_id) values (%s, %s, %s)",
        (ours.business_id, ours.campaign_id, ours.lead_id),
    )
    assert ask(db, ours.user_id, "next_lead", ours.campaign_id)["entry"] is not None
    ask(db, ours.user_id, "set_presence", ours.business_id, "available")
    assert ask(db, owner, "remove_member", ours.business_id, ours.user_id) == {"removed": True}
    refused = begin_call(db, ours, new_call_sid())
    assert refused["block_reason"] == "not_a_member"
    granted = ask(db, ours.user_id, "grant_access_token", ours.business_id, 3600)
    assert granted == {"error": "not_a_member"}
    [entry] = fetch(db, "select state, lease_owner from public.queue_entries")
    assert entry == {"state": "ready", "lease_owner": None}
    assert fetch(db, "select from public.rep_presence where user_id = %s", ours.user_id) == []


def test_a_call_of_who_was_removed_goes_on_with_its_lead(db: Connection, ours: Tenant) -> None:
    owner = add_person(db, ours, "owner")
    db.execute(
        "insert into public.queue_entries (business_id, campaign_id, lead_id) values (%s, %s, %s)",
        (ours.business_id, ours.campaign_id, ours.lead_id),
    )
    entry = ask(db, ours.user_id, "next_lead", ours.campaign_id)["entry"]
    begun = begin_call(
        db,
        ours,
        new_call_sid(),
        lead_id=ours.lead_id,
        campaign_id=ours.campaign_id,
        lease_token=entry["lease_token"],
    )
    assert begun["block_reason"] is None
    ask(db, owner, "remove_member", ours.business_id, ours.user_id)
    [entry] = fetch(
        db, "select state, lease_until <= clock_timestamp() as is_over from public.queue_entries"
    )
    assert entry == {"state": "leased", "is_over": True}
    # Nobody else is given the lead while the call goes on, and everybody is when it has ended.
    assert ask(db, owner, "next_lead", ours.campaign_id)["entry"] is None
    db.execute("update public.conversations set status = 'canceled', ended_at = now()")
    ask(db, owner, "next_lead", ours.campaign_id)
    [entry] = fetch(db, "select lease_owner from public.queue_entries")
    assert entry["lease_owner"] in (None, owner)


def test_every_change_is_on_record_and_managers_read_it(db: Connection, ours: Tenant) -> None:
    owner = add_person(db, ours, "owner")
    ask(db, owner, "change_role", ours.business_id, ours.user_id, "manager")
    # The same again changes nothing.
    ask(db, owner, "change_role", ours.business_id, ours.user_id, "manager")
    ask(db, owner, "remove_member", ours.business_id, ours.user_id)
    changes = fetch(
        db,
        "select changed_by, before, after - 'display_name' as after"
        " from public.changes where subject = 'member' and subject_id = %s order by id",
        str(ours.user_id),
    )
    assert changes[0] == {"changed_by": None, "before": None, "after": {"role": "agent"}}
    assert changes[1] == {
        "changed_by": owner, "before": {"role": "agent"}, "after": {"role": "manager"},
    }  # fmt: skip
    assert changes[2]["changed_by"] == owner
    assert changes[2]["before"]["role"] == "manager"
    assert changes[2]["after"] is None
    assert len(changes) == 3


def test_names_that_others_read_have_no_hidden_signs(db: Connection, ours: Tenant) -> None:
    """Who is invited reads the names of a business that is not theirs, an operator those of all."""
    manager = add_person(db, ours, "manager")
    [row] = fetch(db, "select email from auth.users where id = %s", manager)
    with as_user(db, manager):
        for typed, shown in (("Ann\u202e\x1b[31m  Lee", "Ann [31m Lee"), ("\u200b", row["email"])):
            db.execute("update public.business_members set display_name = %s", (typed,))
            assert fetch(
                db, "select display_name from public.business_members where user_id = %s", manager
            ) == [{"display_name": shown}]
        db.execute("update public.businesses set name = %s", ("Good\u202eBank\n",))
        assert fetch(db, "select name from public.businesses") == [{"name": "Good Bank"}]
        with attempt(db), pytest.raises(CheckViolation):
            db.execute("update public.businesses set name = %s", ("\u200b",))


def test_two_owners_who_leave_at_once_leave_one(postgres: Postgres) -> None:
    for _ in range(5):
        with committed_tenant(postgres, 73) as tenant:
            with psycopg.connect(postgres.url(), autocommit=True) as admin:
                owners = [add_person(admin, tenant, "owner") for _ in range(3)]

            def leave(owner: uuid.UUID, tenant: Tenant = tenant) -> str:
                with psycopg.connect(postgres.url()) as connection:
                    answer = ask(connection, owner, "remove_member", tenant.business_id, owner)
                return str(answer.get("error", "left"))

            with ThreadPoolExecutor(3) as pool:
                answers = list(pool.map(leave, owners))
            assert sorted(answers) == ["last_owner", "left", "left"]

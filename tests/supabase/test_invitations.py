"""Who is offered a role in a business, by their e-mail address, and who can accept it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from stack.postgres import Postgres
from tests.supabase.people import Answer, add_person, add_verified, ask, roles
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    committed_tenant,
    fetch,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def owner(db: Connection, ours: Tenant) -> uuid.UUID:
    return add_person(db, ours, "owner")


def invite(
    db: Connection, who: uuid.UUID, tenant: Tenant, email: str | None, role: str | None = "agent"
) -> Answer:
    return ask(db, who, "invite_member", tenant.business_id, email, role)


def offered(db: Connection, user_id: uuid.UUID) -> list[Answer]:
    offers: list[Answer] = ask(db, user_id, "my_invitations")["invitations"]
    return offers


def test_whoever_has_the_address_accepts(db: Connection, ours: Tenant, owner: uuid.UUID) -> None:
    invitation = invite(db, owner, ours, "New.Person@Henk.test", "manager")["invitation"]
    assert invitation["email"] == "new.person@henk.test"
    new = add_verified(db, "new.person@henk.test")
    [offer] = offered(db, new)
    assert offer["id"] == invitation["id"]
    assert (offer["business_name"], offer["role"]) == ("Business 1", "manager")
    for _ in range(2):
        answer = ask(db, new, "answer_invitation", invitation["id"], True)
        assert answer == {"business_id": str(ours.business_id), "state": "accepted"}
    assert roles(db, ours)[new] == "manager"
    assert offered(db, new) == []
    # Once they were removed, the invitation is no way back.
    ask(db, owner, "remove_member", ours.business_id, new)
    assert ask(db, new, "answer_invitation", invitation["id"], True) == {"error": "accepted"}
    assert new not in roles(db, ours)


def test_nobody_else_sees_or_answers_it(db: Connection, ours: Tenant, owner: uuid.UUID) -> None:
    invitation = invite(db, owner, ours, "new@henk.test")["invitation"]
    unverified = uuid.uuid4()
    db.execute("insert into auth.users (id, email) values (%s, %s)", (unverified, "new@henk.test"))
    others = [add_verified(db, "other@henk.test"), add_person(db, add_tenant(db, 2), "owner")]
    for who in (unverified, *others, owner, ours.user_id):
        assert offered(db, who) == []
        for accept in (True, False):
            # As for an invitation that does not exist.
            answer = ask(db, who, "answer_invitation", invitation["id"], accept)
            assert answer == {"error": "not_found"}
            answer = ask(db, who, "answer_invitation", uuid.uuid4(), accept)
            assert answer == {"error": "not_found"}
    assert ask(db, unverified, "my_invitations")["email"] is None
    assert unverified not in roles(db, ours)


def test_a_changed_address_takes_its_invitations_along(
    db: Connection, ours: Tenant, owner: uuid.UUID
) -> None:
    """The database's address counts, whatever an older token says."""
    invitation = invite(db, owner, ours, "new@henk.test")["invitation"]
    new = add_verified(db, "new@henk.test")
    db.execute("update auth.users set email = 'moved@henk.test' where id = %s", (new,))
    assert ask(db, new, "answer_invitation", invitation["id"], True) == {"error": "not_found"}


def test_declined_withdrawn_and_expired_invitations_are_over(
    db: Connection, ours: Tenant, owner: uuid.UUID
) -> None:
    new = add_verified(db, "new@henk.test")
    declined = invite(db, owner, ours, "new@henk.test")["invitation"]["id"]
    assert ask(db, new, "answer_invitation", declined, False)["state"] == "declined"
    assert ask(db, new, "answer_invitation", declined, True) == {"error": "declined"}
    assert ask(db, owner, "withdraw_invitation", declined) == {"error": "declined"}

    withdrawn = invite(db, owner, ours, "new@henk.test")["invitation"]["id"]
    assert withdrawn != declined
    for _ in range(2):
        assert ask(db, owner, "withdraw_invitation", withdrawn) == {"withdrawn": True}
    assert ask(db, new, "answer_invitation", withdrawn, True) == {"error": "withdrawn"}

    expired = invite(db, owner, ours, "new@henk.test")["invitation"]["id"]
    db.execute("update public.invitations set expires_at = now() where id = %s", (expired,))
    assert offered(db, new) == []
    assert ask(db, new, "answer_invitation", expired, True) == {"error": "expired"}
    # Asked again, it is the same one, and it counts again.
    assert invite(db, owner, ours, "new@henk.test")["invitation"]["id"] == expired
    renewed = fetch(
        db,
        "select from public.changes where subject_id = %s and before ->> 'expires_at' is not null",
        expired,
    )
    # The hand that let it expire, and who renewed it.
    assert len(renewed) == 2
    assert ask(db, new, "answer_invitation", expired, True)["state"] == "accepted"


def test_who_invites_whom(db: Connection, ours: Tenant, owner: uuid.UUID) -> None:
    manager = add_person(db, ours, "manager")
    stranger = add_person(db, add_tenant(db, 2), "owner")
    assert invite(db, manager, ours, "a@henk.test", "manager") == {"error": "not_allowed"}
    assert invite(db, ours.user_id, ours, "a@henk.test") == {"error": "not_allowed"}
    assert invite(db, stranger, ours, "a@henk.test") == {"error": "not_found"}
    for role in ("admin", None):
        assert invite(db, owner, ours, "a@henk.test", role) == {"error": "invalid_request"}
    agent = invite(db, manager, ours, "a@henk.test")["invitation"]
    assert invite(db, owner, ours, "a@henk.test", "owner")["invitation"]["id"] == agent["id"]
    # It is an owner's now.
    assert invite(db, manager, ours, "a@henk.test") == {"error": "not_allowed"}
    assert ask(db, manager, "withdraw_invitation", agent["id"]) == {"error": "not_allowed"}
    for who in (ours.user_id, stranger):
        assert ask(db, who, "withdraw_invitation", agent["id"]) == {"error": "not_found"}


def test_who_left_has_invited_nobody(db: Connection, ours: Tenant, owner: uuid.UUID) -> None:
    second = add_person(db, ours, "owner")
    as_owner = invite(db, second, ours, "a@henk.test", "owner")["invitation"]["id"]
    as_agent = invite(db, second, ours, "b@henk.test")["invitation"]["id"]
    ask(db, owner, "change_role", ours.business_id, second, "manager")
    states = "select id::text, state from public.invitations order by state"
    assert fetch(db, states) == [
        {"id": as_agent, "state": "open"},
        {"id": as_owner, "state": "withdrawn"},
    ]
    ask(db, owner, "remove_member", ours.business_id, second)
    assert {row["state"] for row in fetch(db, states)} == {"withdrawn"}


def test_who_was_removed_does_not_come_back_by_an_older_offer(
    db: Connection, ours: Tenant, owner: uuid.UUID
) -> None:
    new = add_verified(db, "new@henk.test")
    older = invite(db, owner, ours, "new@henk.test")["invitation"]["id"]
    # An operator did it, without the invitation.
    add_member(db, ours.business_id, new)
    ask(db, owner, "remove_member", ours.business_id, new)
    assert ask(db, new, "answer_invitation", older, True) == {"error": "withdrawn"}
    # Whoever wants them back invites them again.
    again = invite(db, owner, ours, "new@henk.test")["invitation"]["id"]
    assert ask(db, new, "answer_invitation", again, True)["state"] == "accepted"


@pytest.mark.parametrize(
    "email",
    [
        *("", " ", "new", "new@", "@henk.test", "new@henk", "a b@henk.test", "a@b@henk.test"),
        *("Ann <ann@henk.test>", "ann@henk..test", "ann@.test", "an\u200bn@henk.test"),
        *("ann@henk.test, bob@henk.test", "ann\u202e@henk.test", "ann@henk.test\nBcc: b@henk.test"),
        *("ann@henk.test?", "ann@-henk.test", "ann@henk-.test", f"ann@{64 * 'a'}.test"),
        *("a" * 245 + "@henk.test", None),
    ],
)
def test_what_is_no_address_is_refused(
    db: Connection, ours: Tenant, owner: uuid.UUID, email: str | None
) -> None:
    assert invite(db, owner, ours, email) == {"error": "invalid_email"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" New@Henk.TEST\n", "new@henk.test"),
        ("JOSE\u0301@henk.test", "jos\u00e9@henk.test"),
        ("ann+sales@henk.test", "ann+sales@henk.test"),
        ("王@例え.テスト", "王@例え.テスト"),
    ],
)
def test_one_address_has_one_form(
    db: Connection, ours: Tenant, owner: uuid.UUID, typed: str, stored: str
) -> None:
    assert invite(db, owner, ours, typed)["invitation"]["email"] == stored


def test_members_are_not_invited(db: Connection, ours: Tenant, owner: uuid.UUID) -> None:
    [row] = fetch(db, "select email from auth.users where id = %s", owner)
    assert invite(db, owner, ours, row["email"].upper()) == {"error": "already_a_member"}
    # Who has an account elsewhere, and who has none, get the same answer.
    elsewhere = add_verified(db, "elsewhere@henk.test")
    assert elsewhere
    answers = [invite(db, owner, ours, f"{who}@henk.test") for who in ("elsewhere", "nobody")]
    keys = [sorted(answer["invitation"]) for answer in answers]
    assert keys[0] == keys[1]


def test_a_business_has_a_hundred_open_invitations(
    db: Connection, ours: Tenant, owner: uuid.UUID
) -> None:
    db.execute(
        "insert into public.invitations (business_id, email, role)"
        " select %s, n || '@henk.test', 'agent' from generate_series(1, 99) as n",
        (ours.business_id,),
    )
    assert "invitation" in invite(db, owner, ours, "a@henk.test")
    assert invite(db, owner, ours, "b@henk.test") == {"error": "too_many"}
    # The same address again is none more.
    assert "invitation" in invite(db, owner, ours, "a@henk.test")
    # Another hundred on the same day, and then no more, however many were withdrawn.
    db.execute("update public.invitations set state = 'withdrawn'")
    db.execute(
        "insert into public.invitations (business_id, email, role, state)"
        " select %s, n || '@henk.test', 'agent', 'withdrawn' from generate_series(1, 100) as n",
        (ours.business_id,),
    )
    assert invite(db, owner, ours, "b@henk.test") == {"error": "too_many"}


def test_an_invitation_accepted_many_times_at_once_counts_once(postgres: Postgres) -> None:
    email = f"{uuid.uuid4()}@henk.test"
    with committed_tenant(postgres, 74) as tenant:
        with psycopg.connect(postgres.url()) as admin:
            owner, new = add_person(admin, tenant, "owner"), add_verified(admin, email)
            invitation = invite(admin, owner, tenant, email)["invitation"]["id"]

        def do(what: str) -> Answer:
            with psycopg.connect(postgres.url()) as connection:
                if what == "withdraw":
                    return ask(connection, owner, "withdraw_invitation", invitation)
                return ask(connection, new, "answer_invitation", invitation, True)

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(do, ["accept", "withdraw"] * 3))
        with psycopg.connect(postgres.url(), autocommit=True) as admin:
            is_member = new in roles(admin, tenant)
            [row] = fetch(admin, "select state from public.invitations where id = %s", invitation)
            admin.execute("delete from auth.users where id = %s", (new,))
    assert row["state"] == ("accepted" if is_member else "withdrawn")
    assert any("state" in answer for answer in answers) == is_member
    assert {"withdrawn": True} not in answers or not is_member

"""Attacks what reps read of contacts and what managers do with queues, over the REST API, in every
role. These functions read and write with their owner's rights, so each has to ask who is asking."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stack import Stack
from tests.attack.model import Principal
from tests.attack.world import World, fingerprint, made_in

# The user's roles in the first business, which is asked about, and in the second.
each_user = pytest.mark.parametrize(
    "roles",
    [{}, {1: "owner"}, {0: "agent"}, {0: "manager"}, {0: "owner", 1: "agent"}],
    ids=str,
)
NOBODYS = str(uuid.UUID(int=7))


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    with made_in(stack, first_number=70) as made:
        for tenant in made.tenants:
            made.database.execute(
                "insert into public.queue_entries (business_id, campaign_id, lead_id)"
                " values (%s, %s, %s) on conflict do nothing",
                (tenant.business_id, tenant.campaign_id, tenant.lead_id),
            )
        yield made


def asked(world: World, who: Principal, function: str, body: Mapping[str, object]) -> Any:
    answer = world.ask(who, "POST", f"rpc/{function}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def questions(world: World, number: int) -> dict[str, dict[str, object]]:
    """A question to every function that reads, about the business of this number."""
    tenant = world.tenants[number]
    since = datetime.now(UTC) - timedelta(days=1)
    of_campaign: dict[str, object] = {"p_campaign_id": str(tenant.campaign_id)}
    of_business: dict[str, object] = {"p_business_id": str(tenant.business_id)}
    return {
        "lead_story": {"p_lead_id": str(tenant.lead_id)},
        "my_day": of_business | {"p_since": since.isoformat()},
        "list_call_backs": of_business | {"p_whose": "all"},
        "campaign_queues": of_business,
        "campaign_queue": of_campaign,
        "list_entries": of_campaign
        | {"p_state": None, "p_reason": None, "p_search": None, "p_after": None, "p_limit": 9},
        "list_contacts": of_business
        | {"p_search": "", "p_numbers": [], "p_after": None, "p_limit": 9},
        "duplicate_contacts": of_business | {"p_limit": 9},
    }


@each_user
def test_members_alone_read_and_others_are_told_nothing(
    world: World, roles: dict[int, str]
) -> None:
    who, business = world.user(roles), world.business_ids[0]
    before = fingerprint(world.database)
    for function, body in questions(world, 0).items():
        answer = asked(world, who, function, body)
        # What does not exist is answered alike.
        nothing = asked(world, who, function, dict(body) | {next(iter(body)): NOBODYS})
        assert nothing in ([], {"error": "not_found"})
        if who.may_see(business):
            assert answer != nothing, function
        else:
            assert answer == nothing, function
    assert fingerprint(world.database) == before


def priorities(world: World) -> dict[str, int]:
    """The priority of each entry of the three businesses."""
    rows = world.database.execute(
        "select id::text, priority from public.queue_entries where business_id = any(%s::uuid[])"
        " order by array_position(%s::uuid[], business_id)",
        (list(world.business_ids),) * 2,
    )
    return dict(rows.fetchall())


@each_user
def test_managers_alone_change_queues_and_their_own_ones(
    world: World, roles: dict[int, str]
) -> None:
    who = world.user(roles)
    before = priorities(world)
    mine, *_, theirs = before
    answer = asked(
        world,
        who,
        "change_entries",
        {
            "p_campaign_id": str(world.tenants[0].campaign_id),
            "p_entry_ids": [mine, theirs],
            "p_change": {"priority": before[mine] + 1},
        },
    )
    role = roles.get(0)
    if role in ("owner", "manager"):
        assert answer == {"changed": 1, "unchanged": 1}
        assert priorities(world) == before | {mine: before[mine] + 1}
    else:
        assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
        assert priorities(world) == before


@each_user
def test_managers_alone_change_contacts_and_their_own_ones(
    world: World, roles: dict[int, str]
) -> None:
    who, (ours, theirs) = world.user(roles), world.tenants[:2]
    before = fingerprint(world.database)
    of_business: dict[str, object] = {"p_business_id": str(ours.business_id)}
    wishes: list[tuple[str, dict[str, object]]] = [
        ("save_contact", {"p_lead_id": str(theirs.lead_id), "p_changes": {}, "p_before": {}}),
        (
            "merge_contacts",
            {"p_lead_id": str(ours.lead_id), "p_other_ids": [str(theirs.lead_id)]},
        ),
        ("merge_contacts", {"p_lead_id": str(theirs.lead_id), "p_other_ids": [NOBODYS]}),
    ]
    role = roles.get(0)
    for function, body in wishes:
        answer = asked(world, who, function, of_business | body)
        assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
    if role not in ("owner", "manager"):
        wish: dict[str, object] = {
            "p_lead_id": str(ours.lead_id),
            "p_changes": {"name": "X"},
            "p_before": {},
        }
        answer = asked(world, who, "save_contact", of_business | wish)
        assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
        file: dict[str, object] = {
            "p_file_name": "a.csv",
            "p_fingerprint": "0" * 64,
            "p_row_count": 1,
        }
        answer = asked(world, who, "begin_contact_import", of_business | file)
        assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
        group: dict[str, object] = {"p_by": "email", "p_value": "a@henk.test", "p_size": 2}
        answer = asked(world, who, "tell_contacts_apart", of_business | group)
        assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
    assert fingerprint(world.database) == before


@each_user
def test_a_call_back_is_dismissed_by_whom_it_is_for_and_by_managers(
    world: World, roles: dict[int, str]
) -> None:
    who = world.user(roles)
    for row in world.rows("call_backs", world.business_ids[0]):
        # They are for the tenant's rep, and nobody has made them.
        answer = asked(
            world, who, "dismiss_call_back", {"p_conversation_id": row["conversation_id"]}
        )
        role = roles.get(0)
        if role in ("owner", "manager"):
            assert answer["done_how"] == "dismissed"
        else:
            assert answer == {"error": "not_allowed" if role == "agent" else "not_found"}
            assert row in world.rows("call_backs", world.business_ids[0])


def test_anonymous_and_webhooks_reach_none_of_it(world: World) -> None:
    for role in ("anon", "call_webhook", "call_reconciler", "call_recorder", "call_reporter"):
        for function, body in questions(world, 0).items():
            answer = world.ask(Principal(role), "POST", f"rpc/{function}", json=body)
            assert answer.status_code in (401, 403), (role, function)

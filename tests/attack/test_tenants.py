"""Attacks the walls between businesses over the REST API, as everybody, with generated requests.
What is allowed is `model.py`'s to say."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.webhook_jwt import SigningKey, mint
from stack import Stack
from tests.attack.model import EXECUTED_BY, OWNER_COLUMN, Principal
from tests.attack.world import World, made_in
from tests.soak import SOAK, figure, scaled

PRINCIPALS = 8
TABLES = sorted(OWNER_COLUMN)
EMBEDDED = {
    "conversations": "id,business_id,leads(*),campaigns(*)",
    "businesses": "id,leads(id,business_id),phone_numbers(*)",
    "leads": "id,business_id,businesses(id,name),conversations(id,business_id)",
    "campaigns": "id,business_id,conversations(id,business_id)",
}
NUMBERED = ("call_events", "token_grants")
# In the full form every run draws other requests.
generated = settings(
    max_examples=scaled(60, 3000),
    derandomize=not SOAK,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    token = mint(
        SigningKey.from_secret(stack.env["SUPABASE_JWT_SECRET"]), stack.env["SUPABASE_URL"]
    )
    with made_in(stack, token, seed=5) as made:
        assert len(made.principals) == PRINCIPALS
        yield made


def filters(column: str, wanted: list[str], form: str) -> dict[str, str]:
    """The same question for some businesses' rows, asked in one of PostgREST's ways."""
    return {
        "none": {},
        "eq": {column: f"eq.{wanted[0]}"},
        "in": {column: f"in.({','.join(wanted)})"},
        "or": {"or": f"({','.join(f'{column}.eq.{one}' for one in wanted)})"},
        "not": {column: f"neq.{uuid.UUID(int=0)}"},
    }[form]


def asked_for(world: World, wanted: list[str], form: str) -> set[str]:
    """Which of the world's businesses the filter names."""
    if form in ("none", "not"):
        return set(world.business_ids)
    return set(wanted[:1] if form == "eq" else wanted)


def businesses_in(found: Any) -> set[str | None]:
    """Every `business_id` at any depth of an answer."""
    if isinstance(found, list):
        return set(itertools.chain.from_iterable(businesses_in(one) for one in found))
    if isinstance(found, dict):
        inner = set(itertools.chain.from_iterable(businesses_in(v) for v in found.values()))
        return inner | ({found["business_id"]} if "business_id" in found else set())
    return set()


def without_ids(answer: httpx.Response, *ids: str) -> tuple[int, str]:
    """Status and body, with the ids that were asked for blotted out."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "ID")
    return answer.status_code, text


principals = st.integers(0, PRINCIPALS - 1)
tables = st.sampled_from(TABLES)
businesses = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)
forms = st.sampled_from(["none", "eq", "in", "or", "not"])


def test_the_model_knows_every_table_and_function(world: World) -> None:
    served = world.database.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v', 'm', 'f')"
    ).fetchall()
    assert {row[0] for row in served} == set(OWNER_COLUMN)
    callable_ = world.database.execute(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and prorettype <> 'trigger'::regtype"
    ).fetchall()
    assert {row[0] for row in callable_} == set(EXECUTED_BY)


@generated
@given(principals, tables, businesses, forms, st.booleans())
def test_a_read_shows_the_rows_of_ones_businesses_and_counts_no_others(
    world: World, who: int, table: str, of: list[int], form: str, embed: bool
) -> None:
    principal = world.principals[who]
    wanted = [world.business_ids[number] for number in of]
    column = OWNER_COLUMN[table]
    params = filters(column, wanted, form)
    answer = world.ask(
        principal,
        "GET",
        table,
        params=params | {"select": EMBEDDED.get(table, "*") if embed else "*"},
        headers={"Prefer": "count=exact"},
    )
    if principal.role == "anon" or (principal.role, table) == ("call_webhook", "token_grants"):
        assert answer.status_code in (401, 403), answer.text
        return
    assert answer.status_code in (200, 206), answer.text
    rows = answer.json()
    assert {row[column] for row in rows} <= principal.businesses
    assert businesses_in(rows) <= principal.businesses
    expected = sum(
        world.count(table, one) for one in asked_for(world, wanted, form) if principal.may_see(one)
    )
    assert len(rows) == expected
    assert answer.headers["content-range"].partition("/")[2] == str(expected)


@generated
@given(
    principals,
    tables,
    businesses,
    st.sampled_from(["POST", "upsert", "PATCH", "DELETE"]),
    st.integers(0, 99),
)
def test_no_write_but_the_models_changes_anything(
    world: World, who: int, table: str, of: list[int], method: str, pick: int
) -> None:
    principal = world.principals[who]
    column = OWNER_COLUMN[table]
    business = world.business_ids[of[0]]
    existing = world.database.execute(
        f"select to_jsonb(t) from public.{table} as t where {column} = %s limit 1", (business,)
    ).fetchone()
    assert existing is not None
    row = existing[0]
    if table in NUMBERED:
        # Postgres refuses a number of one's own before it looks at privileges.
        del row["id"]
    name = sorted(row)[pick % len(row)]
    if method == "PATCH" and principal.may_write(table, name, business):
        return
    before = world.fingerprint()
    if method == "PATCH":
        answer = world.ask(
            principal, "PATCH", table, params={column: f"eq.{business}"}, json={name: row[name]}
        )
    elif method == "DELETE":
        answer = world.ask(principal, "DELETE", table, params={column: f"eq.{business}"})
    else:
        prefer = {"Prefer": "resolution=merge-duplicates"} if method == "upsert" else {}
        answer = world.ask(principal, "POST", table, json=row, headers=prefer)
    # The webhooks' role may update some columns, of no row that it sees.
    reached_nothing = principal.role == "call_webhook" and answer.text in ("", "[]")
    assert answer.status_code in (401, 403) or reached_nothing, (answer.status_code, answer.text)
    assert world.fingerprint() == before


@generated
@given(principals, st.integers(0, 3), st.sampled_from(["outcome", "notes"]))
def test_a_call_is_described_by_members_of_its_business_alone(
    world: World, who: int, of: int, column: str
) -> None:
    principal = world.principals[who]
    business = world.business_ids[of]
    before = world.fingerprint()
    answer = world.ask(
        principal,
        "PATCH",
        "conversations",
        params={"business_id": f"eq.{business}", "select": "business_id"},
        json={column: str(uuid.uuid4())},
        headers={"Prefer": "return=representation"},
    )
    if principal.may_write("conversations", column, business):
        assert answer.status_code == 200
        assert businesses_in(answer.json()) == {business}
        assert world.fingerprint() != before
    else:
        assert answer.status_code in (401, 403) or answer.json() == []
        assert world.fingerprint() == before


def members(world: World) -> list[Principal]:
    return [one for one in world.principals if one.role == "authenticated"]


def test_an_id_of_another_business_is_answered_as_one_that_nobody_has(world: World) -> None:
    """Reads, updates and foreign references alike: an answer that differs tells what exists."""
    compared = 0
    for principal in members(world):
        own = next((b for b in world.business_ids if principal.may_see(b)), None)
        for tenant in world.tenants:
            if principal.may_see(str(tenant.business_id)):
                continue
            there, nowhere = str(tenant.lead_id), str(uuid.uuid4())
            questions: list[tuple[str, str, dict[str, str], Any]] = [
                ("GET", "leads", {"id": "eq.{}"}, None),
                ("PATCH", "conversations", {"lead_id": "eq.{}"}, {"notes": "x"}),
            ]
            if own is not None:
                mine = {"business_id": f"eq.{own}"}
                questions.append(("PATCH", "conversations", mine, {"lead_id": "{}"}))
            for method, table, params, body in questions:
                before = world.fingerprint()
                answers = []
                for one in (there, nowhere):
                    answer = world.ask(
                        principal,
                        method,
                        table,
                        params={k: v.format(one) for k, v in params.items()},
                        json=None if body is None else {k: v.format(one) for k, v in body.items()},
                    )
                    answers.append(without_ids(answer, one))
                assert answers[0] == answers[1]
                assert world.fingerprint() == before
                compared += 1
    figure(f"tenants: {compared} pairs of a foreign and a random id over REST, answers equal")


def test_functions_answer_a_foreign_id_as_one_that_nobody_has(world: World) -> None:
    number = {"dialled": "+14155550100", "number": {"e164": "+14155550100", "type": "mobile"}}
    for principal in members(world):
        own = next((b for b in world.business_ids if principal.may_see(b)), None)
        for tenant in world.tenants:
            if principal.may_see(str(tenant.business_id)):
                continue
            preview: dict[str, object] = {
                "p_to": number,
                "p_caller_id": None,
                "p_campaign_id": None,
            }
            questions: list[tuple[str, dict[str, object], str, object]] = [
                ("grant_access_token", {"p_ttl_seconds": 60}, "p_business_id", tenant.business_id),
                (
                    "preview_call",
                    preview | {"p_lead_id": None},
                    "p_business_id",
                    tenant.business_id,
                ),
            ]
            if own is not None:
                mine = preview | {"p_business_id": own}
                questions.append(("preview_call", mine, "p_lead_id", tenant.lead_id))
            before = world.fingerprint()
            for function, body, name, there in questions:
                answers = [
                    without_ids(
                        world.ask(principal, "POST", f"rpc/{function}", json=body | {name: one}),
                        one,
                    )
                    for one in (str(there), str(uuid.uuid4()))
                ]
                assert answers[0] == answers[1], (principal.name, function, name)
            assert world.fingerprint() == before


@pytest.mark.parametrize("function", EXECUTED_BY)
def test_a_function_is_executed_by_its_own_role_alone(world: World, function: str) -> None:
    (names,) = world.database.execute(
        "select proargnames from pg_proc where proname = %s"
        " and pronamespace = 'public'::regnamespace",
        (function,),
    ).fetchone() or ([],)
    before = world.fingerprint()
    for principal in world.principals:
        if principal.may_execute(function):
            continue
        answer = world.ask(
            principal, "POST", f"rpc/{function}", json=dict.fromkeys(names or [], None)
        )
        assert answer.status_code in (401, 403, 404), (principal.name, answer.text)
    assert world.fingerprint() == before

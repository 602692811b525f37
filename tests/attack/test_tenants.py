"""Attacks the walls between businesses over the REST API, in every role, with generated requests.
`model.py` says what is allowed."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stack import Stack
from tests.attack.model import EXECUTED_BY, OTHER_ROLES, TABLES, Principal
from tests.attack.tables import ROLES
from tests.attack.world import BUSINESSES, World, fingerprint, made_in
from tests.soak import SOAK, figure, scaled
from tests.supabase.privileges import not_hardened, unlisted
from tests.supabase.tenants import new_call_sid

# In the full form, every run makes different requests.
generated = settings(max_examples=scaled(6, 60), derandomize=not SOAK, deadline=None, database=None)
numbers = st.integers(0, BUSINESSES - 1)
memberships = st.dictionaries(numbers, st.sampled_from(ROLES))
# A user with these memberships (in the example before they had others), or one of the other tokens.
askers = memberships | memberships | st.sampled_from(OTHER_ROLES)
each_table = pytest.mark.parametrize("table", TABLES)
each_written_table = pytest.mark.parametrize(
    "table", [name for name, table in TABLES.items() if not table.is_view]
)
some_businesses = st.lists(numbers, min_size=1, unique=True)
forms = st.sampled_from(["none", "eq", "in", "or", "not", "not.or", "neither"])


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    with made_in(stack) as made:
        yield made


@pytest.fixture
def untouched_world(stack: Stack) -> Iterator[World]:
    """A world whose user was never a member of any business, and so has left no rows in one."""
    with made_in(stack, first_number=50, touched=False) as made:
        yield made


def principal(world: World, asker: dict[int, str] | str) -> Principal:
    return Principal(asker) if isinstance(asker, str) else world.user(asker)


def filters(column: str, named: list[str], form: str) -> dict[str, str]:
    """The parameters that ask for rows of these businesses, in one of the ways that PostgREST
    offers."""
    each = ",".join(f"{column}.eq.{one}" for one in named)
    none_of = ",".join(f"{column}.neq.{one}" for one in named)
    return {
        "none": {},
        "eq": {column: f"eq.{named[0]}"},
        "in": {column: f"in.({','.join(named)})"},
        "or": {"or": f"({each})"},
        "not": {column: f"not.in.({','.join(named)})"},
        "not.or": {"not.or": f"({each})"},
        "neither": {"and": f"({none_of})"},
    }[form]


def asked_for(world: World, named: list[str], form: str) -> set[str]:
    """The businesses of the world that such a question asks about."""
    if form == "none":
        return set(world.business_ids)
    if form == "eq":
        return {named[0]}
    return set(named) if form in ("in", "or") else set(world.business_ids) - set(named)


def businesses_in(found: object) -> set[str | None]:
    """Every `business_id` at any depth of an answer."""
    if isinstance(found, list):
        return set(itertools.chain.from_iterable(map(businesses_in, found)))
    if isinstance(found, dict):
        inner = set(itertools.chain.from_iterable(map(businesses_in, found.values())))
        return inner | ({found["business_id"]} if "business_id" in found else set())
    return set()


def seen(
    world: World, who: Principal, table: str, businesses: Iterable[str]
) -> list[dict[str, Any]]:
    """The rows of these businesses that are shown."""
    rows = itertools.chain.from_iterable(world.rows(table, one) for one in businesses)
    return [row for row in rows if who.may_see_row(table, row)]


def embedding(
    world: World, who: Principal, table: str, embedded: str, named_by: list[str] | None,
    businesses: Iterable[str],
) -> int:  # fmt: skip
    """How many rows of ``table`` have a row of ``embedded`` in them that is shown."""
    if named_by is None:
        return len(seen(world, who, table, businesses))
    # A foreign key without one of its columns names nothing.
    keys = {tuple(row[name] for name in named_by) for row in seen(world, who, embedded, businesses)}
    return sum(None not in key for key in keys)


def read_by(who: Principal, *tables: str) -> set[str]:
    """The businesses of which this person is shown rows of all these tables."""
    return {
        business
        for business, role in who.member_of.items()
        if all(role in TABLES[table].readers for table in tables)
    }


def refused_or_empty(answer: httpx.Response) -> bool:
    return answer.status_code in (401, 403) or (answer.is_success and answer.text in ("", "[]"))


def test_the_model_knows_every_table_and_function(world: World) -> None:
    served = world.database.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p', 'v', 'm', 'f')"
    ).fetchall()
    assert {name for (name,) in served} == TABLES.keys()
    callable_ = world.database.execute(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and prorettype <> 'trigger'::regtype"
    ).fetchall()
    assert {name for (name,) in callable_} == EXECUTED_BY.keys()


def test_every_table_has_rows_of_every_business(world: World) -> None:
    """Otherwise the attacks would have nothing to find."""
    for table, business in itertools.product(TABLES, world.business_ids):
        assert world.rows(table, business), table


def test_the_stack_grants_what_the_migrations_grant(stack: Stack) -> None:
    """Without this, what is refused here might be allowed in production, or the other way round."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as db:
        assert unlisted(db) == {}
        assert not_hardened(db) == []


@pytest.mark.soak
@each_table
@generated
@given(askers, some_businesses, forms, st.booleans())
def test_a_read_shows_the_rows_of_ones_businesses_and_counts_no_others(
    world: World, table: str, asker: dict[int, str] | str, of: list[int], form: str, head: bool
) -> None:
    who = principal(world, asker)
    named = [world.business_ids[number] for number in of]
    owner = TABLES[table].owner
    answer = world.ask(
        who,
        "HEAD" if head else "GET",
        table,
        params=filters(owner, named, form),
        headers={"Prefer": "count=exact"},
    )
    visible = [one for one in asked_for(world, named, form) if who.may_see(one)]
    shown = seen(world, who, table, visible)
    if who.role == "authenticated":
        assert answer.status_code in (200, 206), answer.text
        assert answer.headers["Content-Range"].partition("/")[2] == str(len(shown))
    else:
        assert head or refused_or_empty(answer)
        assert answer.headers.get("Content-Range", "*/0") == "*/0"
    if not head and answer.is_success:
        rows = answer.json()
        assert len(rows) == len(shown)
        assert {row[owner] for row in rows} == {row[owner] for row in shown}


@pytest.mark.parametrize("roles", [{0: "owner"}, {0: "agent", 1: "manager"}, {}], ids=str)
def test_no_embedding_leads_out_of_ones_businesses(world: World, roles: dict[int, str]) -> None:
    """An embedding follows a foreign key, in either direction; plain, and with a filter and an
    order by the embedded table."""
    who = world.user(roles)
    own = set(who.member_of)
    for table, embedded, named_by in world.relations():
        owner, inner = TABLES[table].owner, TABLES[embedded].owner
        plain = world.ask(who, "GET", table, params={"select": f"*,{embedded}(*)"})
        assert plain.status_code == 200, plain.text
        assert {row[owner] for row in plain.json()} == read_by(who, table)
        assert businesses_in(plain.json()) <= own
        with_some = sum(bool(row[embedded]) for row in plain.json())
        assert with_some == embedding(world, who, table, embedded, named_by, own) > 0 or not own

        order = f"{owner}" if named_by else f"{embedded}({inner})"
        for form in ("in", "not"):
            of_second = [world.business_ids[1]]
            ((name, value),) = filters(inner, of_second, form).items()
            answer = world.ask(
                who,
                "GET",
                table,
                params={
                    "select": f"*,{embedded}!inner(*)",
                    f"{embedded}.{name}": value,
                    "order": f"{order}.desc",
                },
                headers={"Prefer": "count=exact"},
            )
            wanted = asked_for(world, of_second, form) & read_by(who, table, embedded)
            assert {row[owner] for row in answer.json()} == wanted, (table, embedded, form)
            assert businesses_in(answer.json()) <= wanted
            count = embedding(world, who, table, embedded, named_by, wanted)
            assert answer.headers["Content-Range"].partition("/")[2] == str(count)


@each_written_table
@pytest.mark.parametrize("role", ["owner", "agent"])
def test_a_member_updates_the_columns_that_the_model_allows_and_deletes_nothing(
    world: World, table: str, role: str
) -> None:
    who, business = world.user({0: role}), world.business_ids[0]
    rows, others = world.rows(table, business), fingerprint(world.database, without=[business])
    requests = [("PATCH", {column: value}) for column, value in rows[0].items()]
    if not TABLES[table].deletable:
        requests.append(("DELETE", {}))
    for method, body in requests:
        answer = world.ask(
            who,
            method,
            table,
            params={TABLES[table].owner: f"eq.{business}"},
            json=body or None,
            headers={"Prefer": "return=representation"},
        )
        may = any(who.may_update(table, column, business) for column in body)
        assert refused_or_empty(answer) is not may, (method, body)
    assert len(world.rows(table, business)) == len(rows)
    assert fingerprint(world.database, without=[business]) == others


@pytest.mark.parametrize("view", [name for name, table in TABLES.items() if table.is_view])
def test_nobody_writes_into_a_view(world: World, view: str) -> None:
    owner = world.user({0: "owner"})
    before = fingerprint(world.database)
    [row, *_] = world.rows(view, world.business_ids[0])
    mine = {TABLES[view].owner: f"eq.{world.business_ids[0]}"}
    for who in (owner, *map(Principal, OTHER_ROLES)):
        for method in ("POST", "PATCH", "DELETE"):
            answer = world.ask(who, method, view, params=mine if method != "POST" else {}, json=row)
            assert not answer.is_success, (who.role, method)
    assert fingerprint(world.database) == before


@pytest.mark.soak
@each_written_table
@generated
@given(askers, some_businesses, forms, st.integers(0, 99), st.booleans())
def test_an_update_reaches_only_what_the_model_allows_and_a_deletion_nothing(
    world: World, table: str, asker: dict[int, str] | str, of: list[int], form: str,
    pick: int, deletion: bool,
) -> None:  # fmt: skip
    who = principal(world, asker)
    named = [world.business_ids[number] for number in of]
    owner = TABLES[table].owner
    deletion = deletion and not TABLES[table].deletable
    row = world.rows(table, named[0])[0]
    column = sorted(row)[pick % len(row)]
    reached = {
        one
        for one in asked_for(world, named, form)
        if not deletion and who.may_update(table, column, one)
    }
    # The statement fails as a whole: a lead of one business cannot belong to a call of another.
    mixed = column.endswith("_id") and not reached.issubset(named[:1])
    changing = set() if mixed else reached
    before = fingerprint(world.database, without=changing)
    answer = world.ask(
        who,
        "DELETE" if deletion else "PATCH",
        table,
        params=filters(owner, named, form),
        json=None if deletion else {column: row[column]},
        headers={"Prefer": "return=representation"},
    )
    if mixed:
        assert answer.status_code == 409
    elif reached:
        assert {row[owner] for row in answer.json()} == reached
    else:
        assert refused_or_empty(answer), (answer.status_code, answer.text)
    assert fingerprint(world.database, without=changing) == before


@pytest.mark.soak
@each_written_table
@generated
@given(
    askers, numbers, st.sampled_from(["", "ignore", "merge", "PUT"]), st.booleans(), st.booleans()
)
def test_a_row_is_inserted_only_by_those_whom_the_model_allows_whether_it_exists_or_not(
    world: World, table: str, asker: dict[int, str] | str, of: int, resolution: str,
    there: bool, whole: bool,
) -> None:  # fmt: skip
    who, business, key = principal(world, asker), world.business_ids[of], world.key(table)
    row = world.rows(table, business)[0]
    if not there:
        row = {
            name: value if name == "business_id" else unlike(value) for name, value in row.items()
        }
        if table == "outcomes":
            row["key"] = f"key_{uuid.uuid4().hex}"
        elif table == "retry_rules":
            row |= {"campaign_id": str(world.tenants[of].campaign_id), "result": new_result()}
    if not whole and TABLES[table].insertable:
        row = {name: row[name] for name in TABLES[table].insertable}
    method, params = "POST", {"on_conflict": ",".join(key)} if resolution else {}
    if resolution == "PUT" and row.keys() >= set(key):
        method, params = "PUT", {name: f"eq.{row[name]}" for name in key}
    prefer = f"resolution={resolution}-duplicates" if resolution in ("ignore", "merge") else ""
    allowed = who.may_insert(table, row, business)
    before = fingerprint(world.database, without=[business] if allowed else [])
    answer = world.ask(who, method, table, params=params, json=row, headers={"Prefer": prefer})
    if allowed:
        # To merge or to PUT is an update, which may be refused.
        assert answer.is_success or there or resolution in ("merge", "PUT"), answer.text
    else:
        assert answer.status_code in (401, 403), (answer.status_code, answer.text)
    assert fingerprint(world.database, without=[business] if allowed else []) == before


LISTED: dict[str, object] = dict.fromkeys(
    [
        *("p_search", "p_numbers", "p_statuses", "p_campaign_id", "p_user_id"),
        *("p_needs_outcome", "p_before_at", "p_before_id"),
    ]
)


def listed(world: World, who: Principal, business: str, text: str | None) -> tuple[list[Any], ...]:
    """The leads and the calls that a search finds."""
    asked = {"p_business_id": business, "p_search": text, "p_limit": 100}
    leads = world.ask(who, "POST", "rpc/search_leads", json=asked | {"p_numbers": []})
    calls = world.ask(who, "POST", "rpc/list_conversations", json=LISTED | asked)
    assert (leads.status_code, calls.status_code) == (200, 200), (leads.text, calls.text)
    return leads.json(), calls.json()


@pytest.mark.soak
@generated
@given(memberships, numbers, numbers, st.sampled_from([None, "lead", "%", "number", "0"]))
def test_a_search_finds_what_is_in_ones_own_business_and_nothing_else(
    world: World, roles: dict[int, str], of: int, numbered: int, text: str | None
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    searched = world.tenants[numbered].lead_number if text == "number" else text
    leads, calls = listed(world, who, business, searched)
    found = who.may_see(business) and text != "%" and (text != "number" or of == numbered)
    expected = {row["id"] for row in world.rows("leads", business)} if found else set()
    assert {lead["id"] for lead in leads} == expected
    expected = {row["id"] for row in world.rows("conversations", business)} if found else set()
    assert {call["id"] for call in calls} == expected
    assert {call["business_id"] for call in calls} <= {business}


def new_text(world: World, business: str, column: str) -> str:
    """What no call of the business has in this column; an outcome is in its list."""
    text = str(uuid.uuid4())
    if column != "outcome":
        return text
    key = f"key_{text.replace('-', '')}"
    world.database.execute(
        "insert into public.outcomes (business_id, key, label, effect)"
        " values (%s, %s, 'An outcome', 'done')",
        (business, key),
    )
    return key


@pytest.mark.soak
@generated
@given(memberships, numbers, st.sampled_from(["outcome", "notes"]))
def test_a_call_is_described_over_its_function_by_those_who_may(
    world: World, roles: dict[int, str], of: int, column: str
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    text = new_text(world, business, column)
    for row in world.rows("conversations", business):
        answer = world.ask(
            who,
            "POST",
            "rpc/describe_conversation",
            json={
                "p_conversation_id": row["id"],
                "p_changes": {column: text},
                "p_before": {column: row[column]},
            },
        ).json()
        seen = "not_your_call" if who.may_see(business) else "not_found"
        may = who.may_update_row("conversations", column, row)
        assert answer.get("error") == (None if may else seen)
    for row in world.rows("conversations", business):
        assert (row[column] == text) == who.may_update_row("conversations", column, row)


@pytest.mark.soak
@generated
@given(memberships, numbers, st.sampled_from(["outcome", "notes"]))
def test_a_call_is_described_by_members_of_its_business_alone(
    world: World, roles: dict[int, str], of: int, column: str
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    text = new_text(world, business, column)
    calls = {"business_id": f"eq.{business}"}
    world.ask(who, "PATCH", "conversations", params=calls, json={column: text})
    for row in world.rows("conversations", business):
        assert (row[column] == text) == who.may_update_row("conversations", column, row)


def test_an_agent_describes_their_own_calls_and_an_owner_all(world: World) -> None:
    for role, described in (("agent", 1), ("owner", 3)):
        who, text = world.user({0: role}), str(uuid.uuid4())
        calls = {"business_id": f"eq.{world.business_ids[0]}"}
        world.ask(who, "PATCH", "conversations", params=calls, json={"notes": text})
        rows = world.rows("conversations", world.business_ids[0])
        assert [row["notes"] for row in rows].count(text) == described


WISH: dict[str, object] = dict.fromkeys(
    ["p_conversation_id", "p_to_user_id", "p_to", "p_mode", "p_leg_id", "p_message_id"]
) | {"p_action": "hold", "p_lease_seconds": 30}
WISHES: tuple[dict[str, object], ...] = (
    {"p_action": "hold"},
    {"p_action": "resume"},
    {"p_action": "complete"},
    {"p_action": "cancel"},
    {"p_action": "drop_voicemail", "p_message_id": str(uuid.uuid4())},
    {"p_action": "add", "p_to_user_id": "a colleague"},
    {"p_action": "transfer", "p_mode": "cold", "p_to_user_id": "a colleague"},
)


@pytest.mark.soak
@generated
@given(memberships, numbers, st.sampled_from(WISHES))
def test_a_call_is_controlled_by_who_is_on_it_and_by_managers_alone(
    world: World, roles: dict[int, str], of: int, wish: dict[str, object]
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    before = fingerprint(world.database)
    if "p_to_user_id" in wish:
        wish = wish | {"p_to_user_id": str(world.tenants[of].user_id)}
    for row in world.rows("conversations", business):
        body = WISH | wish | {"p_conversation_id": row["id"]}
        answer = world.ask(who, "POST", "rpc/ask_of_call", json=body).json()
        if who.may_control(row):
            # Nobody has answered in these calls.
            assert answer == {"error": "not_in_progress"}
        else:
            seen = "not_your_call" if who.may_see(business) else "not_found"
            assert answer == {"error": seen}
    assert fingerprint(world.database) == before


@pytest.mark.soak
@generated
@given(memberships, numbers, st.sampled_from(["available", "busy", "away"]))
def test_presence_is_told_and_seen_in_ones_own_businesses_alone(
    world: World, roles: dict[int, str], of: int, state: str
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    before = fingerprint(world.database, without=[business])
    told = world.ask(
        who, "POST", "rpc/set_presence", json={"p_business_id": business, "p_state": state}
    ).json()
    colleagues = world.ask(
        who, "POST", "rpc/list_colleagues", json={"p_business_id": business}
    ).json()
    if who.may_see(business):
        assert told.pop("settings") >= 0
        assert told == {"heartbeat_seconds": 15, "role": roles[of]}
        # Everybody of the business except oneself; they have calls that go on.
        expected = {str(world.tenants[of].user_id): "busy", world.owner_id: "away"}
        assert {one["user_id"]: one["state"] for one in colleagues} == expected
    else:
        assert (told, colleagues) == ({"error": "not_found"}, [])
    mine = {row["user_id"]: row["state"] for row in world.rows("rep_presence", business)}
    assert mine.get(who.user_id) == (state if who.may_see(business) else None)
    assert fingerprint(world.database, without=[business]) == before


@pytest.mark.soak
@generated
@given(memberships, numbers)
def test_a_check_is_told_to_ones_own_businesses_and_seen_by_oneself_and_managers(
    world: World, roles: dict[int, str], of: int
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    before = fingerprint(world.database, without=[business])
    body = {"p_business_id": business, "p_report": {"verdict": "ok", "seconds": 9}}
    told = world.ask(who, "POST", "rpc/report_preflight", json=body).json()
    asked = {"p_business_id": business, "p_user_id": None, "p_limit": 100}
    checks = world.ask(who, "POST", "rpc/list_preflights", json=asked).json()
    assert told.keys() == ({"id"} if who.may_see(business) else {"error"})
    expected = {row["id"] for row in seen(world, who, "preflight_reports", [business])}
    assert {check["id"] for check in checks} == expected
    assert who.may_see(business) == (told.get("id") in expected)
    assert fingerprint(world.database, without=[business]) == before


# The two days on which the world's calls may be, whenever the run began.
REPORT: dict[str, object] = {
    "p_from": f"{datetime.now(UTC) - timedelta(days=2):%F}",
    "p_to": f"{datetime.now(UTC) + timedelta(days=2):%F}",
}
REPORTED_BY = ("campaign", "rep", "outcome", "country", "day", "week", "month")


@pytest.mark.soak
@generated
@given(memberships, numbers)
def test_reports_count_what_is_seen_and_nothing_else(
    world: World, roles: dict[int, str], of: int
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    before = fingerprint(world.database)
    asked = REPORT | {"p_business_id": business}

    def report(name: str, **more: object) -> Any:
        answer = world.ask(who, "POST", f"rpc/report_{name}", json=asked | more)
        assert answer.is_success, answer.text
        return answer.json()

    shown = seen(world, who, "call_facts", [business])
    helped = seen(world, who, "call_helpers", [business])
    overview = report("overview")
    assert (overview is not None) == who.may_see(business)
    if overview is not None:
        assert overview["totals"]["calls"] == len(shown)
    for by in REPORTED_BY:
        lines = report("by", p_by=by)
        assert sum(line["calls"] for line in lines) == len(shown)
        assert sum(line.get("helped", 0) for line in lines) == (len(helped) if by == "rep" else 0)
        assert who.may_see(business) or lines == []
    for metric, rows in (("calls", shown), ("helped", helped)):
        calls = report("calls", p_metric=metric)
        assert {call["id"] for call in calls} == {row["conversation_id"] for row in rows}
    for name in ("attempts", "hours"):
        assert (report(name) is not None) == who.may_see(business)
    assert fingerprint(world.database) == before


QUALITY_OF_MONTHS = {"p_since": "2026-09-15", "p_until": "2026-12-15", "p_by": "rep"}


@pytest.mark.soak
@generated
@given(memberships, numbers)
def test_the_quality_of_a_call_is_told_by_who_was_on_it_and_seen_by_them_and_managers(
    world: World, roles: dict[int, str], of: int
) -> None:
    who, business = world.user(roles), world.business_ids[of]
    before = fingerprint(world.database, without=[business])
    for call in world.rows("conversations", business):
        leg = {"p_conversation_id": call["id"], "p_call_sid": call["call_sid"]}
        is_own = who.may_see(business) and call["user_id"] == who.user_id
        told = world.ask(
            who, "POST", "rpc/report_call_quality", json=leg | {"p_report": {"seconds": 9}}
        )
        rated = world.ask(who, "POST", "rpc/rate_call", json=leg | {"p_rating": 4})
        assert told.json() == ({"stored": True} if is_own else {"error": "not_found"})
        assert rated.json() == ({"rated": True} if is_own else {"error": "not_found"})
        asked = {"p_conversation_id": call["id"]}
        details = world.ask(who, "POST", "rpc/conversation_quality", json=asked).json()
        (row,) = (
            each
            for each in world.rows("call_quality", business)
            if each["conversation_id"] == call["id"]
        )
        assert bool(details) == who.may_see_row("call_quality", row)
    shown = seen(world, who, "call_quality", [business])
    body = QUALITY_OF_MONTHS | {"p_business_id": business}
    lines = world.ask(who, "POST", "rpc/quality_by", json=body).json()
    keys = {"p_key": who.user_id, "p_after": None, "p_limit": 200}
    calls = world.ask(who, "POST", "rpc/quality_calls", json=body | keys).json()
    assert sum(line["calls"] for line in lines) == len(shown)
    assert {call["id"] for call in calls} == {
        row["conversation_id"] for row in shown if row["user_id"] == who.user_id
    }
    named = {"p_business_id": business, "p_key": "0a1b2c3d", "p_name": "Office"}
    may = who.member_of.get(business) in ("owner", "manager")
    refused = {"error": "not_allowed" if who.may_see(business) else "not_found"}
    answer = world.ask(who, "POST", "rpc/name_network", json=named).json()
    assert answer == ({"named": True} if may else refused)
    assert fingerprint(world.database, without=[business]) == before


NUMBER = {
    "dialled": "+14155550100",
    "number": {"e164": "+14155550100", "type": "mobile", "country": "US"},
}
PREVIEW: dict[str, object] = {
    "p_to": NUMBER,
    "p_caller_id": None,
    "p_lead_id": None,
    "p_campaign_id": None,
}


@pytest.mark.soak
@generated
@given(memberships, numbers)
def test_tokens_and_previews_are_for_members_alone(
    world: World, roles: dict[int, str], of: int
) -> None:
    who = world.user(roles)
    business = world.business_ids[of]
    before = fingerprint(world.database, without=[business])
    granted = len(world.rows("token_grants", business))
    asked = {"p_business_id": business}
    grant = world.ask(who, "POST", "rpc/grant_access_token", json=asked | {"p_ttl_seconds": 60})
    preview = world.ask(who, "POST", "rpc/preview_call", json=asked | PREVIEW)
    error = None if who.may_see(business) else "not_a_member"
    assert grant.json().get("error") == error
    assert preview.json().get("error") == error
    assert len(world.rows("token_grants", business)) == granted + (error is None)
    assert fingerprint(world.database, without=[business]) == before


@pytest.mark.parametrize("function", EXECUTED_BY)
def test_a_function_is_executed_by_its_own_role_alone(world: World, function: str) -> None:
    (names,) = world.database.execute(
        "select proargnames from pg_proc where proname = %s"
        " and pronamespace = 'public'::regnamespace",
        (function,),
    ).fetchone() or ([],)
    principals = [world.user({0: "owner"}), *map(Principal, OTHER_ROLES)]
    before = fingerprint(world.database)
    for who in principals:
        if not who.may_execute(function):
            answer = world.ask(
                who, "POST", f"rpc/{function}", json=dict.fromkeys(names or [], None)
            )
            assert answer.status_code in (401, 403), (who.role, answer.text)
    assert fingerprint(world.database) == before


def new_result() -> str:
    return f"result_{uuid.uuid4().hex}"


def unlike(value: object) -> Any:
    """A value of the same shape that names nothing that exists. A value that names nothing
    stays."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"[0-9a-f-]{36}", value):
        return str(uuid.uuid4())
    if value.startswith("CA"):
        return new_call_sid()
    return f"+1212{uuid.uuid4().int % 10**7:07}" if value.startswith("+") else value


class Question(NamedTuple):
    """A request. In it, THIS stands for ``this``, which belongs to another business; the test also
    puts something there that nobody has."""

    method: str
    path: str
    this: str
    params: Mapping[str, str] = {}
    body: Mapping[str, object] | None = None


def questions(world: World) -> Iterator[Question]:
    """Questions of the first business's owner about everything of the second that names
    something."""
    own, (_, theirs, *_) = world.business_ids[0], world.tenants
    ids = {"lead_id": str(theirs.lead_id), "campaign_id": str(theirs.campaign_id)}
    for column, this in ids.items():
        yield Question(
            "PATCH", "conversations", this, {"business_id": f"eq.{own}"}, {column: "THIS"}
        )
    named = {"p_business_id": str(theirs.business_id), "p_caller_id": theirs.caller_id}
    for name, this in (named | {f"p_{column}": this for column, this in ids.items()}).items():
        body = PREVIEW | {"p_business_id": own, name: "THIS"}
        yield Question("POST", "rpc/preview_call", this, body=body)
    body = {"p_business_id": "THIS", "p_search": None, "p_numbers": [], "p_limit": 10}
    yield Question("POST", "rpc/search_leads", str(theirs.business_id), body=body)
    body |= {"p_business_id": own, "p_numbers": ["THIS"], "p_search": "THIS"}
    yield Question("POST", "rpc/search_leads", theirs.lead_number, body=body)
    (call, *_) = world.rows("conversations", str(theirs.business_id))
    body = LISTED | {"p_business_id": own, "p_limit": 10}
    for name, this in {
        "p_business_id": str(theirs.business_id),
        "p_search": theirs.lead_number,
        "p_campaign_id": str(theirs.campaign_id),
        "p_user_id": str(theirs.user_id),
    }.items():
        yield Question("POST", "rpc/list_conversations", this, body=body | {name: "THIS"})
    body = {"p_conversation_id": "THIS", "p_changes": {"notes": "x"}, "p_before": {"notes": None}}
    yield Question("POST", "rpc/describe_conversation", call["id"], body=body)
    yield Question("POST", "rpc/ask_of_call", call["id"], body=WISH | {"p_conversation_id": "THIS"})
    (mine, *_) = world.rows("conversations", own)
    (leg, *_) = world.rows("call_legs", str(theirs.business_id))
    of_mine = WISH | {"p_conversation_id": mine["id"]}
    for wish in WISHES[-2:]:
        body = of_mine | wish | {"p_to_user_id": "THIS"}
        yield Question("POST", "rpc/ask_of_call", str(theirs.user_id), body=body)
    body = of_mine | {"p_action": "remove", "p_leg_id": "THIS"}
    yield Question("POST", "rpc/ask_of_call", leg["id"], body=body)
    (message, *_) = world.rows("voicemail_messages", str(theirs.business_id))
    body = of_mine | {"p_action": "drop_voicemail", "p_message_id": "THIS"}
    yield Question("POST", "rpc/ask_of_call", message["id"], body=body)
    yield Question("POST", "rpc/decline_call", call["id"], body={"p_conversation_id": "THIS"})
    yield Question("POST", "rpc/delete_recordings", call["id"], body={"p_conversation_id": "THIS"})
    asked_of_call: dict[str, dict[str, object]] = {
        "ask_of_recording": {"p_state": "start", "p_consent": "agreed"},
        "ask_to_play": {"p_recording_id": None, "p_download": False},
        "set_legal_hold": {"p_is_held": True, "p_reason": "why"},
    }
    for function, more in asked_of_call.items():
        body = {"p_conversation_id": "THIS", **more}
        yield Question("POST", f"rpc/{function}", call["id"], body=body)
    (recording, *_) = world.rows("recordings", str(theirs.business_id))
    body = {"p_conversation_id": mine["id"], "p_recording_id": "THIS", "p_download": False}
    yield Question("POST", "rpc/ask_to_play", recording["id"], body=body)
    body = {"p_business_id": own, "p_phone_number": None, "p_lead_id": "THIS"}
    yield Question("POST", "rpc/forget_person", str(theirs.lead_id), body=body)
    body = {"p_business_id": "THIS", "p_phone_number": theirs.lead_number, "p_lead_id": None}
    yield Question("POST", "rpc/forget_person", str(theirs.business_id), body=body)
    body = {"p_business_id": "THIS", "p_state": "away"}
    yield Question("POST", "rpc/set_presence", str(theirs.business_id), body=body)
    body = {"p_business_id": "THIS", "p_report": {"verdict": "ok", "seconds": 9}}
    yield Question("POST", "rpc/report_preflight", str(theirs.business_id), body=body)
    body = {"p_business_id": "THIS", "p_user_id": None, "p_limit": 10}
    yield Question("POST", "rpc/list_preflights", str(theirs.business_id), body=body)
    body |= {"p_business_id": own, "p_user_id": "THIS"}
    yield Question("POST", "rpc/list_preflights", str(theirs.user_id), body=body)
    body = {"p_business_id": "THIS"}
    yield Question("POST", "rpc/first_steps", str(theirs.business_id), body=body)
    yield Question("POST", "rpc/settings_news", str(theirs.business_id), body=body)
    yield Question("POST", "rpc/list_colleagues", str(theirs.business_id), body=body)
    sid = {"p_call_sid": call["call_sid"]}
    body = {"p_conversation_id": "THIS", "p_report": {"seconds": 1}, **sid}
    yield Question("POST", "rpc/report_call_quality", call["id"], body=body)
    body = {"p_conversation_id": "THIS", "p_rating": 1, "p_issue": None, **sid}
    yield Question("POST", "rpc/rate_call", call["id"], body=body)
    body = {"p_conversation_id": "THIS"}
    yield Question("POST", "rpc/conversation_quality", call["id"], body=body)
    body = {
        "p_business_id": "THIS",
        "p_since": "2026-11-01",
        "p_until": "2026-12-01",
        "p_by": "rep",
    }
    yield Question("POST", "rpc/quality_by", str(theirs.business_id), body=body)
    body |= {"p_business_id": own, "p_key": "THIS", "p_after": None, "p_limit": 10}
    yield Question("POST", "rpc/quality_calls", str(theirs.user_id), body=body)
    this = str(theirs.business_id)
    for function in ("overview", "by", "attempts", "hours", "calls"):
        body = REPORT | ({"p_by": "rep"} if function == "by" else {})
        yield Question(
            "POST", f"rpc/report_{function}", this, body=body | {"p_business_id": "THIS"}
        )
        for filtered, name in (("campaign_ids", "campaign_id"), ("user_ids", "user_id")):
            filters = {"p_business_id": own, "p_filters": {filtered: ["THIS"]}}
            this_one = str(getattr(theirs, name))
            yield Question("POST", f"rpc/report_{function}", this_one, body=body | filters)
    body = REPORT | {"p_business_id": own, "p_by": "rep", "p_key": "THIS"}
    yield Question("POST", "rpc/report_calls", str(theirs.user_id), body=body)
    body = {"p_business_id": "THIS", "p_key": "0a1b2c3d", "p_name": "Mine"}
    yield Question("POST", "rpc/name_network", str(theirs.business_id), body=body)
    body = {"p_business_id": "THIS", "p_ttl_seconds": 60}
    yield Question("POST", "rpc/grant_access_token", str(theirs.business_id), body=body)
    for table, rules in TABLES.items():
        for column, value in world.rows(table, str(theirs.business_id))[0].items():
            if unlike(value) != value:
                yield Question("GET", table, value, {column: "eq.THIS"})
                for name in sorted(rules.writable):
                    yield Question("PATCH", table, value, {column: "eq.THIS"}, {name: None})


@pytest.mark.soak
def test_a_thing_of_another_business_is_answered_as_one_that_does_not_exist(
    untouched_world: World,
) -> None:
    """The rule holds for every id, CallSid and number. A difference would tell the asker what
    exists."""
    world = untouched_world
    who, asked = world.user({0: "owner"}), list(questions(world))
    before = fingerprint(world.database)
    for question in asked:
        answers = []
        for this in (question.this, unlike(question.this)):
            answer = world.ask(
                who,
                question.method,
                question.path,
                params={k: v.replace("THIS", this) for k, v in question.params.items()},
                json=question.body and json.loads(json.dumps(question.body).replace("THIS", this)),
                headers={"Prefer": "count=exact"},
            )
            said = answer.text.replace(this, "THIS")
            answers.append((answer.status_code, said, answer.headers.get("Content-Range")))
        assert answers[0] == answers[1], question
    assert fingerprint(world.database) == before
    figure(f"tenants: {len(asked)} questions about another's and nobody's, answered alike")

"""Who may read and write what: every table, as every kind of user."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from psycopg import sql
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege
from psycopg.types.json import Jsonb

from tests.contracts import (
    CHANGED_OF_MESSAGES,
    DESCRIBED_BY_REPS,
    LIMITS,
    MOVED_BY_WEBHOOKS,
    NAMED_BY_MEMBERS,
    RULED_BY_MANAGERS,
)
from tests.contracts_of_queues import (
    CAMPAIGN_BY_MANAGERS,
    OUTCOME_BY_MANAGERS,
    RULE_BY_MANAGERS,
)
from tests.supabase.decisions import add_lead
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_member,
    add_tenant,
    add_user,
    as_role,
    as_user,
    attempt,
    begin_call,
    conversation,
    dialled,
    fetch,
    new_call_sid,
    record_event,
)

TABLES = (
    "businesses",
    "business_members",
    "leads",
    "campaigns",
    "phone_numbers",
    "do_not_call",
    "conversations",
    "call_legs",
    "call_events",
    "call_actions",
    "call_holds",
    "rep_presence",
    "token_grants",
    "conversation_changes",
    "call_backs",
    "queue_entries",
    "outcomes",
    "retry_rules",
    "recording_rules",
    "recording_consents",
    "recordings",
    "recording_events",
    "recording_actions",
    "recording_plays",
    "legal_holds",
    "erasures",
    "voicemail_messages",
    "lead_imports",
    "preflight_reports",
    "call_quality",
    "networks",
    "do_not_call_removals",
    "do_not_call_imports",
    "changes",
    "invitations",
    "transfer_targets",
)
# Agents see their own rows, managers and owners all. There is a row of each business's first agent.
SEEN_BY_OWNERS = ("preflight_reports", "call_quality")
# Managers and owners see all rows, agents none.
SEEN_BY_MANAGERS = ("changes", "invitations", "do_not_call_removals", "do_not_call_imports")
# Tables without a business: tests/supabase/test_foundation_reconciler_role.py.
OF_THE_RECONCILER = {"unsettled_calls", "reconciliation"}
# The doctor reads it as the operator.
OF_THE_OPERATOR = {"repeated_callbacks"}
# Functions read it: it has no row of its own for a business with few leads.
OF_QUEUES = {"queue_counts"}
# Functions write and read it; a policy shows it to nobody.
OF_IMPORTS = {"lead_import_rows"}
OF_CONTACTS = {"contacts_told_apart"}
OF_NETWORKS = {"network_secrets"}
# Tried by the attack on tenants, and by test_fold_calls.py.
OF_REPORTS = {
    "call_facts",
    "call_helpers",
    "report_days",
    "report_outcomes",
    "report_hours",
    "report_attempts",
    "report_people",
    "report_state",
    "fold_marks",
    "fold_businesses",
}
# Operators write who may make a business.
OF_CREATION = {"business_creation", "founders"}
# The logins of tools outside read their own row: tests/supabase/test_call_report.py.
OF_TOOLS = {"report_readers"}
OPERATOR_TABLES = TABLES[:6]
CALL_TABLES = ("conversations", "call_legs", "call_events")
# Who is asking, and the businesses they should see: ours, the other one, both or none.
USERS: dict[str, tuple[str, ...]] = {
    "a member": ("ours",),
    "a member of the other business": ("theirs",),
    "a member of both": ("ours", "theirs"),
    "a manager": ("ours",),
    "an owner there and agent here": ("ours", "theirs"),
    "a former member": (),
    "a user of no business": (),
}
# The businesses whose limits they may change.
MANAGE = {"a manager": ("ours",), "an owner there and agent here": ("theirs",)}
# The businesses of whose first agent they see what only agents themselves and managers see.
SEE_ALL = MANAGE | {"a member": ("ours",), "a member of the other business": ("theirs",)}
# The tables whose rows managers add, and which columns they change.
WRITTEN_BY_MANAGERS = {
    "recording_rules": RULED_BY_MANAGERS,
    "campaigns": CAMPAIGN_BY_MANAGERS,
    "outcomes": OUTCOME_BY_MANAGERS,
    "retry_rules": RULE_BY_MANAGERS,
}
WRITTEN_WHOLE = ("outcomes", "retry_rules")
# How many of the two calls they may describe: their own, and as a manager or owner all.
DESCRIBE = {
    "a member": 1,
    "a member of the other business": 1,
    "a manager": 1,
    "an owner there and agent here": 1,
}
PRINCIPALS = (*USERS, "anon", "call_webhook", "service_role")


@dataclass(frozen=True)
class World:
    """Two businesses with a row in every table, a call of nobody's and an event of no call."""

    ours: Tenant
    theirs: Tenant
    our_call: str
    their_call: str
    orphan_call: str
    unknown_call: str
    users: dict[str, uuid.UUID]

    def visible(self, principal: str, table: str | None = None) -> set[uuid.UUID]:
        """The businesses whose rows this principal sees, or those of this table."""
        businesses = {"ours": self.ours.business_id, "theirs": self.theirs.business_id}
        where = (
            MANAGE if table in SEEN_BY_MANAGERS else SEE_ALL if table in SEEN_BY_OWNERS else USERS
        )
        return {businesses[name] for name in where.get(principal, ())}


def furnish(db: Connection, tenant: Tenant) -> str:
    """Adds a row to the tables that a new tenant leaves empty. Returns the CallSid of its call."""
    db.execute(
        "insert into public.do_not_call (business_id, phone_number) values (%s, %s)",
        (tenant.business_id, "+14155550199"),
    )
    db.execute(
        "insert into public.token_grants (business_id, user_id, expires_at)"
        " values (%s, %s, now() + interval '1 hour')",
        (tenant.business_id, tenant.user_id),
    )
    db.execute(
        "update public.businesses set max_call_seconds = 600 where id = %s", (tenant.business_id,)
    )
    agent = new_call_sid()
    begin_call(db, tenant, agent, campaign_id=tenant.campaign_id)
    record_event(db, agent, new_call_sid(), "ringing", 1)
    db.execute("update public.conversations set notes = 'Hello' where call_sid = %s", (agent,))
    for statement in (
        "insert into public.call_actions"
        " (business_id, conversation_id, action, asked_by, result, finished_at)"
        " select business_id, id, 'hold', user_id, 'done', now()"
        " from public.conversations where call_sid = %s",
        "insert into public.voicemail_messages"
        " (business_id, user_id, name, duration_seconds, bytes)"
        " select business_id, user_id, 'Call me back', 2, 32044"
        " from public.conversations where call_sid = %s",
        "insert into public.call_holds (business_id, conversation_id, call_leg_id, started_at)"
        " select business_id, conversation_id, id, now() from public.call_legs where call_sid = %s",
        "insert into public.rep_presence (business_id, user_id, state, seen_at, since)"
        " select business_id, user_id, 'available', now(), now()"
        " from public.conversations where call_sid = %s",
        "insert into public.preflight_reports (business_id, user_id, verdict, seconds, facts)"
        " select business_id, user_id, 'ok', 9, '{}' from public.conversations where call_sid = %s",
        "insert into public.call_quality"
        " (business_id, conversation_id, call_sid, user_id, started_at)"
        " select business_id, id, call_sid, user_id, now()"
        " from public.conversations where call_sid = %s",
        "insert into public.networks (business_id, key, name)"
        " select business_id, '0a1b2c3d', 'Office' from public.conversations where call_sid = %s",
        "insert into public.transfer_targets (business_id, name, phone_number)"
        " select business_id, 'Support', '+14155550199'"
        " from public.conversations where call_sid = %s",
        "insert into public.do_not_call_removals (business_id, phone_number, listed_at)"
        " select business_id, '+14155550301', now()"
        " from public.conversations where call_sid = %s",
        "insert into public.do_not_call_imports (id, business_id, file_name, row_count, created_by)"
        " select gen_random_uuid(), business_id, 'a.csv', 1, user_id"
        " from public.conversations where call_sid = %s",
        "insert into public.invitations (business_id, email, role)"
        " select business_id, 'new@henk.test', 'agent'"
        " from public.conversations where call_sid = %s",
        "insert into public.queue_entries (business_id, campaign_id, lead_id)"
        " select business_id, campaign_id, lead_id from public.conversations where call_sid = %s",
        "insert into public.retry_rules (business_id, campaign_id, result)"
        " select business_id, campaign_id, 'busy' from public.conversations where call_sid = %s",
        "insert into public.lead_imports"
        " (business_id, campaign_id, file_name, fingerprint, row_count, priority, created_by)"
        " select business_id, campaign_id, 'a.csv', repeat('0', 64), 1, 0, user_id"
        " from public.conversations where call_sid = %s",
        "insert into public.call_backs (business_id, conversation_id, lead_id, due_at)"
        " select business_id, id, lead_id, now() from public.conversations where call_sid = %s",
        "insert into public.recording_rules (business_id, country, mode)"
        " select business_id, 'DE', 'off' from public.conversations where call_sid = %s",
        "insert into public.recording_consents (business_id, conversation_id, mode, consent_mode)"
        " select business_id, id, 'all', 'confirm' from public.conversations where call_sid = %s",
        "insert into public.recordings (business_id, conversation_id, agent_call_sid)"
        " select business_id, id, call_sid from public.conversations where call_sid = %s",
        "insert into public.recording_events"
        " (business_id, conversation_id, recording_id, source, status, payload)"
        " select business_id, id, gen_random_uuid(), 'callback', 'completed', '{}'"
        " from public.conversations where call_sid = %s",
        "insert into public.recording_actions"
        " (business_id, conversation_id, action, asked_by, result, finished_at)"
        " select business_id, id, 'start', user_id, 'done', now()"
        " from public.conversations where call_sid = %s",
        "insert into public.recording_plays"
        " (business_id, conversation_id, recording_id, user_id, kind)"
        " select business_id, id, gen_random_uuid(), user_id, 'play'"
        " from public.conversations where call_sid = %s",
        "insert into public.legal_holds (business_id, conversation_id, held_by, reason)"
        " select business_id, id, user_id, 'why' from public.conversations where call_sid = %s",
        "insert into public.erasures"
        " (business_id, asked_by, leads, conversations, recording_ids, held)"
        " select business_id, user_id, 1, 1, '{}', 0"
        " from public.conversations where call_sid = %s",
    ):
        db.execute(statement.encode(), (agent,))
    return agent


@pytest.fixture(scope="module")
def furnished(connection: Connection) -> Iterator[World]:
    """The world, in a transaction that is rolled back after the last test."""
    yield made_in(connection)
    connection.rollback()


@pytest.fixture
def world(furnished: World) -> World:
    return furnished


@pytest.fixture
def db(connection: Connection, furnished: World) -> Iterator[Connection]:
    """The world's transaction. What a test does in it is undone."""
    with attempt(connection):
        yield connection


def made_in(db: Connection) -> World:
    ours, theirs = add_tenant(db, 1), add_tenant(db, 2)
    of_both, former, of_none = add_user(db), add_user(db), add_user(db)
    add_member(db, ours.business_id, of_both)
    add_member(db, theirs.business_id, of_both)
    manager, owner_there = add_user(db), add_user(db)
    add_member(db, ours.business_id, manager, "manager")
    add_member(db, theirs.business_id, owner_there, "owner")
    add_member(db, ours.business_id, owner_there)
    add_member(db, ours.business_id, former, "manager")
    db.execute("delete from public.business_members where user_id = %s", (former,))
    our_call, their_call = furnish(db, ours), furnish(db, theirs)
    orphan_call, unknown_call = new_call_sid(), new_call_sid()
    with as_role(db, "call_webhook"):
        db.execute(
            "select public.begin_call(%s, null, null, %s, null, null, null, null)",
            (orphan_call, dialled(ours.lead_number)),
        )
    record_event(db, orphan_call, orphan_call, "completed", 0)
    record_event(db, unknown_call, new_call_sid(), "ringing", 1)
    return World(
        ours,
        theirs,
        our_call,
        their_call,
        orphan_call,
        unknown_call,
        {
            "a member": ours.user_id,
            "a member of the other business": theirs.user_id,
            "a member of both": of_both,
            "a manager": manager,
            "an owner there and agent here": owner_there,
            "a former member": former,
            "a user of no business": of_none,
        },
    )


@contextmanager
def acting_as(db: Connection, world: World, principal: str) -> Iterator[None]:
    """Acts as this user or role. What it does is undone when the context ends."""
    with attempt(db):
        if principal in USERS:
            with as_user(db, world.users[principal]):
                yield
        else:
            with as_role(db, principal):
                yield


def affected(db: Connection, world: World, principal: str, statement: sql.Composed) -> int | None:
    """How many rows a statement reached; None if it was forbidden."""
    try:
        with acting_as(db, world, principal):
            rows: int = db.execute(statement).rowcount
            return rows
    except InsufficientPrivilege:
        return None


def businesses_in(db: Connection, table: str) -> set[uuid.UUID | None]:
    column = "id" if table == "businesses" else "business_id"
    query = sql.SQL("select {} from public.{}").format(
        sql.Identifier(column), sql.Identifier(table)
    )
    return {row[0] for row in db.execute(query).fetchall()}


def count(db: Connection, table: str) -> int:
    row = db.execute(
        sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))
    ).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def test_every_table_is_tried(db: Connection) -> None:
    rows = fetch(db, "select tablename from pg_tables where schemaname in ('public', 'private')")
    assert {row["tablename"] for row in rows} == {
        *TABLES,
        *OF_THE_RECONCILER,
        *OF_THE_OPERATOR,
        *OF_QUEUES,
        *OF_IMPORTS,
        *OF_CONTACTS,
        *OF_NETWORKS,
        *OF_REPORTS,
        *OF_CREATION,
        *OF_TOOLS,
    }


@pytest.mark.parametrize("user", USERS)
def test_users_read_the_rows_of_their_businesses_and_no_others(
    db: Connection, world: World, user: str
) -> None:
    with acting_as(db, world, user):
        seen = {table: businesses_in(db, table) for table in TABLES}
    assert seen == {table: world.visible(user, table) for table in TABLES}


def test_each_table_has_rows_of_both_businesses(db: Connection, world: World) -> None:
    both = {world.ours.business_id, world.theirs.business_id}
    assert [table for table in TABLES if not both <= businesses_in(db, table)] == []


def test_asking_for_the_other_business_by_name_finds_nothing(db: Connection, world: World) -> None:
    found: dict[str, dict[str, int | None]] = {"a member": {}, "an owner there and agent here": {}}
    for table in TABLES:
        column = "id" if table == "businesses" else "business_id"
        query = sql.SQL("select from public.{} where {} = {}").format(
            sql.Identifier(table), sql.Identifier(column), sql.Literal(world.theirs.business_id)
        )
        for who, rows in found.items():
            rows[table] = affected(db, world, who, query)
    assert found["a member"] == dict.fromkeys(TABLES, 0)
    assert 0 not in found["an owner there and agent here"].values()


def test_anon_may_not_read(db: Connection, world: World) -> None:
    read = {
        table: affected(
            db, world, "anon", sql.SQL("select from public.{}").format(sql.Identifier(table))
        )
        for table in TABLES
    }
    assert read == dict.fromkeys(TABLES)


def test_operators_read_everything(db: Connection, world: World) -> None:
    everything = {table: count(db, table) for table in TABLES}
    with acting_as(db, world, "service_role"):
        assert {table: count(db, table) for table in TABLES} == everything


@pytest.mark.parametrize("user", USERS)
def test_no_member_sees_calls_without_a_business_or_events_without_a_call(
    db: Connection, world: World, user: str
) -> None:
    sids = [world.orphan_call, world.unknown_call]
    orphans = (
        "select from public.conversations where call_sid = any(%s) or business_id is null",
        "select from public.call_legs where call_sid = any(%s) or business_id is null",
        "select from public.call_events where agent_call_sid = any(%s) or business_id is null",
    )
    for query in orphans:
        assert db.execute(query, (sids,)).rowcount > 0
    with acting_as(db, world, user):
        assert [db.execute(query, (sids,)).rowcount for query in orphans] == [0, 0, 0]


def test_a_user_without_an_id_sees_nothing(db: Connection, world: World) -> None:
    with as_role(db, "authenticated", {"role": "authenticated"}):
        assert [count(db, table) for table in TABLES] == [0] * len(TABLES)


def test_a_removed_member_sees_nothing_from_that_moment(db: Connection, world: World) -> None:
    with as_user(db, world.ours.user_id):
        assert count(db, "conversations") == 1
    db.execute("delete from public.business_members where user_id = %s", (world.ours.user_id,))
    with as_user(db, world.ours.user_id):
        assert [count(db, table) for table in TABLES] == [0] * len(TABLES)


def new_row(
    table: str, tenant: Tenant, spare_user: uuid.UUID, call_id: object
) -> dict[str, object]:
    """What a valid further row of the tenant's would be."""
    business = {"business_id": tenant.business_id}
    rows: dict[str, dict[str, object]] = {
        "businesses": {"name": "Another"},
        "business_members": {**business, "user_id": spare_user, "role": "agent"},
        "leads": {**business, "name": "Another"},
        "campaigns": {**business, "name": "Another"},
        "phone_numbers": {**business, "phone_number": "+14155550300"},
        "do_not_call": {**business, "phone_number": "+14155550301"},
        "conversations": {
            **business,
            "status": "queued",
            "to_number": "+14155550302",
            "call_sid": new_call_sid(),
        },
        "call_legs": {
            **business,
            "conversation_id": call_id,
            "call_sid": new_call_sid(),
            "role": "lead",
            "status": "ringing",
        },
        "call_events": {
            **business,
            "conversation_id": call_id,
            "call_sid": new_call_sid(),
            "agent_call_sid": new_call_sid(),
            "source": "status_callback",
            "status": "ringing",
            "payload": Jsonb({}),
        },
        "call_actions": {**business, "conversation_id": call_id, "action": "hold"},
        "call_holds": {
            **business,
            "conversation_id": call_id,
            "call_leg_id": uuid.uuid4(),
            "started_at": "2026-11-22",
        },
        "rep_presence": {
            **business,
            "user_id": spare_user,
            "state": "away",
            "seen_at": "2026-11-22",
            "since": "2026-11-22",
        },
        "token_grants": {**business, "user_id": tenant.user_id, "expires_at": "2099-01-01"},
        "preflight_reports": {
            **business,
            "user_id": tenant.user_id,
            "verdict": "ok",
            "seconds": 9,
            "facts": Jsonb({}),
        },
        "call_quality": {
            **business,
            "conversation_id": call_id,
            "call_sid": new_call_sid(),
            "user_id": tenant.user_id,
            "started_at": "2026-11-22",
        },
        "networks": {**business, "key": "00000000", "name": "Home"},
        "transfer_targets": {**business, "name": "Service", "phone_number": "+14155550198"},
        "changes": {**business, "subject": "member", "subject_id": "a person"},
        "do_not_call_removals": {
            **business,
            "phone_number": "+14155550303",
            "listed_at": "2026-11-01",
        },
        "do_not_call_imports": {
            **business,
            "id": uuid.uuid4(),
            "file_name": "b.csv",
            "row_count": 1,
            "created_by": spare_user,
        },
        "invitations": {**business, "email": "newer@henk.test", "role": "agent"},
        "conversation_changes": {
            **business,
            "conversation_id": call_id,
            "before": Jsonb({}),
            "after": Jsonb({}),
        },
        "recording_rules": {**business, "country": "FR", "mode": "off"},
        "queue_entries": {
            **business,
            "campaign_id": tenant.campaign_id,
            "lead_id": tenant.lead_id,
        },
        "call_backs": {**business, "conversation_id": call_id, "due_at": "2099-01-01"},
        "outcomes": {**business, "key": "sold", "label": "Sold", "effect": "done"},
        "retry_rules": {**business, "campaign_id": tenant.campaign_id, "result": "failed"},
        "lead_imports": {
            **business,
            "campaign_id": tenant.campaign_id,
            "file_name": "b.csv",
            "fingerprint": "1" * 64,
            "row_count": 1,
            "priority": 0,
            "created_by": tenant.user_id,
        },
        "recording_consents": {
            **business,
            "conversation_id": call_id,
            "mode": "all",
            "consent_mode": "confirm",
        },
        "recordings": {**business, "conversation_id": call_id, "part": 2},
        "recording_events": {
            **business,
            "conversation_id": call_id,
            "recording_id": uuid.uuid4(),
            "source": "callback",
            "status": "absent",
            "payload": Jsonb({}),
        },
        "recording_actions": {
            **business,
            "conversation_id": call_id,
            "action": "start",
            "asked_by": spare_user,
        },
        "recording_plays": {
            **business,
            "conversation_id": call_id,
            "recording_id": uuid.uuid4(),
            "user_id": spare_user,
            "kind": "play",
        },
        "legal_holds": {
            **business,
            "conversation_id": call_id,
            "held_by": spare_user,
            "reason": "why",
            "released_by": spare_user,
            "released_at": "2026-11-22",
        },
        "erasures": {
            **business,
            "asked_by": spare_user,
            "leads": 1,
            "conversations": 1,
            "recording_ids": "{}",
            "held": 0,
        },
        "voicemail_messages": {
            **business,
            "user_id": spare_user,
            "name": "Call me back",
            "duration_seconds": 2,
            "bytes": 32044,
        },
    }
    return rows[table]


def insert_into(table: str, row: dict[str, object]) -> sql.Composed:
    return sql.SQL("insert into public.{} ({}) values ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Literal, row.values())),
    )


@pytest.mark.parametrize("table", TABLES)
def test_only_operators_insert_rows_and_members_add_to_do_not_call(
    db: Connection, world: World, table: str
) -> None:
    for tenant, call_sid in ((world.ours, world.our_call), (world.theirs, world.their_call)):
        call_id = conversation(db, call_sid)["id"]
        row = new_row(table, tenant, world.users["a user of no business"], call_id)
        if table == "rep_presence":
            # A member who has not told anything yet.
            row["user_id"] = new_member = add_user(db)
            add_member(db, tenant.business_id, new_member)
        if table in ("recording_consents", "call_backs"):
            # A call that has no terms yet.
            other_call = new_call_sid()
            begin_call(db, tenant, other_call)
            row["conversation_id"] = conversation(db, other_call)["id"]
        if table == "queue_entries":
            # A lead who is not in the queue yet.
            row["lead_id"] = add_lead(db, tenant, None)
        statement = insert_into(table, row)
        with attempt(db):
            assert db.execute(statement).rowcount == 1
        reached = {who: affected(db, world, who, statement) for who in PRINCIPALS}
        operators = 1 if table in (*OPERATOR_TABLES, *WRITTEN_WHOLE) else None
        expected = {**dict.fromkeys(PRINCIPALS), "service_role": operators}
        if table == "do_not_call":
            expected |= {who: 1 for who in USERS if tenant.business_id in world.visible(who)}
        if table in WRITTEN_BY_MANAGERS:
            ours_or_theirs = "ours" if tenant is world.ours else "theirs"
            expected |= {who: 1 for who, where in MANAGE.items() if ours_or_theirs in where}
        assert reached == expected


# Of outcomes and retry rules, managers write every column, in their own business.
@pytest.mark.parametrize("table", [each for each in TABLES if each not in WRITTEN_WHOLE])
def test_an_upsert_is_no_way_around(db: Connection, world: World, table: str) -> None:
    """An upsert of a row that exists neither changes it nor tells that it exists."""
    for call_sid in (world.our_call, world.their_call):
        identity = sql.SQL(
            " overriding system value"
            if fetch(
                db,
                "select from information_schema.columns where table_schema = 'public'"
                " and table_name = %s and is_identity = 'YES'",
                table,
            )
            else ""
        )
        # Generated columns cannot be inserted.
        columns = sql.SQL(", ").join(
            sql.Identifier(row["column_name"])
            for row in fetch(
                db,
                "select column_name from information_schema.columns where table_schema = 'public'"
                " and table_name = %s and is_generated = 'NEVER'",
                table,
            )
        )
        key = sql.SQL(
            {
                "business_members": "business_id, user_id",
                "rep_presence": "business_id, user_id",
                "do_not_call": "business_id, phone_number",
                "recording_consents": "conversation_id",
                "call_backs": "conversation_id",
                "call_quality": "business_id, conversation_id, call_sid",
                "networks": "business_id, key",
                "transfer_targets": "business_id, id",
            }.get(table, "id")
        )
        same_row = sql.SQL("from pg_temp.copied where business_id = {}").format(
            sql.Literal(conversation(db, call_sid)["business_id"])
        )
        if table == "businesses":
            same_row = sql.Composed([sql.SQL("from pg_temp.copied")])
        with attempt(db):
            db.execute(
                sql.SQL("create table pg_temp.copied as table public.{}").format(
                    sql.Identifier(table)
                )
            )
            db.execute("grant all on pg_temp.copied to public")
            insert = sql.SQL(
                "insert into public.{} ({}){} select {} {} limit 1 on conflict "
            ).format(sql.Identifier(table), columns, identity, columns, same_row)
            first_column = sql.Identifier(
                {
                    "call_actions": "action",
                    "call_holds": "started_at",
                    "rep_presence": "state",
                    "token_grants": "expires_at",
                    "conversation_changes": "before",
                    "recording_rules": "country",
                    "recording_consents": "mode",
                    "recordings": "state",
                    "recording_actions": "action",
                    "recording_plays": "kind",
                    "legal_holds": "reason",
                    "erasures": "held",
                    "queue_entries": "state",
                    "call_backs": "due_at",
                    "voicemail_messages": "name",
                    "lead_imports": "state",
                    "preflight_reports": "verdict",
                    "call_quality": "grade",
                    "networks": "name",
                    "do_not_call_removals": "reason",
                    "do_not_call_imports": "file_name",
                    "changes": "subject",
                    "invitations": "email",
                    "transfer_targets": "name",
                }.get(table, "created_at" if table in OPERATOR_TABLES else "status")
            )
            do_update = insert + sql.SQL("({}) do update set {} = excluded.{}").format(
                key, first_column, first_column
            )
            do_nothing = insert + sql.SQL("do nothing")
            for statement, operators in ((do_update, 1), (do_nothing, 0)):
                reached = {who: affected(db, world, who, statement) for who in PRINCIPALS}
                expected = operators if table in OPERATOR_TABLES else None
                assert reached == {**dict.fromkeys(PRINCIPALS), "service_role": expected}


@pytest.mark.parametrize("table", TABLES)
def test_each_column_is_updated_only_by_those_who_may(
    db: Connection, world: World, table: str
) -> None:
    columns = fetch(
        db,
        "select column_name as name, is_identity = 'YES' or is_generated = 'ALWAYS' as is_made"
        " from information_schema.columns where table_schema = 'public' and table_name = %s",
        table,
    )
    statements = {
        column["name"]: sql.SQL("update public.{} set {} = {}").format(
            sql.Identifier(table),
            sql.Identifier(column["name"]),
            sql.SQL("default") if column["is_made"] else sql.Identifier(column["name"]),
        )
        for column in columns
    }
    reached: dict[str, dict[str, int | None]] = {}
    for principal in PRINCIPALS:
        with acting_as(db, world, principal):
            reached[principal] = {
                column: rows_of(db, statement) for column, statement in statements.items()
            }
    assert reached == {
        principal: dict.fromkeys(statements) | updated(db, world, principal, table, [*statements])
        for principal in PRINCIPALS
    }


def rows_of(db: Connection, statement: sql.Composed) -> int | None:
    """As ``affected``, of who acts already."""
    try:
        with attempt(db):
            rows: int = db.execute(statement).rowcount
            return rows
    except InsufficientPrivilege:
        return None


def updated(
    db: Connection, world: World, principal: str, table: str, columns: list[str]
) -> dict[str, int | None]:
    """How many rows of a table a principal may change: by column, those that may be changed."""
    if principal == "service_role":
        may = table in (*OPERATOR_TABLES, *WRITTEN_WHOLE)
        return {column: count(db, table) for column in columns} if may else {}
    if principal == "call_webhook":
        return dict.fromkeys(MOVED_BY_WEBHOOKS.get(table, ()), 0)
    if principal not in USERS:
        return {}
    managed = len(MANAGE.get(principal, ()))
    if table in WRITTEN_BY_MANAGERS:
        rows = count(db, table) // len({world.ours, world.theirs})
        return dict.fromkeys(WRITTEN_BY_MANAGERS[table], managed * rows)
    described = DESCRIBE.get(principal, 0)
    of_members: dict[str, dict[str, int | None]] = {
        "conversations": dict.fromkeys(DESCRIBED_BY_REPS, described),
        "voicemail_messages": dict.fromkeys(CHANGED_OF_MESSAGES, described),
        "business_members": dict.fromkeys(NAMED_BY_MEMBERS, len(world.visible(principal))),
        "businesses": dict.fromkeys(LIMITS, managed),
    }
    return of_members.get(table, {})


@pytest.mark.parametrize("table", TABLES)
def test_only_operators_delete_memberships_and_managers_rules(
    db: Connection, world: World, table: str
) -> None:
    statement = sql.SQL("delete from public.{}").format(sql.Identifier(table))
    ended = None
    if table == "business_members":
        # The last owner of a business stays.
        statement += sql.SQL(" where role <> 'owner'")
        ended = count(db, table) - 1
    reached = {who: affected(db, world, who, statement) for who in PRINCIPALS}
    expected = {**dict.fromkeys(PRINCIPALS), "service_role": ended}
    if table == "call_holds":
        # They are computed anew with each event; outside of a function no hold is a webhook's.
        expected["call_webhook"] = 0
    if table in ("recording_rules", "retry_rules"):
        expected |= {who: len(MANAGE.get(who, ())) for who in USERS}
    if table == "retry_rules":
        expected["service_role"] = count(db, table)
    assert reached == expected


@pytest.mark.parametrize("who", PRINCIPALS)
def test_nobody_truncates(db: Connection, world: World, who: str) -> None:
    with acting_as(db, world, who):
        reached = {
            table: rows_of(db, sql.SQL("truncate public.{} cascade").format(sql.Identifier(table)))
            for table in TABLES
        }
    assert reached == dict.fromkeys(TABLES)


@pytest.mark.parametrize("column", sorted(DESCRIBED_BY_REPS))
def test_a_rep_describes_their_own_calls_and_no_other(
    db: Connection, world: World, column: str
) -> None:
    value = {
        "lead_id": world.ours.lead_id,
        "campaign_id": world.ours.campaign_id,
    }.get(column, "interested")
    statement = sql.SQL("update public.conversations set {} = %s where call_sid = %s").format(
        sql.Identifier(column)
    )
    before = conversation(db, world.their_call)
    with as_user(db, world.ours.user_id):
        assert db.execute(statement, (value, world.our_call)).rowcount == 1
        assert db.execute(statement, (value, world.their_call)).rowcount == 0
        assert db.execute(statement, (value, world.orphan_call)).rowcount == 0
    assert conversation(db, world.our_call)[column] == value
    assert conversation(db, world.their_call) == before


def test_a_rep_may_untie_a_call_from_lead_and_campaign(db: Connection, world: World) -> None:
    before = conversation(db, world.our_call)
    assert (before["lead_id"], before["campaign_id"]) == (
        world.ours.lead_id,
        world.ours.campaign_id,
    )
    with as_user(db, world.ours.user_id):
        db.execute("update public.conversations set lead_id = null, campaign_id = null")
    after = conversation(db, world.our_call)
    assert (after["lead_id"], after["campaign_id"]) == (None, None)


def refusal(db: Connection, world: World, user: str, column: str, value: uuid.UUID) -> str:
    """All that the client learns when a call of ours is tied to `value`, without that id."""
    statement = sql.SQL("update public.conversations set {} = %s where call_sid = %s").format(
        sql.Identifier(column)
    )
    with pytest.raises(ForeignKeyViolation) as raised, acting_as(db, world, user):
        db.execute(statement, (value, world.our_call))
    said = raised.value.diag
    told = (said.sqlstate, said.message_primary, said.message_detail, said.message_hint)
    return repr((*told, said.constraint_name)).replace(str(value), "<the id>")


@pytest.mark.parametrize("user", ["a member", "a member of both"])
@pytest.mark.parametrize("column", ["lead_id", "campaign_id"])
def test_a_foreign_lead_or_campaign_is_refused_as_if_it_did_not_exist(
    db: Connection, world: World, user: str, column: str
) -> None:
    db.execute(
        "update public.conversations set user_id = %s where call_sid = %s",
        (world.users[user], world.our_call),
    )
    foreign: uuid.UUID = getattr(world.theirs, column)
    told = refusal(db, world, user, column, foreign)
    assert told == refusal(db, world, user, column, uuid.uuid4())
    assert str(world.theirs.business_id) not in told


def test_an_update_is_dated_whatever_the_rep_sends(db: Connection, world: World) -> None:
    db.execute("set local session_replication_role = replica")
    db.execute("update public.conversations set updated_at = '2000-01-01'")
    db.execute("set local session_replication_role = origin")
    with as_user(db, world.ours.user_id):
        db.execute("update public.conversations set notes = 'Call back'")
    assert conversation(db, world.our_call)["updated_at"].year > 2000
    assert conversation(db, world.their_call)["updated_at"].year == 2000


def test_the_record_of_a_call_outlives_lead_campaign_and_rep(db: Connection, world: World) -> None:
    db.execute("delete from public.leads where id = %s", (world.ours.lead_id,))
    db.execute("delete from public.campaigns where id = %s", (world.ours.campaign_id,))
    db.execute("delete from auth.users where id = %s", (world.ours.user_id,))
    call = conversation(db, world.our_call)
    assert (call["lead_id"], call["campaign_id"]) == (None, None)
    assert (call["business_id"], call["user_id"]) == (world.ours.business_id, world.ours.user_id)


def test_a_business_takes_everything_of_its_own_along(db: Connection, world: World) -> None:
    db.execute("delete from public.businesses where id = %s", (world.ours.business_id,))
    left = {table: businesses_in(db, table) for table in TABLES}
    assert [table for table, rows in left.items() if world.ours.business_id in rows] == []
    assert [table for table, rows in left.items() if world.theirs.business_id not in rows] == []


def test_users_learn_only_their_own_memberships(db: Connection, world: World) -> None:
    for user in USERS:
        with acting_as(db, world, user):
            rows = fetch(db, "select business_id as id from private.memberships")
            assert {row["id"] for row in rows} == world.visible(user)


def test_no_condition_of_a_query_sees_other_memberships(db: Connection, world: World) -> None:
    """A condition that PostgreSQL holds for cheap comes first, unless the view is a barrier."""
    db.execute(
        """
        create function public.tell(what uuid) returns boolean
        language plpgsql cost 0.0000001
        as $$ begin raise warning '%', what; return true; end $$
        """
    )
    for way in ("indexscan", "bitmapscan"):
        db.execute(f"set local enable_{way} = off")
    told: list[str | None] = []
    db.add_notice_handler(lambda notice: told.append(notice.message_primary))
    with as_user(db, world.ours.user_id):
        db.execute("select from private.memberships where public.tell(business_id)")
    assert told == [str(world.ours.business_id)]


def test_a_pooled_connection_forgets_whose_request_it_served(db: Connection, world: World) -> None:
    """Plans of functions are cached for the session, but the policies in them must follow the
    role."""
    for _ in range(8):
        for tenant, other in ((world.ours, world.theirs), (world.theirs, world.ours)):
            with as_user(db, tenant.user_id):
                row = db.execute(
                    "select public.preview_call(null, %s, null, %s, null) ->> 'block_reason'",
                    (dialled("+14155550142"), str(other.lead_id)),
                ).fetchone()
                assert row == ("unknown_lead",)
        begun = begin_call(db, world.ours, new_call_sid(), lead_id=world.ours.lead_id)
        assert begun["block_reason"] is None

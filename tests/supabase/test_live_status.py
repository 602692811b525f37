"""Broadcasts of a call's changes, on a database with the parts of Realtime that migrations meet.

Realtime itself cannot run here. Its schema below is what its own migrations publish, as far as ours
use it: the table, the topic of a subscriber, and `send`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from stack import Postgres
from stack.migrations import push
from tests.supabase.asked import AskedCall, add_colleague
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    as_user,
    begin_call,
    conversation,
    fetch,
    new_call_sid,
    record_event,
)

REALTIME = """
create schema realtime;
create table realtime.messages (
  id bigint generated always as identity primary key,
  topic text not null, extension text not null, payload jsonb, event text, private boolean
);
alter table realtime.messages enable row level security;
alter table realtime.messages owner to postgres;
create function realtime.topic() returns text language sql stable
  as $$ select nullif(current_setting('realtime.topic', true), '') $$;
create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language sql as $$
  insert into realtime.messages (payload, event, topic, private, extension)
  values (payload, event, topic, private, 'broadcast')
$$;
grant usage on schema realtime to authenticated, postgres;
grant select on realtime.messages to authenticated;
"""


@pytest.fixture(scope="module")
def realtime_url(postgres: Postgres) -> str:
    name = "with_realtime"
    postgres.create_database(name)
    with psycopg.connect(postgres.url(name)) as admin:
        admin.execute(REALTIME)
    push(postgres.url(name, "postgres"))
    return postgres.url(name)


@pytest.fixture
def live(realtime_url: str) -> Iterator[Connection]:
    with psycopg.connect(realtime_url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def tenant(live: Connection) -> Tenant:
    added = add_tenant(live, 1)
    live.execute("delete from realtime.messages")
    return added


def messages(db: Connection) -> list[dict[str, object]]:
    return fetch(db, "select topic, event, private, payload from realtime.messages order by id")


def test_every_change_of_a_call_is_broadcast_to_its_business(
    live: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(live, tenant, agent)
    for number, status in enumerate(("initiated", "ringing", "in-progress")):
        record_event(live, agent, lead, status, number)
        record_event(live, agent, lead, status, number)
    sent = messages(live)
    assert {(message["topic"], message["private"]) for message in sent} == {
        (f"business:{tenant.business_id}", True)
    }
    told = [
        (message["event"], message["payload"]["record"]["status"])  # type: ignore[index]
        for message in sent
    ]
    assert told == [
        ("INSERT", "queued"),
        ("UPDATE", "initiated"),
        ("UPDATE", "ringing"),
        ("UPDATE", "in-progress"),
    ]


def test_what_reps_write_about_a_person_is_not_broadcast(live: Connection, tenant: Tenant) -> None:
    agent = new_call_sid()
    begin_call(live, tenant, agent)
    with as_user(live, tenant.user_id):
        live.execute("update public.conversations set notes = 'private matters'")
    assert "private matters" not in str(messages(live))
    assert messages(live)[-1]["event"] == "UPDATE"


def test_a_beginning_that_comes_last_never_opens_an_ended_call(
    live: Connection, tenant: Tenant
) -> None:
    agent, lead = new_call_sid(), new_call_sid()
    rep = f"client:user_{tenant.user_id.hex}_{tenant.business_id.hex}"
    numbers = {"From": tenant.caller_id, "To": tenant.lead_number}
    record_event(live, agent, lead, "completed", 3, duration_seconds=7, payload=numbers)
    record_event(live, agent, agent, "completed", 0, payload={"From": rep, "To": "typed"})
    told_before = len(messages(live))
    begin_call(live, tenant, agent)
    records = [message["payload"]["record"] for message in messages(live)]  # type: ignore[index]
    assert {record["status"] for record in records[told_before:]} == {"completed"}
    assert all(record["ended_at"] for record in records)
    # As GET /api/twilio/status has it, without the notes.
    assert [set(record) & {"begun_at", "notes"} for record in records] == [set()] * len(records)


def decline(call: AskedCall, user_id: uuid.UUID) -> None:
    with as_user(call.db, user_id):
        call.db.execute("select public.decline_call(%s)", (call.id,))


def test_whatever_changes_a_call_with_several_legs_is_broadcast(
    live: Connection, tenant: Tenant
) -> None:
    """Pages read the legs again whenever the conversation's row is broadcast."""
    colleague = add_colleague(live, tenant)
    call = AskedCall(live, tenant).answer()

    def is_told(happen: Callable[[], object]) -> bool:
        before = len(messages(live))
        happen()
        return len(messages(live)) > before

    asked: dict[str, Any] = {}
    assert is_told(lambda: asked.update(call.ask("transfer", user=colleague, mode="warm")))
    call.convert(asked)
    assert is_told(lambda: call.note(asked, ("held", call.lead_leg_id, call.lead_sid), result=None))
    leg_id, sid = asked["action"]["leg_id"], new_call_sid()
    assert is_told(lambda: call.note(asked, ("leg_dialled", leg_id, sid)))
    assert is_told(lambda: call.event(sid, "ringing", 1, call_leg_id=leg_id))
    assert is_told(lambda: decline(call, colleague))
    assert is_told(lambda: call.picks_up(leg_id, sid))
    complete: dict[str, Any] = {}
    assert is_told(lambda: complete.update(call.ask("complete")))
    assert is_told(lambda: call.note(complete))
    assert is_told(lambda: call.note(call.ask("hold", by=colleague), result="failed"))
    # What comes twice changes nothing.
    assert not is_told(lambda: call.picks_up(leg_id, sid))
    records = [message["payload"]["record"] for message in messages(live)]  # type: ignore[index]
    assert [set(record) & {"is_plain"} for record in records] == [set()] * len(records)
    assert records[-1]["stage"] == "consulting"


def test_members_follow_their_own_business_only(live: Connection, tenant: Tenant) -> None:
    other = add_tenant(live, 2)
    for each in (tenant, other):
        begin_call(live, each, new_call_sid())

    def heard(listener: Tenant, topic: str) -> int:
        with as_user(live, listener.user_id):
            live.execute("select set_config('realtime.topic', %s, true)", (topic,))
            return len(fetch(live, "select 1 from realtime.messages"))

    # The policy admits to a topic; Realtime itself passes on that topic's messages alone.
    assert heard(tenant, f"business:{tenant.business_id}") > 0
    assert heard(tenant, f"business:{other.business_id}") == 0
    assert heard(tenant, "business:%") == 0
    assert heard(tenant, "") == 0
    with as_role(live, "anon"), pytest.raises(psycopg.errors.InsufficientPrivilege):
        live.execute("select 1 from realtime.messages")


def test_a_broken_realtime_loses_no_event(live: Connection, tenant: Tenant) -> None:
    live.execute("drop function realtime.send(jsonb, text, text, boolean)")
    agent, lead = new_call_sid(), new_call_sid()
    begin_call(live, tenant, agent)
    record_event(live, agent, lead, "completed", 3, duration_seconds=7)
    assert conversation(live, agent)["status"] == "completed"
    assert messages(live) == []


def test_a_project_without_realtime_has_no_trigger_for_it(db: Connection) -> None:
    assert fetch(db, "select 1 from pg_trigger where tgname = 'conversations_broadcast'") == []


def test_every_change_of_a_setting_is_broadcast_without_its_values(
    live: Connection, tenant: Tenant
) -> None:
    live.execute(
        "update public.businesses set concurrent_calls = 7 where id = %s", (tenant.business_id,)
    )
    [change] = fetch(live, "select id from public.changes order by id desc limit 1")
    [message] = messages(live)
    assert message == {
        "topic": f"business:{tenant.business_id}",
        "event": "SETTING",
        "private": True,
        "payload": {
            "table": "changes",
            "operation": "SETTING",
            "record": {"id": change["id"], "subject": "business"},
        },
    }


def test_members_are_told_which_settings_changed_last_and_nobody_else_is(
    live: Connection, tenant: Tenant
) -> None:
    other = add_tenant(live, 2)
    ask = "select public.settings_news(%s) as told"
    for seconds in range(5, 26):
        live.execute(
            "update public.businesses set conversation_seconds = %s where id = %s",
            (seconds + 1, tenant.business_id),
        )
    kept = "select id, subject from public.changes where business_id = %s order by id desc limit 20"
    latest = fetch(live, kept, tenant.business_id)
    assert [row["subject"] for row in latest] == ["business"] * 20
    with as_user(live, add_colleague(live, tenant)):
        # Adding them is the latest change.
        [member, *news] = fetch(live, ask, tenant.business_id)[0]["told"]["changes"]
        assert (member["subject"], news) == ("member", latest[:19])
    with as_user(live, other.user_id):
        assert fetch(live, ask, tenant.business_id)[0]["told"] == {"error": "not_found"}
        assert fetch(live, ask, uuid.uuid4())[0]["told"] == {"error": "not_found"}
    with as_user(live, tenant.user_id):
        assert fetch(live, ask, tenant.business_id)[0]["told"]["role"] == "agent"

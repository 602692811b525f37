"""A lead is left alone with a recorded message: the rep is free, and the talk has ended, while the
lead's leg goes on. It is all the same in which order one hears of it."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.supabase.asked import AskedCall, add_colleague, one
from tests.supabase.messages import add_message
from tests.supabase.reconciling import let_it_be_due, listed, settle
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_user,
    attempt,
    fetch,
    record_event,
)

NOT_IN_PROGRESS = {"error": "not_in_progress"}
NO_MESSAGE = {"error": "no_message"}


@pytest.fixture
def tenant(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.fixture
def call(db: Connection, tenant: Tenant) -> AskedCall:
    return answered(AskedCall(db, tenant))


def answered(call: AskedCall) -> AskedCall:
    """The lead has answered a minute ago, by Twilio's clock."""
    for number, status in enumerate(("initiated", "ringing", "in-progress")):
        call.event(call.lead_sid, status, number, occurred_at=at(call, -60))
    return call


def at(call: AskedCall, seconds: float) -> str:
    """So many seconds from now on."""
    moment: datetime = one(call.db, "select date_trunc('second', now())")
    return (moment + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def message(db: Connection, tenant: Tenant) -> uuid.UUID:
    return add_message(db, tenant)


def drop(call: AskedCall, message: uuid.UUID) -> dict[str, Any]:
    asked = call.ask("drop_voicemail", message=message)
    call.note(asked, ("dropped", call.lead_leg_id, call.lead_sid))
    return asked


def lead_of(call: AskedCall) -> dict[str, Any]:
    return call.leg(call.lead_leg_id)


def result_of(call: AskedCall) -> tuple[object, ...]:
    row, lead = call.row, lead_of(call)
    return (
        row["status"], row["duration_seconds"], row["ended_at"], row["outcome"], row["stage"],
        lead["status"], lead["duration_seconds"], lead["ended_at"], lead["dropped_at"],
    )  # fmt: skip


def test_the_path_of_the_message_is_told_before_twilio_is_asked(
    call: AskedCall, message: uuid.UUID
) -> None:
    asked = call.ask("drop_voicemail", message=message)
    tenant = call.tenant
    assert asked["action"]["message_path"] == f"{tenant.business_id}/{tenant.user_id}/{message}.wav"
    assert asked["action"]["leg_id"] == call.lead_leg_id
    (action,) = fetch(call.db, "select * from public.call_actions")
    assert (action["message_id"], action["result"]) == (message, None)
    assert call.row["ended_at"] is None
    # Twilio asks at once what becomes of the rep.
    assert call.go_on("dial", call.sid, dialled=call.lead_sid)["next"] == "hang_up"


def test_the_rep_is_free_at_once_and_the_talk_ends_there(
    call: AskedCall, message: uuid.UUID
) -> None:
    drop(call, message)
    row, lead = call.row, lead_of(call)
    assert (row["status"], row["outcome"]) == ("completed", "voicemail")
    assert lead["dropped_at"] == lead["ended_at"] == row["ended_at"] is not None
    assert 59 <= row["duration_seconds"] == lead["duration_seconds"] <= 61
    assert call.ask("hold") == NOT_IN_PROGRESS
    # The message is played for 40 s more.
    call.event(call.sid, "completed", 0, duration_seconds=61, occurred_at=at(call, 1))
    call.event(call.lead_sid, "completed", 3, duration_seconds=100, occurred_at=at(call, 40))
    assert call.row["duration_seconds"] == 61
    assert lead_of(call)["dropped_at"] == lead_of(call)["ended_at"] == call.row["ended_at"]


def test_asked_twice_it_is_left_once(call: AskedCall, message: uuid.UUID) -> None:
    asked = call.ask("drop_voicemail", message=message)
    assert call.ask("drop_voicemail", message=message)["wait"]
    call.note(asked, ("dropped", call.lead_leg_id, call.lead_sid))
    again = call.ask("drop_voicemail", message=message)
    assert (again["is_done"], again["action"]["id"]) == (True, asked["action"]["id"])
    call.event(call.sid, "completed", 0, duration_seconds=61)
    assert call.ask("drop_voicemail", message=message)["is_done"]


def what_is_heard(call: AskedCall, asked: dict[str, Any]) -> dict[str, Callable[[], object]]:
    return {
        "noted": lambda: call.note(asked, ("dropped", call.lead_leg_id, call.lead_sid)),
        "dial": lambda: call.go_on("dial", call.sid, dialled=call.lead_sid),
        "rep": lambda: call.event(
            call.sid, "completed", 0, duration_seconds=61, occurred_at=at(call, 1)
        ),
        "lead": lambda: call.event(
            call.lead_sid, "completed", 3, duration_seconds=100, occurred_at=at(call, 40)
        ),
    }


def test_in_every_order_the_rows_are_the_same(call: AskedCall, message: uuid.UUID) -> None:
    asked, results = call.ask("drop_voicemail", message=message), set()
    for order in itertools.permutations(what_is_heard(call, asked)):
        with attempt(call.db):
            for name in order:
                what_is_heard(call, asked)[name]()
            results.add(result_of(call))
    assert len(results) == 1
    assert results.pop()[1] == 61


@pytest.mark.parametrize("is_lost", [False, True], ids=["callbacks come", "callbacks are lost"])
def test_a_function_that_was_killed_after_twilio_had_played_it_changes_nothing(
    call: AskedCall, message: uuid.UUID, is_lost: bool
) -> None:
    """Nobody has noted the drop. The rep's leg has ended, and so has the talk; the lead's leg goes
    on, which tells that there was a message."""
    call.ask("drop_voicemail", message=message)
    call.go_on("dial", call.sid, dialled=call.lead_sid)
    call.db.execute("update public.call_actions set lease_until = clock_timestamp()")
    if is_lost:
        let_it_be_due(call.db, call.sid)
        ended = {"ended_at": at(call, 1), "duration_seconds": 61, "payload": {}}
        goes_on: dict[str, object] = {"ended_at": None, "duration_seconds": None, "payload": {}}
        of_lead: dict[str, object] = {"call_sid": call.lead_sid, "status": "in-progress", **goes_on}
        of_rep: dict[str, object] = {"call_sid": call.sid, "status": "completed", **ended}
        assert not settle(call.db, call.sid, [of_rep, of_lead])
    else:
        what_is_heard(call, {})["rep"]()
    assert result_of(call)[:4:3] == ("completed", None)
    assert listed(call.db, call.sid) is not None
    if is_lost:
        of_lead |= {"status": "completed", "duration_seconds": 100, "ended_at": at(call, 40)}
        assert settle(call.db, call.sid, [of_rep, of_lead])
    else:
        what_is_heard(call, {})["lead"]()
    assert (call.row["duration_seconds"], call.row["outcome"]) == (61, "voicemail")
    assert lead_of(call)["dropped_at"] == call.row["ended_at"]
    (action,) = fetch(call.db, "select result from public.call_actions")
    assert action["result"] == "done"


def test_a_message_that_was_never_left_changes_nothing(call: AskedCall, message: uuid.UUID) -> None:
    """The function was killed before it asked Twilio, and the talk goes on to its end."""
    call.ask("drop_voicemail", message=message)
    call.event(call.lead_sid, "completed", 3, duration_seconds=90, occurred_at=at(call, 30))
    call.event(call.sid, "completed", 0, duration_seconds=91, occurred_at=at(call, 31))
    assert (call.row["duration_seconds"], call.row["outcome"]) == (90, None)
    assert lead_of(call)["dropped_at"] is None


def test_what_was_refused_by_twilio_is_not_a_drop(call: AskedCall, message: uuid.UUID) -> None:
    asked = call.ask("drop_voicemail", message=message)
    call.note(asked, result="failed", error="twilio_unavailable")
    call.note(call.ask("hold"), result="failed")
    call.event(call.sid, "completed", 0, duration_seconds=61, occurred_at=at(call, 1))
    assert call.row["ended_at"] is None


def leaves_the_room(call: AskedCall, reason: str) -> None:
    record_event(
        call.db, call.sid, call.lead_sid, "participant-leave", 9,
        source="conference", occurred_at=at(call, 2), conference_sid="CF1",
        payload={
            "FriendlyName": f"conversation_{call.id.hex}", "ReasonParticipantLeft": reason,
        },
    )  # fmt: skip


def test_in_a_room_the_lead_leaves_it_and_nobody_is_rung_for_them(
    call: AskedCall, message: uuid.UUID
) -> None:
    call.hold()
    asked = call.ask("drop_voicemail", message=message)
    # Twilio may ask this before control_fn has told of the drop.
    assert call.go_on("room", call.lead_sid)["next"] == "hang_up"
    leaves_the_room(call, "participant_updated_via_api")
    call.note(asked, ("dropped", call.lead_leg_id, call.lead_sid), ("removed", None, call.sid))
    assert (call.row["status"], call.row["duration_seconds"]) == ("completed", 62)
    assert call.go_on("room", call.lead_sid)["next"] == "hang_up"
    assert [a["action"] for a in fetch(call.db, "select action from public.call_actions")] == [
        "hold",
        "drop_voicemail",
    ]
    (hold,) = fetch(call.db, "select * from public.call_holds")
    assert hold["ended_at"] is not None


@pytest.mark.parametrize(
    ("reason", "is_left"),
    [("participant_updated_via_api", True), ("moderator_ended_conference", False)],
)
def test_a_room_tells_whether_a_killed_function_had_left_the_message(
    call: AskedCall, message: uuid.UUID, reason: str, is_left: bool
) -> None:
    call.hold()
    call.ask("drop_voicemail", message=message)
    call.db.execute("update public.call_actions set lease_until = clock_timestamp()")
    leaves_the_room(call, reason)
    assert (call.row["outcome"], call.row["duration_seconds"]) == (
        ("voicemail", 62) if is_left else (None, None)
    )
    assert (lead_of(call)["dropped_at"] is not None) is is_left


def test_a_room_whose_message_nobody_left_still_rings_for_the_lead(
    call: AskedCall, message: uuid.UUID
) -> None:
    """The function was killed before it asked Twilio, and later the rep's browser died."""
    call.hold()
    call.ask("drop_voicemail", message=message)
    call.db.execute("update public.call_actions set lease_until = clock_timestamp()")
    call.event(call.sid, "completed", 0, duration_seconds=99)
    assert call.go_on("room", call.lead_sid)["next"] == "ring"


def test_whoever_has_the_lead_leaves_the_message(
    call: AskedCall, tenant: Tenant, message: uuid.UUID
) -> None:
    colleague = add_colleague(call.db, tenant)
    leg_id = call.transfer_cold(user=colleague)
    sid = str(uuid.uuid4())
    call.picks_up(leg_id, sid)
    call.event(call.sid, "completed", 0, duration_seconds=30, occurred_at=at(call, -20))
    own = add_message(call.db, tenant, colleague)
    assert call.ask("drop_voicemail", by=colleague, message=message) == NO_MESSAGE
    asked = call.ask("drop_voicemail", by=colleague, message=own)
    assert asked["action"]["leaving_leg_id"] == leg_id
    call.note(asked, ("dropped", call.lead_leg_id, call.lead_sid))
    call.event(sid, "completed", 3, call_leg_id=leg_id, occurred_at=at(call, 5))
    assert call.row["duration_seconds"] == 65


def test_a_shared_message_is_everybodys_and_another_one_its_owners(
    db: Connection, call: AskedCall, tenant: Tenant
) -> None:
    colleague, other = add_colleague(db, tenant), add_tenant(db, 2)
    for theirs in (
        add_message(db, tenant, colleague),
        add_message(db, other, is_shared=True),
        uuid.uuid4(),
    ):
        assert call.ask("drop_voicemail", message=theirs) == NO_MESSAGE
    shared = add_message(db, tenant, colleague, is_shared=True)
    with attempt(db):
        with as_user(db, colleague):
            db.execute("update public.voicemail_messages set deleted_at = now()")
        assert call.ask("drop_voicemail", message=shared) == NO_MESSAGE
    assert call.ask("drop_voicemail", message=shared)["action"] is not None


def test_a_lead_who_has_not_answered_is_left_with_nothing(
    db: Connection, tenant: Tenant, message: uuid.UUID
) -> None:
    call = AskedCall(db, tenant)
    call.event(call.lead_sid, "ringing", 1)
    assert call.ask("drop_voicemail", message=message) == NOT_IN_PROGRESS
    assert call.ask("drop_voicemail")["field"] == "messageId"
    assert call.ask("hold", message=message)["field"] == "messageId"


def test_an_outcome_that_somebody_chose_stays(call: AskedCall, message: uuid.UUID) -> None:
    with as_user(call.db, call.tenant.user_id):
        call.db.execute("update public.conversations set outcome = 'callback'")
    drop(call, message)
    assert call.row["outcome"] == "callback"


def test_a_business_without_that_outcome_gets_none(call: AskedCall, message: uuid.UUID) -> None:
    call.db.execute("delete from public.outcomes where key = 'voicemail'")
    drop(call, message)
    assert (call.row["status"], call.row["outcome"]) == ("completed", None)


# Who has answered.


def detected(call: AskedCall, answer: str, milliseconds: int = 4000) -> dict[str, Any]:
    return record_event(
        call.db, call.sid, call.lead_sid, answer, source="amd",
        payload={"AnsweredBy": answer, "MachineDetectionDuration": str(milliseconds)},
    )  # fmt: skip


def test_the_detection_of_machines_is_a_hint_and_changes_nothing_else(call: AskedCall) -> None:
    before = call.row
    assert detected(call, "machine_end_beep")["new"] is True
    assert detected(call, "machine_end_beep")["new"] is False
    after = call.row
    assert after.pop("answered_by") == "machine_end_beep"
    assert before.pop("answered_by") is None
    del before["updated_at"], after["updated_at"]
    assert after == before
    assert after["is_plain"]


def test_a_detection_that_comes_before_its_call_begins_is_kept(
    db: Connection, tenant: Tenant
) -> None:
    call = AskedCall.__new__(AskedCall)
    call.db, call.tenant, call.sid, call.lead_sid = db, tenant, "CA" + "1" * 32, "CA" + "2" * 32
    detected(call, "human", 100)
    detected(call, "unknown", 30)
    call.__post_init__()
    assert call.row["answered_by"] == "human"
    assert call.row["is_plain"]

"""The way of a recording, from the wish to its deletion: a state machine that any crash can stop
and any later run finishes."""

from __future__ import annotations

import random

import pytest
from psycopg.errors import InsufficientPrivilege

from tests.supabase.asked import one
from tests.supabase.recorded import (
    SHA256,
    Answer,
    RecordedCall,
    allow,
    claim,
    keep,
    let_it_be_due,
    new_recording_sid,
    step,
)
from tests.supabase.rows_read import reading
from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
    attempt,
    fetch,
    new_call_sid,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    tenant = add_tenant(db, 1)
    allow(db, tenant, "all")
    return tenant


@pytest.fixture
def call(db: Connection, ours: Tenant) -> RecordedCall:
    """A call whose lead has heard the notice, and whose recording is to be started."""
    call = RecordedCall(db, ours)
    call.answer()
    call.hears_notice()
    return call


def started(call: RecordedCall) -> str:
    sid = new_recording_sid()
    (start,) = call.starts
    call.recording_event("in-progress", sid, recording_id=start["recording_id"], source="api")
    return sid


def only(db: Connection) -> Answer:
    (work,) = claim(db)
    return work


def test_a_recording_goes_from_the_notice_to_the_bucket(db: Connection, call: RecordedCall) -> None:
    assert call.recording_state == "starting"
    sid = started(call)
    assert call.recording_state == "recording"
    call.end(call.lead_sid)
    assert call.recording_state == "stopped"
    call.recording_event("completed", sid)
    keep(db, only(db))
    (kept,) = call.recordings
    assert kept["state"] == "kept"
    assert kept["object_path"] == f"{call.tenant.business_id}/{call.id}/{sid}.mp3"
    assert (kept["bytes"], kept["sha256"], kept["channels"]) == (240_000, SHA256, 2)
    assert kept["twilio_deleted_at"] is not None
    assert (kept["expires_at"] - kept["completed_at"]).days == 90
    assert kept["next_at"] is not None
    assert claim(db) == []
    assert call.row["is_plain"]


def completed(call: RecordedCall) -> str:
    sid = started(call)
    call.end(call.lead_sid)
    call.recording_event("completed", sid)
    return sid


def kept(db: Connection, call: RecordedCall) -> Answer:
    completed(call)
    keep(db, only(db))
    (row,) = call.recordings
    return row


def test_a_late_writer_changes_nothing(db: Connection, call: RecordedCall) -> None:
    completed(call)
    slow = only(db)
    # Twilio's callback comes again: somebody works on it already.
    assert claim(db, recording_id=slow["recording_id"]) == []
    let_it_be_due(db)
    quick = only(db)
    assert step(db, slow, "fetched", bytes=1, sha256="f" * 64) is None
    assert step(db, slow, "failed", error="storage_unavailable") is None
    keep(db, quick)
    assert step(db, slow, "stored") is None
    (row,) = call.recordings
    assert (row["state"], row["sha256"]) == ("kept", SHA256)


def test_a_step_that_is_told_twice_is_done_once(db: Connection, call: RecordedCall) -> None:
    """The connection broke before the answer, and the same step is sent again."""
    completed(call)
    work = only(db)
    steps: list[tuple[str, dict[str, object], str | None]] = [
        ("fetched", {"bytes": 240_000, "sha256": SHA256}, "store"),
        ("stored", {}, "delete_at_twilio"),
        ("deleted_at_twilio", {}, None),
    ]
    for name, fields, following in steps:
        for _ in range(2):
            todo = step(db, work, name, **fields)
            assert (todo and todo["todo"]) == following
    assert call.recordings[0]["state"] == "kept"


def test_a_run_that_fetched_and_died_leaves_the_storing_to_the_next(
    db: Connection, call: RecordedCall
) -> None:
    completed(call)
    step(db, only(db), "fetched", bytes=240_000, sha256=SHA256)
    assert claim(db) == []
    let_it_be_due(db)
    work = only(db)
    assert (work["todo"], work["bytes"], work["sha256"]) == ("store", 240_000, SHA256)


def test_what_is_put_off_waits_longer_each_time(db: Connection, call: RecordedCall) -> None:
    completed(call)
    waits = []
    for _ in range(3):
        let_it_be_due(db)
        assert step(db, only(db), "postponed", error="storage_unavailable", seconds=None) is None
        (row,) = fetch(
            db,
            "select error, extract(epoch from next_at - now())::integer as wait"
            " from public.recordings",
        )
        assert row["error"] == "storage_unavailable"
        waits.append(row["wait"])
    assert waits == sorted(set(waits))
    assert claim(db) == []
    assert call.recordings[0]["state"] == "completed"


@pytest.mark.parametrize(("days", "state"), [(6, "completed"), (8, "failed")])
def test_media_that_do_not_come_are_given_up_after_a_week(
    db: Connection, call: RecordedCall, days: int, state: str
) -> None:
    completed(call)
    db.execute(
        "update public.recordings set completed_at = completed_at - make_interval(days => %s)",
        (days,),
    )
    step(db, only(db), "postponed", error="media_missing", seconds=None)
    assert (call.recordings[0]["state"], call.recording_state == "failed") == (
        state,
        state == "failed",
    )


@pytest.mark.parametrize(("hours", "state"), [(1, "in_progress"), (25, "absent")])
def test_a_recording_that_twilio_does_not_know_is_looked_for_for_a_day(
    db: Connection, call: RecordedCall, hours: int, state: str
) -> None:
    sid = new_recording_sid()
    (start,) = call.starts
    call.recording_event("in-progress", sid, recording_id=start["recording_id"])
    call.end(call.lead_sid)
    db.execute(
        "update public.recordings"
        " set next_at = now(), started_at = started_at - make_interval(hours => %s)",
        (hours,),
    )
    work = only(db)
    assert work["todo"] == "watch"
    step(db, work, "postponed", error="unknown_at_twilio", seconds=None)
    assert call.recordings[0]["state"] == state
    # What comes late still counts.
    call.recording_event("completed", sid, recording_id=start["recording_id"])
    assert call.recordings[0]["state"] == "completed"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_callbacks_and_their_number_change_nothing(
    db: Connection, call: RecordedCall, seed: int
) -> None:
    sid = new_recording_sid()
    (start,) = call.starts
    call.end(call.lead_sid)
    told = ["in-progress", "in-progress", "completed", "completed", "absent"]
    random.Random(seed).shuffle(told)
    new = [
        call.recording_event(each, sid, recording_id=start["recording_id"])["new"] for each in told
    ]
    (row,) = call.recordings
    assert (row["state"], row["duration_seconds"], row["error"]) == ("completed", 7, None)
    assert sum(new) == 3
    assert only(db)["todo"] == "fetch"


def test_a_call_that_goes_on_after_twilio_ended_its_recording_has_another_part(
    db: Connection, call: RecordedCall
) -> None:
    first = started(call)
    call.recording_event("completed", first)
    assert [start["call_sid"] for start in call.starts] == [call.lead_sid] * 2
    assert call.recording_state == "starting"
    second = new_recording_sid()
    call.recording_event(
        "in-progress", second, recording_id=call.starts[1]["recording_id"], source="api"
    )
    call.end(call.lead_sid)
    call.recording_event("completed", second)
    for work in claim(db):
        keep(db, work)
    assert [(row["part"], row["recording_sid"], row["state"]) for row in call.recordings] == [
        (1, first, "kept"),
        (2, second, "kept"),
    ]


def test_a_paused_recording_that_twilio_ended_goes_on_when_somebody_resumes_it(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    first = started(call)
    call.note_recording(call.ask_recording("pause"))
    call.recording_event("completed", first)
    assert (len(call.recordings), call.recording_state) == (1, "paused")
    resumed = call.ask_recording("resume")
    assert resumed["action"]["todo"] == "start"
    assert call.note_recording(resumed, sid=new_recording_sid()) == "recording"
    call.note_recording(call.ask_recording("pause"))
    call.end(call.lead_sid)
    assert call.recording_state == "stopped"


def test_a_part_that_was_not_started_because_the_call_had_ended_is_not_told_of(
    db: Connection, call: RecordedCall
) -> None:
    """Twilio tells the end of the recording before the end of the leg."""
    call.recording_event("completed", started(call))
    call.recording_event(
        "failed", None, recording_id=call.starts[1]["recording_id"], source="api", error="21220"
    )
    assert [row["state"] for row in call.recordings] == ["completed", "asked"]
    call.end(call.lead_sid)
    let_it_be_due(db)
    find = next(work for work in claim(db) if work["todo"] == "find")
    assert find["known_sids"] == [call.recordings[0]["recording_sid"]]
    assert step(db, find, "not_started") is None
    assert [row["state"] for row in call.recordings] == ["completed"]
    assert call.recording_state == "stopped"


def test_a_call_that_ends_unrecorded_says_so(db: Connection, call: RecordedCall) -> None:
    call.end(call.lead_sid)
    let_it_be_due(db)
    assert step(db, only(db), "not_started") is None
    (row,) = call.recordings
    assert (row["state"], row["error"]) == ("failed", "not_in_progress")
    assert call.recording_state == "failed"


@pytest.mark.parametrize(
    ("consent", "begun", "after", "seconds", "state"),
    [
        # The database was away when the lead answered: they talked unrecorded.
        ("announce", False, 0, 7, "failed"),
        ("announce", True, 200, 7, "failed"),
        # They hung up while they heard the notice; nobody answered; the rep did not confirm.
        ("announce", True, 10, 7, "waiting"),
        ("announce", False, 0, 0, "waiting"),
        ("confirm", False, 0, 7, "waiting"),
    ],
)
def test_a_call_that_was_connected_without_its_notice_says_so(
    db: Connection, ours: Tenant, consent: str, begun: bool, after: int, seconds: int, state: str
) -> None:
    allow(db, ours, "all", consent)
    call = RecordedCall(db, ours)
    if begun:
        call.begin_notice()
        db.execute(
            "update public.recording_consents set notice_started_at = now()"
            " - make_interval(secs => %s) where conversation_id = %s",
            (after, call.id),
        )
    if seconds:
        call.answer()
        call.end(call.lead_sid, seconds=seconds)
    else:
        call.event(call.lead_sid, "no-answer", 3)
    assert call.recording_state == state
    derived = one(db, "select private.derive_recording(%s, true)", call.id)
    assert derived == state


def test_a_recording_whose_end_is_not_told_is_asked_about(
    db: Connection, call: RecordedCall
) -> None:
    started(call)
    let_it_be_due(db)
    # The call goes on: there is nothing to ask.
    assert claim(db) == []
    call.end(call.lead_sid)
    let_it_be_due(db)
    watch = only(db)
    assert watch["todo"] == "watch"
    assert step(db, watch, "seen", status="processing") is None
    let_it_be_due(db)
    fetched = step(db, only(db), "seen", status="completed", duration_seconds=7, channels=2)
    assert fetched is not None
    keep(db, fetched)


def test_a_stop_that_nobody_could_finish_is_finished(db: Connection, call: RecordedCall) -> None:
    started(call)
    asked = call.ask_recording("stop")
    call.note_recording(asked, "released")
    work = only(db)
    assert work["todo"] == "stop"
    todo = step(db, work, "seen", status="completed", duration_seconds=7, channels=1)
    assert todo is not None
    assert todo["todo"] == "fetch"
    assert call.recording_state == "stopped"
    assert len(call.recordings) == 1


@pytest.mark.parametrize(
    "reached", ["asked", "in_progress", "completed", "fetched", "stored", "kept"]
)
def test_of_a_refused_recording_nothing_is_left_wherever_it_was(
    db: Connection, call: RecordedCall, reached: str
) -> None:
    if reached == "in_progress":
        started(call)
    elif reached != "asked":
        completed(call)
        if reached != "completed":
            work = step(db, only(db), "fetched", bytes=240_000, sha256=SHA256)
            assert work is not None
            if reached != "fetched":
                left = step(db, work, "stored")
                assert left is not None
                if reached == "kept":
                    step(db, left, "deleted_at_twilio")
    assert call.recordings[0]["state"] == reached
    assert call.ask_recording("stop", "refused")["is_done"] is (reached != "in_progress")
    done = []
    for _ in range(5):
        let_it_be_due(db)
        for work in claim(db):
            todo: Answer | None = work
            while todo is not None:
                done.append(todo["todo"])
                todo = {
                    "find": lambda w: step(db, w, "not_started"),
                    "stop": lambda w: step(db, w, "seen", status="completed"),
                    "delete_object": lambda w: step(db, w, "object_deleted"),
                    "delete_at_twilio": lambda w: step(db, w, "deleted_at_twilio"),
                }[todo["todo"]](todo)
    assert (
        done
        == {
            "asked": ["find"],
            "in_progress": ["stop", "delete_at_twilio"],
            "completed": ["delete_at_twilio"],
            "fetched": ["delete_object", "delete_at_twilio"],
            "stored": ["delete_object", "delete_at_twilio"],
            "kept": ["delete_object"],
        }[reached]
    )
    (row,) = call.recordings
    assert (row["state"], row["object_path"], row["next_at"]) == ("deleted", None, None)
    assert row["sha256"] == (SHA256 if reached in ("fetched", "stored", "kept") else None)


def test_exactly_what_is_due_expires_and_a_hold_keeps_it(
    db: Connection, ours: Tenant, call: RecordedCall
) -> None:
    row = kept(db, call)
    assert claim(db) == []
    db.execute("update public.conversations set is_held = true where id = %s", (call.id,))
    db.execute("update public.recordings set expires_at = now() - interval '1 second'")
    let_it_be_due(db)
    assert claim(db) == []
    db.execute("update public.conversations set is_held = false where id = %s", (call.id,))
    let_it_be_due(db)
    work = only(db)
    assert (work["todo"], work["object_path"]) == ("delete_object", row["object_path"])
    assert call.recordings[0]["state"] == "expired"
    # Somebody else runs at the same time.
    assert claim(db) == []
    assert step(db, work, "object_deleted") is None
    (row,) = call.recordings
    assert (row["state"], row["delete_reason"], row["sha256"]) == ("deleted", "retention", SHA256)
    assert call.recording_state == "stopped"


def test_a_recording_of_a_deleted_conversation_is_deleted_everywhere(
    db: Connection, call: RecordedCall
) -> None:
    row = kept(db, call)
    db.execute("delete from public.conversations where id = %s", (call.id,))
    work = only(db)
    assert (work["todo"], work["object_path"]) == ("delete_object", row["object_path"])
    assert step(db, work, "object_deleted") is None
    (gone,) = fetch(db, "select state, delete_reason from public.recordings")
    assert gone == {"state": "deleted", "delete_reason": "request"}


def test_a_recording_of_a_call_that_is_not_known_waits_until_it_is(
    db: Connection, ours: Tenant
) -> None:
    call = RecordedCall(db, ours)
    call.hears_notice()
    unknown, sid = new_call_sid(), new_recording_sid()
    known, call.sid = call.sid, unknown
    assert call.recording_event("completed", sid)["conversation_id"] is None
    assert claim(db) == []
    (row,) = fetch(db, "select * from public.recordings where recording_sid = %s", sid)
    assert (row["business_id"], row["state"], row["wanted"]) == (None, "completed", "kept")
    db.execute(
        "update public.conversations set call_sid = %s where call_sid = %s", (unknown, known)
    )
    let_it_be_due(db)
    works = {work["recording_sid"]: work for work in claim(db)}
    keep(db, works[sid])
    assert [(row["part"], row["state"]) for row in call.recordings] == [(1, "asked"), (2, "kept")]


@pytest.mark.parametrize(
    ("mode", "consent", "digits"),
    [
        ("off", "announce", []),
        ("all", "announce", []),
        ("all", "announce", ["3"]),
        ("all", "announce", ["9"]),
        ("on_demand", "announce", [None, "9"]),
        ("all", "both", [None]),
        ("on_demand", "confirm", []),
    ],
)
def test_a_recording_that_nobody_agreed_to_is_deleted(
    db: Connection, ours: Tenant, mode: str, consent: str, digits: list[str | None]
) -> None:
    """Twilio has one all the same, and no row has it."""
    allow(db, ours, mode, consent)
    call = RecordedCall(db, ours)
    call.answer()
    for digit in digits:
        call.begin_notice()
        call.end_notice(digit)
    call.recording_event("completed", new_recording_sid())
    work = only(db)
    assert work["todo"] == "delete_at_twilio"
    assert step(db, work, "deleted_at_twilio") is None
    (row,) = call.recordings
    assert (row["state"], row["delete_reason"], row["object_path"]) == ("deleted", "refused", None)


def test_what_is_due_is_found_among_many_that_are_kept(db: Connection, call: RecordedCall) -> None:
    db.execute(
        "insert into public.recordings (state, next_at, agent_call_sid, recording_sid)"
        " select 'kept', now() + interval '1 day', 'CA' || n, 'RE' || n"
        " from generate_series(1, 3000) as n"
    )
    db.execute("analyze public.recordings")
    sid = completed(call)
    with reading(db) as read:
        keep(db, only(db))
        assert call.recording_event("completed", sid)["new"] is False
    assert read.whole["recordings"] == 0
    assert read.by_index["recordings"] < 100


def test_twilio_is_left_alone_when_it_asked_us_to_wait_and_storage_is_not(
    db: Connection, call: RecordedCall
) -> None:
    kept(db, call)
    other = RecordedCall(db, call.tenant)
    other.hears_notice()
    db.execute("update public.recordings set expires_at = now() - interval '1 second'")
    let_it_be_due(db)
    db.execute("update private.reconciliation set paused_until = now() + interval '1 minute'")
    assert [work["todo"] for work in claim(db)] == ["delete_object"]


def test_the_recorders_token_sees_no_row_and_calls_five_functions(
    db: Connection, call: RecordedCall
) -> None:
    offered = fetch(
        db,
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('call_recorder', oid, 'execute') order by 1",
    )
    assert [row["proname"] for row in offered] == [
        "begin_notice",
        "claim_recordings",
        "end_notice",
        "note_recording_step",
        "record_recording_event",
    ]
    readable = fetch(
        db,
        "select oid::regclass::text as name from pg_class"
        " where relnamespace::regnamespace::text in ('public', 'private', 'auth')"
        " and relkind in ('r', 'v') and has_any_column_privilege('call_recorder', oid, 'select')",
    )
    assert readable == []
    for role in ("authenticated", "call_webhook", "anon"):
        with attempt(db), as_role(db, role), pytest.raises(InsufficientPrivilege):
            db.execute("select public.claim_recordings(1, 1, null)")


def test_what_twilio_says_of_a_recording_that_failed_or_is_odd_is_not_lost(
    db: Connection, call: RecordedCall
) -> None:
    sid = started(call)
    call.recording_event("failed", sid)
    (row,) = call.recordings
    assert (row["state"], row["error"]) == ("absent", "failed")
    with as_role(db, "call_recorder"):
        one(
            db,
            "select public.record_recording_event("
            "%s, null, %s, %s, 'callback', 'completed', 7, 7, null, null, '{}')",
            call.sid, sid, call.sid,
        )  # fmt: skip
    row = call.recordings[0]
    assert (row["state"], row["channels"]) == ("completed", None)

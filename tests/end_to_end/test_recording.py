"""Recordings through the running stack: consent and refusal, calls that are moved, callbacks that
are lost, a long one. `tests/web/test_recorded_call.py` has a call in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from stack import Stack
from tests.end_to_end.clients import Json
from tests.end_to_end.many_legs import Call, Person, call, end, wait_until
from tests.soak import figure, scaled

FINAL = {"kept", "deleted", "absent", "failed"}


@pytest.fixture(scope="module")
def db(stack: Stack) -> Iterator[psycopg.Connection[Json]]:
    with psycopg.connect(
        stack.env["DATABASE_URL"], autocommit=True, row_factory=dict_row
    ) as connection:
        yield connection


@contextmanager
def business_records(
    db: psycopg.Connection[Json], business_id: str, mode: str, consent_mode: str = "announce"
) -> Iterator[None]:
    columns = "update public.businesses set recording_mode = %s, consent_mode = %s where id = %s"
    db.execute(columns, [mode, consent_mode, business_id])
    try:
        yield
    finally:
        db.execute(columns, ["off", "announce", business_id])


@contextmanager
def rules(stack: Stack, **rules: object) -> Iterator[None]:
    """How Twilio records meanwhile."""
    url = f"{stack.env['SIMULATOR_URL']}/simulator/recordings"
    assert httpx.post(url, json=rules).status_code == 202
    try:
        yield
    finally:
        httpx.post(url, json={})


def recordings(db: psycopg.Connection[Json], made: Call) -> list[Json]:
    return db.execute(
        "select * from public.recordings where conversation_id = %s order by part",
        [made.conversation_id],
    ).fetchall()


def objects(db: psycopg.Connection[Json], made: Call) -> dict[str, int]:
    """The files of a call in the bucket, with their sizes."""
    rows = db.execute(
        "select name, (metadata ->> 'size')::integer as size from storage.objects"
        " where bucket_id = 'recordings' and name like '%%' || %s || '%%'",
        [made.conversation_id],
    )
    return {row["name"]: row["size"] for row in rows}


def at_twilio(made: Call) -> list[str]:
    """The states of the recordings that Twilio has or had of a call's legs."""
    url = f"{made.person.rep.env['SIMULATOR_URL']}/simulator/recordings"
    legs = {leg["callSid"] for leg in made.network()["legs"]}
    shown = httpx.get(url).json()["recordings"]
    return [each["status"] for each in shown if each["callSid"] in legs]


def is_recorded(made: Call, state: str) -> None:
    wait_until(lambda: made.row()["recording_state"] == state)


def are_final(db: psycopg.Connection[Json], stack: Stack, made: Call) -> list[Json]:
    """Lets the scheduler run until every recording of a call is where it stays."""

    def done() -> bool:
        found = recordings(db, made)
        if found and all(each["state"] in FINAL for each in found):
            return True
        db.execute(
            "update public.recordings set next_at = now()"
            " where conversation_id = %s and next_at > now()",
            [made.conversation_id],
        )
        httpx.post(f"{stack.env['SCHEDULER_URL']}/run/recording", timeout=40)
        return False

    wait_until(done, 60)
    return recordings(db, made)


def test_a_lead_who_presses_nine_is_connected_and_never_recorded(
    stack: Stack, dana: Person, business_id: str, db: psycopg.Connection[Json]
) -> None:
    with (
        business_records(db, business_id, "all"),
        call(dana, digits="9", digitsAfterSeconds=1) as made,
    ):
        is_recorded(made, "refused")
        assert made.refuses("record", state="start") == (409, "recording_refused")
        made.lead_hangs_up()
        row = made.is_over()
    assert (row["status"], row["recording_state"]) == ("completed", "refused")
    [consent] = made.of("recording_consents")
    assert (consent["refused_how"], consent["notice_ended_at"]) == ("key", None)
    assert consent["notice_text"].endswith("press 9 now.")
    assert recordings(db, made) == []
    assert (at_twilio(made), objects(db, made)) == ([], {})


def test_of_a_lead_who_refuses_later_nothing_is_left_anywhere(
    stack: Stack, dana: Person, business_id: str, db: psycopg.Connection[Json]
) -> None:
    with business_records(db, business_id, "on_demand", "confirm"), call(dana) as made:
        assert made.refuses("record", state="start") == (409, "consent_required")
        assert made.control("record", state="start", consent="agreed")["recording_state"] in (
            "starting",
            "recording",
        )
        is_recorded(made, "recording")
        made.control("record", state="stop", consent="refused")
        is_recorded(made, "refused")
        assert made.refuses("record", state="start", consent="agreed") == (409, "recording_refused")
        made.lead_hangs_up()
        made.is_over()
        [recording] = are_final(db, stack, made)
    assert (recording["state"], recording["delete_reason"]) == ("deleted", "refused")
    assert (at_twilio(made), objects(db, made)) == (["deleted"], {})
    [consent] = made.of("recording_consents")
    assert (consent["refused_how"], consent["refused_by"]) == ("said", dana.user_id)


@pytest.mark.parametrize("ends_at_redirect", [False, True])
def test_a_call_on_hold_and_handed_over_is_kept_whole_although_every_callback_is_lost(
    stack: Stack,
    dana: Person,
    robin: Person,
    business_id: str,
    db: psycopg.Connection[Json],
    ends_at_redirect: bool,
) -> None:
    losing = {"losesCallbacks": not ends_at_redirect, "endsAtRedirect": ends_at_redirect}
    with rules(stack, **losing), business_records(db, business_id, "all"), call(dana) as made:
        is_recorded(made, "recording")
        made.control("hold")
        made.waits_for("on_hold")
        made.resumes()
        made.control("transfer", to={"userId": robin.user_id}, mode="cold")
        made.waits_for("transferred")
        if ends_at_redirect:
            wait_until(lambda: len(recordings(db, made)) > 1)
            is_recorded(made, "recording")
        end(made)
        found = are_final(db, stack, made)

    assert [each["part"] for each in found] == list(range(1, len(found) + 1))
    assert len(found) > 1 if ends_at_redirect else len(found) == 1
    assert {each["state"] for each in found} == {"kept"}
    [lead] = made.legs("lead")
    assert {each["call_sid"] for each in found} == {lead["call_sid"]}
    assert objects(db, made) == {each["object_path"]: each["bytes"] for each in found}
    assert at_twilio(made) == ["deleted"] * len(found)

    # Robin talked with the lead, too, and hears the recording; every playing is on record.
    answer = robin.rep.ask(
        "GET", "recording", params={"conversationId": made.conversation_id}
    ).json()
    files = [httpx.get(each["url"]).content for each in answer["data"]["recordings"]]
    assert [len(file) for file in files] == [each["bytes"] for each in found]
    plays = db.execute(
        "select user_id::text from public.recording_plays where conversation_id = %s",
        [made.conversation_id],
    ).fetchall()
    assert plays == [{"user_id": robin.user_id}] * len(found)


@pytest.mark.soak
def test_an_hour_is_in_the_bucket_soon_after_its_callback(
    stack: Stack, dana: Person, business_id: str, db: psycopg.Connection[Json]
) -> None:
    """In the full form, the longest call."""
    seconds = scaled(3600, 4 * 3600)
    with (
        rules(stack, leastSeconds=seconds),
        business_records(db, business_id, "all"),
        call(dana) as made,
    ):
        is_recorded(made, "recording")
        end(made)
        wait_until(lambda: [each["state"] for each in recordings(db, made)] == ["kept"], 200)
    [recording] = recordings(db, made)
    assert recording["duration_seconds"] >= seconds
    assert objects(db, made) == {recording["object_path"]: recording["bytes"]}
    [took] = db.execute(
        "select extract(epoch from %s - min(received_at))::float as seconds"
        " from public.recording_events where recording_sid = %s and status = 'completed'",
        [recording["stored_at"], recording["recording_sid"]],
    ).fetchall()
    size = recording["bytes"] / 1e6
    figure(
        f"a recording of {seconds} s ({size:.1f} MB) is in the bucket {took['seconds']:.1f} s"
        " after its callback"
    )
    assert took["seconds"] < 30

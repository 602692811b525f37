"""Twilio's callbacks about recordings: stored first, and then the recording goes on its way."""

from __future__ import annotations

import pytest

from functions import bundle
from tests.canned_server import Answer, CannedServer
from tests.endpoints import ACCOUNT_SID, CALL_SID, LEAD_CALL_SID, Endpoint
from tests.recording_fn.requests import ADDRESS, COMPLETED
from tests.recording_fn.world import (
    CLAIM,
    CONVERSATION_ID,
    EVENT,
    PATH,
    RECORDING_ID,
    RECORDING_SID,
    SOUND,
    TWILIO,
    Recording,
    World,
)

STORED = {
    "new": True,
    "recording_id": RECORDING_ID,
    "conversation_id": CONVERSATION_ID,
    "start": None,
}


def test_a_completed_recording_is_stored_within_the_request(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    canned.on_post(EVENT, STORED)
    answer = recording.twilio(COMPLETED, query=ADDRESS)
    assert (answer.status_code, answer.data) == (204, b"")
    assert canned.last(EVENT).json() == {
        "p_agent_call_sid": CALL_SID,
        "p_recording_id": RECORDING_ID,
        "p_recording_sid": RECORDING_SID,
        "p_call_sid": CALL_SID,
        "p_source": "callback",
        "p_status": "completed",
        "p_duration_seconds": 7,
        "p_channels": 2,
        "p_started_at": "2026-11-27T10:00:01+00:00",
        "p_error": None,
        "p_payload": COMPLETED,
    }
    assert canned.last(CLAIM).json()["p_recording_id"] == RECORDING_ID
    assert (world.state, world.stored) == ("kept", {PATH: SOUND})


def test_a_recording_of_no_call_that_we_know_is_handed_to_the_database(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    canned.on_post(EVENT, STORED | {"conversation_id": None})
    canned.on_post(CLAIM, {"recordings": [], "paused_seconds": None})
    assert recording.twilio(COMPLETED).status_code == 204
    told = canned.last(EVENT).json()
    assert (told["p_agent_call_sid"], told["p_recording_id"]) == (None, None)
    assert world.notes == []


def test_an_absent_recording_says_why(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    canned.on_post(EVENT, STORED)
    canned.on_post(CLAIM, {"recordings": [], "paused_seconds": None})
    absent = COMPLETED | {"RecordingStatus": "absent", "ErrorCode": "13230"}
    del absent["RecordingDuration"]
    assert recording.twilio(absent, query=ADDRESS).status_code == 204
    told = canned.last(EVENT).json()
    assert (told["p_status"], told["p_error"]) == ("absent", "twilio_13230")
    assert told["p_duration_seconds"] is None


def test_the_next_part_starts_when_twilio_has_ended_one(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    other = "00000000-0000-0000-0000-0000000001f6"
    start = {"recording_id": other, "call_sid": LEAD_CALL_SID, "agent_call_sid": CALL_SID}
    canned.on("POST", EVENT, Answer(body=STORED | {"start": start}), Answer(body=STORED))
    next_part = Recording(sid="RE2", status="in-progress")
    canned.on_post(f"{TWILIO}/Calls/{LEAD_CALL_SID}/Recordings.json", next_part.as_json(), 201)
    assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 204
    told = canned.asked_for(EVENT)[1].json()
    assert (told["p_recording_id"], told["p_recording_sid"]) == (other, "RE2")
    # The part that has ended is kept.
    assert world.stored == {PATH: SOUND}


def test_an_event_that_cannot_be_stored_is_sent_again(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    canned.on("POST", EVENT, Answer(503))
    assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 503
    assert world.notes == []


def test_callbacks_of_many_recordings_leave_threads_for_leads_who_hear_the_notice(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    canned.on_post(EVENT, STORED)
    moving = recording.module.MOVING
    (concurrency,) = (
        each.concurrency for each in bundle.endpoints() if each.folder == "recording_fn"
    )
    taken = 0
    while moving.acquire(blocking=False):
        taken += 1
    try:
        assert taken * 2 <= concurrency
        assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 204
        assert canned.asked_for(CLAIM) == []
    finally:
        moving.release(taken)
    assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 204
    assert world.state == "kept"
    assert moving.acquire(blocking=False)
    moving.release()


@pytest.mark.parametrize("answer", [Answer(503), Answer(500), Answer(401)])
def test_after_the_event_is_stored_nothing_makes_twilio_send_it_again(
    recording: Endpoint, world: World, canned: CannedServer, answer: Answer
) -> None:
    canned.on_post(EVENT, STORED)
    canned.on("GET", f"{TWILIO}/*", answer)
    assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 204
    canned.on("POST", CLAIM, answer)
    assert recording.twilio(COMPLETED, query=ADDRESS).status_code == 204


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({"RecordingSid": "CA00000000000000000000000000000001"}, ADDRESS),
        ({"RecordingSid": ""}, ADDRESS),
        ({"RecordingStatus": ""}, ADDRESS),
        ({"CallSid": "x"}, ADDRESS),
        ({}, f"?call={CALL_SID}&recording=x"),
        ({}, f"?call=x&recording={RECORDING_ID}"),
    ],
)
def test_a_malformed_callback_is_refused(
    recording: Endpoint, canned: CannedServer, changes: dict[str, str], query: str
) -> None:
    assert recording.twilio(COMPLETED | changes, query=query).status_code == 400


def test_a_callback_that_twilio_did_not_sign_is_refused(
    recording: Endpoint, canned: CannedServer
) -> None:
    answer = recording.twilio(COMPLETED, query=ADDRESS, signature="forged")
    assert answer.status_code == 403
    other = COMPLETED | {"AccountSid": ACCOUNT_SID[:-1] + "0"}
    assert recording.twilio(other, query=ADDRESS).status_code == 403


def test_the_scheduler_must_prove_who_it_is(recording: Endpoint, canned: CannedServer) -> None:
    assert recording.client.post(recording.path).status_code == 401
    assert recording.client.post(recording.path, json={}).status_code == 401

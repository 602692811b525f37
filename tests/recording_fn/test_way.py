"""The way of a recording: fetched, stored, read again, and only then deleted at Twilio."""

from __future__ import annotations

import base64

import pytest

from stack.scheduler import Scheduler
from tests.canned_server import CANNED, Answer, CannedServer
from tests.endpoints import (
    API_KEY_SECRET,
    API_KEY_SID,
    CALL_SID,
    LEAD_CALL_SID,
    PUBLIC_BASE_URL,
    PUBLISHABLE_KEY,
    RECORDER_JWT,
    Endpoint,
)
from tests.recording_fn.requests import run
from tests.recording_fn.world import (
    PATH,
    RECORDING_ID,
    RECORDING_SID,
    SOUND,
    STORAGE,
    TWILIO,
    Recording,
    World,
    sha256,
    storage_refusal,
)

MEDIA = f"{TWILIO}/Recordings/{RECORDING_SID}.mp3"
OBJECT = f"{STORAGE}/recordings/{PATH}"
FETCHED = {"bytes": len(SOUND), "sha256": sha256(SOUND), "channels": 2}


def test_a_recording_comes_into_the_bucket_and_leaves_twilio(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    answer = run(recording, scheduler)
    assert answer.get_json()["data"] == {"done": 1}
    assert world.notes == [("fetched", FETCHED), ("stored", {}), ("deleted_at_twilio", {})]
    assert world.stored == {PATH: SOUND}
    assert world.at_twilio[RECORDING_SID].is_deleted

    key = base64.b64encode(f"{API_KEY_SID}:{API_KEY_SECRET}".encode()).decode()
    assert canned.last(MEDIA).header("Authorization") == f"Basic {key}"
    assert canned.last(MEDIA).parameters() == {"RequestedChannels": "2"}
    upload = canned.asked_for(OBJECT)[0]
    assert upload.header("Authorization") == f"Bearer {RECORDER_JWT}"
    assert upload.header("apikey") == PUBLISHABLE_KEY
    assert upload.header("x-upsert") is None
    # It was read again before it was deleted at Twilio.
    order = [(asked.method, asked.path) for asked in canned.asked]
    deleted = order.index(("DELETE", f"{TWILIO}/Recordings/{RECORDING_SID}.json"))
    assert order.index(("GET", OBJECT)) < deleted
    shown = canned.last(f"{TWILIO}/Recordings/{RECORDING_SID}.json")
    assert shown.parameters() == {"IncludeSoftDeleted": "true"}


def test_a_recording_without_two_channels_is_fetched_with_one(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.at_twilio[RECORDING_SID].channels = 1
    run(recording, scheduler)
    assert world.notes[0] == ("fetched", FETCHED | {"channels": 1})
    assert world.state == "kept"


@pytest.mark.parametrize("was_started", [False, True])
def test_twilio_is_asked_what_it_has_before_a_recording_is_started_again(
    recording: Endpoint,
    scheduler: Scheduler,
    world: World,
    canned: CannedServer,
    was_started: bool,
) -> None:
    world.state = "asked"
    world.at_twilio = {RECORDING_SID: Recording(status="in-progress")} if was_started else {}
    run(recording, scheduler)
    assert world.started == (0 if was_started else 1)
    assert world.steps == (["started"] if was_started else ["not_started", "started"])
    if not was_started:
        (asked,) = [
            asked
            for asked in canned.asked
            if asked.path.endswith("Recordings.json") and asked.method == "POST"
        ]
        form = asked.form()
        assert asked.path == f"{TWILIO}/Calls/{LEAD_CALL_SID}/Recordings.json"
        assert dict(form) | {"RecordingStatusCallbackEvent": ""} == {
            "RecordingChannels": "dual",
            "RecordingTrack": "both",
            "Trim": "do-not-trim",
            "RecordingStatusCallback": f"{PUBLIC_BASE_URL}/recording?call={CALL_SID}"
            f"&recording={RECORDING_ID}#rc=3&rp=ct,rt,5xx",
            "RecordingStatusCallbackMethod": "POST",
            "RecordingStatusCallbackEvent": "",
        }
        events = [value for name, value in form if name == "RecordingStatusCallbackEvent"]
        assert events == ["in-progress", "completed", "absent"]


@pytest.mark.parametrize(
    ("status", "code", "noted"),
    [
        # Before the leg is connected, as far as anybody knows.
        ("in-progress", 21220, ("postponed", {"error": "twilio_unavailable", "seconds": None})),
        ("completed", 21220, ("not_started", {"error": "twilio_21220"})),
        ("in-progress", 20001, ("not_started", {"error": "twilio_20001"})),
    ],
)
def test_a_refusal_to_start_is_final_unless_the_leg_may_not_be_connected_yet(
    recording: Endpoint,
    scheduler: Scheduler,
    world: World,
    canned: CannedServer,
    status: str,
    code: int,
    noted: object,
) -> None:
    world.state, world.at_twilio = "not_found", {}
    lead = f"{TWILIO}/Calls/{LEAD_CALL_SID}"
    canned.on("POST", f"{lead}/Recordings.json", Answer(400, {"code": code, "status": 400}))
    canned.on_get(f"{lead}.json", {"sid": LEAD_CALL_SID, "status": status})
    run(recording, scheduler)
    assert world.notes == [noted]


def test_a_recording_that_is_not_wanted_any_more_is_stopped_and_deleted(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.state, world.wanted = "in_progress", "deleted"
    world.at_twilio[RECORDING_SID].status = "in-progress"
    run(recording, scheduler)
    assert world.steps == ["seen", "deleted_at_twilio"]
    assert world.state == "deleted"
    assert world.stored == {}
    assert world.at_twilio[RECORDING_SID].is_deleted


def test_a_recording_whose_end_was_not_told_is_asked_for(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.state = "in_progress"
    run(recording, scheduler)
    assert world.notes[0] == (
        "seen",
        {
            "status": "completed",
            "duration_seconds": 7,
            "channels": 2,
            "started_at": "2026-11-27T10:00:01+00:00",
            "error": None,
        },
    )
    assert world.state == "kept"


def test_a_recording_that_twilio_does_not_have_is_looked_for_again(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.state, world.at_twilio = "in_progress", {}
    run(recording, scheduler)
    assert world.notes == [("postponed", {"error": "unknown_at_twilio", "seconds": None})]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_expired_recording_leaves_the_bucket(
    recording: Endpoint, scheduler: Scheduler, world: World, is_there: bool
) -> None:
    world.state, world.wanted = "expired", "deleted"
    world.stored = {PATH: SOUND} if is_there else {}
    run(recording, scheduler)
    assert (world.steps, world.stored) == (["object_deleted"], {})


def test_an_object_that_may_not_be_deleted_stays_due(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    world.state, world.wanted, world.stored = "expired", "deleted", {PATH: SOUND}
    # Storage leaves the names out that the role may not delete.
    canned.on("DELETE", f"{STORAGE}/recordings", Answer(body=[]))
    run(recording, scheduler)
    assert world.notes == [("postponed", {"error": "storage_unavailable", "seconds": None})]


def fetched_before(world: World, sound: bytes = SOUND) -> None:
    world.state = "fetched"
    world.row = {"bytes": len(sound), "sha256": sha256(sound), "channels": 2}


def test_what_a_killed_run_has_stored_is_not_stored_again(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    fetched_before(world)
    world.stored = {PATH: SOUND}
    run(recording, scheduler)
    assert world.steps == ["stored", "deleted_at_twilio"]
    assert canned.asked_for(MEDIA) == []


@pytest.mark.parametrize("there", [None, SOUND[:100], b"something else"])
def test_what_a_killed_run_has_left_is_replaced(
    recording: Endpoint, scheduler: Scheduler, world: World, there: bytes | None
) -> None:
    fetched_before(world)
    world.stored = {PATH: there} if there else {}
    run(recording, scheduler)
    assert world.steps == ["stored", "deleted_at_twilio"]
    assert world.stored == {PATH: SOUND}


def test_twilio_may_send_other_bytes_than_before(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    fetched_before(world, b"\xff\xe3 another encoding of the same sound")
    run(recording, scheduler)
    assert world.notes[0] == ("fetched", FETCHED)
    assert (world.state, world.stored) == ("kept", {PATH: SOUND})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(404, {"code": 20404}), "media_missing"),
        (Answer(content=b"<html>Please sign in</html>"), "not_audio"),
        (Answer(content=b"RIFF$\x00\x00\x00WAVEfmt "), "not_audio"),
        (Answer(content=b""), "not_audio"),
        (Answer(content=SOUND, breaks_off=True), "twilio_unavailable"),
        (Answer(500), "twilio_unavailable"),
        (Answer(302, headers={"Location": "http://203.0.113.9/x.mp3"}), "redirect_refused"),
        (Answer(302, headers={"Location": "file:///etc/passwd"}), "redirect_refused"),
        (Answer(302), "redirect_refused"),
    ],
)
def test_media_that_is_not_the_whole_sound_is_tried_again_and_deleted_nowhere(
    recording: Endpoint,
    scheduler: Scheduler,
    world: World,
    canned: CannedServer,
    answer: Answer,
    code: str,
) -> None:
    canned.on("GET", MEDIA, answer)
    run(recording, scheduler)
    assert world.notes == [("postponed", {"error": code, "seconds": None})]
    assert world.stored == {}
    assert not world.at_twilio[RECORDING_SID].is_deleted


def test_a_redirect_is_followed_without_our_key(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    canned.on("GET", MEDIA, Answer(307, headers={"Location": f"{CANNED.url}/media/1?sig=x"}))
    canned.on("GET", "/media/1", Answer(content=SOUND))
    run(recording, scheduler)
    assert world.state == "kept"
    assert canned.last("/media/1").header("Authorization") is None
    assert canned.last("/media/1").query == "sig=x"


def test_an_address_of_a_redirect_that_is_over_is_asked_for_again(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    """It has no key that could be wrong."""
    canned.on("GET", MEDIA, Answer(307, headers={"Location": f"{CANNED.url}/media/1?sig=x"}))
    canned.on("GET", "/media/1", Answer(403))
    assert run(recording, scheduler).status_code == 200
    assert world.notes == [("postponed", {"error": "twilio_unavailable", "seconds": None})]


def test_redirects_come_to_an_end(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    canned.on("GET", MEDIA, Answer(302, headers={"Location": MEDIA}))
    run(recording, scheduler)
    assert world.notes == [("postponed", {"error": "twilio_unavailable", "seconds": None})]
    assert len(canned.asked_for(MEDIA)) < 6


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"message": "x"}),
        Answer(hangs=False, breaks_off=True),
        storage_refusal(413, "Payload too large"),
        Answer(200, content=b"<html>"),
        Answer(502, content=b"<html>"),
    ],
)
def test_without_storage_nothing_is_deleted_at_twilio(
    recording: Endpoint,
    scheduler: Scheduler,
    world: World,
    canned: CannedServer,
    answer: Answer,
) -> None:
    canned.on("POST", OBJECT, answer)
    run(recording, scheduler)
    assert world.notes == [
        ("fetched", FETCHED),
        ("postponed", {"error": "storage_unavailable", "seconds": None}),
    ]
    assert not world.at_twilio[RECORDING_SID].is_deleted


def test_a_copy_that_differs_is_not_taken_for_the_recording(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    canned.on("GET", OBJECT, Answer(content=SOUND[:-1]))
    run(recording, scheduler)
    assert world.notes[-1] == ("postponed", {"error": "hash_differs", "seconds": None})
    assert not world.at_twilio[RECORDING_SID].is_deleted


def test_a_recording_that_is_still_at_twilio_is_not_called_deleted(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    canned.on("DELETE", f"{TWILIO}/Recordings/{RECORDING_SID}.json", Answer(204))
    run(recording, scheduler)
    assert world.notes[-1] == ("postponed", {"error": "twilio_unavailable", "seconds": None})


def test_when_twilio_asks_for_a_pause_the_run_stops(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer
) -> None:
    canned.on("GET", MEDIA, Answer(429, headers={"Retry-After": "17"}))
    answer = run(recording, scheduler)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "17")
    assert world.notes == [("postponed", {"error": "twilio_unavailable", "seconds": 17})]


def test_while_twilio_must_not_be_asked_nothing_is_done(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.paused_seconds = 17
    answer = run(recording, scheduler)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "17")


def test_while_twilio_must_not_be_asked_the_bucket_is_still_emptied(
    recording: Endpoint, scheduler: Scheduler, world: World
) -> None:
    world.state, world.wanted, world.stored = "expired", "deleted", {PATH: SOUND}
    world.paused_seconds = 17
    assert run(recording, scheduler).status_code == 503
    assert (world.steps, world.stored) == (["object_deleted"], {})


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_a_wrong_set_up(
    recording: Endpoint, scheduler: Scheduler, world: World, canned: CannedServer, status: int
) -> None:
    canned.on("GET", MEDIA, Answer(status))
    assert run(recording, scheduler).status_code == 500
    assert world.notes == [("postponed", {"error": "phone_system_error", "seconds": None})]


@pytest.mark.parametrize("problem", [(403, "jwt expired"), (404, "Bucket not found")])
def test_storage_that_is_not_set_up_is_a_wrong_set_up(
    recording: Endpoint,
    scheduler: Scheduler,
    world: World,
    canned: CannedServer,
    problem: tuple[int, str],
) -> None:
    canned.on("POST", OBJECT, storage_refusal(*problem))
    assert run(recording, scheduler).status_code == 500
    assert not world.at_twilio[RECORDING_SID].is_deleted

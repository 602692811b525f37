"""GET /api/twilio/recording: addresses of recordings, for those who may hear them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.canned_server import CANNED, Answer, CannedServer
from tests.endpoints import RECORDER_JWT, Endpoint, access_token, rpc
from tests.recording_fn.world import (
    CONVERSATION_ID,
    PATH,
    RECORDING_ID,
    SOUND,
    STORAGE,
    World,
    storage_refusal,
)

PLAY = rpc("ask_to_play")
QUERY = f"?conversationId={CONVERSATION_ID}"
SIGN = f"{STORAGE}/sign/recordings/{PATH}"
PLAYABLE = {
    "id": RECORDING_ID,
    "part": 1,
    "object_path": PATH,
    "duration_seconds": 7,
    "channels": 2,
    "started_at": "2026-11-27T10:00:01+00:00",
}


def test_an_address_lives_for_five_minutes(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    world.stored = {PATH: SOUND}
    canned.on_post(PLAY, {"recordings": [PLAYABLE]})
    token = access_token()
    answer = recording.browser(method="GET", query=QUERY, token=token)
    assert answer.headers["Cache-Control"] == "no-store"
    (told,) = answer.get_json()["data"]["recordings"]
    left = datetime.fromisoformat(told.pop("expiresAt")) - datetime.now(UTC)
    assert timedelta(seconds=200) < left <= timedelta(seconds=300)
    assert told == {
        "id": RECORDING_ID,
        "part": 1,
        "url": f"{CANNED.url}{SIGN}?token=a.b.c",
        "durationSeconds": 7,
        "channels": 2,
        "startedAt": "2026-11-27T10:00:01+00:00",
    }
    # The database is asked as the user, before there is an address.
    first, second = canned.asked
    assert (first.path, second.path) == (PLAY, SIGN)
    assert first.header("Authorization") == f"Bearer {token}"
    assert first.json() == {
        "p_conversation_id": CONVERSATION_ID,
        "p_recording_id": None,
        "p_download": False,
    }
    assert second.header("Authorization") == f"Bearer {RECORDER_JWT}"
    assert second.json() == {"expiresIn": "300"}


def test_a_download_is_asked_for_as_one(
    recording: Endpoint, world: World, canned: CannedServer
) -> None:
    world.stored = {PATH: SOUND}
    canned.on_post(PLAY, {"recordings": [PLAYABLE]})
    query = f"{QUERY}&recordingId={RECORDING_ID}&download=true"
    (told,) = recording.browser(method="GET", query=query).get_json()["data"]["recordings"]
    assert told["url"].endswith(f"?token=a.b.c&download=recording-{RECORDING_ID}.mp3")
    asked = canned.last(PLAY).json()
    assert (asked["p_recording_id"], asked["p_download"]) == (RECORDING_ID, True)


@pytest.mark.parametrize(
    ("error", "status"),
    [("not_found", 404), ("not_allowed", 403), ("recording_gone", 410), ("signed_out", 401)],
)
def test_a_refusal_of_the_database_is_passed_on(
    recording: Endpoint, canned: CannedServer, error: str, status: int
) -> None:
    canned.on_post(PLAY, {"error": error})
    answer = recording.browser(method="GET", query=QUERY)
    assert answer.status_code == status
    code = "unauthenticated" if error == "signed_out" else error
    assert answer.get_json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (storage_refusal(404, "Object not found"), 410, "recording_gone"),
        (Answer(500, {}), 503, "storage_unavailable"),
        (Answer(breaks_off=True), 503, "storage_unavailable"),
        (Answer(200, {}), 503, "storage_unavailable"),
        (Answer(200, {"signedURL": None}), 503, "storage_unavailable"),
        (storage_refusal(403, "jwt expired"), 500, "phone_system_error"),
    ],
)
def test_an_address_that_storage_does_not_give_is_a_clear_refusal(
    recording: Endpoint, canned: CannedServer, answer: Answer, status: int, code: str
) -> None:
    canned.on_post(PLAY, {"recordings": [PLAYABLE]})
    canned.on("POST", SIGN, answer)
    told = recording.browser(method="GET", query=QUERY)
    assert (told.status_code, told.get_json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?conversationId=x",
        f"{QUERY}&recordingId=x",
        f"{QUERY}&download=yes",
        f"?recordingId={RECORDING_ID}",
    ],
)
def test_a_malformed_question_is_refused(
    recording: Endpoint, canned: CannedServer, query: str
) -> None:
    assert recording.browser(method="GET", query=query).status_code == 400


def test_only_our_pages_and_users_get_addresses(recording: Endpoint, canned: CannedServer) -> None:
    assert recording.browser(method="GET", query=QUERY, token=None).status_code == 401

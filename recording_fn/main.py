"""/api/twilio/recording: the lead's consent, and the way of a recording into the bucket.

POST  from Twilio (a signed form):
          ?notice=play    the lead has answered, and hears first that the call is recorded
          ?notice=key     the lead pressed a key: 9 refuses, another one plays the notice again
          ?notice=end     the notice was played: the lead is connected, and the recording starts if
                          nothing is missing. Answers TwiML within some 5 s, whatever happens
          ?recording=     an event of a recording. It is stored, and the recording goes on its way.
                          Answers 204; 503 if the event could not be stored: Twilio sends it again
      `call` names the call by the CallSid of the agent's leg.
POST  from the scheduler (identity token or secret; the body is not read): does what is due.
      Answers `{"done"}`, how many recordings were worked on, or 503 as reconcile_fn does.
GET   from the browser (Supabase access token), `?conversationId=[&recordingId=][&download=true]`:
      `{"recordings": [{"id", "part", "url", "expiresAt", "durationSeconds", "channels",
      "startedAt"}]}`. The addresses end after 5 minutes. Each one is on record.
"""

from __future__ import annotations

import contextvars
import functools
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import functions_framework
from flask import Request, Response

from shared import (
    call_events,
    errors,
    logs,
    parsing,
    recording_events,
    recording_way,
    rpc,
    settings,
    time_limit,
    twilio_client,
    twiml_answers,
    web,
    webhook_query,
)
from shared.database import Database
from shared.recorder_rpc import AsRecorder
from shared.recording_media import MediaClient
from shared.recording_state import RecordingClaim, Start
from shared.recording_way import Way
from shared.scheduler_identity import SchedulerAuthenticator
from shared.supabase_jwt import SupabaseAuthenticator
from shared.twilio_signature import TwilioAuthenticator
from shared.twiml_answers import answer_xml

if TYPE_CHECKING:
    from shared.recording_store import RecordingStore

# While the lead waits to be connected: for the database, and for Twilio to start the recording.
NOTICE_SECONDS = 2.5
START_SECONDS = 2.5
REFUSING_KEY = "9"
STEPS = ("play", "key", "end")
# For the whole request. A run begins nothing new after RUN_SECONDS. A lease is longer than that,
# and ends before the next run but one.
TOTAL_SECONDS = 25.0
RUN_SECONDS = 18.0
LEASE_SECONDS = 60
BATCH = 20
AT_ONCE = 4
# So many callbacks move recordings at the same time. Others leave it to the scheduler, so that a
# lead who hears the notice finds a free thread (bundle.toml has twice as many).
CALLBACKS_AT_ONCE = 8
# An address is made for each playing, because it cannot be taken back.
ADDRESS_SECONDS = 300

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    STORAGE_URL = settings.read_storage_url(env, SUPABASE, DEPLOYMENT)
    WEBHOOK_SETTINGS = settings.TwilioWebhooks.read(env)
    TWILIO = settings.TwilioRest.read(env, DEPLOYMENT)
    SCHEDULER = settings.Scheduler.read(env, DEPLOYMENT)
    RECORDER_JWT = settings.read_recorder_jwt(env)

REPS = SupabaseAuthenticator(SUPABASE)
WEBHOOKS = TwilioAuthenticator(WEBHOOK_SETTINGS, "recording")
SCHEDULERS = SchedulerAuthenticator(SCHEDULER)
DATABASE = Database(SUPABASE)
AS_RECORDER = AsRecorder(DATABASE, RECORDER_JWT)
BASE_URL = WEBHOOK_SETTINGS.public_base_url
CLIENT = twilio_client.build_client(TWILIO)
MEDIA = MediaClient(TWILIO)
# It starts its threads when they are first needed, which is after functions-framework forks.
WORKERS = ThreadPoolExecutor(AT_ONCE)
MOVING = threading.Semaphore(CALLBACKS_AT_ONCE)


@functions_framework.http
@web.endpoint("/api/twilio/recording", {"GET", "POST"}, DEPLOYMENT)
def recording(request: Request) -> Response:
    if request.method == "GET":
        return play(request)
    if not parsing.is_form(request):
        return run(request)
    form = WEBHOOKS.authenticate(request)
    if "notice" in request.args:
        return notice(request, form)
    return record_event(request, form)


def notice(request: Request, form: parsing.Form) -> Response:
    step = request.args["notice"]
    if step not in STEPS:
        raise errors.InvalidRequest(f"notice must be one of {', '.join(STEPS)}.")
    agent_call_sid = webhook_query.read(request.args).agent_call_sid
    if agent_call_sid is None:
        raise errors.InvalidRequest("call is missing.")
    call_sid = call_events.read_call_sid(form)
    web.note(call_sid=agent_call_sid, notice=step)
    try:
        if step == "play":
            return play_notice(agent_call_sid, call_sid)
        return end_notice(agent_call_sid, call_sid, read_key(form) if step == "key" else None)
    except errors.RequestError as error:
        # After another answer Twilio would hang up the lead. Whoever has not heard the notice to
        # its end is not recorded.
        detail = getattr(error, "detail", error.message)
        logs.write("ERROR", f"A lead is connected without a recording: {detail}")
        return answer_xml(twiml_answers.build_connection())


def play_notice(agent_call_sid: str, call_sid: str) -> Response:
    with time_limit.of(NOTICE_SECONDS):
        begun = AS_RECORDER.begin_notice(agent_call_sid=agent_call_sid, call_sid=call_sid)
    web.note(conversation_id=begun["conversation_id"])
    if not begun["text"]:
        return answer_xml(twiml_answers.build_connection())
    return answer_xml(twiml_answers.build_notice_to_lead(BASE_URL, agent_call_sid, begun["text"]))


def read_key(form: parsing.Form) -> str:
    """The key that the lead pressed. Among several, the one that refuses counts."""
    digits = parsing.make_storable(form.get("Digits", ""))
    return REFUSING_KEY if REFUSING_KEY in digits else digits[:1]


def end_notice(agent_call_sid: str, call_sid: str, digit: str | None) -> Response:
    with time_limit.of(NOTICE_SECONDS):
        ended = AS_RECORDER.end_notice(
            agent_call_sid=agent_call_sid,
            call_sid=call_sid,
            digit=digit,
        )
    web.note(conversation_id=ended["conversation_id"])
    if ended["again"]:
        return answer_xml(twiml_answers.build_notice_again(BASE_URL, agent_call_sid))
    if ended["start"]:
        start(ended["start"])
    return answer_xml(twiml_answers.build_connection())


def start(asked: Start) -> None:
    """Asks Twilio to record, within START_SECONDS, and stores what it answers. If it does not
    answer, the scheduler finds out what it did: nothing here keeps anybody waiting."""
    try:
        with time_limit.of(START_SECONDS):
            try:
                started, error = recording_way.start(CLIENT, BASE_URL, asked), ""
            except errors.TwilioRefused as refused:
                if recording_way.may_be_repeated(refused):
                    raise
                started, error = None, recording_way.explain(refused)
            stored = AS_RECORDER.record_recording_event(
                **recording_events.describe_start(asked, started, error)
            )
        web.note(recording_id=stored["recording_id"])
    except errors.RequestError as problem:
        detail = getattr(problem, "detail", problem.message)
        logs.write("ERROR", f"A recording may not have started: {detail}")


def record_event(request: Request, form: parsing.Form) -> Response:
    event = recording_events.read_callback(form, webhook_query.read(request.args))
    web.note(call_sid=event["agent_call_sid"], recording_status=event["status"])
    stored = AS_RECORDER.record_recording_event(**event)
    # bool(), because a database that repeats what it was sent must not reach the log.
    web.note(
        conversation_id=stored["conversation_id"],
        recording_id=stored["recording_id"],
        new=bool(stored["new"]),
    )
    try:
        if stored["start"]:
            start(stored["start"])
        if stored["recording_id"] and MOVING.acquire(blocking=False):
            try:
                with time_limit.of(TOTAL_SECONDS):
                    work_on(claim(uuid.UUID(stored["recording_id"])))
            finally:
                MOVING.release()
    except errors.RequestError as error:
        # The event is stored: the scheduler does the rest.
        logs.write("WARNING", f"A recording waits: {getattr(error, 'detail', error.message)}")
    return Response(status=204)


def run(request: Request) -> Response:
    SCHEDULERS.authenticate(request)
    done, ends_at = 0, time.monotonic() + RUN_SECONDS
    with time_limit.of(TOTAL_SECONDS):
        while time.monotonic() < ends_at:
            claimed = claim(None)
            work_on(claimed)
            done += len(claimed["recordings"])
            web.note(done=done)
            # The database gives out only what does not need Twilio.
            if claimed["paused_seconds"]:
                raise errors.TwilioBusy(claimed["paused_seconds"])
            if not claimed["recordings"]:
                break
    return web.answer_success({"done": done})


def claim(recording_id: uuid.UUID | None) -> RecordingClaim:
    """What is due, or one recording."""
    return AS_RECORDER.claim_recordings(
        limit=BATCH, lease_seconds=LEASE_SECONDS, recording_id=recording_id
    )


def work_on(claimed: RecordingClaim) -> None:
    """Works on AT_ONCE recordings at the same time. Raises what was in the way of the first."""
    if not claimed["recordings"]:
        return
    way = Way(CLIENT, MEDIA, open_store(), AS_RECORDER, BASE_URL)
    under_way = [
        WORKERS.submit(contextvars.copy_context().run, way.go, work)
        for work in claimed["recordings"]
    ]
    wait(under_way)
    for each in under_way:
        each.result()


def play(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    conversation_id = parsing.parse_uuid(request.args.get("conversationId", ""), "conversationId")
    given = request.args.get("recordingId")
    download = request.args.get("download", "false")
    if download not in ("true", "false"):
        raise errors.InvalidRequest("download must be true or false.")
    web.note(conversation_id=str(conversation_id), download=download == "true")
    playable = rpc.AsRep(DATABASE, user.access_token).ask_to_play(
        conversation_id=conversation_id,
        recording_id=None if given is None else parsing.parse_uuid(given, "recordingId"),
        download=download == "true",
    )
    expires_at = datetime.now(UTC) + timedelta(seconds=ADDRESS_SECONDS)
    return web.answer_success(
        {
            "recordings": [
                {
                    "id": each["id"],
                    "part": each["part"],
                    "url": open_store().sign(
                        each["object_path"],
                        ADDRESS_SECONDS,
                        f"recording-{each['id']}.mp3" if download == "true" else None,
                    ),
                    "expiresAt": expires_at.isoformat(timespec="seconds"),
                    "durationSeconds": each["duration_seconds"],
                    "channels": each["channels"],
                    "startedAt": each["started_at"],
                }
                for each in playable["recordings"]
            ]
        }
    )


@functools.cache
def open_store() -> RecordingStore:
    """Storage's client. It is imported when a recording is there: a lead who hears a notice does
    not wait for it."""
    from shared.recording_store import RecordingStore

    return RecordingStore(STORAGE_URL, SUPABASE, RECORDER_JWT)

"""POST /api/twilio/control: what people do with a call that goes on.

In:   Supabase access token, Origin of one of Henk's pages, `{"conversationId", "action", …}`:
          hold, resume            the lead hears music, or not any more
          transfer {to, mode}     mode cold: the lead is rung through, and the rep is free
                                  mode warm: the lead is on hold while the rep talks to the target
          complete, merge         the rep leaves the lead with the target; all three talk
          cancel                  takes a transfer back
          add {to}, remove {legId}
          record {state, consent}  state start, pause, resume or stop. The lead agreed (consent
                                  agreed, with start) or refused (refused, with stop)
          drop_voicemail {messageId}  the lead is left alone with a recorded message, and the rep is
                                  free
      `to` is `{"userId"}` or `{"number"}`. Who may do it: people on the call, and managers.
Out:  the conversation with its legs, within 8 s. What is asked twice is done once. If it cannot be
      done, the call goes on as it was.

The database decides, and writes down what is asked, before Twilio is asked (``ask_of_call``,
``ask_of_recording``).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import functions_framework
from flask import Request, Response

from shared import (
    conversations,
    errors,
    parsing,
    phone_numbers,
    recording_control,
    rpc,
    settings,
    time_limit,
    twilio_client,
    web,
)
from shared.call_control import CallControl
from shared.call_state import Asked, Note
from shared.database import Database
from shared.recording_state import AskedRecording, NotedRecording
from shared.supabase_jwt import SupabaseAuthenticator, User

# For the whole request. Twilio leaves some of it to the database.
TOTAL_SECONDS = 7.8
SPARE_SECONDS = 1.3
# While somebody else changes the call.
WAIT_SECONDS = 5.0
WAIT_PAUSE_SECONDS = 0.3
# Longer than a request: while it is held, nobody else changes the call.
LEASE_SECONDS = 10

WITH_TO = ("add", "transfer")
ACTIONS = (
    "hold",
    "resume",
    "add",
    "remove",
    "transfer",
    "complete",
    "merge",
    "cancel",
    "drop_voicemail",
)
MODES = ("cold", "warm")

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioRest.read(env, DEPLOYMENT)
    STORAGE_URL = settings.read_storage_url(env, SUPABASE, DEPLOYMENT)
    PUBLIC_BASE_URL = settings.read_public_base_url(env)
    WEBHOOK_JWT = settings.read_webhook_jwt(env)

REPS = SupabaseAuthenticator(SUPABASE)
DATABASE = Database(SUPABASE)
AS_WEBHOOK = rpc.AsWebhook(DATABASE, WEBHOOK_JWT)
CLIENT = twilio_client.build_client(TWILIO, spare_seconds=SPARE_SECONDS)


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. The fields that the action does not have are None."""

    conversation_id: uuid.UUID
    action: str
    mode: str | None
    to_user_id: uuid.UUID | None
    to: rpc.Dialled | None
    leg_id: uuid.UUID | None
    message_id: uuid.UUID | None


@dataclass(frozen=True)
class RecordingWish:
    """What somebody asks of the recording. ``consent`` is what they say that the lead said."""

    conversation_id: uuid.UUID
    state: str
    consent: str | None
    action: str = "record"


@functions_framework.http
@web.endpoint("/api/twilio/control", {"POST"}, DEPLOYMENT)
def control(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    wish = read_wish(parsing.read_json_object(request))
    web.note(user_id=str(user.id), conversation_id=str(wish.conversation_id), action=wish.action)
    with time_limit.of(TOTAL_SECONDS):
        if isinstance(wish, RecordingWish):
            change_recording(user, wish)
        else:
            change_call(user, wish)
        return web.answer_success(
            conversations.find(DATABASE, user.access_token, wish.conversation_id)
        )


def change_call(user: User, wish: Wish) -> None:
    asked = ask(user, wish)
    if not asked["is_done"]:
        carry_out(user, asked)


def ask(user: User, wish: Wish) -> Asked:
    """Raises what ``wait_for_turn`` and ``rpc.AsRep.ask_of_call`` raise."""

    def once() -> Asked | None:
        asked = rpc.AsRep(DATABASE, user.access_token).ask_of_call(
            conversation_id=wish.conversation_id,
            action=wish.action,
            to_user_id=wish.to_user_id,
            to=wish.to,
            mode=wish.mode,
            leg_id=wish.leg_id,
            message_id=wish.message_id,
            lease_seconds=LEASE_SECONDS,
        )
        return None if asked["wait"] else asked

    return wait_for_turn(once, "this call")


def wait_for_turn(ask: Callable[[], Answer | None], what: str) -> Answer:
    """Asks the database until it answers: None means that somebody else is changing it. Raises Busy
    after WAIT_SECONDS. ``what`` is for its message."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while (asked := ask()) is None:
        if time.monotonic() > ends_at:
            raise errors.Busy(f"Somebody else is changing {what}. Try again in a moment.")
        time.sleep(WAIT_PAUSE_SECONDS)
    return asked


def carry_out(user: User, asked: Asked) -> None:
    """Does it at Twilio, and writes down what was done."""
    call, action = asked["call"], asked["action"]
    # There is none only if nothing is to be done.
    assert action is not None
    web.note(call_sid=call["agent_call_sid"], business_id=call["business_id"])

    def write_down(
        notes: Sequence[Note], result: str | None = None, error: str | None = None
    ) -> None:
        AS_WEBHOOK.note_call_action(
            action_id=uuid.UUID(action["id"]),
            agent_call_sid=call["agent_call_sid"],
            notes=notes,
            result=result,
            error=error,
        )

    CallControl(
        CLIENT,
        PUBLIC_BASE_URL,
        write_down,
        action=action,
        call=call,
        by=str(user.id),
        sign=lambda path: sign_message(user, path),
    ).carry_out()


def sign_message(user: User, path: str) -> str:
    """The address of a recorded message, as the rep may hear it."""
    # Storage's client is imported when a message is left: no other action needs it.
    from shared import message_store

    return message_store.sign(STORAGE_URL, SUPABASE, user.access_token, path)


def change_recording(user: User, wish: RecordingWish) -> None:
    asked = ask_of_recording(user, wish)
    web.note(call_sid=asked["agent_call_sid"], business_id=asked["business_id"])
    action = asked["action"]
    if asked["is_done"] or action is None:
        return

    def write_down(
        result: str, recording_sid: str | None = None, error: str | None = None
    ) -> NotedRecording:
        return AS_WEBHOOK.note_recording_action(
            action_id=uuid.UUID(action["id"]),
            agent_call_sid=asked["agent_call_sid"],
            result=result,
            recording_sid=recording_sid,
            error=error,
        )

    recording_control.carry_out(CLIENT, PUBLIC_BASE_URL, asked, write_down)


def ask_of_recording(user: User, wish: RecordingWish) -> AskedRecording:
    """Raises what ``wait_for_turn`` and ``rpc.AsRep.ask_of_recording`` raise. A recording has a
    lease of its own."""

    def once() -> AskedRecording | None:
        try:
            return rpc.AsRep(DATABASE, user.access_token).ask_of_recording(
                conversation_id=wish.conversation_id, state=wish.state, consent=wish.consent
            )
        except errors.Busy:
            return None

    return wait_for_turn(once, "the recording")


def read_wish(body: dict[str, object]) -> Wish | RecordingWish:
    """Raises InvalidRequest if a field is missing, malformed, or does not belong to the action."""
    conversation_id = parsing.read_uuid(body, "conversationId")
    if conversation_id is None:
        raise errors.InvalidRequest("conversationId is missing.")
    action = parsing.read_text(body, "action")
    if action == "record":
        return read_recording_wish(conversation_id, body)
    if action not in ACTIONS:
        raise errors.InvalidRequest(f"action must be one of {', '.join((*ACTIONS, 'record'))}.")
    to_user_id, to = read_target(body) if action in WITH_TO else (None, None)
    mode = parsing.read_text(body, "mode")
    if action == "transfer" and mode not in MODES:
        raise errors.InvalidRequest("mode must be cold or warm.")
    leg_id = parsing.read_uuid(body, "legId")
    if action == "remove" and leg_id is None:
        raise errors.InvalidRequest("legId is missing.")
    message_id = parsing.read_uuid(body, "messageId")
    if action == "drop_voicemail" and message_id is None:
        raise errors.InvalidRequest("messageId is missing.")
    return Wish(
        conversation_id=conversation_id,
        action=action,
        mode=mode if action == "transfer" else None,
        to_user_id=to_user_id,
        to=to,
        leg_id=leg_id if action == "remove" else None,
        message_id=message_id if action == "drop_voicemail" else None,
    )


def read_recording_wish(conversation_id: uuid.UUID, body: dict[str, object]) -> RecordingWish:
    state = parsing.read_text(body, "state")
    if state not in recording_control.STATES:
        raise errors.InvalidRequest(f"state must be one of {', '.join(recording_control.STATES)}.")
    consent = parsing.read_text(body, "consent")
    if consent is not None and recording_control.CONSENTS.get(consent) != state:
        raise errors.InvalidRequest(
            "consent must be agreed, with start, or refused, with stop; or leave it out."
        )
    return RecordingWish(conversation_id, state, consent)


def read_target(body: dict[str, object]) -> tuple[uuid.UUID | None, rpc.Dialled | None]:
    """Whom to ring: a user, or a number. Raises InvalidRequest."""
    to = body.get("to")
    if not isinstance(to, dict) or len(to) != 1 or not {"userId", "number"} & set(to):
        raise errors.InvalidRequest('to must be {"userId"} or {"number"}.')
    if "userId" in to:
        user_id = parsing.read_uuid(to, "userId")
        if user_id is None:
            raise errors.InvalidRequest("userId is missing.")
        return user_id, None
    number = to["number"]
    if not isinstance(number, str) or not number.strip():
        raise errors.InvalidRequest("number must be a text.")
    return None, phone_numbers.parse(number, test_numbers=DEPLOYMENT.development)

"""/api/twilio/status: what happened to a call.

POST  from Twilio (a signed form): stores one event of a leg or of the call's room, or who has
      answered. `?call=` names the call and `?leg=` the leg, if somebody was added to the call.
      Answers 204 if it is stored, also for a duplicate, 400 if the room is not this call's, and 503
      if it could not be stored: Twilio then sends it again.
GET   from the rep's browser (Supabase access token), `?conversationId=`: the conversation with its
      legs, if row-level security lets the rep see it. For clients without Realtime.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response

from shared import call_events, conversations, errors, parsing, rpc, settings, web, webhook_query
from shared.database import Database
from shared.supabase_jwt import SupabaseAuthenticator
from shared.twilio_signature import TwilioAuthenticator

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)
    WEBHOOK_JWT = settings.read_webhook_jwt(env)

REPS = SupabaseAuthenticator(SUPABASE)
WEBHOOKS = TwilioAuthenticator(TWILIO, "status")
DATABASE = Database(SUPABASE)
AS_WEBHOOK = rpc.AsWebhook(DATABASE, WEBHOOK_JWT)


@functions_framework.http
@web.endpoint("/api/twilio/status", {"GET", "POST"}, DEPLOYMENT)
def status(request: Request) -> Response:
    return record_event(request) if request.method == "POST" else read_conversation(request)


def record_event(request: Request) -> Response:
    if not parsing.is_form(request):
        raise errors.UnsupportedMediaType("Send a form, as Twilio does.")
    form = WEBHOOKS.authenticate(request)
    named = webhook_query.read(request.args)
    if call_events.is_conference_callback(form):
        kind = "room_event"
        event = call_events.read_conference_callback(form, require_call(named))
    elif call_events.is_detection_callback(form):
        kind = "answered_by"
        event = call_events.read_detection_callback(form, require_call(named))
    else:
        kind = "call_status"
        event = call_events.read_status_callback(form, named.agent_call_sid, named.call_leg_id)
    web.note(call_sid=event["agent_call_sid"], **{kind: event["status"]})

    stored = AS_WEBHOOK.record_call_event(**event)
    if stored["new"] is None:
        raise errors.InvalidRequest("FriendlyName is not the room of this call.")
    # bool(), because a database that repeats what it was sent must not reach the log.
    web.note(conversation_id=stored["conversation_id"], new=bool(stored["new"]))
    return Response(status=204)


def require_call(named: webhook_query.Named) -> str:
    if named.agent_call_sid is None:
        raise errors.InvalidRequest("call is missing.")
    return named.agent_call_sid


def read_conversation(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    id_text = request.args.get("conversationId", "")
    conversation_id = parsing.parse_uuid(id_text, "conversationId")
    return web.answer_success(conversations.find(DATABASE, user.access_token, conversation_id))

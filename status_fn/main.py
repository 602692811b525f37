"""/api/twilio/status: what happened to a call.

POST  from Twilio (a signed form): stores one event of either leg. Answers 204 if it is stored, also
      for a duplicate, and 503 if it could not be stored: Twilio then sends it again.
GET   from the rep's browser (Supabase access token), `?conversationId=`: the conversation, if
      row-level security lets the rep see it. For clients without Realtime.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response

from shared import call_events, errors, parsing, rpc, settings, web
from shared.database import Database
from shared.supabase_jwt import SupabaseAuthenticator
from shared.twilio_signature import TwilioAuthenticator

CONVERSATION_COLUMNS = (
    "id,business_id,user_id,lead_id,campaign_id,channel,direction,status,block_reason,"
    "from_number,to_number,extension,other_number,call_sid,dialed_at,ringing_at,answered_at,"
    "ended_at,duration_seconds,time_limit_seconds,outcome,notes,created_at,updated_at"
)

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)

REPS = SupabaseAuthenticator(SUPABASE)
WEBHOOKS = TwilioAuthenticator(TWILIO, "status")
DATABASE = Database(SUPABASE)
AS_WEBHOOK = rpc.AsWebhook(DATABASE, TWILIO.webhook_jwt)


@functions_framework.http
@web.endpoint("/api/twilio/status", {"GET", "POST"}, DEPLOYMENT)
def status(request: Request) -> Response:
    return record_event(request) if request.method == "POST" else read_conversation(request)


def record_event(request: Request) -> Response:
    if not parsing.is_form(request):
        raise errors.UnsupportedMediaType("Send a form, as Twilio does.")
    event = call_events.read_status_callback(WEBHOOKS.authenticate(request))
    web.note(call_sid=event["agent_call_sid"], call_status=event["status"])

    stored = AS_WEBHOOK.record_call_event(**event)
    # bool(), because a database that repeats what it was sent must not reach the log.
    web.note(conversation_id=stored["conversation_id"], new=bool(stored["new"]))
    return Response(status=204)


def read_conversation(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    id_text = request.args.get("conversationId", "")
    conversation_id = str(parsing.parse_uuid(id_text, "conversationId"))

    row = DATABASE.find(user.access_token, "conversations", CONVERSATION_COLUMNS, conversation_id)
    if row is None:
        raise errors.NotFound("There is no such conversation in your business.")
    return web.answer_success(row)

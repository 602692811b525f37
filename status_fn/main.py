"""/api/twilio/status: what happened to a call.

POST  Twilio (a form, signed): one event of either leg into the ledger. 204 once it is stored, for a
      duplicate too; 503 when it could not be stored, so that Twilio sends it again.
GET   the rep's browser (Supabase access token), `?conversationId=`: the conversation as row-level
      security shows it, for clients without Realtime.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response

from shared import call_events, errors, settings, web
from shared.database import Database
from shared.supabase_jwt import Authenticator
from shared.twilio_signature import WebhookAuthenticator

CONVERSATION_COLUMNS = (
    "id,business_id,user_id,lead_id,campaign_id,channel,direction,status,block_reason,"
    "from_number,to_number,call_sid,dialed_at,ringing_at,answered_at,ended_at,duration_seconds,"
    "time_limit_seconds,outcome,notes,created_at,updated_at"
)

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)

AUTHENTICATOR = Authenticator(SUPABASE)
WEBHOOKS = WebhookAuthenticator(TWILIO)
DATABASE = Database(SUPABASE)


@functions_framework.http
@web.endpoint("/api/twilio/status", {"GET", "POST"}, DEPLOYMENT)
def status(request: Request) -> Response:
    return record_event(request) if request.method == "POST" else conversation(request)


def record_event(request: Request) -> Response:
    if not web.is_form(request):
        raise errors.UnsupportedMediaType("Send a form, as Twilio does.")
    event = call_events.from_status_callback(WEBHOOKS.form(request, "status"))
    web.note(call_sid=event["p_agent_call_sid"], call_status=event["p_status"])

    stored = DATABASE.call_as_webhook(TWILIO.webhook_jwt, "record_call_event", event)
    web.note(conversation_id=stored["conversation_id"], new=bool(stored["new"]))
    return Response(status=204)


def conversation(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = AUTHENTICATOR.user(request)
    web.note(user_id=str(user.id))
    conversation_id = web.parse_uuid(request.args.get("conversationId", ""), "conversationId")

    row = DATABASE.find(user.access_token, "conversations", CONVERSATION_COLUMNS, conversation_id)
    if row is None:
        raise errors.NotFound("There is no such conversation in your business.")
    return web.success(row)

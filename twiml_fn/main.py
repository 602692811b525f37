"""POST /api/twilio/twiml: what to do with a call.

Twilio (a form, signed):
    the call begins     CallSid, From, To and the rep's CallerId, LeadId, CampaignId
    ?after=dial         the Dial ended: DialCallStatus, DialCallDuration
    no To               the Voice SDK's preflight test: hears itself, leaves no conversation
The rep's browser (JSON, Supabase access token): a preview. The same decision, nothing written.
Answers TwiML; to a preview that asks for JSON,
`{"blockReason", "message", "to", "callerId", "twiml"}`.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response
from twilio.twiml.voice_response import Dial, VoiceResponse

from shared import block_reasons, call_events, errors, phone_numbers, settings, web
from shared.database import Database, Row
from shared.rep_identity import from_caller
from shared.supabase_jwt import Authenticator
from shared.twilio_signature import Form, WebhookAuthenticator
from shared.webhook_addresses import STATUS_OVERRIDES

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)

AUTHENTICATOR = Authenticator(SUPABASE)
WEBHOOKS = WebhookAuthenticator(TWILIO)
DATABASE = Database(SUPABASE)

# What the browser asks for, through Twilio or directly: none of it is to be trusted.
WISHES = ("To", "CallerId", "LeadId", "CampaignId")

# Twilio sends a callback again if we did not store it.
STATUS_CALLBACK = TWILIO.address("status") + STATUS_OVERRIDES
AFTER_DIAL = f"{TWILIO.address('twiml')}?after=dial"


@functions_framework.http
@web.endpoint("/api/twilio/twiml", {"POST"}, DEPLOYMENT)
def twiml(request: Request) -> Response:
    if web.is_json(request):
        return preview(request)
    if not web.is_form(request):
        raise errors.UnsupportedMediaType("Send a form, or JSON for a preview.")

    form = WEBHOOKS.form(request, "twiml")
    if request.args.get("after") == "dial":
        return end_of_dial(form)
    if not form.get("To", "").strip():
        return xml(echo())
    return begin_call(form)


def begin_call(form: Form) -> Response:
    call_sid = call_events.call_sid(form)
    web.note(call_sid=call_sid)
    rep = from_caller(form.get("From", ""))
    if rep:
        web.note(user_id=str(rep.user_id), business_id=str(rep.business_id))
    call = DATABASE.call_as_webhook(
        TWILIO.webhook_jwt,
        "begin_call",
        {
            "p_call_sid": call_sid,
            "p_user_id": str(rep.user_id) if rep else None,
            "p_business_id": str(rep.business_id) if rep else None,
            **decision_parameters({name: form.get(name, "") for name in WISHES}),
        },
    )
    web.note(conversation_id=call["conversation_id"], block_reason=call["block_reason"])
    return xml(dial_or_refuse(call))


def end_of_dial(form: Form) -> Response:
    event = call_events.from_dial_action(form)
    web.note(call_sid=event["p_agent_call_sid"], call_status=event["p_status"])
    stored = DATABASE.call_as_webhook(TWILIO.webhook_jwt, "record_call_event", event)
    web.note(conversation_id=stored["conversation_id"], new=bool(stored["new"]))
    response = VoiceResponse()
    response.hangup()
    return xml(response)


def preview(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = AUTHENTICATOR.user(request)
    web.note(user_id=str(user.id))
    body = web.json_object(request)
    wishes = {name: web.optional_text(body, name) or "" for name in WISHES}
    if not wishes["To"]:
        raise errors.InvalidRequest("To is missing.")

    decision = DATABASE.call(
        user.access_token,
        "preview_call",
        {
            "p_business_id": web.optional_uuid(body, "businessId"),
            **decision_parameters(wishes),
        },
    )
    errors.refuse_rep(decision.get("error"))
    answer = dial_or_refuse(decision)
    types = ["text/xml", "application/json"]
    if request.accept_mimetypes.best_match(types, default="text/xml") == "text/xml":
        return xml(answer)
    reason = decision["block_reason"]
    return web.success(
        {
            "blockReason": reason,
            "message": block_reasons.sentence(reason) if reason else None,
            "to": decision["to_number"],
            "callerId": decision["from_number"],
            "twiml": str(answer),
        }
    )


def decision_parameters(wishes: dict[str, str]) -> dict[str, object]:
    """What a call is decided by, from a text for each of WISHES."""
    texts = {name: web.storable(value)[: web.MAX_TEXT].strip() for name, value in wishes.items()}
    caller_id = texts["CallerId"]
    return {
        "p_to": phone_numbers.parse(texts["To"], test_numbers=DEPLOYMENT.development),
        "p_caller_id": phone_numbers.caller_id(caller_id) if caller_id else None,
        "p_lead_id": texts["LeadId"] or None,
        "p_campaign_id": texts["CampaignId"] or None,
    }


def dial_or_refuse(call: Row) -> VoiceResponse:
    """Dials the lead, who hears the business's caller ID; or says why not, and hangs up."""
    response = VoiceResponse()
    if call["block_reason"]:
        response.say(block_reasons.sentence(call["block_reason"]))
        response.hangup()
        return response

    # First verb of the document, or answerOnBridge has no effect: the rep's leg is answered, and
    # billed, when the lead's is.
    dial = Dial(
        answer_on_bridge=True,
        caller_id=call["from_number"],
        time_limit=call["time_limit_seconds"],
        action=AFTER_DIAL,
        method="POST",
    )
    dial.number(
        call["to_number"],
        status_callback=STATUS_CALLBACK,
        status_callback_event="initiated ringing answered completed",
        status_callback_method="POST",
    )
    response.append(dial)
    return response


def echo() -> VoiceResponse:
    response = VoiceResponse()
    response.echo()
    return response


def xml(response: VoiceResponse) -> Response:
    # text/xml: Twilio may read plain text aloud.
    return Response(str(response), content_type="text/xml; charset=utf-8")

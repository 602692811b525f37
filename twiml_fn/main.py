"""POST /api/twilio/twiml: what to do with a call.

From Twilio (a signed form):
    the call begins     CallSid, From, To and the rep's CallerId, LeadId, CampaignId
    ?after=dial         the Dial has ended: DialCallStatus, DialCallDuration
    no To               the Voice SDK's preflight test: it hears itself; nothing is stored
From the rep's browser (JSON, Supabase access token): a preview. The decision is the same, but
nothing is stored.

Answers TwiML. A preview that asks for JSON gets
`{"blockReason", "message", "to", "callerId", "twiml", "extension", "leadId", "warnings"}`.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response

from shared import (
    block_reasons,
    call_events,
    errors,
    parsing,
    phone_numbers,
    rep_identity,
    rpc,
    settings,
    web,
)
from shared.database import Database
from shared.supabase_jwt import SupabaseAuthenticator
from shared.twilio_signature import TwilioAuthenticator
from shared.twiml_answers import answer_xml, build_dial, build_echo, build_hangup

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)

REPS = SupabaseAuthenticator(SUPABASE)
WEBHOOKS = TwilioAuthenticator(TWILIO, "twiml")
DATABASE = Database(SUPABASE)
AS_WEBHOOK = rpc.AsWebhook(DATABASE, TWILIO.webhook_jwt)

# What a rep may ask for. These values come from a browser, even if Twilio sends them: they are not
# trusted.
WISHES = ("To", "CallerId", "LeadId", "CampaignId")


@functions_framework.http
@web.endpoint("/api/twilio/twiml", {"POST"}, DEPLOYMENT)
def twiml(request: Request) -> Response:
    if parsing.is_json(request):
        return preview_call(request)
    if not parsing.is_form(request):
        raise errors.UnsupportedMediaType("Send a form, or JSON for a preview.")

    form = WEBHOOKS.authenticate(request)
    if request.args.get("after") == "dial":
        return end_dial(form)
    if not form.get("To", "").strip():
        return answer_xml(build_echo())
    return begin_call(form)


def begin_call(form: parsing.Form) -> Response:
    call_sid = call_events.read_call_sid(form)
    web.note(call_sid=call_sid)
    rep = rep_identity.parse_caller(form.get("From", ""))
    if rep:
        web.note(user_id=str(rep.user_id), business_id=str(rep.business_id))
    call = AS_WEBHOOK.begin_call(
        call_sid=call_sid,
        user_id=rep.user_id if rep else None,
        business_id=rep.business_id if rep else None,
        **parse_wishes({name: form.get(name, "") for name in WISHES}),
    )
    web.note(conversation_id=call["conversation_id"], block_reason=call["block_reason"])
    return answer_xml(build_dial(call, TWILIO))


def end_dial(form: parsing.Form) -> Response:
    event = call_events.read_dial_action(form)
    web.note(call_sid=event["agent_call_sid"], call_status=event["status"])
    stored = AS_WEBHOOK.record_call_event(**event)
    # bool(), because a database that repeats what it was sent must not reach the log.
    web.note(conversation_id=stored["conversation_id"], new=bool(stored["new"]))
    return answer_xml(build_hangup())


def preview_call(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    body = parsing.read_json_object(request)
    # As it was typed or pasted, however long: the answer says that it is not a number.
    to = body.get("To")
    if to is not None and not isinstance(to, str):
        raise errors.InvalidRequest("To must be a text.")
    if not to or not to.strip():
        raise errors.InvalidRequest("To is missing.")
    wishes = {name: parsing.read_text(body, name) or "" for name in WISHES[1:]} | {"To": to}

    decision = rpc.AsRep(DATABASE, user.access_token).preview_call(
        business_id=parsing.read_uuid(body, "businessId"), **parse_wishes(wishes)
    )
    answer = build_dial(decision, TWILIO)
    types = ["text/xml", "application/json"]
    if request.accept_mimetypes.best_match(types, default="text/xml") == "text/xml":
        return answer_xml(answer)
    reason = decision["block_reason"]
    return web.answer_success(
        {
            "blockReason": reason,
            "message": block_reasons.explain(reason) if reason else None,
            "to": decision["to_number"],
            "callerId": decision["from_number"],
            "twiml": str(answer),
            "extension": decision["extension"],
            "leadId": decision["lead_id"],
            "warnings": [name_fields(warning) for warning in decision["warnings"]],
        }
    )


def name_fields(warning: rpc.Warning) -> dict[str, object]:
    """A warning with the names that browsers know: user_id is userId."""
    names = {"user_id": "userId", "user_name": "userName"}
    return {names.get(name, name): value for name, value in warning.items()}


def parse_wishes(wishes: dict[str, str]) -> rpc.Wishes:
    """The parameters of a decision, from a text for each of WISHES."""
    texts = {
        name: parsing.make_storable(text)[: parsing.MAX_TEXT].strip()
        for name, text in wishes.items()
    }
    caller_id = texts["CallerId"]
    return {
        # As it was sent: what cannot be stored is invisible in a number.
        "to": phone_numbers.parse(wishes["To"], test_numbers=DEPLOYMENT.development),
        "caller_id": phone_numbers.format_caller_id(caller_id) if caller_id else None,
        "lead_id": texts["LeadId"] or None,
        "campaign_id": texts["CampaignId"] or None,
    }

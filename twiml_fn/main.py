"""POST /api/twilio/twiml: what to do with a call.

From Twilio (a signed form):
    the call begins     CallSid, From, To and the rep's CallerId, LeadId, CampaignId; of a queue's
                        call, LeaseToken (next_lead)
    ?after=dial         the agent's Dial has ended: DialCallStatus, DialCallDuration
    ?after=room         a leg has left the call's room, or the room has ended; `call` names the
                        call, `since` what was newest when the leg joined
    ?after=transfer, ?after=return
                        the lead's Dial to a person has ended; `call` names the call, `leg` the
                        person's leg
    no To               the Voice SDK's preflight test: it hears some words, and ends; nothing is
                        stored
From the rep's browser (JSON, Supabase access token): a preview. The decision is the same, but
nothing is stored.

Answers TwiML. A preview that asks for JSON gets
`{"blockReason", "message", "to", "callerId", "twiml", "extension", "leadId", "retryAt",
"warnings", "recording"}`.
"""

from __future__ import annotations

import functions_framework
from flask import Request, Response
from twilio.twiml.voice_response import VoiceResponse

from shared import (
    block_reasons,
    call_events,
    errors,
    parsing,
    phone_numbers,
    rep_identity,
    rpc,
    settings,
    twiml_answers,
    web,
    webhook_query,
)
from shared.call_state import Continuation, Ring
from shared.database import Database
from shared.recording_state import Terms
from shared.supabase_jwt import SupabaseAuthenticator
from shared.twilio_signature import TwilioAuthenticator
from shared.twiml_answers import answer_xml, build_dial

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    TWILIO = settings.TwilioWebhooks.read(env)
    WEBHOOK_JWT = settings.read_webhook_jwt(env)

REPS = SupabaseAuthenticator(SUPABASE)
WEBHOOKS = TwilioAuthenticator(TWILIO, "twiml")
DATABASE = Database(SUPABASE)
AS_WEBHOOK = rpc.AsWebhook(DATABASE, WEBHOOK_JWT)

# The Dials that may end.
ENDINGS = ("dial", "room", "transfer", "return")
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
    if "after" in request.args:
        return continue_call(request, form)
    if not form.get("To", "").strip():
        return answer_xml(twiml_answers.build_test_call())
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
        lease_token=parse_text(form.get("LeaseToken", "")) or None,
    )
    web.note(conversation_id=call["conversation_id"], block_reason=call["block_reason"])
    return answer_xml(
        build_dial(
            call,
            TWILIO.public_base_url,
            notice_for=call_sid if call.get("notice") else None,
            detection_for=call_sid if call.get("machine_detection") else None,
        )
    )


def continue_call(request: Request, form: parsing.Form) -> Response:
    """What becomes of a leg whose Dial has ended. The database decides it, from what it knows of
    the call: the request alone cannot tell a hang-up from a leg that was moved."""
    after = request.args["after"]
    if after not in ENDINGS:
        raise errors.InvalidRequest(f"after must be one of {', '.join(ENDINGS)}.")
    named = webhook_query.read(request.args)
    if after != "dial" and named.agent_call_sid is None:
        raise errors.InvalidRequest("call is missing.")
    if after in ("transfer", "return") and named.call_leg_id is None:
        raise errors.InvalidRequest("leg is missing.")
    end = call_events.read_dial_end(form, after, named.agent_call_sid, named.call_leg_id)
    if after == "room":
        end["payload"] = {**end["payload"], "since": str(named.since or "")}
    web.note(call_sid=end["agent_call_sid"], call_status=end["status"], after=after)
    told = AS_WEBHOOK.continue_call(**end)
    # bool(), because a database that repeats what it was sent must not reach the log.
    web.note(conversation_id=told["conversation_id"], new=bool(told["new"]), next=told["next"])
    return answer_xml(build_next(told, end["agent_call_sid"], after))


def build_next(told: Continuation, call_sid: str, after: str) -> VoiceResponse:
    """The TwiML of what the database says."""
    base_url = TWILIO.public_base_url
    match told["next"]:
        case "join_room":
            # Only the lead's leg dials people.
            is_lead = after in ("transfer", "return")
            return twiml_answers.build_room(base_url, call_sid, read_seat(told, is_lead=is_lead))
        case "ring":
            ring = read_ring(told)
            return twiml_answers.build_ring(
                base_url,
                call_sid,
                build_callee(told, ring),
                from_number=told["from_number"],
                seconds_left=told["seconds_left"],
                pause_seconds=ring.get("pause"),
            )
        case "apologize":
            return twiml_answers.build_apology()
        case _:
            return twiml_answers.build_hangup()


def read_seat(told: Continuation, *, is_lead: bool) -> twiml_answers.Seat:
    if not told["room"]:
        raise errors.PhoneSystemError("continue_call names no room to join")
    return twiml_answers.Seat(
        told["room"],
        told["label"],
        told["is_host"],
        is_lead,
        told["seconds_left"],
        told.get("newest_action"),
    )


def read_ring(told: Continuation) -> Ring:
    if not told["ring"]:
        raise errors.PhoneSystemError("continue_call names nobody to ring")
    return told["ring"]


def build_callee(told: Continuation, ring: Ring) -> twiml_answers.Callee:
    return twiml_answers.Callee(
        leg_id=ring["leg_id"],
        identity=ring["identity"],
        number=None,
        reason=ring["after"],
        conversation_id=told["conversation_id"],
        by=ring.get("by"),
    )


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
    answer = build_dial(decision, TWILIO.public_base_url)
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
            "retryAt": decision.get("retry_at"),
            "warnings": [name_fields(warning) for warning in decision["warnings"]],
            "recording": describe_terms(decision.get("recording")),
        }
    )


def describe_terms(terms: Terms | None) -> dict[str, object] | None:
    """Whether and how the call will be recorded, with the names that browsers know."""
    if terms is None:
        return None
    return {
        "mode": terms["mode"],
        "consentMode": terms["consent_mode"],
        "notice": terms["notice"],
    }


def name_fields(warning: rpc.Warning) -> dict[str, object]:
    """A warning with the names that browsers know: user_id is userId."""
    names = {"user_id": "userId", "user_name": "userName"}
    return {names.get(name, name): value for name, value in warning.items()}


def parse_wishes(wishes: dict[str, str]) -> rpc.Wishes:
    """The parameters of a decision, from a text for each of WISHES."""
    texts = {name: parse_text(text) for name, text in wishes.items()}
    caller_id = texts["CallerId"]
    return {
        # As it was sent: what cannot be stored is invisible in a number.
        "to": phone_numbers.parse(wishes["To"], test_numbers=DEPLOYMENT.development),
        "caller_id": phone_numbers.format_caller_id(caller_id) if caller_id else None,
        "lead_id": texts["LeadId"] or None,
        "campaign_id": texts["CampaignId"] or None,
    }


def parse_text(text: str) -> str:
    """A wish as the database can store it."""
    return parsing.make_storable(text)[: parsing.MAX_TEXT].strip()

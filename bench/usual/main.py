"""The three endpoints as they are usually written, from the libraries' own guides: everything is
imported, a client is made for each request, the secret key opens the database, the Auth server says
who asks, and nothing is checked that would cost a line. What we are measured beside."""

from __future__ import annotations

import os

import functions_framework
from flask import Request, Response
from supabase import Client, create_client
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.request_validator import RequestValidator
from twilio.rest import Client as Twilio
from twilio.twiml.voice_response import Dial, VoiceResponse

TWILIO = Twilio(os.environ["TWILIO_API_KEY_SID"], os.environ["TWILIO_API_KEY_SECRET"])


def supabase() -> Client:
    return create_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_SECRET_KEY"])


def is_signed(request: Request, name: str) -> bool:
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    return bool(
        validator.validate(
            f"{os.environ['PUBLIC_BASE_URL']}/{name}",
            request.form,
            request.headers.get("X-Twilio-Signature", ""),
        )
    )


@functions_framework.http
def token(request: Request) -> Response | dict[str, object]:
    database = supabase()
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = database.auth.get_user(bearer)
    if found is None:
        return Response(status=401)
    members = database.table("business_members").select("business_id")
    member = members.eq("user_id", found.user.id).limit(1).execute().data
    if not member:
        return Response(status=403)
    access = AccessToken(
        os.environ["TWILIO_ACCOUNT_SID"],
        os.environ["TWILIO_API_KEY_SID"],
        os.environ["TWILIO_API_KEY_SECRET"],
        identity=found.user.id,
        ttl=3600,
    )
    access.add_grant(
        VoiceGrant(outgoing_application_sid=os.environ["TWILIO_TWIML_APP_SID"], incoming_allow=True)
    )
    return {"token": access.to_jwt(), "identity": found.user.id}


@functions_framework.http
def twiml(request: Request) -> Response:
    if not is_signed(request, "twiml"):
        return Response(status=403)
    supabase().table("conversations").insert(
        {
            "call_sid": request.form["CallSid"],
            "to_number": request.form["To"],
            "from_number": request.form["CallerId"],
            "status": "queued",
        }
    ).execute()
    response = VoiceResponse()
    dial = Dial(caller_id=request.form["CallerId"], answer_on_bridge=True)
    dial.number(
        request.form["To"],
        status_callback=f"{os.environ['PUBLIC_BASE_URL']}/status",
        status_callback_event="initiated ringing answered completed",
    )
    response.append(dial)
    return Response(str(response), content_type="text/xml")


@functions_framework.http
def status(request: Request) -> Response:
    if not is_signed(request, "status"):
        return Response(status=403)
    conversations = supabase().table("conversations")
    conversations.update(
        {"status": request.form["CallStatus"], "duration": request.form.get("CallDuration")}
    ).eq("call_sid", request.form["ParentCallSid"]).execute()
    return Response(status=204)

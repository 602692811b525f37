"""The three endpoints as published code usually writes them, to compare ours with.

Written after the libraries' own guides, with nothing added and nothing tuned:
https://supabase.com/docs/reference/python/start, https://www.twilio.com/docs/iam/access-tokens,
https://www.twilio.com/docs/voice/twiml/dial and
https://www.twilio.com/docs/usage/tutorials/how-to-secure-your-flask-app-by-validating-incoming-twilio-requests

The guide makes one Supabase client when the module is imported. Much published code makes a new one
in each request instead (a `get_supabase()` that the handler calls): `CLIENT_PER_REQUEST` does that.
"""

from __future__ import annotations

import os

import functions_framework
from flask import Request, Response
from supabase import Client, create_client
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, VoiceResponse

CLIENT = create_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_SECRET_KEY"])
CLIENT_PER_REQUEST = "CLIENT_PER_REQUEST" in os.environ


def get_supabase() -> Client:
    if CLIENT_PER_REQUEST:
        return create_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_SECRET_KEY"])
    return CLIENT


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
    supabase = get_supabase()
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    found = supabase.auth.get_user(bearer)
    if found is None:
        return Response(status=401)
    members = supabase.table("business_members").select("business_id")
    member = members.eq("user_id", found.user.id).limit(1).execute().data
    if not member:
        return Response(status=403)
    access = AccessToken(
        os.environ["TWILIO_ACCOUNT_SID"],
        os.environ["TWILIO_API_KEY_SID"],
        os.environ["TWILIO_API_KEY_SECRET"],
        identity=found.user.id,
    )
    access.add_grant(
        VoiceGrant(outgoing_application_sid=os.environ["TWILIO_TWIML_APP_SID"], incoming_allow=True)
    )
    return {"token": access.to_jwt(), "identity": found.user.id}


@functions_framework.http
def twiml(request: Request) -> Response:
    if not is_signed(request, "twiml"):
        return Response(status=403)
    get_supabase().table("conversations").insert(
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
    conversations = get_supabase().table("conversations")
    conversations.update(
        {"status": request.form["CallStatus"], "duration": request.form.get("CallDuration")}
    ).eq("call_sid", request.form["ParentCallSid"]).execute()
    return Response(status=204)

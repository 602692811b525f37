"""POST /api/twilio/token: a signed-in rep gets a Twilio access token for their browser.

In:   Supabase access token, Origin of one of Henk's pages, `{"businessId": uuid}` (not needed if
      the user belongs to one business).
Out:  `{"token", "identity", "callerId", "issuedAt", "expiresAt", "businessId"}`. The token is valid
      for an hour. `issuedAt` is the server's clock, in whole seconds: a page compares its own.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import functions_framework
from flask import Request, Response
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from shared import parsing, rpc, settings, web
from shared.database import Database
from shared.rep_identity import Rep
from shared.supabase_jwt import SupabaseAuthenticator

TTL_SECONDS = 3600
# Twilio refuses a token that is not valid yet, and Twilio's clock may be behind ours.
CLOCK_SKEW_SECONDS = 30

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    API_KEY = settings.TwilioApiKey.read(env)

REPS = SupabaseAuthenticator(SUPABASE)
DATABASE = Database(SUPABASE)


@functions_framework.http
@web.endpoint("/api/twilio/token", {"POST"}, DEPLOYMENT)
def token(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    business_id = parsing.read_uuid(parsing.read_json_object(request), "businessId")

    # This comes before anything is signed: the database knows who has left, and counts the tokens.
    grant = rpc.AsRep(DATABASE, user.access_token).grant_access_token(
        business_id=business_id, ttl_seconds=TTL_SECONDS
    )

    rep = Rep(user.id, uuid.UUID(grant["business_id"]))
    web.note(business_id=str(rep.business_id))
    now = int(time.time())
    return web.answer_success(
        {
            "token": build_access_token(rep, now),
            "identity": rep.identity,
            "callerId": grant["caller_id"],
            "issuedAt": datetime.fromtimestamp(now, UTC).isoformat(),
            "expiresAt": datetime.fromtimestamp(now + TTL_SECONDS, UTC).isoformat(),
            "businessId": str(rep.business_id),
        }
    )


def build_access_token(rep: Rep, now: int) -> str:
    """A token that can place calls and be rung, and nothing else. ``now`` is in Unix seconds.

    https://www.twilio.com/docs/iam/access-tokens
    """
    access = AccessToken(
        API_KEY.account_sid,
        API_KEY.api_key_sid,
        API_KEY.api_key_secret,
        identity=rep.identity,
        nbf=now - CLOCK_SKEW_SECONDS,
        valid_until=now + TTL_SECONDS,
    )
    access.add_grant(
        VoiceGrant(outgoing_application_sid=API_KEY.twiml_app_sid, incoming_allow=True)
    )
    return str(access.to_jwt())

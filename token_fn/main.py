"""POST /api/twilio/token: a signed-in rep gets a Twilio access token for their browser.

In:   Supabase access token, Origin of Henk's own pages, `{"businessId": uuid}` (optional for a user
      of one business).
Out:  `{"token", "identity", "callerId", "expiresAt", "businessId"}`; the token lives for an hour.
"""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime

import functions_framework
from flask import Request, Response
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from shared import errors, settings, web
from shared.database import Database
from shared.rep_identity import Rep
from shared.supabase_jwt import Authenticator

TTL_SECONDS = 3600
# Twilio refuses a token that is not valid yet, by a clock that is not ours.
CLOCK_SKEW_SECONDS = 30

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)
    API_KEY = settings.TwilioApiKey.read(env)

AUTHENTICATOR = Authenticator(SUPABASE)
DATABASE = Database(SUPABASE)


@functions_framework.http
@web.endpoint("/api/twilio/token", {"POST"}, DEPLOYMENT)
def token(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = AUTHENTICATOR.user(request)
    web.note(user_id=str(user.id))
    business_id = web.optional_uuid(web.json_object(request), "businessId")

    # Before anything is signed: the database knows who has left, and how many tokens were granted.
    grant = DATABASE.call(
        user.access_token,
        "grant_access_token",
        {"p_business_id": business_id, "p_ttl_seconds": TTL_SECONDS},
    )
    errors.refuse_rep(grant.get("error"))
    if grant.get("error") == "rate_limited":
        raise errors.RateLimited(
            "Too many access tokens. Wait a moment.", retry_after=int(grant["retry_after"])
        )

    rep = Rep(user.id, uuid.UUID(grant["business_id"]))
    web.note(business_id=str(rep.business_id))
    now = int(time.time())
    return web.success(
        {
            "token": access_token(rep, now),
            "identity": rep.identity,
            "callerId": grant["caller_id"],
            "expiresAt": datetime.fromtimestamp(now + TTL_SECONDS, UTC).isoformat(),
            "businessId": str(rep.business_id),
        }
    )


def access_token(rep: Rep, now: int) -> str:
    """A token to place calls with and no more: https://www.twilio.com/docs/iam/access-tokens"""
    access = AccessToken(
        API_KEY.account_sid,
        API_KEY.api_key_sid,
        API_KEY.api_key_secret,
        identity=rep.identity,
        nbf=now - CLOCK_SKEW_SECONDS,
        valid_until=now + TTL_SECONDS,
    )
    access.add_grant(VoiceGrant(outgoing_application_sid=API_KEY.twiml_app_sid))
    return str(access.to_jwt())

"""Whether a request comes from our scheduler: it carries an identity token that Google signed for
the scheduler's service account. The token is verified without asking Google.

https://cloud.google.com/scheduler/docs/http-target-auth
"""

from __future__ import annotations

import jwt
from flask import Request

from shared import errors, parsing, settings
from shared.jwks import KeySet

LEEWAY_SECONDS = 10


class SchedulerAuthenticator:
    """Accepts the tokens of one service account that are made out to this one function."""

    def __init__(self, scheduler: settings.Scheduler) -> None:
        self._scheduler = scheduler
        self._keys = KeySet(scheduler.keys_url)

    def authenticate(self, request: Request) -> None:
        """Returns if the scheduler sent the request.

        Raises Unauthenticated, or SignInUnavailable if the token's key cannot be fetched.
        """
        token = parsing.read_bearer_token(request)
        try:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise errors.Unauthenticated("The scheduler's token is not valid.")
            claims = jwt.decode(
                token,
                key,
                # Google uses no other algorithm, and a public key must not be used as a secret.
                algorithms=["RS256"],
                audience=self._scheduler.audience,
                issuer=self._scheduler.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "email"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise errors.Unauthenticated("The scheduler's token is not valid.") from error

        # Everybody can get a token for this audience from Google. Only the account tells who it is.
        if (
            claims["email"] != self._scheduler.service_account
            or claims.get("email_verified") is not True
        ):
            raise errors.Unauthenticated("The scheduler's token is not valid.")

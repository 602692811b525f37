"""Whether a request comes from our scheduler: an identity token that Google signed for its service
account, verified here and not over the network.

https://cloud.google.com/scheduler/docs/http-target-auth
"""

from __future__ import annotations

import jwt
from flask import Request

from shared import errors, settings, web
from shared.jwks import KeySet

LEEWAY_SECONDS = 10


class SchedulerAuthenticator:
    """Knows one service account, as Google vouches for it to this one function."""

    def __init__(self, scheduler: settings.Scheduler) -> None:
        self._scheduler = scheduler
        self._keys = KeySet(scheduler.keys_url)

    def require(self, request: Request) -> None:
        """Raises Unauthenticated for anybody else, or SignInUnavailable if the token's key cannot
        be fetched."""
        token = web.bearer_token(request)
        try:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                raise errors.Unauthenticated("The scheduler's token is not valid.")
            claims = jwt.decode(
                token,
                key,
                # Google signs with no other, and a public key must not be taken for a secret.
                algorithms=["RS256"],
                audience=self._scheduler.audience,
                issuer=self._scheduler.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "email"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise errors.Unauthenticated("The scheduler's token is not valid.") from error

        # Anybody can have Google sign a token for this audience: it is the account that counts.
        if (
            claims["email"] != self._scheduler.service_account
            or claims.get("email_verified") is not True
        ):
            raise errors.Unauthenticated("The scheduler's token is not valid.")

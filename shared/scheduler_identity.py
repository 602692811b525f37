"""Whether a request comes from our scheduler. It proves that in one of two ways:

- an identity token that Google signed for the scheduler's service account. It is verified without
  asking Google: https://cloud.google.com/scheduler/docs/http-target-auth
- the secret SCHEDULER_SECRET in the header PROOF_HEADER, on hosts that remove the token's signature
  before the function sees it, and wherever there is no Cloud Scheduler.
"""

from __future__ import annotations

import hmac

import jwt
from flask import Request

from shared import errors, parsing, settings
from shared.jwks import KeySet

LEEWAY_SECONDS = 10
PROOF_HEADER = "X-Henk-Scheduler"
# https://cloud.google.com/run/docs/troubleshooting#signature-removed
_SIGNATURE_REMOVED = ".SIGNATURE_REMOVED_BY_GOOGLE"


class SchedulerAuthenticator:
    """Accepts the tokens of one service account that are made out to this one function, and the
    secret if there is one."""

    def __init__(self, scheduler: settings.Scheduler) -> None:
        self._scheduler = scheduler
        self._keys = KeySet(scheduler.keys_url)

    def authenticate(self, request: Request) -> None:
        """Returns if the scheduler sent the request.

        Raises Unauthenticated, or SignInUnavailable if the token's key cannot be fetched.
        """
        if not self._has_secret(request):
            self._require_token(request)

    def _has_secret(self, request: Request) -> bool:
        secret, given = self._scheduler.secret, request.headers.get(PROOF_HEADER, "")
        return bool(secret) and hmac.compare_digest(given.encode(), (secret or "").encode())

    def _require_token(self, request: Request) -> None:
        token = parsing.read_bearer_token(request)
        if not self._scheduler.audience:
            raise errors.Unauthenticated("The scheduler must send its secret.")
        if token.endswith(_SIGNATURE_REMOVED):
            raise errors.Unauthenticated("The host removed the signature of the scheduler's token.")
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

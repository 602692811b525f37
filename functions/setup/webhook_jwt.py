"""The JWTs with which endpoints sign in to the database: role `call_webhook`, `call_reconciler` for
reconcile_fn, which asks Twilio about lost callbacks, `call_recorder` for recording_fn, which signs
in to Storage with it too, and `call_reporter` for reports_fn, which folds calls.

A key of the Supabase project signs them: its shared secret (HS256), or a signing key that was made
with `supabase gen signing-key` and imported (ES256, RS256). No function ever gets such a key.
https://supabase.com/docs/guides/auth/signing-keys
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import jwt

from functions.setup import text_file

ROLE = "call_webhook"
RECONCILER_ROLE = "call_reconciler"
RECORDER_ROLE = "call_recorder"
REPORTER_ROLE = "call_reporter"
# The name of the setting that has a JWT → the role of that JWT.
ROLES = {
    "SUPABASE_WEBHOOK_JWT": ROLE,
    "SUPABASE_RECONCILER_JWT": RECONCILER_ROLE,
    "SUPABASE_RECORDER_JWT": RECORDER_ROLE,
    "SUPABASE_REPORTER_JWT": REPORTER_ROLE,
}
LIFETIME_DAYS = 90
# The `sub` of an endpoint's token, where Supabase wants one. No user has it.
NOBODY = "00000000-0000-0000-0000-000000000000"
DAY = 24 * 3600
# The members of a JWK that a public key does not have:
# https://www.rfc-editor.org/rfc/rfc7518#section-6
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "key_ops"})


class SigningKeyError(Exception):
    """The signing key cannot be used. The message says why and never shows the key."""


class WebhookJwtError(Exception):
    """The database would refuse this webhook JWT, or this project's key did not sign it."""


@dataclass(frozen=True)
class SigningKey:
    """A key that signs: the project's shared secret, or a private key with its id."""

    algorithm: str
    private: str | jwt.PyJWK = field(repr=False)
    public: str | jwt.PyJWK = field(repr=False)
    key_id: str | None = None

    @classmethod
    def from_secret(cls, jwt_secret: str) -> Self:
        """The shared secret of a project that signs access tokens with HS256."""
        return cls("HS256", jwt_secret, jwt_secret)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """A private key as `supabase gen signing-key` prints it: one JWK.

        Raises SigningKeyError.
        """
        try:
            jwk = json.loads(text_file.read(path))
        except FileNotFoundError:
            raise SigningKeyError(f"{path} cannot be read: there is no such file") from None
        except text_file.TextFileError as error:
            raise SigningKeyError(str(error)) from None
        except ValueError:
            raise SigningKeyError(f"{path} is not JSON") from None
        if not isinstance(jwk, dict) or "d" not in jwk or not jwk.get("kid"):
            raise SigningKeyError(f"{path} is not a private JWK with a kid")
        if jwk.get("alg") not in ("ES256", "RS256"):
            raise SigningKeyError(f"{path} is a key for {jwk.get('alg')}, not for ES256 or RS256")
        try:
            public = {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}
            return cls(jwk["alg"], jwt.PyJWK(jwk), jwt.PyJWK(public), jwk["kid"])
        except jwt.PyJWTError:
            raise SigningKeyError(f"{path} is not a usable key") from None


def mint(
    key: SigningKey,
    supabase_url: str,
    now: float | None = None,
    *,
    role: str = ROLE,
    subject: str = "",
) -> str:
    """A JWT that is valid for LIFETIME_DAYS from ``now``, in seconds since 1970. ``subject`` is its
    `sub`, if it has one."""
    issued_at = int(time.time() if now is None else now)
    claims = {
        "role": role,
        "iss": f"{supabase_url}/auth/v1",
        "aud": "authenticated",
        "iat": issued_at,
        "exp": issued_at + LIFETIME_DAYS * DAY,
    }
    if subject:
        claims["sub"] = subject
    headers = {"kid": key.key_id} if key.key_id else None
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=headers)


def days_left(
    token: str,
    key: SigningKey,
    supabase_url: str,
    now: float | None = None,
    *,
    role: str = ROLE,
    subject: str = "",
) -> int:
    """For how many more whole days this key's project accepts the token.

    Raises WebhookJwtError if it does not accept it at all.
    """
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[key.algorithm],
            audience="authenticated",
            issuer=f"{supabase_url}/auth/v1",
            options={"require": ["exp"], "verify_exp": False},
        )
    except jwt.InvalidSignatureError:
        raise WebhookJwtError("another key signed it") from None
    except jwt.PyJWTError as error:
        raise WebhookJwtError(str(error)) from None
    if claims.get("role") != role:
        raise WebhookJwtError(f"its role is {claims.get('role')}, not {role}")
    if subject and claims.get("sub") != subject:
        raise WebhookJwtError("its `sub` is missing")
    left = claims["exp"] - (time.time() if now is None else now)
    if left <= 0:
        raise WebhookJwtError(f"it expired {int(-left // DAY)} days ago")
    return int(left // DAY)

"""Access tokens, verified as Twilio verifies them.

Header and payload: twilio.com/docs/iam/access-tokens; codes: twilio.com/docs/api/errors.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import jwt

from simulator.protocol.account import Account, TwimlApp

MAX_LIFE_SECONDS = 24 * 60 * 60
ANONYMOUS = "Anonymous"
"""The identity of a caller whose token has none: captured requests have `client:Anonymous`."""


class TokenRefused(Exception):
    """A token that Twilio would refuse, with Twilio's code for the reason.

    ``signalling_code`` is the code that browsers are sent: fewer reasons have one of their own.
    """

    def __init__(self, code: int, message: str, signalling_code: int = 31204) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.signalling_code = signalling_code
        """31201 grants, 31202 signature, 31205 expired, 31207 lives too long, else 31204."""


@dataclass(frozen=True)
class Grant:
    """What a valid token allows its holder, who is ``client:<identity>``."""

    identity: str
    app: TwimlApp | None
    """Where calls of the holder go; None if the holder cannot place calls."""
    can_be_called: bool
    """Whether a registered browser of the holder rings. Nobody can call an anonymous one."""
    expires_at: int
    """Unix seconds."""

    def outgoing_app(self) -> TwimlApp:
        """The app of a call that the holder places. Raises TokenRefused."""
        if self.app is None:
            raise _refused_grants()
        return self.app


def verify(token: str, account: Account, now: float | None = None) -> Grant:
    """The grant in ``token``, at ``now`` in Unix seconds. Raises TokenRefused with the code

    20101 not a token, 20102 header, 20103 issuer or subject, 20104 expired or valid for more than
    24 hours, 20105 not yet valid, 20106 grants, 20107 signature. 20151, any other failed
    authentication, never happens here.
    """
    now = time.time() if now is None else now
    try:
        header = jwt.get_unverified_header(token)
        claims: Mapping[str, object] = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise TokenRefused(20101, "Invalid Access Token") from error

    if (header.get("typ"), header.get("alg"), header.get("cty")) != (
        "JWT",
        "HS256",
        "twilio-fpa;v=1",
    ):
        raise TokenRefused(20102, "Invalid Access Token header")

    issuer = claims.get("iss")
    key = account.api_keys.get(issuer) if isinstance(issuer, str) else None
    if key is None or claims.get("sub") != account.sid:
        raise TokenRefused(20103, "Invalid Access Token issuer/subject")

    try:
        jwt.decode(token, key.secret, algorithms=["HS256"], options=_SIGNATURE_ALONE)
    except jwt.PyJWTError as error:
        raise TokenRefused(20107, "Invalid Access Token signature", 31202) from error

    expires_at, not_before = claims.get("exp"), claims.get("nbf", int(now))
    if not isinstance(expires_at, int) or not isinstance(not_before, int):
        raise TokenRefused(20101, "Invalid Access Token")
    if expires_at <= now:
        raise TokenRefused(20104, "Access Token expired or expiration date invalid", 31205)
    if expires_at - not_before > MAX_LIFE_SECONDS:
        raise TokenRefused(20104, "Access Token expired or expiration date invalid", 31207)
    if not_before > now:
        raise TokenRefused(20105, "Access Token not yet valid")

    grants = _mapping(claims.get("grants"))
    voice = _mapping(grants.get("voice"))
    identity = grants.get("identity") or ""
    app_sid = _mapping(voice.get("outgoing")).get("application_sid")
    app = account.twiml_apps.get(app_sid) if isinstance(app_sid, str) else None
    allows_incoming = _mapping(voice.get("incoming")).get("allow") is True
    if not isinstance(identity, str) or (app is None and (app_sid or not allows_incoming)):
        raise _refused_grants()
    return Grant(
        identity=identity or ANONYMOUS,
        app=app,
        can_be_called=allows_incoming and bool(identity),
        expires_at=expires_at,
    )


def _refused_grants() -> TokenRefused:
    return TokenRefused(20106, "Invalid Access Token grants", 31201)


# `verify` checks the times, because each failure has its own code.
_SIGNATURE_ALONE: jwt.types.Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}

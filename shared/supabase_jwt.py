"""Who is asking: Supabase access tokens, verified here and not over the network.

Claims: https://supabase.com/docs/guides/auth/jwt-fields. A verified token says who the user is;
what they may do is decided by the database call that follows, which sees revocation and membership.
"""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, field

import jwt
from flask import Request

from shared import errors, settings, web
from shared.jwks import KeySet

LEEWAY_SECONDS = 10


@dataclass(frozen=True)
class User:
    """A signed-in user, and the token that lets the database see them as such."""

    id: uuid.UUID
    access_token: str = field(repr=False)


class Authenticator:
    """Verifies access tokens of one Supabase project: ES256 and RS256 by its published keys, HS256
    by its secret where there is one."""

    def __init__(self, supabase: settings.Supabase) -> None:
        self._issuer = f"{supabase.url}/auth/v1"
        self._secret = supabase.jwt_secret
        self._keys = KeySet(f"{self._issuer}/.well-known/jwks.json")

    def user(self, request: Request) -> User:
        """The user whose bearer token the request carries.

        Raises Unauthenticated, or SignInUnavailable if the token's key cannot be fetched.
        """
        return self.verify(web.bearer_token(request))

    def verify(self, token: str) -> User:
        """The user of this access token. Raises as ``user`` does."""
        try:
            algorithm, key_id = _header(token.partition(".")[0])
            key = self._key(algorithm, key_id)
            claims = jwt.decode(
                token,
                key,
                algorithms=[str(algorithm)],
                audience="authenticated",
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
            user_id = uuid.UUID(claims["sub"])
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            # RecursionError: a header or payload of nothing but brackets.
            raise errors.Unauthenticated from error

        # Anonymous sign-ins carry the role authenticated too.
        if claims.get("role") != "authenticated" or claims.get("is_anonymous", False) is not False:
            raise errors.Unauthenticated
        return User(user_id, token)

    def _key(self, algorithm: object, key_id: object) -> jwt.PyJWK | str:
        # The algorithm chooses the kind of key, so that a public key is never taken for a secret.
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm in ("ES256", "RS256") and isinstance(key_id, str):
            key = self._keys.find(key_id)
            if key is not None:
                return key
        raise errors.Unauthenticated


# All tokens that one key has signed begin alike.
@functools.lru_cache(maxsize=16)
def _header(encoded: str) -> tuple[object, object]:
    """`alg` and `kid` of a token's first part. Raises PyJWTError if it is no header."""
    header = jwt.get_unverified_header(f"{encoded}..")
    return header.get("alg"), header.get("kid")

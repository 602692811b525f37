"""Which user sent a request: Supabase access tokens, verified without asking Supabase.

A valid token says who the user is. What they may do is decided by the database call that follows:
the database knows who has signed out, and who belongs to which business.
Claims: https://supabase.com/docs/guides/auth/jwt-fields
"""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, field

import jwt
from flask import Request

from shared import errors, parsing, settings
from shared.jwks import KeySet

LEEWAY_SECONDS = 10


@dataclass(frozen=True)
class User:
    """A signed-in user, and the token by which the database knows them."""

    id: uuid.UUID
    access_token: str = field(repr=False)


class SupabaseAuthenticator:
    """Verifies the access tokens of one Supabase project: ES256 and RS256 by its published keys,
    HS256 by its secret if it has one."""

    def __init__(self, supabase: settings.Supabase) -> None:
        self._issuer = f"{supabase.url}/auth/v1"
        self._secret = supabase.jwt_secret
        self._keys = KeySet(f"{self._issuer}/.well-known/jwks.json")

    def authenticate(self, request: Request) -> User:
        """The user whose access token the request carries as its bearer token.

        Raises Unauthenticated, or SignInUnavailable if the token's key cannot be fetched.
        """
        return self.verify(parsing.read_bearer_token(request))

    def verify(self, token: str) -> User:
        """The user of this access token. Raises what ``authenticate`` raises."""
        try:
            algorithm, key_id = _read_header(token.partition(".")[0])
            key = self._find_key(algorithm, key_id)
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
            # RecursionError: a header or payload that consists of thousands of brackets.
            raise errors.Unauthenticated from error

        # Anonymous users have the role authenticated, too.
        if claims.get("role") != "authenticated" or claims.get("is_anonymous", False) is not False:
            raise errors.Unauthenticated
        return User(user_id, token)

    def _find_key(self, algorithm: object, key_id: object) -> jwt.PyJWK | str:
        # The algorithm decides which kind of key is used: a public key is never used as a secret.
        if algorithm == "HS256" and self._secret:
            return self._secret
        if algorithm in ("ES256", "RS256") and isinstance(key_id, str):
            key = self._keys.find(key_id)
            if key is not None:
                return key
        raise errors.Unauthenticated


# Cached, because all tokens that are signed with one key have the same header.
@functools.lru_cache(maxsize=16)
def _read_header(encoded: str) -> tuple[object, object]:
    """`alg` and `kid` in the first part of a token. Raises PyJWTError if it is not a header."""
    header = jwt.get_unverified_header(f"{encoded}..")
    return header.get("alg"), header.get("kid")

"""The public keys that an issuer, such as a Supabase project, signs tokens with.

PyJWT's client fetches and parses them. This module adds what PyJWT lacks: known keys stay valid
while the issuer is down or slow, and tokens with invented key ids do not cause requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import jwt

from shared import errors

# Supabase's edge caches the key set for 10 minutes, and asks clients not to keep it for longer.
# https://supabase.com/docs/guides/auth/signing-keys
LIFESPAN_SECONDS = 600.0
COOLDOWN_SECONDS = 30.0
TIMEOUT_SECONDS = 3.0


class KeySet:
    """The keys that are published at ``url``. They are fetched when they are first needed.

    There is at most one fetch per COOLDOWN_SECONDS, and one at a time. Importing an endpoint must
    not fetch keys or start threads: functions-framework forks after the import.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failing = False
        self._fetching = threading.Lock()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key with this id; None if the issuer has no such key.

        Raises SignInUnavailable if we do not know the key and the issuer does not answer.
        """
        key = self._keys.get(key_id)
        if key is not None and self._clock() - self._fetched_at < LIFESPAN_SECONDS:
            return key

        # A request that has a key does not wait for the fetch of another request.
        if self._fetching.acquire(blocking=key is None):
            try:
                if self._clock() - self._tried_at >= COOLDOWN_SECONDS:
                    self._fetch()
            finally:
                self._fetching.release()
            if not self._failing:
                key = self._keys.get(key_id)

        if key is None and self._failing:
            raise errors.SignInUnavailable("the issuer's JWKS endpoint does not answer")
        return key

    def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            answer = self._client.fetch_data()
            published = answer["keys"]
        except (jwt.PyJWTError, OSError, ValueError, LookupError, TypeError):
            # There is no answer, or the answer is not a key set.
            self._failing = True
            return
        self._failing, self._fetched_at = False, self._clock()
        try:
            keys = jwt.PyJWKSet(published).keys
        except jwt.PyJWTError:
            # Supabase publishes an empty set while it signs by HS256.
            keys = []
        self._keys = {key.key_id: key for key in keys if key.key_id}

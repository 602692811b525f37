"""The public keys that an issuer, such as a Supabase project, signs tokens with.

PyJWT's own client fetches and parses them. What it lacks is added here: known keys go on working
while the endpoint is down or slow, and tokens with made-up key ids cannot make us fetch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import jwt

from shared import errors

# Supabase's edge caches the key set for 10 minutes, and asks clients to keep it no longer.
# https://supabase.com/docs/guides/auth/signing-keys
LIFESPAN_SECONDS = 600.0
COOLDOWN_SECONDS = 30.0
TIMEOUT_SECONDS = 3.0


class KeySet:
    """The keys published at ``url``, fetched when first needed.

    At most one fetch per COOLDOWN_SECONDS, and only one at a time. Nothing is fetched or started on
    import: functions-framework forks after it has imported us.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=TIMEOUT_SECONDS)
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failing = False
        self._fetching = threading.Lock()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of this id, or None if the issuer has no such key.

        Raises SignInUnavailable if that cannot be found out: the key is not known and the endpoint
        does not answer.
        """
        key = self._keys.get(key_id)
        if key is not None and self._clock() - self._fetched_at < LIFESPAN_SECONDS:
            return key

        # With a key at hand nobody waits for the fetch that another request has under way.
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
            # No answer, or one that is no key set.
            self._failing = True
            return
        self._failing, self._fetched_at = False, self._clock()
        try:
            keys = jwt.PyJWKSet(published).keys
        except jwt.PyJWTError:
            # Supabase publishes an empty set while it signs by HS256.
            keys = []
        self._keys = {key.key_id: key for key in keys if key.key_id}

"""Warns in the log, once a day, that a token of ours will expire."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt

from shared import logs

# From so many days on. A deployment renews a token that has fewer than 60 days left.
WARNING_DAYS = 21
_DAY = 24 * 3600
# Without a role, `make webhook-jwt` makes the token of the webhook endpoints.
_BY_HAND = {
    f"SUPABASE_{name}_JWT": f"make webhook-jwt ROLE=call_{name.lower()}"
    for name in ("RECONCILER", "RECORDER", "REPORTER")
}


class Expiry:
    """When the token of a setting expires. Nothing here verifies the token."""

    def __init__(self, setting: str, token: str, clock: Callable[[], float] = time.time) -> None:
        self._setting = setting
        self._clock = clock
        self._expires_at = _read_expiry(token)
        # When to look next. A token that does not say when it expires is never looked at.
        self._due = 0.0 if self._expires_at is not None else float("inf")
        self.warn()

    def warn(self) -> None:
        """Writes a warning if the token expires within WARNING_DAYS and the last warning is a day
        old. Each request may call this: it compares two numbers."""
        now = self._clock()
        if now < self._due or self._expires_at is None:
            return
        left = int((self._expires_at - now) // _DAY)
        if left > WARNING_DAYS:
            self._due = self._expires_at - (WARNING_DAYS + 1) * _DAY
            return
        self._due = now + _DAY
        days = {0: "less than a day", 1: "1 day"}.get(left, f"{left} days")
        when = f"expires in {days}" if left >= 0 else "has expired"
        logs.write(
            "WARNING",
            f"{self._setting} {when}: run ./deploy.sh, which makes a new one. Without deploy.sh:"
            f" {_BY_HAND.get(self._setting, 'make webhook-jwt')}",
        )


def _read_expiry(token: str) -> float | None:
    """Seconds since 1970. None if the token does not say."""
    try:
        expires = jwt.decode(token, options={"verify_signature": False}).get("exp")
    except jwt.PyJWTError:
        return None
    return float(expires) if isinstance(expires, int | float) else None

"""Keeps secrets out of everything that an operator reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shared import logs

# A shorter secret is malformed, and to replace it would damage ordinary words.
_SHORTEST_SECRET = 6
_SECRET_BY_FORM = re.compile(f"{logs.JWT}|{logs.SUPABASE_SECRET_KEY}")


class Redaction:
    """Replaces known secrets, and everything that has the form of one, by `[secret]`."""

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str | None) -> None:
        """Hides this value from now on. None and values that are too short are ignored."""
        if secret and len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def hide(self, text: str) -> str:
        """The text without secrets."""
        # The longest first: one secret can be part of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return _SECRET_BY_FORM.sub("[secret]", text)

"""Structured logs: one JSON object a line on standard output, as Cloud Logging reads them.
https://cloud.google.com/logging/docs/structured-logging

Secrets and whole phone numbers never get here on purpose; what slips into a text is masked.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
# Supabase's and Twilio's secrets by their form: sb_secret_…, and 32 hex digits that are no SID.
_SECRET = re.compile(r"sb_secret_[\w-]+|(?<![\w-])[0-9a-f]{32}(?![\w-])")
# Secrets of this process that have no form to be known by.
_CONCEALED: set[str] = set()
_PHONE_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,}\d")
# What looks like a number and is none: ids and times are what a log is searched for.
_KEPT_WHOLE = frozenset(
    {"call_sid", "conversation_id", "request_id", "business_id", "user_id", "path", "milliseconds"}
)


def conceal(secret: str) -> str:
    """Keeps this value out of every later entry; returns it."""
    if len(secret) >= 8:
        _CONCEALED.add(secret)
    return secret


def mask_number(text: str) -> str:
    """A phone number with only its last two digits left: ``+14155552671`` → ``…71``."""
    digits = re.sub(r"\D", "", text)
    return f"…{digits[-2:]}" if len(digits) > 4 else "…"


def redact(text: str) -> str:
    """The text without tokens, secrets and phone numbers."""
    for secret in _CONCEALED:
        text = text.replace(secret, "[secret]")
    text = _JWT.sub("[token]", text)
    text = _SECRET.sub("[secret]", text)
    return _PHONE_NUMBER.sub(lambda match: mask_number(match[0]), text)


def write(severity: str, message: str, fields: Mapping[str, object] | None = None) -> None:
    """Writes one entry. ``severity`` is Cloud Logging's: INFO, WARNING, ERROR."""
    entry: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "severity": severity,
        "message": redact(message),
    }
    for name, value in (fields or {}).items():
        if value is not None:
            plain = not isinstance(value, str) or name in _KEPT_WHOLE
            entry[name] = value if plain else redact(str(value))
    sys.stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
    sys.stdout.flush()

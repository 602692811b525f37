"""Structured logs: each line on standard output is one JSON object, which Cloud Logging reads.
https://cloud.google.com/logging/docs/structured-logging

We do not log texts that come from a caller or from the database. If such a text gets into an entry
by mistake, secrets, e-mail addresses and phone numbers in it are masked.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

from shared import sids
from shared.call_statuses import FINAL_STATUSES

JWT = r"eyJ[\w-]+\.[\w-]+\.[\w-]*"
SUPABASE_SECRET_KEY = r"sb_secret_[\w-]+"
_JWT = re.compile(JWT)
# Twilio's secrets are 32 hex digits. A SID has two letters before them.
_SECRET = re.compile(rf"{SUPABASE_SECRET_KEY}|(?<![\w-])[0-9a-f]{{32}}(?![\w-])")
# Secrets of this process that cannot be recognised by their form.
_CONCEALED: set[str] = set()
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=&]+(?:@|%40)[^\s@<>\"'(),;:=&]+")
_PHONE_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,}\d")
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_OPEN_STATUSES = ("queued", "initiated", "ringing", "answered", "in-progress")
# Fields that people search logs for. A value of this form is logged as it is, even if it looks like
# a phone number. A value of another form is not logged.
_FORMS = {
    name: re.compile(form)
    for name, form in {
        "method": r"[A-Z]{1,10}",
        "path": r"/[a-z/]*",
        "request_id": r"[0-9a-f]{32}",
        "call_sid": sids.CALL_SID,
        "conversation_id": _UUID,
        "business_id": _UUID,
        "user_id": _UUID,
        "block_reason": r"[a-z_]{1,40}",
        "call_status": "|".join([*_OPEN_STATUSES, *FINAL_STATUSES, "redirected"]),
        "room_event": r"(conference|participant|announcement)-[a-z-]{1,30}",
        "action": r"[a-z_]{1,40}",
        "after": r"[a-z]{1,20}",
        "next": r"[a-z_]{1,40}",
        "recording_id": _UUID,
        "recording_status": r"[a-z-]{1,40}",
        "notice": r"[a-z]{1,20}",
    }.items()
}

_encode = json.JSONEncoder(ensure_ascii=False).encode

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this thread works on. It is in every entry that the thread writes."""


def conceal(secret: str) -> str:
    """Keeps this value out of every later entry, and returns it."""
    if len(secret) >= 8:
        _CONCEALED.add(secret)
        redact.cache_clear()
    return secret


def mask_number(text: str) -> str:
    """The last two digits of a phone number: ``+14155552671`` → ``…71``."""
    digits = re.sub(r"\D", "", text)
    return f"…{digits[-2:]}" if len(digits) > 4 else "…"


# Cached, because nearly all requests log one of a few messages.
@functools.lru_cache(maxsize=64)
def redact(text: str) -> str:
    """The text without tokens, secrets, e-mail addresses and phone numbers."""
    text = _JWT.sub("[token]", _mask_concealed(text))
    text = _SECRET.sub("[secret]", text)
    text = _EMAIL.sub("[e-mail]", text)
    return _PHONE_NUMBER.sub(lambda match: mask_number(match[0]), text)


def write(severity: str, message: str, fields: Mapping[str, object] | None = None) -> None:
    """Writes one entry. ``severity`` is Cloud Logging's: INFO, WARNING, ERROR."""
    entry: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "severity": severity,
        "message": redact(message),
    }
    for name, value in ({"request_id": request_id.get()} | dict(fields or {})).items():
        if value is not None:
            entry[name] = _make_loggable(name, value)
    sys.stdout.write(_encode(entry) + "\n")
    sys.stdout.flush()


def _make_loggable(name: str, value: object) -> object:
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    if name not in _FORMS:
        return redact(text)
    return _mask_concealed(text) if _FORMS[name].fullmatch(text) else "[malformed]"


def _mask_concealed(text: str) -> str:
    for secret in _CONCEALED:
        text = text.replace(secret, "[secret]")
    return text

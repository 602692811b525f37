"""Formats that several of Twilio's parameters share."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")

_CALL_SID = re.compile(r"CA[0-9a-f]{32}")


def is_call_sid(text: str) -> bool:
    """Whether ``text`` has the form of a CallSid."""
    return _CALL_SID.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Whether a participant of a conference can be labelled ``text``.

    Source: twilio.com/docs/api/errors/16023.
    """
    slash = "/" in text or "%2f" in text.lower()
    return 0 < len(text) <= 128 and not slash and not is_call_sid(text)


def is_phone_number(text: str) -> bool:
    """Whether ``text`` is a phone number in E.164 form, of 7 to 15 digits."""
    return _PHONE_NUMBER.fullmatch(text) is not None


def is_web_address(text: str) -> bool:
    """Whether ``text`` is an http or https URL with a host."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)

"""Formats that several of Twilio's parameters share."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PHONE_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


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

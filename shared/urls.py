"""Addresses in settings: which are allowed, and which characters must be written as %XX.

https://www.rfc-editor.org/rfc/rfc3986#section-2
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit


def is_address(text: str) -> bool:
    """Whether this is an https address of a host and a path. http is allowed for this machine."""
    try:
        parts = urlsplit(text)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        return bool(
            parts.hostname
            and (parts.scheme == "https" or (parts.scheme == "http" and local))
            # Reading the port raises ValueError if it is not a number.
            and parts.port != 0
            and re.fullmatch(r"[!-~]+", text)
            # These would start a query, a fragment, or credentials.
            and not set("?#@") & set(text)
        )
    except ValueError:
        return False


def explain_address(text: str) -> str:
    """Which characters keep a text from being an address, and what to write. Empty if it is not
    about characters. No other character is shown."""
    host = re.match(r"(?:\w+://)?([^/?#]*)", text)
    if host and "@" in host[1]:
        return "remove the user name and password in front of the @"
    if host and not host[1].isascii():
        return "write the host in the form that begins with xn--"
    odd = [character for character in text if character in "?#@" or not "!" <= character <= "~"]
    if not odd:
        return ""
    return f"write {escapes(odd)} if it belongs to the path, or remove it"


def escapes(characters: Iterable[str]) -> str:
    """What to write for each of these: ``# as %23 and a blank as %20``."""
    words = [
        f"{'a blank' if character == ' ' else character} as {quote(character, safe='')}"
        for character in dict.fromkeys(characters)
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

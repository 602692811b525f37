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


def explain_origin(text: str) -> str:
    """Why a text is not the https origin of a page, as browsers send it, as the end of a sentence.
    Empty if it is one: https://www.rfc-editor.org/rfc/rfc6454#section-6.2"""
    if not text:
        return "is empty: remove the comma"
    if "*" in text:
        return "has a *: write each host out"
    if not text.startswith("https://"):
        return "must start with https://"
    host = text.removeprefix("https://")
    if not host.isascii():
        return "must have its host in the form that begins with xn--"
    if host != host.lower():
        return "must be in small letters"
    if host.endswith(":443"):
        return "must not have :443, which browsers leave out"
    if not re.fullmatch(r"[^/?#@]*", host):
        return "must end after the host: no path, no slash, no user name"
    label = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
    port = r"(:(?!0)\d{1,5})?"
    address = r"\[[0-9a-f:.]+\]"
    if len(host) > 260 or not re.fullmatch(rf"({label}(\.{label})*|{address}){port}", host):
        return "has no host that a browser knows"
    return ""


def escapes(characters: Iterable[str]) -> str:
    """What to write for each of these: ``# as %23 and a blank as %20``."""
    words = [
        f"{'a blank' if character == ' ' else character} as {quote(character, safe='')}"
        for character in dict.fromkeys(characters)
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

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
    if host.endswith("."):
        return "must not end in a dot"
    label = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
    name = rf"(?P<name>{label}(\.{label})*|\[[0-9a-f:]+\])"
    found = re.fullmatch(rf"{name}(:(?!0)(?P<port>\d{{1,5}}))?", host)
    if not found or len(found["name"]) > 253 or not _is_written_by_browsers(found["name"]):
        return "has no host that a browser knows"
    if int(found["port"] or 0) > 65535:
        return "has a port above 65535"
    return ""


def _is_written_by_browsers(host: str) -> bool:
    """Whether browsers write the host like this if it is an IP address, or ends like one (127.1):
    https://url.spec.whatwg.org/#concept-host-serializer"""
    is_address = host.startswith("[") or re.fullmatch(r"\d+|0x[0-9a-f]*", host.rpartition(".")[2])
    if not is_address:
        return True
    # Imported here, because most endpoints never need it.
    import ipaddress

    try:
        return str(ipaddress.ip_address(host.strip("[]"))) == host.strip("[]")
    except ValueError:
        return False


def escapes(characters: Iterable[str]) -> str:
    """What to write for each of these: ``# as %23 and a blank as %20``."""
    words = [
        f"{'a blank' if character == ' ' else character} as {quote(character, safe='')}"
        for character in dict.fromkeys(characters)
    ]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

"""SUPABASE_DB_URL: the address of Postgres with the password in it, as a person pastes it.

The message about a wrong one names the characters that are wrong and never shows the rest.
"""

from __future__ import annotations

import re

from shared import pasted, urls

FORM = "postgresql://USER:PASSWORD@HOST:5432/postgres, from the project's Connect page"

_FORM = re.compile(
    r"""(?P<scheme>postgres(?:ql)?://)
    # All up to the last @ that a host follows: a password may have an @ that should be %40.
    (?:(?P<credentials>.*)@)?
    (?P<host>\[[0-9A-Fa-f:.]+\]|[^@/?\#:\[\]\s]+)
    (?::(?P<port>[^/?\#@]*))?
    (?P<rest>[/?].*)?""",
    re.VERBOSE | re.DOTALL,
)
# https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1, and a % that begins no %XX.
_MUST_BE_ESCAPED = re.compile(r"%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9\-._~!$&'()*+,;=:]")
_EXAMPLE_PASSWORD = re.compile(
    r"PASSWORD | (?i: [\[<{] [\w -]*password [\]>}] | your[-_ ]?(db[-_ ]?)?password )", re.VERBOSE
)
_EXAMPLE_HOST = re.compile(r"HOST|.*<.*>.*|(?i:your-.*|.*your-project.*)")


def problem(url: str) -> str:
    """What is wrong with the address, as the end of a sentence about its setting. Empty if nothing
    is wrong."""
    if url.startswith(("psql ", "psql\t")):
        return "begins with the command psql: leave only the address"
    if (quoted := pasted.explain(url)) and "between quotes" in quoted:
        return quoted
    parts = _FORM.fullmatch(url)
    if parts is None:
        if re.match(r"postgres(ql)?://", url):
            return f"has no host behind the last @ ({FORM})"
        return f"is malformed ({FORM})"
    if parts["credentials"] is None:
        return f"has no password ({FORM})"
    return _credentials(parts["credentials"]) or _server(parts) or _invisible(url)


def _credentials(credentials: str) -> str:
    user, colon, password = credentials.partition(":")
    if not colon or not password:
        return f"has no password ({FORM})"
    if _EXAMPLE_PASSWORD.fullmatch(password):
        return f"is still the example's: put the database's password in the place of {password}"
    if re.search(r"your-project|YOUR-|\[.*\]|<.*>", user, re.IGNORECASE):
        return f"is still the example's: its user is not one of your project ({FORM})"
    if password[0] == "[" and password[-1] == "]":
        return (
            "has its password in brackets: Supabase's page shows [YOUR-PASSWORD], and the password"
            " replaces the brackets too. Brackets that belong to it are written %5B and %5D"
        )
    for what, text in (("password", password), ("user", user)):
        if invisible := _invisible(text, f" in its {what}"):
            return invisible
        if odd := _MUST_BE_ESCAPED.findall(text):
            return (
                f"has characters in its {what} that mean something else in an address: write"
                f" {urls.escapes(odd)}"
            )
    return ""


def _server(parts: re.Match[str]) -> str:
    if _EXAMPLE_HOST.fullmatch(parts["host"]):
        return f"is still the example's: its host is {parts['host']}"
    port = parts["port"]
    if port is not None and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        return "has a port that is not a number from 1 to 65535"
    if re.search(r"[\s#]", parts["rest"] or ""):
        odd = re.findall(r"[\s#]", parts["rest"])
        return f"has characters behind its host that must not be there: write {urls.escapes(odd)}"
    return ""


def _invisible(text: str, where: str = "") -> str:
    hidden = next((each for each in text if not each.isprintable()), None)
    if hidden is None:
        return ""
    return (
        f"has a character{where} that cannot be seen ({pasted.name(hidden)}): copy it again"
        " without it"
    )

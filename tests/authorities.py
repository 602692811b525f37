"""Whose certificates tests trust: those of one authority, whose key nobody has.

httpx and aiohttp read the certificates of all authorities that this machine trusts: aiohttp when it
is imported, and httpx for each request that is made without a client. That takes ten times as long
as the request. Tests and stacks ask this machine alone, where nothing of it is needed.
"""

from __future__ import annotations

import os
from pathlib import Path

_ONE = str(Path(__file__).with_name("authority.pem"))
_FILE, _USUAL = "SSL_CERT_FILE", "USUAL_SSL_CERT_FILE"


def trust_one() -> None:
    """From now on this process, and all that it starts, trust the one authority."""
    if os.environ.get(_FILE) != _ONE:
        os.environ[_USUAL] = os.environ.get(_FILE, "")
        os.environ[_FILE] = _ONE


def trusting_as_usual() -> dict[str, str]:
    """The environment of a program that asks other machines."""
    environ = dict(os.environ)
    usual = environ.pop(_USUAL, "")
    del environ[_FILE]
    return {**environ, _FILE: usual} if usual else environ

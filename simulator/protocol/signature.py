"""Twilio's request signature.

Source: twilio.com/docs/usage/webhooks/webhooks-security.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def sign(auth_token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """The ``X-Twilio-Signature`` of a request.

    It is the base64 of an HMAC-SHA1 over the URL and each POST field's name and value, sorted by
    name. Blank values count. The values of a repeated field are sorted, each one once. For GET pass
    no params: they are in the URL. ``url`` must have the form that ``signed_url`` returns.
    """
    values: defaultdict[str, set[str]] = defaultdict(set)
    for name, value in params:
        values[name].add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed_url(url: str) -> str:
    """The form of a webhook's URL that Twilio signs.

    It has no fragment and no credentials. An https URL loses its port, an http URL keeps it. Path
    and query are unchanged, byte for byte.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme.lower() == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))

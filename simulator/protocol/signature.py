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

    Base64 of HMAC-SHA1 over the URL followed by each POST field's name and value, sorted by
    name; blank values count, a repeated field's values are deduplicated and sorted. For GET pass
    no params: they are part of the URL. ``url`` is taken as it is, see ``signed_url``.
    """
    values: defaultdict[str, set[str]] = defaultdict(set)
    for name, value in params:
        values[name].add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed_url(url: str) -> str:
    """The form of a webhook's URL that Twilio signs.

    Without fragment and basic-auth credentials; https loses its port, http keeps it. The path
    and the query stay byte for byte.
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme.lower() == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))

"""The one Twilio account of the simulator and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

HttpMethod = Literal["GET", "POST"]

API_VERSION = "2010-04-01"
"""Of the REST API, and the ApiVersion of webhooks."""


@dataclass(frozen=True)
class ApiKey:
    """Signs access tokens. The account's auth token, not an API key, signs webhooks."""

    sid: str
    secret: str


@dataclass
class TwimlApp:
    """Where calls from browsers are sent. URLs may carry connection overrides after a ``#``."""

    sid: str
    voice_url: str
    status_callback: str
    """`voice_url` and `status_callback` may be empty: then no request is made."""
    voice_method: HttpMethod = "POST"
    status_callback_method: HttpMethod = "POST"
    friendly_name: str = ""


@dataclass
class Account:
    """An account: its credentials, its TwiML Apps, and its numbers."""

    sid: str
    auth_token: str
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    twiml_apps: dict[str, TwimlApp] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    """E.164: bought from Twilio or verified as outgoing caller IDs."""
    verified: set[str] = field(default_factory=set)
    """Those of ``numbers`` that were verified."""
    status: Literal["active", "suspended", "closed"] = "active"
    type: Literal["Full", "Trial"] = "Full"
    balance: str = "100.00"
    """US dollars, as Twilio writes them."""
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))

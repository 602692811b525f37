"""What the page is told of its servers, and what browsers may do on it. Nothing in it is secret.

Content Security Policy: https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from shared.settings import Environment
from shared.webhook_addresses import build_address

HIDDEN_VIEWS = r"[a-z][a-z-]*(\s*,\s*[a-z][a-z-]*)*"
# The endpoints that a browser asks: `called_by` in bundle.toml.
ASKED_BY_BROWSERS = ("token", "twiml", "status", "control", "numbers", "recording", "reports")
# For signalling at any edge, sounds, and metrics about the quality of calls.
_TWILIO_HOSTS = (
    "wss://*.twilio.com",
    "https://sdk.twilio.com",
    "https://eventgw.twilio.com",
    "https://eventgw.us1.twilio.com",
)
# Two years. Not for subdomains: they are not ours to decide about.
_HSTS = "max-age=63072000"


@dataclass(frozen=True)
class PageSettings:
    """The servers that the page uses, and what it does not show."""

    supabase_url: str
    supabase_publishable_key: str
    # Before `/token` and the others. `{name}` stands for the endpoint's name.
    functions_url: str
    # Names of views, as in their addresses: `contacts` for `#/contacts`.
    hidden_views: tuple[str, ...] = ()
    realtime: bool = True
    # For the local stack: host and port of the simulated phone network, which takes Twilio's place,
    # and what is filled into the sign-in form.
    simulator_signalling: str | None = None
    demo_email: str | None = None

    @classmethod
    def read(cls, env: Environment) -> Self:
        """The settings of a page that calls over Twilio. Notes in ``env`` what is missing or
        malformed."""
        return cls(
            env.url("SUPABASE_URL", "the project's API address"),
            env.required("SUPABASE_PUBLISHABLE_KEY", hint="sb_publishable_…"),
            env.url("PUBLIC_BASE_URL", "such as https://app.callhenk.com/api/twilio"),
            read_hidden_views(env),
        )

    def config(self) -> dict[str, object]:
        """The content of `config.json`."""
        return {
            "supabaseUrl": self.supabase_url,
            "supabasePublishableKey": self.supabase_publishable_key,
            "functionsUrl": self.functions_url,
            "realtime": self.realtime,
            "hiddenViews": list(self.hidden_views),
            "simulatorSignalling": self.simulator_signalling,
            "demoEmail": self.demo_email,
        }

    def content_security_policy(self, scripts: Iterable[str], *, in_html: bool = False) -> str:
        """Allows the page's own files, the ``scripts`` in its HTML by their hashes, and the servers
        above; nothing else. ``in_html`` leaves out what a policy in HTML itself cannot say."""
        supabase = _origin(self.supabase_url)
        if self.simulator_signalling:
            telephony: tuple[str, ...] = (f"ws://{self.simulator_signalling}",)
        else:
            telephony = _TWILIO_HOSTS
        functions = (_origin(build_address(self.functions_url, name)) for name in ASKED_BY_BROWSERS)
        hosts = (supabase, supabase.replace("http", "ws", 1), *functions, *telephony)
        rules = [
            "default-src 'none'",
            " ".join(("script-src 'self'", *scripts)),
            "style-src 'self'",
            # Swagger UI has its arrows and locks as `data:` addresses.
            "img-src 'self' data:",
            # Recordings are played from Supabase Storage.
            f"media-src 'self' blob: {supabase}",
            f"connect-src 'self' {' '.join(dict.fromkeys(hosts))}",
            "base-uri 'none'",
            "form-action 'self'",
        ]
        return "; ".join(rules if in_html else [*rules, "frame-ancestors 'none'"])

    def headers(self, scripts: Iterable[str]) -> dict[str, str]:
        """What every answer of the page's server says."""
        headers = {
            "Content-Security-Policy": self.content_security_policy(scripts),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "X-Robots-Tag": "noindex",
        }
        if self.simulator_signalling is None:
            headers["Strict-Transport-Security"] = _HSTS
        return headers


def read_hidden_views(env: Environment) -> tuple[str, ...]:
    """HENK_HIDDEN_VIEWS: names of views, separated by commas."""
    hint = "names of views, separated by commas, such as contacts, campaigns"
    given = env.optional("HENK_HIDDEN_VIEWS", HIDDEN_VIEWS, hint) or ""
    return tuple(dict.fromkeys(re.findall(r"[a-z-]+", given)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

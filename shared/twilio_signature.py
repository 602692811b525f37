"""Whether a webhook comes from Twilio, by its signature.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Request
from twilio.request_validator import RequestValidator

from shared import errors, parsing, settings
from shared.parsing import Form
from shared.webhook_addresses import build_address


class TwilioAuthenticator:
    """Verifies the webhooks of one endpoint, such as ``status``.

    The signature is over the address. We use the configured public address and not the one in the
    request: proxies change that, and callers can invent it. Both auth tokens are accepted, so that
    no call is lost when the next one becomes the primary one.
    """

    def __init__(self, twilio: settings.TwilioWebhooks, endpoint: str) -> None:
        self._account_sid = twilio.account_sid
        self._address = build_address(twilio.public_base_url, endpoint)
        self._validators = [RequestValidator(token) for token in twilio.auth_tokens]

    def authenticate(self, request: Request) -> Form:
        """The parameters of a webhook that Twilio signed, with the blank ones.

        Raises InvalidSignature, and what ``parsing.read_form`` raises.
        """
        form = parsing.read_form(request)
        query = request.query_string.decode("latin-1")
        url = self._address + (f"?{query}" if query else "")
        if not self.is_signed(url, form, request.headers.get("X-Twilio-Signature", "")):
            raise errors.InvalidSignature("X-Twilio-Signature does not match this request.")
        if form.get("AccountSid") != self._account_sid:
            raise errors.InvalidSignature("AccountSid is not the account of this deployment.")
        return form

    def is_signed(self, url: str, form: Form, signature: str) -> bool:
        """Whether one of the auth tokens gives this signature. The default port may be in the
        signed address or not: Twilio does both."""
        return any(
            hmac.compare_digest(
                validator.compute_signature(address, form).encode(), signature.encode()
            )
            for validator in self._validators
            for address in _list_signed_addresses(url)
        )


def _list_signed_addresses(url: str) -> tuple[str, ...]:
    """The address with and without the default port."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}[parts.scheme]
    if parts.port is None:
        return url, url.replace(parts.netloc, f"{parts.netloc}:{default}", 1)
    # Twilio removes every port from an https address, and keeps the port of an http address.
    if parts.scheme == "https" or parts.port == default:
        return url, url.replace(parts.netloc, parts.netloc.rpartition(":")[0], 1)
    return (url,)

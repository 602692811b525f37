"""Whether a webhook comes from Twilio: https://www.twilio.com/docs/usage/webhooks/webhooks-security"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlsplit

from flask import Request
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from shared import errors, settings, web

MAX_FIELDS = 200

Form = web.Form


class WebhookAuthenticator:
    """Checks X-Twilio-Signature over the configured public address, never over the address that the
    request claims: proxies change it, and callers could.

    Both auth tokens count, so that promoting the next one loses no call.
    """

    def __init__(self, twilio: settings.TwilioWebhooks) -> None:
        self._account_sid = twilio.account_sid
        self._address = twilio.address
        self._validators = [RequestValidator(token) for token in twilio.auth_tokens]

    def form(self, request: Request, name: str) -> Form:
        """The parameters of a webhook that Twilio signed, its blank ones included.

        ``name`` is the endpoint's, such as ``status``. Raises InvalidSignature, or InvalidRequest
        if the body is no form.
        """
        try:
            fields = parse_qsl(
                web.body(request).decode("latin-1"),
                keep_blank_values=True,
                errors="replace",
                max_num_fields=MAX_FIELDS,
            )
        except ValueError as error:
            raise errors.InvalidRequest(f"More than {MAX_FIELDS} parameters.") from error
        form: Form = MultiDict(fields)

        query = request.query_string.decode("latin-1")
        url = self._address(name) + (f"?{query}" if query else "")
        if not self.is_signed(url, form, request.headers.get("X-Twilio-Signature", "")):
            raise errors.InvalidSignature("X-Twilio-Signature does not fit this request.")
        if form.get("AccountSid") != self._account_sid:
            raise errors.InvalidSignature("AccountSid is not the account of this deployment.")
        return form

    def is_signed(self, url: str, form: Form, signature: str) -> bool:
        """Whether one of the auth tokens gives this signature, with or without the default port:
        Twilio is not consistent about it."""
        return any(
            hmac.compare_digest(
                validator.compute_signature(address, form).encode(), signature.encode()
            )
            for validator in self._validators
            for address in _with_and_without_default_port(url)
        )


def _with_and_without_default_port(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}[parts.scheme]
    if parts.port is None:
        return url, url.replace(parts.netloc, f"{parts.netloc}:{default}", 1)
    # Twilio drops any port of an https address, and keeps that of an http one.
    if parts.scheme == "https" or parts.port == default:
        return url, url.replace(parts.netloc, parts.netloc.rpartition(":")[0], 1)
    return (url,)

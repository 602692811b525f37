"""Twilio's REST API by Twilio's own library, over our own HTTP client.

Twilio's default HTTP client waits without a limit for the whole request, and its errors forget
``Retry-After``. The library lets us replace that client:
https://github.com/twilio/twilio-python/blob/main/advanced-examples/custom-http-client.md
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

from twilio.http import HttpClient as TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from shared import errors, settings, time_limit
from shared.http_client import HttpClient, NoAnswer

# The limit for a request if the caller does not give one.
TOTAL_SECONDS = 3.0
# How long to pause if a 429 has no Retry-After. A given one is capped at MAX_PAUSE_SECONDS.
PAUSE_SECONDS = 60
MAX_PAUSE_SECONDS = 3600

_LOGGER = logging.getLogger(__name__)


def build_client(twilio: settings.TwilioRest, *, spare_seconds: float = 0.0) -> Client:
    """A client for one account, authenticated by API key. All threads of a function share it.
    Within a ``time_limit``, its requests leave ``spare_seconds`` of the time.

    Its methods raise TwilioBusy if Twilio asks us to wait, TwilioUnavailable if it does not answer
    in time or answers what only an outage explains, and PhoneSystemError if it refuses the API key.
    All other refusals, such as 404, are Twilio's own TwilioRestException.
    """
    return Client(
        twilio.api_key_sid,
        twilio.api_key_secret,
        twilio.account_sid,
        http_client=CurlHttpClient(twilio.api_url, spare_seconds),
        # Otherwise the library reads these from os.environ, and they would change the address.
        environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},
    )


class CurlHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """What Twilio's library sends its requests with. What changes something is not sent twice."""

    def __init__(self, api_url: str, spare_seconds: float = 0.0) -> None:
        super().__init__(_LOGGER, is_async=False, timeout=TOTAL_SECONDS)
        self._api_url = api_url
        self._spare_seconds = spare_seconds
        self._http = HttpClient()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Sends a request, within ``timeout`` seconds. ``build_client`` names the errors.

        Redirects are never followed, whatever ``allow_redirects`` says: they would send the API key
        to another address.
        """
        url = uri.replace(settings.TWILIO_API, self._api_url, 1)
        if params:
            url += f"?{urlencode(params, doseq=True)}"
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        if auth:
            credentials = b64encode(":".join(auth).encode()).decode()
            lines.append(f"Authorization: Basic {credentials}")
        try:
            answer = self._http.request(
                method,
                url,
                headers=lines,
                body=_encode(method, data, headers or {}),
                seconds=time_limit.left(timeout or TOTAL_SECONDS, self._spare_seconds),
                # Some dial.
                once=method != "GET",
            )
        except NoAnswer as error:
            raise errors.TwilioUnavailable(str(error)) from error

        if answer.status == 429:
            raise errors.TwilioBusy(choose_pause(answer.retry_after))
        if answer.status in (401, 403):
            raise errors.PhoneSystemError("Twilio refuses TWILIO_API_KEY_SID and its secret")
        if not 200 <= answer.status < 300 and not 400 <= answer.status < 500:
            raise errors.TwilioUnavailable(f"it answered HTTP {answer.status}")
        return Response(answer.status, answer.content.decode(errors="replace"))


def _encode(
    method: str, data: Mapping[str, object] | None, headers: Mapping[str, str]
) -> bytes | None:
    if not data and method not in ("POST", "PUT", "PATCH"):
        return None
    if headers.get("Content-Type") == "application/json":
        return json.dumps(data).encode()
    return urlencode(data or {}, doseq=True).encode()


def choose_pause(retry_after: int) -> int:
    """How many seconds to wait after a 429 with this ``Retry-After``, 0 if it had none."""
    return min(retry_after, MAX_PAUSE_SECONDS) if retry_after > 0 else PAUSE_SECONDS

"""What became of a call, by Twilio's REST API: https://www.twilio.com/docs/voice/api/call-resource

Not asked with Twilio's own library: it waits for ever by default, and its errors forget
`Retry-After`.
"""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

from shared import errors, settings
from shared.http_client import HttpClient, NoAnswer

# Two answers a call, and a run must end before the host ends it.
ANSWER_SECONDS = 3.0
# Twilio's word on how long to wait is taken within reason, and this where it has none.
PAUSE_SECONDS = 60
MAX_PAUSE_SECONDS = 3600

CallResource = dict[str, object]


class TwilioCalls:
    """The Calls of one account, read by API key. Shared by all threads of a function."""

    def __init__(self, twilio: settings.TwilioRest) -> None:
        self._calls = f"{twilio.api_url}/2010-04-01/Accounts/{twilio.account_sid}/Calls"
        credentials = f"{twilio.api_key_sid}:{twilio.api_key_secret}".encode()
        self._headers = [f"Authorization: Basic {b64encode(credentials).decode()}"]
        self._http = HttpClient()

    def legs(self, agent_call_sid: str) -> list[CallResource] | None:
        """The agent's leg, and after it those that it dialled; None if Twilio knows no such call.

        Raises TwilioBusy if it has had enough of us, TwilioUnavailable if it does not answer, and
        PhoneSystemError if it refuses our API key.
        """
        agent = self._get(f"{self._calls}/{agent_call_sid}.json")
        if agent is None:
            return None
        page = self._get(f"{self._calls}.json", ParentCallSid=agent_call_sid, PageSize="50") or {}
        children = page.get("calls")
        if not isinstance(children, list) or not all(isinstance(each, dict) for each in children):
            raise errors.TwilioUnavailable("an answer that is none of Twilio's")
        return [agent, *children]

    def _get(self, url: str, **query: str) -> CallResource | None:
        address = f"{url}?{urlencode(query)}" if query else url
        try:
            answer = self._http.request(address, self._headers, seconds=ANSWER_SECONDS)
        except NoAnswer as error:
            raise errors.TwilioUnavailable(str(error)) from error
        if answer.status == 404:
            return None
        if answer.status == 429:
            raise errors.TwilioBusy(_pause(answer.retry_after))
        if answer.status in (401, 403):
            raise errors.PhoneSystemError("Twilio refuses TWILIO_API_KEY_SID and its secret")
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not 200 <= answer.status < 300 or not isinstance(body, dict):
            raise errors.TwilioUnavailable(f"it answered HTTP {answer.status}")
        return body


def _pause(retry_after: int) -> int:
    return min(retry_after, MAX_PAUSE_SECONDS) if retry_after > 0 else PAUSE_SECONDS

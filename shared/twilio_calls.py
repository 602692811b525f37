"""What became of a call, by Twilio's REST API: https://www.twilio.com/docs/voice/api/call-resource

Asked with httpx: Twilio's own library waits for ever by default, and its errors forget
`Retry-After`.
"""

from __future__ import annotations

import threading

import httpx

from shared import errors, settings

# Two answers a call, and a run must end before the host ends it.
TIMEOUT = httpx.Timeout(3.0, connect=2.0)
# Twilio's word on how long to wait is taken within reason, and this where it has none.
PAUSE_SECONDS = 60
MAX_PAUSE_SECONDS = 3600

CallResource = dict[str, object]


class TwilioCalls:
    """The Calls of one account, read by API key. Shared by all threads of a function, each of which
    keeps one connection open."""

    def __init__(self, twilio: settings.TwilioRest) -> None:
        self._calls = f"{twilio.api_url}/2010-04-01/Accounts/{twilio.account_sid}/Calls"
        self._auth = (twilio.api_key_sid, twilio.api_key_secret)
        self._ssl_context = httpx.create_ssl_context()
        self._of_thread = threading.local()

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
        try:
            answer = self._client().get(url, params=query)
        except httpx.HTTPError as error:
            raise errors.TwilioUnavailable(f"{type(error).__name__} while asking it") from error
        if answer.status_code == 404:
            return None
        if answer.status_code == 429:
            raise errors.TwilioBusy(_seconds(answer.headers.get("Retry-After", "")))
        if answer.status_code in (401, 403):
            raise errors.PhoneSystemError("Twilio refuses TWILIO_API_KEY_SID and its secret")
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not answer.is_success or not isinstance(body, dict):
            raise errors.TwilioUnavailable(f"it answered HTTP {answer.status_code}")
        return body

    def _client(self) -> httpx.Client:
        """This thread's HTTP client, as in shared/database.py."""
        client: httpx.Client | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = httpx.Client(
                auth=self._auth, verify=self._ssl_context, timeout=TIMEOUT
            )
        return client


def _seconds(retry_after: str) -> int:
    if not retry_after.isascii() or not retry_after.isdigit():
        return PAUSE_SECONDS
    return min(max(int(retry_after), 1), MAX_PAUSE_SECONDS)

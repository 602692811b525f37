"""Twilio's REST API as an operator uses it, through Twilio's own library."""

from __future__ import annotations

import json
from collections.abc import Callable

from requests.exceptions import InvalidJSONError
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from functions.setup import proxies
from functions.setup.settings import TWILIO_API, TwilioAccount

TIMEOUT_SECONDS = 10.0


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # twilio has no types
    """Twilio's own client with three differences: it has a timeout, it can ask another address,
    and every refusal raises TwilioRestException. (For lists the library raises an exception without
    a status.)"""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        self._api_url = api_url
        self.session.trust_env = not proxies.is_this_machine(api_url)

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        proxies.proxy_of(self._api_url)
        send: Callable[..., Response] = super().request
        answer = send(method, url.replace(TWILIO_API, self._api_url, 1), *args, **kwargs)
        if answer.ok and not answer.text:
            return answer
        try:
            body = json.loads(answer.text)
        except ValueError:
            body = None
        if answer.ok and body is None:
            raise InvalidJSONError("the answer is not JSON")
        if not answer.ok:
            said = body if isinstance(body, dict) else {}
            raise TwilioRestException(
                answer.status_code, url, said.get("message", ""), said.get("code"), method
            )
        return answer


def client(username: str, password: str, account_sid: str, api_url: str = TWILIO_API) -> Client:
    """A client of one account. ``username`` is the account's SID or an API key's SID, ``password``
    the auth token or that key's secret.

    Its calls raise twilio.base.exceptions.TwilioRestException for a refusal, and
    requests.RequestException if there is no answer or if the answer is not Twilio's, and
    proxies.ProxyUnusable.
    """
    return Client(username, password, account_sid, http_client=_HttpClient(api_url))


def account_client(account: TwilioAccount) -> Client:
    """A client that is signed in as the account itself. Its calls raise what ``client`` names."""
    return client(account.account_sid, account.auth_token, account.account_sid, account.api_url)

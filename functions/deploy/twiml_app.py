"""The TwiML App: which addresses Twilio asks when a browser calls.
https://www.twilio.com/docs/usage/api/applications"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from requests import RequestException
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from functions import connection_overrides

T = TypeVar("T")

NAME = "Henk Voice"


class TwilioFailed(Exception):
    """Twilio refused a request, or did not answer; the message says which."""


@dataclass(frozen=True)
class Webhooks:
    """What an App asks, by POST."""

    voice_url: str
    status_callback: str
    is_post: bool = True


@dataclass(frozen=True)
class App:
    """A TwiML App as it is."""

    sid: str
    webhooks: Webhooks


def wanted(address: Callable[[str], str]) -> Webhooks:
    """What the App should ask, where ``address`` gives each endpoint's."""
    return Webhooks(
        address("twiml") + connection_overrides.VOICE,
        address("status") + connection_overrides.STATUS,
    )


def find(twilio: Client, sid: str | None) -> App | None:
    """The App with this SID, or the one named NAME; None if there is none of that name.

    Raises TwilioFailed, also for a SID that does not exist.
    """

    def fetch() -> App | None:
        if sid:
            return _app(twilio.applications(sid).fetch())
        found = twilio.applications.list(friendly_name=NAME, limit=2)
        if len(found) > 1:
            raise TwilioFailed(
                f"The account has several TwiML Apps named {NAME}: TWILIO_TWIML_APP_SID chooses one"
            )
        return _app(found[0]) if found else None

    return _asking(fetch)


def create(twilio: Client) -> App:
    """A new App named NAME, which asks nobody yet. Raises TwilioFailed."""
    return _asking(lambda: _app(twilio.applications.create(friendly_name=NAME)))


def point(twilio: Client, sid: str, webhooks: Webhooks) -> None:
    """Lets the App ask these addresses. Raises TwilioFailed."""
    _asking(
        lambda: twilio.applications(sid).update(
            voice_url=webhooks.voice_url,
            voice_method="POST",
            status_callback=webhooks.status_callback,
            status_callback_method="POST",
        )
    )


def _app(found: object) -> App:
    sid, voice_url, status_callback = (
        str(getattr(found, name) or "") for name in ("sid", "voice_url", "status_callback")
    )
    methods = {getattr(found, name) for name in ("voice_method", "status_callback_method")}
    return App(sid, Webhooks(voice_url, status_callback, methods == {"POST"}))


def _asking(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except TwilioRestException as error:
        raise TwilioFailed(f"Twilio refused ({error.status}, {error.code}): {error.msg}") from None
    except RequestException as error:
        raise TwilioFailed(f"Twilio does not answer: {type(error).__name__}") from None

"""The TwiML App: which addresses Twilio asks when a browser calls.
https://www.twilio.com/docs/usage/api/applications"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from requests import RequestException
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from functions.setup import twilio_refusals
from functions.setup.addresses import STATUS_OVERRIDES, VOICE_OVERRIDES, build_address
from functions.setup.proxies import ProxyUnusable

T = TypeVar("T")

NAME = "Henk Voice"


class TwilioFailed(Exception):
    """Twilio refused a request or did not answer. The message says which."""


@dataclass(frozen=True)
class Webhooks:
    """The addresses that an App asks, and whether it asks them by POST."""

    voice_url: str
    status_callback: str
    is_post: bool = True


@dataclass(frozen=True)
class App:
    """A TwiML App as it is at Twilio."""

    sid: str
    webhooks: Webhooks


def wanted(base_url: str) -> Webhooks:
    """The addresses that the App should ask. ``base_url`` as in addresses.build_address."""
    return Webhooks(
        build_address(base_url, "twiml") + VOICE_OVERRIDES,
        build_address(base_url, "status") + STATUS_OVERRIDES,
    )


def find(twilio: Client, sid: str | None) -> App | None:
    """The App with this SID. Without a SID, the App named NAME, or None if there is no such App.

    Raises TwilioFailed, also for a SID that does not exist.
    """

    def fetch() -> App | None:
        if sid:
            return read(twilio.applications(sid).fetch())
        found = twilio.applications.list(friendly_name=NAME, limit=2)
        if len(found) > 1:
            raise TwilioFailed(
                f"The account has several TwiML Apps named {NAME}: choose one with"
                " TWILIO_TWIML_APP_SID"
            )
        return read(found[0]) if found else None

    return asking(fetch)


def read(found: object) -> App:
    """The App, from an object of Twilio's library."""
    sid, voice_url, status_callback = (
        str(getattr(found, name) or "") for name in ("sid", "voice_url", "status_callback")
    )
    methods = {getattr(found, name) for name in ("voice_method", "status_callback_method")}
    return App(sid, Webhooks(voice_url, status_callback, methods == {"POST"}))


def asking(ask: Callable[[], T]) -> T:
    """The result of ``ask``. Raises TwilioFailed where Twilio's library raises."""
    try:
        return ask()
    except TwilioRestException as error:
        said = f"Twilio refused ({error.status}, {error.code}): {error.msg}"
        meaning = twilio_refusals.explain(error)
        if meaning:
            said += f"\n{meaning.detail}. {meaning.fix}."
        raise TwilioFailed(said) from None
    except ProxyUnusable as error:
        raise TwilioFailed(f"Twilio cannot be asked: {error}") from None
    except RequestException as error:
        raise TwilioFailed(f"Twilio does not answer: {type(error).__name__}") from None

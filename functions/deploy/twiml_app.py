"""Makes a TwiML App, and sets the addresses that it asks."""

from __future__ import annotations

from twilio.rest import Client

from functions.setup.twiml_app import NAME, App, Webhooks, asking, read


def create(twilio: Client) -> App:
    """A new App named NAME that asks no address yet. Raises TwilioFailed."""
    return asking(lambda: read(twilio.applications.create(friendly_name=NAME)))


def set_webhooks(twilio: Client, sid: str, webhooks: Webhooks) -> None:
    """Lets the App ask these addresses. Raises TwilioFailed."""
    asking(
        lambda: twilio.applications(sid).update(
            voice_url=webhooks.voice_url,
            voice_method="POST",
            status_callback=webhooks.status_callback,
            status_callback_method="POST",
        )
    )

"""Tells Twilio where to ask, by the TwiML App."""

from __future__ import annotations

from collections.abc import Sequence

from functions.deploy import twiml_app
from functions.deploy.deployment import Deployment
from functions.deploy.plan import Target
from functions.setup.addresses import build_address, service_name, short_name
from functions.setup.twiml_app import App, Webhooks


def tell_twilio(
    deployment: Deployment,
    app: App,
    webhooks: Webhooks,
    wanted: Sequence[Target],
    base_url: str,
) -> None:
    """Sets the App's addresses, after a smoke test of each, and of what else is deployed now and
    Twilio will ask: our TwiML names it."""
    steps = deployment.steps
    versions = {target.endpoint.folder: target.version for target in wanted}
    named = (webhooks.voice_url, webhooks.status_callback)
    for endpoint in deployment.bundle:
        url = build_address(base_url, short_name(endpoint))
        is_named = endpoint.folder in versions or any(each.startswith(url) for each in named)
        if "twilio" in endpoint.called_by and is_named and not steps.dry_run:
            with steps.step(
                f"{url} leads here",
                "The new version serves, but Twilio was not told of it. Deploy the service"
                f" {service_name(endpoint)}, let that address lead to it, and run ./deploy.sh"
                " again.",
            ):
                deployment.try_until_known(endpoint, url, versions.get(endpoint.folder))
    steps.show(
        f"Twilio: POST Applications/{app.sid}.json VoiceUrl={webhooks.voice_url}"
        f" StatusCallback={webhooks.status_callback}"
    )
    if not steps.dry_run:
        with steps.step(
            f"TwiML App {app.sid} asks this deployment",
            "The new version serves, but Twilio was not told of it. Run ./deploy.sh again.",
        ):
            twiml_app.set_webhooks(deployment.twilio, app.sid, webhooks)

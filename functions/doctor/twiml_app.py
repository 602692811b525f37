"""Whether Twilio asks this deployment when a browser calls."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urldefrag

from twilio.base.exceptions import TwilioRestException

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.twilio_account import client
from functions.setup import twiml_app
from functions.setup.addresses import STATUS_OVERRIDES
from functions.setup.twiml_app import NAME, App, TwilioFailed, Webhooks

_FIX = "./deploy.sh corrects it; by hand: Twilio's console, Voice → TwiML Apps"
_WHICH = "Put the right App's SID into TWILIO_TWIML_APP_SID, or remove that setting"


def look(inputs: Inputs) -> Iterator[Finding]:
    """One finding, which names each address that is wrong."""
    base_url = inputs.base_url()
    if base_url is None:
        yield skipped("", "Not examined: it is not known where the functions are, see google_cloud")
        return
    sid = inputs.operator.twilio.twiml_app_sid
    app = _find(inputs)
    if isinstance(app, TwilioFailed):
        # Its message is for deploy.sh. Its context is what Twilio's library raised.
        refusal = app.__context__
        if isinstance(refusal, TwilioRestException) and refusal.status == 404:
            yield failed(sid or NAME, f"The account has no TwiML App {sid}", _WHICH)
        elif refusal is not None:
            raise refusal
        else:
            yield failed(NAME, str(app), _WHICH)
        return
    if app is None:
        yield failed(NAME, f"The account has no TwiML App named “{NAME}”", _FIX)
        return
    wrong = list(_wrong(app.webhooks, twiml_app.wanted(base_url)))
    if wrong:
        yield failed(
            app.sid,
            f"TwiML App {app.sid}: {'; '.join(wrong)}",
            _FIX,
            because=("functions",),
        )
    else:
        yield passed(app.sid, f"TwiML App {app.sid} asks this deployment")


def _find(inputs: Inputs) -> App | TwilioFailed | None:
    try:
        return twiml_app.find(client(inputs), inputs.operator.twilio.twiml_app_sid)
    except TwilioFailed as error:
        return error


def _wrong(found: Webhooks, wanted: Webhooks) -> Iterator[str]:
    for label, is_there, should_be in (
        ("Voice URL", found.voice_url, wanted.voice_url),
        ("status callback", found.status_callback, wanted.status_callback),
    ):
        address = urldefrag(should_be).url
        if urldefrag(is_there).url != address:
            yield f"its {label} is {is_there or 'empty'}, not {address}"
    if not found.is_post:
        yield "it asks by GET, not by POST"
    if found.status_callback and not _is_tried_again(found.status_callback):
        yield (
            f"its status callback does not end in {STATUS_OVERRIDES}, so a callback is lost if the"
            " endpoint fails once"
        )


def _is_tried_again(url: str) -> bool:
    """Whether Twilio sends a callback again after every kind of error:
    https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""
    overrides = parse_qs(urldefrag(url).fragment)
    policy = set(",".join(overrides.get("rp", [])).split(","))
    times = overrides.get("rc", ["0"])[-1]
    return (
        times.isdecimal() and int(times) > 0 and ("all" in policy or {"ct", "rt", "5xx"} <= policy)
    )

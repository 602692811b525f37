"""What requests that call somebody have in common: whom to call, and where to report it.

Source: twilio.com/docs/voice/api/call-resource. What happens to the numbers of Twilio's test
credentials: twilio.com/docs/iam/test-credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from simulator.calls.legs import Callback
from simulator.calls.network import PhoneNetwork
from simulator.protocol.formats import is_phone_number, is_web_address
from simulator.protocol.verbs import PROGRESS_EVENTS, Client, Noun, Number
from simulator.rest.frame import ApiError, Form

_REFUSED: Mapping[str, tuple[int, str]] = {
    "+15005550001": (21211, "The 'To' number {} is not a valid phone number."),
    "+15005550002": (21214, "The 'To' phone number {} cannot be reached."),
    "+15005550003": (21215, "Account not authorized to call {}."),
    "+15005550004": (21216, "The number {} is blocked."),
}


def noun_of(network: PhoneNetwork, form: Form) -> Noun:
    """Whom `To` names. Raises ApiError, also for a `From` that cannot call them."""
    to, from_ = form.get("To", "").strip(), form.get("From", "").strip()
    if not to:
        raise ApiError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise ApiError(400, 21213, "No 'From' number is specified")
    if to.startswith("client:"):
        identity, _, query = to.removeprefix("client:").partition("?")
        if not identity:
            raise ApiError(400, 21201, "No 'To' number is specified")
        return Client(identity, tuple(parse_qsl(query, keep_blank_values=True)))
    if not is_phone_number(to):
        raise ApiError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if from_ not in network.account.numbers:
        raise ApiError(400, 21210, f"The source phone number {from_} is not yet verified.")
    if to in _REFUSED:
        code, message = _REFUSED[to]
        raise ApiError(400, code, message.format(to))
    return Number(to)


def callback_of(form: Form) -> Callback | None:
    """Where the progress of the leg is reported. Raises ApiError."""
    url = web_address(form, "StatusCallback")
    if url is None:
        return None
    listed = form.words("StatusCallbackEvent") or ("completed",)
    events = frozenset(each for each in PROGRESS_EVENTS if each in listed)
    return Callback(url, form.method("StatusCallbackMethod"), events)


def web_address(form: Form, name: str) -> str | None:
    """The URL in a field, None if the field is absent or blank. Raises ApiError."""
    url = form.get(name)
    if url and not is_web_address(url):
        raise ApiError(400, 21609 if name.endswith("Callback") else 21205, f"Invalid {name}: {url}")
    return url or None

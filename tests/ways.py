"""Each kind of request that makes an endpoint ask the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.test import TestResponse

from tests.endpoints import ACCOUNT_SID, CALL_SID, IDENTITY, REST, loaded, rpc


@dataclass(frozen=True)
class Way:
    """A request, and the path at which it asks the database."""

    ask: Callable[[], TestResponse]
    path: str


CALL = {
    "AccountSid": ACCOUNT_SID,
    "CallSid": CALL_SID,
    "CallStatus": "ringing",
    "DialCallStatus": "completed",
    "From": f"client:{IDENTITY}",
    "To": "+14155552671",
}
BROWSER = {
    "token": Way(lambda: loaded("token_fn").browser({}), rpc("grant_access_token")),
    "preview": Way(lambda: loaded("twiml_fn").browser({"To": "+14155552671"}), rpc("preview_call")),
    "conversation": Way(
        lambda: loaded("status_fn").browser(
            method="GET", query="?conversationId=0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
        ),
        f"{REST}/conversations",
    ),
}
TWILIO = {
    "begin call": Way(lambda: loaded("twiml_fn").twilio(CALL), rpc("begin_call")),
    "after dial": Way(
        lambda: loaded("twiml_fn").twilio(CALL, query="?after=dial"), rpc("continue_call")
    ),
    "event": Way(lambda: loaded("status_fn").twilio(CALL), rpc("record_call_event")),
}
WAYS = BROWSER | TWILIO

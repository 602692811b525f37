"""The parameters that Twilio sends with each kind of request about a call.

Sources: twilio.com/docs/voice/twiml, …/twiml/dial, …/twiml/number and …/twiml/conference, and
captured requests of calls from browsers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import format_datetime

from simulator.calls.legs import CallStatus, Leg
from simulator.protocol.account import API_VERSION, Account

_SIP_CODES: Mapping[CallStatus, int] = {
    "completed": 200,
    "busy": 486,
    "no-answer": 487,
    "canceled": 487,
}


def leg_params(leg: Leg, account: Account) -> dict[str, str]:
    """The parameters of every request about ``leg``. `Called` of a browser's own call is blank."""
    to = leg.to if leg.direction == "inbound" else leg.to or ""
    return _without_none(
        {
            "AccountSid": account.sid,
            "ApiVersion": API_VERSION,
            "ApplicationSid": leg.app.sid if leg.app else None,
            "CallSid": leg.sid,
            "CallStatus": leg.status,
            "Called": "" if leg.direction == "inbound" else to,
            "Caller": leg.from_,
            "Direction": leg.direction,
            "From": leg.from_,
            "ParentCallSid": leg.parent_sid,
            "To": to,
        }
    )


def progress_params(leg: Leg, account: Account, *, ended: bool) -> dict[str, str]:
    """The parameters of a status callback about ``leg``.

    ``ended``: it is the callback of the leg's end, which has the duration and, unless a browser
    placed the leg, the SIP response.
    """
    sequence_number = leg.next_sequence_number
    leg.next_sequence_number += 1
    happened = leg.clock.elapsed if leg.ended is None else leg.ended
    params = leg_params(leg, account) | {
        "Timestamp": format_datetime(leg.log.timeline.at(happened)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence_number),
    }
    if ended:
        params |= {
            "CallDuration": str(leg.duration),
            # In minutes, rounded up.
            "Duration": str(math.ceil(leg.duration / 60)),
        }
        code = leg.sip_code or _SIP_CODES.get(leg.status)
        if code is not None and leg.direction != "inbound":
            params["SipResponseCode"] = str(code)
    return params


def dial_params(
    status: CallStatus, child: Leg | None, *, bridged: bool, redirected: bool
) -> dict[str, str]:
    """The additional parameters of the request to Dial's `action`.

    ``child`` is the leg that Dial created. ``bridged``: it was connected. ``redirected``: the Dial
    ended because the REST API gave the child other TwiML; then there is no duration
    (twilio.com/docs/voice/twiml/dial).
    """
    answered = child is not None and child.answered is not None
    timed = child is not None and answered and not redirected
    return _without_none(
        {
            "DialCallStatus": status,
            "DialCallSid": child.sid if child else None,
            "DialCallDuration": str(child.duration) if child and timed else None,
            "DialBridged": "true" if bridged else "false",
        }
    )


def _without_none(values: Mapping[str, str | None]) -> dict[str, str]:
    """``values`` without those that are None: a parameter that is absent is not blank."""
    return {name: value for name, value in values.items() if value is not None}

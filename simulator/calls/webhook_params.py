"""The parameters that Twilio sends with each kind of request about a call.

Sources: twilio.com/docs/voice/twiml, …/twiml/dial and …/twiml/number, and captured requests of
calls from browsers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from email.utils import format_datetime

from simulator.calls.call import Call
from simulator.calls.clock import Timeline
from simulator.calls.legs import CallStatus, Leg
from simulator.protocol.account import API_VERSION, Account

_SIP_CODES: Mapping[CallStatus, int] = {
    "completed": 200,
    "busy": 486,
    "no-answer": 487,
    "canceled": 487,
}


def agent_params(call: Call, account: Account) -> dict[str, str]:
    """The parameters of every request about the agent's leg. `Called` is sent blank."""
    agent = call.agent
    return _without_none(
        {
            "AccountSid": account.sid,
            "ApiVersion": API_VERSION,
            "ApplicationSid": call.app.sid,
            "CallSid": agent.sid,
            "CallStatus": agent.status,
            "Called": "",
            "Caller": agent.from_,
            "Direction": agent.direction,
            "From": agent.from_,
            "To": agent.to,
        }
    )


def agent_end_params(call: Call, account: Account) -> dict[str, str]:
    """The parameters of the callback about the end of the agent's leg."""
    return (
        agent_params(call, account)
        | _progress_params(call.agent, call.timeline)
        | _duration_params(call.agent)
    )


def dial_params(status: CallStatus, lead: Leg | None) -> dict[str, str]:
    """The additional parameters of the request to Dial's `action`. ``lead`` is the leg that Dial
    created."""
    answered = lead is not None and lead.answered is not None
    return _without_none(
        {
            "DialCallStatus": status,
            "DialCallSid": lead.sid if lead else None,
            "DialCallDuration": str(lead.duration) if lead and answered else None,
            "DialBridged": "true" if answered else "false",
        }
    )


def lead_params(
    call: Call, account: Account, lead: Leg, *, ended: bool, sip_code: int | None
) -> dict[str, str]:
    """The parameters of a callback about ``lead``.

    ``ended``: it is the callback of the leg's end, which has the duration and the SIP response:
    ``sip_code`` if given, else the usual one of the status.
    """
    params = {
        "AccountSid": account.sid,
        "ApiVersion": API_VERSION,
        "CallSid": lead.sid,
        "CallStatus": lead.status,
        "Called": lead.to or "",
        "Caller": lead.from_,
        "Direction": lead.direction,
        "From": lead.from_,
        "ParentCallSid": call.sid,
        "To": lead.to or "",
    } | _progress_params(lead, call.timeline)
    if ended:
        params |= _duration_params(lead)
        code = sip_code or _SIP_CODES.get(lead.status)
        if code is not None:
            params["SipResponseCode"] = str(code)
    return params


def _progress_params(leg: Leg, timeline: Timeline) -> dict[str, str]:
    sequence_number = leg.next_sequence_number
    leg.next_sequence_number += 1
    happened = timeline.elapsed if leg.ended is None else leg.ended
    return {
        "Timestamp": format_datetime(timeline.at(happened)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence_number),
    }


def _duration_params(leg: Leg) -> dict[str, str]:
    return {
        "CallDuration": str(leg.duration),
        # In minutes, rounded up.
        "Duration": str(math.ceil(leg.duration / 60)),
    }


def _without_none(values: Mapping[str, str | None]) -> dict[str, str]:
    """``values`` without those that are None: a parameter that is absent is not blank."""
    return {name: value for name, value in values.items() if value is not None}

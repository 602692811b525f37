"""The addresses that Twilio asks, and how it tries again if an endpoint does not answer.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from __future__ import annotations

from urllib.parse import urlencode

# rc: how often Twilio tries again. rp: after which errors (no connection, no answer in time, 5xx).
# A caller waits for the voice webhook, so Twilio tries that one less often.
VOICE_OVERRIDES = "#rc=2&rp=ct,rt,5xx"
STATUS_OVERRIDES = "#rc=3&rp=ct,rt,5xx"


def build_address(base_url: str, name: str) -> str:
    """The address where Twilio and browsers reach the endpoint ``name``, such as ``status``.

    ``base_url`` is the address without the endpoint's name. If each endpoint has a host of its own,
    ``{name}`` in it stands for that name.
    """
    return f"{base_url}/{name}".replace("{name}", name)


def build_status_callback(
    base_url: str, call_sid: str | None = None, leg_id: str | None = None
) -> str:
    """Where Twilio reports events of a leg or of a room, again if we did not store them.

    ``call_sid`` names the call, ``leg_id`` the leg that was asked for. Both are missing for the two
    legs of a plain call, which ParentCallSid ties together.
    """
    return (
        build_address(base_url, "status")
        + _build_query(call=call_sid, leg=leg_id)
        + (STATUS_OVERRIDES)
    )


def build_action(
    base_url: str,
    after: str,
    call_sid: str | None = None,
    leg_id: str | None = None,
    since: int | None = None,
) -> str:
    """What Twilio asks when a Dial has ended: ``after`` says which. ``since``: the newest action of
    the call when the Dial began, so that a repetition is known as one. The others as above.

    Without an answer Twilio ends the leg. At the end of a plain call that is right; a lead in a
    room or a transfer would be lost, so Twilio asks again.
    """
    address = build_address(base_url, "twiml") + _build_query(
        after=after, call=call_sid, leg=leg_id, since=None if since is None else str(since)
    )
    return address if after == "dial" else address + VOICE_OVERRIDES


def build_notice(base_url: str, step: str, call_sid: str) -> str:
    """What Twilio asks while the lead hears that the call is recorded, before they are connected.
    ``step``: ``play`` (what is said), ``key`` (the lead pressed one), ``end`` (it was played).

    Without an answer Twilio ends the leg, so Twilio asks again.
    """
    query = _build_query(notice=step, call=call_sid)
    return build_address(base_url, "recording") + query + VOICE_OVERRIDES


def build_recording_callback(base_url: str, call_sid: str, recording_id: str) -> str:
    """Where Twilio reports events of a recording: ``recording_id`` is its row."""
    query = _build_query(call=call_sid, recording=recording_id)
    return build_address(base_url, "recording") + query + STATUS_OVERRIDES


def _build_query(**parameters: str | None) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""

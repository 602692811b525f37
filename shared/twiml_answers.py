"""The TwiML that Twilio gets for a call: https://www.twilio.com/docs/voice/twiml

``base_url`` is PUBLIC_BASE_URL. ``call_sid`` is the CallSid of the agent's leg, which names the
call in every address.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from twilio.twiml.voice_response import Dial, VoiceResponse

from shared import block_reasons, rpc
from shared.webhook_addresses import build_action, build_notice, build_status_callback

LEG_EVENTS = "initiated ringing answered completed"
# Twilio adds up to 5 s.
RING_SECONDS = 20
# https://www.twilio.com/docs/voice/twiml/conference#attributes-status-callback-event
_ROOM_EVENTS = "start end join leave mute hold modify"
MAX_PARTICIPANTS = 10
# How long Twilio waits for a key after the notice.
NOTICE_SECONDS = 1
# About nine seconds of speech, at two and a half words a second: long enough to measure a line.
TEST_CALL_TEXT = (
    "This is a test call. It rings nobody and ends by itself. While you hear this, your browser"
    " measures the line in both directions."
)
# "large", Twilio's default, delays everybody by 300 ms and more.
JITTER_BUFFER = "small"


def build_dial(
    call: rpc.Decision,
    base_url: str,
    *,
    notice_for: str | None = None,
    detection_for: str | None = None,
) -> VoiceResponse:
    """Dials the lead with the business's caller ID. If the call is refused, says why, hangs up.

    ``notice_for``: the lead hears that the call is recorded before they are connected.
    ``detection_for``: Twilio tells whether a machine answers, when its greeting is over; it charges
    for that. Both are the CallSid of the agent's leg.
    """
    response = VoiceResponse()
    if call["block_reason"]:
        response.say(block_reasons.explain(call["block_reason"]))
        response.hangup()
        return response

    # answerOnBridge works only if Dial is the first verb. With it, Twilio answers the rep's leg,
    # and charges for it, when the lead answers.
    dial = Dial(
        answer_on_bridge=True,
        caller_id=call["from_number"],
        time_limit=call["time_limit_seconds"],
        action=build_action(base_url, "dial"),
        method="POST",
    )
    asked_first = (
        {"url": build_notice(base_url, "play", notice_for), "method": "POST"} if notice_for else {}
    )
    detected = (
        {
            "machine_detection": "DetectMessageEnd",
            "amd_status_callback": build_status_callback(base_url, detection_for),
            "amd_status_callback_method": "POST",
        }
        if detection_for
        else {}
    )
    dial.number(
        call["to_number"],
        **asked_first,
        **detected,
        status_callback=build_status_callback(base_url),
        status_callback_event=LEG_EVENTS,
        status_callback_method="POST",
    )
    response.append(dial)
    return response


@dataclass(frozen=True)
class Seat:
    """A place in a call's room. ``label`` is the id of the leg. The room ends when the host leaves.
    ``is_lead``: they hear Twilio's music while they wait; people of the business hear nothing."""

    room: str
    label: str | None
    is_host: bool
    is_lead: bool
    seconds_left: int | None
    # The newest action of the call: ``build_action``.
    since: int | None = None


def build_room(base_url: str, call_sid: str, seat: Seat) -> VoiceResponse:
    """Joins the call's room (a Conference). When this leg leaves it, Twilio asks what comes next.

    https://www.twilio.com/docs/voice/twiml/conference
    """
    dial = Dial(
        time_limit=seat.seconds_left,
        action=build_action(base_url, "room", call_sid, since=seat.since),
        method="POST",
    )
    dial.conference(
        seat.room,
        start_conference_on_enter=True,
        end_conference_on_exit=seat.is_host,
        beep="false",
        jitter_buffer_size=JITTER_BUFFER,
        max_participants=MAX_PARTICIPANTS,
        participant_label=seat.label,
        wait_url=None if seat.is_lead else "",
        # Only the first participant's callback counts, and either may be the first.
        status_callback=build_status_callback(base_url, call_sid),
        status_callback_event=_ROOM_EVENTS,
        status_callback_method="POST",
    )
    response = VoiceResponse()
    response.append(dial)
    return response


@dataclass(frozen=True)
class Callee:
    """Whom to ring for a lead: a person of the business by ``identity``, or else ``number``.

    ``reason`` is ``transfer`` or ``return``. ``by`` is the user who transfers. The page that rings
    gets both with the conversation's id, and reads everything else under row-level security.
    """

    leg_id: str
    identity: str | None
    number: str | None
    reason: str
    conversation_id: str | None
    by: str | None


def build_ring(
    base_url: str,
    call_sid: str,
    callee: Callee,
    *,
    from_number: str | None,
    seconds_left: int | None,
    pause_seconds: int | None = None,
) -> VoiceResponse:
    """Rings somebody for the lead, whose leg gets this. When nobody answers, Twilio asks what comes
    next. ``pause_seconds``: whoever was not there a moment ago gets time to come back."""
    dial = Dial(
        timeout=RING_SECONDS,
        caller_id=from_number,
        time_limit=seconds_left,
        action=build_action(base_url, callee.reason, call_sid, callee.leg_id),
        method="POST",
    )
    callback = build_status_callback(base_url, call_sid, callee.leg_id)
    if callee.identity is None:
        dial.number(
            callee.number,
            status_callback=callback,
            status_callback_event=LEG_EVENTS,
            status_callback_method="POST",
        )
    else:
        client = dial.client(
            status_callback=callback,
            status_callback_event=LEG_EVENTS,
            status_callback_method="POST",
        )
        client.identity(callee.identity)
        for name, value in list_parameters(callee).items():
            client.parameter(name=name, value=value)
    response = VoiceResponse()
    if pause_seconds:
        response.pause(length=pause_seconds)
    response.append(dial)
    return response


def list_parameters(callee: Callee) -> dict[str, str]:
    """What the page that rings is told, by the name that the Voice SDK has for it."""
    parameters = {
        "conversationId": callee.conversation_id,
        "reason": callee.reason,
        "by": callee.by,
    }
    return {name: value for name, value in parameters.items() if value}


def build_notice_to_lead(base_url: str, call_sid: str, text: str) -> VoiceResponse:
    """Says the text to the lead, who may press a key to refuse. A key interrupts it, and Twilio
    asks what it means. If none is pressed, Twilio asks what comes after the end.

    https://www.twilio.com/docs/voice/twiml/gather
    """
    response = VoiceResponse()
    gather = response.gather(
        input="dtmf",
        num_digits=1,
        # No key is a sign of the end: # is a digit like others.
        finish_on_key="",
        timeout=NOTICE_SECONDS,
        action=build_notice(base_url, "key", call_sid),
        method="POST",
    )
    gather.say(text)
    response.redirect(build_notice(base_url, "end", call_sid), method="POST")
    return response


def build_notice_again(base_url: str, call_sid: str) -> VoiceResponse:
    """The notice from its beginning."""
    response = VoiceResponse()
    response.redirect(build_notice(base_url, "play", call_sid), method="POST")
    return response


def build_connection() -> VoiceResponse:
    """Connects the lead, to whom a notice was played: nothing is left to do before.

    https://www.twilio.com/docs/voice/twiml/number#attributes-url
    """
    return VoiceResponse()


def build_apology() -> VoiceResponse:
    """Tells the lead that nobody can talk to them now, and ends their leg."""
    response = VoiceResponse()
    response.say("We are sorry. Nobody can take your call right now. We will call you back.")
    response.hangup()
    return response


def build_message(address: str) -> VoiceResponse:
    """Leaves a recorded message: the leg hears it to its end, and is hung up.

    https://www.twilio.com/docs/voice/twiml/play
    """
    response = VoiceResponse()
    response.play(address)
    response.hangup()
    return response


def build_hangup() -> VoiceResponse:
    """Ends the leg."""
    response = VoiceResponse()
    response.hangup()
    return response


def build_test_call() -> VoiceResponse:
    """Speaks to the caller for nine seconds, and ends their leg. Rings nobody.

    The Voice SDK measures the line meanwhile, and its preflight test completes with the leg's end:
    https://www.twilio.com/docs/voice/sdks/javascript/twiliopreflighttest
    """
    response = VoiceResponse()
    response.say(TEST_CALL_TEXT)
    response.hangup()
    return response


def answer_xml(response: VoiceResponse) -> Response:
    """The HTTP answer with this TwiML."""
    # text/xml, because Twilio may read plain text aloud.
    return Response(str(response), content_type="text/xml; charset=utf-8")

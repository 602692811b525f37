"""The TwiML that Twilio gets for a call: https://www.twilio.com/docs/voice/twiml"""

from __future__ import annotations

from flask import Response
from twilio.twiml.voice_response import Dial, VoiceResponse

from shared import block_reasons, rpc, settings
from shared.webhook_addresses import STATUS_OVERRIDES


def build_dial(call: rpc.Decision, twilio: settings.TwilioWebhooks) -> VoiceResponse:
    """Dials the lead with the business's caller ID. If the call is refused, says why, hangs up."""
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
        action=f"{twilio.build_address('twiml')}?after=dial",
        method="POST",
    )
    dial.number(
        call["to_number"],
        # Twilio sends a callback again if we did not store it.
        status_callback=twilio.build_address("status") + STATUS_OVERRIDES,
        status_callback_event="initiated ringing answered completed",
        status_callback_method="POST",
    )
    response.append(dial)
    return response


def build_hangup() -> VoiceResponse:
    """Ends the rep's leg."""
    response = VoiceResponse()
    response.hangup()
    return response


def build_echo() -> VoiceResponse:
    """Sends the caller their own voice back."""
    response = VoiceResponse()
    response.echo()
    return response


def answer_xml(response: VoiceResponse) -> Response:
    """The HTTP answer with this TwiML."""
    # text/xml, because Twilio may read plain text aloud.
    return Response(str(response), content_type="text/xml; charset=utf-8")

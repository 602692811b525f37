"""The attributes of TwiML's elements. Source: twilio.com/docs/voice/twiml."""

from __future__ import annotations

ATTRIBUTES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Dial": (
        frozenset({"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge"}),
        frozenset(
            {
                "hangupOnStar",
                "record",
                "recordingStatusCallback",
                "recordingStatusCallbackMethod",
                "recordingStatusCallbackEvent",
                "recordingTrack",
                "referMethod",
                "referUrl",
                "ringTone",
                "sequential",
                "trim",
                "events",
            }
        ),
    ),
    "Number": (
        frozenset(
            {
                "amdStatusCallback",
                "amdStatusCallbackMethod",
                "machineDetection",
                "machineDetectionTimeout",
                "method",
                "statusCallback",
                "statusCallbackEvent",
                "statusCallbackMethod",
                "url",
            }
        ),
        frozenset(
            {
                "byoc",
                "machineDetectionSilenceTimeout",
                "machineDetectionSpeechEndThreshold",
                "machineDetectionSpeechThreshold",
                "sendDigits",
            }
        ),
    ),
    "Client": (
        frozenset(
            {"method", "statusCallback", "statusCallbackMethod", "statusCallbackEvent", "url"}
        ),
        frozenset(),
    ),
    "Identity": (frozenset(), frozenset()),
    "Parameter": (frozenset({"name", "value"}), frozenset()),
    "Conference": (
        frozenset(
            {
                "beep",
                "coach",
                "endConferenceOnExit",
                "maxParticipants",
                "muted",
                "participantLabel",
                "startConferenceOnEnter",
                "statusCallback",
                "statusCallbackEvent",
                "statusCallbackMethod",
                "waitUrl",
                "jitterBufferSize",
                "region",
            }
        ),
        frozenset(
            {
                "eventCallbackUrl",
                "record",
                "recordingStatusCallback",
                "recordingStatusCallbackEvent",
                "recordingStatusCallbackMethod",
                "trim",
                "waitMethod",
            }
        ),
    ),
    "Gather": (
        frozenset(
            {
                "action",
                "actionOnEmptyResult",
                "finishOnKey",
                "input",
                "method",
                "numDigits",
                "timeout",
            }
        ),
        frozenset(
            {
                "barge",
                "bargeIn",
                "debug",
                "enhanced",
                "hints",
                "language",
                "maxSpeechTime",
                "partialResultCallback",
                "partialResultCallbackMethod",
                "profanityFilter",
                "speechModel",
                "speechTimeout",
            }
        ),
    ),
    "Play": (frozenset({"loop"}), frozenset({"digits"})),
    "Redirect": (frozenset({"method"}), frozenset()),
    "Say": (frozenset({"loop", "voice", "language"}), frozenset()),
    "Pause": (frozenset({"length"}), frozenset()),
    "Echo": (frozenset(), frozenset()),
    "Hangup": (frozenset(), frozenset()),
    "Reject": (frozenset({"reason"}), frozenset()),
}
"""Of each element: those that have an effect here, and those that Twilio accepts and the simulator
ignores with a warning."""
